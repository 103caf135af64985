"""Configuration and operators: what decisions rest on.

What lives here: applying a configuration, and adding or changing operators. Presence is in ``presence``.
"""

from __future__ import annotations

from omniroute.core import clocks, held, offers, presence, timing
from omniroute.core.capacity import overfull
from omniroute.core.classes import class_of
from omniroute.core.commands import ApplyConfig, PutOperator
from omniroute.core.eligibility import unable
from omniroute.core.events import ConfigApplied, OperatorPut
from omniroute.core.model import Conversation, ItemState, Operator, WorkItem
from omniroute.core.roster import LEVELS
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.targets import promises_differ
from omniroute.errors import Conflict, InvalidInput

WEIGHT_MAX = 100

# ---- decide


def apply_config(step: Step, command: ApplyConfig) -> None:
    """Take a configuration; a queue or channel that open work needs may not disappear."""
    config = command.config
    queues = {rule.queue_id for rule in config.queues}
    channels = {rule.instance for rule in config.channels}
    for kind in config.kinds:
        for task in [one for stage in kind.stages for one in stage.tasks]:
            if task.queue_id not in queues:
                raise InvalidInput(f"a task of {kind.kind} goes to queue {task.queue_id}, which there is not", "kinds")
    used: list[WorkItem | Conversation] = [*step.state.items.values(), *step.state.conversations.values()]
    for work in used:
        if work.queue_id not in queues:
            raise Conflict(f"queue {work.queue_id} has open work and is missing in the new configuration")
        if work.channel not in channels:
            raise Conflict(f"channel {work.channel} has open work and is missing in the new configuration")
    if config == step.state.config:
        return
    step.emit(ConfigApplied(config))
    for operator in step.state.operators.values():
        _look_again(step, operator)


def put_operator(step: Step, command: PutOperator) -> None:
    """Add or change an operator."""
    _validate(step, command)
    known = step.state.operators.get(command.operator_id)
    wanted = (command.departments, command.skills, command.capacity_units, command.queues, command.weight)
    if known is not None and wanted == (
        known.departments,
        known.skills,
        known.capacity_units,
        known.queues,
        known.weight,
    ):
        return
    step.emit(OperatorPut(command.operator_id, *wanted))
    _look_again(step, step.state.operators[command.operator_id])


def _look_again(step: Step, operator: Operator) -> None:
    """Live offers that no longer suit are taken back, the newest first; others may suit by now."""
    for offer_id in reversed(operator.offer_ids.copy()):
        item = step.state.items[step.state.offers[offer_id].work_item_id]
        if unable(step.state, operator, class_of(item)) or overfull(step.state, operator, item):
            offers.revoke(step, offer_id, "unable")
    step.wake_operator(operator.operator_id)
    step.leave(operator.operator_id)


def _validate(step: Step, command: PutOperator) -> None:
    if not command.operator_id:
        raise InvalidInput("an operator needs an id", "operator_id")
    if command.capacity_units < 1:
        raise InvalidInput("an operator needs at least one unit of capacity", "capacity_units")
    for skill, level in command.skills.items():
        if level not in LEVELS:
            raise InvalidInput("a level is between 1 and 10", f"skills.{skill}")
    for department_id in command.departments:
        if department_id not in step.state.departments:
            raise InvalidInput(f"there is no department {department_id}", "departments")
    for queue_id in command.queues:
        rule = step.state.queues.get(queue_id)
        if rule is None or rule.department_id not in command.departments:
            raise InvalidInput(f"there is no queue {queue_id} in these departments", "queues")
    if not 1 <= command.weight <= WEIGHT_MAX:
        raise InvalidInput(f"a weight is between 1 and {WEIGHT_MAX}", "weight")


# ---- apply


def apply_config_applied(state: State, event: ConfigApplied) -> None:
    """Use the configuration from here on; what is going to happen by itself follows from it."""
    differ = promises_differ(state.config, event.config)
    state.use(event.config)
    if differ:
        _expect_reviews(state)
    for item in state.items.values():
        if item.state in {ItemState.QUEUED, ItemState.OFFERED}:
            timing.arm(state, item)
        elif item.operator_id:
            matter = state.conversations[item.conversation_id]
            held.arm(state, item, matter, state.now_ms, idle_due_ms=item.idle_due_ms)


def _expect_reviews(state: State) -> None:
    """Every matter's promises are compared with the new ones, a slice at a time."""
    state.counters.config += 1
    state.counters.configured_ms = state.now_ms
    for matter in state.conversations.values():
        clocks.expect_review(state, matter)


def apply_operator_put(state: State, event: OperatorPut) -> None:
    """Abilities change; presence and work stay. Who comes to other queues begins with the others' share."""
    operator = state.operators.get(event.operator_id)
    if operator is None:
        operator = Operator(event.operator_id, (), {}, 0, channels={})
        state.operators[event.operator_id] = operator
    elsewhere = (operator.departments, operator.queues) != (event.departments, event.queues)
    operator.departments, operator.skills = event.departments, dict(event.skills)
    operator.capacity_units, operator.queues, operator.weight = event.capacity_units, event.queues, event.weight
    if elsewhere:
        operator.passes = max(operator.passes, presence.share_of(state, operator))
    state.roster.learn(state, operator)


HANDLERS: dict[type, Handler] = {ApplyConfig: apply_config, PutOperator: put_operator}
APPLIERS: dict[type, Applier] = {ConfigApplied: apply_config_applied, OperatorPut: apply_operator_put}
