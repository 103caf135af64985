"""Handoffs."""

from __future__ import annotations

from omniroute.core.events.base import Event


class HandoffRequested(Event, tag="handoff.requested", frozen=True, gc=False):
    """A transfer was proposed to a department; the target item is queued by an event of its own."""

    handoff_id: int
    conversation_id: int
    source_item_id: int
    target_item_id: int
    from_operator_id: str
    from_department_id: str
    to_department_id: str
    to_queue_id: str
    at_ms: int
    deadline_ms: int
    by: str = ""


class HandoffAccepted(Event, tag="handoff.accepted", frozen=True, gc=False):
    """Owner, queue and history move at once: the source is released, the target is assigned."""

    handoff_id: int
    conversation_id: int
    source_item_id: int
    target_item_id: int
    offer_id: int
    from_operator_id: str
    operator_id: str
    channel: str
    at_ms: int
    effect_id: int = 0


class HandoffReturned(Event, tag="handoff.returned", frozen=True, gc=False):
    """Nobody took it in time (or it cannot go on): the sender keeps it, with the reason. The target is closed."""

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    reason: str
    at_ms: int


class HandoffCancelled(Event, tag="handoff.cancelled", frozen=True, gc=False):
    """The sender took it back. The target is closed."""

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    at_ms: int
