"""``python -m tests.histories.record NAME`` records histories by the present version and pins them with its shapes.

``python -m tests.histories.record --repin`` pins the states of all histories anew, after `ENCODING` has changed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
from tests.core.test_state_machine import _walk
from tests.histories import pins
from tests.histories.day import whole_day
from tests.histories.history import FOLDER, read, write

from omniroute import __version__
from omniroute.core.state import ENCODING
from omniroute.journal.codec import encode_event

WALK_SEED, WALK_STEPS = 2026, 3_000


def check(pinned: pins.Pins, now: pins.Pins) -> None:
    """Refuse what no pin may hide: a recorded file that was changed, and another state under the same name."""
    for name, pin in pinned.histories.items():
        found = now.histories.get(name)
        if found is None or found.file != pin.file:
            sys.exit(f"{name} is not the file that was recorded: take it from the version control")
        if found.state != pin.state and pinned.encoding == ENCODING:
            sys.exit(
                f"{name} replays to another state than it did, though the records have the same shape. If that is meant, "
                "raise MEANING in core/state.py first: journals hold hashes under its present name"
            )


def repin(folder: Path = FOLDER) -> None:
    """Pin the states that the present version makes; the shapes of events stay pinned as they are."""
    pinned, now = pins.load(folder), anyio.run(pins.present, folder)
    check(pinned, now)
    pinned.encoding, pinned.histories = now.encoding, now.histories
    pins.save(pinned, folder)


def record(name: str, folder: Path = FOLDER) -> None:
    """Record a day and a walk under a new name, and pin everything."""
    if (folder / pins.FILE).exists():
        pinned = pins.load(folder)
        if pinned.encoding != ENCODING:
            sys.exit("the records have changed: read what --repin would change, and run it first")
        check(pinned, anyio.run(pins.present, folder))
    day = [(at_ms, encode_event(event)) for at_ms, event in whole_day().log]
    write(f"{name}-day", __version__, day, folder)
    write(f"{name}-walk", __version__, _walk(WALK_SEED, WALK_STEPS).journal, folder)
    now = anyio.run(pins.present, folder)
    pins.save(now, folder)
    for kind in ("day", "walk"):
        print(f"{name}-{kind}: {len(read(f'{name}-{kind}', folder).entries)} entries")


def main(arguments: Sequence[str]) -> None:
    match list(arguments):
        case ["--repin"]:
            repin()
        case [name] if not name.startswith("-"):
            record(name)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
