"""The real HTTP server in process, on a memory disk and a clock that only tests move, with a small company."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import anyio
import httpx2
from argon2 import PasswordHasher
from tests.engine.rig import turns, until
from websockets.asyncio.client import ClientConnection, connect

from omniroute import app, config, plugins
from omniroute.api.accounts import Accounts
from omniroute.api.call import Services
from omniroute.api.public.closing import Closing
from omniroute.api.web import application
from omniroute.channels.contract import RawInput
from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine.engine import running
from omniroute.journal.codec import decode_event
from omniroute.journal.memory import MemoryJournal
from omniroute.testing.clock import ManualClock

REGISTRY = plugins.load()
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OFFER_MS = 20_000

QUEUE = {"offer": "20s", "backoff": "60s", "wrap_up": "2m", "first_response": "5m"}
COMPANY: dict[str, Any] = {
    "company": "Test & Co",
    "server": {"port": 0},
    "kinds": {"question": {"notices": []}},  # what customers are told by itself has tests of its own
    "departments": {
        "support": {"title": "Support", "default_queue": "general", "queues": {"general": QUEUE}},
        "sales": {"title": "Sales", "default_queue": "shop", "queues": {"shop": QUEUE}},
        "delivery": {"title": "Delivery", "default_queue": "orders", "queues": {"orders": QUEUE}},
    },
    "channels": {
        "mail": {
            "kind": "email",
            "queue": "support.general",
            "options": {"addresses": ["service@shop.example"], "listen": "127.0.0.1:0"},
        },
        "desk": {"kind": "visit", "queue": "support.general"},
    },
    "operators": {
        "ann": {"name": "Ann", "departments": ["support"], "password": PASSWORD},
        "bob": {"name": "Bob", "departments": ["support"], "password": PASSWORD},
        "cem": {"name": "Cem", "departments": ["sales"], "password": PASSWORD},
        "fay": {"name": "Fay", "departments": ["delivery"], "password": PASSWORD},
        "sue": {"name": "Sue", "departments": ["support"], "role": "supervisor", "password": PASSWORD},
        "dan": {"name": "Dan", "departments": ["delivery"], "role": "supervisor", "password": PASSWORD},
        "root": {"name": "Root", "departments": [], "role": "admin", "password": PASSWORD},
        "eve": {"name": "Eve", "departments": ["support"]},
    },
}

PHONE = {
    "kind": "phone",
    "queue": "support.general",
    "options": {"secret": "a secret of sixteen bytes", "simulator": True},
}

LETTER = """\
From: Kim <{sender}>
To: service@shop.example
Subject: {subject}
Message-ID: <{number}@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=utf-8

{text}
--a
Content-Type: text/html; charset=utf-8

<p onclick="steal()">{text}</p><script>steal()</script><img src="http://tracker.example/p.gif">
--a--
--b
Content-Type: text/html
Content-Disposition: attachment; filename="../évil\\".html"

