"""Progress: a matter goes from stage to stage, by hand or by what is said, and its fields are filled in.

What lives here: the decisions. Whatever brings a matter into another stage ends in `entered`: clocks stand still or go
on, and the customer is told.
"""

from __future__ import annotations

from omniroute.core import notices, orders, queueing, sla, tasks
from omniroute.core.commands import ChangeStage, SetFields
from omniroute.core.events import FieldsSet, StageChanged, StageEntered
from omniroute.core.model import RECEIVED, Conversation, Handoff
from omniroute.core.queueing import queue_item
from omniroute.core.rules import Stage, StageRule
from omniroute.core.stages import kind_of, missing, present, stage_named
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import CONVERSATION, advance
from omniroute.errors import Conflict, InvalidInput

FIELDS_MAX = 100
"""Fields of one matter."""
FIELD_CHARS_MAX = 64

# ---- decide


def change(step: Step, command: ChangeStage) -> None:
    """Take a matter to another stage that its present one leads to; done is declared by finishing the work."""
    matter = step.state.conversation(command.conversation_id)
    rule, stage = kind_of(step.state, matter), present(step.state, matter)
    wanted = stage_named(rule, command.stage_id)
    if wanted is None:
        raise InvalidInput(f"there is no stage {command.stage_id}", "stage")
    if wanted.phase is Stage.DONE:
        raise Conflict("a matter is done by finishing its work")
    if wanted is stage:
        return
    if wanted.stage_id not in stage.next:
        raise Conflict(f"from {stage.stage_id} it goes on to: {', '.join(stage.next)}")
    refuse_if_missing(matter, wanted)
    _enter(step, matter, wanted, "operator", command.by or command.operator_id)


def refuse_if_missing(matter: Conversation, stage: StageRule) -> None:
    """Raise `Conflict` for a stage whose fields are not filled in."""
    lacking = missing(stage, matter)
    if lacking:
        raise Conflict(f"fill in first: {', '.join(lacking)}")


def begun(step: Step, matter: Conversation) -> None:
    """The first operator has taken it."""
    if matter.stage is RECEIVED:
        step.emit(StageChanged(matter.conversation_id, Stage.IN_PROGRESS, step.now_ms))
        entered(step, matter, phase=True)


def replied(step: Step, matter: Conversation) -> None:
    """The operator has answered: some stages are over by that."""
    _follow(step, matter, present(step.state, matter).on_reply, "reply")


def written(step: Step, matter: Conversation, *, fresh: bool, message: bool) -> None:
    """The customer has written (a ``message``): what waited for that goes on.

    A new matter begins in its first stage; one that goes on again asks nobody anew.
    """
    if fresh and matter.stage is RECEIVED and matter.item_ids:
        tasks.create(step, matter)
    if message:
        _follow(step, matter, present(step.state, matter).on_message, "message")


def task_answered(step: Step, handoff: Handoff) -> None:
    """A stage's task has reported: after the last one the matter goes on, unless one came to nothing.

    It does so from the stage that created the tasks, or from the one where their delay has brought it.
    """
    matter, stage = _of_task(step, handoff)
    if stage is None or present(step.state, matter).stage_id not in {stage.stage_id, stage.on_delay}:
        return
    if stage.stage_id not in matter.undone and not tasks.open_of(step.state, matter, stage.stage_id):
        _follow(step, matter, stage.on_tasks, "tasks")


def task_late(step: Step, handoff: Handoff) -> None:
    """A stage's task is late: somebody must have the matter, to offer alternatives, and it shows."""
    matter, stage = _of_task(step, handoff)
    if not handoff.stage_id:
        return
    if not step.state.work_of(matter):
        queue_item(step, matter)
    if stage is not None and present(step.state, matter) is stage:
        _follow(step, matter, stage.on_delay, "delay")


def _of_task(step: Step, handoff: Handoff) -> tuple[Conversation, StageRule | None]:
    matter = step.state.conversations[handoff.conversation_id]
    return matter, stage_named(kind_of(step.state, matter), handoff.stage_id) if handoff.stage_id else None


def _follow(step: Step, matter: Conversation, stage_id: str, cause: str) -> None:
    """The stage that follows by itself, if its fields are there."""
    wanted = stage_named(kind_of(step.state, matter), stage_id) if stage_id else None
    if wanted is None or wanted.phase is Stage.DONE or wanted is present(step.state, matter):
        return
    if not missing(wanted, matter):
        _enter(step, matter, wanted, cause)


def _enter(step: Step, matter: Conversation, wanted: StageRule, cause: str, by: str = "") -> None:
    phase, was = matter.stage, present(step.state, matter).stage_id
    step.emit(StageEntered(matter.conversation_id, wanted.stage_id, wanted.phase, was, cause, step.now_ms, by))
    entered(step, matter, phase=matter.stage is not phase)


def entered(step: Step, matter: Conversation, *, phase: bool = False) -> None:
    """The matter is in another stage, and perhaps in another ``phase``."""
    tasks.create(step, matter)
    orders.tell(step, matter, "stage")
    if matter.reviewed != step.state.counters.config:  # a clock goes on by what is promised now
        queueing.review(step, matter)
    else:
        sla.turn(step, matter)
    told = present(step.state, matter).notice
    if told:
        notices.tell(step, matter, told)
    elif phase:
        notices.tell(step, matter, notices.IN_PROGRESS)


def set_fields(step: Step, command: SetFields) -> None:
    """Take down which fields are filled in; what they hold stands beside the journal."""
    matter = step.state.conversation(command.conversation_id)
    names = tuple(sorted(set(command.filled)))
    check_fields(names)
    step.emit(FieldsSet(matter.conversation_id, names, step.now_ms, command.by or command.operator_id))


def fill(step: Step, matter: Conversation, fields: tuple[str, ...]) -> None:
    """The customer has brought these along; what is filled in stays, and there is an end to it."""
    names = tuple(sorted({*matter.fields, *fields}))
    if names != matter.fields and len(names) <= FIELDS_MAX:
        step.emit(FieldsSet(matter.conversation_id, names, step.now_ms))


def check_fields(names: tuple[str, ...]) -> None:
    """Raise `InvalidInput` for more fields, or longer names, than a matter can have."""
    if len(names) > FIELDS_MAX or not all(0 < len(name) <= FIELD_CHARS_MAX for name in names):
        raise InvalidInput(f"at most {FIELDS_MAX} fields with names of 1 to {FIELD_CHARS_MAX} characters", "fields")


# ---- apply


def apply_entered(state: State, event: StageEntered) -> None:
    """It stands there now."""
    matter = state.conversations[event.conversation_id]
    matter.stage_id = event.stage_id
    if event.phase is not matter.stage:
        matter.stage = advance(CONVERSATION, "conversation.stage_changed", matter.stage)


def apply_fields(state: State, event: FieldsSet) -> None:
    """Only their names are the core's."""
    state.conversations[event.conversation_id].fields = event.fields


HANDLERS: dict[type, Handler] = {ChangeStage: change, SetFields: set_fields}
APPLIERS: dict[type, Applier] = {StageEntered: apply_entered, FieldsSet: apply_fields}
