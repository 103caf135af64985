from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.channels.fakes import FakeContext
from tests.channels.webchat.support import options

from omniroute.channels.webchat.plugin import WebchatChannel


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    instance = WebchatChannel().open_instance(options(), FakeContext("shop"))
    app = Starlette(routes=[Mount("/channels/shop", routes=list(instance.routes()))])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example/channels/shop/") as made:
        yield made


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("widget.js", "text/javascript"), ("widget.css", "text/css"), ("demo", "text/html"), ("demo.css", "text/css")],
)
async def test_files_have_their_type_and_an_etag(client: httpx.AsyncClient, path: str, content_type: str) -> None:
    got = await client.get(path)
    assert got.status_code == 200
    assert got.headers["content-type"] == f"{content_type}; charset=utf-8"
    assert got.headers["x-content-type-options"] == "nosniff"
    again = await client.get(path, headers={"if-none-match": f'"other", {got.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["widget.js", "widget.css"])
async def test_the_widget_may_be_loaded_by_other_origins(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age" in headers["cache-control"]


async def test_the_demo_is_as_strict_as_a_page_can_be(client: httpx.AsyncClient) -> None:
    demo = await client.get("demo")
    policy = demo.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert demo.text.count("<script") == 1


async def test_the_widget_writes_text_as_text(client: httpx.AsyncClient) -> None:
    source = (await client.get("widget.js")).text
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".style", "cssText"):
        assert forbidden not in code, forbidden


async def test_both_languages_say_everything(client: httpx.AsyncClient) -> None:
    source = (await client.get("widget.js")).text
    texts = source[source.index("const TEXTS") : source.index("const wanted")]
    english, russian = texts.split("    ru: {")
    keys = re.compile(r"^      (\w+):", re.MULTILINE)
    assert keys.findall(english) == keys.findall(russian)
    assert len(keys.findall(english)) == len(set(keys.findall(english)))
    assert not re.search(r"[!]", texts)
