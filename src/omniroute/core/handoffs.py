"""Handoffs: a matter, a question about it or a part of its work goes to a queue, a department or a person.

What lives here: the two transfers, and what all four kinds have in common: how they are asked for, accepted, refused,
returned and taken back, one function for each outcome. The sender's item (the *source*) stays with its sender while a
second item of the same matter (the *target*) waits at the other place. Acceptance of a transfer moves owner, queue and
history in one event; anything else leaves the source with the sender, who is told the reason, or, where the sender has
gone, in its queue at its age. What happens to a consult or a task after it was accepted is in ``parts``.
"""

from __future__ import annotations

from omniroute.core import held, passes, sla, tasks, timing
from omniroute.core.capacity import counts
from omniroute.core.classes import ClassKey
from omniroute.core.commands import CancelHandoff, DeclineHandoff, TransferItem
from omniroute.core.deadlines import Concern
from omniroute.core.eligibility import serves, unable
from omniroute.core.events import (
    HandoffAccepted,
    HandoffCancelled,
    HandoffRefused,
    HandoffRequested,
    HandoffReturned,
    ItemQueued,
    ItemReturned,
    OfferRevoked,
)
from omniroute.core.model import (
    PARTS,
    RUNNING,
    Conversation,
    Handoff,
    HandoffKind,
    ItemState,
    Offer,
    Operator,
    Presence,
    WorkItem,
)
from omniroute.core.queueing import end_hold, merged, own_wishes, queue_item, review
from omniroute.core.rules import QueueRule, Requirement
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.tasks import PART_COST_UNITS
from omniroute.core.transitions import WORK_ITEM, advance
from omniroute.errors import Conflict, Forbidden, InvalidInput

TASK_MS_MAX = 92 * 24 * 3_600_000
"""A task is due within three months."""
PARTS_MAX = 8
"""Consults and tasks that a matter can have open at once."""

# ---- decide


def transfer(step: Step, command: TransferItem) -> None:
    """Queue the target; of a transfer the sender is released only when somebody there has accepted.

    What would go to and fro for ever is refused with an event, so that the supervisors are told.
    """
    state = step.state
    source = state.item(command.work_item_id)
    matter = state.conversations[source.conversation_id]
    part = command.kind in PARTS
    _refuse_unless_owner(source, command)
    if part:
        _refuse_part(step, matter, command)
    elif source.handoff_id:
        raise Conflict("a transfer of this work is under way")
    rule = _target_queue(state, source, command)
    refusal = "" if part else passes.refusal(state, matter, source, rule.department_id, command)
    if refusal:
        _refuse(step, source, rule, command, refusal)
        return
    target_id = _queue_target(step, source, rule, command)
    _request(step, source, rule, target_id, command)
    sla.handed(step, state.handoffs[state.counters.handoff])
    step.wake_item(target_id)
    step.wake_operator(command.operator_id)  # who only waits for the transfer, or has less to carry, may have room


def _refuse_unless_owner(source: WorkItem, command: TransferItem) -> None:
    if not command.operator_id or source.operator_id != command.operator_id:
        raise Forbidden("only the owner of the work can transfer it")
    if source.part_of:
        raise Conflict("this is a part of somebody else's matter: answer it, or give it back")
    if source.state is ItemState.CONNECTING:
        raise Conflict("the two sides are not together yet")
    if command.due_ms and command.kind is not HandoffKind.TASK:
        raise InvalidInput("only a task has a time at which it is due", "due_ms")


def _refuse_part(step: Step, matter: Conversation, command: TransferItem) -> None:
    if len(step.state.parts_of(matter)) >= PARTS_MAX:
        raise Conflict(f"{PARTS_MAX} questions and tasks of this matter are open: wait for answers first")
    if command.kind is HandoffKind.TASK and not step.now_ms < command.due_ms <= step.now_ms + TASK_MS_MAX:
        raise InvalidInput("a task is due at a time within the next three months", "due_ms")


def _queue_target(step: Step, source: WorkItem, rule: QueueRule, command: TransferItem) -> int:
    state, part = step.state, command.kind in PARTS
    target_id = state.counters.work_item + 1
    step.emit(
        ItemQueued(
            target_id,
            source.conversation_id,
            rule.queue_id,
            rule.department_id,
            source.channel,
            min(source.cost_units, PART_COST_UNITS) if part else source.cost_units,
            source.priority,
            source.rank_ms,  # the customer has waited since then
            merged(rule.requirements, source.own),
            step.now_ms,
            state.counters.handoff + 1,
            own=source.own,
            preferred=merged(rule.preferred, own_wishes(state, source)),
            held_for=command.to_operator_id,
        )
    )
    return target_id


