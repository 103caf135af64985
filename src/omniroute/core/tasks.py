"""Tasks of a stage: entering it asks other queues for their part, without anybody's hand.

What lives here: their creation, and which of them are open. They are handoffs of the kind ``task`` that report back
like any other; but they wait until somebody has time, whoever has the matter may do them as well, and where nobody has
it they are sent all the same, in nobody's name, so that none is lost or late for that. How the matter goes on when they
are done or late is in ``progress``.
"""

from __future__ import annotations

from omniroute.core import sla
from omniroute.core.calendars import add_ms
from omniroute.core.events import HandoffRequested, ItemQueued
from omniroute.core.model import Conversation, Handoff, HandoffKind, WorkItem
from omniroute.core.queueing import queue_item
from omniroute.core.rules import StageTask
from omniroute.core.stages import present
from omniroute.core.state import State
from omniroute.core.step import Step
from omniroute.core.targets import ALWAYS

PART_COST_UNITS = 1
"""What a consult or a task takes of its operator's capacity at most: it is read and written, whatever the channel."""

# ---- decide


def create(step: Step, matter: Conversation) -> None:
    """The tasks of the present stage, each once; one that is still open of an earlier time is not asked for again."""
    stage = present(step.state, matter)
    asked = {(one.to_queue_id, one.title) for one in open_of(step.state, matter, stage.stage_id)}
    for task in stage.tasks:
        if (task.queue_id, task.title) not in asked:
            _ask(step, _source(step, matter), stage.stage_id, task)


def open_of(state: State, matter: Conversation, stage_id: str) -> list[Handoff]:
    """The open tasks that a stage of the matter has created."""
    parts = [state.handoffs[item.part_of] for item in state.parts_of(matter)]
    return [one for one in parts if one.stage_id == stage_id]


def _source(step: Step, matter: Conversation) -> WorkItem:
    """The owner's work on the matter; where nobody owns it what waits, and where nothing does, it waits from now on."""
    if not step.state.work_of(matter):
        queue_item(step, matter)
    work = step.state.work_of(matter)
    return next((one for one in work if matter.owner_id and one.operator_id == matter.owner_id), work[0])


def _ask(step: Step, source: WorkItem, stage_id: str, task: StageTask) -> None:
    state, rule = step.state, step.state.queues[task.queue_id]
    target_id, handoff_id = state.counters.work_item + 1, state.counters.handoff + 1
    step.emit(
        ItemQueued(
            target_id,
            source.conversation_id,
            rule.queue_id,
            rule.department_id,
            source.channel,
            min(source.cost_units, PART_COST_UNITS),
            source.priority,
            source.rank_ms,
            rule.requirements,
            step.now_ms,
            handoff_id,
            preferred=rule.preferred,
        )
    )
    step.emit(
        HandoffRequested(
            handoff_id,
            source.conversation_id,
            source.work_item_id,
            target_id,
            state.conversations[source.conversation_id].owner_id,
            source.department_id,
            rule.department_id,
            rule.queue_id,
            step.now_ms,
            0,
            kind=HandoffKind.TASK,
            due_ms=due_ms(state, task, step.now_ms),
            stage_id=stage_id,
            title=task.title,
        )
    )
    sla.handed(step, state.handoffs[handoff_id])
    step.wake_item(target_id)


def due_ms(state: State, task: StageTask, now_ms: int) -> int:
    """When the task is to be done, if it is asked for now; 0: whenever."""
    calendar = state.calendars.get(state.queues[task.queue_id].calendar_id, ALWAYS)
    return add_ms(calendar, now_ms, task.due_ms) if task.due_ms else 0


# ---- apply


def fail(state: State, handoff: Handoff) -> None:
    """It has come to nothing: its stage is not over by itself any more."""
    matter = state.conversations[handoff.conversation_id]
    if handoff.stage_id and handoff.stage_id not in matter.undone:
        matter.undone = (*matter.undone, handoff.stage_id)


def asked(state: State, handoff: Handoff) -> None:
    """What has come to nothing before is asked for anew."""
    matter = state.conversations[handoff.conversation_id]
    if handoff.stage_id in matter.undone:
        matter.undone = tuple([one for one in matter.undone if one != handoff.stage_id])
