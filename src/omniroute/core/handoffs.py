"""Handoffs: the transfer to another department.

The sender's item (the *source*) stays as it is while a second item of the same matter (the *target*) waits in the
other department's queue. Acceptance moves owner, queue and history in one event; anything else leaves the source with
the sender, who is told the reason.
"""

from __future__ import annotations

from omniroute.core import held, timing
from omniroute.core.commands import CancelHandoff, TransferItem
from omniroute.core.deadlines import Concern
from omniroute.core.events import (
    HandoffAccepted,
    HandoffCancelled,
    HandoffRequested,
    HandoffReturned,
    ItemQueued,
    OfferRevoked,
)
from omniroute.core.model import Handoff, ItemState, Offer, WorkItem
from omniroute.core.queueing import merged, own_wishes
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import WORK_ITEM, advance
from omniroute.errors import Conflict, Forbidden, InvalidInput

# ---- decide


def transfer(step: Step, command: TransferItem) -> None:
    """Queue the target; the sender is released only when somebody there has accepted."""
    state = step.state
    source = state.item(command.work_item_id)
    if not command.operator_id or source.operator_id != command.operator_id:
        raise Forbidden("only the owner of the work can transfer it")
    if source.handoff_id:
        raise Conflict("a transfer of this work is under way")
    if source.state is ItemState.CONNECTING:
        raise Conflict("the two sides are not together yet")
    queue_id = _target_queue(state, source, command)
    matter = state.conversations[source.conversation_id]
    if matter.hops >= state.config.hops_max:
        raise Conflict(f"this matter has been handed over {matter.hops} times; it has to be finished here")
    rule = state.queues[queue_id]
    handoff_id, target_id = state.counters.handoff + 1, state.counters.work_item + 1
    step.emit(
        ItemQueued(
            target_id,
            matter.conversation_id,
            queue_id,
            rule.department_id,
            source.channel,
            source.cost_units,
            source.priority,
            source.rank_ms,  # the customer has waited since then
            merged(rule.requirements, source.own),
            step.now_ms,
            handoff_id,
            own=source.own,
            preferred=merged(rule.preferred, own_wishes(state, source)),
        )
    )
    step.emit(
        HandoffRequested(
            handoff_id,
            matter.conversation_id,
            source.work_item_id,
            target_id,
            command.operator_id,
            source.department_id,
            rule.department_id,
            queue_id,
            step.now_ms,
            step.now_ms + rule.handoff_ms,
            command.by,
        )
    )
    step.wake_item(target_id)
    step.wake_operator(command.operator_id)  # who only waits for the transfer is no longer in wrap-up


def accept(step: Step, offer: Offer, effect_id: int) -> None:
    """Somebody has really taken it: everything moves at once."""
    handoff = step.state.handoffs[step.state.items[offer.work_item_id].handoff_id]
    step.emit(
        HandoffAccepted(
            handoff.handoff_id,
            handoff.conversation_id,
            handoff.source_item_id,
            handoff.target_item_id,
            offer.offer_id,
            handoff.from_operator_id,
            offer.operator_id,
            step.state.items[offer.work_item_id].channel,
            step.now_ms,
            effect_id,
        )
    )
    step.wake_operator(handoff.from_operator_id)


def overdue(step: Step, item: WorkItem) -> bool:
    """Whether the item belongs to a transfer whose time is over, though nothing has ended it yet."""
    handoff = step.state.handoffs.get(item.handoff_id)
    return handoff is not None and handoff.deadline_ms <= step.now_ms


def cancel(step: Step, command: CancelHandoff) -> None:
    """The sender takes it back."""
    handoff = step.state.handoffs.get(command.handoff_id)
    if handoff is None:
        raise Conflict("this transfer has ended")
    if handoff.from_operator_id != command.operator_id:
        raise Forbidden("only the sender can take a transfer back")
    withdraw(step, handoff)


def withdraw(step: Step, handoff: Handoff) -> None:
    """Close the target; the source stays as it is."""
    freed = _revoke_target(step, handoff)
    step.emit(
        HandoffCancelled(
            handoff.handoff_id,
            handoff.conversation_id,
            handoff.target_item_id,
            handoff.from_operator_id,
            step.now_ms,
        )
    )
    step.wake_operator(freed)
    step.wake_operator(handoff.from_operator_id)


def give_back(step: Step, handoff_id: int, reason: str) -> None:
    """Nobody took it in time, or it cannot go on: the sender keeps it, with the reason."""
    handoff = step.state.handoffs[handoff_id]
    freed = _revoke_target(step, handoff)
    step.emit(
        HandoffReturned(
            handoff_id,
            handoff.conversation_id,
            handoff.target_item_id,
            handoff.from_operator_id,
            reason,
            step.now_ms,
        )
    )
    step.wake_operator(freed)
    step.wake_operator(handoff.from_operator_id)


