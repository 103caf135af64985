"""The invariants, as code: what must hold after every step, and at the moment of every event.

What lives here: one function for each invariant, numbered as in ``docs/reference/invariants.md``. `check` recounts a
state at rest; `witness` follows a step event by event on a second state and checks what must hold *at that moment*
(who was eligible, who was first). Tests and the simulator call both after every step; they look at everything, so
production never does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from omniroute.core import capacity as room
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.classes import class_of
from omniroute.core.deadlines import Concern
from omniroute.core.eligibility import unable, why_not, why_not_by_hand
from omniroute.core.intake import PRIORITY_MAX
from omniroute.core.model import RUNNING, ClockState, ItemState, Operator, Presence, Stage
from omniroute.core.roster import Roster
from omniroute.core.state import State

HELD = {ItemState.CONNECTING, ItemState.ASSIGNED, ItemState.WRAP_UP}


class InvariantViolation(AssertionError):
    """The state is impossible. The message names the invariant and the record."""


def check(state: State) -> None:
    """Raise `InvariantViolation` for the first invariant that the state at rest breaks."""
    for number, invariant in INVARIANTS.items():
        for complaint in invariant(state):
            raise InvariantViolation(f"invariant {number} ({invariant.__name__}): {complaint}")


def witness(before: State, events: Sequence[e.Event], at_ms: int) -> None:
    """Follow a step on a state that has seen everything before it; raise for the first event that should not be."""
    for event in events:
        before.now_ms = max(before.now_ms, at_ms)
        for number, invariant in MOMENTS.items():
            for complaint in invariant(before, event):
                raise InvariantViolation(f"invariant {number} ({invariant.__name__}): {complaint}")
        machine.apply(before, event, at_ms)


# ---- at rest


def one_place(state: State) -> Iterator[str]:
    """7: every open item is in exactly one of queued, offered, connecting, assigned, parked, wrap-up."""
    waiting = state.waiting.ordered()
    if len(waiting) != len(set(waiting)):
        yield "an item waits twice"
    queued = sorted(i for i, item in state.items.items() if item.state is ItemState.QUEUED)
    if sorted(waiting) != queued:
        yield f"waiting {sorted(waiting)} is not the queued {queued}"
    offered = sorted(offer.work_item_id for offer in state.offers.values())
    if offered != sorted(i for i, item in state.items.items() if item.state is ItemState.OFFERED):
        yield f"offers are for {offered}, which is not what is offered"
    held = sorted(i for operator in state.operators.values() for i in operator.item_ids)
    if held != sorted(i for i, item in state.items.items() if item.state in HELD):
        yield f"operators hold {held}, which is not what is connecting, assigned or in wrap-up"
    for item in state.items.values():
        if (item.state is ItemState.PARKED) != bool(item.parked_until_ms):
            yield f"item {item.work_item_id} is {item.state}, put aside until {item.parked_until_ms}"
        if (item.state is ItemState.CONNECTING) != bool(item.connect_due_ms):
            yield f"item {item.work_item_id} is {item.state}, connecting until {item.connect_due_ms}"


def indexes_recount(state: State) -> Iterator[str]:
    """8: every index equals a recount from the records."""
    again = State.decode(state.encode())
    if again.waiting.lines() != state.waiting.lines():
        yield "the waiting index differs"
    for concern in Concern:
        if again.deadlines[concern].live != state.deadlines[concern].live:
            yield f"the deadlines of {concern} differ"
        if again.deadlines[concern].next_ms() != state.deadlines[concern].next_ms():
            yield f"the next deadline of {concern} differs"
    if again.by_reference != state.by_reference or again.by_session != state.by_session:
        yield "the look-up by reference or session differs"
    for operator in state.operators.values():
        yield from _loads(state, operator)
    yield from _heads(state)
    yield from _roster(state, again.roster)


def _loads(state: State, operator: Operator) -> Iterator[str]:
    units = sum(state.items[i].cost_units for i in operator.item_ids if not state.items[i].idle)
    reserved = sum(state.offers[i].cost_units for i in operator.offer_ids)
    if units != operator.load_units:
        yield f"{operator.operator_id} holds {units} units, not {operator.load_units}"
    if reserved != operator.offered_units:
        yield f"{operator.operator_id} is offered {reserved} units, not {operator.offered_units}"


def _heads(state: State) -> Iterator[str]:
    heads = {key: (places[0], state.waiting.classes[key]) for key, places in state.waiting.lines().items()}
    wanted = sorted((*place, one.slot) for place, one in heads.values())
    shown = sorted(
        entry for lane in state.waiting.heads.values() for r in (lane.single, lane.batch) for entry in r.entries()
    )
    if wanted != shown:
        yield f"the first items of the classes are {wanted}, not {shown}"
    for operator in state.operators.values():
        served = state.waiting.serves(operator)
        for key, (_, one) in heads.items():
            able = not unable(state, operator, key) and operator.operator_id not in key.excluded
            able = able and key.held_for in {"", operator.operator_id}
            slot = state.roster.slots[operator.operator_id]
            if not able == bool(served >> one.slot & 1) == bool(one.able(state.roster) >> slot & 1):
                yield f"{operator.operator_id} and {key}: able is {able}, the indexes say otherwise"


def _roster(state: State, again: Roster) -> Iterator[str]:
    for name in ("departments", "serving", "skills"):
        mine, other = (
            {k: v for k, v in getattr(r, name).items() if v and any([v] if isinstance(v, int) else v)}
            for r in (state.roster, again)
        )
        if mine != other:
            yield f"the roster's {name} differ"
    for key, lane in state.roster.lanes.items():
        fresh = state.roster.lane(state, key)
        for slot, operator in enumerate(state.roster.operators):
            reason = room.absent(state, operator, key[0]) or room.full(state, operator, *key)
            if reason != fresh.of[slot] or not lane.bits[reason] >> slot & 1:
                yield f"{operator.operator_id} stands under {fresh.of[slot]!r} in {key}, not {reason!r}"
        if sum(bits.bit_count() for bits in lane.bits.values()) != len(state.roster.operators):
            yield f"somebody stands under two reasons in {key}"
    for operator_id, slot in state.roster.slots.items():
        if state.roster.operators[slot] is not state.operators[operator_id]:
            yield f"the roster knows another {operator_id}"


def one_owner(state: State) -> Iterator[str]:
    """9: at most one owner, and it is the holder of an item of the matter."""
    for item in state.items.values():
        holders = [op for op in state.operators.values() if item.work_item_id in op.item_ids]
        if [op.operator_id for op in holders] != ([item.operator_id] if item.operator_id else []):
            yield f"item {item.work_item_id} names {item.operator_id!r}, held by {len(holders)}"
    for matter in state.conversations.values():
        owners = {state.items[i].operator_id for i in matter.item_ids} - {""}
        if owners != ({matter.owner_id} - {""}):
            yield f"conversation {matter.conversation_id} is owned by {matter.owner_id!r}, items by {sorted(owners)}"


def idle_is_silent(state: State) -> Iterator[str]:
    """10: only an assigned item whose customer has been answered gives its capacity back."""
    for item in state.items.values():
        answered = state.conversations[item.conversation_id].answered
        if item.idle and (not item.operator_id or not answered):
            yield f"item {item.work_item_id} is idle, though it is {item.state}, answered: {answered}"


def offers_are_sound(state: State) -> Iterator[str]:
    """11, 13: offers stand with able, available operators, end after they began, and are known to both sides."""
    for offer in state.offers.values():
        operator, item = state.operators[offer.operator_id], state.items[offer.work_item_id]
        if item.offer_id != offer.offer_id or offer.offer_id not in operator.offer_ids:
            yield f"offer {offer.offer_id} is not known to both sides"
        if operator.presence is not Presence.AVAILABLE:
            yield f"offer {offer.offer_id} stands with an operator who is {operator.presence}"
        if unable(state, operator, class_of(item)):
            yield f"offer {offer.offer_id} stands with an operator who lacks {unable(state, operator, class_of(item))}"
        if offer.deadline_ms <= offer.offered_ms:
            yield f"offer {offer.offer_id} ended when it began"


def backoff_is_kept(state: State) -> Iterator[str]:
    """15: nobody is offered an item within the back-off."""
    for offer in state.offers.values():
        if offer.operator_id in state.items[offer.work_item_id].backoff:
            yield f"offer {offer.offer_id} stands within the back-off"


def unanswered_work_has_a_deadline(state: State) -> Iterator[str]:
    """16: assigned but unanswered work goes back at its deadline, where its queue sets one and no contact runs."""
    for item in state.items.values():
        waits_for_us = item.state is ItemState.ASSIGNED and not state.conversations[item.conversation_id].answered
        speaking = state.conversations[item.conversation_id].contact in RUNNING
        bound = bool(state.queues[item.queue_id].answer_ms) and waits_for_us and not item.handoff_id and not speaking
        if bound != bool(item.answer_due_ms):
            yield f"item {item.work_item_id} is due for an answer at {item.answer_due_ms}, bound: {bound}"


def work_conserving(state: State) -> Iterator[str]:
    """18: at rest no eligible free operator stands beside a matchable item."""
    for item_id in state.waiting.ordered():
        for operator in state.operators.values():
            if not why_not(state, operator, state.items[item_id]):
                yield f"{operator.operator_id} is free for waiting item {item_id}"


def places_are_kept(state: State) -> Iterator[str]:
    """19: an item stands in its line by the rank that it got; nothing pushes it back."""
    for key, places in state.waiting.lines().items():
        for rank_ms, item_id in places:
            if state.items[item_id].rank_ms != rank_ms or class_of(state.items[item_id]) != key:
                yield f"item {item_id} is not at its place"
    kept = {operator.operator_id: operator.reserved_for for operator in state.operators.values()}
    for item in state.items.values():
        if item.reserved_by and (item.state is not ItemState.QUEUED or kept[item.reserved_by] != item.work_item_id):
            yield f"{item.reserved_by} is kept free for item {item.work_item_id}, which is {item.state}"
    for operator_id, item_id in kept.items():
        if item_id and (item_id not in state.items or state.items[item_id].reserved_by != operator_id):
            yield f"{operator_id} is kept free for item {item_id}, which does not know"


def handoffs_are_sound(state: State) -> Iterator[str]:
    """20, 21, 22: the sender holds the source while the target waits; hops are bounded."""
    for handoff in state.handoffs.values():
        source, target = state.items.get(handoff.source_item_id), state.items.get(handoff.target_item_id)
        if source is None or target is None:
            yield f"handoff {handoff.handoff_id} has lost an item"
        elif source.operator_id != handoff.from_operator_id or target.operator_id:
            yield f"handoff {handoff.handoff_id}: the sender was released too early"
        elif not source.handoff_id == target.handoff_id == handoff.handoff_id:
            yield f"handoff {handoff.handoff_id} is not known to its items"
    for item in state.items.values():
        if item.handoff_id and item.handoff_id not in state.handoffs:
            yield f"item {item.work_item_id} is in a handoff that has ended"
    for matter in state.conversations.values():
        if matter.hops > state.config.hops_max:
            yield f"conversation {matter.conversation_id} made {matter.hops} hops"


def clocks(state: State) -> Iterator[str]:
    """23: a running clock has its deadline, an ended one has none and an end."""
    live = state.deadlines[Concern.CLOCKS].live
    for matter in state.conversations.values():
        running = matter.clock is not None and matter.clock.state is ClockState.RUNNING
        if running != (("clock", matter.conversation_id, "") in live):
            yield f"the clock of conversation {matter.conversation_id} is {'' if running else 'not '}running"
        if matter.clock and not running and not matter.clock.ended_ms:
            yield f"the clock of conversation {matter.conversation_id} ended at no time"


def nothing_dangles(state: State) -> Iterator[str]:
    """Links lead somewhere: items to matters, queues, channels and back; done matters are not in the state."""
    for item in state.items.values():
        matter = state.conversations.get(item.conversation_id)
        if matter is None or item.work_item_id not in matter.item_ids:
            yield f"item {item.work_item_id} has no matter"
        if item.queue_id not in state.queues or item.channel not in state.channels:
            yield f"item {item.work_item_id} is in an unknown queue or channel"
    for matter in state.conversations.values():
        if matter.queue_id not in state.queues or matter.channel not in state.channels:
            yield f"conversation {matter.conversation_id} is in an unknown queue or channel"
        if matter.stage is Stage.DONE:
            yield f"conversation {matter.conversation_id} is done and still here"
        if any(i not in state.items for i in matter.item_ids):
            yield f"conversation {matter.conversation_id} has lost an item"
        if matter.stage is Stage.RECEIVED and not matter.item_ids:
            yield f"conversation {matter.conversation_id} waits for nobody"


# ---- at the moment of an event


def eligible_then(state: State, event: e.Event) -> Iterator[str]:
    """10, 11, 12, 15: whoever is offered work, or given it by hand, was eligible and had room at that moment."""
    match event:
        case e.OfferMade():
            item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
            by_hand = event.decision.trigger == "channel"
            reason = (why_not_by_hand if by_hand else why_not)(state, operator, item)
            if reason:
                yield f"item {item.work_item_id} was offered to {operator.operator_id} in spite of {reason}"
        case e.ItemPulled() | e.ItemForced() | e.ItemReassigned():
            item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
            reason = why_not_by_hand(state, operator, item)
            if reason:
                yield f"item {item.work_item_id} was given to {operator.operator_id} in spite of {reason}"


def offers_end_in_time(state: State, event: e.Event) -> Iterator[str]:
    """13, 14: an accept finds its own live offer before the deadline; an offer expires at it, and no timer is early."""
    match event:
        case e.OfferAccepted() | e.OfferExpired():
            offer = state.offers.get(event.offer_id)
            if offer is None or (offer.work_item_id, offer.operator_id) != (event.work_item_id, event.operator_id):
                yield f"offer {event.offer_id} was not live"
            elif (event.at_ms >= offer.deadline_ms) != isinstance(event, e.OfferExpired):
                yield f"offer {event.offer_id} ended at {event.at_ms}, its deadline is {offer.deadline_ms}"


def first_in_first_out(state: State, event: e.Event) -> Iterator[str]:
    """17, 19: nobody is offered an item while an earlier one waits that they could have."""
    if not isinstance(event, e.OfferMade) or event.decision.trigger not in {"item", "operator"}:
        return
    item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
    for item_id in state.waiting.ordered():
        other = state.items[item_id]
        if (other.rank_ms, item_id) >= (item.rank_ms, item.work_item_id):
            return
        if not state.is_batch(other.queue_id) and not why_not(state, operator, other):
            yield f"item {item.work_item_id} went to {operator.operator_id} before item {item_id}"


def ranks_are_bounded(state: State, event: e.Event) -> Iterator[str]:
    """19: the place of new work is within the bound of its age, so that nobody is overtaken for ever."""
    if isinstance(event, e.ItemQueued) and not event.handoff_id:
        rule, away_ms = state.queues[event.queue_id], event.rank_ms - event.at_ms
        bound_ms = state.config.priority_weight_ms * PRIORITY_MAX + rule.ageing_ms
        if abs(away_ms) > bound_ms:
            yield f"item {event.work_item_id} got a place {away_ms} ms from its age"


INVARIANTS: dict[str, Callable[[State], Iterator[str]]] = {
    "7": one_place,
    "8": indexes_recount,
    "9": one_owner,
    "10": idle_is_silent,
    "11, 13": offers_are_sound,
    "15": backoff_is_kept,
    "16": unanswered_work_has_a_deadline,
    "18": work_conserving,
    "19": places_are_kept,
    "20-22": handoffs_are_sound,
    "23": clocks,
    "links": nothing_dangles,
}
MOMENTS: dict[str, Callable[[State, e.Event], Iterator[str]]] = {
    "10-12, 15": eligible_then,
    "13, 14": offers_end_in_time,
    "17": first_in_first_out,
    "19": ranks_are_bounded,
}
