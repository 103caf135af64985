"""Relaxation: what an item requires widens with its waiting, step by step, at exact moments."""

from __future__ import annotations

from omniroute.core import timing
from omniroute.core.events import ItemRelaxed
from omniroute.core.model import ItemState
from omniroute.core.rules import Relaxation, Requirement
from omniroute.core.state import State
from omniroute.core.step import Applier, Step

EVERY_SKILL = "*"
"""In ``drop``: whatever is required."""

# ---- decide


def relax(step: Step, work_item_id: int) -> None:
    """The next step is due. Who is offered the item at that moment stays able: a step only widens."""
    item = step.state.items[work_item_id]
    rule = step.state.queues[item.queue_id].relaxations[item.relaxed]
    step.emit(
        ItemRelaxed(
            work_item_id,
            item.conversation_id,
            item.relaxed + 1,
            widened(item.requirements, rule),
            joined(item.departments, rule.departments),
            joined(item.queues, rule.queues),
            joined(item.operators, rule.operators),
            step.now_ms,
        )
    )
    if item.state is ItemState.QUEUED:
        step.wake_item(work_item_id)


def widened(required: tuple[Requirement, ...], rule: Relaxation) -> tuple[Requirement, ...]:
    """What is still required after a step."""
    if EVERY_SKILL in rule.drop:
        return ()
    lower = {one.skill: one.level for one in rule.lower}
    kept = [one for one in required if one.skill not in rule.drop]
    return tuple([Requirement(one.skill, min(one.level, lower.get(one.skill, one.level))) for one in kept])


def joined(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Both, in order, each once."""
    return tuple(sorted({*known, *more})) if more else known


# ---- apply


def apply_relaxed(state: State, event: ItemRelaxed) -> None:
    """It asks for less, or of more people."""
    item = state.items[event.work_item_id]
    with state.rekeyed(item):
        item.requirements, item.relaxed = event.requirements, event.step
        item.departments, item.queues, item.operators = event.departments, event.queues, event.operators
    timing.arm(state, item)


APPLIERS: dict[type, Applier] = {ItemRelaxed: apply_relaxed}
