"""What happens to a waiting item by itself: relaxation, overflow, and the end of a reservation, as exact deadlines.

What lives here: setting and clearing these deadlines; appliers call it, so that they follow from the records and the
journalled configuration alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omniroute.core.calendars import is_open, next_close_ms
from omniroute.core.deadlines import Concern
from omniroute.core.model import OverflowCause, QueueRule, WorkItem

if TYPE_CHECKING:
    from omniroute.core.state import State


def matters_on_arrival(rule: QueueRule) -> bool:
    """Whether the queue may divert work at another moment than those that are known before."""
    return any(one.cause is not OverflowCause.WAIT for one in rule.overflows)


def arm(state: State, item: WorkItem) -> None:
    """The item waits in its queue: from its age and the queue's rules follow its next moments."""
    rule = state.queues[item.queue_id]
    steps = rule.relaxations
    before = item.relax_due_ms, item.overflow_due_ms
    item.relax_due_ms = item.enqueued_ms + steps[item.relaxed].after_ms if item.relaxed < len(steps) else 0
    item.overflow_due_ms = _overflow_due_ms(state, rule, item) if rule.overflows else 0
    if item.hold_until_ms or before != (item.relax_due_ms, item.overflow_due_ms):
        index(state, item)


def disarm(state: State, item: WorkItem) -> None:
    """The item does not wait any more."""
    if item.relax_due_ms or item.overflow_due_ms or item.hold_until_ms:
        item.relax_due_ms = item.overflow_due_ms = item.hold_until_ms = 0
        index(state, item)
    item.held_for = ""


def index(state: State, item: WorkItem) -> None:
    """Enter the moments that the record names among the deadlines."""
    deadlines, number = state.deadlines[Concern.WAITING], item.work_item_id
    deadlines.set(("relax", number, ""), item.relax_due_ms)
    deadlines.set(("overflow", number, ""), item.overflow_due_ms)
    deadlines.set(("hold", number, ""), item.hold_until_ms)


def _overflow_due_ms(state: State, rule: QueueRule, item: WorkItem) -> int:
    """The earliest wait limit, or closing instant; handed-over and diverted work does not overflow."""
    if item.handoff_id or item.outcome:
        return 0
    moments = [item.enqueued_ms + one.limit for one in rule.overflows if one.cause is OverflowCause.WAIT]
    calendar = state.calendars.get(rule.calendar_id)
    if calendar and any(one.cause is OverflowCause.CLOSED for one in rule.overflows):
        moments.append((next_close_ms(calendar, state.now_ms) or 0) if is_open(calendar, state.now_ms) else 0)
    return min((moment for moment in moments if moment), default=0)
