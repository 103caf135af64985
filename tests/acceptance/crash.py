"""Kill -9 at random moments of a working day; afterwards everything acknowledged is there, once, and nothing besides.

The quick run is a test (`test_crash.py`, ``OMNIROUTE_KILLS`` kills); the long run is
``python -m tests.acceptance.crash --kills 200 [--seed N]``. Customers write, chat and call; operators accept what they are
offered and answer it. All log every acknowledgement (SMTP 250, chat ack, HTTP 2xx); what was not acknowledged they send
again, as real ones do. The moment of the kill is drawn from the seed: at once after so many acknowledgements of one kind,
at any time, while it starts, and while it stops in order (with its last snapshot and the emptying of the log).
"""

from __future__ import annotations

import argparse
import random
import signal
import smtplib
import tempfile
import threading
from collections import Counter
from enum import StrEnum
from itertools import count
from pathlib import Path

import anyio
import httpx2
from tests.acceptance.daemon import LIMIT_S, Daemon, letter, until
from websockets.exceptions import WebSocketException

from omniroute.core import events as e
from omniroute.journal.codec import decode_event
from omniroute.journal.sqlite import SqliteJournal

FAILURES = (OSError, smtplib.SMTPException, httpx2.HTTPError, WebSocketException, EOFError)
KINDS = ("mail", "chat", "call")
START_S, WORK_S, STOP_S = 0.9, 1.0, 0.3
"""Within what time after its beginning a kill at any moment falls."""
CHECK_EVERY = 30
"""Kills after which what is new is looked for: a search goes back through some thousands of matters only."""


class Moment(StrEnum):
    """When it is killed."""

    ACKNOWLEDGED = "after an acknowledgement"
    ANY = "at any time"
    STARTING = "while it starts"
    STOPPING = "while it stops"


class Customers:
    """Clients of one kind, one after the other; ``acknowledged`` are the words by which each can be found."""

    def __init__(self, daemon: Daemon, kind: str) -> None:
        self.daemon = daemon
        self.kind = kind
        self.acknowledged: list[str] = []
        self.unsure: list[str] = []
        self.acks = threading.Condition()
        self._numbers = count(1)
        self._tokens: dict[str, str] = {}

    def run(self) -> None:
        """Until the daemon is gone."""
        try:
            for word in list(self.unsure):
                self._one(word)
            while True:
                word = f"{self.kind}-{next(self._numbers):05}x"
                self.unsure.append(word)
                self._one(word)
        except FAILURES:
            with self.acks:
                self.acks.notify_all()

    def _one(self, word: str) -> None:
        if not getattr(self, f"_{self.kind}")(word):
            return
        self.unsure.remove(word)
        with self.acks:
            self.acknowledged.append(word)
            self.acks.notify_all()

    def _mail(self, word: str) -> bool:
        with self.daemon.smtp() as client:
            client.send_message(letter(word, From=f"{word}@customer.example"))
        return True

    def _chat(self, word: str) -> bool:
        with self.daemon.visitor(self._tokens.get(word, "")) as page:
            self._tokens[word] = page.token
            page.write(word, word)
        return True

    def _call(self, word: str) -> bool:
        return self.daemon.call_event("offered", word, self.found_by(word)).status_code == 200

    def found_by(self, word: str) -> str:
        """What a matter can be found by."""
        return f"+4930{int(word[5:10]):08}" if self.kind == "call" else word


class Operator:
    """Accepts what is offered and answers it; an answer that was not acknowledged is sent again under its key."""

    def __init__(self, daemon: Daemon, login: str) -> None:
        self.daemon = daemon
        self.login = login
        self.accepted: list[tuple[str, int]] = []
        self.replied: list[tuple[str, str]] = []
        self.unsure: list[tuple[str, str]] = []
        self._numbers = count(1)

    def run(self) -> None:
        """Until the daemon is gone."""
        pause = threading.Event()
        try:
            with self.daemon.client(self.login) as client:
                client.put("/presence", json={"presence": "available"})
                for reference, word in list(self.unsure):
                    self._reply(client, reference, word)
                while True:
                    offers = client.get("/desk").json().get("offers", ())
                    for offer in offers:
                        self._accept(client, offer["item"]["reference"], offer["offer_id"])
                    pause.wait(0.0 if offers else 0.02)
        except FAILURES:
            return

    def _accept(self, client: httpx2.Client, reference: str, offer_id: int) -> None:
        if not client.post(f"/offers/{offer_id}/accept").is_success:
            return
        self.accepted.append((reference, offer_id))
        word = f"reply-{self.login}-{next(self._numbers):05}x"
        self.unsure.append((reference, word))
        self._reply(client, reference, word)

    def _reply(self, client: httpx2.Client, reference: str, word: str) -> None:
        answer = client.post(
            f"/conversations/{reference}/replies", json={"text": word}, headers={"idempotency-key": word}
        )
        if answer.is_success:
            self.replied.append((reference, word))
        if answer.is_success or answer.is_client_error:  # a call cannot be answered in writing
            self.unsure.remove((reference, word))


