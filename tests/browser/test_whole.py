"""The main job as people do it: the real demo daemon, real mail, two operators and a customer in real browsers."""

from __future__ import annotations

import contextlib
import email.message
import json
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import anyio
import anyio.to_thread
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.daemon, pytest.mark.anyio, pytest.mark.xdist_group("whole")]
MARTA = "Marta Kowalczyk <marta@atelier-nord.example>"
SHOTS = os.environ.get("OMNIROUTE_SHOTS")


# The widget closes its shadow root to the page; a test opens it before any script runs.
OPEN_SHADOW = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return attach.call(this, { ...init, mode: "open" }); };
"""


class Demo(NamedTuple):
    url: str
    smtp_port: int


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def running_demo(data: Path) -> Iterator[Demo]:
    """The real demo on free ports, drained at the end."""
    http, smtp, mailbox = free_ports(3)
    command = [Path(sys.executable).parent / "omniroute", "demo", "--data", str(data), "--port", str(http)]
    command += ["--smtp-port", str(smtp), "--mailbox-port", str(mailbox)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Stop with"):
                break
        try:
            yield Demo(f"http://127.0.0.1:{http}", smtp)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            code = process.wait()
        assert code == 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as started:
        yield started


@contextlib.asynccontextmanager
async def person(browser: Browser, demo: Demo) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(base_url=demo.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(15_000)
    await context.add_init_script(OPEN_SHADOW)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on(
        "console",
        lambda said: faults.append(said.text) if said.type == "error" and "Content Security" in said.text else None,
    )
    try:
        yield context
    finally:
        await context.close()
    assert faults == []


@contextlib.asynccontextmanager
async def operator(browser: Browser, demo: Demo, login: str) -> AsyncIterator[Page]:
    """Somebody on duty at the desk; off duty at the end, so that the next test has the house to itself."""
    async with person(browser, demo) as context:
        desk = await context.new_page()
        await desk.goto("/login")
        await desk.get_by_label("Login").fill(login)
        await desk.get_by_label("Password").fill("lumen-demo")
        await desk.get_by_role("button", name="Sign in").click()
        await desk.wait_for_url("**/desk*")
        await desk.get_by_role("button", name="Become available").click()
        await expect(desk.get_by_text("The next item comes by itself")).to_be_visible()
        yield desk
        answer = await context.request.put("/api/v1/presence", data={"presence": "offline"})
        assert answer.ok


def write(demo: Demo, subject: str, text: str, sender: str = MARTA, answers: str = "") -> None:
    letter = email.message.EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, "service@lumen.example", subject
    letter["Message-ID"] = f"<{abs(hash((subject, sender)))}@example.org>"
    if answers:
        letter["In-Reply-To"] = answers
    letter.set_content(text)
    with smtplib.SMTP("127.0.0.1", demo.smtp_port, timeout=10) as client:
        client.send_message(letter)


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def finish(desk: Page, outcome: str = "Solved") -> None:
    await desk.get_by_role("button", name="Finish").first.click()
    await desk.get_by_text(outcome, exact=True).first.click()
    await desk.get_by_role("dialog").get_by_role("button", name="Finish").click()


async def test_a_letter_is_offered_answered_and_finished(browser: Browser, demo: Demo) -> None:
    async with operator(browser, demo, "ines") as desk:
        await anyio.to_thread.run_sync(write, demo, "Lamp arrived cracked", "The base has a crack.\n\nMarta")
        await expect(desk.get_by_role("button", name="Accept")).to_be_visible()
        await shot(desk, "offer")
        await desk.get_by_role("button", name="Accept").click()
        await expect(desk.get_by_role("heading", name="Lamp arrived cracked")).to_be_visible()
        await desk.get_by_label("Your answer").fill("A new lamp leaves today.")
        await desk.keyboard.press("Control+Enter")
        await expect(desk.get_by_text("delivered")).to_be_visible()
        await desk.get_by_label("Kind of text").get_by_role("button", name="Note").click()
        await desk.get_by_placeholder("A note for colleagues").fill("Second broken base this week.")
        await desk.get_by_role("button", name="Save note").click()
        await expect(desk.get_by_text("Note, only for us")).to_be_visible()
        await shot(desk, "letter")
        mailbox = await desk.context.new_page()
        await mailbox.goto("/demo/mailbox")
        await expect(mailbox.get_by_text("A new lamp leaves today.").first).to_be_visible()
        await shot(mailbox, "mailbox")
        await finish(desk)
        await expect(desk.get_by_text("Nothing for you right now")).to_be_visible()


async def test_a_chat_goes_both_ways(browser: Browser, demo: Demo) -> None:
    async with operator(browser, demo, "mira") as desk, person(browser, demo) as visitor:
        shop = await visitor.new_page()
        await shop.goto("/channels/web/demo")
        await shop.get_by_role("button", name="Ask us").click()
        await shop.get_by_label("What is it about?").fill("Is the showroom open on Saturday?")
        await shop.get_by_role("button", name="Start the chat").click()
        await desk.get_by_role("button", name="Accept").click()
        await expect(desk.get_by_text("Is the showroom open on Saturday?").first).to_be_visible()
        await desk.get_by_label("Your answer").fill("Yes, from ten to six.")
        await desk.keyboard.press("Control+Enter")
        await expect(shop.get_by_role("log").get_by_text("Yes, from ten to six.")).to_be_visible()
        await shot(shop, "chat")
        await finish(desk, "Information given")
        await shop.get_by_label("Your message").fill("And on Sunday?")
        await shop.keyboard.press("Enter")
        await desk.get_by_role("button", name="Accept").click()
        await expect(desk.get_by_text("Opened again").first).to_be_visible()
        await finish(desk)


async def test_a_call_is_connected_ended_and_written_up(browser: Browser, demo: Demo) -> None:
    async with operator(browser, demo, "ines") as desk, person(browser, demo) as caller:
        phone = await caller.new_page()
        await phone.goto("/channels/phone/simulator")
        await phone.get_by_role("button", name="Call", exact=True).click()
        await desk.get_by_role("button", name="Accept").click()
        await expect(phone.get_by_text("Connected to Ines Vogel").first).to_be_visible()
        await expect(desk.get_by_role("button", name="End", exact=True)).to_be_visible()
        await shot(desk, "call")
        await shot(phone, "phone")
        await desk.get_by_role("button", name="End", exact=True).click()
        await expect(desk.get_by_text(re.compile("Pick an outcome and finish"))).to_be_visible()
        await desk.get_by_text("Call back agreed").click()
        await shot(desk, "wrap-up")
        await desk.get_by_role("button", name="Finish").first.click()
        await expect(desk.get_by_text("Nothing for you right now")).to_be_visible()


async def test_a_transfer_releases_the_sender_only_when_somebody_took_it(browser: Browser, demo: Demo) -> None:
    async with operator(browser, demo, "ines") as first, operator(browser, demo, "oskar") as second:
        await anyio.to_thread.run_sync(write, demo, "Where is my order", "Order 11840, please.")
        await first.get_by_role("button", name="Accept").click()
        await first.get_by_role("button", name="Transfer").click()
        dialog = first.get_by_role("dialog")
        await dialog.get_by_text("Delivery").first.click()
        await dialog.get_by_label("Note to colleagues").fill("She needs it on Friday.")
        await shot(first, "transfer")
        await dialog.get_by_role("button", name="Transfer").click()
        await expect(first.get_by_text("It stays yours until somebody there accepts").first).to_be_visible()
        await expect(second.get_by_text("She needs it on Friday.").first).to_be_visible()
        await shot(second, "handed")
        await second.get_by_role("button", name="Accept").click()
        await expect(first.get_by_text("Nothing for you right now")).to_be_visible()
        await expect(second.get_by_role("heading", name="Where is my order")).to_be_visible()
        await finish(second)


async def test_a_matter_is_registered_by_hand(browser: Browser, demo: Demo) -> None:
    async with operator(browser, demo, "ines") as desk:
        await desk.get_by_role("button", name="Register").click()
        dialog = desk.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("Hélène Marchetti")
        await dialog.get_by_label("What it is about").fill("Collects order 11840")
        await dialog.get_by_role("button", name="Register").click()
        await desk.get_by_role("button", name="Accept").click()
        await expect(desk.get_by_text("Collects order 11840").first).to_be_visible()
        await finish(desk)


async def test_who_is_away_gets_nothing(browser: Browser, demo: Demo) -> None:
    async with operator(browser, demo, "ines") as desk:
        await desk.get_by_role("button", name="Available", exact=True).click()
        await desk.get_by_text("Lunch", exact=True).click()
        await anyio.to_thread.run_sync(write, demo, "While at lunch", "Nobody is there.")
        await desk.get_by_role("button", name=re.compile("Queues 1")).click()
        await expect(desk.get_by_text("While at lunch")).to_be_visible()
        await expect(desk.get_by_role("button", name="Accept")).to_have_count(0)
        await shot(desk, "away")


def test_the_health_page_answers(demo: Demo) -> None:
    with urllib.request.urlopen(f"{demo.url}/api/v1/ready", timeout=5) as answer:
        assert json.load(answer)["status"] == "up"