def _request(step: Step, source: WorkItem, rule: QueueRule, target_id: int, command: TransferItem) -> None:
    matter = step.state.conversations[source.conversation_id]
    speaks = step.state.channels[source.channel].connects and matter.contact in RUNNING
    step.emit(
        HandoffRequested(
            step.state.counters.handoff + 1,
            source.conversation_id,
            source.work_item_id,
            target_id,
            command.operator_id,
            source.department_id,
            rule.department_id,
            rule.queue_id,
            step.now_ms,
            step.now_ms + rule.handoff_ms,
            command.by,
            command.kind,
            command.to_operator_id,
            command.due_ms,
            command.kind is HandoffKind.COLD and not speaks,  # who still speaks to the customer has no room for another
        )
    )


def _refuse(step: Step, source: WorkItem, rule: QueueRule, command: TransferItem, reason: str) -> None:
    step.emit(
        HandoffRefused(
            source.conversation_id,
            source.work_item_id,
            command.operator_id,
            source.department_id,
            rule.department_id,
            rule.queue_id,
            reason,
            step.now_ms,
            command.to_operator_id,
        )
    )


def accept(step: Step, offer: Offer, effect_id: int) -> None:
    """Somebody has really taken it: of a transfer everything moves at once."""
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
            handoff.kind,
        )
    )
    sla.taken(step, handoff)
    if handoff.kind not in PARTS:
        review(step, step.state.conversations[handoff.conversation_id])
    step.wake_operator(handoff.from_operator_id)


def overdue(step: Step, item: WorkItem) -> bool:
    """Whether the item belongs to a handoff whose time is over, though nothing has ended it yet."""
    handoff = step.state.handoffs.get(item.handoff_id)
    return handoff is not None and 0 < handoff.deadline_ms <= step.now_ms


def declined(step: Step, item: WorkItem, operator_id: str) -> None:
    """An operator has declined its offer: that is the end where it was for that person, others may take the rest."""
    handoff = step.state.handoffs.get(item.handoff_id)
    if handoff is not None and handoff.to_operator_id == operator_id:
        give_back(step, handoff.handoff_id, "declined", operator_id)


def decline(step: Step, command: DeclineHandoff) -> None:
    """Refuse it for everybody whom it went to."""
    handoff = step.state.handoffs.get(command.handoff_id)
    if handoff is None or handoff.accepted_ms:
        raise Conflict("this handoff has ended, or somebody has accepted it")
    give_back(step, command.handoff_id, "declined", command.operator_id)


def missed(step: Step, operator_id: str, item: WorkItem) -> None:
    """Whom the item waits for is no longer there for new work, or no longer able for it.

    Of a handoff to a person that is an end only where the person has gone; a break is not.
    """
    operator, handoff = step.state.operators[operator_id], step.state.handoffs.get(item.handoff_id)
    if handoff is None:
        end_hold(step, item.work_item_id)
    elif operator.presence is Presence.OFFLINE:
        give_back(step, handoff.handoff_id, "left")
    elif not _could(step.state, operator, step.state.queues[item.queue_id], item.own):
        give_back(step, handoff.handoff_id, "unable")


def cancel(step: Step, command: CancelHandoff) -> None:
    """The sender takes it back; a consult or a task also who has the matter by now."""
    handoff = step.state.handoffs.get(command.handoff_id)
    if handoff is None:
        raise Conflict("this transfer has ended")
    owner_id = step.state.conversations[handoff.conversation_id].owner_id
    if command.operator_id != handoff.from_operator_id and (
        handoff.kind not in PARTS or command.operator_id != owner_id or not owner_id
    ):
        raise Forbidden("only the sender can take a transfer back")
    withdraw(step, handoff)
    if handoff.kind in PARTS:
        go_on(step, handoff)


def withdraw(step: Step, handoff: Handoff) -> None:
    """Close the target, whoever has it; the source stays as it is."""
    freed = _revoke_target(step, handoff)
    holder_id = step.state.items[handoff.target_item_id].operator_id
    step.emit(
        HandoffCancelled(
            handoff.handoff_id,
            handoff.conversation_id,
            handoff.target_item_id,
            handoff.from_operator_id,
            step.now_ms,
            holder_id,
        )
    )
    sla.dropped(step, handoff)
    for operator_id in (freed, holder_id, handoff.from_operator_id):
        step.wake_operator(operator_id)