<script>steal()</script>
--b--
"""


class Office:
    """The running daemon and what a test does with it."""

    def __init__(
        self, daemon: app.Daemon, clock: ManualClock, client: httpx2.AsyncClient, journal: MemoryJournal
    ) -> None:
        self.daemon = daemon
        self.engine = daemon.engine
        self.clock = clock
        self.client = client
        self.journal = journal
        self.tokens: dict[str, str] = {}
        self._numbers = count(1)

    @property
    def state(self) -> Any:
        return self.engine.writer.state

    async def login(self, login: str, password: str = PASSWORD) -> httpx2.Response:
        return await self.client.post("/login", json={"login": login, "password": password})

    async def call(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """A request of a program in somebody's name; of nobody where ``who`` is empty."""
        if who and who not in self.tokens:
            self.tokens[who] = (await self.engine_login(who))[0]
        if who:
            headers["authorization"] = f"Bearer {self.tokens[who]}"
        return await self.client.request(method, path, json=body, headers=headers)

    async def engine_login(self, who: str) -> tuple[str, int, Any]:
        return await self.daemon.services.accounts.login(who, PASSWORD)

    async def right(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of a call that must go well."""
        answer = await self.call(who, method, path, body, **headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def available(self, *people: str) -> None:
        for who in people:
            await self.right(who, "PUT", "/presence", {"presence": "available"})

    async def mail(
        self, subject: str = "Lamp", text: str = "It flickers.", data: bytes = b"", sender: str = "kim@example.org"
    ) -> int:
        """A letter comes in; returns when it is registered or quarantined."""
        number = next(self._numbers)
        letter = data or LETTER.format(subject=subject, text=text, number=number, sender=sender).encode()
        raw = RawInput(
            instance="mail",
            account="service@shop.example",
            received_ms=self.clock.now_ms(),
            data=letter,
            meta={"mail_from": sender},
        )
        raw_id = await self.engine.intake.receive(raw)
        await until(lambda: raw_id not in self.state.pending_raws)
        await self.engine.writer.barrier()
        return raw_id

    async def desk(self, who: str) -> Any:
        return await self.right(who, "GET", "/desk")

    async def matter_of(self, who: str, subject: str = "Lamp", sender: str = "kim@example.org") -> tuple[str, int]:
        """A letter that ``who`` has accepted: its reference and work item."""
        await self.available(who)
        await self.mail(subject, sender=sender)
        (offer,) = (await self.desk(who))["offers"]
        await self.right(who, "POST", f"/offers/{offer['offer_id']}/accept")
        return offer["item"]["reference"], offer["item"]["work_item_id"]

    async def wait(self, duration_ms: int) -> None:
        self.clock.advance(duration_ms)
        await turns()
        await self.engine.writer.barrier()

    def events(self, *kinds: type[e.Event]) -> list[Any]:
        return [one for entry in self.journal.disk.entries if isinstance(one := decode_event(entry.data), kinds)]

    def cells(self, collection: str) -> list[tuple[str, bytes]]:
        return self.journal.scan(collection)

    @asynccontextmanager
    async def socket(self, who: str = "", **headers: str) -> AsyncIterator[Socket]:
        """A live socket; with ``who`` it has said hello."""
        url = self.daemon.url.replace("http", "ws") + "/api/v1/events"
        async with connect(url, additional_headers=headers, proxy=None) as connection:
            socket = Socket(connection)
            if who:
                token, _, _ = await self.engine_login(who)
                await socket.say(type="hello", token=token)
            yield socket


class Socket:
    """The client's side."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def hear(self, *kinds: str) -> Any:
        """The next frame, or the next of those kinds."""
        with anyio.fail_after(10):
            while True:
                frame = json.loads(await self.connection.recv())
                if not kinds or frame["type"] in kinds:
                    return frame

    async def close_code(self) -> int | None:
        with anyio.fail_after(10):
            await self.connection.wait_closed()
        return self.connection.close_code


@asynccontextmanager
async def office(
    company: dict[str, Any] | None = None,
    journal: MemoryJournal | None = None,
    registry: plugins.Registry = REGISTRY,
    caller: str = "127.0.0.1",
    closing: Closing | None = None,
) -> AsyncIterator[Office]:
    """The application without a server around it: quick."""
    parsed, journal, clock = config.parse(company or COMPANY), journal or MemoryJournal(), ManualClock()
    async with running(app.setup(parsed, registry, journal, clock), clock) as engine:
        services = Services(engine, Accounts(engine, parsed.server.session_hours, QUICK), parsed)
        await services.accounts.seed(parsed.operators)
        web = application(services, closing=closing)
        transport = httpx2.ASGITransport(web, raise_app_exceptions=False, client=(caller, 4711))
        async with httpx2.AsyncClient(base_url="http://office/api/v1", transport=transport) as client:
            yield Office(app.Daemon(engine, services, "http://office"), clock, client, journal)


@asynccontextmanager
async def served(company: dict[str, Any] | None = None) -> AsyncIterator[Office]:
    """The whole daemon with its server: for sockets, limits and raw requests."""
    parsed, journal, clock = config.parse(company or COMPANY), MemoryJournal(), ManualClock()
    async with (
        app.running_daemon(parsed, REGISTRY, journal=journal, clock=clock, hasher=QUICK) as daemon,
        httpx2.AsyncClient(base_url=f"{daemon.url}/api/v1", timeout=10, verify=False) as client,
    ):
        yield Office(daemon, clock, client, journal)


def quarantined(office: Office) -> list[str]:
    return [key for key, _ in office.cells(c.QUARANTINE)]