def _revoke_target(step: Step, handoff: Handoff) -> str:
    target = step.state.items[handoff.target_item_id]
    if target.state is not ItemState.OFFERED:
        return ""
    offer = step.state.offers[target.offer_id]
    step.emit(
        OfferRevoked(
            offer.offer_id,
            target.work_item_id,
            target.conversation_id,
            offer.operator_id,
            "handoff",
            step.now_ms,
        )
    )
    return offer.operator_id


def _target_queue(state: State, source: WorkItem, command: TransferItem) -> str:
    department = state.departments.get(command.department_id)
    if department is None:
        raise InvalidInput("there is no such department", "department")
    queue_id = command.queue_id or department.default_queue_id
    rule = state.queues.get(queue_id)
    if rule is None or rule.department_id != command.department_id:
        raise InvalidInput("the department has no such queue", "queue")
    if queue_id == source.queue_id:
        raise InvalidInput("the work is in that queue already", "queue")
    if not rule.handoff_ms:
        raise InvalidInput("that queue takes no transfers", "queue")
    return queue_id


# ---- apply


def apply_requested(state: State, event: HandoffRequested) -> None:
    """Source and target know of each other; the sender is not offered the matter back."""
    state.counters.handoff = event.handoff_id
    state.handoffs[event.handoff_id] = Handoff(
        event.handoff_id,
        event.conversation_id,
        event.source_item_id,
        event.target_item_id,
        event.from_operator_id,
        event.from_department_id,
        event.to_department_id,
        event.to_queue_id,
        event.at_ms,
        event.deadline_ms,
    )
    source, target = state.items[event.source_item_id], state.items[event.target_item_id]
    source.handoff_id = target.handoff_id = event.handoff_id
    source.wrap_up_due_ms = 0  # the time for writing up stands still until the transfer has ended
    state.deadlines[Concern.WRAP_UPS].clear(("wrap_up", source.work_item_id, ""))
    state.deadlines[Concern.HANDOFFS].set(("handoff", event.handoff_id, ""), event.deadline_ms)
    state.set_backoff(target, event.from_operator_id, event.deadline_ms)
    _measure(state, source, event.at_ms)


def apply_accepted(state: State, event: HandoffAccepted) -> None:
    """Owner, queue and history move; the sender's capacity is free."""
    _forget(state, event.handoff_id)
    source, target = state.items[event.source_item_id], state.items[event.target_item_id]
    source.state = advance(WORK_ITEM, "handoff.accepted (source)", source.state)
    state.let_go(source, event.at_ms)
    state.forget_item(source)
    target.state = advance(WORK_ITEM, "handoff.accepted", target.state)
    state.end_offer(event.offer_id)
    target.offer_id = target.handoff_id = 0
    state.operators[event.operator_id].rona_count = 0
    state.hold(target, event.operator_id, event.at_ms)
    matter = state.conversations[event.conversation_id]
    matter.department_id, matter.queue_id = target.department_id, target.queue_id
    matter.hops += 1
    if event.effect_id:
        state.counters.effect = event.effect_id
    held.arm(state, target, matter, event.at_ms)


def apply_returned(state: State, event: HandoffReturned) -> None:
    """The target is closed, the source as it was."""
    _close_target(state, event.handoff_id, event.target_item_id, "handoff.returned (target)", event.at_ms)


def apply_cancelled(state: State, event: HandoffCancelled) -> None:
    """The target is closed, the source as it was."""
    _close_target(state, event.handoff_id, event.target_item_id, "handoff.cancelled (target)", event.at_ms)


def _close_target(state: State, handoff_id: int, target_item_id: int, tag: str, at_ms: int) -> None:
    handoff = _forget(state, handoff_id)
    target = state.items[target_item_id]
    state.dequeue(target)
    target.state = advance(WORK_ITEM, tag, target.state)
    state.forget_item(target)
    source = state.items[handoff.source_item_id]
    source.handoff_id = 0
    if source.state is ItemState.WRAP_UP:
        source.wrap_up_due_ms = timing.wrap_up_due_ms(state.queues[source.queue_id], at_ms)
        state.deadlines[Concern.WRAP_UPS].set(("wrap_up", source.work_item_id, ""), source.wrap_up_due_ms)
    _measure(state, source, at_ms)


def _measure(state: State, source: WorkItem, at_ms: int) -> None:
    """The sender waits for the transfer, or has the work again: that changes what is due, and whether they write up."""
    held.arm(state, source, state.conversations[source.conversation_id], at_ms)
    state.roster.touch(source.operator_id)


def _forget(state: State, handoff_id: int) -> Handoff:
    state.deadlines[Concern.HANDOFFS].clear(("handoff", handoff_id, ""))
    return state.handoffs.pop(handoff_id)


HANDLERS: dict[type, Handler] = {TransferItem: transfer, CancelHandoff: cancel}
APPLIERS: dict[type, Applier] = {
    HandoffRequested: apply_requested,
    HandoffAccepted: apply_accepted,
    HandoffReturned: apply_returned,
    HandoffCancelled: apply_cancelled,
}
