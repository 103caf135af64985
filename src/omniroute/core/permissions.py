"""Who may do what and read what: one table, deny by default.

What lives here: the rule of every command, asked inside command dispatch and nowhere else, and the rule for reading a
matter. A command without a rule is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from omniroute.core import commands as c
from omniroute.core.eligibility import serves
from omniroute.core.model import Conversation, ItemState, Operator, WorkItem
from omniroute.core.state import State
from omniroute.errors import Forbidden


class Role(StrEnum):
    """What somebody is; ``system`` is the engine itself, ``channel`` a channel instance."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    CHANNEL = "channel"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """Who acts. ``departments`` are those that a supervisor answers for, or an operator works in."""

    role: Role
    operator_id: str = ""
    departments: tuple[str, ...] = ()
    instance: str = ""


SYSTEM = Actor(Role.SYSTEM)

Rule = Callable[[State, Actor, Any], bool]


def _nobody_else(_: State, __: Actor, ___: Any) -> bool:
    return False


def _admin(_: State, actor: Actor, __: Any) -> bool:
    return actor.role is Role.ADMIN


def _channel_itself(_: State, actor: Actor, command: Any) -> bool:
    return actor.role is Role.CHANNEL and actor.instance == command.channel


def _oneself(_: State, actor: Actor, command: Any) -> bool:
    return bool(actor.operator_id) and actor.operator_id == command.operator_id


def _oneself_or_chief(state: State, actor: Actor, command: Any) -> bool:
    """Oneself, or a supervisor of a department that the operator works in."""
    if _oneself(state, actor, command):
        return True
    operator = state.operators.get(command.operator_id)
    return is_chief(actor, operator.departments if operator else ())


def _owner_or_chief(state: State, actor: Actor, command: Any) -> bool:
    """The owner, or a supervisor of the item's department, in the owner's name."""
    item = state.items.get(command.work_item_id)
    return _oneself(state, actor, command) or (
        item is not None and item.operator_id == command.operator_id and is_chief(actor, (item.department_id,))
    )


def _oneself_in_reach(state: State, actor: Actor, command: Any) -> bool:
    """Oneself, where the work is one's departments' or has been opened to one."""
    item, operator = state.items.get(command.work_item_id), state.operators.get(actor.operator_id)
    return (
        item is not None
        and operator is not None
        and _oneself(state, actor, command)
        and in_reach(state, operator, item)
    )


def _chief(state: State, actor: Actor, command: Any) -> bool:
    """A supervisor of the item's department; nobody does it for themselves."""
    item = state.items.get(command.work_item_id)
    return item is not None and is_chief(actor, (item.department_id,))


def _holder_or_chief(state: State, actor: Actor, command: Any) -> bool:
    """Who holds the work or has put it aside, or a supervisor of its department.

    The command names whom its sender took for the owner; whether that still holds is for the command to say.
    """
    item = state.items.get(command.work_item_id)
    if item is None:
        return False
    holder = item.parked_by if item.state is ItemState.PARKED else item.operator_id
    return actor.operator_id == holder != "" or is_chief(actor, (item.department_id,))


def _named_or_chief(state: State, actor: Actor, command: Any) -> bool:
    """Whom a handoff was sent to by name, or a supervisor of the department that it was sent to."""
    handoff = state.handoffs.get(command.handoff_id)
    if handoff is None or not _writes_as_self(actor, command):
        return False
    return actor.operator_id == handoff.to_operator_id != "" or is_chief(actor, (handoff.to_department_id,))


def _oneself_who_reads(state: State, actor: Actor, command: Any) -> bool:
    matter = state.conversations.get(command.conversation_id)
    return matter is not None and _writes_as_self(actor, command) and may_read(state, actor, matter)


def _owner_of_matter_or_chief(state: State, actor: Actor, command: Any) -> bool:
    """The owner of the matter, or a supervisor of its department."""
    matter = state.conversations.get(command.conversation_id)
    if matter is None:
        return False
    return actor.operator_id == matter.owner_id != "" or is_chief(actor, (matter.department_id,))


def _merges(state: State, actor: Actor, command: Any) -> bool:
    """Oneself, who may read both, and holds or answers for both, or merges one that nobody holds."""
    matters = [state.conversations.get(number) for number in (command.conversation_id, command.into_id)]
    if not _oneself(state, actor, command):
        return False
    for matter in matters:
        if matter is None or not may_read(state, actor, matter):
            return False
    going = matters[0]
    waits = going is not None and not any(state.items[number].operator_id for number in going.item_ids)
    return waits or all(matter is not None and _has_say(actor, matter) for matter in matters)


def _splits(state: State, actor: Actor, command: Any) -> bool:
    """Oneself, who holds the matter or answers for it."""
    matter = state.conversations.get(command.conversation_id)
    return matter is not None and _oneself(state, actor, command) and _has_say(actor, matter)


