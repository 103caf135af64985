"""What a run of the simulator tells people."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omniroute.sim.faults import FAULTS
from omniroute.sim.world import Outcome


def told(outcome: Outcome, took_s: float) -> Iterator[str]:
    """Lines: what it was made of, what happened, and how it ended."""
    options, events = outcome.options, sum(outcome.events.values())
    faults = {kind: count for kind, count in sorted(outcome.kinds.items()) if kind in FAULTS}
    acts = {kind: count for kind, count in sorted(outcome.kinds.items()) if kind not in FAULTS}
    yield f"seed {options.seed}, {len(outcome.acts)} steps"
    yield f"options  {msgspec.json.encode(options).decode()}"
    yield f"time     {outcome.simulated_s / 3600:.1f} h, {outcome.lives} lives of the engine; {took_s:.1f} s here"
    yield f"acts     {_counts(acts)}"
    yield f"faults   {_counts(faults) or 'none'}"
    yield f"events   {events} of {outcome.commands} commands: {_counts(dict(outcome.events.most_common(12)))} …"
    yield f"checked  {outcome.commands} steps, {events} moments; {events / max(took_s, 0.001):,.0f} events a second"
    yield f"violated {outcome.violation or 'nothing'}"


def in_short(outcome: Outcome, took_s: float) -> Iterator[str]:
    """One line of a run that kept every promise."""
    events = sum(outcome.events.values())
    faults = sum(count for kind, count in outcome.kinds.items() if kind in FAULTS)
    yield (
        f"seed {outcome.options.seed}: {events} events, {faults} faults, {outcome.lives} lives, "
        f"{outcome.simulated_s / 3600:.1f} h in {took_s:.1f} s, {outcome.state_hash[:16]}"
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
