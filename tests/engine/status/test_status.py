"""STATUS by message, through a whole engine: answered once, to whoever asked, the same for all that is not theirs."""

from __future__ import annotations

import msgspec
import pytest
from tests.engine.rig import Rig, killed, life, turns, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine.status import question
from omniroute.errors import DeliveryDeferred
from omniroute.journal.memory import MemoryDisk

DAY_MS = 86_400_000


async def matter(rig: Rig, **facts: str) -> str:
    """A letter has become a matter; returns its reference."""
    await rig.receive(**facts)
    rig.engine.links.base_url = "https://desk.example"
    opened = rig.events(e.ConversationOpened)[-1]
    return str(opened.reference)


async def sent(rig: Rig, number: int = 1) -> list[str]:
    await until(lambda: len(rig.mail.sent) + len(rig.chat.sent) >= number)
    return [one.text for one in (*rig.mail.sent, *rig.chat.sent)]


async def test_the_customer_is_told_and_nobody_gets_work():
    async with life() as rig:
        reference = await matter(rig)
        items, state = dict(rig.state.items), msgspec.msgpack.encode(rig.state.conversations[1])
        await rig.receive(text=f"STATUS {reference}", id="<q@kim>", subject="Where is it")
        (text,) = await sent(rig)
        assert reference in text
        assert "Stage: received" in text
        assert "we answer by" in text
        (delivery,) = rig.mail.sent
        assert (delivery.order, delivery.to.address, delivery.operator_id) == ("notice", "kim@example.org", "")
        assert delivery.answers_to == ("<q@kim>",)
        assert delivery.account == "support@ours"
        token = text.rsplit("/", 1)[1]
        claims = rig.engine.links.read(token, "status", rig.clock.now_ms())
        assert claims is not None
        assert claims.conversation_id == 1
        assert dict(rig.state.items) == items
        assert msgspec.msgpack.encode(rig.state.conversations[1]) == state
        assert rig.conversations() == 1
        assert len(rig.events(e.StatusAnswered)) == 1


async def test_a_matter_that_is_done_is_told_about_and_not_reopened():
    async with life() as rig:
        await rig.available("ann")
        reference = await matter(rig)
        number = await rig.accept("ann")
        (item_id,) = rig.state.conversations[number].item_ids
        await rig.do(k.CompleteItem(work_item_id=item_id, operator_id="ann", disposition="solved"))
        assert not rig.state.conversations
        await rig.receive(text=f"STATUS {reference}")
        (text,) = await sent(rig)
        assert "Stage: done" in text
        assert "What is next" not in text
        assert not rig.state.conversations


async def test_wrong_old_foreign_and_missing_references_get_the_same_answer():
    async with life() as rig:
        foreign = await matter(rig)
        await rig.receive(**{"from": "lee@example.org"}, text="Hello")
        for number, reference in enumerate((foreign, "AAAA-AAAA", "1111-1111", "4KX7-9MT0"), 1):
            before = len(rig.events())
            await rig.receive(
                **{"from": "lee@example.org"}, text=f"STATUS {reference}", id="<same@lee>", key=f"k{number}"
            )
            tags = [type(one).__name__ for one in rig.events()[before:] if not isinstance(one, e.DeliverySucceeded)]
            assert tags == ["RawReceived", "StatusAnswered", "RawRegistered"]
        await sent(rig, 4)
        same = [msgspec.structs.replace(one, key="", interaction_id=0, at_ms=0) for one in rig.mail.sent]
        assert len(same) == 4
        assert all(one == same[0] for one in same)
        assert same[0].conversation_id == 0
        assert same[0].to.address == "lee@example.org"
        assert foreign not in same[0].text
        assert rig.conversations() == 2
        lines = [c.msgspec.msgpack.decode(data, type=c.ThreadCell) for data in rig.cells(c.THREAD)]
        assert not [one for one in lines if b"status." in one.event], "a foreign question is in nobody's thread"


async def test_a_stranger_is_told_nothing_and_is_no_customer_afterwards():
    async with life() as rig:
        reference = await matter(rig)
        await rig.receive(**{"from": "stranger@example.org"}, text=f"СТАТУС {reference}")
        (text,) = await sent(rig)
        assert "Мы не можем показать" in text
        assert len(rig.events(e.CustomerCreated)) == 1


async def test_a_name_is_no_evidence():
    async with life() as rig:
        await rig.receive(by="name", **{"from": "Kim"})
        opened = rig.events(e.ConversationOpened)[0]
        await rig.receive(by="name", **{"from": "Kim"}, text=f"STATUS {opened.reference}")
        (answered,) = rig.events(e.StatusAnswered)
        assert answered.conversation_id == 0


async def test_in_a_chat_it_goes_to_the_session_that_asked():
    async with life() as rig:
        await rig.receive("chat", by="visitor", session="s1", **{"from": "s1"})
        reference = rig.events(e.ConversationOpened)[0].reference
        await rig.receive("chat", by="visitor", session="s1", text=f"status {reference}", **{"from": "s1"})
        await rig.receive("chat", by="visitor", session="s2", text=f"status {reference}", **{"from": "s2"})
        await sent(rig, 2)
        by_session = {one.session_key: one for one in rig.chat.sent}
        assert by_session["s1"].conversation_id == 1
        assert by_session["s2"].conversation_id == 0
        thread = await rig.chat.instances[-1].context.thread("s1")
        assert [one.author for one in thread] == ["customer", "customer", "operator"]
        assert await rig.chat.instances[-1].context.thread("s2") == ()
        assert rig.conversations() == 1


