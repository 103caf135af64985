"""Parts: the question to another department, and the task with a deadline of its own.

What lives here: what happens to a consult or a task once somebody has it: its report, its deadline, and its end with
the matter. How it is asked for, accepted, refused and taken back is in ``handoffs``. Whoever has a part reads the whole
matter and writes notes; the customer is answered by the owner alone.
"""

from __future__ import annotations

from omniroute.core import handoffs, progress, sla
from omniroute.core.commands import CompleteItem
from omniroute.core.deadlines import Concern
from omniroute.core.events import HandoffAnswered, HandoffOverdue, ItemClosed, NoteAdded
from omniroute.core.model import Conversation, HandoffKind, WorkItem
from omniroute.core.state import State
from omniroute.core.step import Applier, Step
from omniroute.errors import Conflict, InvalidInput

# ---- decide


def answer(step: Step, item: WorkItem, command: CompleteItem) -> None:
    """The report: a note in the thread; whoever asked is told."""
    handoff = step.state.handoffs[item.part_of]
    if not command.note:
        raise InvalidInput("an answer is needed", "note")
    if handoff.kind is HandoffKind.TASK and not command.disposition:
        raise InvalidInput("a disposition is needed", "disposition")
    number, operator_id = step.state.counters.interaction + 1, item.operator_id
    step.emit(NoteAdded(number, item.conversation_id, command.by or operator_id, step.now_ms))
    step.emit(
        HandoffAnswered(
            handoff.handoff_id,
            handoff.conversation_id,
            item.work_item_id,
            handoff.from_operator_id,
            operator_id,
            number,
            command.disposition,
            step.now_ms,
            command.by,
        )
    )
    step.emit(
        ItemClosed(
            item.work_item_id,
            item.conversation_id,
            operator_id,
            item.state,
            command.disposition,
            "answered",
            step.now_ms,
            command.by,
        )
    )
    sla.left(step, step.state.conversations[item.conversation_id], item.work_item_id, "met")
    step.wake_operator(operator_id)
    handoffs.go_on(step, handoff)
    progress.task_answered(step, handoff)


def refuse_if_open(step: Step, matter: Conversation) -> None:
    """Raise `Conflict` while somebody still has a part of the matter, or is asked for it."""
    number = len(step.state.parts_of(matter))
    if number:
        raise Conflict(f"{number} questions or tasks of this matter are open: wait for the answer, or take them back")


def cancel_all(step: Step, matter: Conversation) -> None:
    """The matter ends without their reports."""
    for item in step.state.parts_of(matter):
        handoffs.withdraw(step, step.state.handoffs[item.part_of])


def fall_due(step: Step, handoff_id: int) -> None:
    """The task is late: whoever asked is told, once, and it goes on."""
    handoff = step.state.handoffs[handoff_id]
    holder_id = step.state.items[handoff.target_item_id].operator_id
    sender_id, stage_id = handoff.from_operator_id, handoff.stage_id
    step.emit(HandoffOverdue(handoff_id, handoff.conversation_id, sender_id, holder_id, step.now_ms, stage_id))
    progress.task_late(step, handoff)


# ---- apply


def apply_answered(state: State, event: HandoffAnswered) -> None:
    """It has ended; its item is closed by an event of its own."""
    handoff = handoffs.forget(state, event.handoff_id)
    if handoff.stage_id:
        state.conversations[event.conversation_id].tasks_done += 1


def apply_overdue(state: State, event: HandoffOverdue) -> None:
    """It is late from now on."""
    state.handoffs[event.handoff_id].overdue = True
    state.deadlines[Concern.HANDOFFS].clear(("task", event.handoff_id, ""))


APPLIERS: dict[type, Applier] = {HandoffAnswered: apply_answered, HandoffOverdue: apply_overdue}
