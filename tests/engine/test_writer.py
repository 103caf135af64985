"""The writer: order, answers after the commit, and what a full or broken disk means."""

from __future__ import annotations

import anyio
import pytest
from tests.engine.rig import GatedJournal, channels, life, setup, turns, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.model import Presence
from omniroute.core.permissions import SYSTEM, Actor, Role
from omniroute.engine import cells as c
from omniroute.engine import writer as writing
from omniroute.engine.engine import running
from omniroute.engine.mailbox import Urgency
from omniroute.errors import Conflict, Forbidden, JournalError, JournalFull, OmniRouteError
from omniroute.testing.clock import ManualClock

AVAILABLE = k.SetPresence(operator_id="ann", presence=Presence.AVAILABLE)
AWAY = k.SetPresence(operator_id="ann", presence=Presence.AWAY, reason="lunch")


async def test_commands_are_decided_and_answered_in_the_order_of_posting():
    async with life() as rig:
        requests = [rig.writer.post(SYSTEM, AVAILABLE if turn % 2 else AWAY) for turn in range(20)]
        for request in requests:
            await request.outcome()
        changes = rig.events(e.PresenceChanged)
        assert [one.presence for one in changes] == [Presence.AWAY, Presence.AVAILABLE] * 10
        assert [request.seq for request in requests] == sorted(request.seq for request in requests)


async def test_nobody_is_answered_before_the_commit():
    async with life() as rig:
        heard: list[str] = []
        rig.writer.on_commit.append(lambda events: heard.append("heard"))
        rig.journal.hold()
        request = rig.writer.post(SYSTEM, AVAILABLE)
        with rig.writer.feed.listen() as feed:
            await until(lambda: rig.journal.waiting)
            await turns()
            assert rig.state.operators["ann"].presence is Presence.AVAILABLE  # decided, but
            assert not request.done.is_set()
            assert not heard
            assert not feed.statistics().current_buffer_used
            rig.journal.release()
            assert [type(event) for event in await request.outcome()] == [e.PresenceChanged]
            assert heard == ["heard"]
            assert feed.receive_nowait().events == request.events


async def test_the_barrier_waits_for_what_the_present_state_shows():
    async with life() as rig:
        before = await rig.writer.barrier()
        rig.journal.hold()
        request = rig.writer.post(SYSTEM, AVAILABLE)
        await until(lambda: rig.journal.waiting)
        reached: list[int] = []

        async def look() -> None:
            reached.append(await rig.writer.barrier())

        async with anyio.create_task_group() as group:
            group.start_soon(look)
            await turns()
            assert not reached
            rig.journal.release()
        assert reached == [before + 1]
        await request.outcome()


async def test_while_one_commit_is_under_way_the_next_is_collected():
    async with life() as rig:
        rig.journal.appends.clear()
        rig.journal.hold()
        first = rig.writer.post(SYSTEM, AVAILABLE)
        await until(lambda: rig.journal.waiting)
        rest = [rig.writer.post(SYSTEM, AWAY if turn % 2 else AVAILABLE) for turn in range(1, 9)]
        await turns()
        rig.journal.release()
        for request in [first, *rest]:
            await request.outcome()
        assert rig.journal.appends == [1, 8]


@pytest.mark.parametrize(
    ("actor", "command", "error"),
    [
        (SYSTEM, k.AcceptOffer(offer_id=99, operator_id="ann"), Conflict),
        (Actor(Role.OPERATOR, "bob", ("support",)), AVAILABLE, Forbidden),
        (Actor(Role.CHANNEL, instance="mail"), k.ReceiveRaw(channel="chat"), Forbidden),
        (Actor(Role.ADMIN), k.FireDue(concern="offers"), Forbidden),
    ],
)
async def test_a_refused_command_raises_and_changes_nothing(actor, command, error):
    async with life() as rig:
        state, seq = rig.state.encode(), rig.journal.last_seq()
        with pytest.raises(error):
            await rig.writer.submit(actor, command)
        assert rig.state.encode() == state
        assert rig.journal.last_seq() == seq


async def test_a_full_disk_undoes_everything_that_was_not_committed():
    async with life() as rig:
        await rig.available("ann")
        state, seq = rig.state.encode(), rig.journal.last_seq()
        rig.journal.hold()
        first = rig.writer.post(SYSTEM, AWAY)
        await until(lambda: rig.journal.waiting)
        second = rig.writer.post(SYSTEM, k.SetPresence(operator_id="bob", presence=Presence.AVAILABLE))
        await turns()
        rig.journal.fail_next(JournalFull("no space"))
        rig.journal.release()
        for request in (first, second):
            with pytest.raises(JournalFull):
                await request.outcome()
        assert rig.state.encode() == state
        assert rig.journal.last_seq() == seq
        await rig.do(AWAY)
        assert rig.journal.last_seq() == seq + 1