def give_back(step: Step, handoff_id: int, reason: str, by: str = "") -> None:
    """Nobody took it in time, or it cannot go on: the sender keeps it, or their queue, with the reason."""
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
            by,
        )
    )
    sla.dropped(step, handoff)
    step.wake_operator(freed)
    step.wake_operator(handoff.from_operator_id)
    go_on(step, handoff)


def go_on(step: Step, handoff: Handoff) -> None:
    """A handoff has ended: nobody loses the matter, be its sender gone or its own work closed by then."""
    state = step.state
    matter = state.conversations[handoff.conversation_id]
    if handoff.kind in PARTS:
        if not state.work_of(matter):
            queue_item(step, matter)
        return
    source = state.items[handoff.source_item_id]
    sender = state.operators[handoff.from_operator_id]
    if sender.presence is Presence.OFFLINE and source.state is ItemState.ASSIGNED:
        step.emit(
            ItemReturned(
                source.work_item_id, matter.conversation_id, sender.operator_id, "handoff_returned", step.now_ms
            )
        )
        step.wake_item(source.work_item_id)


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


# ---- where it goes


def _target_queue(state: State, source: WorkItem, command: TransferItem) -> QueueRule:
    if command.to_operator_id:
        return _queue_of_person(state, source, command)
    department = state.departments.get(command.department_id)
    if department is None:
        raise InvalidInput("there is no such department", "department")
    rule = _queue_in(state, command.department_id, command.queue_id or department.default_queue_id)
    if rule.queue_id == source.queue_id:
        raise InvalidInput("the work is in that queue already", "queue")
    if not rule.handoff_ms:
        raise InvalidInput("that queue takes no transfers", "queue")
    return rule


def _queue_in(state: State, department_id: str, queue_id: str) -> QueueRule:
    rule = state.queues.get(queue_id)
    if rule is None or rule.department_id != department_id:
        raise InvalidInput("the department has no such queue", "queue")
    return rule


def _queue_of_person(state: State, source: WorkItem, command: TransferItem) -> QueueRule:
    """The first queue in which the person could have it: the default queues of their departments first."""
    operator = state.operators.get(command.to_operator_id)
    if operator is None or command.to_operator_id == command.operator_id:
        raise InvalidInput("there is no such colleague", "operator")
    if command.queue_id:
        rules = [_queue_in(state, command.department_id, command.queue_id)]
    else:
        defaults = {rule.default_queue_id for rule in state.config.departments}
        mine = [one for one in state.config.queues if command.department_id in {"", one.department_id}]
        rules = sorted(mine, key=lambda one: one.queue_id not in defaults)
    for rule in rules:
        if rule.handoff_ms and _could(state, operator, rule, source.own):
            return rule
    raise InvalidInput("this colleague can have it in no queue that takes transfers", "operator")


def _could(state: State, operator: Operator, rule: QueueRule, own: tuple[Requirement, ...]) -> bool:
    """Whether the operator serves the queue and is able for what it and the work require."""
    required = merged(rule.requirements, own)
    key = ClassKey(rule.queue_id, rule.department_id, "", 0, required)
    return serves(state, operator, rule.queue_id) and not unable(state, operator, key)


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
        event.kind,
        event.to_operator_id,
        event.due_ms,
        by=event.by,
        stage_id=event.stage_id,
        title=event.title,
    )
    deadlines = state.deadlines[Concern.HANDOFFS]
    deadlines.set(("handoff", event.handoff_id, ""), event.deadline_ms)
    deadlines.set(("task", event.handoff_id, ""), event.due_ms)
    source, target = state.items[event.source_item_id], state.items[event.target_item_id]
    target.handoff_id = event.handoff_id
    if not event.stage_id:  # what a stage asks for, may be done by who has the matter as well
        state.set_backoff(target, event.from_operator_id, event.deadline_ms)
    if event.kind in PARTS:
        target.part_of = event.handoff_id
        tasks.asked(state, state.handoffs[event.handoff_id])
        return
    source.handoff_id = event.handoff_id
    source.wrap_up_due_ms = 0  # the time for writing up stands still until the transfer has ended
    state.deadlines[Concern.WRAP_UPS].clear(("wrap_up", source.work_item_id, ""))
    if event.lifted:
        if counts(source):
            state.load(source, -1)
        source.lifted = True
    _measure(state, source, event.at_ms)


