"""The invariants, as code: what must hold after every step.

What lives here: one function for each invariant that exists so far, numbered as in ``docs/reference/invariants.md``.
Tests and the simulator call `check` after every step; it recounts everything, so it is never called in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from omniroute.core.deadlines import Concern
from omniroute.core.model import ClockState, ItemState, Presence, Stage
from omniroute.core.routing import unable, why_not
from omniroute.core.state import State
from omniroute.core.waiting import class_of


class InvariantViolation(AssertionError):
    """The state is impossible. The message names the invariant and the record."""


def check(state: State) -> None:
    """Raise `InvariantViolation` for the first broken invariant."""
    for number, invariant in INVARIANTS.items():
        for complaint in invariant(state):
            raise InvariantViolation(f"invariant {number} ({invariant.__name__}): {complaint}")


def one_place(state: State) -> Iterator[str]:
    """7: every open item is in exactly one of queued, offered, assigned, wrap-up."""
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
    if held != sorted(i for i, item in state.items.items() if item.state in {ItemState.ASSIGNED, ItemState.WRAP_UP}):
        yield f"operators hold {held}, which is not what is assigned or in wrap-up"


def indexes_recount(state: State) -> Iterator[str]:
    """8: every index equals a recount from the records."""
    again = State.decode(state.encode())
    if again.waiting.classes != state.waiting.classes:
        yield "the waiting index differs"
    for concern in Concern:
        if again.deadlines[concern].live != state.deadlines[concern].live:
            yield f"the deadlines of {concern} differ"
        if again.deadlines[concern].next_ms() != state.deadlines[concern].next_ms():
            yield f"the next deadline of {concern} differs"
    if again.by_reference != state.by_reference or again.by_session != state.by_session:
        yield "the look-up by reference or session differs"
    for operator in state.operators.values():
        load = sum(state.items[i].cost_units for i in operator.item_ids)
        if load != operator.load_units:
            yield f"{operator.operator_id} holds {load} units, not {operator.load_units}"
        offered = sum(state.offers[i].cost_units for i in operator.offer_ids)
        if offered != operator.offered_units:
            yield f"{operator.operator_id} is offered {offered} units, not {operator.offered_units}"


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


def capacity(state: State) -> Iterator[str]:
    """10: load and live offers fit into the capacity (a reduced capacity may be exceeded by what was held before)."""
    for operator in state.operators.values():
        if operator.offered_units and operator.load_units + operator.offered_units > operator.capacity_units:
            yield f"{operator.operator_id} was offered more than fits"


def offers_are_sound(state: State) -> Iterator[str]:
    """11, 13-15: offers stand with able, available operators, end after they began, and are known to both sides."""
    for offer in state.offers.values():
        operator, item = state.operators[offer.operator_id], state.items[offer.work_item_id]
        if item.offer_id != offer.offer_id or offer.offer_id not in operator.offer_ids:
            yield f"offer {offer.offer_id} is not known to both sides"
        if operator.presence is not Presence.AVAILABLE:
            yield f"offer {offer.offer_id} stands with an operator who is {operator.presence}"
        if unable(operator, class_of(item)):
            yield f"offer {offer.offer_id} stands with an operator who lacks {unable(operator, class_of(item))}"
        if offer.operator_id in item.backoff:
            yield f"offer {offer.offer_id} was made within the back-off"
        if offer.deadline_ms <= offer.offered_ms:
            yield f"offer {offer.offer_id} ended when it began"


def work_conserving(state: State) -> Iterator[str]:
    """18: at rest no eligible free operator stands beside a matchable item."""
    for item_id in state.waiting.ordered():
        for operator in state.operators.values():
            if not why_not(state, operator, state.items[item_id]):
                yield f"{operator.operator_id} is free for waiting item {item_id}"


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


INVARIANTS: dict[str, Callable[[State], Iterator[str]]] = {
    "7": one_place,
    "8": indexes_recount,
    "9": one_owner,
    "10": capacity,
    "11, 13-15": offers_are_sound,
    "18": work_conserving,
    "20-22": handoffs_are_sound,
    "23": clocks,
    "links": nothing_dangles,
}
