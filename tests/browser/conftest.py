"""One real Chromium for each module of browser tests; where there is none the test says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for each module, as long as its browser; not longer, or tests on trio would meet it."""
    return "asyncio"


def chromium() -> str | None:
    """The browser that the environment names, else the first that is installed."""
    named = os.environ.get("OMNIROUTE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    path = chromium()
    if path is None:
        message = "NO CHROMIUM FOUND: install one or set OMNIROUTE_CHROMIUM; nothing was tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=20_000)  # a bound for failures on a busy machine; nothing waits for it
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield made
        finally:
            await made.close()