async def test_what_is_decided_while_the_state_is_reloaded_leaves_no_trace():
    """A repeated input must not be taken for known because of a registration that never happened."""
    async with life() as rig:
        rig.journal.hold()
        lost = rig.writer.post(SYSTEM, AVAILABLE)
        await until(lambda: rig.journal.waiting)
        rig.journal.fail_next(JournalFull("no space"))
        rig.journal.reading = anyio.Event()  # the reload takes long
        rig.journal.release()
        await turns()
        raw = rig.raw(key="the same")
        errors: list[Exception] = []

        async def receive() -> None:
            try:
                await rig.engine.intake.receive(raw)
            except JournalFull as full:
                errors.append(full)

        async with anyio.create_task_group() as group:
            group.start_soon(receive)
            await turns()
            rig.journal.reading.set()
        assert errors
        with pytest.raises(JournalFull):
            await lost.outcome()
        raw_id = await rig.engine.intake.receive(raw)
        await rig.registered(raw_id)
        assert rig.journal.get(c.RAW, c.number_key(raw_id)) is not None
        assert rig.conversations() == 1


async def test_readers_at_the_barrier_learn_that_what_they_saw_has_never_happened():
    async with life() as rig:
        rig.journal.hold()
        rig.writer.post(SYSTEM, AVAILABLE)
        await until(lambda: rig.journal.waiting)
        told: list[str] = []

        async def look() -> None:
            try:
                await rig.writer.barrier()
            except JournalFull:
                told.append("void")

        async with anyio.create_task_group() as group:
            group.start_soon(look)
            await turns()
            rig.journal.fail_next(JournalFull("no space"))
            rig.journal.release()
        assert told == ["void"]
        await rig.writer.barrier()


async def test_a_full_disk_does_not_stop_a_writer_that_waits_for_it(monkeypatch):
    monkeypatch.setattr(writing, "BATCH_EVENTS_MAX", 4)
    async with life() as rig:
        rig.journal.hold()
        requests = [rig.writer.post(SYSTEM, AWAY if turn % 2 else AVAILABLE) for turn in range(12)]
        await until(lambda: rig.journal.waiting)
        await turns()
        rig.journal.fail_next(JournalFull("no space"))
        rig.journal.release()
        for request in requests:
            with pytest.raises(JournalFull):
                await request.outcome()
        await rig.do(AVAILABLE)


async def test_another_failure_of_the_journal_ends_the_engine_and_tells_whoever_waits():
    journal, requests = GatedJournal(), []

    async def run() -> None:
        async with running(setup(journal, channels()), ManualClock()) as engine:
            journal.fail_next(JournalError("fsync failed"))
            requests.append(engine.writer.post(SYSTEM, AVAILABLE))
            await anyio.sleep_forever()

    with pytest.raises(BaseExceptionGroup) as ended:
        await run()
    assert ended.group_contains(JournalError, match="fsync")
    assert isinstance(requests[0].error, JournalError)


async def test_a_command_that_breaks_in_the_middle_is_undone_and_the_writer_goes_on(monkeypatch):
    async with life() as rig:
        await rig.available("bob")
        state, seq = rig.state.encode(), rig.journal.last_seq()

        def breaks(step, command) -> None:
            step.emit(e.PresenceChanged("ann", Presence.AVAILABLE, "", step.now_ms))
            raise ZeroDivisionError

        monkeypatch.setitem(machine.HANDLERS, k.SetPresence, breaks)
        before = rig.writer.post(SYSTEM, k.Keep())
        with pytest.raises(OmniRouteError, match="internal error"):
            await rig.do(AVAILABLE)
        await before.outcome()
        assert rig.state.encode() == state
        monkeypatch.undo()
        await rig.do(AWAY)
        assert rig.journal.last_seq() == seq + 1


async def test_contents_that_cannot_be_made_undo_their_command():
    async with life() as rig:
        seq = rig.journal.last_seq()

        def contents(_events):
            raise StopIteration

        with pytest.raises(OmniRouteError, match="internal error"):
            await rig.writer.submit(SYSTEM, AVAILABLE, contents)
        assert rig.state.operators["ann"].presence is Presence.OFFLINE
        await rig.do(AVAILABLE)
        assert rig.journal.last_seq() == seq + 1


async def test_cancelling_who_waits_does_not_cancel_the_commit():
    async with life() as rig:
        rig.journal.hold()
        async with anyio.create_task_group() as group:
            group.start_soon(rig.do, AVAILABLE)
            await until(lambda: rig.journal.waiting)
            group.cancel_scope.cancel()
        rig.journal.release()
        await rig.writer.barrier()
        assert [one.operator_id for one in rig.events(e.PresenceChanged)] == ["ann"]


async def test_cells_are_written_in_order_with_everything_else():
    async with life() as rig:
        seq = rig.journal.last_seq()
        await rig.writer.write_cells([c.Write("x", "y", b"1")], Urgency.ENGINE)
        assert rig.journal.get("x", "y") == b"1"
        assert rig.journal.last_seq() == seq
