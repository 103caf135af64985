"""Codes for the page: to the known address, ten minutes, five tries, one use; asking tells nothing."""

from __future__ import annotations

import re

import pytest
from tests.engine.rig import Rig, life, turns, until

from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine.status import codes as module
from omniroute.engine.status.codes import CODE_DIGITS, CODE_LIFE_MS, CODE_TRIES_MAX, new_code


async def code_of(rig: Rig, reference: str) -> str:
    before = len(rig.mail.sent)
    rig.engine.status.codes.ask(reference, "en")
    await until(lambda: len(rig.mail.sent) > before)
    await turns()
    found = re.search(r"\b\d{8}\b", rig.mail.sent[-1].text)
    assert found
    return found[0]


async def opened(rig: Rig) -> str:
    await rig.receive()
    return str(rig.events(e.ConversationOpened)[0].reference)


async def test_a_code_opens_its_matter_once():
    async with life() as rig:
        reference = await opened(rig)
        code = await code_of(rig, reference)
        codes = rig.engine.status.codes
        assert rig.mail.sent[-1].to.address == "kim@example.org"
        assert codes.redeem("AAAA-AAAA", code) == 0
        assert codes.redeem(reference, code) == 1
        assert codes.redeem(reference, code) == 0, "it was used"


@pytest.mark.parametrize("wrong", ["", "0", "00000000", "x" * 10_000])
async def test_five_tries(wrong, monkeypatch):
    monkeypatch.setattr(module, "new_code", lambda: "12345678")
    async with life() as rig:
        reference = await opened(rig)
        code, codes = await code_of(rig, reference), rig.engine.status.codes
        for _ in range(CODE_TRIES_MAX):
            assert codes.redeem(reference, wrong) == 0
        assert codes.redeem(reference, code) == 0, "too many tries"


async def test_ten_minutes_and_then_its_words_are_gone():
    async with life() as rig:
        reference = await opened(rig)
        code = await code_of(rig, reference)
        (sent,) = rig.events(e.StatusCodeSent)
        key = c.number_key(sent.interaction_id)
        assert rig.journal.get(c.CONTENT, key)
        await rig.wait(CODE_LIFE_MS)
        assert rig.engine.status.codes.redeem(reference, code) == 0
        await turns()
        assert rig.journal.get(c.CONTENT, key) is None


async def test_a_new_code_takes_the_place_of_the_old_one():
    async with life() as rig:
        reference = await opened(rig)
        first = await code_of(rig, reference)
        second = await code_of(rig, reference)
        codes = rig.engine.status.codes
        assert codes.redeem(reference, first) == 0
        assert codes.redeem(reference, second) == 1


async def test_what_is_not_there_or_not_reachable_is_sent_nothing():
    async with life() as rig:
        await rig.receive("phone", by="tel", session="c1", kind="contact_started", **{"from": "+491"})
        called = rig.events(e.ConversationOpened)[0].reference
        before = len(rig.events())
        for reference in ("AAAA-AAAA", called, ""):
            rig.engine.status.codes.ask(reference, "en")
        await turns(200)
        assert len(rig.events()) == before
        assert rig.mail.sent == []


async def test_the_line_is_bounded_and_goes_on_after_whatever_it_met():
    async with life() as rig:
        reference = await opened(rig)
        for _ in range(module.CODE_LINE_MAX + 100):
            rig.engine.status.codes.ask("AAAA-AAAA", "en")
        await turns(3_000)
        assert await code_of(rig, reference)


async def test_the_code_is_in_nobody_s_thread_and_no_chat_is_shown_it_again():
    async with life() as rig:
        await rig.receive("chat", by="visitor", session="s1", **{"from": "s1"})
        reference = rig.events(e.ConversationOpened)[0].reference
        rig.engine.status.codes.ask(reference, "ru")
        await until(lambda: rig.chat.sent)
        (delivery,) = rig.chat.sent
        assert delivery.session_key == "s1"
        assert delivery.text.startswith("Ваш код")
        assert [one.author for one in await rig.chat.instances[-1].context.thread("s1")] == ["customer"]


def test_codes_have_eight_digits():
    assert all(re.fullmatch(rf"\d{{{CODE_DIGITS}}}", new_code()) for _ in range(100))
    assert len({new_code() for _ in range(100)}) > 95
