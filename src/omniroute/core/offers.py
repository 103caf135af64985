"""Offers: made by ``matching`` and ``batches``, ended here: accepted, declined, expired or revoked.

An offer never outlives its deadline: `expire` is called by the timekeeper's command, and an accept that arrives at or
after the deadline is refused, whoever comes first. One event frees the operator and the item together.
"""

from __future__ import annotations

from omniroute.core import handoffs, held, progress, sla
from omniroute.core.commands import AcceptOffer, DeclineOffer
from omniroute.core.deadlines import OFFERS
from omniroute.core.events import (
    BackoffEnded,
    ConnectFailed,
    Decision,
    ItemConnected,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferRevoked,
    PresenceChanged,
)
from omniroute.core.model import (
    ASSIGNED,
    AVAILABLE,
    RUNNING,
    Offer,
    Presence,
    WorkItem,
)
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import WORK_ITEM, advance
from omniroute.errors import Conflict

STRIDE = 1_000_000
"""What one offer costs an operator of weight 1 in ``passes`` (stride scheduling: Waldspurger and Weihl, 1995)."""

# ---- decide


def make(step: Step, item: WorkItem, operator_id: str, reasons: Decision) -> None:
    """Propose a waiting item; the offer holds capacity until its deadline, or is accepted at once."""
    rule = step.state.queues[item.queue_id]
    offer_id = step.state.counters.offer + 1
    step.emit(
        OfferMade(
            offer_id,
            item.work_item_id,
            item.conversation_id,
            operator_id,
            item.cost_units,
            step.now_ms,
            step.now_ms + rule.offer_ms,
            reasons,
        )
    )
    if rule.auto_accept and reasons.trigger != "channel" and not handoffs.overdue(step, item):
        assign(step, step.state.offers[offer_id], connect=True, auto=True)


def accept(step: Step, command: AcceptOffer) -> None:
    """Compare-and-set on the offer's id: one winner, whatever happens at the same time."""
    offer = _live_offer(step, command.offer_id, command.operator_id)
    if offer.deadline_ms <= step.now_ms or handoffs.overdue(step, step.state.items[offer.work_item_id]):
        raise Conflict("this offer has run out")
    assign(step, offer, connect=True)


def assign(step: Step, offer: Offer, *, connect: bool, auto: bool = False) -> None:
    """The operator of a live offer owns the item; with ``connect`` the channel brings the two sides together."""
    item = step.state.items[offer.work_item_id]
    bound = len(step.state.operators[offer.operator_id].offer_ids) >= step.state.config.offers_max
    effect_id, connect_due_ms = connecting(step, item) if connect else (0, 0)
    if item.handoff_id:
        handoffs.accept(step, offer, effect_id)
    else:
        step.emit(
            OfferAccepted(
                offer.offer_id,
                item.work_item_id,
                offer.operator_id,
                item.conversation_id,
                item.channel,
                step.now_ms,
                effect_id,
                connect_due_ms,
                auto,
            )
        )
    if item.state is ASSIGNED:
        begin(step, item, connected=bool(effect_id))
    if bound or step.state.interrupting:  # one offer fewer, or something interrupted: there may be room for the next
        step.wake_operator(offer.operator_id)


def connecting(step: Step, item: WorkItem) -> tuple[int, int]:
    """The effect that brings the two sides together, and until when it may take; zeros where none is needed.

    Work of a running handoff is assigned at once, so that its source is released in the same event.
    """
    channel, matter = step.state.channels[item.channel], step.state.conversations[item.conversation_id]
    if not channel.connects or matter.contact not in RUNNING or item.part_of:
        return 0, 0
    two_phase = channel.connect_ms and not item.handoff_id
    return step.state.counters.effect + 1, step.now_ms + channel.connect_ms if two_phase else 0


def begin(step: Step, item: WorkItem, *, connected: bool) -> None:
    """Somebody works on the matter; being connected is the first response of a contact."""
    matter = step.state.conversations[item.conversation_id]
    if not item.part_of:
        progress.begun(step, matter)
    if connected:
        sla.connected(step, matter)
    else:
        sla.begun(step, matter, item)


def connected(step: Step, item: WorkItem) -> None:
    """The channel says that the two sides are together."""
    step.emit(ItemConnected(item.work_item_id, item.conversation_id, item.operator_id, step.now_ms))
    begin(step, item, connected=True)


