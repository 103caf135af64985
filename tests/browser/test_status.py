"""The pages for customers in a real browser without scripts: from the reference to the matter, on a phone."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from tests.api.rig import Office, served
from tests.api.test_public_status import link, matter

from omniroute.core import events as e
from omniroute.engine import cells as c

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("OMNIROUTE_SHOTS", "")
WIDE, PHONE = {"width": 1_000, "height": 800}, {"width": 360, "height": 740}


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"status-{name}.png", animations="disabled", full_page=True)


@contextlib.asynccontextmanager
async def customer(
    browser: Browser, one: Office, size: dict[str, int], locale: str, scheme: str
) -> AsyncIterator[Page]:
    """A browser without scripts; whatever the policy of the page refuses fails the test."""
    context = await browser.new_context(
        base_url=one.daemon.url,
        viewport={"width": size["width"], "height": size["height"]},
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=False,
    )
    try:
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        yield page
        assert [one for one in complaints if "Failed to load resource" not in one] == []
    finally:
        await context.close()


async def code_of(one: Office) -> str:
    (sent,) = one.events(e.StatusCodeSent)
    content = c.read(one.journal, c.CONTENT, c.number_key(sent.interaction_id), c.ContentCell)
    found = re.search(r"\b\d{8}\b", content.text) if content else None
    assert found
    return found[0]


async def test_from_the_reference_to_the_matter(browser):
    async with served() as one, customer(browser, one, PHONE, "en-GB", "dark") as page:
        reference, _ = await matter(one)
        await page.goto("/status")
        await page.get_by_label("Reference").fill(reference.lower())
        await page.get_by_role("button", name="Send me a code").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code")
        await page.get_by_label("Code", exact=True).fill("00000000")
        await page.get_by_role("button", name="Show the matter").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await shot(page, "wrong-code")
        await page.get_by_label("Code", exact=True).fill(await code_of(one))
        await page.get_by_role("button", name="Show the matter").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your matter is received")
        await expect(page.locator(".said")).to_have_text("It flickers.")
        assert await page.context.cookies() == []


@pytest.mark.parametrize(("size", "locale", "scheme"), [(WIDE, "en-GB", "light"), (PHONE, "ru-RU", "dark")])
async def test_nothing_is_wider_than_the_screen(browser, size, locale, scheme):
    async with served() as one, customer(browser, one, size, locale, scheme) as page:
        await one.mail(subject="Wide " + "x" * 200, text="y" * 2_000)
        for path in ("/status", "/status/code?reference=4KX7-9MTD", link(one, 1), "/status/x"):
            await page.goto(path)
            box = await page.locator("main").bounding_box()
            assert box is not None
            widest = max(
                [b["width"] + b["x"] for e in await page.locator("main *").all() if (b := await e.bounding_box())]
            )
            assert widest <= size["width"], path
            await shot(page, f"{scheme}-{path.strip('/').replace('/', '-')[:12]}")
            await expect(page.locator("html")).to_have_attribute("lang", locale[:2])
