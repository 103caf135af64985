"""What clocks cost: the index of deadlines against a bare heap, clocks in the core, and how late they fire.

Three tables, printed last: ``timers`` (`core.deadlines` alone, both sides in turns), ``core`` (through
`machine.handle`, at a thousand, a hundred thousand and a million live clocks), ``lateness`` (the real engine).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.clocks import course, lateness, timers
from benchmarks.core.table import Table


class Options(NamedTuple):
    """How much of everything."""

    timers: int
    rounds: int
    clocks: tuple[int, ...]
    due: int
    folder: Path | None


PARTS: dict[str, Callable[[Options], Table]] = {
    "timers": lambda options: timers.measure(options.timers, options.rounds),
    "core": lambda options: course.measure(options.clocks),
    "lateness": lambda options: lateness.measure(options.due, options.folder),
}


def main(argv: Sequence[str] = ()) -> int:
    """Measure, then print the tables; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="clocks", description=__doc__)
    parser.add_argument("--timers", type=int, default=1_000_000, help="deadlines of the first table")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side")
    parser.add_argument("--clocks", type=int, nargs="+", default=[1_000, 100_000, 1_000_000], help="live clocks")
    parser.add_argument("--due", type=int, default=6_000, help="clocks that fall due in ten seconds of the engine")
    parser.add_argument("--folder", type=Path, default=None, help="where to write (a real disk, not tmpfs)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this table only (may be repeated)")
    given = parser.parse_args(argv)
    options = Options(given.timers, given.rounds, tuple(given.clocks), given.due, given.folder)
    tables = [PARTS[name](options) for name in PARTS if not given.only or name in given.only]
    for table in tables:
        print(f"\n{table}")
    return int(any(table.missed for table in tables))
