"""What must hold at the very moment of an event: before it is applied."""

from __future__ import annotations

from collections.abc import Iterator

from omniroute.core import events as e
from omniroute.core.eligibility import why_not, why_not_by_hand
from omniroute.core.state import State
from omniroute.core.targets import clock_of

OFFERS_ENDED = (e.OfferAccepted, e.OfferExpired)
TIMERS = (
    e.ClockEnded,
    e.BackoffEnded,
    e.HandoffReturned,
    e.HandoffOverdue,
    e.ItemClosed,
    e.ItemWoken,
    e.ConnectFailed,
    e.ItemRelaxed,
    e.ItemIdled,
    e.PresenceChanged,
    e.BatchClosed,
)


def eligible_then(state: State, event: e.Event) -> Iterator[str]:
    """10, 11, 12, 15: whoever is offered work, or given it by hand, was eligible and had room at that moment."""
    match event:
        case e.OfferMade():
            item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
            by_hand = event.decision.trigger in {"channel", "escalation"}
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
    place = (item.rank_ms, item.work_item_id)
    for item_id in state.waiting.firsts(state.waiting.serves(operator)):  # who may have no first may have none behind
        other = state.items[item_id]
        earlier = (other.rank_ms, item_id) < place and not state.is_batch(other.queue_id)
        if earlier and not why_not(state, operator, other):
            yield f"item {item.work_item_id} went to {operator.operator_id} before item {item_id}"


def no_timer_is_early(state: State, event: e.Event) -> Iterator[str]:
    """25: what happens by itself happens at its time, or later."""
    due_ms = _due_ms(state, event)
    if due_ms > state.now_ms:
        yield f"{type(event).__name__} came {due_ms - state.now_ms} ms early"


def _due_ms(state: State, event: e.Event) -> int:
    """When a deadline of which the event is the effect was due; 0 for every other event."""
    match event:
        case e.ClockEnded(outcome="breached"):
            clock = clock_of(state.conversations[event.conversation_id], event.name)
            return clock.due_ms if clock else 0
        case e.BackoffEnded():
            return state.items[event.work_item_id].backoff.get(event.operator_id, 0)
        case e.HandoffReturned(reason="timeout"):
            return state.handoffs[event.handoff_id].deadline_ms
        case e.HandoffOverdue():
            return state.handoffs[event.handoff_id].due_ms
        case e.ItemClosed(cause="wrap_up_expired"):
            return state.items[event.work_item_id].wrap_up_due_ms
        case e.ItemWoken(cause="due"):
            return state.items[event.work_item_id].parked_until_ms
        case e.ConnectFailed(reason="timeout"):
            return state.items[event.work_item_id].connect_due_ms
        case e.ItemRelaxed():
            return state.items[event.work_item_id].relax_due_ms
        case e.ItemIdled():
            return state.items[event.work_item_id].idle_due_ms
        case e.PresenceChanged(cause="lease"):
            return state.operators[event.operator_id].lease_until_ms
        case e.BatchClosed():
            return state.batches.get(event.queue_id, 0)
        case _:
            return 0
