"""What an order system is: it carries orders out, and is told when one has changed.

A plugin *registers* objects through the hook ``omniroute_order_systems`` (`omniroute.hookspecs`); a kind names one with
``order_system``. The outbox calls `OrderSystem.changed` at least once for each change, under the same key, in order for
each order, with retries, back-off and dead letters. The way back is ``POST /orders/{reference}/stage``.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class OrderLineChange(msgspec.Struct, frozen=True, kw_only=True):
    """So many of something, each for ``unit_minor`` minor units of the order's currency."""

    sku: str
    text: str
    quantity: int
    unit_minor: int


class OrderChange(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is when it is told; ``what`` has changed: ``lines`` or ``stage``.

    ``key`` is stable over all attempts: the other side knows a repetition by it. ``stage`` is where the order stood
    when it changed at ``at_ms``, while lines and total are the newest. Without lines ``currency`` is empty.
    """

    key: str
    what: str
    reference: str
    conversation_id: int
    stage: str
    at_ms: int
    currency: str = ""
    lines: tuple[OrderLineChange, ...] = ()
    total_minor: int = 0


class OrderSystem(Protocol):
    """One system that carries orders out."""

    @property
    def name(self) -> str:
        """The name in the configuration: ``order_system = "erp"``."""
        ...

    async def changed(self, order: OrderChange) -> None:
        """Take it over; returning means that the other side has.

        Raises `DeliveryDeferred` (try again) or `DeliveryRefused` (never will). Called several times at once for
        different orders; for one order one after the other. It is cancelled when it takes too long.
        """
        ...