def fail_connecting(step: Step, item: WorkItem, reason: str) -> None:
    """The two sides did not come together: back to its old place, without blame, not at once to the same operator.

    An ``outage`` says nothing about the operator, so there is no back-off after one.
    """
    operator_id = item.operator_id
    step.emit(
        ConnectFailed(
            item.work_item_id,
            item.conversation_id,
            operator_id,
            reason,
            step.now_ms,
            0 if reason == "outage" else backoff_until_ms(step, item),
        )
    )
    step.wake_item(item.work_item_id)
    step.wake_operator(operator_id)


def decline(step: Step, command: DeclineOffer) -> None:
    """Back to its place; not offered to the same operator within the back-off."""
    offer = _live_offer(step, command.offer_id, command.operator_id)
    if offer.deadline_ms <= step.now_ms:
        raise Conflict("this offer has run out")
    until_ms = backoff_until_ms(step, step.state.items[offer.work_item_id])
    step.emit(
        OfferDeclined(
            offer.offer_id,
            offer.work_item_id,
            _matter_id(step, offer),
            offer.operator_id,
            command.reason,
            step.now_ms,
            until_ms,
        )
    )
    _wake_both(step, offer)
    handoffs.declined(step, step.state.items[offer.work_item_id], offer.operator_id)


def expire(step: Step, offer_id: int) -> None:
    """Redirect on no answer: after `CoreConfig.rona_limit` in a row the operator is taken to be away."""
    offer = step.state.offers[offer_id]
    until_ms = backoff_until_ms(step, step.state.items[offer.work_item_id])
    step.emit(
        OfferExpired(offer_id, offer.work_item_id, _matter_id(step, offer), offer.operator_id, step.now_ms, until_ms)
    )
    _wake_both(step, offer)
    operator = step.state.operators[offer.operator_id]
    if operator.rona_count >= step.state.config.rona_limit and operator.presence is AVAILABLE:
        step.emit(PresenceChanged(operator.operator_id, Presence.AWAY, "no_answer", step.now_ms, "rona"))
        step.leave(operator.operator_id)
        revoke_all(step, operator.operator_id, "presence")


def revoke(step: Step, offer_id: int, reason: str) -> None:
    """Take an offer back without blame."""
    offer = step.state.offers[offer_id]
    step.emit(
        OfferRevoked(offer_id, offer.work_item_id, _matter_id(step, offer), offer.operator_id, reason, step.now_ms)
    )
    _wake_both(step, offer)


def revoke_all(step: Step, operator_id: str, reason: str) -> None:
    """Take all live offers of an operator back."""
    for offer_id in list(step.state.operators[operator_id].offer_ids):
        revoke(step, offer_id, reason)


def backoff_until_ms(step: Step, item: WorkItem) -> int:
    """The end of a back-off that begins now; 0 where the queue has none."""
    length_ms = step.state.queues[item.queue_id].backoff_ms
    return step.now_ms + length_ms if length_ms else 0


def end_backoff(step: Step, work_item_id: int, operator_id: str) -> None:
    """The operator may be offered the item again; the sender of a transfer never is, it ends at the same moment."""
    item = step.state.items[work_item_id]
    if handoffs.overdue(step, item):
        handoffs.give_back(step, item.handoff_id, "timeout")
        return
    step.emit(BackoffEnded(work_item_id, operator_id))
    step.wake_item(work_item_id)


def revoke_overdue(step: Step) -> None:
    """Nobody could answer while the engine was down, nor be connected: what is overdue of that ends as ``outage``."""
    for offer in [offer for offer in step.state.offers.values() if offer.deadline_ms <= step.now_ms]:
        revoke(step, offer.offer_id, "outage")
    for item in [item for item in step.state.items.values() if 0 < item.connect_due_ms <= step.now_ms]:
        fail_connecting(step, item, "outage")


def _live_offer(step: Step, offer_id: int, operator_id: str) -> Offer:
    offer = step.state.offers.get(offer_id)
    if offer is None or offer.operator_id != operator_id:
        raise Conflict("this offer has ended")
    return offer


def _matter_id(step: Step, offer: Offer) -> int:
    return step.state.items[offer.work_item_id].conversation_id


def _wake_both(step: Step, offer: Offer) -> None:
    step.wake_item(offer.work_item_id)
    step.wake_operator(offer.operator_id)


# ---- apply


