"""Reservations: somebody is kept free for an item that smaller ones would push back for ever.

What lives here: an item that needs more room than others, or a person for itself alone, may wait while each unit that
becomes free goes to something smaller. Once it has waited for `CoreConfig.reserve_ms`, one operator who could have it
gets nothing of another size (reason ``reserved``), until what they hold has ended and the item fits. So waiting is
bounded for it as well (invariant 19), and work-conserving excludes the reserved by name (18).
"""

from __future__ import annotations

from omniroute.core import timing
from omniroute.core.bits import members
from omniroute.core.capacity import free_units
from omniroute.core.events import ItemReserved, ReservationEnded
from omniroute.core.model import ItemState, Operator, WorkItem
from omniroute.core.queueing import can_wait_for
from omniroute.core.state import State
from omniroute.core.step import Applier, Step

CANDIDATES_MAX = 1_000
"""Operators that are looked at."""

# ---- decide


def fall_due(step: Step, work_item_id: int) -> None:
    """It has waited long enough for somebody to be kept free; what was set free in this very step is matched first."""
    state, item = step.state, step.state.items[work_item_id]
    if work_item_id in step.queued:
        return
    if item.state is not ItemState.QUEUED:
        step.emit(ReservationEnded(work_item_id, 0))
        return
    operator_id = _whom(state, item)
    if operator_id:
        step.emit(ItemReserved(work_item_id, item.conversation_id, operator_id, step.now_ms))
    else:
        step.emit(ReservationEnded(work_item_id, step.now_ms + state.config.reserve_ms))


def _whom(state: State, item: WorkItem) -> str:
    """Who has most room already, among those who could have it and are kept free for nothing else; ties: smaller id."""
    one = state.waiting.class_of_item[item.work_item_id]
    there = one.able(state.roster) & state.roster.lane(state, one.lane).on_duty()
    rule = state.channels[item.channel]
    found = [state.roster.operators[slot] for slot in members(there, CANDIDATES_MAX)]
    ranked = [(-free_units(state, who, rule), who.operator_id) for who in found if _may(who, item)]
    return min(ranked)[1] if ranked else ""


def _may(operator: Operator, item: WorkItem) -> bool:
    return not operator.reserved_for and operator.capacity_units >= item.cost_units


def let_go(step: Step, operator_id: str) -> None:
    """The operator has left, or has other abilities: somebody else is kept free, if they cannot have the item."""
    operator = step.state.operators[operator_id]
    item = step.state.items.get(operator.reserved_for)
    if item is None:
        return
    if operator.capacity_units < item.cost_units or not can_wait_for(step.state, operator_id, item):
        step.emit(ReservationEnded(item.work_item_id, step.now_ms))


# ---- apply


def apply_reserved(state: State, event: ItemReserved) -> None:
    """The operator is kept free for it."""
    item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
    item.reserved_by, operator.reserved_for = event.operator_id, event.work_item_id
    item.reserve_due_ms = 0
    timing.index(state, item)
    state.roster.touch(event.operator_id)


def apply_ended(state: State, event: ReservationEnded) -> None:
    """It is looked at again, or when it waits again."""
    item = state.items[event.work_item_id]
    state.unreserve(item)
    item.reserve_due_ms = event.reserve_due_ms
    timing.index(state, item)


APPLIERS: dict[type, Applier] = {ItemReserved: apply_reserved, ReservationEnded: apply_ended}
