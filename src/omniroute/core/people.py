"""Configuration and operators: what decisions rest on.

What lives here: applying a configuration, adding operators, declaring presence.
"""

from __future__ import annotations

from omniroute.core import offers
from omniroute.core.commands import ApplyConfig, PutOperator, SetPresence
from omniroute.core.events import ConfigApplied, OperatorPut, PresenceChanged
from omniroute.core.model import Conversation, Operator, Presence, WorkItem
from omniroute.core.routing import unable
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.waiting import class_of
from omniroute.errors import Conflict, InvalidInput

# ---- decide


def apply_config(step: Step, command: ApplyConfig) -> None:
    """Take a configuration; a queue or channel that open work needs may not disappear."""
    config = command.config
    queues = {rule.queue_id for rule in config.queues}
    channels = {rule.instance for rule in config.channels}
    used: list[WorkItem | Conversation] = [*step.state.items.values(), *step.state.conversations.values()]
    for work in used:
        if work.queue_id not in queues:
            raise Conflict(f"queue {work.queue_id} has open work and is missing in the new configuration")
        if work.channel not in channels:
            raise Conflict(f"channel {work.channel} has open work and is missing in the new configuration")
    if config == step.state.config:
        return
    step.emit(ConfigApplied(config))
    for operator_id in step.state.operators:
        step.wake_operator(operator_id)


def put_operator(step: Step, command: PutOperator) -> None:
    """Add or change an operator; live offers that no longer suit are taken back, the newest first."""
    if not command.operator_id:
        raise InvalidInput("an operator needs an id", "operator_id")
    if command.capacity_units < 1:
        raise InvalidInput("an operator needs at least one unit of capacity", "capacity_units")
    for skill, level in command.skills.items():
        if not 1 <= level <= 10:
            raise InvalidInput("a level is between 1 and 10", f"skills.{skill}")
    for department_id in command.departments:
        if department_id not in step.state.departments:
            raise InvalidInput(f"there is no department {department_id}", "departments")
    known = step.state.operators.get(command.operator_id)
    wanted = (command.departments, command.skills, command.capacity_units)
    if known is not None and (known.departments, known.skills, known.capacity_units) == wanted:
        return
    step.emit(OperatorPut(command.operator_id, *wanted))
    operator = step.state.operators[command.operator_id]
    for offer_id in reversed(operator.offer_ids.copy()):
        item = step.state.items[step.state.offers[offer_id].work_item_id]
        if step.state.free_units(operator) < 0 or unable(operator, class_of(item)):
            offers.revoke(step, offer_id, "unable")
    step.wake_operator(command.operator_id)


def set_presence(step: Step, command: SetPresence) -> None:
    """Declare presence; whoever is not available keeps no live offers."""
    operator = step.state.operator(command.operator_id)
    if operator.presence is command.presence and operator.reason == command.reason:
        return
    step.emit(PresenceChanged(operator.operator_id, command.presence, command.reason, step.now_ms, by=command.by))
    if command.presence is Presence.AVAILABLE:
        step.wake_operator(operator.operator_id)
    else:
        offers.revoke_all(step, operator.operator_id, "presence")


# ---- apply


def apply_config_applied(state: State, event: ConfigApplied) -> None:
    """Use the configuration from here on."""
    state.use(event.config)


def apply_operator_put(state: State, event: OperatorPut) -> None:
    """Abilities change; presence and work stay."""
    state.able.clear()
    known = state.operators.get(event.operator_id)
    if known is None:
        state.operators[event.operator_id] = Operator(
            event.operator_id, event.departments, dict(event.skills), event.capacity_units
        )
    else:
        known.departments, known.skills = event.departments, dict(event.skills)
        known.capacity_units = event.capacity_units


def apply_presence_changed(state: State, event: PresenceChanged) -> None:
    """Who becomes available goes to the end of the line of the idle."""
    operator = state.operators[event.operator_id]
    if event.presence is Presence.AVAILABLE and operator.presence is not Presence.AVAILABLE:
        operator.idle_since_ms = event.at_ms
        operator.rona_count = 0
    operator.presence, operator.reason = event.presence, event.reason


HANDLERS: dict[type, Handler] = {
    ApplyConfig: apply_config,
    PutOperator: put_operator,
    SetPresence: set_presence,
}
APPLIERS: dict[type, Applier] = {
    ConfigApplied: apply_config_applied,
    OperatorPut: apply_operator_put,
    PresenceChanged: apply_presence_changed,
}
