"""Split matters with their cells: each message is in exactly one thread, and what led to the old matter still does."""

from __future__ import annotations

import pytest
from tests.engine.rig import Rig, life, until
from tests.engine.test_merging import matter, merge, spoken
from tests.engine.test_outbox import owned, reply

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine import history, splitting
from omniroute.engine.context import EngineContext
from omniroute.errors import InvalidInput
from omniroute.journal.codec import decode_event
from omniroute.journal.memory import MemoryDisk
from omniroute.testing.clock import ManualClock

NEW = "9999-9999"


async def split(rig: Rig, number: int, *moved: int, reference: str = NEW) -> int:
    command = k.SplitConversation(conversation_id=number, interaction_ids=moved, operator_id="ann", reference="")
    await rig.do(splitting.prepare(command, lambda: reference))
    await rig.writer.barrier()
    return rig.state.by_reference[reference]


async def wrote(rig: Rig) -> None:
    """A matter of ann's with a reply and three messages: 1, 3 and 4."""
    await owned(rig, text="one")
    await reply(rig, 1)
    await until(lambda: rig.mail.sent)
    for text in ("two", "three"):
        await rig.receive(text=text, subject=f"About {text}", answers_to=["<e1@ours>"])


async def test_the_messages_move_and_the_rest_stays():
    disk, clock = MemoryDisk(), ManualClock()
    async with life(disk, clock) as rig:
        await wrote(rig)
        new = await split(rig, 1, 4)
        assert (spoken(rig, 1), spoken(rig, new)) == ([1, 2, 3], [4])
        assert (matter(rig, new).subject, matter(rig, new).last_text) == ("About three", "three")
        assert matter(rig, 1).last_text == "two"
        assert matter(rig, new).to == matter(rig, 1).to
        assert history.newest_matters(1, rig.writer.cells) == [new, 1]
        raws = [int(rig.journal.get(c.RAW_MATTER, c.number_key(raw)) or b"0") for raw in (1, 2, 3)]
        assert raws == [1, 1, new]
        for number in (1, new):
            lines = [decode_event(line.event) for line in c.thread(rig.journal, matter(rig, number), 100)]
            assert sum(isinstance(line, e.ConversationSplit) for line in lines) == 1
        assert [one.conversation_id for one in c.related(rig.journal, matter(rig, 1))] == [new]
        assert [one.conversation_id for one in c.related(rig.journal, matter(rig, new))] == [1]
        await rig.receive(key="later", text="to the old thread", answers_to=["<e1@ours>"])
        assert spoken(rig, 1) == [1, 2, 3, 5]
    async with life(disk, clock) as rig:
        assert (rig.state.conversations[1].message_count, rig.state.conversations[new].message_count) == (3, 1)


async def test_a_message_cannot_be_split_off_twice_nor_one_of_another_matter():
    async with life() as rig:
        await wrote(rig)
        await rig.receive(text="another matter")
        await split(rig, 1, 3)
        for number in (3, 2, 5):  # gone already, our own, of another matter
            with pytest.raises(InvalidInput, match="not all messages"):
                await split(rig, 1, number, reference="9999-9993")


async def test_messages_of_a_part_can_be_split_off_and_merged_back():
    async with life() as rig:
        await owned(rig, text="one")
        await rig.receive(text="two")
        await merge(rig, 2, 1)
        new = await split(rig, 1, 2)
        assert (spoken(rig, 1), spoken(rig, new)) == ([1], [2])
        await merge(rig, new, 1)
        assert spoken(rig, 1) == [1, 2]
        lines = c.thread(rig.journal, matter(rig, 1), 100)
        assert len({line.seq for line in lines}) == len(lines)
        assert c.related(rig.journal, matter(rig, 1)) == []


async def test_the_customer_still_sees_one_chat():
    async with life() as rig:
        await owned(rig, "chat", session="v", by="visitor", text="one", **{"from": "v"})
        await rig.receive("chat", session="v", by="visitor", text="two", **{"from": "v"})
        new = await split(rig, 1, 2)
        assert matter(rig, new).session_key == "v"
        context: EngineContext = rig.chat.instances[-1].context
        assert [one.interaction_id for one in await context.thread("v")] == [1, 2]
        await rig.receive("chat", session="v", by="visitor", text="three", **{"from": "v"})
        assert spoken(rig, 1) == [1, 3]


async def test_a_reply_that_dies_after_a_merge_is_told_to_the_owner_of_what_stays():
    async with life() as rig:
        await owned(rig, text="one")
        rig.mail.gate = type(rig.mail.gate)()
        await reply(rig, 1)
        await until(lambda: rig.mail.attempts)
        await rig.receive(text="two")
        await rig.accept("ann")
        await merge(rig, 1, 2)
        effect = rig.events(e.ReplySent)[0].effect_id
        await rig.do(
            k.RecordDelivery(effect_id=effect, conversation_id=1, interaction_id=2, delivered=False, reason="no")
        )
        await rig.writer.barrier()
        notices = [value for key, value in rig.journal.scan(c.NOTICE) if key.startswith("ann")]
        assert any(b"delivery_died" in value for value in notices)
        rig.mail.gate.set()
