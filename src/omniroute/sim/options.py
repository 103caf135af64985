"""What a run is made of: everything follows from the seed, and everything can be said instead.

What lives here: the options, drawn from a seed so that no two seeds try the same mixture, and an act: one thing that
somebody in the simulated world does.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from omniroute.errors import InvalidInput


class Act(msgspec.Struct, frozen=True, array_like=True):
    """One thing that happens, ``at_ms`` after the beginning: who does what.

    ``a`` and ``b`` choose among whatever there is at that moment ("the second of the offers"), so that an act still
    means something in a history from which others were left out.
    """

    at_ms: int
    kind: str
    who: str
    a: int = 0
    b: int = 0


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Means are per hour of simulated time unless they say otherwise; a mean of 0 switches something off."""

    seed: int
    steps: int = 2_000
    """How many acts happen before the faults stop."""
    operators: int = 10
    arrivals: float = 600.0
    patience_s: float = 120.0
    breaks: float = 8.0
    """Breaks of one operator."""
    interventions: float = 60.0
    """What supervisors do."""
    duplicates_percent: int = 5
    declines_percent: int = 8
    ignored_percent: int = 8
    crashes: float = 20.0
    stops: float = 6.0
    full_disks: float = 24.0
    slow_disks: float = 12.0
    sync_errors: float = 8.0
    jumps: float = 20.0
    channel_failures: float = 20.0
    moods: float = 12.0
    garbage_percent: int = 2
    snapshots: float = 30.0
    full_every: int = 400
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


class Recording(msgspec.Struct, frozen=True):
    """A run that can be repeated: its options, and its acts where they do not follow from the seed."""

    options: Options
    acts: list[Act]
    level: str
    violation: str = ""


def decode_recording(data: bytes) -> Recording:
    """A recording from its JSON. Raises `InvalidInput`."""
    try:
        return msgspec.json.decode(data, type=Recording)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"this is no recording of a simulation: {error}") from error


def encode_recording(recording: Recording) -> bytes:
    """The JSON of a recording, one act a line."""
    head: dict[str, Any] = {"options": recording.options, "level": recording.level, "violation": recording.violation}
    acts = b",\n".join(msgspec.json.encode(act) for act in recording.acts)
    return msgspec.json.encode(head)[:-1] + b',"acts":[\n' + acts + b"\n]}\n"
