"""Reservations: somebody is kept free for an item that smaller ones would push back for ever.

What lives here: an item that needs more room than others, or a person for itself alone, may wait while each unit that
becomes free goes to something smaller. So whoever becomes free in part, and whose oldest work does not fit though it
has waited for `CoreConfig.reserve_ms`, is kept free for it: they get nothing of another size (reason ``reserved``)
until what they hold has ended and it fits. That bounds its waiting as well (invariant 19); work-conserving excludes
the reserved by name (18). There is no timer: nobody who finishes nothing could be kept free.
"""

from __future__ import annotations

from omniroute.core.events import ItemReserved, ReservationEnded
from omniroute.core.model import Operator, WorkItem
from omniroute.core.queueing import can_wait_for
from omniroute.core.roster import LaneKey
from omniroute.core.state import State
from omniroute.core.step import Applier, Step

TOO_SMALL = ("capacity", "exclusive")
"""What ends when the operator finishes what they hold."""

# ---- decide


def claim(step: Step, slot: int, best: tuple[int, int] | None) -> bool:
    """Keep an operator free for their oldest work, if that is due and comes before the ``best`` that fits."""
    state = step.state
    operator = state.roster.operators[slot]
    oldest = state.waiting.first_for(operator, _closed(state, slot))
    if oldest is None or (best is not None and best < oldest):
        return False
    item = state.items[oldest[1]]
    if not _is_due(step, item) or operator.capacity_units < item.cost_units:
        return False
    step.emit(ItemReserved(item.work_item_id, item.conversation_id, operator.operator_id, step.now_ms))
    return True


def _closed(state: State, slot: int) -> list[LaneKey]:
    """The lanes in which the operator lacks nothing but room."""
    lanes = state.roster.lanes
    return [key for key in state.waiting.heads if key in lanes and lanes[key].of[slot] in TOO_SMALL]


def _is_due(step: Step, item: WorkItem) -> bool:
    return not item.reserved_by and step.now_ms - item.enqueued_ms >= step.state.config.reserve_ms


def let_go(step: Step, operator_id: str) -> None:
    """The operator has left, or has other abilities: they are kept free no longer, if they cannot have the item."""
    operator = step.state.operators[operator_id]
    item = step.state.items.get(operator.reserved_for)
    if item is not None and not _can_have(step.state, operator, item):
        step.emit(ReservationEnded(item.work_item_id, operator_id, step.now_ms))


def _can_have(state: State, operator: Operator, item: WorkItem) -> bool:
    return operator.capacity_units >= item.cost_units and can_wait_for(state, operator.operator_id, item)


# ---- apply


def apply_reserved(state: State, event: ItemReserved) -> None:
    """The operator is kept free for it."""
    item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
    item.reserved_by, operator.reserved_for = event.operator_id, event.work_item_id
    state.roster.touch(event.operator_id)


def apply_ended(state: State, event: ReservationEnded) -> None:
    """Nobody is kept free for it."""
    state.unreserve(state.items[event.work_item_id])


APPLIERS: dict[type, Applier] = {ItemReserved: apply_reserved, ReservationEnded: apply_ended}
