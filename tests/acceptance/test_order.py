"""Nobody is told before the disk has it: proven from outside, by the system calls of the real daemon.

Where strace is missing or may not trace, this says so, and fails where ``CI`` is set.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.acceptance import trace
from tests.acceptance.daemon import LIMIT_S, PROGRAM, Daemon, Visitor, letter, until
from tests.acceptance.trace import EarlyAcknowledgement, Trace
from websockets.sync.client import connect

pytestmark = pytest.mark.daemon

EACH = 6
"""Clients of each kind, all at once, so that their commits share syncs."""

TOO_EARLY = """
import asyncio
from omniroute.cli import main
from omniroute.journal.sqlite import SqliteJournal

durable, late = SqliteJournal.append, set()

async def append(journal, entries, writes=()):
    async def later():
        await asyncio.sleep(0.05)
        await durable(journal, entries, writes)

    late.add(asyncio.ensure_future(later()))

SqliteJournal.append = append
main()
"""


@pytest.fixture(scope="module", autouse=True)
def tracing() -> None:
    if reason := trace.missing():
        reason += "; the order of sync and acknowledgement was not proven"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@dataclass
class Clients:
    """They keep, for each acknowledged input, the word in it and the port that was told."""

    daemon: Daemon
    mails: list[tuple[str, int]] = field(default_factory=list)
    large_mails: list[tuple[str, int]] = field(default_factory=list)
    chats: list[tuple[str, int]] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)

    def mail(self, number: int) -> None:
        self._send(f"mail-{number}-word", "Hello.", self.mails)

    def large_mail(self, number: int) -> None:
        self._send(f"large-{number}-word", "A long story.\n" * 10_000, self.large_mails)

    def _send(self, word: str, text: str, log: list[tuple[str, int]]) -> None:
        with self.daemon.smtp() as client:
            assert client.sock is not None
            client.send_message(letter(word, text))
            log.append((word, client.sock.getsockname()[1]))

    def chat(self, number: int) -> None:
        url = self.daemon.url.replace("http", "ws") + "/channels/web/ws"
        with connect(url, origin=self.daemon.url, proxy=None, compression=None) as line:  # type: ignore[arg-type]
            word = f"chat-{number}-word"
            Visitor(line, "").write(word, word)
            self.chats.append((word, line.socket.getsockname()[1]))

    def call(self, number: int) -> None:
        """A call event, posted by hand so that its port is known."""
        word = f"call-{number}-word"
        self.daemon.call_event("offered", word, f"+4930{number:08}", post=lambda *it: self._post(word, *it))

    def work(self, _number: int = 0) -> None:
        """An operator accepts and answers, each under a key of its own, which is kept in the same commit."""
        self.daemon.available("ann")
        for number in range(EACH):
            offer = self.daemon.offered("ann")
            reference = offer["item"]["reference"]
            self._command(f"accept-{number}-word", f"/offers/{offer['offer_id']}/accept", None)
            self._command(f"note-{number}-word", f"/conversations/{reference}/notes", {"text": "Looked at it."})

    def _command(self, word: str, path: str, body: object) -> None:
        headers = {"authorization": f"Bearer {self.daemon.token('ann')}", "content-type": "application/json"}
        content = json.dumps(body).encode() if body else b""
        self._post(word, f"/api/v1{path}", content, headers | {"idempotency-key": word})

    def _post(self, word: str, path: str, content: bytes, headers: dict[str, str]) -> int:
        line = http.client.HTTPConnection("127.0.0.1", int(self.daemon.url.rsplit(":", 1)[1]), timeout=LIMIT_S)
        try:
            line.connect()
            port = line.sock.getsockname()[1]
            line.request("POST", path, content, headers)
            answer = line.getresponse()
            answer.read()
        finally:
            line.close()
        assert 200 <= answer.status < 300, answer.status
        self.requests.append((word, port))
        return answer.status

    def come(self, *kinds: Callable[[int], None]) -> None:
        """All at once."""
        threads = [threading.Thread(target=kind, args=(number,)) for kind in kinds for number in range(EACH)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_S)

    def prove(self, seen: Trace) -> int:
        """Every acknowledgement came after its sync; returns how many there were."""
        for word, port in self.mails:
            seen.prove(seen.logged(word), seen.sent(port, '"250 ', seen.sent(port, '"354 ').ended))
        for word, port in self.large_mails:
            seen.prove(seen.kept(word), seen.sent(port, '"250 ', seen.sent(port, '"354 ').ended))
        for word, port in self.chats:
            seen.prove(seen.logged(word), seen.sent(port, r"\"ack\""))
        for word, port in self.requests:
            seen.prove(seen.logged(word), seen.sent(port, '"HTTP/1.1 2'))
        return sum(map(len, (self.mails, self.large_mails, self.chats, self.requests)))


def traced(directory: Path, *program: str | Path) -> tuple[Daemon, Path]:
    daemon, output = Daemon(directory), directory / "trace.txt"
    daemon.program = [*trace.command(output), *program]
    return daemon, output


def finished(daemon: Daemon, output: Path) -> Trace:
    """The whole trace: strace outlives the daemon by a moment."""
    assert daemon.process is not None
    last = re.compile(rf"^{daemon.process.pid} +\+\+\+ exited", re.MULTILINE)
    until(lambda: last.search(output.read_text(errors="replace")))
    return Trace.read(output)


def test_every_acknowledgement_follows_the_sync_of_its_input(tmp_path: Path):
    daemon, output = traced(tmp_path, PROGRAM)
    with daemon:
        clients = Clients(daemon)
        clients.come(clients.mail, clients.large_mail, clients.chat, clients.call)
        clients.work()
        assert daemon.stop() == 0
        assert clients.prove(finished(daemon, output)) == 6 * EACH


@pytest.mark.parametrize("kind", ["mail", "chat", "call"])
def test_a_daemon_that_acknowledges_before_its_commit_is_found_out(tmp_path: Path, kind: str):
    launcher = tmp_path / "too_early.py"
    launcher.write_text(TOO_EARLY)
    daemon, output = traced(tmp_path, sys.executable, launcher)
    with daemon:
        clients = Clients(daemon)
        getattr(clients, kind)(1)
        until(lambda: "acknowledged at line" in found_out(clients, output), "it was not found out")


def found_out(clients: Clients, output: Path) -> str:
    """What the trace says so far."""
    try:
        clients.prove(Trace.read(output))
    except EarlyAcknowledgement as early:
        return str(early)
    return ""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((1, 2, 3, 4), ""),
        ((1, 2, 4, 3), "acknowledged at line"),
        ((1, 4, 2, 3), "acknowledged at line"),
        ((2, 1, 3, 4), "no sync"),
        ((1, 4), "no sync"),
        ((2, 3, 4), "no write"),
    ],
)
def test_a_trace_is_read_in_the_order_of_begin_and_end(tmp_path: Path, lines: tuple[int, ...], message: str):
    happened = {
        1: r'7 pwrite64(9</x/office.db-wal>, "\0\1word\0", 4096, 32) = 4096',
        2: "8 fdatasync(9</x/office.db-wal> <unfinished ...>",
        3: "8 <... fdatasync resumed>) = 0",
        4: r'7 sendto(5<socket:[1]>, "250 OK\r\n", 8, 0, NULL, 0) = 8',
    }
    start = "7 accept4(3<socket:[2]>, {sa_family=AF_INET, sin_port=htons(41000)}, [16], SOCK_CLOEXEC) = 5<socket:[1]>"
    output = tmp_path / "trace.txt"
    output.write_text("\n".join([start, *(happened[line] for line in lines)]) + "\n")
    seen = Trace.read(output)
    if not message:
        seen.prove(seen.logged("word"), seen.sent(41000, '"250 '))
        return
    with pytest.raises(EarlyAcknowledgement, match=message):
        seen.prove(seen.logged("word"), seen.sent(41000, '"250 '))