async def test_nobody_is_written_to_in_a_call():
    async with life() as rig:
        reference = await matter(rig)
        await rig.receive("phone", by="tel", **{"from": "+491"}, session="c1", text=f"STATUS {reference}")
        assert rig.events(e.StatusAnswered) == []
        assert rig.conversations() == 2


async def test_automatic_mail_is_not_answered_and_no_work(monkeypatch):
    async with life() as rig:
        reference = await matter(rig)
        normalize = rig.mail.normalize
        monkeypatch.setattr(
            rig.mail, "normalize", lambda raw: (msgspec.structs.replace(normalize(raw)[0], automatic=True),)
        )
        await rig.receive(text=f"STATUS {reference}")
        await rig.receive(**{"from": "list@example.org"}, text=f"STATUS {reference}")
        await turns()
        assert len(rig.events(e.StatusAsked)) == 1
        assert rig.events(e.StatusAnswered) == []
        assert rig.mail.sent == []
        assert rig.conversations() == 1


async def test_one_address_gets_so_many_answers_a_day():
    async with life() as rig:
        reference, most = await matter(rig), rig.engine.status.setup.answers_per_day
        for _ in range(most + 3):
            await rig.receive(text=f"STATUS {reference}")
        assert len(rig.events(e.StatusAnswered)) == most
        assert len(rig.events(e.StatusAsked)) == most + 3, "what the customer wrote is there all the same"
        rig.clock.advance(DAY_MS)
        await rig.receive(text=f"STATUS {reference}")
        assert len(rig.events(e.StatusAnswered)) == most + 1


async def test_all_strangers_together_get_so_many_an_hour(monkeypatch):
    monkeypatch.setattr(question, "UNKNOWN_PER_HOUR_MAX", 5)
    async with life() as rig:
        reference = await matter(rig)
        for number in range(9):
            await rig.receive(**{"from": f"n{number}@example.org"}, text="STATUS AAAA-AAAA")
        assert len(rig.events(e.StatusAnswered)) == 5
        await rig.receive(text=f"STATUS {reference}")
        assert rig.events(e.StatusAnswered)[-1].conversation_id == 1, "customers are not kept out by strangers"


async def test_the_limits_outlive_a_restart():
    disk = MemoryDisk()
    async with life(disk) as rig:
        most = rig.engine.status.setup.answers_per_day
        for _ in range(most):
            await rig.receive(text="STATUS AAAA-AAAA")
        await sent(rig, most)
    async with life(disk, rig.clock) as rig:
        await rig.receive(text="STATUS AAAA-AAAA", key="after")
        assert len(rig.events(e.StatusAnswered)) == most


async def test_a_question_that_was_not_registered_is_answered_after_a_crash_once():
    disk = MemoryDisk()
    async with killed(disk) as rig:
        reference = await matter(rig)
        rig.mail.gate = type(rig.mail.gate)()
        await rig.receive(text=f"STATUS {reference}", key="q")
        assert len(rig.events(e.StatusAnswered)) == 1
    async with life(disk, rig.clock) as rig:
        await until(lambda: rig.mail.sent)
        await rig.receive(text=f"STATUS {reference}", key="q")  # the provider brings it again
        assert len(rig.events(e.StatusAnswered)) == 1
        assert len(rig.mail.sent) == 1


async def test_answers_to_strangers_do_not_wait_for_one_another():
    async with life() as rig:
        rig.mail.send_errors = [DeliveryDeferred("grey-listed")]
        await rig.receive(**{"from": "one@example.org"}, text="STATUS AAAA-AAAA")
        await rig.receive(**{"from": "two@example.org"}, text="STATUS AAAA-AAAA")
        await until(lambda: rig.mail.sent)
        assert [one.to.address for one in rig.mail.sent] == ["two@example.org"]
        await rig.wait(2_000)
        assert [one.to.address for one in rig.mail.sent] == ["two@example.org", "one@example.org"]
        assert rig.cells(c.OUR_ID) == [], "nobody joins a matter by an answer that belongs to none"


async def test_an_answer_to_the_status_joins_its_matter():
    async with life() as rig:
        reference = await matter(rig)
        await rig.receive(text=f"STATUS {reference}")
        await until(lambda: rig.events(e.DeliverySucceeded))
        await rig.receive(text="And when exactly?", answers_to=["<e1@ours>"])
        assert rig.conversations() == 1


@pytest.mark.parametrize(
    ("language", "stage"), [("ru", "Этап: принято"), ("en", "Stage: received"), ("", "Stage: received")]
)
async def test_the_answer_is_in_the_language_of_the_matter(language, stage):
    async with life() as rig:
        reference = await matter(rig, language=language)
        await rig.receive(text=f"STATUS {reference}")
        (text,) = await sent(rig)
        assert stage in text
