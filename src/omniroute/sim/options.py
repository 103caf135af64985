"""What a run is made of: everything follows from the seed, and everything can be said instead.

What lives here: the options, drawn from a seed so that no two seeds try the same mixture, and an act: one thing that
somebody in the simulated world does.
"""

from __future__ import annotations

import random
from typing import Annotated

import msgspec
from msgspec import Meta

Rate = Annotated[float, Meta(ge=0, le=1e6)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Number = Annotated[int, Meta(ge=0, le=2**53)]


class Act(msgspec.Struct, frozen=True, array_like=True):
    """One thing that happens, ``at_ms`` after the beginning: who does what.

    ``a`` and ``b`` choose among whatever there is at that moment ("the second of the offers"), so that an act still
    means something in a history from which others were left out.
    """

    at_ms: Number
    kind: str
    who: str
    a: int = 0
    b: int = 0


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Means are per hour of simulated time unless they say otherwise; a mean of 0 switches something off."""

    seed: Number
    steps: Annotated[int, Meta(ge=1)] = 2_000
    """How many acts happen before the faults stop."""
    operators: Annotated[int, Meta(ge=1, le=10_000)] = 10
    arrivals: Rate = 600.0
    patience_s: Annotated[float, Meta(gt=0, le=1e6)] = 120.0
    breaks: Rate = 8.0
    """Breaks of one operator."""
    interventions: Rate = 60.0
    """What supervisors do."""
    duplicates_percent: Percent = 5
    declines_percent: Percent = 8
    ignored_percent: Percent = 8
    crashes: Rate = 20.0
    stops: Rate = 6.0
    full_disks: Rate = 24.0
    slow_disks: Rate = 12.0
    sync_errors: Rate = 8.0
    jumps: Rate = 20.0
    channel_failures: Rate = 20.0
    moods: Rate = 12.0
    garbage_percent: Percent = 2
    snapshots: Rate = 30.0
    full_every: Annotated[int, Meta(ge=1)] = 400
    """Commands between two recounts of everything."""


def drawn(seed: int, steps: int) -> Options:
    """The options of a seed: each kind of fault is on in three of four runs, and how much of everything varies."""
    chance = random.Random(f"{seed}/options")  # noqa: S311 - a simulated world, nothing secret
    plain = Options(seed=seed, steps=steps)
    more = {name: getattr(plain, name) * (chance.random() < 0.75) * chance.choice((0.5, 1, 3)) for name in _FAULTS}
    operators = chance.choice((3, 6, 10, 16))
    return msgspec.structs.replace(
        plain,
        operators=operators,
        arrivals=operators * chance.choice((15.0, 40.0, 70.0)),
        declines_percent=chance.choice((0, 8, 30)),
        ignored_percent=chance.choice((0, 8, 30)),
        duplicates_percent=chance.choice((0, 5, 30)),
        breaks=chance.choice((0.0, 8.0, 40.0)),
        **more,
    )


_FAULTS = (
    "crashes", "stops", "full_disks", "slow_disks", "sync_errors", "jumps", "channel_failures", "moods", "snapshots",
    "interventions",
)  # fmt: skip
