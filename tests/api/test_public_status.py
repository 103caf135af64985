"""The status page: a reference is no proof; a link and a code are; and nobody learns whether a reference is one."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import httpx2
import msgspec
import pytest
from tests.api.rig import COMPANY, Office, office, served
from tests.engine.rig import turns, until

from omniroute.api.public import status as module
from omniroute.api.public.desk import FORM_BYTES_MAX, PAGES_PER_MINUTE_MAX
from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine.links import DAY_MS, Purpose
from omniroute.engine.status.codes import CODE_LIFE_MS, CODE_TRIES_MAX
from omniroute.errors import JournalFull

HOUR_MS = 3_600_000


async def page(one: Office, path: str, **headers: str) -> httpx2.Response:
    return await one.client.get(f"http://office{path}", headers=headers)


async def send(one: Office, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx2.Response:
    return await one.client.post(f"http://office{path}", data=form or {}, headers=headers)


async def matter(one: Office) -> tuple[str, int]:
    await one.mail()
    opened = one.events(e.ConversationOpened)[-1]
    return opened.reference, opened.conversation_id


def link(one: Office, number: int, purpose: Purpose = Purpose.STATUS, resolution: int = 0) -> str:
    return f"/{purpose}/{one.engine.links.token(purpose, number, resolution, now_ms=one.clock.now_ms())}"


async def code_for(one: Office, reference: str) -> str:
    before = len(one.events(e.StatusCodeSent))
    assert (await send(one, "/status", {"reference": reference})).status_code == 303
    await until(lambda: len(one.events(e.StatusCodeSent)) > before)
    await turns()
    sent = one.events(e.StatusCodeSent)[-1]
    content = c.read(one.journal, c.CONTENT, c.number_key(sent.interaction_id), c.ContentCell)
    assert content is not None
    assert content.sender is not None
    assert content.sender.address == "kim@example.org"
    found = re.search(r"\b\d{8}\b", content.text)
    assert found
    return found[0]


# ---- by link
async def test_whoever_has_the_link_sees_stage_promise_and_what_was_said():
    async with office() as one:
        reference, number = await matter(one)
        answer = await page(one, link(one, number))
        assert answer.status_code == 200
        for shown in (reference, "Your matter is received", "We answer by", "“Lamp”", "It flickers.", "You, by e-mail"):
            assert shown in answer.text
        assert "évil" in answer.text, "attachments by name"
        assert "<script" not in answer.text


async def test_a_matter_that_is_done_is_shown_with_our_answer_and_without_what_is_internal():
    async with office() as one:
        reference, item_id = await one.matter_of("ann")
        await one.right("ann", "POST", f"/conversations/{reference}/notes", {"text": "a secret note"})
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Turn <b>it</b> off & on."})
        await one.right("ann", "POST", f"/work-items/{item_id}/complete", {"disposition": "solved"})
        assert not one.state.conversations
        text = (await page(one, link(one, 1))).text
        assert "Your matter is done" in text
        assert "Turn &lt;b&gt;it&lt;/b&gt; off &amp; on." in text
        assert "There is nothing left to do" in text
        for hidden in ("secret", "Ann", "ann", "support", "solved", "/status/", "http"):
            assert hidden not in text, hidden


async def test_what_customers_write_is_text_and_never_markup():
    async with office() as one:
        evil = '"><script>steal()</script><img src=x onerror=steal()>'
        await one.mail(subject=evil.replace('"', ""), text=evil)
        text = (await page(one, link(one, 1))).text
        assert "steal()" in text
        assert not re.search(r"<(script|img|iframe|style)|\son\w+=[\"']", text)


async def test_links_that_are_wrong_over_or_for_something_else_get_one_answer():
    async with office() as one:
        _, number = await matter(one)
        good = link(one, number)
        none = await page(one, "/status/" + "A" * 40)
        assert none.status_code == 404
        others = [
            good[:-1] + ("A" if good[-1] != "A" else "B"),
            good[:-1],
            good + "A",
            "/status/x",
            "/status/" + "A" * 5_000,
            link(one, number, Purpose.CONFIRM).replace("confirm", "status"),
            link(one, 999),
        ]
        for other in others:
            answer = await page(one, other)
            assert (answer.status_code, answer.content) == (404, none.content), other
            assert answer.headers == none.headers
        one.clock.advance(91 * DAY_MS)
        await turns()
        assert (await page(one, good)).content == none.content


# ---- by code
async def test_a_code_goes_to_the_known_address_and_opens_the_page_once():
    async with office() as one:
        reference, _ = await matter(one)
        code = await code_for(one, reference.lower().replace("-", " "))
        form = {"reference": reference, "code": f" {code[:4]} {code[4:]} "}
        answer = await send(one, "/status/code", form)
        assert answer.status_code == 303
        shown = await page(one, answer.headers["location"])
        assert "Your matter is received" in shown.text
        assert (await send(one, "/status/code", form)).status_code == 403, "it was used"
        one.clock.advance(2 * HOUR_MS)
        await turns()
        assert (await page(one, answer.headers["location"])).status_code == 404, "its page is for an hour"


async def test_every_reference_gets_the_same_answer_whether_there_is_such_a_matter_or_not():
    async with office() as one:
        reference, _ = await matter(one)
        answers = []
        for sent in (reference, "AAAA-AAAA", "4KX7-9MTD"):
            asked = await send(one, "/status", {"reference": sent})
            formed = await page(one, asked.headers["location"])
            wrong = await send(one, "/status/code", {"reference": sent, "code": "00000000"})
            seen = [(a.status_code, a.text.replace(sent, "R"), _headers(a, sent)) for a in (asked, formed, wrong)]
            answers.append(seen)
            await turns()
        assert answers[0] == answers[1] == answers[2]
        assert [one[0] for one in answers[0]] == [303, 200, 403]
        assert len(one.events(e.StatusCodeSent)) == 1


def _headers(answer: httpx2.Response, reference: str) -> dict[str, str]:
    return {name: value.replace(reference, "R") for name, value in answer.headers.items()}


async def test_the_answer_does_not_wait_for_the_code(monkeypatch):
    async with office() as one:
        reference, _ = await matter(one)
        asked: list[str] = []
        codes = one.engine.status.codes
        monkeypatch.setattr(codes, "_matter", lambda *_: pytest.fail("looked up before the answer"))
        monkeypatch.setattr(codes, "ask", lambda reference, _: asked.append(reference))
        for sent in (reference, "AAAA-AAAA", "nonsense", ""):
            assert (await send(one, "/status", {"reference": sent})).status_code == 303
        assert asked == [reference, "AAAA-AAAA", "nonsense", ""]


async def test_redeeming_does_the_same_work_for_every_reference(monkeypatch):
    async with office() as one:
        reference, _ = await matter(one)
        await code_for(one, reference)
        compared: list[int] = []
        compare = __import__("hmac").compare_digest
        monkeypatch.setattr("hmac.compare_digest", lambda a, b: compared.append(len(a)) or compare(a, b))
        for sent in (reference, "AAAA-AAAA", "", "x" * 5_000):
            assert (await send(one, "/status/code", {"reference": sent, "code": "1"})).status_code == 403
        assert compared == [32, 32, 32, 32]


async def test_five_tries_and_ten_minutes():
    async with office() as one:
        reference, _ = await matter(one)
        code = await code_for(one, reference)
        for _ in range(CODE_TRIES_MAX):
            await send(one, "/status/code", {"reference": reference, "code": "00000000"})
        assert (await send(one, "/status/code", {"reference": reference, "code": code})).status_code == 403
        late = await code_for(one, reference)
        await one.wait(CODE_LIFE_MS)
        assert (await send(one, "/status/code", {"reference": reference, "code": late})).status_code == 403


# ---- limits
async def test_one_address_may_ask_so_often_and_then_again():
    async with office() as one:
        for number in range(module.ASKS_BY_ADDRESS):
            assert (await send(one, "/status", {"reference": f"AAAA-AAA{'3467ACDEFG'[number]}"})).status_code == 303
        refused = await send(one, "/status", {"reference": "AAAA-AAAH"})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        one.clock.advance(HOUR_MS)
        assert (await send(one, "/status", {"reference": "AAAA-AAAH"})).status_code == 303


@pytest.mark.parametrize("path", ["/status", "/status/code"])
async def test_a_reference_is_guessed_at_only_so_often_there_or_not(path, monkeypatch):
    monkeypatch.setattr(module, "ASKS_BY_ADDRESS", 1_000)
    monkeypatch.setattr(module, "TRIES_BY_ADDRESS", 1_000)
    async with office() as one:
        reference, _ = await matter(one)
        most = module.ASKS_BY_REFERENCE if path == "/status" else module.TRIES_BY_REFERENCE
        for sent in (reference, "AAAA-AAAA"):
            codes = [(await send(one, path, {"reference": sent, "code": "1"})).status_code for _ in range(most + 2)]
            assert codes == [303 if path == "/status" else 403] * most + [429, 429]


async def test_one_address_may_try_so_many_codes():
    async with office() as one:
        codes = [
            (await send(one, "/status/code", {"reference": str(number), "code": "1"})).status_code
            for number in range(module.TRIES_BY_ADDRESS + 1)
        ]
        assert codes == [403] * module.TRIES_BY_ADDRESS + [429]


async def test_links_are_tried_only_so_often():
    async with office() as one:
        codes = [(await page(one, f"/status/{'A' * 40}")).status_code for _ in range(PAGES_PER_MINUTE_MAX + 1)]
        assert codes == [404] * PAGES_PER_MINUTE_MAX + [429]


# ---- HTTP
@pytest.mark.parametrize("path", ["/status", "/status/code", "/status/code?reference=AAAA-AAAA", "LINK", "/status/x"])
async def test_headers(path):
    async with office() as one:
        _, number = await matter(one)
        answer = await page(one, link(one, number) if path == "LINK" else path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "style=" not in answer.text


async def test_a_form_of_another_site_is_refused_and_so_is_what_is_no_form():
    async with office() as one:
        before = len(one.events())
        cross = await send(one, "/status", {"reference": "AAAA-AAAA"}, **{"sec-fetch-site": "cross-site"})
        assert cross.status_code == 403
        for body in (b"reference=%ff", b"\xff", b"&".join(b"a=1" for _ in range(50)), b"x" * (FORM_BYTES_MAX + 1)):
            answer = await one.client.post("http://office/status", content=body)
            assert answer.status_code in {413, 422}, body[:20]
            assert answer.headers["cache-control"] == "no-store"
        own = {"sec-fetch-site": "same-origin", "origin": "null"}
        assert (await send(one, "/status", {"reference": "AAAA-AAAA"}, **own)).status_code == 303
        await turns()
        assert len(one.events()) == before


async def test_methods_and_heads():
    async with office() as one:
        assert (await one.client.delete("http://office/status")).status_code == 405
        head = await one.client.head("http://office/status")
        assert head.status_code == 200
        assert (await send(one, "/status/" + "A" * 40)).status_code == 405


async def test_a_journal_that_cannot_answer_is_said_so(monkeypatch):
    async with office() as one:
        _, number = await matter(one)

        async def full() -> int:
            raise JournalFull("no space")

        monkeypatch.setattr(one.engine.writer, "barrier", full)
        answer = await page(one, link(one, number))
        assert answer.status_code == 507
        assert "We cannot do that just now" in answer.text


# ---- languages
@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "ru", "ru"),
        ("", "de,ru-RU;q=0.8,en;q=0.5", "ru"),
        ("", "ru;q=0,en;q=0.1", "en"),
        ("", "en;q=0.4, ru;q=0.9", "ru"),
        ("", "ru;q=much", "en"),
        ("?lang=en", "ru", "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=%3Cscript%3E", "", "en"),
    ],
)
async def test_the_language_is_the_browsers_or_the_chosen_one(query, accepted, language):
    async with office() as one:
        answer = await page(one, f"/status{query}", **{"accept-language": accepted})
        assert f'<html lang="{language}">' in answer.text
        assert answer.headers["content-language"] == language
        assert ("Что с моим обращением?" in answer.text) == (language == "ru")


async def test_the_chosen_language_is_kept_from_form_to_form():
    async with office() as one:
        answer = await page(one, "/status?lang=ru")
        assert 'action="/status?lang=ru"' in answer.text
        asked = await send(one, "/status?lang=ru", {"reference": "AAAA-AAAA"})
        assert asked.headers["location"] == "/status/code?reference=AAAA-AAAA&lang=ru"
        formed = await page(one, asked.headers["location"])
        assert 'href="?reference=AAAA-AAAA&amp;lang=en"' in formed.text


async def test_the_promise_is_in_the_zone_of_the_company():
    company: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(COMPANY))
    company["status"] = tomllib.loads('timezone = "Asia/Tokyo"')
    async with office(company) as one:
        _, number = await matter(one)
        assert "\u00a0JST" in (await page(one, link(one, number))).text


async def test_what_is_late_is_said_to_be_late():
    async with office() as one:
        _, number = await matter(one)
        await one.wait(301_000)
        text = (await page(one, link(one, number))).text
        assert "We wanted to answer by" in text
        assert "has not been forgotten" in text


async def test_the_link_under_a_reply_leads_to_the_page():
    async with office() as one:
        one.engine.links.base_url = "http://office"
        reference, _ = await one.matter_of("ann")
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Here you are."})
        (reply,) = one.events(e.ReplySent)
        content = c.read(one.journal, c.CONTENT, c.number_key(reply.interaction_id), c.ContentCell)
        assert content is not None
        path = content.footer.rpartition("http://office")[2]
        text = (await page(one, path)).text
        assert "Your matter is in progress" in text
        assert "Here you are." in text
        assert path not in text, "the page does not hand the link on"


async def test_behind_a_proxy_on_this_machine_limits_count_by_the_address_that_it_names():
    async with served() as one:
        origin = one.daemon.url
        for number in range(module.ASKS_BY_ADDRESS + 1):
            form = {"reference": str(number)}
            first = await one.client.post(f"{origin}/status", data=form, headers={"x-forwarded-for": "203.0.113.1"})
        other = await one.client.post(f"{origin}/status", data=form, headers={"x-forwarded-for": "203.0.113.2"})
        assert (first.status_code, other.status_code) == (429, 303)
