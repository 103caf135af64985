"""What happened to work that waits."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.rules import Requirement


class ItemQueued(Event, tag="work_item.queued", frozen=True, gc=False):
    """New work waits."""

    work_item_id: int
    conversation_id: int
    queue_id: str
    department_id: str
    channel: str
    cost_units: int
    priority: int
    rank_ms: int
    requirements: tuple[Requirement, ...]
    at_ms: int
    handoff_id: int = 0
    own: tuple[Requirement, ...] = ()
    preferred: tuple[Requirement, ...] = ()
    enqueued_ms: int = 0
    """Since when it waits, where that is earlier than ``at_ms``."""
    held_for: str = ""
    hold_until_ms: int = 0
    expected_ms: int = 0
    """The expected handling time, on which the rank may depend."""
    failed_policy: str = ""


class ItemReturned(Event, tag="work_item.returned", frozen=True, gc=False):
    """Its operator gave it back, or lost it with the lease (reason ``lease``); it waits again at its old place."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
    backoff_until_ms: int = 0
    by: str = ""


class ItemRelaxed(Event, tag="work_item.relaxed", frozen=True, gc=False):
    """It has waited long enough for ``step`` (from 1): from now on this is required, and these may have it too."""

    work_item_id: int
    conversation_id: int
    step: int
    requirements: tuple[Requirement, ...]
    departments: tuple[str, ...]
    queues: tuple[str, ...]
    operators: tuple[str, ...]
    at_ms: int


class ItemMoved(Event, tag="work_item.moved", frozen=True, gc=False):
    """It waits in another queue from now on, at its age. ``cause`` is ``requeue`` or ``overflow:…``."""

    work_item_id: int
    conversation_id: int
    from_queue_id: str
    queue_id: str
    department_id: str
    rank_ms: int
    requirements: tuple[Requirement, ...]
    preferred: tuple[Requirement, ...]
    cause: str
    at_ms: int
    reason: str = ""
    by: str = ""
    failed_policy: str = ""


class ItemDiverted(Event, tag="work_item.diverted", frozen=True, gc=False):
    """Its queue cannot serve it in time: the customer is told ``outcome``; it waits on as work for later."""

    work_item_id: int
    conversation_id: int
    outcome: str
    cause: str
    channel: str
    at_ms: int
    effect_id: int


class ItemReserved(Event, tag="work_item.reserved", frozen=True, gc=False):
    """Smaller work has pushed it back for long: the operator gets nothing of another size until it has somebody."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int


class ReservationEnded(Event, tag="work_item.reservation_ended", frozen=True, gc=False):
    """Who was kept free for it has left, or cannot have it any more."""

    work_item_id: int
    operator_id: str
    at_ms: int


class OverflowPassed(Event, tag="work_item.overflow_passed", frozen=True, gc=False):
    """A moment at which it might have overflowed has passed: it did not wait, or no rule held."""

    work_item_id: int


class HoldEnded(Event, tag="work_item.hold_ended", frozen=True, gc=False):
    """It need not wait for one operator any more."""

    work_item_id: int


class BackoffEnded(Event, tag="work_item.backoff_ended", frozen=True, gc=False):
    """The operator may be offered the item again."""

    work_item_id: int
    operator_id: str


class BatchOpened(Event, tag="batch.opened", frozen=True, gc=False):
    """Work of a queue with a batch policy is collected until ``due_ms``, then matched at once."""

    queue_id: str
    at_ms: int
    due_ms: int


class BatchClosed(Event, tag="batch.closed", frozen=True, gc=False):
    """The collecting is over; ``items`` were looked at, of ``waiting``."""

    queue_id: str
    at_ms: int
    items: int = 0
    waiting: int = 0
