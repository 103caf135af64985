"""Synthetic people for the demo: customers by mail, chat and telephone, and operators for whoever nobody plays.

What lives here: customers who use the public doors only (SMTP, the chat's WebSocket, signed call events), as real
people would. An operator whom a person signs in as is left alone.
"""

from __future__ import annotations

import email.message
import random
import secrets
from collections.abc import Awaitable, Callable

import aiosmtplib
import anyio
import httpx2
import structlog
import websockets
from msgspec import json

from omniroute.app import Daemon
from omniroute.config import Config
from omniroute.demo.letters import CALLERS, CHATS, LETTERS
from omniroute.demo.operators import SyntheticOperator
from omniroute.signatures import key_of, signed_headers

MEAN_PAUSE_S = {"mail": 9.0, "chat": 14.0, "call": 20.0}
"""Mean time between two customers of a kind; exponential, so that peaks happen."""
CHATS_AT_ONCE_MAX = 12
TALK_S = (6.0, 25.0)
PATIENCE_S = 45.0

log = structlog.get_logger("omniroute.demo")


class Traffic:
    """A stream of customers, and a crew that answers them."""

    def __init__(self, daemon: Daemon, config: Config, smtp: str) -> None:
        self._engine = daemon.engine
        self._signed_in = daemon.services.accounts.signed_in
        self._config = config
        self._smtp_host, _, port = smtp.rpartition(":")
        self._smtp_port = int(port)
        self._url = daemon.url
        self._random = random.Random()  # noqa: S311  a crowd, not a secret
        self._chats = anyio.CapacityLimiter(CHATS_AT_ONCE_MAX)

    async def run(self) -> None:
        """Go on until cancelled."""
        async with anyio.create_task_group() as group:
            for login, person in self._config.operators.items():
                if person.role == "operator":
                    operator = SyntheticOperator(self._engine, login, self._random, self._signed_in)
                    group.start_soon(operator.run)
            group.start_soon(self._stream, "mail", self._write_letter)
            group.start_soon(self._stream, "chat", self._chat)
            group.start_soon(self._stream, "call", self._call)

    async def _stream(self, kind: str, one: Callable[[], Awaitable[None]]) -> None:
        """Customers of one kind; what fails for one of them is their bad luck, not the stream's end."""

        async def safely() -> None:
            try:
                await one()
            except (OSError, aiosmtplib.SMTPException, httpx2.HTTPError, websockets.WebSocketException) as failure:
                log.info("customer_failed", kind=kind, reason=type(failure).__name__)

        async with anyio.create_task_group() as group:
            while True:
                await anyio.sleep(min(self._random.expovariate(1 / MEAN_PAUSE_S[kind]), 60.0))
                group.start_soon(safely)

    async def _write_letter(self) -> None:
        name, address, mailbox, subject, text = self._random.choice(LETTERS)
        letter = email.message.EmailMessage()
        letter["From"] = f"{name} <{address}>"
        letter["To"] = mailbox
        letter["Subject"] = subject
        letter["Message-ID"] = f"<{secrets.token_hex(8)}@{address.partition('@')[2]}>"
        letter.set_content(text)
        await aiosmtplib.send(letter, hostname=self._smtp_host, port=self._smtp_port, start_tls=False)

    async def _chat(self) -> None:
        name, lines = self._random.choice(CHATS)
        address = self._url.replace("http", "ws", 1) + "/channels/web/ws"
        async with self._chats, websockets.connect(address, origin=websockets.Origin(self._url)) as socket:
            await socket.send(json.encode({"type": "hello", "name": name}).decode())
            await socket.recv()
            for line in lines:
                await socket.send(json.encode({"type": "message", "id": secrets.token_hex(8), "text": line}).decode())
                with anyio.move_on_after(PATIENCE_S):
                    await self._answer(socket)
                await anyio.sleep(self._random.uniform(1.0, 5.0))

    async def _answer(self, socket: websockets.ClientConnection) -> None:
        """Wait until an operator has said something."""
        async for frame in socket:
            decoded = json.decode(frame)
            if decoded.get("type") == "entry" and decoded.get("author") == "operator":
                return

    async def _call(self) -> None:
        number, to = self._random.choice(CALLERS)
        call_id = f"crowd-{secrets.token_hex(6)}"
        await self._call_event(call_id, "offered", number, to)
        answered = await self._wait_for_answer(call_id)
        if answered:
            await self._call_event(call_id, "answered", number, to)
            await anyio.sleep(self._random.uniform(*TALK_S))
        await self._call_event(call_id, "ended" if answered else "abandoned", number, to)

    async def _wait_for_answer(self, call_id: str) -> bool:
        """Whether somebody took the call within the caller's patience."""
        state = self._engine.writer.state
        with anyio.move_on_after(PATIENCE_S), self._engine.writer.feed.listen() as commits:
            while True:
                number = state.by_session.get(("phone", call_id))
                matter = state.conversations.get(number or 0)
                if matter is not None and matter.owner_id:
                    return True
                await commits.receive()
        return False

    async def _call_event(self, call_id: str, kind: str, number: str, to: str) -> None:
        body = json.encode(
            {
                "event_id": secrets.token_hex(8),
                "call_id": call_id,
                "type": kind,
                "from": number,
                "to": to,
                "at_ms": self._engine.writer.clock.now_ms(),
            }
        )
        key = key_of(str(self._config.channels["phone"].options["secret"]))
        now_s = self._engine.writer.clock.now_ms() // 1000
        headers = signed_headers(key, secrets.token_hex(12), now_s, body)
        async with httpx2.AsyncClient(base_url=self._url, timeout=10) as client:
            (await client.post("/channels/phone/events", content=body, headers=headers)).raise_for_status()
