"""Why work waits: counts by reason, what nobody has, what falls away next.

What lives here: pure reading of the live state; the words for people are put together at the end of the module.
"""

from __future__ import annotations

from collections.abc import Callable

from omniroute.api import views
from omniroute.api.reasons import duration, excluded_text, is_lacking, listed
from omniroute.core.model import ItemState, WorkItem
from omniroute.core.ranking import eligible_for, exclusions
from omniroute.core.state import State

ALL = "*"
"""As a skill that is dropped: every one."""
Called = Callable[[str], str]
"""What people call an operator, a department or a queue."""


def waiting(state: State, item: WorkItem, operator: Called) -> views.WaitingView:
    """Why a queued item waits, in parts."""
    counts, handoff = _counts(state, item), state.handoffs.get(item.handoff_id)
    return views.WaitingView(
        work_item_id=item.work_item_id,
        queue=item.queue_id,
        counts=counts,
        nobody_has=[str(one) for one in item.requirements if not state.roster.having(one)],
        nobody_can=sum(count for reason, count in counts.items() if is_lacking(reason)) == len(state.operators),
        held_for=operator(item.held_for) if item.held_for else "",
        hold_until_ms=item.hold_until_ms or (handoff.deadline_ms if handoff and item.held_for else 0),
        kept_free=operator(item.reserved_by) if item.reserved_by else "",
        next_step=_next_step(state, item),
    )


def _counts(state: State, item: WorkItem) -> dict[str, int]:
    """How many cannot have it now, by reason; whoever could waits for the queue to be matched."""
    one = state.waiting.class_of_item[item.work_item_id]
    counts, _ = exclusions(state, one)
    could = eligible_for(state, one).bit_count()
    return counts | ({"batch_window": could} if could else {})


def _next_step(state: State, item: WorkItem) -> views.NextStepView | None:
    """The next step of relaxation that changes something for the item, if one is due."""
    rule = state.queues.get(item.queue_id)
    if not item.relax_due_ms or rule is None or item.relaxed >= len(rule.relaxations):
        return None
    step, required = rule.relaxations[item.relaxed], {one.skill: one.level for one in item.requirements}
    return views.NextStepView(
        at_ms=item.relax_due_ms,
        drop=[skill for skill in required if skill in step.drop or ALL in step.drop],
        lower=[str(one) for one in step.lower if required.get(one.skill, 0) > one.level],
        departments=[one for one in step.departments if one not in (item.department_id, *item.departments)],
        queues=[one for one in step.queues if one not in item.queues],
        operators=[one for one in step.operators if one not in item.operators],
    )


# ---- words
def short_text(view: views.WaitingView) -> str:
    """For a row: what holds for all items that need the same."""
    others = {reason: count for reason, count in view.counts.items() if reason != "department"}
    if view.nobody_has:
        return listed((f"nobody has {' or '.join(view.nobody_has)}", excluded_text(others)))
    if view.nobody_can and others:
        return listed(("nobody could have it at any hour", excluded_text(others)))
    return excluded_text(others) or "nobody works in this department"


def whole_text(view: views.WaitingView, titles: Called, now_ms: int) -> str:
    """For whoever asks about one item: also for whom it is kept, and what changes next."""
    kept = f"kept for {view.held_for} for {duration(view.hold_until_ms - now_ms)} more" if view.held_for else ""
    free = f"{view.kept_free} is kept free for it" if view.kept_free else ""
    step = view.next_step
    return "; ".join(filter(None, (short_text(view), kept, free, step_text(step, titles, now_ms) if step else "")))


def step_text(step: views.NextStepView, titles: Called, now_ms: int) -> str:
    """What falls away next, and when."""
    changes = [f"requirement {skill} falls away" for skill in step.drop]
    changes += [f"{one} is enough" for one in step.lower]
    opened = [*step.departments, *step.queues, *step.operators]
    changes += [f"it opens to {listed(map(titles, opened))}"] if opened else []
    return f"{listed(changes)} in {duration(step.at_ms - now_ms)}" if changes else ""


def is_waiting(item: WorkItem) -> bool:
    """Whether there is a question at all."""
    return item.state is ItemState.QUEUED
