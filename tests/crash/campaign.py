"""The crash campaign: every operation of the canonical run fails, in every way, and nothing acknowledged may be lost.

The quick form is a test (`test_campaign.py`); the long one is ``python -m tests.crash.campaign --seeds N``: so many
seeds for each operation and kind, a table, and an exit code that tells.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import anyio
import structlog
from tests.crash.canonical import Client, Gone, Lost, judge_afterwards
from tests.crash.disk import Disk, Fault, Kind, Op
from tests.crash.vfs import powered

from omniroute.errors import JournalError
from omniroute.journal import sqlite_writer

CHECKPOINT_PAGES = 8
"""Small, so that the run passes several checkpoints, and the same whether or not more waits."""


@dataclass
class Outcome:
    """What came of some faults."""

    operations: Counter[Op] = field(default_factory=Counter)
    faults: Counter[Kind] = field(default_factory=Counter)
    recoveries: Counter[Kind] = field(default_factory=Counter)
    acknowledged: Counter[Kind] = field(default_factory=Counter)
    losses: list[tuple[Fault, str]] = field(default_factory=list)

    def table(self) -> str:
        """For people."""
        lost = Counter(fault.kind for fault, _ in self.losses)
        lines = [f"operations of the run: {sum(self.operations.values())}"]
        lines += [f"    {op.value:<12} {number:>6}" for op, number in sorted(self.operations.items())]
        lines.append(f"{'kind':<22}{'faults':>10}{'recoveries':>12}{'acknowledged':>14}{'losses':>8}")
        for kind in Kind:
            counts = self.faults[kind], self.recoveries[kind], self.acknowledged[kind], lost[kind]
            lines.append(f"{kind.value:<22}{counts[0]:>10}{counts[1]:>12}{counts[2]:>14}{counts[3]:>8}")
        lines += [f"LOSS {fault}: {what}" for fault, what in self.losses[:20]]
        return "\n".join(lines)


@contextlib.contextmanager
def small_checkpoints() -> Iterator[None]:
    with (
        mock.patch.multiple(sqlite_writer, CHECKPOINT_PAGES=CHECKPOINT_PAGES, CHECKPOINT_PAGES_MAX=CHECKPOINT_PAGES),
        structlog.testing.capture_logs(),
    ):
        yield


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


async def strike(folder: Path, fault: Fault | None, outcome: Outcome) -> Disk:
    """One run with one fault in an empty folder, and the judgement."""
    disk = Disk(fresh(folder), fault)
    with powered(disk) as vfs:
        client = Client(folder / "journal.db", disk, vfs)
        try:
            await client.run()
        except Gone:
            pass
        except (Lost, JournalError) as lost:
            await client.journal.close()
            lose(outcome, fault, lost)
            return disk
    if fault is not None and fault.kind in (Kind.CUT, Kind.ERROR_CUT):
        disk.cut()
    try:
        await judge_afterwards(folder / "journal.db", client.log)
    except (Lost, JournalError) as lost:
        lose(outcome, fault, lost)
    if fault is not None:
        outcome.faults[fault.kind] += 1
        outcome.recoveries[fault.kind] += client.log.recoveries + 1
        outcome.acknowledged[fault.kind] += client.log.acknowledged
    return disk


def lose(outcome: Outcome, fault: Fault | None, why: Exception) -> None:
    if fault is None:
        raise why
    outcome.losses.append((fault, f"{type(why).__name__}: {why}"))


async def count(folder: Path, outcome: Outcome) -> Disk:
    """The run without a fault: how many operations there are."""
    with small_checkpoints():
        disk = await strike(folder, None, outcome)
    outcome.operations = Counter(disk.done)
    return disk


async def campaign(
    folder: Path, seeds: Iterable[int] = (0,), kinds: Iterable[Kind] = tuple(Kind), step: int = 1
) -> Outcome:
    """Every ``step``-th operation, every kind, every seed."""
    outcome = Outcome()
    disk = await count(folder, outcome)
    with small_checkpoints():
        for seed in seeds:
            for kind in kinds:
                for number, op in list(enumerate(disk.done, 1))[::step]:
                    if kind is not Kind.FULL or op is Op.WRITE:
                        await strike(folder, Fault(kind, number, seed), outcome)
    return outcome


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        seeds = range(wanted.first_seed, wanted.first_seed + wanted.seeds)
        outcome = anyio.run(campaign, Path(directory) / "disk", seeds)
    print(outcome.table())
    print(f"seeds {seeds.start} to {seeds.stop - 1}, {time.monotonic() - began:.0f} s")
    sys.exit(1 if outcome.losses else 0)


if __name__ == "__main__":
    main()
