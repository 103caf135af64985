"""Assigning by hand: an operator picks work out of turn, a supervisor gives it to somebody or moves it.

What lives here: three ways around the order of a queue, each with its permission and its event. Whoever gets the work
must be able for it, available, and have room for it (invariants 10 and 11); what somebody has accepted cannot be
picked.
"""

from __future__ import annotations

from omniroute.core import offers
from omniroute.core.commands import AcceptOffer, ForceItem, PullItem, ReassignItem
from omniroute.core.eligibility import why_not_by_hand
from omniroute.core.events import ItemForced, ItemPulled, ItemReassigned
from omniroute.core.held import arm
from omniroute.core.model import ItemState, WorkItem
from omniroute.core.parking import refuse_if_bound, wake
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import WORK_ITEM, advance
from omniroute.errors import Conflict

# ---- decide


def pull(step: Step, command: PullItem) -> None:
    """Take waiting work, or work that was put aside; what is offered to oneself is accepted."""
    item = step.state.item(command.work_item_id)
    if item.state is ItemState.OFFERED and step.state.offers[item.offer_id].operator_id == command.operator_id:
        offers.accept(step, AcceptOffer(offer_id=item.offer_id, operator_id=command.operator_id))
        return
    if item.state not in {ItemState.QUEUED, ItemState.PARKED}:
        raise Conflict("somebody else has this work, or it is offered to them")
    if item.handoff_id:
        _refuse_own_handoff(step, item, command.operator_id)
    _refuse_unless_possible(step, item, command.operator_id)
    if item.state is ItemState.PARKED:
        wake(step, item, "taken")
    effect_id, due_ms = offers.connecting(step, item)
    step.emit(
        ItemPulled(
            item.work_item_id,
            item.conversation_id,
            command.operator_id,
            item.channel,
            step.now_ms,
            effect_id,
            due_ms,
        )
    )
    _begin(step, item, effect_id)


def force(step: Step, command: ForceItem) -> None:
    """Give waiting or offered work to an operator; an offer to somebody else is taken back without blame."""
    item = step.state.item(command.work_item_id)
    if item.state not in {ItemState.QUEUED, ItemState.OFFERED, ItemState.PARKED}:
        raise Conflict("somebody has this work already: move it instead")
    if item.handoff_id:
        raise Conflict("a transfer is under way: it has to be accepted, or taken back")
    step.state.operator(command.operator_id)
    _refuse_unless_possible(step, item, command.operator_id)
    if item.state is ItemState.OFFERED:
        offers.revoke(step, item.offer_id, "forced")
    elif item.state is ItemState.PARKED:
        wake(step, item, "taken")
    effect_id, due_ms = offers.connecting(step, item)
    step.emit(
        ItemForced(
            item.work_item_id,
            item.conversation_id,
            command.operator_id,
            item.channel,
            step.now_ms,
            command.by,
            effect_id,
            due_ms,
        )
    )
    _begin(step, item, effect_id)


def reassign(step: Step, command: ReassignItem) -> None:
    """Move held work to another operator; one event releases the one and assigns the other."""
    item = step.state.item(command.work_item_id)
    if not item.operator_id:
        raise Conflict("nobody has this work: give it instead")
    if item.operator_id != command.operator_id:
        raise Conflict("somebody else holds this work by now: look again")
    refuse_if_bound(step, item)
    if command.to_operator_id == command.operator_id:
        raise Conflict("they have it already")
    step.state.operator(command.to_operator_id)
    _refuse_unless_possible(step, item, command.to_operator_id)
    step.emit(
        ItemReassigned(
            item.work_item_id,
            item.conversation_id,
            command.operator_id,
            command.to_operator_id,
            step.now_ms,
            command.by,
        )
    )
    step.wake_operator(command.operator_id)
    _wake_if_interrupting(step, item)


def _refuse_unless_possible(step: Step, item: WorkItem, operator_id: str) -> None:
    reason = why_not_by_hand(step.state, step.state.operator(operator_id), item)
    if reason:
        raise Conflict(f"this operator cannot have it now ({reason})")


def _refuse_own_handoff(step: Step, item: WorkItem, operator_id: str) -> None:
    """A transfer is taken by accepting its offer; whoever sent it cannot take it."""
    handoff = step.state.handoffs[item.handoff_id]
    if handoff.from_operator_id == operator_id:
        raise Conflict("you are handing this over: take the transfer back instead")
    raise Conflict("this is a transfer: it is taken by accepting its offer")


def _begin(step: Step, item: WorkItem, effect_id: int) -> None:
    if item.state is ItemState.ASSIGNED:
        offers.begin(step, item, connected=bool(effect_id))
    _wake_if_interrupting(step, item)


def _wake_if_interrupting(step: Step, item: WorkItem) -> None:
    """What the work interrupts may make room for something else."""
    if step.state.interrupting:
        step.wake_operator(item.operator_id)


# ---- apply


def apply_pulled(state: State, event: ItemPulled) -> None:
    """It leaves the queue, out of turn."""
    _take(state, event, "work_item.pulled")


def apply_forced(state: State, event: ItemForced) -> None:
    """It leaves the queue, by order."""
    _take(state, event, "work_item.forced")


def _take(state: State, event: ItemPulled | ItemForced, tag: str) -> None:
    item = state.items[event.work_item_id]
    state.dequeue(item)
    offers.take(state, item, event, tag)


def apply_reassigned(state: State, event: ItemReassigned) -> None:
    """The one is released, the other has it, in one event."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.reassigned", item.state)
    state.let_go(item, event.at_ms)
    state.hold(item, event.operator_id, event.at_ms)
    arm(state, item, state.conversations[item.conversation_id], event.at_ms)


HANDLERS: dict[type, Handler] = {PullItem: pull, ForceItem: force, ReassignItem: reassign}
APPLIERS: dict[type, Applier] = {
    ItemPulled: apply_pulled,
    ItemForced: apply_forced,
    ItemReassigned: apply_reassigned,
}
