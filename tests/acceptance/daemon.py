"""The real daemon as its users run it: ``omniroute serve --config``, on free ports, with its own directory.

Nothing here knows the inside: mail goes by `smtplib`, operators come by HTTP and WebSocket, and what the daemon says is
read from its standard error. Waiting is always for something that arrives, with a limit.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import smtplib
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

import httpx2
from aiosmtpd.controller import Controller
from websockets.sync.client import ClientConnection, connect

PROGRAM = Path(sys.executable).with_name("omniroute")
PASSWORD = "an-initial-password"
CALL_SECRET = "a-secret-for-call-events"
LIMIT_S = 20.0

TOML = """\
company = "Acceptance"

[server]
port = {http_port}

[kinds.question]
notices = []

[journal]
path = "{directory}/office.db"

[routing]
rona_limit = 1000
offers_max = 100

[departments.support]
title = "Support"
default_queue = "general"

[departments.support.queues.general]
offer = "{offer}"
backoff = "{backoff}"
wrap_up = "2m"
first_response = "1h"

[departments.sales]
title = "Sales"
default_queue = "shop"

[departments.sales.queues.shop]
offer = "{offer}"

[channels.mail]
kind = "email"
queue = "support.general"

[channels.mail.options]
listen = "127.0.0.1:{smtp_port}"
addresses = ["service@shop.example"]
message_bytes_max = 1000000
relay_host = "127.0.0.1"
relay_port = {relay_port}
relay_tls = "none"

[channels.web]
kind = "webchat"
queue = "support.general"

[channels.phone]
kind = "phone"
queue = "support.general"
options = {{ secret = "{secret}", simulator = true }}

[channels.console]
kind = "console"
queue = "support.general"
options = {{ listen = "127.0.0.1:{console_port}" }}

[channels.desk]
kind = "visit"
queue = "support.general"

[operators.ann]
name = "Ann"
departments = ["support"]
capacity = 1000
password = "{password}"

[operators.bob]
name = "Bob"
departments = ["support"]
capacity = 1000
password = "{password}"

[operators.cem]
name = "Cem"
departments = ["sales"]
password = "{password}"

[operators.root]
name = "Root"
departments = []
role = "admin"
password = "{password}"
"""


def free_port() -> int:
    """A port that nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], Any], what: str = "it never happened") -> Any:
    """Look again and again, as somebody would who cannot be told; at most `LIMIT_S`."""
    give_up = time.monotonic() + LIMIT_S
    pause = threading.Event()
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < give_up, what
        pause.wait(0.01)


