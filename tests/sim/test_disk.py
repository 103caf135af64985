"""The simulated disk: what it keeps, what it loses, and whom it tells."""

from __future__ import annotations

import random
from collections.abc import Sequence

import anyio
import pytest

from omniroute.errors import JournalError, JournalFull, JournalLocked
from omniroute.journal.contract import Entry, Write
from omniroute.sim.disk import SimJournal, Storage
from omniroute.sim.loop import run


class Rig:
    def __init__(self, seed: int = 1) -> None:
        self.durable: list[int] = []
        self.storage = Storage(random.Random(seed), self._hear)

    def _hear(self, entries: Sequence[Entry], epoch: int) -> None:
        self.durable += [entry.seq for entry in entries]
        assert epoch == self.storage.disk.epoch

    async def opened(self) -> SimJournal:
        journal = SimJournal(self.storage)
        await journal.open("test")
        return journal


def entry(seq: int) -> Entry:
    return Entry(seq, 1_000 + seq, b"x")


def test_an_append_is_durable_when_it_returns_and_not_before():
    async def go() -> None:
        rig = Rig()
        journal = await rig.opened()
        async with anyio.create_task_group() as group:
            group.start_soon(journal.append, [entry(1)], [Write("c", "k", b"v")])
            await anyio.lowlevel.checkpoint()
            assert (rig.durable, journal.last_seq(), journal.get("c", "k")) == ([], 0, None)
        assert (rig.durable, journal.last_seq(), journal.get("c", "k")) == ([1], 1, b"v")

    for seed in range(5):
        run(go, seed)


def _cut(seed: int) -> bool:
    """Whether an append that was under way at a crash is there afterwards; it is there whole or not at all."""
    rig = Rig(seed)
    rig.storage.slow = True

    async def go() -> None:
        journal = await rig.opened()
        await journal.append([entry(1)])
        async with anyio.create_task_group() as group:
            group.start_soon(_refused, journal)
            await anyio.sleep(0.01)
            rig.storage.crash()
        again = await rig.opened()
        kept = again.last_seq() == 2
        assert (again.get("c", "k") == b"v") is kept
        assert rig.durable == ([1, 2] if kept else [1])

    async def _refused(journal: SimJournal) -> None:
        with pytest.raises(JournalLocked):
            await journal.append([entry(2)], [Write("c", "k", b"v")])

    run(go, seed)
    return rig.durable == [1, 2]


def test_a_crash_keeps_what_was_under_way_or_loses_it():
    assert {_cut(seed) for seed in range(12)} == {True, False}


def test_a_full_disk_takes_nothing_until_there_is_room():
    async def go() -> None:
        rig = Rig()
        journal = await rig.opened()
        rig.storage.full = True
        with pytest.raises(JournalFull):
            await journal.append([entry(1)])
        rig.storage.free()
        await journal.append([entry(1)])
        assert rig.durable == [1]

    run(go, 1)


def test_after_a_failed_sync_nothing_more_is_written():
    async def go() -> None:
        rig = Rig()
        journal = await rig.opened()
        rig.storage.sync_error = True
        with pytest.raises(JournalError):
            await journal.append([entry(1)])
        with pytest.raises(JournalError):
            await journal.append([entry(1)])
        assert rig.storage.sync_failures == 1

    run(go, 1)


def test_two_appends_at_once_would_have_no_order():
    async def go() -> None:
        rig = Rig()
        journal = await rig.opened()
        rig.storage.begin([entry(1)], [])
        with pytest.raises(AssertionError, match="under way"):
            await journal.append([entry(1)])

    run(go, 1)
