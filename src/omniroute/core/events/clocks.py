"""Promises and their clocks. ``name`` says which of the matter's clocks (`model.Clock`)."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.rules import Requirement


class ClockStarted(Event, tag="clock.started", frozen=True, gc=False):
    """A promise begins to count. ``next_ms`` 0: nothing happens before the deadline."""

    conversation_id: int
    at_ms: int
    due_ms: int
    name: str = "first_response"
    sla_id: str = ""
    calendar_id: str = ""
    length_ms: int = 0
    next_ms: int = 0


class ClockEnded(Event, tag="clock.ended", frozen=True, gc=False):
    """Met, breached or cancelled, once."""

    conversation_id: int
    outcome: str
    at_ms: int
    name: str = "first_response"


class ClockPaused(Event, tag="clock.paused", frozen=True, gc=False):
    """It stands still: the matter waits for the ``customer``, or for a ``part``."""

    conversation_id: int
    name: str
    waits_for: str
    at_ms: int


class ClockResumed(Event, tag="clock.resumed", frozen=True, gc=False):
    """It goes on; what has passed since it was paused does not count."""

    conversation_id: int
    name: str
    at_ms: int
    due_ms: int
    next_ms: int


class ClockRetargeted(Event, tag="clock.retargeted", frozen=True, gc=False):
    """Another promise holds (another policy, calendar, priority, queue); what has passed, and its pauses, stay."""

    conversation_id: int
    name: str
    sla_id: str
    calendar_id: str
    length_ms: int
    due_ms: int
    next_ms: int
    at_ms: int


class ClockEscalated(Event, tag="clock.escalated", frozen=True, gc=False):
    """So many percent of the time have passed, and this is done once; 100 is the breach.

    ``notify`` are operators, and departments whose supervisors are told, as ``department:NAME``. What is done to the
    matter and its work are events of their own. ``effect_id`` is that of the ``webhook``, 0 without one.
    """

    conversation_id: int
    name: str
    sla_id: str
    percent: int
    at_ms: int
    next_ms: int
    notify: tuple[str, ...] = ()
    webhook: str = ""
    effect_id: int = 0


class ClocksReviewed(Event, tag="clock.reviewed", frozen=True, gc=False):
    """The promises of a matter follow the present configuration, whose number ``config`` is."""

    conversation_id: int
    config: int


class MatterPrioritized(Event, tag="conversation.prioritized", frozen=True, gc=False):
    """Its priority or its customer's tier is another. ``cause`` is ``operator`` or the escalation's policy."""

    conversation_id: int
    priority: int
    tier: str
    cause: str
    at_ms: int
    by: str = ""


class ItemRanked(Event, tag="work_item.ranked", frozen=True, gc=False):
    """It has another place in its queue: its priority has changed, or the promise that its place follows."""

    work_item_id: int
    conversation_id: int
    priority: int
    rank_ms: int
    failed_policy: str = ""


class ItemRequired(Event, tag="work_item.required", frozen=True, gc=False):
    """An escalation has changed what it requires, or who may have it."""

    work_item_id: int
    conversation_id: int
    own: tuple[Requirement, ...]
    requirements: tuple[Requirement, ...]
    departments: tuple[str, ...]
    queues: tuple[str, ...]
    operators: tuple[str, ...]
    at_ms: int
