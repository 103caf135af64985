"""The chat widget as visitors meet it: a real page, a real browser, a real server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from tests.channels.fakes import FakeContext
from tests.channels.webchat.support import Shop, listening, reply, running

from omniroute.channels.contract import RawInput, ThreadEntry, Waiting
from omniroute.errors import Busy, InvalidInput

pytestmark = pytest.mark.browser

# The widget closes its shadow root to the page; a test opens it before any script runs.
OPEN_SHADOW = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return attach.call(this, { ...init, mode: "open" }); };
"""
SHOTS = os.environ.get("OMNIROUTE_SHOTS", "")


class ShopContext(FakeContext):
    """An engine in small: what was received is in the thread, once for each key."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.tries = 0

    @property
    def visitor(self) -> str:
        return self.received[-1].meta["visitor"]

    async def receive(self, raw: RawInput) -> int:
        self.tries += 1
        message = msgspec.json.decode(raw.data)
        if any(entry.provider_id == message["id"] for entry in self.thread_entries):
            return 1
        taken = await super().receive(raw)
        self.add("customer", message["text"], provider_id=message["id"], name=message["name"])
        return taken

    def add(self, author: str, text: str, **changes: Any) -> int:
        number = len(self.thread_entries) + 1
        at_ms = self.now_ms() + number * 60_000
        fields = {"interaction_id": number, "reference": "4KX7-9MTD", "author": author, "name": "Ines Vogel"}
        self.thread_entries.append(ThreadEntry(**{**fields, "text": text, "at_ms": at_ms, **changes}))
        return number

    async def answer(self, shop: Shop, text: str) -> None:
        number = self.add("operator", text)
        await shop.instance.send(reply(self.visitor, number, text, at_ms=self.thread_entries[-1].at_ms))


@asynccontextmanager
async def visiting(browser: Browser, **options: Any) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """A fresh visitor; whatever the page reports as an error or a CSP violation fails the test."""
    context = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options})
    context.set_default_timeout(20_000)
    await context.add_init_script(OPEN_SHADOW)
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    try:
        yield context, page
        assert faults == []
    finally:
        await context.close()


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", animations="disabled")


async def start_chat(page: Page, text: str, launch: str = "Ask us") -> None:
    await page.get_by_role("button", name=launch).click()
    await page.locator("textarea[name=about]").fill(text)
    await page.get_by_role("button", name="Start the chat").click()


async def test_a_chat_from_the_first_message_over_a_reload(browser: Browser) -> None:
    context = ShopContext()
    async with running(context, greeting="") as shop, visiting(browser) as (_, page):
        await page.goto(f"{shop.base}/demo")
        await page.get_by_role("button", name="Ask us").click()
        await expect(page.get_by_role("dialog", name="Lumen & Holz")).to_be_visible()
        await expect(page.get_by_label("What is it about?")).to_be_focused()
        await shot(page, "1-before")
        await page.get_by_label("Your name").fill("Marta")
        await page.get_by_label("Mail, for the answer").fill("marta@example.org")
        await page.get_by_label("What is it about?").fill("<b>Hello</b>, it is about my lamp. Any news?")
        await page.get_by_role("button", name="Start the chat").click()
        log = page.get_by_role("log")
        await expect(log.get_by_text("<b>Hello</b>")).to_be_visible()
        await expect(log.get_by_text("sent", exact=True)).to_be_visible()
        await expect(page.get_by_label("Your message")).to_be_focused()
        await shot(page, "2-sent")
        assert msgspec.json.decode(context.received[0].data)["email"] == "marta@example.org"

        await context.answer(shop, "Good afternoon, Marta. The warehouse has one: https://example.org/" + "x" * 90)
        await expect(log.get_by_text("Good afternoon")).to_be_visible()
        await expect(page.get_by_role("dialog", name="Ines Vogel")).to_be_visible()
        await expect(log.get_by_text("Reference 4KX7-9MTD")).to_be_visible()
        await page.get_by_label("Your message").fill("Good, send it to the gallery.")
        await page.keyboard.press("Enter")
        await expect(log.get_by_text("sent", exact=True)).to_have_count(2)
        await shot(page, "3-thread")

        await page.get_by_label("Your message").fill("A draft")
        await page.reload()
        await expect(log.locator(".row")).to_have_count(3)
        texts = await log.locator(".b").all_inner_texts()
        assert [text[:5] for text in texts] == ["<b>He", "Good ", "Good,"]
        await expect(page.get_by_label("Your message")).to_have_value("A draft")
        assert len(context.received) == 2

        await page.get_by_label("Your message").focus()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("button", name="Ask us")).to_be_focused()
        await context.answer(shop, "It is packed now.")
        unread = page.get_by_role("button", name="Open the chat, 1 unread")
        await expect(unread).to_be_visible()
        await expect(page.get_by_text("Ines Vogel: It is packed now.")).to_be_visible()
        await shot(page, "4-unread")
        await unread.click()
        await expect(log.get_by_text("It is packed now.")).to_have_count(1)


async def test_without_a_connection_messages_wait_and_are_sent_once(browser: Browser) -> None:
    context = ShopContext()
    async with visiting(browser) as (_, page):
        async with running(context) as shop:
            await page.goto(f"{shop.base}/demo")
            await start_chat(page, "One")
            log = page.get_by_role("log")
            await expect(log.get_by_text("sent", exact=True)).to_have_count(1)
        await expect(page.get_by_text("No connection. We try again by ourselves.")).to_be_visible()
        for text in ("Two", "Three"):
            await page.get_by_label("Your message").fill(text)
            await page.get_by_role("button", name="Send").click()
        await expect(log.get_by_text("waits for the connection")).to_have_count(2)
        await shot(page, "5-offline")
        async with running(context, port=shop.port) as again:
            await expect(log.get_by_text("sent", exact=True)).to_have_count(3)
            await expect(page.get_by_text("No connection.")).to_have_count(0)
            assert [e.text for e in context.thread_entries] == ["One", "Two", "Three"]
            await context.answer(again, "All three are here.")
            await expect(log.get_by_text("All three are here.")).to_have_count(1)


async def test_the_browser_says_offline_and_online(browser: Browser) -> None:
    context = ShopContext()
    async with running(context) as shop, visiting(browser) as (visit, page):
        await page.goto(f"{shop.base}/demo")
        await start_chat(page, "One")
        log = page.get_by_role("log")
        await expect(log.get_by_text("sent", exact=True)).to_have_count(1)
        await visit.set_offline(True)
        await expect(page.get_by_text("No connection.")).to_be_visible()
        await context.answer(shop, "Missed while away")
        await page.get_by_label("Your message").fill("Two")
        await page.keyboard.press("Enter")
        await expect(log.get_by_text("waits for the connection")).to_have_count(1)
        await visit.set_offline(False)
        await expect(log.get_by_text("sent", exact=True)).to_have_count(2)
        await expect(log.get_by_text("Missed while away")).to_have_count(1)
        assert len(context.received) == 2


async def test_a_lost_acknowledgement_does_not_double_the_message(browser: Browser) -> None:
    """The engine has it, the page does not know: it sends the same id again."""
    context = ShopContext()
    async with visiting(browser) as (_, page):
        async with running(context) as shop:
            await page.goto(f"{shop.base}/demo")
            await start_chat(page, "One")
            log = page.get_by_role("log")
            await expect(log.get_by_text("sent", exact=True)).to_have_count(1)
            context.hold()
            await page.get_by_label("Your message").fill("Two")
            await page.keyboard.press("Enter")
            with anyio.fail_after(20):
                await context.entered.wait()
            await expect(log.get_by_text("sending", exact=True)).to_have_count(1)
        context.release()
        context.add("customer", "Two", provider_id=(await own_ids(page))[0])
        tries = context.tries
        async with running(context, port=shop.port):
            await expect(log.get_by_text("sent", exact=True)).to_have_count(2)
        await expect(log.locator(".row")).to_have_count(2)
        assert [e.text for e in context.thread_entries] == ["One", "Two"]
        assert context.tries in (tries, tries + 1)


async def own_ids(page: Page) -> Sequence[str]:
    saved = await page.evaluate("Object.entries(localStorage).find(([k]) => k.startsWith('omniroute:'))[1]")
    return [m["id"] for m in msgspec.json.decode(saved)["mine"] if m["state"] != "sent"]


async def test_busy_and_refused_messages_say_so(browser: Browser) -> None:
    context = ShopContext()
    async with running(context) as shop, visiting(browser) as (_, page):
        context.error = InvalidInput("no")
        await page.goto(f"{shop.base}/demo")
        await start_chat(page, "One")
        log = page.get_by_role("log")
        await expect(log.get_by_text("Not sent.")).to_be_visible()
        context.error = Busy(retry_after_s=1)
        await page.get_by_role("button", name="Try again").click()
        await expect(log.get_by_text("many are writing; sent again shortly")).to_be_visible()
        await shot(page, "6-busy")
        context.error = None
        await expect(log.get_by_text("sent", exact=True)).to_be_visible()
        assert [e.text for e in context.thread_entries] == ["One"]


async def test_two_tabs_are_one_visitor(browser: Browser) -> None:
    context = ShopContext()
    async with running(context) as shop, visiting(browser) as (visit, page):
        await page.goto(f"{shop.base}/demo")
        await start_chat(page, "One")
        await expect(page.get_by_role("log").get_by_text("sent", exact=True)).to_be_visible()
        other = await visit.new_page()
        await other.goto(f"{shop.base}/demo")
        await expect(other.get_by_role("log").get_by_text("One", exact=True)).to_be_visible()
        await context.answer(shop, "To both")
        for tab in (page, other):
            await expect(tab.get_by_role("log").get_by_text("To both")).to_be_visible()
        await other.get_by_label("Your message").fill("From the other")
        await other.keyboard.press("Enter")
        await expect(page.get_by_role("log").get_by_text("From the other")).to_be_visible()
        assert len({raw.meta["visitor"] for raw in context.received}) == 1


async def test_a_visitor_sees_how_long_it_takes(browser: Browser) -> None:
    context = ShopContext()
    async with running(context) as shop, visiting(browser) as (_, page):
        await page.goto(f"{shop.base}/demo")
        await start_chat(page, "Where is my lamp?")
        log = page.get_by_role("log")
        await expect(log.get_by_text("sent", exact=True)).to_be_visible()
        line = page.locator(".queue")
        await expect(line).to_be_hidden()
        await page.reload()  # whoever comes back asks anew
        context.stand(context.visitor, Waiting(3, 240, 540, 80))
        await page.reload()
        await expect(line).to_have_text("You are number 3. Estimated wait: 4-9 minutes.")
        await shot(page, "12-waiting")
        for waiting, text in (
            (Waiting(2, 61, 481, 80), "You are number 2. Estimated wait: 1-9 minutes."),
            (Waiting(2, 30, 61, 80), "You are number 2. Estimated wait: up to 2 minutes."),
            (Waiting(1, 60, 60, 80), "You are number 1. Estimated wait: 1 minute."),
            (Waiting(1, 0, 59, 80), "You are number 1. Estimated wait: less than a minute."),
            (Waiting(1), "You are number 1."),
            (Waiting(1, staffed=False), "All operators are away; we answer as soon as we can."),
        ):
            context.stand(context.visitor, waiting)
            await expect(line).to_have_text(text)
        context.stand(context.visitor, None)
        await expect(line).to_be_hidden()


async def test_who_cannot_be_served_in_time_is_told_so_and_reads_it_after_a_reload(browser: Browser) -> None:
    context = ShopContext()
    async with running(context) as shop, visiting(browser) as (_, page):
        await page.goto(f"{shop.base}/demo")
        await start_chat(page, "Where is my lamp?")
        log = page.get_by_role("log")
        await expect(log.get_by_text("sent", exact=True)).to_be_visible()
        fields = {"order": "divert", "outcome": "mail", "key": "e5", "operator_name": ""}
        await shop.instance.send(reply(context.visitor, 0, "", at_ms=context.now_ms(), **fields))
        context.thread_entries.append(
            ThreadEntry(
                interaction_id=1,
                reference="4KX7-9MTD",
                author="system",
                name="",
                text="",
                at_ms=context.now_ms(),
                outcome="mail",
                key="e5",
            )
        )
        told = log.get_by_text("We cannot answer here in time. We answer you by e-mail.")
        await expect(told).to_have_count(1)
        await page.get_by_label("Your message").fill("That is fine.")
        await page.keyboard.press("Enter")
        await expect(log.get_by_text("sent", exact=True)).to_have_count(2)
        await shot(page, "13-diverted")
        await page.reload()
        await expect(told).to_have_count(1)
        await expect(log.locator(".row")).to_have_count(3)
        rows = [await row.inner_text() for row in await log.locator(".row").all()]
        places = ["Where is", "We cannot", "That is"]
        assert [place in row for place, row in zip(places, rows, strict=True)] == [True] * 3


def foreign_page(port: int) -> Route:
    """A Russian shop on another origin with hostile styles and a root font of 62.5 %."""

    async def answer(request: Request) -> HTMLResponse:
        return HTMLResponse(
            "<!doctype html><html lang=ru><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            "<style>html{font-size:62.5%} *{color:red !important;text-transform:uppercase}"
            "div,button{display:none}</style>"
            f"<title>Свет</title><h1>Свет</h1><script src='http://127.0.0.1:{port}/channels/shop/widget.js' async>"
            "</script>"
        )

    return Route("/ru", answer)


async def test_a_russian_page_of_another_origin(browser: Browser) -> None:
    context = ShopContext()
    with listening() as probe:
        port = probe.getsockname()[1]
    origin = f"http://localhost:{port}"
    phone = {"viewport": {"width": 390, "height": 760}, "color_scheme": "dark", "locale": "ru-RU"}
    async with (
        running(context, [foreign_page(port)], port, origins=(origin,)) as shop,
        visiting(browser, **phone) as (_, page),
    ):
        await page.goto(f"{origin}/ru")
        await page.get_by_role("button", name="Спросить").click()
        await expect(page.get_by_label("В чём вопрос?")).to_be_focused()
        await shot(page, "7-ru-before")
        await page.get_by_label("В чём вопрос?").fill("Где моя лампа?")
        await page.get_by_role("button", name="Начать чат").click()
        log = page.get_by_role("log")
        await expect(log.get_by_text("отправлено", exact=True)).to_be_visible()
        context.stand(context.visitor, Waiting(3, 240, 540, 80))
        await shop.instance.send(reply(context.visitor, 0, "", order="divert", outcome="callback", key="e5"))
        await expect(log.get_by_text("Мы вам перезвоним.")).to_be_visible()
        await page.reload()
        await page.get_by_role("button", name="Спросить").click()
        await expect(page.get_by_text("Ваше место в очереди: 3. Примерное ожидание: 4-9 мин.")).to_be_visible()
        await shot(page, "7-ru-waiting")
        await context.answer(shop, "Добрый день. Лампа приедет в пятницу до десяти.")
        await expect(log.get_by_text("Добрый день.")).to_be_visible()
        await shot(page, "8-ru-thread")
        size = await page.get_by_role("dialog").bounding_box()
        assert size is not None
        assert (round(size["width"]), round(size["height"])) == (390, 760)
        for _ in range(8):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.tagName") == "OMNIROUTE-CHAT"
        await page.keyboard.press("Escape")
        await page.reload()
        await context.answer(shop, "Она уже у курьера.")
        await expect(page.get_by_role("button", name="Открыть чат, непрочитанных: 1")).to_be_visible()
        await shot(page, "9-ru-unread")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_demo_on_a_phone(browser: Browser, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 760}, "color_scheme": scheme, "reduced_motion": "reduce"}
    async with running(ShopContext()) as shop, visiting(browser, **phone) as (_, page):
        await page.goto(f"{shop.base}/demo")
        launch = page.get_by_role("button", name="Ask us")
        await expect(launch).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await shot(page, f"10-phone-{scheme}")
        await launch.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await expect(launch).to_be_hidden()
        await shot(page, f"11-phone-open-{scheme}")
