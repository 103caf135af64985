"""The outbox: in order, again and again, once by key, and never in anybody's way."""

from __future__ import annotations

import anyio
import msgspec
import pytest
from tests.engine.rig import Rig, killed, life, turns, until

from omniroute.core import commands as k
from omniroute.core import effects, machine
from omniroute.core import events as e
from omniroute.core.effects import REALTIME_LIFETIME_MS
from omniroute.core.permissions import SYSTEM
from omniroute.engine import cells as c
from omniroute.engine import outbox
from omniroute.errors import DeliveryDeferred, DeliveryRefused, JournalFull
from omniroute.journal.memory import MemoryDisk
from omniroute.testing.clock import ManualClock


async def owned(rig: Rig, instance: str = "mail", **facts) -> int:
    """A matter in ann's hands."""
    await rig.available("ann")
    await rig.receive(instance, **facts)
    return await rig.accept("ann")


async def reply(rig: Rig, number: int, text: str = "hello") -> None:
    cell = c.read(rig.journal, c.CONVERSATION, c.number_key(number), c.ConversationCell)
    content = c.ContentCell(text=text, sender=cell.to, fields={"answers_to": "<a@x> <b@x>"})
    await rig.writer.submit(
        SYSTEM,
        k.SendReply(conversation_id=number, operator_id="ann"),
        lambda events: [c.put(c.CONTENT, c.number_key(events[0].interaction_id), content)],
    )


def texts(rig: Rig) -> list[str]:
    return [delivery.text for delivery in rig.mail.sent]


async def test_a_reply_is_delivered_with_all_that_the_channel_needs():
    async with life() as rig:
        number = await owned(rig, subject="Lamp")
        await reply(rig, number)
        await until(lambda: rig.events(e.DeliverySucceeded))
        (sent,) = rig.mail.sent
        assert (sent.order, sent.instance, sent.text, sent.to.address) == ("reply", "mail", "hello", "kim@example.org")
        assert sent.answers_to == ("<a@x>", "<b@x>")
        assert sent.operator_name == "Ann"
        assert rig.journal.get(c.OUR_ID, c.joined_key("mail", f"<{sent.key}@ours>")) == b"1"
        assert not rig.cells(c.OUTBOX)
        await until(lambda: not rig.engine.outbox.waiting())


async def test_nothing_is_sent_before_the_commit():
    async with life() as rig:
        number = await owned(rig)
        rig.journal.hold()
        async with anyio.create_task_group() as group:
            group.start_soon(reply, rig, number)
            await until(lambda: rig.journal.waiting)
            await turns()
            assert not rig.mail.attempts
            rig.journal.release()
        await until(lambda: rig.mail.sent)


async def test_replies_of_one_matter_go_out_in_order_and_a_stuck_one_holds_no_other_matter():
    async with life() as rig:
        first = await owned(rig)
        await rig.receive(**{"from": "lou@example.org"})
        second = await rig.accept("ann")
        rig.mail.send_errors = [DeliveryDeferred("later")]
        for text in ("1", "2", "3"):
            await reply(rig, first, text)
        await reply(rig, second, "other")
        await until(lambda: texts(rig))
        await turns()
        assert texts(rig) == ["other"]
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: len(rig.mail.sent) == 4)
        assert texts(rig) == ["other", "1", "2", "3"]


async def test_deferred_deliveries_back_off_and_keep_their_key():
    async with life() as rig:
        number = await owned(rig)
        rig.mail.send_errors = [DeliveryDeferred("later")] * 3
        await reply(rig, number)
        for attempt in (1, 2, 3):
            await until(lambda attempt=attempt: len(rig.mail.attempts) == attempt)
            await turns()
            await rig.wait(outbox.backoff_ms(attempt) - 1)
            assert len(rig.mail.attempts) == attempt  # not too early
            await rig.wait(1)
        await until(lambda: rig.mail.sent)
        assert len({delivery.key for delivery in rig.mail.attempts}) == 1


async def test_after_the_last_attempt_it_is_a_dead_letter_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr(outbox, "ATTEMPTS_MAX", 2)
    async with life() as rig:
        number = await owned(rig)
        rig.mail.send_errors = [DeliveryDeferred("mailbox full")] * 2
        await reply(rig, number, "1")
        await reply(rig, number, "2")
        await until(lambda: rig.mail.attempts)
        await turns()
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: rig.mail.sent)
        assert texts(rig) == ["2"]
        assert [one.reason for one in rig.events(e.DeliveryDied)] == ["mailbox full"]
        (dead,) = [msgspec.msgpack.decode(data, type=c.DeadCell) for data in rig.cells(c.DEAD)]
        assert dead.attempts == 2
        assert [msgspec.msgpack.decode(d, type=c.NoticeCell).kind for d in rig.cells(c.NOTICE)] == ["delivery_died"]


