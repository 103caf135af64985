"""Customers: they write, ring, lose patience, fall silent, come back, and try again when nobody acknowledges.

What lives here: who comes when, and what a customer does next. Each is named after the channel that they use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omniroute.channels.contract import Delivery
from omniroute.core import events as e
from omniroute.core.model import RUNNING, ContactState
from omniroute.sim import company
from omniroute.sim.options import Act
from omniroute.sim.post import channel_of

if TYPE_CHECKING:
    from omniroute.sim.world import World

HOUR_S = 3_600
LATE = 1_000_000
"""Numbers of late events, which are no other event's."""
LINKS = ("confirm", "confirm", "rate", "rate", "rate", "reopen")
KINDS = (company.MAIL,) * 5 + (company.CHAT,) * 3 + (company.PHONE,) * 2


class Customers:
    """All of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance
        self._known: list[str] = []
        self._written: dict[str, int] = {}
        self._calls: dict[str, str] = {}

    def start(self) -> None:
        """The first one comes."""
        self._world.think(self._chance.expovariate(self._world.options.arrivals / HOUR_S), self._arrive)

    def _arrive(self) -> None:
        self.start()
        again = self._known and self._chance.random() < 0.2
        if again:
            customer = self._chance.choice(self._known[-60:])
        else:
            customer = f"{self._chance.choice(KINDS)}-{len(self._known) + 1}"
            self._known.append(customer)
        if channel_of(customer) == company.PHONE:
            self._ring(customer)
        elif self._chance.random() < 0.1:
            self._ask(customer, self._chance.random() * 3)
        else:
            self._write(customer, self._chance.random() * 3)

    # ---- writing
    def _write(self, customer: str, in_s: float) -> None:
        """One message; sometimes it is sent twice, and sometimes it is a stranger's quotation."""
        chance, options = self._chance, self._world.options
        number = self._written[customer] = self._written.get(customer, 0) + 1
        broken = chance.randrange(1, 3) if chance.random() * 100 < options.garbage_percent else 0
        if channel_of(customer) == company.MAIL and chance.random() < 0.05:
            self._world.plan(in_s, "quote", customer, number, chance.randrange(1_000))
            return
        self._world.plan(in_s, "write", customer, number, broken)
        if chance.random() * 100 < options.duplicates_percent:
            gap_s = chance.choice((0.001, 20, 20)) * chance.random()
            self._world.plan(in_s + gap_s, "write", customer, number, broken)
        if channel_of(customer) == company.CHAT and chance.random() < 0.3:
            self._write(customer, in_s + chance.random() * 0.2)

    def _ask(self, customer: str, in_s: float) -> None:
        """Where a matter stands: on the page, or by a message, which sometimes comes twice."""
        number = self._written[customer] = self._written.get(customer, 0) + 1
        about = self._chance.randrange(3_000)
        if self._chance.random() < 0.3:
            self._world.plan(in_s, "code", customer, number, about)
            return
        self._world.plan(in_s, "ask", customer, number, about)
        if self._chance.random() * 100 < self._world.options.duplicates_percent:
            self._world.plan(in_s + 20 * self._chance.random(), "ask", customer, number, about)

    def refused(self, act: Act) -> None:
        """Nobody acknowledged it: once more, later."""
        self._world.plan(self._world.down_s() + 2 + self._chance.random() * 20, act.kind, act.who, act.a, act.b)

    # ---- calls
    def _ring(self, customer: str) -> None:
        if self._calls.get(customer):
            return
        number = self._written[customer] = self._written.get(customer, 0) + 1
        self._calls[customer] = "waiting"
        self._world.plan(0, "ring", customer, number)
        patience_s = self._chance.expovariate(1 / self._world.options.patience_s)
        self._world.think(patience_s + 5, lambda: self._lose_patience(customer, number))

    def _lose_patience(self, customer: str, number: int) -> None:
        if self._calls.get(customer) == "waiting" and self._written[customer] == number:
            self._over(customer, "leave")

    def _over(self, customer: str, kind: str) -> None:
        self._calls.pop(customer, None)
        number = self._written[customer]
        self._world.plan(0, kind, customer, number)
        if self._chance.random() < 0.2:  # events of a call may come in the wrong order
            self._world.plan(self._chance.random() * 5, "through", customer, number + LATE)

    # ---- what reaches them
    def hear(self, events: Sequence[e.Event]) -> None:
        """Some are asked whether their matter is done, and press a link, or two, or the same one twice."""
        for event in events:
            if isinstance(event, e.ConfirmationAsked) and not self._world.calm and self._chance.random() < 0.5:
                for _ in range(self._chance.randrange(1, 4)):
                    kind, in_s = self._chance.choice(LINKS), 1 + self._chance.random() * 150
                    self._world.plan(in_s, kind, "customer", event.conversation_id, self._chance.randrange(1_000))

    def delivered(self, delivery: Delivery, customer: str) -> None:
        """A reply, or an order to the telephone system."""
        chance = self._chance
        if delivery.order == "reply":
            if chance.random() < 0.5:
                self._write(customer, 3 + chance.random() * (30 if channel_of(customer) == company.CHAT else 400))
            elif chance.random() < 0.2:
                self._ask(customer, 2 + chance.random() * 100)
        elif delivery.order == "connect":
            self._connect(delivery.session_key)
        elif delivery.order == "divert" and chance.random() < 0.6:
            self._write(delivery.session_key or customer, 2 + chance.random() * 20)  # a voicemail, or some more words
        elif delivery.order == "part" and self._calls.get(delivery.session_key):
            self._over(delivery.session_key, "hang_up")

    def _connect(self, customer: str) -> None:
        chance, how = self._chance, self._chance.random()
        if not self._calls.get(customer) or how < 0.05:
            return
        number = self._written[customer]
        if how < 0.2:
            self._world.plan(1 + chance.random() * 6, "no_answer", customer, number * 100 + chance.randrange(100))
            return
        self._calls[customer] = "speaking"
        self._world.plan(1 + chance.random() * 4, "through", customer, number)
        if chance.random() < 0.6:
            self._world.think(10 + chance.random() * 120, lambda: self._hang_up(customer, number))

    def _hang_up(self, customer: str, number: int) -> None:
        if self._calls.get(customer) == "speaking" and self._written[customer] == number:
            self._over(customer, "hang_up")

    def everybody_off(self) -> None:
        """The day is over: whoever still rings or speaks hangs up."""
        for matter in self._world.state.conversations.values():
            if matter.contact in RUNNING:
                kind = "leave" if matter.contact is ContactState.WAITING else "hang_up"
                self._world.plan(0, kind, matter.session_key, 1_000_000 + self._world.steady_ms())
