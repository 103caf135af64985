"""Everybody who decides something in the simulated world; while a recording is repeated, nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omniroute.channels.contract import Delivery
from omniroute.core import events as e
from omniroute.sim.customers import Customers
from omniroute.sim.faults import Trouble
from omniroute.sim.operators import Operators
from omniroute.sim.options import Act

if TYPE_CHECKING:
    from omniroute.sim.world import World


class Minds:
    """Customers, operators, and whoever makes trouble."""

    def __init__(self, world: World) -> None:
        self._customers = Customers(world)
        self._operators = Operators(world)
        self._trouble = Trouble(world)

    def start(self) -> None:
        """The day begins."""
        self._operators.start()
        self._customers.start()
        self._trouble.start()

    def calm_down(self) -> None:
        """The faults are over, nobody new comes."""
        self._operators.calm_down()

    def close_the_day(self) -> None:
        """Customers who still ring hang up, operators who are away come: asked for again and again."""
        self._customers.everybody_off()
        self._operators.come_back()

    def hear(self, events: Sequence[e.Event]) -> None:
        """Something is durable."""
        self._customers.hear(events)
        self._operators.hear(events)

    def refused(self, act: Act) -> None:
        """An input was not acknowledged."""
        self._customers.refused(act)

    def delivered(self, delivery: Delivery, customer: str) -> None:
        """Something reached a customer or the telephone system."""
        self._customers.delivered(delivery, customer)