def _has_say(actor: Actor, matter: Conversation) -> bool:
    return matter.owner_id == actor.operator_id or is_chief(actor, (matter.department_id,))


def _writes_as_self(actor: Actor, command: Any) -> bool:
    return bool(actor.operator_id == command.operator_id)


def is_chief(actor: Actor, departments: tuple[str, ...]) -> bool:
    """Whether the actor answers for one of the departments; an admin does for all."""
    if actor.role is Role.ADMIN:
        return True
    return actor.role is Role.SUPERVISOR and any(department in actor.departments for department in departments)


RULES: dict[type[c.Command], Rule] = {
    c.ApplyConfig: _nobody_else,
    c.PutOperator: _admin,
    c.SetPresence: _oneself_or_chief,
    c.ConnectOperator: _nobody_else,
    c.DisconnectOperator: _nobody_else,
    c.ReceiveRaw: _channel_itself,
    c.QuarantineRaw: _nobody_else,
    c.RegisterInteraction: _nobody_else,
    c.AcceptOffer: _oneself,
    c.DeclineOffer: _oneself,
    c.SendReply: _oneself,
    c.AddNote: _oneself_who_reads,
    c.MergeConversations: _merges,
    c.SplitConversation: _splits,
    c.TransferItem: _owner_or_chief,
    c.CancelHandoff: _oneself,
    c.DeclineHandoff: _named_or_chief,
    c.EndContact: _oneself,
    c.ExtendWrapUp: _owner_or_chief,
    c.CompleteItem: _owner_or_chief,
    c.ReleaseItem: _owner_or_chief,
    c.PullItem: _oneself_in_reach,
    c.ForceItem: _chief,
    c.ReassignItem: _chief,
    c.SnoozeItem: _owner_or_chief,
    c.RequeueItem: _holder_or_chief,
    c.PrioritizeMatter: _owner_of_matter_or_chief,
    c.ChangeStage: _owner_of_matter_or_chief,
    c.SetFields: _owner_of_matter_or_chief,
    c.SetOrderLines: _owner_of_matter_or_chief,
    c.ConfirmMatter: _nobody_else,
    c.RateMatter: _nobody_else,
    c.ReopenMatter: _nobody_else,
    c.AnswerStatus: _nobody_else,
    c.SendStatusCode: _nobody_else,
    c.RecordDelivery: _nobody_else,
    c.FireDue: _nobody_else,
    c.ResumeAfterOutage: _nobody_else,
    c.RecordStateHash: _nobody_else,
    c.Keep: _nobody_else,
}
"""The engine itself may do everything; for everybody else this table is the law."""


def authorize(state: State, actor: Actor, command: c.Command) -> None:
    """Raise `Forbidden` unless the table allows it."""
    if actor.role is Role.SYSTEM:
        return
    rule = RULES.get(type(command), _nobody_else)
    if not rule(state, actor, command):
        raise Forbidden("you may not do this")


def in_reach(state: State, operator: Operator, item: WorkItem) -> bool:
    """Whether work is of the operator's departments, or was opened to the operator while it waited.

    What was opened is a department, a queue (to whoever serves it), or a person.
    """
    if {item.department_id, *item.departments} & set(operator.departments):
        return True
    return operator.operator_id in item.operators or any(serves(state, operator, queue) for queue in item.queues)


def may_read(state: State, actor: Actor, matter: Conversation) -> bool:
    """Whether the actor may read a matter, open or closed.

    Admins all; others what is or was in their departments, what they hold or could pick, what is offered to them, and
    the history of a customer whose matter they hold (nobody has to tell a story twice).
    """
    if actor.role in {Role.ADMIN, Role.SYSTEM}:
        return True
    if actor.role not in {Role.OPERATOR, Role.SUPERVISOR}:
        return False
    if matter.department_id in actor.departments or matter.last_operator_id == actor.operator_id != "":
        return True
    open_items = [state.items[item_id] for item_id in matter.item_ids if item_id in state.items]
    if any(item.department_id in actor.departments for item in open_items):
        return True
    operator = state.operators.get(actor.operator_id)
    if operator is not None and any(in_reach(state, operator, item) for item in open_items):
        return True
    return bool(actor.operator_id) and _holds_matter_of(state, actor.operator_id, matter.customer_id)


def _holds_matter_of(state: State, operator_id: str, customer_id: int) -> bool:
    operator = state.operators.get(operator_id)
    if operator is None:
        return False
    held = operator.item_ids + [state.offers[offer_id].work_item_id for offer_id in operator.offer_ids]
    return any(state.conversations[state.items[i].conversation_id].customer_id == customer_id for i in held)
