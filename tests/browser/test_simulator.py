"""The telephone page in a real browser: what a person sees and presses."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, Page, expect
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from tests.channels.phone.rig import Engine, make_instance, order, running

import omniroute.channels.phone.plugin as phone
from omniroute.channels.phone.simulator_page import STATIC

pytestmark = pytest.mark.browser

WEB_STATIC = STATIC.parents[2] / "web" / "static"
NUMBERS = ["+49 30 23125 000", "+49 30 23125 001"]


SHOTS = os.environ.get("OMNIROUTE_SHOTS", "")


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"telephone-{name}.png", animations="disabled", full_page=True)


@contextlib.asynccontextmanager
async def telephone(
    browser: Browser, engine: Engine, locale: str = "en-GB", **kwargs: Any
) -> AsyncIterator[tuple[Page, phone.PhoneInstance]]:
    """The page, open and ready; anything on its console fails the test."""
    instance = make_instance(engine, simulator=True, numbers=NUMBERS)
    tokens = Mount("/static", StaticFiles(directory=WEB_STATIC))
    async with running(instance, [tokens]) as base:
        context = await browser.new_context(locale=locale, **kwargs)
        try:
            page = await context.new_page()
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(f"{base}/channels/phone/simulator")
            await expect(page.locator("#call")).to_be_enabled()
            yield page, instance
            assert complaints == []
        finally:
            await context.close()


async def place(page: Page, engine: Engine, count: int = 1) -> str:
    """Press the button and wait for the engine; returns the call id."""
    await page.locator("#call").click()
    return (await engine.interactions(count))[-1].session_key


async def test_call_connect_and_hang_up(browser: Browser) -> None:
    engine = Engine()
    async with telephone(browser, engine) as (page, instance):
        await page.get_by_role("button", name="Jonas Weber").click()
        await page.get_by_label("Our number").select_option(NUMBERS[1])
        call_id = await place(page, engine)
        row = page.locator(".call")
        await expect(row.locator(".state")).to_have_text("Ringing")
        await instance.send(order(call_id=call_id))
        await expect(row.locator(".state")).to_have_text("Connected to Maria Berg")
        await expect(row.locator(".timer")).to_have_text("0:00")
        await row.get_by_role("button", name="Hang up").click()
        await expect(row.locator(".state")).to_have_text("Ended by the caller")
        await expect(row.get_by_role("button")).to_have_count(0)
        await expect(page.locator("#log li")).to_have_count(4)
        offered, answered, ended = await engine.interactions(3)
    assert (offered.sender.address, offered.sender.name) == ("+493023125014", "Jonas Weber")
    assert offered.account == "+493023125001"
    assert (answered.kind, answered.operator, ended.kind) == ("contact_connected", "maria", "contact_ended")


async def test_several_calls_a_withheld_number_and_the_operators_end(browser: Browser) -> None:
    engine = Engine()
    async with telephone(browser, engine) as (page, instance):
        first = await place(page, engine)
        await page.get_by_label("Number withheld").check()
        await page.get_by_label("Name").fill("")
        await place(page, engine, 2)
        newest, oldest = page.locator(".call").nth(0), page.locator(".call").nth(1)
        await expect(newest.locator("strong")).to_have_text("Number withheld")
        await newest.get_by_role("button", name="Hang up").click()
        await expect(newest.locator(".state")).to_have_text("Hung up before anybody answered")
        await instance.send(order(call_id=first))
        await expect(oldest.locator(".state")).to_have_text("Connected to Maria Berg")
        await instance.send(order("part", first, key="k2"))
        await expect(oldest.locator(".state")).to_have_text("Ended by the operator")
        kinds = {(i.session_key == first, str(i.kind)) for i in await engine.interactions(5)}
    assert (True, "contact_ended") in kinds
    assert (False, "contact_abandoned") in kinds


class Ringing(Engine):
    """A telephone rings until somebody presses a button."""

    async def sleep(self, duration_ms: int) -> None:
        await anyio.sleep_forever()


async def test_an_operator_who_does_not_pick_up(browser: Browser) -> None:
    engine = Ringing()
    async with telephone(browser, engine) as (page, instance):
        call_id = await place(page, engine)
        row = page.locator(".call")
        miss = row.get_by_role("button", name="Operator does not pick up")
        await miss.click()
        await expect(miss).to_have_attribute("aria-pressed", "true")
        await miss.click()
        await expect(miss).to_have_attribute("aria-pressed", "false")
        await instance.send(order(call_id=call_id))
        await expect(row.locator(".state")).to_have_text("Ringing Maria Berg")
        await shot(page, "ringing")
        await miss.click()
        await expect(row.locator(".state")).to_have_text("Ringing")
        _, missed = await engine.interactions(2)
        assert (missed.kind, missed.operator) == ("contact_not_connected", "maria")


async def test_a_diverted_caller_leaves_a_message(browser: Browser) -> None:
    engine = Engine()
    async with telephone(browser, engine) as (page, instance):
        call_id = await place(page, engine)
        row = page.locator(".call")
        message = row.get_by_label("After the tone")
        await expect(message).to_be_hidden()
        await instance.send(order("divert", call_id, operator_id="", outcome="voicemail"))
        await expect(row.locator(".state")).to_contain_text("Leave a message after the tone.")
        await message.fill("It is <b>Jonas</b>, please call me.")
        await shot(page, "voicemail")
        await row.get_by_role("button", name="Leave the message").click()
        await expect(row.locator(".state")).to_have_text("Ended by the caller")
        await expect(message).to_be_hidden()
        _, said, _ = await engine.interactions(3)
        assert (said.kind, said.text) == ("message", "It is <b>Jonas</b>, please call me.")


async def test_a_caller_is_promised_a_call(browser: Browser) -> None:
    engine = Engine()
    screen: Any = {"width": 390, "height": 844}
    async with telephone(browser, engine, viewport=screen) as (page, instance):
        call_id = await place(page, engine)
        await instance.send(order("divert", call_id, operator_id="", outcome="callback"))
        row = page.locator(".call")
        await expect(row.locator(".state")).to_contain_text("We call you back.")
        await expect(row.get_by_label("After the tone")).to_be_hidden()
        await shot(page, "callback-phone")
        second = await place(page, engine, 2)
        await instance.send(order("divert", second, operator_id="", outcome="voicemail", key="k2"))
        await expect(page.locator(".call").first.get_by_label("After the tone")).to_be_visible()
        await shot(page, "voicemail-phone")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_closing_the_page_hangs_up(browser: Browser) -> None:
    engine = Engine()
    async with telephone(browser, engine) as (page, _):
        await place(page, engine)
        await page.goto("about:blank")
        assert (await engine.interactions(2))[1].kind == "contact_abandoned"


async def test_names_are_text_and_never_markup(browser: Browser) -> None:
    engine = Engine()
    async with telephone(browser, engine) as (page, _):
        await page.get_by_label("Name").fill("<img src=x onerror=alert(1)>")
        await place(page, engine)
        await expect(page.locator(".call strong")).to_have_text("<img src=x onerror=alert(1)>")
        await expect(page.locator(".call img")).to_have_count(0)


async def test_it_speaks_russian_and_fits_a_small_dark_screen(browser: Browser) -> None:
    engine = Engine()
    screen: Any = {"width": 390, "height": 844}
    async with telephone(browser, engine, "ru-RU", color_scheme="dark", viewport=screen) as (page, instance):
        await expect(page).to_have_title("Телефонный тренажёр")
        call_id = await place(page, engine)
        await instance.send(order(call_id=call_id, operator_name="Мария Берг"))
        await expect(page.locator(".call .state")).to_have_text("Соединено: Мария Берг")
        assert await page.locator("html").get_attribute("lang") == "ru"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
