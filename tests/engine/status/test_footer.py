"""The link under replies: in every letter, once in a chat, in the language of the matter, and only where it fits."""

from __future__ import annotations

import msgspec
import pytest
from tests.engine.rig import Rig, life, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.permissions import SYSTEM
from omniroute.engine import cells as c
from omniroute.engine.status.setup import StatusSetup


async def held(rig: Rig, instance: str = "mail", **facts: str) -> int:
    rig.engine.links.base_url = "https://desk.example"
    await rig.available("ann")
    await rig.receive(instance, **facts)
    return await rig.accept("ann")


async def reply(rig: Rig, number: int, text: str = "Here you are.") -> str:
    """What reaches the customer."""
    cell = c.read(rig.journal, c.CONVERSATION, c.number_key(number), c.ConversationCell)
    assert cell is not None
    language, sent = rig.state.conversations[number].language, len(rig.mail.sent) + len(rig.chat.sent)
    contents = rig.engine.status.with_footer(c.ContentCell(text=text, sender=cell.to), cell, language)
    command = k.SendReply(conversation_id=number, operator_id="ann")
    await rig.writer.submit(SYSTEM, command, contents)
    await until(lambda: len(rig.mail.sent) + len(rig.chat.sent) > sent)
    return [one.text for one in (*rig.mail.sent, *rig.chat.sent)][-1]


async def test_every_letter_has_the_link_and_what_was_said_stays_as_it_was():
    async with life() as rig:
        number = await held(rig)
        reference = rig.events(e.ConversationOpened)[0].reference
        for _ in range(2):
            said, blank, line = (await reply(rig, number)).split("\n")
            assert (said, blank) == ("Here you are.", "")
            assert line.startswith(f"Where your matter {reference} stands: https://desk.example/status/")
            claims = rig.engine.links.read(line.rsplit("/", 1)[1], "status", rig.clock.now_ms())
            assert claims is not None
            assert claims.conversation_id == number
        kept = [msgspec.msgpack.decode(data, type=c.ContentCell) for data in rig.cells(c.CONTENT)]
        assert [one.text for one in kept if one.footer] == ["Here you are."] * 2


async def test_a_chat_shows_it_once():
    async with life() as rig:
        number = await held(rig, "chat", by="visitor", session="s1", **{"from": "s1"})
        first, second = await reply(rig, number), await reply(rig, number)
        assert "https://desk.example/status/" in first
        assert second == "Here you are."


async def test_it_is_in_the_language_of_the_matter():
    async with life() as rig:
        assert "Состояние обращения" in await reply(rig, await held(rig, language="ru"))


async def test_it_is_left_out_where_it_does_not_fit():
    async with life() as rig:
        number = await held(rig, "chat", by="visitor", session="s1", **{"from": "s1"})
        rig.chat.capabilities = msgspec.structs.replace(rig.chat.capabilities, text_max_chars=100)
        assert await reply(rig, number, "x" * 60) == "x" * 60
        rig.chat.capabilities = msgspec.structs.replace(rig.chat.capabilities, text_max_chars=1_000)
        assert "/status/" in await reply(rig, number), "it has not been shown yet"


@pytest.mark.parametrize("why", ["off", "no address"])
async def test_without_an_address_or_switched_off_there_is_none(why):
    async with life() as rig:
        number = await held(rig)
        if why == "off":
            rig.engine.status.setup = StatusSetup(links=False)
        else:
            rig.engine.links.base_url = ""
        assert await reply(rig, number) == "Here you are."
