"""``omniroute simulate``: the whole engine in a simulated world with faults, every promise checked after every step."""

from __future__ import annotations

import hashlib
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from omniroute.errors import InvalidInput
from omniroute.sim.bare import CoreWorld
from omniroute.sim.lives import EngineWorld
from omniroute.sim.options import drawn
from omniroute.sim.recording import Recording, decode_recording, encode_recording
from omniroute.sim.report import in_short, told
from omniroute.sim.shrink import shrunk
from omniroute.sim.world import Outcome, World

LEVELS: dict[str, type[World]] = {"engine": EngineWorld, "core": CoreWorld}
SHOWN_MAX = 40


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
    if replay:
        worlds: Iterator[World] = iter([_recorded(replay)])
    else:
        worlds = (LEVELS[level](drawn(one, steps)) for one in range(first, first + seeds))
    hashes = [_run(world, replay, folder, shrink, brief=seeds > 1 and not replay) for world in worlds]
    together = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    click.echo(f"state hash: {together}")


def _run(world: World, replay: Path | None, folder: Path, shrink_s: int, *, brief: bool) -> str:
    """One run, told to people; leaves with 1 where a promise was broken."""
    began_s = time.perf_counter()
    outcome = world.run()
    tell = in_short if brief and not outcome.violation else told
    click.echo("\n".join(tell(outcome, time.perf_counter() - began_s)))
    if outcome.violation:
        if not replay:
            _explain(world, outcome, folder, shrink_s)
        click.echo(f"state hash: {outcome.state_hash}")
        sys.exit(1)
    return outcome.state_hash


def _recorded(path: Path) -> World:
    try:
        recording = decode_recording(path.read_bytes())
    except OSError as failure:
        raise InvalidInput(f"the recording {path} cannot be read: {failure.strerror}") from failure
    if recording.level not in LEVELS:
        raise InvalidInput(f"there is no level {recording.level!r}", "level")
    return LEVELS[recording.level](recording.options, recording.acts)


def _explain(world: World, outcome: Outcome, folder: Path, shrink_s: int) -> None:
    """A history that people can read, and the command that repeats it."""
    until_s = time.monotonic() + shrink_s
    acts = shrunk(type(world), outcome.options, outcome.acts, outcome.violation, lambda: time.monotonic() > until_s)
    path = folder / f"simulation-{outcome.options.seed}.json"
    path.write_bytes(encode_recording(Recording(outcome.options, acts, _level_of(world), outcome.violation)))
    click.echo(f"history  {len(acts)} of {len(outcome.acts)} acts are enough, and the calm after them:")
    for act in acts[-SHOWN_MAX:]:
        click.echo(f"  {act.at_ms / 1000:12.3f} s  {act.who:12} {act.kind} {act.a} {act.b}")
    click.echo(f"repeat it: omniroute simulate --replay {path}")


def _level_of(world: World) -> str:
    return next(level for level, kind in LEVELS.items() if isinstance(world, kind))
