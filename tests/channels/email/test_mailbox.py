"""The local mailbox: keeps what comes, shows it escaped, tells a browser about it."""

from __future__ import annotations

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.websockets import WebSocket

from omniroute.channels.email import mailbox as module
from omniroute.channels.email.mailbox import LocalMailbox, LocalMessage, mailbox_routes
from omniroute.channels.email.smtp_session import Mail

EVIL = b"From: <script>@x <evil@b.example>\r\nSubject: <img src=x onerror=alert(1)>\r\nDate: today\r\n\r\n</pre><script>alert(1)</script>\r\n"


def mail(data: bytes = EVIL) -> Mail:
    return Mail(data=data, mail_from="a@b.example", recipients=(("c@d.example", "c@d.example"),), remote="", helo="")


def browser(mailbox: LocalMailbox) -> httpx2.AsyncClient:
    app = Starlette(routes=mailbox_routes(mailbox))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test")


async def test_the_last_are_kept_and_told() -> None:
    told: list[LocalMessage] = []
    mailbox = LocalMailbox(on_message=told.append)
    for _ in range(module.MESSAGES_MAX + 5):
        await mailbox.take(mail())
    assert len(mailbox.messages) == module.MESSAGES_MAX
    assert mailbox.messages[0].n == 6
    assert told[-1].n == module.MESSAGES_MAX + 5


async def test_the_page_is_escaped_and_strict() -> None:
    mailbox = LocalMailbox()
    await mailbox.take(mail())
    async with browser(mailbox) as client:
        answer = await client.get("/mailbox")
    assert answer.status_code == 200
    assert "<img" not in answer.text
    assert "<script>alert" not in answer.text
    assert "style=" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<a href="mailbox/1.eml">' in answer.text


async def test_json_source_and_static_files() -> None:
    mailbox = LocalMailbox()
    await mailbox.take(mail())
    async with browser(mailbox) as client:
        (shown,) = (await client.get("/mailbox.json")).json()
        assert shown["subject"] == "<img src=x onerror=alert(1)>"
        assert "raw" not in shown
        source = await client.get("/mailbox/1.eml")
        assert source.content == EVIL
        assert source.headers["content-disposition"] == 'attachment; filename="1.eml"'
        assert (await client.get("/mailbox/2.eml")).status_code == 404
        assert "text/css" in (await client.get("/mailbox/static/mailbox.css")).headers["content-type"]
        assert "text/javascript" in (await client.get("/mailbox/static/mailbox.js")).headers["content-type"]
        assert (await client.get("/mailbox/static/mailbox.py")).status_code == 404


async def test_an_unreadable_letter_is_kept() -> None:
    mailbox = LocalMailbox()
    await mailbox.take(mail(b"no sender here\r\n"))
    assert mailbox.messages[0].raw == b"no sender here\r\n"
    assert mailbox.messages[0].sender == "a@b.example"


class Socket:
    """The two ends of an ASGI WebSocket."""

    def __init__(self, mailbox: LocalMailbox, origin: str) -> None:
        headers = [(b"host", b"test"), (b"origin", origin.encode())] if origin else [(b"host", b"test")]
        scope = {"type": "websocket", "path": "/mailbox/changes", "headers": headers, "query_string": b""}
        self.to_app, app_receives = anyio.create_memory_object_stream[dict[str, object]](10)
        app_sends, self.from_app = anyio.create_memory_object_stream[dict[str, object]](10)
        self._streams = (self.to_app, app_receives, app_sends, self.from_app)
        self.websocket = WebSocket(scope, app_receives.receive, app_sends.send)  # type: ignore[arg-type]
        self.mailbox = mailbox

    async def run(self) -> None:
        with anyio.fail_after(5):
            await module._tell_changes(self.mailbox, self.websocket)

    def close(self) -> None:
        for stream in self._streams:
            stream.close()


async def test_a_browser_is_told_of_new_letters() -> None:
    mailbox = LocalMailbox()
    socket = Socket(mailbox, "http://test")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(socket.run)
        await socket.to_app.send({"type": "websocket.connect"})
        assert (await socket.from_app.receive())["type"] == "websocket.accept"
        await mailbox.take(mail())
        assert (await socket.from_app.receive())["text"] == "1"
        await mailbox.take(mail())
        assert (await socket.from_app.receive())["text"] == "2"
        await socket.to_app.send({"type": "websocket.disconnect", "code": 1000})
    socket.close()


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
async def test_other_sites_are_not_told(origin: str) -> None:
    socket = Socket(LocalMailbox(), origin)
    await socket.to_app.send({"type": "websocket.connect"})
    await socket.run()
    assert (await socket.from_app.receive())["type"] == "websocket.close"
    socket.close()