class Daemon:
    """One installation; it may live several times on the same directory and ports.

    ``toml`` is its configuration where it is another one than above, ``environment`` what is added to our own.
    """

    def __init__(
        self, directory: Path, *, toml: str = TOML, environment: dict[str, str] | None = None, **changes: Any
    ) -> None:
        self.directory = directory
        self.environment = environment or {}
        self.program: Sequence[str | Path] = [PROGRAM]
        self.smtp_port = changes.pop("smtp_port", 0) or free_port()
        settings = {
            "http_port": free_port(),
            "smtp_port": self.smtp_port,
            "relay_port": 1,
            "console_port": free_port(),
            "offer": "30s",
            "backoff": "60s",
            "directory": directory,
            "secret": CALL_SECRET,
            "password": PASSWORD,
        }
        self.console_port = (settings | changes)["console_port"]
        self.config = directory / f"omniroute-{self.smtp_port}.toml"
        self.config.write_text(toml.format(**(settings | changes)))
        self.url = ""
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self._tokens: dict[str, str] = {}

    # ---- its life
    def start(self) -> Self:
        """Returns when it says that it is ready."""
        said = self.launch()
        assert said.wait(LIMIT_S), "the daemon says nothing"
        assert self.url, "".join(self.lines[-20:])
        return self

    def launch(self) -> threading.Event:
        """Returns at once; the event is set when it is ready, or gone."""
        self.url = ""
        said = threading.Event()
        self.process = subprocess.Popen(
            [*self.program, "serve", "--config", self.config],
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **self.environment},
        )

        def read(stream: Any) -> None:
            with stream:
                for line in stream:
                    self.lines.append(line)
                    if "ready on http" in line:
                        self.url = line.rsplit(" ", 1)[1].strip()
                        said.set()
            said.set()

        self._readers.append(threading.Thread(target=read, args=(self.process.stderr,), daemon=True))
        self._readers[-1].start()
        return said

    def kill(self) -> None:
        """Kill -9: no time for anything."""
        assert self.process is not None
        self.process.kill()
        self._gone()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self._gone()

    def _gone(self) -> int:
        assert self.process is not None
        code = self.process.wait(LIMIT_S)
        self._readers[-1].join(LIMIT_S)
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    @property
    def said(self) -> str:
        """All of its standard error, of all its lives."""
        return "".join(self.lines)

    # ---- operators
    def client(self, login: str) -> httpx2.Client:
        """A signed-in program."""
        headers = {"authorization": f"Bearer {self.token(login)}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", timeout=LIMIT_S, verify=False, headers=headers)

    def token(self, login: str) -> str:
        """It outlives the daemon."""
        if login not in self._tokens:
            with httpx2.Client(timeout=LIMIT_S, verify=False) as client:
                answer = client.post(f"{self.url}/api/v1/login", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            self._tokens[login] = answer.json()["token"]
        return self._tokens[login]

    def call(self, login: str, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that must go well."""
        with self.client(login) as client:
            answer = client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def status(self, login: str, method: str, path: str, body: Any = None) -> int:
        with self.client(login) as client:
            return client.request(method, path, json=body).status_code

    def available(self, *logins: str) -> None:
        for login in logins:
            self.call(login, "PUT", "/presence", {"presence": "available"})

    def found(self, text: str, login: str = "root") -> list[Any]:
        """Matters that a search finds."""
        found: list[Any] = self.call(login, "GET", f"/conversations?q={text}")
        return found

    def offers(self, login: str) -> list[Any]:
        offers: list[Any] = self.call(login, "GET", "/desk")["offers"]
        return offers

    def offered(self, login: str) -> Any:
        """The first offer, once there is one."""
        return until(lambda: self.offers(login), "nothing is offered")[0]

    def accepted(self, login: str) -> tuple[str, int]:
        """Accept the first offer; its reference and work item."""
        offer = self.offered(login)
        self.call(login, "POST", f"/offers/{offer['offer_id']}/accept")
        return offer["item"]["reference"], offer["item"]["work_item_id"]

    @contextlib.contextmanager
    def screen(self, login: str) -> Iterator[Screen]:
        """The live socket of an operator's screen."""
        with connect(self.url.replace("http", "ws") + "/api/v1/events", proxy=None) as connection:
            connection.send(json.dumps({"type": "hello", "token": self.token(login)}))
            yield Screen(connection)

    # ---- customers
    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="client.example", timeout=LIMIT_S)

    def mail(self, subject: str, text: str = "Hello.", **headers: str) -> None:
        """Send a letter; returns after 250."""
        with self.smtp() as client:
            client.send_message(letter(subject, text, **headers))

    @contextlib.contextmanager
    def visitor(self, token: str = "", instance: str = "web") -> Iterator[Visitor]:
        """A page with the chat."""
        url = self.url.replace("http", "ws") + f"/channels/{instance}/ws"
        with connect(url, origin=self.url, proxy=None) as connection:  # type: ignore[arg-type]
            yield Visitor(connection, token)

    def call_event(self, kind: str, call_id: str, caller: str = "+493012345678", **changes: Any) -> Any:
        """A signed call event, as a telephone system posts it; ``post`` may be another way to post it."""
        post = changes.pop("post", None)
        stamp = str(int(time.time()) + changes.pop("age_s", 0))
        key = changes.pop("key", CALL_SECRET)
        facts = {
            "event_id": f"{call_id}-{kind}",
            "call_id": call_id,
            "type": kind,
            "from": caller,
            "to": "+49301",
            "at_ms": 1,
        }
        body = json.dumps(facts | changes).encode()
        content = b".".join((b"m1", stamp.encode(), body))
        mark = base64.b64encode(hmac.new(key.encode(), content, hashlib.sha256).digest()).decode()
        headers = {"webhook-id": "m1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{mark}"}
        if post is not None:
            return post("/channels/phone/events", body, headers)
        with httpx2.Client(timeout=LIMIT_S, verify=False) as client:
            return client.post(f"{self.url}/channels/phone/events", content=body, headers=headers)


def letter(subject: str, text: str = "Hello.", **headers: str) -> EmailMessage:
    """A letter; ``headers`` with underscores for hyphens."""
    message = EmailMessage()
    message["From"] = headers.pop("From", "Kim <kim@customer.example>")
    message["To"] = headers.pop("To", "service@shop.example")
    message["Subject"] = subject
    message["Message-ID"] = headers.pop("Message_ID", f"<{subject}@customer.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


class Screen:
    """What an operator's browser would show."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def cut(self) -> None:
        """The line breaks: no farewell, the other side gets a reset or nothing."""
        line = self._connection.socket
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.shutdown(socket.SHUT_RD)

    def desk(self, right: Callable[[Any], Any] = bool, limit_s: float = LIMIT_S) -> Any:
        """The next desk that shows it."""
        give_up = time.monotonic() + limit_s
        while True:
            frame = json.loads(self._connection.recv(timeout=max(0.0, give_up - time.monotonic())))
            if frame["type"] == "desk" and right(frame["desk"]):
                return frame["desk"]


class Visitor:
    """A customer's page."""

    def __init__(self, connection: ClientConnection, token: str) -> None:
        self._connection = connection
        self.say(type="hello", **({"token": token} if token else {}))
        self.welcome = self.hear("welcome")
        self.token: str = self.welcome["token"]

    def say(self, **frame: Any) -> None:
        self._connection.send(json.dumps(frame))

    def hear(self, kind: str) -> Any:
        while True:
            frame = json.loads(self._connection.recv(timeout=LIMIT_S))
            if frame["type"] == kind:
                return frame

    def write(self, message_id: str, text: str) -> None:
        """Returns after the ack."""
        self.say(type="message", id=message_id, text=text)
        self.hear("ack")


class Sink:
    """The mail server of the customers: keeps what the daemon sends."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self._came = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        return int(self._controller.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self._came:
            self.letters.append(envelope)
            self._came.notify_all()
        return "250 OK"

    def wait(self, number: int) -> list[Any]:
        """So many letters."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.letters) >= number, LIMIT_S), "no letter came"
        return self.letters

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
