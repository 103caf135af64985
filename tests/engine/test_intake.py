"""Intake: once, in order, lost by nobody; and whose thread an interaction joins."""

from __future__ import annotations

import anyio
import msgspec
import pytest
from tests.engine.rig import killed, life, turns, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.permissions import SYSTEM
from omniroute.core.rules import Stage
from omniroute.engine import cells as c
from omniroute.engine import intake
from omniroute.engine.registration import SESSION_REOPEN_MS
from omniroute.errors import Busy, InvalidInput, JournalError, JournalFull, TooLarge
from omniroute.journal.contract import BLOB_THRESHOLD_BYTES
from omniroute.journal.memory import MemoryDisk
from omniroute.testing.clock import ManualClock


# ---- once
async def test_an_input_becomes_a_conversation_with_its_contents():
    async with life() as rig:
        raw_id = await rig.receive(subject="Lamp", text="It flickers.", name="Kim", files=["a.txt"])
        reference = await rig.engine.intake.reference_of(raw_id)
        content = c.read(rig.journal, c.CONTENT, c.number_key(1), c.ContentCell)
        matter = c.read(rig.journal, c.CONVERSATION, c.number_key(1), c.ConversationCell)
        assert (content.subject, content.text, content.author) == ("Lamp", "It flickers.", "Kim")
        assert await rig.journal.get_blob(content.attachments[0].digest) == b"a.txt"
        assert (matter.reference, matter.subject) == (reference, "Lamp")
        assert rig.state.by_reference[reference] == 1


async def test_the_same_input_at_the_same_time_is_taken_once():
    async with life() as rig:
        raw, ids = rig.raw(key="same"), []

        async def receive() -> None:
            ids.append(await rig.engine.intake.receive(raw))

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(receive)
        await rig.registered(ids[0])
        assert ids == [1] * 10
        assert rig.conversations() == 1


async def test_a_repeated_input_is_known_after_a_restart_too():
    disk = MemoryDisk()
    async with killed(disk) as rig:
        raw = rig.raw(key="same")
        first = await rig.engine.intake.receive(raw)
        await rig.registered(first)
    async with life(disk) as rig:
        assert await rig.engine.intake.receive(raw) == first
        await turns()
        assert rig.conversations() == 1


async def test_without_an_id_the_bytes_decide():
    async with life() as rig:
        first = await rig.receive(data=b'{"from":"kim@x.example"}', key="")
        raw = rig.raw(data=b'{"from":"kim@x.example"}')
        raw.meta["id"] = ""
        again = [await rig.engine.intake.receive(raw) for _ in range(2)]
        assert again[0] == again[1] != first


async def test_nothing_is_acknowledged_before_it_is_durable():
    async with life() as rig:
        done: list[int] = []

        async def receive() -> None:
            done.append(await rig.engine.intake.receive(rig.raw()))

        rig.journal.hold()
        async with anyio.create_task_group() as group:
            group.start_soon(receive)
            await until(lambda: rig.journal.waiting)
            await turns()
            assert not done
            assert not rig.journal.get(c.RAW, c.number_key(1))
            rig.journal.release()
        assert done == [1]


async def test_a_sender_that_hangs_up_during_the_commit_loses_nothing():
    """It was not acknowledged, but it is durable: so it must become a conversation without a restart."""
    async with life() as rig:
        rig.journal.hold()
        async with anyio.create_task_group() as group:
            group.start_soon(rig.engine.intake.receive, rig.raw())
            await until(lambda: rig.journal.waiting)
            group.cancel_scope.cancel()
        rig.journal.release()
        await rig.registered(1)
        assert rig.conversations() == 1


async def test_too_much_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(intake, "RAW_BYTES_MAX", 100)
    async with life() as rig:
        with pytest.raises(TooLarge):
            await rig.engine.intake.receive(rig.raw(data=b"x" * 101))
        assert not rig.state.pending_raws


async def test_a_long_backlog_refuses_new_matters_before_open_ones(monkeypatch):
    monkeypatch.setattr(intake, "BACKLOG_MAX", 4)
    async with life() as rig:
        await rig.receive("chat", session="v1", **{"from": "v1", "by": "visitor"})
        rig.engine.intake._line.extend([None] * 2)
        with pytest.raises(Busy):
            await rig.engine.intake.receive(rig.raw())
        raw_id = await rig.engine.intake.receive(rig.raw("chat", session="v1", **{"from": "v1", "by": "visitor"}))
        rig.engine.intake._line.popleft()
        rig.engine.intake._line.popleft()
        await rig.registered(raw_id)


