"""Projections: every event of a thread is a line in it, and what follows stands in the same transaction."""

from __future__ import annotations

import anyio
import msgspec
import pytest
from tests.engine.rig import OFFER_MS, life, tags, until
from tests.engine.test_outbox import owned, reply

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.model import Presence
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.feed import LISTENER_BUFFER_MAX, Committed, Feed
from omniroute.engine.projection import IN_THREAD, conversation_of, in_thread, writes_of
from omniroute.journal.codec import decode_event
from omniroute.journal.memory import MemoryJournal


def thread(rig, number: int = 1) -> list[e.Event]:
    rows = rig.journal.scan(c.THREAD, c.pair_prefix(number))
    return [decode_event(msgspec.msgpack.decode(data, type=c.ThreadCell).event) for _, data in rows]


async def test_the_thread_is_exactly_the_events_of_the_matter():
    async with life() as rig:
        number = await owned(rig)
        await reply(rig, number)
        await rig.do(k.AddNote(conversation_id=number, operator_id="ann"))
        await rig.do(k.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"))
        wanted = [event for event in rig.events(*IN_THREAD) if conversation_of(event) == number]
        assert thread(rig) == wanted
        assert [*tags(wanted)][:2] == ["conversation.opened", "interaction.received"]


async def test_a_closed_matter_keeps_its_record_beside_the_journal():
    async with life() as rig:
        await owned(rig, subject="Lamp")
        await rig.do(k.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"))
        cell = c.read(rig.journal, c.CONVERSATION, c.number_key(1), c.ConversationCell)
        assert (cell.subject, cell.record.disposition, cell.closed_ms) == ("Lamp", "solved", rig.clock.now_ms())


async def test_people_are_told_what_happened_without_their_doing():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        await rig.wait(OFFER_MS)
        notices = [msgspec.msgpack.decode(data, type=c.NoticeCell) for data in rig.cells(c.NOTICE)]
        assert [(one.kind, one.conversation_id) for one in notices] == [("offer_expired", 1)]


async def test_the_effect_of_an_event_is_stored_with_it():
    async with life() as rig:
        number = await owned(rig)
        rig.mail.gate = anyio.Event()
        await reply(rig, number)
        (stored,) = [msgspec.msgpack.decode(data, type=c.OutboxCell) for data in rig.cells(c.OUTBOX)]
        (sent,) = rig.events(e.ReplySent)
        assert (stored.effect.effect_id, stored.effect.interaction_id) == (sent.effect_id, sent.interaction_id)
        rig.mail.gate.set()
        await until(lambda: not rig.cells(c.OUTBOX))


async def test_a_slow_listener_loses_details_but_never_the_fact():
    feed = Feed()
    with feed.listen() as stream:
        for number in range(LISTENER_BUFFER_MAX + 5):
            feed.publish(Committed(number, ()))
        seen = [stream.receive_nowait() for _ in range(LISTENER_BUFFER_MAX)]
        assert [one.last_seq for one in seen] == list(range(LISTENER_BUFFER_MAX))
        feed.publish(Committed(999, ()))
        assert stream.receive_nowait() is None  # read the state anew
        feed.publish(Committed(1000, ()))
        assert stream.receive_nowait().last_seq == 1000


TOLD = [
    (e.ConnectFailed(1, 1, "ann", "busy", 5), [("ann", "connect_failed", "busy")]),
    (e.ItemForced(1, 1, "ann", "mail", 5, "sue"), [("ann", "item_forced", "sue")]),
    (
        e.ItemReassigned(1, 1, "ann", "bob", 5, "sue"),
        [("ann", "item_reassigned", "ann bob"), ("bob", "item_reassigned", "ann bob")],
    ),
    (e.ItemWoken(1, 1, "message", 5, "ann", 9), [("ann", "item_woken", "message")]),
    (e.ItemWoken(1, 1, "taken", 5, "ann", 9), []),
    (e.ItemWoken(1, 1, "due", 5), []),
    (e.PresenceChanged("ann", Presence.OFFLINE, "", 5, "lease"), [("ann", "lease_lost", "")]),
    (e.PresenceChanged("ann", Presence.OFFLINE, "", 5), []),
]


@pytest.mark.parametrize(("event", "told"), TOLD, ids=lambda value: type(value).__name__)
def test_whoever_it_concerns_is_told(event, told):
    cells = c.Cells(MemoryJournal())
    notices = [one for one in writes_of(event, 3, 5, State(), cells) if one.collection == c.NOTICE]
    decoded = [(one.key, msgspec.msgpack.decode(one.value, type=c.NoticeCell)) for one in notices]
    assert decoded == [
        (c.joined_key(who, c.number_key(3)), c.NoticeCell(kind, conversation_of(event), detail, 5))
        for who, kind, detail in told
    ]


def test_work_that_waits_is_a_line_where_it_is_kept_for_somebody():
    queued = e.ItemQueued(1, 1, "q", "d", "mail", 1, 0, 0, (), 5)
    assert not in_thread(queued)
    assert in_thread(msgspec.structs.replace(queued, held_for="ann", hold_until_ms=9))