async def test_a_refusal_is_final():
    async with life() as rig:
        number = await owned(rig)
        rig.mail.send_errors = [DeliveryRefused("no such mailbox")]
        await reply(rig, number)
        await until(lambda: rig.events(e.DeliveryDied))
        assert len(rig.mail.attempts) == 1
        assert c.read(rig.journal, c.DELIVERY, c.number_key(2), c.DeliveryCell).state == "dead"


async def test_erased_contents_are_a_dead_letter():
    async with life() as rig:
        number = await owned(rig)
        rig.mail.send_errors = [DeliveryDeferred("later")]
        await reply(rig, number)
        await until(lambda: rig.mail.attempts)
        await turns()
        await rig.writer.write_cells([c.drop(c.CONTENT, c.number_key(2))])
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: rig.events(e.DeliveryDied))


async def test_a_channel_that_hangs_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(outbox, "SEND_TIMEOUT_S", 0)
    async with life() as rig:
        number = await owned(rig)
        rig.mail.gate = anyio.Event()
        await reply(rig, number)
        await until(
            lambda: rig.cells(c.OUTBOX) and msgspec.msgpack.decode(rig.cells(c.OUTBOX)[0], type=c.OutboxCell).attempts
        )
        assert not rig.mail.sent
        monkeypatch.undo()
        rig.mail.gate.set()
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: rig.mail.sent)


async def test_a_ring_that_comes_too_late_is_not_made():
    async with life() as rig:
        rig.phone.send_errors = [DeliveryDeferred("later")] * 20
        await owned(rig, "phone", kind="contact_started", session="call", by="tel", **{"from": "+491"})
        await until(lambda: rig.phone.attempts)
        await turns()
        for _ in range(8):
            await rig.wait(REALTIME_LIFETIME_MS // 4)
        assert not rig.phone.sent
        assert [one.reason for one in rig.events(e.DeliveryDied)] == ["it came too late to be of use"]


async def ringing(rig: Rig) -> None:
    """A call that ann has accepted."""
    await owned(rig, "phone", kind="contact_started", session="call", by="tel", **{"from": "+491"})
    await until(lambda: rig.phone.attempts)


async def test_a_ring_that_is_refused_dies_at_once():
    async with life() as rig:
        rig.phone.send_errors = [DeliveryRefused("the telephone is off")]
        began_ms = rig.clock.now_ms()
        await ringing(rig)
        await until(lambda: rig.events(e.DeliveryDied))
        (died,) = rig.events(e.DeliveryDied)
        assert (died.reason, died.interaction_id) == ("the telephone is off", 0)
        assert rig.clock.now_ms() == began_ms
        assert not rig.cells(c.OUTBOX)


async def test_a_ring_that_is_deferred_is_tried_again_while_it_is_of_use():
    async with life() as rig:
        rig.phone.send_errors = [DeliveryDeferred("later")] * 2
        await ringing(rig)
        for attempt in (1, 2):
            await turns()
            await rig.wait(outbox.backoff_ms(attempt))
        await until(lambda: rig.phone.sent)
        assert len({delivery.key for delivery in rig.phone.attempts}) == 1


async def test_a_ring_dies_when_it_expires_and_not_at_the_attempt_after():
    async with life() as rig:
        rig.phone.send_errors = [DeliveryDeferred("later")] * 20
        began_ms = rig.clock.now_ms()
        await ringing(rig)
        await turns()
        await rig.wait(REALTIME_LIFETIME_MS - 1)
        assert not rig.events(e.DeliveryDied)
        await turns()
        await rig.wait(1)
        await until(lambda: rig.events(e.DeliveryDied))
        assert rig.clock.now_ms() == began_ms + REALTIME_LIFETIME_MS


async def test_an_attempt_is_not_waited_for_beyond_its_use():
    async with life() as rig:
        now_ms = rig.clock.now_ms()
        patience = {
            left_ms: rig.engine.outbox._patience_s(effects.Effect(1, "connect", 1, "phone", now_ms, expires_ms=at_ms))
            for left_ms, at_ms in ((5_000, now_ms + 5_000), (90_000, now_ms + 90_000), (-1, now_ms - 1), (0, 0))
        }
        assert patience == {5_000: 5, 90_000: 60, -1: 0, 0: 60}


async def test_hanging_mails_take_no_slot_of_a_ring(monkeypatch):
    monkeypatch.setattr(outbox, "SENDS_MAX", 1)
    async with life() as rig:
        number = await owned(rig)
        rig.mail.gate = anyio.Event()
        await reply(rig, number)
        await until(lambda: rig.mail.attempts)
        await ringing(rig)
        await until(lambda: rig.phone.sent)
        rig.mail.gate.set()
        await until(lambda: rig.mail.sent)


async def test_a_diversion_reaches_the_channel_with_its_outcome():
    async with life() as rig:
        await rig.receive("phone", kind="contact_started", session="call", by="tel", **{"from": "+491"})
        event = e.ItemDiverted(1, 1, "callback", "overflow:wait", "phone", rig.clock.now_ms(), 9)
        for hear in rig.writer.on_commit:
            hear([event])
        await until(lambda: rig.phone.sent)
        (sent,) = rig.phone.sent
        assert (sent.order, sent.outcome, sent.session_key, sent.key) == ("divert", "callback", "call", "e9")
        await until(lambda: not rig.engine.outbox.waiting())


async def test_a_stuck_reply_never_holds_a_ring():
    """Effects of a running contact have a lane of their own."""
    async with life() as rig:
        await owned(rig, "phone", kind="contact_started", session="call", by="tel", **{"from": "+491"})
        await until(lambda: rig.phone.sent)
        rig.phone.send_errors = [DeliveryDeferred("later")]
        await reply(rig, 1)
        await until(lambda: len(rig.phone.attempts) == 2)
        await turns()
        await rig.do(k.EndContact(work_item_id=1, operator_id="ann"))
        await until(lambda: len(rig.phone.sent) == 2)
        assert [one.order for one in rig.phone.sent] == ["connect", "part"]
        await rig.wait(outbox.backoff_ms(1))


async def test_a_restart_takes_up_what_was_not_delivered():
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock) as rig:
        number = await owned(rig)
        rig.mail.gate = anyio.Event()
        await reply(rig, number, "1")
        await reply(rig, number, "2")
        await until(lambda: rig.mail.attempts)
        before = rig.mail.attempts[0].key
    async with life(disk, clock) as rig:
        await until(lambda: len(rig.mail.sent) == 2)
        assert texts(rig) == ["1", "2"]
        assert rig.mail.sent[0].key == before
    async with life(disk, clock) as rig:
        await turns()
        assert not rig.mail.attempts


