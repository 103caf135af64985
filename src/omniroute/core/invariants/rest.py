"""What must hold at rest: one function for each invariant, over all records or over those that a step has touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from omniroute.core.classes import class_of
from omniroute.core.eligibility import unable, why_not
from omniroute.core.invariants.scope import Scope, standing
from omniroute.core.model import (
    ASSIGNED,
    AVAILABLE,
    CONNECTING,
    CONTACT_OVER,
    OFFERED,
    PARKED,
    PARTS,
    QUEUED,
    RECEIVED,
    RUNNING,
    WRAP_UP,
    Conversation,
    Handoff,
    HandoffKind,
    ItemState,
    Operator,
    WorkItem,
)
from omniroute.core.rules import Stage
from omniroute.core.state import State

HELD = (CONNECTING, ASSIGNED, WRAP_UP)
IN_LINE = (QUEUED, OFFERED)
FOR_NOBODY = (QUEUED, OFFERED, CONNECTING)
"""Nobody has begun with it."""
CLOSED, DONE = ItemState.CLOSED, Stage.DONE


def one_place(state: State, scope: Scope) -> Iterator[str]:
    """7: every open item is in exactly one of queued, offered, connecting, assigned, parked, wrap-up."""
    for item in scope.items:
        held = item.state in HELD
        if (item.state is PARKED) != bool(item.parked_until_ms):
            yield f"item {item.work_item_id} is {item.state}, put aside until {item.parked_until_ms}"
        if (item.state is CONNECTING) != bool(item.connect_due_ms):
            yield f"item {item.work_item_id} is {item.state}, connecting until {item.connect_due_ms}"
        if (item.state is OFFERED) != bool(item.offer_id):
            yield f"item {item.work_item_id} is {item.state}, with offer {item.offer_id}"
        if held != bool(item.operator_id):
            yield f"item {item.work_item_id} is {item.state}, held by {item.operator_id!r}"
        if item.state is CLOSED:
            yield f"item {item.work_item_id} is closed and still here"
    if scope.whole:
        yield from _every_place(state)


def _every_place(state: State) -> Iterator[str]:
    waiting = state.waiting.ordered()
    if len(waiting) != len(set(waiting)):
        yield "an item waits twice"
    queued = sorted(i for i, item in state.items.items() if item.state is QUEUED)
    if sorted(waiting) != queued:
        yield f"waiting {sorted(waiting)} is not the queued {queued}"
    offered = sorted(offer.work_item_id for offer in state.offers.values())
    if offered != sorted(i for i, item in state.items.items() if item.state is OFFERED):
        yield f"offers are for {offered}, which is not what is offered"
    held = sorted(i for operator in state.operators.values() for i in operator.item_ids)
    if held != sorted(i for i, item in state.items.items() if item.state in HELD):
        yield f"operators hold {held}, which is not what is connecting, assigned or in wrap-up"


def one_owner(state: State, scope: Scope) -> Iterator[str]:
    """9: at most one owner, and it is the holder of an item of the matter."""
    for item in scope.items if scope.whole else ():
        holders = [op for op in state.operators.values() if item.work_item_id in op.item_ids]
        if [op.operator_id for op in holders] != ([item.operator_id] if item.operator_id else []):
            yield f"item {item.work_item_id} names {item.operator_id!r}, held by {len(holders)}"
    for item in scope.items:
        if item.operator_id and item.work_item_id not in state.operators[item.operator_id].item_ids:
            yield f"item {item.work_item_id} names {item.operator_id!r}, who does not hold it"
    for operator in scope.operators:
        for number in operator.item_ids:
            if number not in state.items or state.items[number].operator_id != operator.operator_id:
                yield f"{operator.operator_id} holds item {number}, which does not know"
        if len(set(operator.item_ids)) != len(operator.item_ids):
            yield f"{operator.operator_id} holds an item twice"
    for matter in scope.matters:
        owners = {one.operator_id for i in matter.item_ids if not (one := state.items[i]).part_of and one.operator_id}
        if owners != ({matter.owner_id} if matter.owner_id else set()):
            yield f"conversation {matter.conversation_id} is owned by {matter.owner_id!r}, items by {sorted(owners)}"


def idle_is_silent(state: State, scope: Scope) -> Iterator[str]:
    """10: only an assigned item whose customer has been answered gives its capacity back."""
    for item in scope.items:
        answered = state.conversations[item.conversation_id].answered
        if item.idle and (not item.operator_id or not answered):
            yield f"item {item.work_item_id} is idle, though it is {item.state}, answered: {answered}"


def offers_are_sound(state: State, scope: Scope) -> Iterator[str]:
    """11, 13: offers stand with able, available operators, end after they began, and are known to both sides."""
    for offer in scope.offers:
        operator, item = state.operators[offer.operator_id], state.items[offer.work_item_id]
        if item.offer_id != offer.offer_id or offer.offer_id not in operator.offer_ids:
            yield f"offer {offer.offer_id} is not known to both sides"
        if operator.presence is not AVAILABLE:
            yield f"offer {offer.offer_id} stands with an operator who is {operator.presence}"
        if operator.channels.get(item.channel, AVAILABLE) is not AVAILABLE:
            yield f"offer {offer.offer_id} stands with an operator who takes nothing from {item.channel}"
        if unable(state, operator, class_of(item)):
            yield f"offer {offer.offer_id} stands with an operator who lacks {unable(state, operator, class_of(item))}"
        if offer.deadline_ms <= offer.offered_ms:
            yield f"offer {offer.offer_id} ended when it began"
    for item in scope.items:
        if item.offer_id and item.offer_id not in state.offers:
            yield f"item {item.work_item_id} is offered by {item.offer_id}, which nobody knows"
    for operator in scope.operators:
        if any(number not in state.offers for number in operator.offer_ids):
            yield f"{operator.operator_id} is offered something that nobody knows of"


def backoff_is_kept(state: State, scope: Scope) -> Iterator[str]:
    """15: nobody is offered an item within the back-off."""
    for offer in scope.offers:
        if offer.operator_id in state.items[offer.work_item_id].backoff:
            yield f"offer {offer.offer_id} stands within the back-off"


def unanswered_work_has_a_deadline(state: State, scope: Scope) -> Iterator[str]:
    """16: assigned but unanswered work goes back at its deadline, where its queue sets one and no contact runs."""
    for item in scope.items:
        matter = state.conversations[item.conversation_id]
        waits_for_us = item.state is ASSIGNED and not matter.answered
        speaking = matter.contact in RUNNING
        bound = bool(state.queues[item.queue_id].answer_ms) and waits_for_us and not speaking
        bound = bound and not item.handoff_id and not item.part_of
        if bound != bool(item.answer_due_ms):
            yield f"item {item.work_item_id} is due for an answer at {item.answer_due_ms}, bound: {bound}"


def work_conserving(state: State, scope: Scope) -> Iterator[str]:
    """18: at rest no eligible free operator stands beside a matchable item.

    What a step has touched is compared with everything: its waiting items with all operators, its operators with the
    first item of every class that they can serve (whoever may have none of the first ones may have none of those behind
    them; who can serve which class is recounted with everything else).
    """
    if scope.whole:
        yield from _idle_beside(state, scope, [state.items[i] for i in state.waiting.ordered()], scope.operators)
        return
    waiting = [item for item in scope.items if item.state is QUEUED]
    if waiting:
        yield from _idle_beside(state, scope, waiting, state.operators.values())
    for operator in scope.operators if len(state.waiting) else ():
        if operator.presence is AVAILABLE and _has_room(state, scope, operator):
            firsts = state.waiting.firsts(state.waiting.serves(operator))
            yield from _idle_beside(state, scope, [state.items[number] for number in firsts], (operator,))


def _has_room(state: State, scope: Scope, operator: Operator) -> bool:
    """Whether the operator could have anything in a lane in which something may wait, able or not."""
    there = standing(state, scope, operator)
    return any(not there.get(lane) for lane in state.waiting.heads)


def _idle_beside(
    state: State, scope: Scope, waiting: Sequence[WorkItem], operators: Iterable[Operator]
) -> Iterator[str]:
    """``scope.standings`` says of whom it knows whether there is room, which is most of the question."""
    available = [operator for operator in operators if operator.presence is AVAILABLE]
    for item in waiting:
        key, lane = class_of(item), (item.channel, item.cost_units)
        for operator in available:
            known = scope.standings.get(operator.operator_id)
            no_room = known is not None and known.get(lane)
            if not no_room and not unable(state, operator, key) and not why_not(state, operator, item):
                yield f"{operator.operator_id} is free for waiting item {item.work_item_id}"


def places_are_kept(state: State, scope: Scope) -> Iterator[str]:
    """19: an item stands in its line by the rank that it got; nothing pushes it back."""
    if scope.whole:
        for key, places in state.waiting.lines().items():
            for rank_ms, item_id in places:
                if state.items[item_id].rank_ms != rank_ms or class_of(state.items[item_id]) != key:
                    yield f"item {item_id} is not at its place"
    for item in scope.items:
        if item.state in IN_LINE:
            steps = state.queues[item.queue_id].relaxations[item.relaxed :]
            due_ms = item.enqueued_ms + steps[0].after_ms if steps else 0
            if item.relax_due_ms != due_ms:
                yield f"item {item.work_item_id} widens at {item.relax_due_ms}, not {due_ms}"
        if not item.reserved_by:
            continue
        kept = state.operators[item.reserved_by].reserved_for
        if item.state is not QUEUED or kept != item.work_item_id:
            yield f"{item.reserved_by} is kept free for item {item.work_item_id}, which is {item.state}"
    for operator in scope.operators:
        item_id = operator.reserved_for
        if item_id and (item_id not in state.items or state.items[item_id].reserved_by != operator.operator_id):
            yield f"{operator.operator_id} is kept free for item {item_id}, which does not know"


def handoffs_are_sound(state: State, scope: Scope) -> Iterator[str]:
    """20, 21, 22: the sender holds the source while the target waits; a part waits or is held; hops are bounded."""
    for handoff in scope.handoffs:
        source, target = state.items.get(handoff.source_item_id), state.items.get(handoff.target_item_id)
        if handoff.kind in PARTS:
            yield from _part_is_sound(handoff, target)
        elif source is None or target is None:
            yield f"handoff {handoff.handoff_id} has lost an item"
        elif source.operator_id != handoff.from_operator_id or target.operator_id:
            yield f"handoff {handoff.handoff_id}: the sender was released too early"
        elif not source.handoff_id == target.handoff_id == handoff.handoff_id:
            yield f"handoff {handoff.handoff_id} is not known to its items"
    for item in scope.items:
        if item.handoff_id and item.handoff_id not in state.handoffs:
            yield f"item {item.work_item_id} is in a handoff that has ended"
        if item.part_of and item.part_of not in state.handoffs:
            yield f"item {item.work_item_id} is a part of a handoff that has ended"
        yield from _belongs(state, item)
    for matter in scope.matters:
        if matter.hops - sum(bool(one.by) for one in matter.passes) > state.config.hops_max:
            yield f"conversation {matter.conversation_id} made {matter.hops} hops"


def _belongs(state: State, item: WorkItem) -> Iterator[str]:
    """An item is lifted by its cold transfer alone, and waits for whom it was handed over to."""
    pending = state.handoffs.get(item.handoff_id)
    target = pending is not None and pending.target_item_id == item.work_item_id
    cold = pending is not None and not target and pending.kind is HandoffKind.COLD
    if item.lifted and not cold:
        yield f"item {item.work_item_id} is lifted off {item.operator_id!r}, though no cold transfer waits"
    named = pending.to_operator_id if pending is not None and target else ""
    if item.state is ItemState.QUEUED and pending is not None and item.held_for != named:
        yield f"item {item.work_item_id} waits for {item.held_for!r}, it was handed over to {named!r}"


def _part_is_sound(handoff: Handoff, target: WorkItem | None) -> Iterator[str]:
    if target is None or target.part_of != handoff.handoff_id:
        yield f"handoff {handoff.handoff_id} has lost its part"
        return
    pending = target.handoff_id == handoff.handoff_id
    if pending == bool(handoff.accepted_ms) or (pending and target.operator_id):
        yield f"handoff {handoff.handoff_id} is accepted: {not pending}, by {target.operator_id!r}"
    if target.idle or target.answer_due_ms or target.connect_due_ms:
        yield f"item {target.work_item_id} is a part, and waits for the customer"


def nothing_dangles(state: State, scope: Scope) -> Iterator[str]:
    """Links lead somewhere: items to matters, queues, channels and back; done matters are not in the state."""
    for item in scope.items:
        matter = state.conversations.get(item.conversation_id)
        if matter is None or item.work_item_id not in matter.item_ids:
            yield f"item {item.work_item_id} has no matter"
        elif _is_over(item, matter):
            yield f"item {item.work_item_id} is {item.state}, though the customer is gone"
        if item.queue_id not in state.queues or item.channel not in state.channels:
            yield f"item {item.work_item_id} is in an unknown queue or channel"
    for matter in scope.matters:
        if matter.queue_id not in state.queues or matter.channel not in state.channels:
            yield f"conversation {matter.conversation_id} is in an unknown queue or channel"
        if matter.stage is DONE:
            yield f"conversation {matter.conversation_id} is done and still here"
        if any(i not in state.items for i in matter.item_ids):
            yield f"conversation {matter.conversation_id} has lost an item"
        if matter.stage is RECEIVED and not matter.item_ids:
            yield f"conversation {matter.conversation_id} waits for nobody"


def _is_over(item: WorkItem, matter: Conversation) -> bool:
    """Whether the item is of a contact that nobody has had, and that nobody wants any more."""
    waits = item.state in FOR_NOBODY
    gone = matter.contact is CONTACT_OVER and not matter.message_count and not matter.hops
    return waits and gone and matter.stage is RECEIVED and not (item.outcome or item.handoff_id or item.part_of)
