"""Kill -9 at random moments while mail, chats and calls come in; afterwards everything acknowledged is there, once.

The quick run is a test (`test_crash.py`, ``OMNIROUTE_KILLS`` kills); the long run is
``python -m tests.acceptance.crash --kills 200 [--seed N]``. Clients log every acknowledgement (SMTP 250, chat ack,
HTTP 200); what was not acknowledged they send again, as real ones do. The moment of the kill is drawn from the seed:
after so many acknowledgements of one kind, at once.
"""

from __future__ import annotations

import argparse
import random
import smtplib
import tempfile
import threading
from itertools import count
from pathlib import Path

import httpx2
from tests.acceptance.daemon import Daemon, letter, until
from websockets.exceptions import WebSocketException

FAILURES = (OSError, smtplib.SMTPException, httpx2.HTTPError, WebSocketException, EOFError)
KINDS = ("mail", "chat", "call")


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
        number = f"+4930{int(word[5:10]):08}"
        return self.daemon.call_event("offered", word, number).status_code == 200

    def words(self) -> list[str]:
        """What each acknowledged matter can be found by."""
        if self.kind == "call":
            return [f"+4930{int(word[5:10]):08}" for word in self.acknowledged]
        return self.acknowledged


class Life:
    """All kinds of customers on one daemon."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.daemon = Daemon(directory)
        self.random = random.Random(seed)
        self.customers = {kind: Customers(self.daemon, kind) for kind in KINDS}

    def live(self, *, die: bool) -> None:
        """Start, let customers come, and kill at a moment of chance (or stop in order)."""
        self.daemon.start()
        threads = [threading.Thread(target=one.run) for one in self.customers.values()]
        victim = self.customers[self.random.choice(KINDS)]
        wanted = len(victim.acknowledged) + self.random.randint(1, 12)
        for thread in threads:
            thread.start()
        with victim.acks:
            victim.acks.wait_for(lambda: len(victim.acknowledged) >= wanted, 30)
        if die:
            self.daemon.kill()
        else:
            assert self.daemon.stop() == 0
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()

    def check(self) -> int:
        """Everything acknowledged is there exactly once; returns how much that is."""
        self.daemon.start()
        words = [word for one in self.customers.values() for word in one.words()]
        for word in words:
            found = until(lambda word=word: self.daemon.found(word), f"{word} was acknowledged and is lost")  # type: ignore[misc]
            assert len(found) == 1, f"{word} is there {len(found)} times"
        assert self.daemon.call("root", "GET", "/quarantine") == []
        self.daemon.kill()
        return len(words)


def run(directory: Path, kills: int, seed: int) -> int:
    """So many kills; returns the number of acknowledged matters, of which none is lost."""
    life = Life(directory, seed)
    try:
        for _ in range(kills):
            life.live(die=True)
        life.live(die=False)
        return life.check()
    finally:
        life.daemon.__exit__()


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, {wanted.kills} kills")
    with tempfile.TemporaryDirectory() as directory:
        print(f"{run(Path(directory), wanted.kills, wanted.seed)} acknowledged, none lost, none twice")


if __name__ == "__main__":
    main()
