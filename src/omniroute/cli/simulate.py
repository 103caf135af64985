"""``omniroute simulate``: the whole engine in a simulated world with faults, every promise checked after every step."""

from __future__ import annotations

import secrets
import sys
import time
from pathlib import Path

import click

from omniroute.errors import InvalidInput
from omniroute.sim.bare import CoreWorld
from omniroute.sim.lives import EngineWorld
from omniroute.sim.options import Recording, decode_recording, drawn, encode_recording
from omniroute.sim.report import told
from omniroute.sim.shrink import shrunk
from omniroute.sim.world import World

LEVELS: dict[str, type[World]] = {"engine": EngineWorld, "core": CoreWorld}


@click.command()
@click.option("--seed", type=click.IntRange(min=0), help="Everything follows from it; drawn where it is left out.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="So many, from SEED upwards.")
@click.option("--steps", type=click.IntRange(min=1), default=2_000, show_default=True, help="Acts before faults stop.")
@click.option(
    "--level", type=click.Choice(list(LEVELS)), default="engine", show_default=True, help="The core alone is faster."
)
@click.option("--replay", type=click.Path(path_type=Path), metavar="FILE", help="Repeat a recorded history instead.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Where a failing history is written.",
    metavar="DIR",
)
@click.option("--shrink", type=click.IntRange(min=0), default=60, show_default=True, help="Seconds to shorten it.")
def simulate(
    seed: int | None, seeds: int, steps: int, level: str, replay: Path | None, folder: Path, shrink: int
) -> None:
    """Run the engine in a simulated contact centre: customers, operators, crashes, full disks, jumping clocks.

    Ends with the hash of the final state; the same seed and version give the same one. A violated promise ends with 1,
    after the seed, the options and a shortened history, which is written to a file that --replay takes.
    """
    first = secrets.randbelow(2**31) if seed is None else seed
    runs = [_recorded(replay)] if replay else [LEVELS[level](drawn(one, steps)) for one in range(first, first + seeds)]
    for world in runs:
        began_s = time.perf_counter()
        outcome = world.run()
        click.echo("\n".join(told(outcome, time.perf_counter() - began_s)))
        if outcome.violation:
            _explain(world, replay, folder, shrink)
        click.echo(f"state hash: {outcome.state_hash}")
        if outcome.violation:
            sys.exit(1)


def _recorded(path: Path) -> World:
    try:
        recording = decode_recording(path.read_bytes())
    except OSError as failure:
        raise InvalidInput(f"the recording {path} cannot be read: {failure.strerror}") from failure
    if recording.level not in LEVELS:
        raise InvalidInput(f"there is no level {recording.level!r}", "level")
    return LEVELS[recording.level](recording.options, recording.acts)


def _explain(world: World, replay: Path | None, folder: Path, shrink_s: int) -> None:
    """A history that people can read, and the command that repeats it."""
    if replay:
        return
    outcome = world.outcome()
    until_s = time.monotonic() + shrink_s
    acts = shrunk(type(world), outcome.options, outcome.acts, outcome.violation, lambda: time.monotonic() > until_s)
    path = folder / f"simulation-{outcome.options.seed}.json"
    path.write_bytes(encode_recording(Recording(outcome.options, acts, _level_of(world), outcome.violation)))
    click.echo(f"history  {len(acts)} of {len(outcome.acts)} acts are enough:")
    for act in acts[-40:]:
        click.echo(f"  {act.at_ms / 1000:12.3f} s  {act.who:12} {act.kind} {act.a} {act.b}")
    click.echo(f"repeat it: omniroute simulate --replay {path}")


def _level_of(world: World) -> str:
    return next(level for level, kind in LEVELS.items() if isinstance(world, kind))
