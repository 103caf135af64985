"""Handoffs."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.model import HandoffKind


class HandoffRequested(Event, tag="handoff.requested", frozen=True, gc=False):
    """A handoff was proposed to a department or a person; the target item is queued by an event of its own."""

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
    kind: HandoffKind = HandoffKind.WARM
    to_operator_id: str = ""
    due_ms: int = 0
    lifted: bool = False
    """The sender's load is given back at once."""
    stage_id: str = ""
    """The stage that created it by itself as one of its tasks, with that title; nobody may have the matter then."""
    title: str = ""


class HandoffAccepted(Event, tag="handoff.accepted", frozen=True, gc=False):
    """Somebody has taken it.

    Of a transfer owner, queue and history move at once: the source is released, the target is assigned. Of a consult or
    a task only the target is assigned.
    """

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
    kind: HandoffKind = HandoffKind.WARM


class HandoffReturned(Event, tag="handoff.returned", frozen=True, gc=False):
    """Nobody took it in time, somebody refused it, or it cannot go on: the sender keeps it. The target is closed.

    ``reason`` is ``timeout``, ``declined`` (``by`` whom), ``left``, ``unable`` or ``contact_over``.
    """

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    reason: str
    at_ms: int
    by: str = ""


class HandoffCancelled(Event, tag="handoff.cancelled", frozen=True, gc=False):
    """The sender took it back, from ``operator_id`` if somebody worked on that part already. The target is closed."""

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    at_ms: int
    operator_id: str = ""


class HandoffAnswered(Event, tag="handoff.answered", frozen=True, gc=False):
    """A consult or a task has reported: the answer is the note ``interaction_id``; the target was closed before."""

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    operator_id: str
    interaction_id: int
    disposition: str
    at_ms: int
    by: str = ""


class HandoffOverdue(Event, tag="handoff.overdue", frozen=True, gc=False):
    """A task has not reported by its deadline; it goes on. ``operator_id`` has it, or nobody.

    ``stage_id``: the stage whose task it is.
    """

    handoff_id: int
    conversation_id: int
    from_operator_id: str
    operator_id: str
    at_ms: int
    stage_id: str = ""


class HandoffRefused(Event, tag="handoff.refused", frozen=True, gc=False):
    """A transfer was not made: ``ping_pong`` or ``hops``. The supervisors of both departments are told."""

    conversation_id: int
    source_item_id: int
    from_operator_id: str
    from_department_id: str
    to_department_id: str
    to_queue_id: str
    reason: str
    at_ms: int
    to_operator_id: str = ""
