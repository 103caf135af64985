"""A local mailbox for trying things out: what the engine sends ends here and can be read in a browser.

What lives here: a tiny SMTP sink that keeps the last letters in memory, and its pages. Not for production: it accepts
mail for everybody.
"""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Callable
from importlib import resources
from urllib.parse import urlsplit

import anyio
import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from omniroute.channels.contract import RawInput
from omniroute.channels.email.headers import first, message_id, read_headers, text_of
from omniroute.channels.email.normalize import normalize
from omniroute.channels.email.smtp import SmtpServer
from omniroute.channels.email.smtp_session import Mail, SmtpLimits
from omniroute.errors import InvalidInput

MESSAGES_MAX = 500
TEXT_CHARS_MAX = 20_000
"""What the page shows of a letter; the ``.eml`` has all of it."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STATIC = {"mailbox.css": "text/css", "mailbox.js": "text/javascript"}


class LocalMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that arrived; ``n`` counts from 1 and is never used again."""

    n: int
    sender: str
    to: str
    subject: str
    date: str
    message_id: str
    in_reply_to: str
    text: str
    raw: bytes


class LocalMailbox:
    """Accepts everything on ``host:port`` and keeps the last `MESSAGES_MAX` letters.

    ``on_message`` is called for each after it is kept, before the sender gets 250.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        on_message: Callable[[LocalMessage], None] | None = None,
    ) -> None:
        self._host = host
        self._listen_port = port
        self._on_message = on_message
        self._count = 0
        self._changed = anyio.Event()
        self._kept: deque[LocalMessage] = deque(maxlen=MESSAGES_MAX)
        self._server = SmtpServer(self, SmtpLimits(), "localhost")

    @property
    def messages(self) -> list[LocalMessage]:
        """Oldest first."""
        return list(self._kept)

    @property
    def port(self) -> int:
        """Where it listens; 0 before."""
        return self._server.port

    async def serve(self, started: Callable[[], None]) -> None:
        """Listen until cancelled."""
        await self._server.serve(self._host, self._listen_port, started)

    async def wait_count(self, above: int) -> int:
        """Wait until more than so many letters have ever come; returns how many."""
        while self._count <= above:
            await self._changed.wait()
        return self._count

    def mailbox(self, address: str) -> str:
        """Part of `Intake`: everybody lives here."""
        return address

    async def take(self, mail: Mail) -> str:
        """Part of `Intake`."""
        self._count += 1
        message = _read(self._count, mail)
        self._kept.append(message)
        self._changed.set()
        self._changed = anyio.Event()
        if self._on_message is not None:
            self._on_message(message)
        return "250 2.0.0 kept"


def mailbox_routes(mailbox: LocalMailbox) -> list[BaseRoute]:
    """The pages: ``mailbox`` (works without scripts), ``mailbox.json``, ``mailbox/{n}.eml`` and what they need."""

    async def page(_request: Request) -> Response:
        return Response(_page(mailbox.messages), media_type="text/html", headers=_HEADERS)

    async def listing(_request: Request) -> Response:
        shown = [_shown(message) for message in reversed(mailbox.messages)]
        return Response(msgspec.json.encode(shown), media_type="application/json", headers=_HEADERS)

    async def letter(request: Request) -> Response:
        wanted = request.path_params["n"]
        found = next((message for message in mailbox.messages if message.n == wanted), None)
        if found is None:
            raise HTTPException(404)
        disposition = {"Content-Disposition": f'attachment; filename="{found.n}.eml"'}
        return Response(found.raw, media_type="message/rfc822", headers=_HEADERS | disposition)

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404)
        content = resources.files(__package__).joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers=_HEADERS)

    async def changes(websocket: WebSocket) -> None:
        await _tell_changes(mailbox, websocket)

    return [
        Route("/mailbox", page),
        Route("/mailbox.json", listing),
        Route("/mailbox/{n:int}.eml", letter),
        Route("/mailbox/static/{name}", static),
        WebSocketRoute("/mailbox/changes", changes),
    ]


async def _tell_changes(mailbox: LocalMailbox, websocket: WebSocket) -> None:
    """One number after each letter; never an address. Other sites' pages may not even have that."""
    origin = websocket.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != websocket.headers.get("host"):
        await websocket.close(1008)
        return
    await websocket.accept()
    async with anyio.create_task_group() as tasks:

        async def until_gone() -> None:
            while (await websocket.receive())["type"] != "websocket.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(until_gone)
        count = 0
        try:
            while True:
                count = await mailbox.wait_count(count)
                await websocket.send_text(str(count))
        except (WebSocketDisconnect, RuntimeError):  # gone between two letters
            tasks.cancel_scope.cancel()


def _read(number: int, mail: Mail) -> LocalMessage:
    raw = RawInput(instance="local", account="local", received_ms=0, data=mail.data)
    text = ""
    try:
        headers, _ = read_headers(mail.data, 0, len(mail.data))
        interaction = normalize(raw)
        text = "\n\n".join(filter(None, (interaction.text, interaction.signature, interaction.quoted)))
    except InvalidInput:
        headers = {}
    return LocalMessage(
        n=number,
        sender=text_of(headers, "from", 200) or mail.mail_from,
        to=", ".join(address for _, address in mail.recipients),
        subject=text_of(headers, "subject", 500),
        date=text_of(headers, "date", 100),
        message_id=message_id(first(headers, "message-id")),
        in_reply_to=message_id(first(headers, "in-reply-to")),
        text=text,
        raw=mail.data,
    )


def _shown(message: LocalMessage) -> dict[str, str | int]:
    shown = {name: getattr(message, name) for name in message.__struct_fields__ if name != "raw"}
    return shown | {"text": message.text[:TEXT_CHARS_MAX]}


def _page(messages: list[LocalMessage]) -> str:
    letters = "".join(_letter(message) for message in reversed(messages))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Local mailbox</title>'
        '<link rel="stylesheet" href="/static/tokens.css"><link rel="stylesheet" href="mailbox/static/mailbox.css">'
        '<script type="module" src="mailbox/static/mailbox.js"></script></head><body><main>'
        "<header><h1>Local mailbox</h1>"
        '<p id="state" role="status">Letters that OmniRoute sent. Reload to see new ones.</p></header>'
        f'<ol id="letters">{letters}</ol>'
        f'<p id="empty"{" hidden" if messages else ""}>No letter yet.</p></main></body></html>'
    )


def _letter(message: LocalMessage) -> str:
    def escaped(text: str) -> str:
        return html.escape(text, quote=True)

    return (
        f"<li><article><h2>{escaped(message.subject) or 'No subject'}</h2>"
        f'<p class="facts"><span>{escaped(message.sender)} → {escaped(message.to)}</span>'
        f"<span>{escaped(message.date)}</span>"
        f'<a href="mailbox/{message.n}.eml">Source</a></p>'
        f"<pre>{escaped(message.text[:TEXT_CHARS_MAX])}</pre></article></li>"
    )