class Life:
    """All kinds of customers, and operators, on one daemon."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.directory = directory
        self.daemon = Daemon(directory)
        self.random = random.Random(seed)
        self.customers = {kind: Customers(self.daemon, kind) for kind in KINDS}
        self.operators = [Operator(self.daemon, login) for login in ("ann", "bob")]
        self.kills: Counter[Moment] = Counter()
        self.said = ""
        self._looked_for: set[str] = set()

    def live(self, moment: Moment | None) -> None:
        """Start, let people work, and kill at that moment (or stop in order)."""
        if moment is not None:
            self.kills[moment] += 1
        if moment is Moment.STARTING:
            self.daemon.launch().wait(self.random.uniform(0, START_S))
            self.daemon.kill()
            return
        self.daemon.start()
        for one in self.operators:
            self.daemon.token(one.login)  # signed in once, for all lives
        threads = [threading.Thread(target=one.run) for one in (*self.customers.values(), *self.operators)]
        for thread in threads:
            thread.start()
        self._end(moment)
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()

    def _end(self, moment: Moment | None) -> None:
        if moment is Moment.ANY:
            threading.Event().wait(self.random.uniform(0, WORK_S))
        else:
            self._some_work()
        if moment is None:
            assert self.daemon.stop() == 0
            return
        if moment is Moment.STOPPING:
            assert self.daemon.process is not None
            self.daemon.process.send_signal(signal.SIGTERM)
            threading.Event().wait(self.random.uniform(0, STOP_S))
        self.daemon.kill()

    def _some_work(self) -> None:
        """So many acknowledgements of one kind."""
        customers = self.customers[self.random.choice(KINDS)]
        wanted = len(customers.acknowledged) + self.random.randint(1, 12)
        with customers.acks:
            customers.acks.wait_for(lambda: len(customers.acknowledged) >= wanted, LIMIT_S)

    # ---- afterwards
    def look(self) -> None:
        """Every new matter that was acknowledged can be found, once."""
        self.daemon.start()
        for one in self.customers.values():
            self._check_customers(one)
        self.daemon.kill()

    def check(self) -> str:
        """Everything acknowledged is there exactly once, and nothing besides; says how much that is."""
        self.daemon.start()
        matters = sum(self._check_customers(one) for one in self.customers.values())
        accepts, replies = (
            sum(numbers) for numbers in zip(*(self._check_operator(one) for one in self.operators), strict=True)
        )
        assert self.daemon.call("root", "GET", "/quarantine") == []
        self.daemon.kill()
        opened, entries, snapshot_seq = anyio.run(audit, self.directory / "office.db")
        assert opened == matters, f"{opened} conversations for {matters} matters"
        inputs = sum(len(one.acknowledged) for one in self.customers.values())
        return (
            f"acknowledged: {inputs} inputs, {accepts} accepts, {replies} replies; {opened} conversations, none twice; "
            f"{entries} entries, the newest snapshot at {snapshot_seq}"
        )

    def _check_customers(self, customers: Customers) -> int:
        """How many matters there are: all that were acknowledged, and perhaps some that were not."""
        for word in customers.acknowledged:
            if word in self._looked_for:
                continue
            self._looked_for.add(word)
            text = customers.found_by(word)
            found = until(lambda text=text: self.daemon.found(text), f"{word} was acknowledged and is lost")  # type: ignore[misc]
            assert len(found) == 1, f"{word} is there {len(found)} times"
        unsure = [len(self.daemon.found(customers.found_by(word))) for word in customers.unsure]
        assert set(unsure) <= {0, 1}
        return len(customers.acknowledged) + sum(unsure)

    def _check_operator(self, operator: Operator) -> tuple[int, int]:
        for reference, offer_id in operator.accepted:
            decisions = self.daemon.call("root", "GET", f"/conversations/{reference}/explanation")["decisions"]
            outcomes = [(one["chosen"], one["outcome"]) for one in decisions if one["offer_id"] == offer_id]
            assert outcomes == [(operator.login.title(), "accepted")], f"offer {offer_id} of {reference}: {outcomes}"
        for reference, word in operator.replied + operator.unsure:
            entries = self.daemon.call("root", "GET", f"/conversations/{reference}")["entries"]
            times = [entry["text"] for entry in entries if entry["kind"] == "reply"].count(word)
            assert times <= 1, f"{word} is there {times} times"
            assert times or (reference, word) in operator.unsure, f"{word} was acknowledged and is lost"
        return len(operator.accepted), len(operator.replied)


async def audit(path: Path) -> tuple[int, int, int]:
    """By the record itself: conversations that were ever opened, entries, and the entry of the newest snapshot."""
    journal = SqliteJournal(path)
    await journal.open("the auditor")
    try:
        entries = await journal.read(0, journal.last_seq())
        snapshot = await journal.latest_snapshot()
    finally:
        await journal.close()
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    opened = sum(isinstance(decode_event(entry.data), e.ConversationOpened) for entry in entries)
    return opened, len(entries), snapshot.seq if snapshot else 0


def run(directory: Path, kills: int, seed: int) -> Life:
    """So many kills, each kind of moment in turn; ``said`` what was acknowledged, of which nothing is lost."""
    life = Life(directory, seed)
    try:
        for number in range(kills):
            life.live(list(Moment)[number % len(Moment)])
            if number % CHECK_EVERY == CHECK_EVERY - 1:
                life.look()
        life.live(None)
        life.said = life.check()
        return life
    finally:
        life.daemon.__exit__()


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, {wanted.kills} kills", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        life = run(Path(directory), wanted.kills, wanted.seed)
    for moment, number in life.kills.items():
        print(f"{number:5} kills {moment}")
    print(life.said)


if __name__ == "__main__":
    main()