async def test_a_crash_between_the_others_ok_and_our_commit_repeats_it_under_the_same_key():
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock) as rig:
        number = await owned(rig)
        rig.mail.gate = anyio.Event()
        await reply(rig, number)
        await until(lambda: rig.mail.attempts)
        rig.journal.hold()
        rig.mail.gate.set()
        await until(lambda: rig.mail.sent and rig.journal.waiting)
        key = rig.mail.sent[0].key
    async with life(disk, clock) as rig:
        await until(lambda: rig.mail.sent)
        assert [one.key for one in rig.mail.sent] == [key]


async def test_the_end_of_a_delivery_is_recorded_once_the_disk_has_room():
    async with life() as rig:
        number = await owned(rig)
        rig.mail.gate = anyio.Event()
        await reply(rig, number)
        await until(lambda: rig.mail.attempts)
        rig.journal.fail_next(JournalFull("no space"))
        rig.mail.gate.set()
        await turns()
        assert rig.cells(c.OUTBOX)
        await rig.wait(outbox.BACKOFF_FIRST_MS)
        await until(lambda: rig.events(e.DeliverySucceeded))
        assert len(rig.mail.sent) == 1


@pytest.mark.parametrize(
    ("attempts", "pause_ms"), [(1, 2_000), (2, 4_000), (11, 2_048_000), (12, 3_600_000), (40, 3_600_000)]
)
def test_pauses_double_up_to_an_hour(attempts, pause_ms):
    assert outbox.backoff_ms(attempts) == pause_ms


async def test_a_bug_in_recording_an_end_ends_nothing_else(monkeypatch):
    async with life() as rig:
        number = await owned(rig)
        right = machine.HANDLERS[k.RecordDelivery]
        monkeypatch.setitem(machine.HANDLERS, k.RecordDelivery, lambda _step, _command: 1 / 0)
        await reply(rig, number)
        await until(lambda: rig.mail.sent)
        await turns()
        assert rig.cells(c.OUTBOX)
        await rig.wait(outbox.backoff_ms(1))
        monkeypatch.setitem(machine.HANDLERS, k.RecordDelivery, right)
        await rig.wait(outbox.backoff_ms(2))
        await until(lambda: rig.events(e.DeliverySucceeded))
        assert len(rig.mail.sent) == 1


async def test_a_bug_in_counting_an_attempt_is_survived(monkeypatch):
    async with life() as rig:
        number = await owned(rig)
        rig.mail.send_errors = [DeliveryDeferred("later")]
        monkeypatch.setitem(machine.HANDLERS, k.Keep, lambda _step, _command: 1 / 0)
        await reply(rig, number)
        await until(lambda: rig.mail.attempts)
        await turns()
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: rig.events(e.DeliverySucceeded))
