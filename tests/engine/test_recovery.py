"""Recovery: snapshot and tail are the full replay, byte for byte; what contradicts itself is not guessed at."""

from __future__ import annotations

import pytest
from tests.engine.rig import life, turns
from tests.engine.test_outbox import owned, reply

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.state import State
from omniroute.engine import engine as engines
from omniroute.engine import recovery
from omniroute.errors import JournalCorrupt, JournalLocked
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Entry
from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.testing.clock import ManualClock


async def some_work(rig) -> None:
    number = await owned(rig)
    await reply(rig, number)
    await rig.receive(**{"from": "lou@example.org"})
    await rig.do(k.TransferItem(work_item_id=1, operator_id="ann", department_id="sales"))
    await turns()
    await rig.writer.barrier()


async def test_snapshot_and_tail_are_the_full_replay():
    async with life() as rig:
        await some_work(rig)
        full = State()
        await recovery.replay(rig.journal, full, 0, rig.journal.last_seq())
        assert await recovery.take_snapshot(rig.journal, every=1)
        await rig.receive(**{"from": "max@example.org"})
        assert (await rig.journal.latest_snapshot()).seq < rig.journal.last_seq()
        loaded = await recovery.load(rig.journal)
        again = State()
        await recovery.replay(rig.journal, again, 0, rig.journal.last_seq())
        assert loaded.encode() == again.encode() == rig.state.encode()
        assert full.encode() != again.encode()


async def test_replay_in_small_pages_is_the_same(monkeypatch):
    async with life() as rig:
        await some_work(rig)
        monkeypatch.setattr(recovery, "PAGE", 3)
        assert (await recovery.load(rig.journal)).encode() == rig.state.encode()


async def test_a_snapshot_is_taken_when_the_tail_is_long_enough():
    async with life() as rig:
        await some_work(rig)
        assert not await recovery.take_snapshot(rig.journal, every=10_000)
        assert await recovery.take_snapshot(rig.journal, every=2)
        assert not await recovery.take_snapshot(rig.journal, every=2)


async def test_the_engine_takes_snapshots_by_itself(monkeypatch):
    taken: list[bool] = []
    take = recovery.take_snapshot

    async def at_once(journal) -> bool:
        taken.append(await take(journal, every=1))
        return taken[-1]

    monkeypatch.setattr(recovery, "take_snapshot", at_once)
    async with life() as rig:
        await some_work(rig)
        assert not taken
        await rig.wait(engines.SNAPSHOT_CHECK_MS)
        assert taken == [True]
        assert (await rig.journal.latest_snapshot()).seq > 0


async def test_a_stop_leaves_a_snapshot_of_a_long_tail(monkeypatch):
    monkeypatch.setattr(engines, "SNAPSHOT_AT_STOP_EVENTS", 5)
    disk, clock = MemoryDisk(), ManualClock()
    async with life(disk, clock) as rig:
        await some_work(rig)
    assert max(disk.snapshots) == len(disk.entries)
    async with life(disk, clock) as rig:
        assert len(rig.state.conversations) == 2


async def test_a_gap_is_not_guessed_at():
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
    journal = MemoryJournal(disk)
    await journal.open("test")
    with pytest.raises(JournalCorrupt, match="missing"):
        await recovery.replay(journal, State(), 0, len(disk.entries) + 5)
    del disk.entries[5]
    with pytest.raises(JournalCorrupt):
        await recovery.load(journal)


async def test_an_event_that_contradicts_the_others_is_named():
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
    seq = len(disk.entries) + 1
    disk.entries.append(Entry(seq, 0, encode_event(e.OfferDeclined(99, 99, 99, "ann", "", 0, 0))))
    disk.epochs.append(1)
    journal = MemoryJournal(disk)
    await journal.open("test")
    with pytest.raises(JournalCorrupt, match=f"entry {seq}"):
        await recovery.load(journal)


async def test_a_second_owner_is_refused_and_the_first_goes_on():
    disk = MemoryDisk()
    async with life(disk) as rig:
        with pytest.raises(JournalLocked, match="pid"):
            async with life(disk):
                pass
        await rig.receive()