def apply_accepted(state: State, event: HandoffAccepted) -> None:
    """Owner, queue and history move; the sender's capacity is free."""
    target = state.items[event.target_item_id]
    target.state = advance(WORK_ITEM, "handoff.accepted", target.state)
    state.end_offer(event.offer_id)
    target.offer_id = target.handoff_id = 0
    state.operators[event.operator_id].rona_count = 0
    handoff = state.handoffs[event.handoff_id]
    if handoff.kind in PARTS:
        handoff.accepted_ms = event.at_ms
        state.deadlines[Concern.HANDOFFS].clear(("handoff", event.handoff_id, ""))
        state.hold(target, event.operator_id, event.at_ms)
        return
    forget(state, event.handoff_id)
    source = state.items[event.source_item_id]
    source.state = advance(WORK_ITEM, "handoff.accepted (source)", source.state)
    state.let_go(source, event.at_ms)
    state.forget_item(source)
    state.hold(target, event.operator_id, event.at_ms)
    matter = state.conversations[event.conversation_id]
    matter.department_id, matter.queue_id = target.department_id, target.queue_id
    matter.hops += 1
    matter.passes = (*matter.passes, passes.made(handoff, event.operator_id))
    if event.effect_id:
        state.counters.effect = event.effect_id
    held.arm(state, target, matter, event.at_ms)


def apply_returned(state: State, event: HandoffReturned) -> None:
    """The target is closed, the source as it was."""
    _close_target(state, event.handoff_id, event.target_item_id, "handoff.returned (target)", event.at_ms)


def apply_cancelled(state: State, event: HandoffCancelled) -> None:
    """The target is closed, the source as it was."""
    _close_target(state, event.handoff_id, event.target_item_id, "handoff.cancelled (target)", event.at_ms)


def apply_refused(_: State, __: HandoffRefused) -> None:
    """Nothing has moved; somebody is told."""


def _close_target(state: State, handoff_id: int, target_item_id: int, tag: str, at_ms: int) -> None:
    handoff = forget(state, handoff_id)
    tasks.fail(state, handoff)
    target = state.items[target_item_id]
    if target.state is ItemState.QUEUED:
        state.dequeue(target)
    elif target.operator_id:
        state.let_go(target, at_ms)
    target.state = advance(WORK_ITEM, tag, target.state)
    if target.parked_until_ms:
        state.deadlines[Concern.HELD].clear(("parked", target.work_item_id, ""))
    state.forget_item(target)
    if handoff.kind not in PARTS:
        _restore(state, state.items[handoff.source_item_id], at_ms)


def _restore(state: State, source: WorkItem, at_ms: int) -> None:
    """The sender has it as before; what was lifted off is load again, even beyond what they can hold."""
    source.handoff_id = 0
    if source.lifted:
        source.lifted = False
        if counts(source):
            state.load(source, 1)
    if source.state is ItemState.WRAP_UP:
        source.wrap_up_due_ms = timing.wrap_up_due_ms(state.queues[source.queue_id], at_ms)
        state.deadlines[Concern.WRAP_UPS].set(("wrap_up", source.work_item_id, ""), source.wrap_up_due_ms)
    _measure(state, source, at_ms)


def _measure(state: State, source: WorkItem, at_ms: int) -> None:
    """The sender waits for the transfer, or has the work again: that changes what is due, and whether they write up."""
    held.arm(state, source, state.conversations[source.conversation_id], at_ms)
    state.roster.touch(source.operator_id)


def forget(state: State, handoff_id: int) -> Handoff:
    """The handoff has ended: no index mentions it any more."""
    for kind in ("handoff", "task"):
        state.deadlines[Concern.HANDOFFS].clear((kind, handoff_id, ""))
    return state.handoffs.pop(handoff_id)


HANDLERS: dict[type, Handler] = {TransferItem: transfer, CancelHandoff: cancel, DeclineHandoff: decline}
APPLIERS: dict[type, Applier] = {
    HandoffRequested: apply_requested,
    HandoffAccepted: apply_accepted,
    HandoffReturned: apply_returned,
    HandoffCancelled: apply_cancelled,
    HandoffRefused: apply_refused,
}
