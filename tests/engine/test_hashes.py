"""State hashes in the journal: written at start, at stop and from time to time, compared by every replay."""

from __future__ import annotations

import msgspec
import pytest
from tests.engine.rig import killed, life, until
from tests.engine.test_recovery import some_work

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import machine, people
from omniroute.core.model import Presence
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import ENCODING, State
from omniroute.engine import engine as engines
from omniroute.engine import hashes, recovery
from omniroute.errors import JournalCorrupt, JournalFull
from omniroute.journal.codec import decode_event, encode_event
from omniroute.journal.contract import Entry, Snapshot
from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.testing.clock import ManualClock


def hashed(disk: MemoryDisk) -> list[int]:
    """The numbers of the entries that are hashes."""
    return [one.seq for one in disk.entries if isinstance(decode_event(one.data), e.StateHashed)]


def change(disk: MemoryDisk, event_type: type[e.Event], /, **fields: object) -> int:
    """Falsify the first event of a type; returns its number."""
    for place, entry in enumerate(disk.entries):
        event = decode_event(entry.data)
        if isinstance(event, event_type):
            data = encode_event(msgspec.structs.replace(event, **fields))
            disk.entries[place] = Entry(entry.seq, entry.at_ms, data)
            return entry.seq
    raise AssertionError("there is no such event")


async def load(disk: MemoryDisk) -> State:
    journal = MemoryJournal(disk)
    await journal.open("test")
    try:
        return await recovery.load(journal)
    finally:
        await journal.close()


async def test_the_state_is_hashed_after_recovery_and_before_an_orderly_stop():
    disk, clock = MemoryDisk(), ManualClock()
    async with life(disk, clock) as rig:
        await some_work(rig)
        assert hashed(disk) == [1]
    assert hashed(disk) == [1, len(disk.entries)]
    before = len(disk.entries)
    async with life(disk, clock):
        assert hashed(disk)[2] == before + 1, "nothing is decided before it"


async def test_the_state_is_hashed_after_so_many_events(monkeypatch):
    monkeypatch.setattr(hashes, "HASH_EVERY", 10)
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
        await until(lambda: len(hashed(disk)) >= 3)
        gaps = [second - first for first, second in zip(hashed(disk), hashed(disk)[1:], strict=False)]
        assert all(gap >= 10 for gap in gaps)


async def test_a_large_state_is_hashed_at_start_and_stop_only(monkeypatch):
    monkeypatch.setattr(hashes, "HASH_EVERY", 10)
    monkeypatch.setattr(hashes, "HASHED_RECORDS_MAX", 2)
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
        assert hashed(disk) == [1]
    assert hashed(disk) == [1, len(disk.entries)]


async def test_a_full_disk_leaves_a_hash_out_and_nothing_else_is_lost():
    disk, clock = MemoryDisk(), ManualClock()
    async with life(disk, clock) as rig:
        await some_work(rig)
        rig.journal.fail_next(JournalFull("no space"))
        await hashes.record(rig.writer)
        assert hashed(disk) == [1]
        await rig.available("bob")
        await hashes.record(rig.writer)
        assert len(hashed(disk)) == 2


async def test_an_event_that_was_changed_is_found_by_the_next_hash():
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
    change(disk, e.ConversationOpened, kind="order")
    with pytest.raises(JournalCorrupt, match=rf"^entry {len(disk.entries)} recorded another state.*backup.*report"):
        await load(disk)


async def test_a_state_that_came_about_by_chance_is_found(monkeypatch):
    """An applier that rests on anything but state and event."""
    calls: list[int] = []

    def by_chance(state: State, event: e.OperatorPut) -> None:
        people.apply_operator_put(state, event)
        calls.append(1)
        state.operators[event.operator_id].idle_since_ms = len(calls)

    monkeypatch.setitem(machine.APPLIERS, e.OperatorPut, by_chance)
    disk = MemoryDisk()
    async with killed(disk) as rig:
        await some_work(rig)
        await hashes.record(rig.writer)
    with pytest.raises(JournalCorrupt, match=f"entry {hashed(disk)[-1]} recorded another state"):
        await load(disk)


async def test_making_a_snapshot_compares_and_a_daemon_that_serves_goes_on_serving(monkeypatch):
    monkeypatch.setattr(recovery, "SNAPSHOT_EVERY", 1)
    monkeypatch.setattr(recovery.take_snapshot, "__defaults__", (1,))
    disk = MemoryDisk()
    async with killed(disk) as rig:
        await some_work(rig)
        await hashes.record(rig.writer)
        change(disk, e.ConversationOpened, kind="order")
        await rig.wait(2 * engines.SNAPSHOT_CHECK_MS)
        assert not disk.snapshots
        await rig.available("cem")
    with pytest.raises(JournalCorrupt, match="recorded another state"):
        await load(disk)


