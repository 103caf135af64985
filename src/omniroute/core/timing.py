"""What happens to a waiting item by itself: relaxation, overflow, and the end of a reservation, as exact deadlines.

What lives here: setting and clearing these deadlines; appliers call it, so that they follow from the records and the
journalled configuration alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from omniroute.core.calendars import next_close_ms
from omniroute.core.deadlines import WAITING
from omniroute.core.model import QUEUED, WorkItem
from omniroute.core.rules import Calendar, OverflowCause, QueueRule, WrapUp

if TYPE_CHECKING:
    from omniroute.core.state import State


OVERFLOW = "overflow:"
"""What the recorded cause of an overflow begins with; the cause of the rule follows."""
UNSTAFFED = OVERFLOW + OverflowCause.UNSTAFFED
OVERFLOWS_MAX = 16
"""So often an item overflows to another queue; rules that lead in a circle end there, and it waits where it is."""


def stays(item: WorkItem) -> bool:
    """Whether the item does not overflow: work of a handoff, diverted work, and what has moved too often."""
    return bool(item.handoff_id or item.part_of or item.outcome) or item.overflowed >= OVERFLOWS_MAX


def matters_on_arrival(rule: QueueRule) -> bool:
    """Whether the queue may divert work at another moment than those that are known before."""
    return any(one.cause is not OverflowCause.WAIT for one in rule.overflows)


class Moments(NamedTuple):
    """What a queue does to waiting items by itself, prepared once for a configuration."""

    afters_ms: tuple[int, ...]
    """When each step of relaxation is due, after the item was enqueued."""
    wait_ms: int
    """The shortest limit of waiting; 0: none."""
    closes: Calendar | None
    """The calendar whose closing instants matter."""


def moments_of(rule: QueueRule, calendars: Mapping[str, Calendar]) -> Moments:
    """Prepare a queue."""
    waits = [one.limit for one in rule.overflows if one.cause is OverflowCause.WAIT]
    closes = any(one.cause is OverflowCause.CLOSED for one in rule.overflows)
    afters = tuple(step.after_ms for step in rule.relaxations)
    return Moments(afters, min(waits, default=0), calendars.get(rule.calendar_id) if closes else None)


def arm(state: State, item: WorkItem) -> None:
    """The item waits in its queue: from its age and the queue's rules follow its next moments."""
    moments = state.moments[item.queue_id]
    deadlines, number = state.deadlines[WAITING], item.work_item_id
    afters_ms = moments.afters_ms
    relax_ms = item.enqueued_ms + afters_ms[item.relaxed] if item.relaxed < len(afters_ms) else 0
    overflow_ms = 0
    if moments.closes is not None:
        overflow_ms = min(_overflow_moments(state, moments, item), default=0)
    elif moments.wait_ms and not stays(item):
        overflow_ms = _limit_ms(moments, item)
    if relax_ms != item.relax_due_ms:
        item.relax_due_ms = relax_ms
        deadlines.set(("relax", number, ""), relax_ms)
    if overflow_ms != item.overflow_due_ms and not has_come(item, state.now_ms):
        item.overflow_due_ms = overflow_ms
        deadlines.set(("overflow", number, ""), overflow_ms)
    if item.hold_until_ms:
        deadlines.set(("hold", number, ""), item.hold_until_ms)


def disarm(state: State, item: WorkItem) -> None:
    """The item does not wait any more."""
    if not (item.relax_due_ms or item.overflow_due_ms or item.hold_until_ms):
        item.held_for = ""
        return
    live, number = state.deadlines[WAITING].live, item.work_item_id
    if item.relax_due_ms:
        item.relax_due_ms = 0
        live.pop(("relax", number, ""), None)
    if item.overflow_due_ms:
        item.overflow_due_ms = 0
        live.pop(("overflow", number, ""), None)
    if item.hold_until_ms:
        item.hold_until_ms = 0
        live.pop(("hold", number, ""), None)
    item.held_for = ""


def wrap_up_due_ms(rule: QueueRule, at_ms: int) -> int:
    """When writing up that begins now has to be over: at once where there is none; 0 for no limit."""
    if rule.wrap_up is WrapUp.NONE:
        return at_ms
    return at_ms + rule.wrap_up_ms if rule.wrap_up_ms else 0


def index(state: State, item: WorkItem) -> None:
    """Enter the moments that the record names among the deadlines."""
    deadlines, number = state.deadlines[WAITING], item.work_item_id
    deadlines.set(("relax", number, ""), item.relax_due_ms)
    deadlines.set(("overflow", number, ""), item.overflow_due_ms)
    deadlines.set(("hold", number, ""), item.hold_until_ms)


def strand(state: State, item: WorkItem, at_ms: int) -> None:
    """A waiting item overflows because nobody is there for it: for all others of its queue the moment has come too.

    The first of them tells the others. The newest item, which overflows as soon as it comes, has none to tell: those
    before it overflowed when they came, or when the last operator left.
    """
    if item.work_item_id == state.counters.work_item or has_come(item, at_ms):
        return
    deadlines = state.deadlines[WAITING]
    for item_id in state.waiting.stranded(item.queue_id):
        other = state.items[item_id]
        if not stays(other) and not has_come(other, at_ms):
            other.overflow_due_ms = at_ms
            deadlines.set(("overflow", item_id, ""), at_ms)


def has_come(item: WorkItem, now_ms: int) -> bool:
    """Whether its moment of overflow is due; then it stands until it has fired."""
    return 0 < item.overflow_due_ms <= now_ms


def pass_overflow(state: State, item: WorkItem) -> None:
    """The moment of overflow came and the item stayed: the next one is due, where it waits."""
    waits = item.state is QUEUED
    moments = _overflow_moments(state, state.moments[item.queue_id], item) if waits else []
    item.overflow_due_ms = min((moment for moment in moments if moment > state.now_ms), default=0)
    state.deadlines[WAITING].set(("overflow", item.work_item_id, ""), item.overflow_due_ms)


def _overflow_moments(state: State, moments: Moments, item: WorkItem) -> list[int]:
    """The limit of waiting, and the closing instant; what comes back while the queue is closed overflows at once."""
    if stays(item):
        return []
    found = [_limit_ms(moments, item)] if moments.wait_ms else []
    closes_ms = next_close_ms(moments.closes, state.now_ms) if moments.closes else None
    return found if closes_ms is None else [*found, closes_ms]


def _limit_ms(moments: Moments, item: WorkItem) -> int:
    """When the item has waited for too long.

    The limit does not break a reservation: what was put aside for a day would never come back to its operator.
    """
    limit_ms = item.enqueued_ms + moments.wait_ms
    return max(item.hold_until_ms, limit_ms)