# ---- restarts
async def test_what_was_acknowledged_but_not_registered_is_taken_up_again():
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock) as rig:
        rig.mail.normalize = None  # the process dies before it gets there
        for number in range(3):
            await rig.do(k.ReceiveRaw(channel="mail"))
            raw = rig.raw(subject=str(number))
            cell = c.RawCell(raw.instance, raw.account, raw.received_ms, raw.meta, len(raw.data), raw.data)
            await rig.writer.write_cells([c.put(c.RAW, c.number_key(number + 1), cell)])
    async with life(disk, clock) as rig:
        await until(lambda: not rig.state.pending_raws)
        contents = [msgspec.msgpack.decode(data, type=c.ContentCell) for data in rig.cells(c.CONTENT)]
        assert [one.subject for one in contents] == ["0", "1", "2"]
    async with life(disk, clock) as rig:
        assert rig.conversations() == 3


async def test_large_input_is_a_blob_and_comes_back_after_a_restart():
    disk = MemoryDisk()
    big = msgspec.json.encode({"from": "kim@x.example", "text": "x" * BLOB_THRESHOLD_BYTES})
    async with killed(disk) as rig:
        raw_id = await rig.engine.intake.receive(rig.raw(data=big))
    async with life(disk) as rig:
        await rig.registered(raw_id)
        assert rig.conversations() == 1
        assert (await rig.engine.intake.load(raw_id)).data == big


@pytest.mark.parametrize("damage", ["blob", "cell"])
async def test_damaged_raw_input_does_not_stop_a_restart(damage):
    disk = MemoryDisk()
    async with killed(disk) as rig:
        await rig.do(k.ReceiveRaw(channel="mail"))
        digest = await rig.journal.put_blob(b"x")
        cell = c.RawCell("mail", "", 0, {}, 1, digest=digest)
        await rig.writer.write_cells([c.put(c.RAW, c.number_key(1), cell)] if damage == "blob" else [])
        await turns()
    disk.blobs[digest] = b"y"
    async with life(disk) as rig:
        await until(lambda: not rig.state.pending_raws)
        assert len(rig.events(e.RawQuarantined)) == 1
        await rig.receive()


async def test_an_attachment_that_a_failing_disk_refuses_ends_the_engine_and_not_the_letter():
    disk = MemoryDisk()

    async def broken(_: bytes) -> str:
        raise JournalError("the disk failed")

    async def until_it_ends() -> None:
        async with life(disk) as rig:
            rig.journal.put_blob = broken
            await rig.engine.intake.receive(rig.raw(files=["bill.txt"]))
            await anyio.sleep_forever()

    with pytest.raises(ExceptionGroup) as ended:
        await until_it_ends()
    assert ended.group_contains(JournalError)
    async with life(disk) as rig:
        await until(lambda: not rig.state.pending_raws)
        assert rig.events(e.RawQuarantined) == []
        assert rig.conversations() == 1


# ---- what cannot be read
@pytest.mark.parametrize("facts", [{"raise": "recursion"}, {"raise": "zero"}, {"raise": "key"}, {"times": 0}])
async def test_whatever_normalize_raises_is_quarantined_and_the_next_goes_on(facts):
    async with life() as rig:
        bad = await rig.engine.intake.receive(rig.raw(**facts))
        good = await rig.engine.intake.receive(rig.raw())
        await rig.registered(good)
        await rig.registered(bad)
        (quarantined,) = rig.events(e.RawQuarantined)
        assert quarantined.raw_id == bad
        assert "secret words" not in quarantined.reason
        assert rig.conversations() == 1
        assert rig.journal.get(c.QUARANTINE, c.number_key(bad))
        assert (await rig.engine.intake.load(bad)).data  # kept raw


async def test_unreadable_input_says_why_and_has_no_reference():
    async with life() as rig:
        bad = await rig.receive(data=b"\xff\xfe")
        assert rig.events(e.RawQuarantined)[0].reason == "this is no letter"
        with pytest.raises(InvalidInput):
            await rig.engine.intake.reference_of(bad)


async def test_quarantine_waits_for_a_full_disk():
    async with life() as rig:
        raw_id = await rig.engine.intake.receive(rig.raw(data=b"?"))
        rig.journal.fail_next(JournalFull("no space"))
        await turns()
        assert not rig.events(e.RawQuarantined)
        await rig.wait(intake.RETRY_MS)
        assert [one.raw_id for one in rig.events(e.RawQuarantined)] == [raw_id]


async def test_registration_waits_for_a_full_disk():
    async with life() as rig:
        raw_id = await rig.engine.intake.receive(rig.raw())
        rig.journal.fail_next(JournalFull("no space"))
        await turns()
        assert rig.conversations() == 0
        await rig.wait(intake.RETRY_MS)
        await rig.registered(raw_id)
        assert rig.conversations() == 1


# ---- whose thread
async def reply_of_ours(rig) -> str:
    """A letter of kim's, answered by ann; returns the id of our answer."""
    await rig.available("ann")
    await rig.receive()
    number = await rig.accept("ann")
    content = c.ContentCell(
        text="hello", sender=c.read(rig.journal, c.CONVERSATION, c.number_key(1), c.ConversationCell).to
    )
    await rig.writer.submit(
        SYSTEM,
        k.SendReply(conversation_id=number, operator_id="ann"),
        lambda events: [c.put(c.CONTENT, c.number_key(events[0].interaction_id), content)],
    )
    await until(lambda: rig.events(e.DeliverySucceeded))
    return f"<{rig.mail.sent[0].key}@ours>"


