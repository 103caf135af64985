"""Overflow: what a queue cannot serve in time goes to another queue, or waits on as work for later.

What lives here: the rules of a queue, tried in their order, and the moments at which they are tried: on arrival, at
the exact deadlines in ``timing``, and when somebody leaves. Work of a running handoff and work that was diverted
already stays.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from omniroute.core import handoffs, reservations, sla, timing
from omniroute.core.calendars import is_open
from omniroute.core.estimates import estimate
from omniroute.core.events import ItemDiverted, OverflowPassed
from omniroute.core.model import ItemState, WorkItem
from omniroute.core.queueing import can_wait_for, move
from omniroute.core.rules import Overflow, OverflowCause, QueueRule
from omniroute.core.state import State
from omniroute.core.step import Applier, Step

ROUNDS_MAX = timing.OVERFLOWS_MAX
"""Rounds of overflow in one step; the check of a configuration refuses cycles, this bounds one that was not checked."""

UNSTAFFED_MAX = 256
"""Items of a queue that overflow in the step in which the last operator leaves; the others are due in the next ones."""

ON_ARRIVAL = (OverflowCause.LENGTH, OverflowCause.ESTIMATE, OverflowCause.UNSTAFFED)

# ---- decide


def on_closed_arrival(step: Step) -> None:
    """Work that arrives while its queue is closed does not wait for it to open, where a rule says so."""
    for _ in range(ROUNDS_MAX):
        moved = [item for item in _arrived(step) if _try(step, item, (OverflowCause.CLOSED,))]
        if not moved:
            return


def on_arrival(step: Step, match: Callable[[Step], None]) -> None:
    """What has arrived and found nobody may overflow, and is matched again where it has gone."""
    for _ in range(ROUNDS_MAX):
        moved = [item for item in _arrived(step) if _try(step, item, ON_ARRIVAL)]
        if not moved:
            return
        on_closed_arrival(step)
        match(step)


def _arrived(step: Step) -> list[WorkItem]:
    found = [step.state.items[item_id] for item_id in step.arrived if item_id in step.state.items]
    return [item for item in found if item.state is ItemState.QUEUED and item.queue_id in step.state.arrivals]


def on_leaving(step: Step) -> None:
    """Somebody is no longer there: what was kept for them is free, and what now has nobody may overflow."""
    state = step.state
    for operator_id in step.left:
        for item_id in state.waiting.held_for(operator_id):
            if not can_wait_for(state, operator_id, state.items[item_id]):
                handoffs.missed(step, operator_id, state.items[item_id])
        reservations.let_go(step, operator_id)
    step.left.clear()
    for rule in state.config.queues if state.arrivals else ():
        if any(one.cause is OverflowCause.UNSTAFFED for one in rule.overflows):
            _without_staff(step, rule)


def _without_staff(step: Step, rule: QueueRule) -> None:
    """The first of those for whom nobody is there any more; the others are due by then (`timing.strand`)."""
    state = step.state
    stranded = (state.items[item_id] for item_id in state.waiting.stranded(rule.queue_id))
    ready = (item for item in stranded if not timing.stays(item) and not timing.has_come(item, step.now_ms))
    for item in list(islice(ready, UNSTAFFED_MAX)):
        _try(step, item, (OverflowCause.UNSTAFFED,))


def fall_due(step: Step, work_item_id: int) -> None:
    """A limit of waiting or a closing instant has come, or the item is one of many whom the last operator has left.

    What has been set free in this very step is matched first: the deadline stands, and is the next to fire.
    """
    if work_item_id in step.queued:
        return
    item = step.state.items[work_item_id]
    waits = item.state is ItemState.QUEUED
    causes = ((OverflowCause.WAIT, OverflowCause.CLOSED), (OverflowCause.UNSTAFFED,))
    if not waits or not any(_try(step, item, those) for those in causes):
        step.emit(OverflowPassed(work_item_id))


def _try(step: Step, item: WorkItem, causes: tuple[OverflowCause, ...]) -> bool:
    """The first rule of one of these causes that holds is followed."""
    if timing.stays(item):
        return False
    for rule in step.state.queues[item.queue_id].overflows:
        if rule.cause in causes and _holds(step, item, rule):
            return _follow(step, item, rule)
    return False


def _holds(step: Step, item: WorkItem, rule: Overflow) -> bool:
    state = step.state
    match rule.cause:
        case OverflowCause.WAIT:
            return step.now_ms - item.enqueued_ms >= rule.limit
        case OverflowCause.LENGTH:
            return state.waiting.length(item.queue_id) > rule.limit
        case OverflowCause.ESTIMATE:
            guess = estimate(state, item)
            return guess is not None and guess.high_ms >= rule.limit
        case OverflowCause.UNSTAFFED:
            return not state.waiting.class_of_item[item.work_item_id].staff(state)
        case OverflowCause.CLOSED:
            calendar = state.calendars.get(state.queues[item.queue_id].calendar_id)
            return calendar is not None and not is_open(calendar, step.now_ms)


def _follow(step: Step, item: WorkItem, rule: Overflow) -> bool:
    cause = timing.OVERFLOW + rule.cause
    if rule.queue_id:
        if rule.queue_id not in step.state.queues or rule.queue_id == item.queue_id:
            return False
        move(step, item, rule.queue_id, cause)
    else:
        effect_id = step.state.counters.effect + 1
        step.emit(
            ItemDiverted(
                item.work_item_id, item.conversation_id, rule.outcome, cause, item.channel, step.now_ms, effect_id
            )
        )
        sla.diverted(step, step.state.conversations[item.conversation_id])
        step.arrived.pop(item.work_item_id, None)
    return True


# ---- apply


def apply_diverted(state: State, event: ItemDiverted) -> None:
    """It waits on at its place; nothing diverts it again."""
    item = state.items[event.work_item_id]
    if event.cause == timing.UNSTAFFED:
        timing.strand(state, item, event.at_ms)
    item.outcome = event.outcome
    item.overflow_due_ms = 0
    timing.index(state, item)
    state.counters.effect = event.effect_id


def apply_passed(state: State, event: OverflowPassed) -> None:
    """The next moment is due, or nothing until it waits again."""
    timing.pass_overflow(state, state.items[event.work_item_id])


APPLIERS: dict[type, Applier] = {ItemDiverted: apply_diverted, OverflowPassed: apply_passed}