def apply_made(state: State, event: OfferMade) -> None:
    """The item leaves the queue, the operator's capacity is reserved."""
    item = state.items[event.work_item_id]
    operator = state.operators[event.operator_id]
    state.dequeue(item)
    item.state = advance(WORK_ITEM, "offer.made", item.state)
    item.offer_id = state.counters.offer = event.offer_id
    state.offers[event.offer_id] = Offer(
        event.offer_id,
        event.work_item_id,
        event.operator_id,
        event.cost_units,
        event.at_ms,
        event.deadline_ms,
    )
    operator.offer_ids.append(event.offer_id)
    operator.offered_units += event.cost_units
    operator.idle_since_ms = event.at_ms  # so that a burst spreads over the equally idle
    operator.last_offer_id = event.offer_id
    if operator.passes >= state.shares.get(item.queue_id, 0):
        state.shares[item.queue_id] = operator.passes
    operator.passes += STRIDE // operator.weight
    state.roster.touch(event.operator_id)
    state.deadlines[OFFERS].set(("offer", event.offer_id, ""), event.deadline_ms)


def apply_accepted(state: State, event: OfferAccepted) -> None:
    """The reservation becomes load."""
    item = state.items[event.work_item_id]
    state.end_offer(event.offer_id)
    item.offer_id = 0
    state.operators[event.operator_id].rona_count = 0
    take(state, item, event, "offer.accepted")


def take(state: State, item: WorkItem, event: held.Taken, tag: str) -> None:
    """The operator of the event holds the item, connecting or assigned."""
    item.state = advance(WORK_ITEM, f"{tag} (connecting)" if event.connect_due_ms else tag, item.state)
    state.hold(item, event.operator_id, event.at_ms)
    if event.effect_id:
        state.counters.effect = event.effect_id
    if event.connect_due_ms:
        item.connect_effect_id = event.effect_id
        state.set_held_deadlines(item, connect_due_ms=event.connect_due_ms)
    else:
        _assigned(state, item, event.at_ms)


def _assigned(state: State, item: WorkItem, at_ms: int) -> None:
    matter = state.conversations[item.conversation_id]
    if (
        state.channels[item.channel].connects and matter.contact in RUNNING and not item.part_of
    ):  # connected is answered
        matter.answered = True
    held.arm(state, item, matter, at_ms)


def apply_connected(state: State, event: ItemConnected) -> None:
    """What was accepted is assigned."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.connected", item.state)
    item.connect_effect_id = 0
    state.set_held_deadlines(item, connect_due_ms=0)
    _assigned(state, item, event.at_ms)


def apply_connect_failed(state: State, event: ConnectFailed) -> None:
    """Both sides are free, nobody is to blame."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.connect_failed", item.state)
    item.connect_effect_id = 0
    state.let_go(item, event.at_ms, worked=False)
    state.requeue(item)
    state.set_backoff(item, event.operator_id, event.backoff_until_ms)


def apply_declined(state: State, event: OfferDeclined) -> None:
    """Both sides are free; a decline is an answer, so it ends a row of unanswered offers."""
    _back_to_queue(state, event.work_item_id, event.offer_id, "offer.declined")
    state.operators[event.operator_id].rona_count = 0
    state.set_backoff(state.items[event.work_item_id], event.operator_id, event.backoff_until_ms)


def apply_expired(state: State, event: OfferExpired) -> None:
    """Both sides are free; one more in the row."""
    _back_to_queue(state, event.work_item_id, event.offer_id, "offer.expired")
    state.operators[event.operator_id].rona_count += 1
    state.set_backoff(state.items[event.work_item_id], event.operator_id, event.backoff_until_ms)


def apply_revoked(state: State, event: OfferRevoked) -> None:
    """Both sides are free, nobody is to blame."""
    _back_to_queue(state, event.work_item_id, event.offer_id, "offer.revoked")


def apply_backoff_ended(state: State, event: BackoffEnded) -> None:
    """Forget the back-off."""
    item = state.items[event.work_item_id]
    with state.rekeyed(item):
        item.backoff.pop(event.operator_id, None)
    state.deadlines[OFFERS].clear(("backoff", event.work_item_id, event.operator_id))


def _back_to_queue(state: State, work_item_id: int, offer_id: int, tag: str) -> None:
    item = state.items[work_item_id]
    item.state = advance(WORK_ITEM, tag, item.state)
    state.end_offer(offer_id)
    state.requeue(item)


HANDLERS: dict[type, Handler] = {AcceptOffer: accept, DeclineOffer: decline}
APPLIERS: dict[type, Applier] = {
    OfferMade: apply_made,
    OfferAccepted: apply_accepted,
    OfferDeclined: apply_declined,
    OfferExpired: apply_expired,
    OfferRevoked: apply_revoked,
    BackoffEnded: apply_backoff_ended,
    ItemConnected: apply_connected,
    ConnectFailed: apply_connect_failed,
}
