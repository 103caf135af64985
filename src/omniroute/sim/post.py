"""Letters: what customers have sent, what they have got, and where it belongs.

What lives here: what the ways into the engine have in common. Who sends something once more sends the same words.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from omniroute.core.model import InteractionKind
from omniroute.sim import company
from omniroute.sim.channel import Letter
from omniroute.sim.ledger import Ledger
from omniroute.sim.options import Act

SESSIONS = (company.CHAT, company.PHONE)
MACHINES = 8
"""Of so many mails one is a machine's: somebody is away, or it could not be delivered."""


class Sent(NamedTuple):
    """A reply that reached its customer."""

    provider_id: str
    conversation_id: int
    customer: str
    key: str


def channel_of(customer: str) -> str:
    """Customers are named after the channel that they use."""
    return customer.split("-", 1)[0]


def _by_a_machine(own_id: str, kind: InteractionKind) -> bool:
    """Whether nobody has written this mail; follows from its id, so that a shortened history keeps it."""
    letter = kind is InteractionKind.MESSAGE and own_id.startswith(company.MAIL)
    return letter and zlib.crc32(own_id.encode()) % MACHINES == 0


class Post:
    """One for the whole run."""

    def __init__(self, ledger: Ledger) -> None:
        self.replies: list[Sent] = []
        self._ledger = ledger
        self._newest: dict[str, Sent] = {}
        self._letters: dict[str, Letter] = {}

    def answers_to(self, customer: str) -> tuple[str, ...]:
        """What the customer's next mail answers."""
        newest = self._newest.get(customer)
        return (newest.provider_id,) if newest and channel_of(customer) == company.MAIL else ()

    def letter(
        self,
        act: Act,
        kind: InteractionKind,
        key: str,
        fault: str,
        answers_to: tuple[str, ...],
        quotes: Sent | None,
        asks: str = "",
    ) -> Letter:
        """What an act hands in; ``key`` is that of its deduplication."""
        own_id = f"{act.who}/{kind}/{act.a}"
        letter = self._letters.get(own_id)
        if letter is None:
            letter = self._letters[own_id] = Letter(
                act.who,
                kind,
                f"Status {asks}" if asks else "words",
                own_id,
                (quotes.provider_id,) if quotes else answers_to,
                act.who if channel_of(act.who) in SESSIONS else "",
                automatic=not asks and _by_a_machine(own_id, kind),
                fault=fault,
                asks=asks,
            )
            self._expect(key, letter, quotes)
        return letter

    def _expect(self, key: str, letter: Letter, quotes: Sent | None) -> None:
        """Where it must go, and where it must not."""
        if letter.asks:
            self._ledger.questions.asks(key, letter.customer, letter.asks)
        elif quotes is not None and quotes.customer != letter.customer:
            self._ledger.strangers[key] = quotes.conversation_id
        elif quotes is None and letter.answers_to and not letter.fault:
            newest = self._newest[letter.customer]
            if self._ledger.ended(newest.key):
                self._ledger.belongs[key] = newest.conversation_id

    def arrived(self, key: str, conversation_id: int, customer: str) -> str:
        """A reply is with its customer; returns the provider's id of it."""
        sent = Sent(f"<{key}@here>", conversation_id, customer, key)
        self._newest[customer] = sent
        self.replies.append(sent)
        return sent.provider_id
