"""Orders: their lines, and what the system that carries them out is told."""

from __future__ import annotations

from omniroute.core.events.base import Event


class OrderLinesSet(Event, tag="order.lines_set", frozen=True, gc=False):
    """A matter has other order lines, so many; what they hold stands beside the journal."""

    conversation_id: int
    lines: int
    at_ms: int
    by: str = ""


class OrderChanged(Event, tag="order.changed", frozen=True, gc=False):
    """The ``lines`` of an order or its ``stage`` are others: its order ``system`` is told through the outbox."""

    conversation_id: int
    effect_id: int
    system: str
    what: str
    stage_id: str
    at_ms: int