def of_an_older_version(snapshot: Snapshot) -> Snapshot:
    """What a version would have left that knew fewer fields, or whose appliers did otherwise."""
    state = State.decode(snapshot.data)
    for operator in state.operators.values():
        operator.passes += 1
    records = msgspec.msgpack.decode(state.encode())
    return Snapshot(snapshot.seq, msgspec.msgpack.encode([*records[:-1], "0.older"]))


async def aged(disk: MemoryDisk, clock: ManualClock) -> None:
    """A life whose hashes and snapshot are of an older version, which made other states."""
    async with life(disk, clock) as rig:
        await some_work(rig)
        await recovery.take_snapshot(rig.journal, every=1)
        await rig.available("bob")
    (seq,) = disk.snapshots
    disk.snapshots[seq] = of_an_older_version(disk.snapshots[seq])
    for number in hashed(disk):
        entry = disk.entries[number - 1]
        disk.entries[number - 1] = Entry(entry.seq, entry.at_ms, encode_event(e.StateHashed("0" * 64, "0.older")))


async def test_the_record_of_an_older_version_is_read_and_continued_so_that_it_replays_from_anywhere():
    disk, clock = MemoryDisk(), ManualClock()
    await aged(disk, clock)
    old = len(disk.entries)
    (snapshot,) = disk.snapshots.values()
    async with life(disk, clock) as rig:
        assert rig.state.operators["cem"].passes < State.decode(snapshot.data).operators["cem"].passes
        await rig.available("cem")
        assert await recovery.take_snapshot(rig.journal, every=1)
        await rig.available("ann")
    assert [decode_event(disk.entries[n - 1].data).encoding for n in hashed(disk) if n > old] == [ENCODING] * 2
    with_snapshot = await load(disk)
    disk.snapshots.clear()
    assert (await load(disk)).encode() == with_snapshot.encode()


async def test_a_long_replay_after_an_upgrade_is_needed_once(monkeypatch):
    monkeypatch.setattr(recovery.keep_loaded, "__defaults__", (5,))
    disk, clock = MemoryDisk(), ManualClock()
    await aged(disk, clock)
    last = len(disk.entries)
    async with killed(disk, clock):
        assert State.is_own(disk.snapshots[last].data)


async def test_the_stop_after_an_upgrade_leaves_a_snapshot_of_its_own(monkeypatch):
    monkeypatch.setattr(engines, "SNAPSHOT_AT_STOP_EVENTS", 5)
    disk, clock = MemoryDisk(), ManualClock()
    await aged(disk, clock)
    async with life(disk, clock):
        pass
    assert State.is_own(disk.snapshots[len(disk.entries)].data)


async def test_without_room_for_a_snapshot_the_start_goes_on(monkeypatch):
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
        monkeypatch.setattr(rig.journal, "put_snapshot", no_room)
        assert not await recovery.keep_loaded(rig.journal, rig.state, every=1)


async def no_room(_: Snapshot) -> None:
    raise JournalFull("no space")


async def test_an_entry_that_cannot_be_read_is_named():
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
    entry = disk.entries[3]
    disk.entries[3] = Entry(entry.seq, entry.at_ms, msgspec.msgpack.encode(["tea.made"]))
    with pytest.raises(JournalCorrupt, match=r"^entry 4: .*tea\.made"):
        await load(disk)


async def test_a_stop_records_nothing_of_a_state_that_has_not_come_to_the_disk(monkeypatch):
    """What was decided in the last moment is in the live state and not in the journal."""
    monkeypatch.setattr(engines, "SNAPSHOT_AT_STOP_EVENTS", 1)
    disk = MemoryDisk()
    async with life(disk) as rig:
        await some_work(rig)
        assert rig.writer.at_rest()
        rig.journal.hold()
        request = rig.writer.post(SYSTEM, k.SetPresence(operator_id="bob", presence=Presence.AVAILABLE))
        await until(lambda: rig.journal.waiting)
        assert not rig.writer.at_rest()
        await engines._leave(rig.writer)
        assert hashed(disk) == [1]
        assert not disk.snapshots
        rig.journal.release()
        await request.outcome()
        assert rig.writer.at_rest()


async def test_a_stop_on_a_full_disk_leaves_the_hash_out():
    disk, clock = MemoryDisk(), ManualClock()
    async with life(disk, clock) as rig:
        await some_work(rig)
        rig.journal.fail_next(JournalFull("no space"))
    assert hashed(disk) == [1]
    async with life(disk, clock) as rig:
        assert len(rig.state.conversations) == 2
