"""Notices, from the event to the letter: rendered once, sent with what belongs under it, and to nobody who must not be told."""

from __future__ import annotations

import anyio
import msgspec
import pytest
from tests.engine.rig import CONFIG, Rig, life, turns, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.rules import KindRule
from omniroute.core.stages import PLAIN
from omniroute.engine import cells as c

HOUR_MS = 3_600_000
EVERYTHING = ("received", "in_progress", "done", "reopened")
KIND = KindRule("question", PLAIN.stages, EVERYTHING, confirm_ms=24 * HOUR_MS)
TELLING = msgspec.structs.replace(
    CONFIG,
    channels=tuple(msgspec.structs.replace(one, tells=not one.connects) for one in CONFIG.channels),
    kinds=(KIND,),
    notices_max=3,
)


def notices(rig: Rig) -> list[str]:
    return [one.notice for one in rig.events(e.NoticeSent)]


async def done(rig: Rig) -> k.CompleteItem:
    await rig.accept("ann")
    command = k.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved")
    await rig.do(command)
    return command


async def test_a_letter_is_acknowledged_with_its_reference():
    async with life(config=TELLING) as rig:
        await rig.receive(text="Where is my lamp?")
        await until(lambda: rig.mail.sent)
        (letter,) = rig.mail.sent
        assert letter.order == "notice"
        assert letter.to.address == "kim@example.org"
        assert rig.state.conversations[1].reference in letter.text
        assert "{" not in letter.text


async def test_the_customer_hears_it_in_their_language():
    async with life(config=TELLING) as rig:
        await rig.receive(text="Где моя лампа?", language="ru")
        await until(lambda: rig.mail.sent)
        assert "Мы зарегистрировали" in rig.mail.sent[0].text


async def test_every_stage_is_told_and_the_end_is_asked_about():
    async with life(config=TELLING) as rig:
        rig.engine.links.base_url = "https://desk.example.com"
        await rig.receive()
        await rig.available("ann")
        await done(rig)
        await until(lambda: len(rig.mail.sent) == 3)
        assert notices(rig) == ["received", "in_progress", "done"]
        asked = rig.mail.sent[-1].text
        for purpose in ("confirm", "rate", "reopen"):
            assert f"https://desk.example.com/{purpose}/" in asked
        assert rig.state.closings[1].resolution == 1


async def test_without_an_address_of_ours_the_lines_with_links_are_left_out():
    async with life(config=TELLING) as rig:
        await rig.receive()
        await until(lambda: rig.mail.sent)
        assert "http" not in rig.mail.sent[0].text
        assert "\n\n\n" not in rig.mail.sent[0].text


@pytest.mark.parametrize("facts", [{"automatic": True}, {"by": "name"}], ids=["machine", "not proven"])
async def test_nobody_is_told_who_must_not_be(facts):
    async with life(config=TELLING) as rig:
        await rig.receive(**facts)
        await turns()
        assert not rig.mail.sent
        assert not notices(rig)


async def test_a_chat_is_not_told_what_its_visitor_sees():
    async with life(config=TELLING) as rig:
        await rig.receive("chat", session="s1")
        await rig.available("ann")
        await done(rig)
        await until(lambda: rig.chat.sent)
        assert notices(rig) == ["done"]


async def test_a_customer_gets_so_many_a_day_and_no_more():
    async with life(config=TELLING) as rig:
        for _ in range(6):
            await rig.receive()
        await turns()
        assert len(notices(rig)) == 3
        await rig.wait(24 * HOUR_MS)
        await rig.receive()
        assert len(notices(rig)) == 4


async def test_silence_confirms():
    async with life(config=TELLING) as rig:
        await rig.receive()
        await rig.available("ann")
        await done(rig)
        await rig.wait(24 * HOUR_MS)
        (confirmed,) = rig.events(e.MatterConfirmed)
        assert confirmed.cause == "silence"
        assert not rig.state.closings


async def test_a_matter_goes_on_by_its_link_to_the_same_operator():
    async with life(config=TELLING) as rig:
        await rig.receive()
        await rig.available("ann")
        await done(rig)
        await rig.available("bob")
        cell = c.read(rig.journal, c.CONVERSATION, c.number_key(1), c.ConversationCell)
        assert cell is not None
        assert cell.record is not None
        await rig.do(k.ReopenMatter(record=cell.record, resolution=1))
        assert rig.state.operators["ann"].offer_ids
        await rig.do(k.ReopenMatter(record=cell.record, resolution=1))
        assert len(rig.events(e.ConversationReopened)) == 1


async def test_what_was_rendered_is_what_is_sent_after_a_restart():
    async with life(config=TELLING) as rig:
        rig.mail.gate = anyio.Event()
        await rig.receive()
        await until(lambda: rig.mail.attempts)
        disk, text = rig.journal.disk, rig.mail.attempts[0].text
    async with life(disk, config=TELLING) as again:
        await until(lambda: again.mail.sent)
        assert again.mail.sent[0].text == text
