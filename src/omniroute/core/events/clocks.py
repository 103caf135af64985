"""Promises and their clocks."""

from __future__ import annotations

from omniroute.core.events.base import Event


class ClockStarted(Event, tag="clock.started", frozen=True, gc=False):
    """A promise to the customer begins to count."""

    conversation_id: int
    at_ms: int
    due_ms: int


class ClockEnded(Event, tag="clock.ended", frozen=True, gc=False):
    """Met, breached or cancelled, once."""

    conversation_id: int
    outcome: str
    at_ms: int