async def test_an_answer_of_the_known_participant_joins_the_thread():
    async with life() as rig:
        ours = await reply_of_ours(rig)
        await rig.receive(text="thanks", answers_to=[ours])
        assert rig.conversations() == 1
        assert rig.state.conversations[1].interaction_count == 3


async def test_a_stranger_who_quotes_our_id_gets_a_thread_of_his_own():
    async with life() as rig:
        ours = await reply_of_ours(rig)
        await rig.receive(answers_to=[ours], **{"from": "mallory@evil.example"})
        assert rig.conversations() == 2


@pytest.mark.parametrize("claim", [[""], ["<never@ours>"], []])
async def test_ids_that_are_not_ours_match_nothing(claim):
    async with life() as rig:
        await reply_of_ours(rig)
        await rig.receive(answers_to=claim)
        assert rig.conversations() == 2


async def test_an_answer_to_a_closed_matter_opens_it_again():
    async with life() as rig:
        ours = await reply_of_ours(rig)
        await rig.do(k.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"))
        assert not rig.state.conversations
        await rig.receive(text="it is broken again", answers_to=[ours])
        assert rig.conversations() == 1
        assert len(rig.events(e.ConversationReopened)) == 1
        matter = rig.state.conversations[1]
        assert matter.interaction_count == 3
        assert matter.stage is not Stage.DONE
        assert c.read(rig.journal, c.CONVERSATION, c.number_key(1), c.ConversationCell).record is None


async def test_two_answers_at_once_open_a_closed_matter_once():
    async with life() as rig:
        ours = await reply_of_ours(rig)
        await rig.do(k.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"))
        ids = [await rig.engine.intake.receive(rig.raw(answers_to=[ours])) for _ in range(2)]
        for raw_id in ids:
            await rig.registered(raw_id)
        assert len(rig.events(e.ConversationReopened)) == 1
        assert rig.conversations() == 1


async def test_messages_of_one_session_are_one_conversation_even_at_the_same_time():
    async with life() as rig:
        raws = [rig.raw("chat", session="v1", text=str(n), **{"from": "v1", "by": "visitor"}) for n in range(5)]
        async with anyio.create_task_group() as group:
            for raw in raws:
                group.start_soon(rig.engine.intake.receive, raw)
        await until(lambda: rig.state.counters.raw == 5 and not rig.state.pending_raws)
        await rig.writer.barrier()
        assert rig.conversations() == 1
        assert rig.state.conversations[1].interaction_count == 5


@pytest.mark.parametrize(("later_ms", "conversations"), [(0, 1), (SESSION_REOPEN_MS + 1, 2)])
async def test_a_finished_chat_goes_on_for_a_day(later_ms, conversations):
    async with life() as rig:
        await rig.available("ann")
        visitor = {"from": "v1", "by": "visitor", "session": "v1"}
        await rig.receive("chat", **visitor)
        await rig.accept("ann")
        await rig.do(k.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"))
        rig.clock.advance(later_ms)
        await rig.receive("chat", **visitor)
        assert rig.conversations() == conversations


async def test_a_name_is_no_evidence_and_an_address_is():
    async with life() as rig:
        for by in ("name", "email"):
            for _ in range(2):
                await rig.receive(by=by)
        assert len(rig.events(e.CustomerCreated)) == 3


async def test_a_call_event_that_comes_late_reopens_nothing():
    async with life() as rig:
        call = {"from": "+491", "by": "tel", "session": "call-1"}
        await rig.receive("phone", kind="contact_started", **call)
        await rig.receive("phone", kind="contact_abandoned", **call)
        assert not rig.state.conversations
        await rig.receive("phone", kind="contact_connected", **call)
        assert not rig.state.conversations
        assert rig.conversations() == 1


async def test_a_bug_in_quarantine_holds_nobody_up_and_is_tried_again(monkeypatch):
    async with life() as rig:
        right = machine.HANDLERS[k.QuarantineRaw]
        monkeypatch.setitem(machine.HANDLERS, k.QuarantineRaw, lambda _step, _command: 1 / 0)
        broken = await rig.engine.intake.receive(rig.raw(data=b"nonsense"))
        await rig.receive()
        assert rig.conversations() == 1
        assert broken in rig.state.pending_raws
        await rig.wait(intake.RETRY_MS)
        monkeypatch.setitem(machine.HANDLERS, k.QuarantineRaw, right)
        await rig.wait(2 * intake.RETRY_MS)
        await rig.registered(broken)
        assert len(rig.cells(c.QUARANTINE)) == 1
