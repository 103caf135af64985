"""Merged matters with their cells: every way that led to the one that went leads to the one that stayed."""

from __future__ import annotations

import msgspec
from tests.engine.rig import Rig, life, until
from tests.engine.test_outbox import owned, reply

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine import history
from omniroute.engine.context import EngineContext
from omniroute.journal.codec import decode_event
from omniroute.journal.memory import MemoryDisk
from omniroute.testing.clock import ManualClock


async def merge(rig: Rig, going: int, into: int) -> None:
    await rig.do(k.MergeConversations(conversation_id=going, into_id=into, operator_id="ann"))
    await rig.writer.barrier()


def matter(rig: Rig, number: int) -> c.ConversationCell:
    cell = c.read(rig.journal, c.CONVERSATION, c.number_key(number), c.ConversationCell)
    assert cell is not None
    return cell


def spoken(rig: Rig, number: int) -> list[int]:
    """The interactions in a thread, in order."""
    lines = [decode_event(line.event) for line in c.thread(rig.journal, matter(rig, number), 100)]
    return [event.interaction_id for event in lines if isinstance(event, e.InteractionReceived | e.ReplySent)]


async def test_both_threads_are_one_by_time_and_lists_show_it_once():
    async with life() as rig:
        await owned(rig, text="one")
        await rig.receive(text="two")
        await reply(rig, 1, "three")
        await merge(rig, 2, 1)
        assert (matter(rig, 2).merged_into, matter(rig, 1).merged) == (1, [2])
        assert spoken(rig, 1) == [1, 2, 3]
        assert history.newest_matters(1, rig.writer.cells) == [1]
        lines = [decode_event(line.event) for line in c.thread(rig.journal, matter(rig, 1), 100)]
        assert sum(isinstance(line, e.ConversationMerged) for line in lines) == 1


async def test_a_reply_to_the_one_that_went_lands_in_the_one_that_stayed():
    disk, clock = MemoryDisk(), ManualClock()
    async with life(disk, clock) as rig:
        await owned(rig)
        await reply(rig, 1)
        await until(lambda: rig.mail.sent)
        await rig.receive(text="another")
        await merge(rig, 1, 2)
        await rig.receive(text="thanks", answers_to=[f"<{rig.mail.sent[0].key}@ours>"])
        assert rig.conversations() == 2
        assert spoken(rig, 2)[-1] == 4
    async with life(disk, clock) as rig:
        await rig.receive(key="later", text="and after a restart", answers_to=["<e1@ours>"])
        assert rig.conversations() == 2
        assert rig.state.conversations[2].message_count == 4


async def test_a_reply_that_is_delivered_after_the_merge_is_answered_there():
    async with life() as rig:
        await owned(rig)
        rig.mail.gate = type(rig.mail.gate)()
        await reply(rig, 1)
        await until(lambda: rig.mail.attempts)
        await rig.receive(text="another")
        await merge(rig, 1, 2)
        rig.mail.gate.set()
        await until(lambda: rig.events(e.DeliverySucceeded))
        await rig.receive(answers_to=[f"<{rig.mail.sent[0].key}@ours>"])
        assert rig.conversations() == 2


async def test_a_chat_goes_on_in_the_one_that_stayed():
    async with life() as rig:
        await owned(rig, "chat", session="v", by="visitor", **{"from": "v"})
        await rig.receive("chat", session="w", by="visitor", **{"from": "v"})
        await merge(rig, 2, 1)
        await rig.receive("chat", session="w", by="visitor", text="more", **{"from": "v"})
        assert rig.conversations() == 2
        assert rig.state.conversations[1].message_count == 3
        context: EngineContext = rig.chat.instances[-1].context
        assert [one.interaction_id for one in await context.thread("w")] == [1, 2, 3]


async def test_a_finished_one_is_opened_again_by_what_leads_to_its_parts():
    async with life() as rig:
        await owned(rig)
        await reply(rig, 1)
        await until(lambda: rig.mail.sent)
        await rig.receive(text="another")
        await rig.accept("ann")
        await merge(rig, 1, 2)
        (item_id,) = rig.state.conversations[2].item_ids
        await rig.do(k.CompleteItem(work_item_id=item_id, operator_id="ann", disposition="solved"))
        assert not rig.state.conversations
        await rig.receive(answers_to=[f"<{rig.mail.sent[0].key}@ours>"])
        assert list(rig.state.conversations) == [2]
        assert len(rig.state.by_reference) == 2


async def test_a_chain_is_followed_to_its_end():
    async with life() as rig:
        await rig.available("ann")
        for text in ("one", "two", "three"):
            await rig.receive(text=text)
        await merge(rig, 1, 2)
        await merge(rig, 2, 3)
        assert c.lead(rig.journal, 1) == rig.writer.cells.lead(1) == 3
        assert matter(rig, 3).merged == [1, 2]
        assert spoken(rig, 3) == [1, 2, 3]
        assert msgspec.msgpack.decode(rig.journal.get(c.CONVERSATION, c.number_key(1)), type=c.ConversationCell)
