"""What the configuration promises, at the moment of an event, and what an event must bring about.

What lives here: the same questions as in ``moments``, answered from the records and rules alone: nothing of what the
product itself calls (``capacity``, ``eligibility``, ``timing``) is used, so that a mistake there cannot hide itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from omniroute.core import events as e
from omniroute.core.model import ContactState, Conversation, HandoffKind, ItemState, Operator, Presence, WorkItem
from omniroute.core.rules import OverflowCause, Requirement, WrapUp
from omniroute.core.state import State

GIVEN = (e.OfferMade, e.ItemPulled, e.ItemForced, e.ItemReassigned)
LENGTHS = (
    e.OfferMade,
    e.OfferDeclined,
    e.OfferExpired,
    e.ConnectFailed,
    e.HandoffRequested,
    e.LeaseStarted,
    e.BatchOpened,
)
PLACES = (e.ItemQueued, e.ItemMoved, e.HandoffRequested, e.OverflowPassed, e.ItemReserved, e.ItemRelaxed)
WRITTEN = (e.ReplySent, e.ConversationResolved)
BACKED_OFF = (e.OfferDeclined, e.OfferExpired, e.ConnectFailed, e.ItemReturned)
CONTACTS = tuple(ContactState)
BY_HAND = {"channel", "escalation"}
"""What made an offer, other than the policy."""

# ---- before an event


def room_then(state: State, event: e.Event) -> Iterator[str]:
    """10, 11, 12: whoever is offered or given work is there, able, not writing up, and has room for it."""
    if not isinstance(event, GIVEN):
        return
    item, operator = state.items[event.work_item_id], state.operators[event.operator_id]
    for reason in (
        *_not_there(state, operator, item),
        *_not_able(state, operator, item),
        *_no_room(state, operator, item),
    ):
        yield f"item {item.work_item_id} went to {operator.operator_id}: {reason}"
    by_hand = not isinstance(event, e.OfferMade) or event.decision.trigger in BY_HAND
    if not by_hand and len(operator.offer_ids) >= state.config.offers_max:
        yield f"{operator.operator_id} was offered item {item.work_item_id} beside {len(operator.offer_ids)} others"


def _not_there(state: State, operator: Operator, item: WorkItem) -> Iterator[str]:
    if {operator.presence, operator.channels.get(item.channel, Presence.AVAILABLE)} != {Presence.AVAILABLE}:
        yield "they are not there"
    for number in operator.item_ids:
        held = state.items[number]
        writes_up = held.state is ItemState.WRAP_UP and not held.handoff_id
        if writes_up and state.queues[held.queue_id].wrap_up is WrapUp.FORCED:
            yield f"they write up item {number}"


def _not_able(state: State, operator: Operator, item: WorkItem) -> Iterator[str]:
    for one in item.requirements:
        if operator.skills.get(one.skill, 0) < one.level:
            yield f"they lack {one}"
    handoff = state.handoffs.get(item.handoff_id)
    by_stage = handoff is not None and handoff.stage_id
    if handoff is not None and handoff.from_operator_id == operator.operator_id and not by_stage:
        yield "they have handed it over themselves"
    if handoff is not None and handoff.to_operator_id not in {"", operator.operator_id}:
        yield f"it was handed over to {handoff.to_operator_id}"


def _no_room(state: State, operator: Operator, item: WorkItem) -> Iterator[str]:
    """By the words of the channels' rules: so many of a kind, alone, and not more units than there are."""
    rule = state.channels[item.channel]
    held = [state.items[i] for i in operator.item_ids]
    held = [one for one in held if not one.idle and not one.lifted]
    offered = [state.items[state.offers[i].work_item_id] for i in operator.offer_ids]
    offered = [one for one in offered if one is not item]
    alike = sum(one.channel == item.channel for one in (*held, *offered))
    if rule.items_max and alike >= rule.items_max:
        yield f"they have {alike} of the kind already"
    if any(state.channels[one.channel].exclusive for one in (*held, *offered)):
        yield "they have something that wants them alone"
    if rule.exclusive and (offered or any(one.channel not in rule.interrupts for one in held)):
        yield "it wants them alone"
    silenced = {name for one in held for name in state.channels[one.channel].interrupts}
    silenced = set() if item.channel in silenced else silenced | set(rule.interrupts)
    counted = sum(one.cost_units for one in held if one.channel not in silenced)
    counted += sum(one.cost_units for one in offered)
    if counted + item.cost_units > operator.capacity_units:
        yield f"{counted} units of {operator.capacity_units} are taken"


def lengths_are_kept(state: State, event: e.Event) -> Iterator[str]:
    """13, 15, 16: every deadline that an event sets is that of the configuration, no sooner and no later."""
    for what, set_ms, wanted_ms in _lengths(state, event):
        if set_ms != wanted_ms:
            yield f"{type(event).__name__}: {what} until {set_ms}, not {wanted_ms}"


def _lengths(state: State, event: e.Event) -> Iterator[tuple[str, int, int]]:
    match event:
        case e.OfferMade():
            rule = state.queues[state.items[event.work_item_id].queue_id]
            yield "the offer stands", event.deadline_ms, event.at_ms + rule.offer_ms
        case e.ConnectFailed(reason="outage"):  # nobody could connect them: no back-off
            yield "back-off", event.backoff_until_ms, 0
        case e.OfferDeclined() | e.OfferExpired() | e.ConnectFailed():
            rule = state.queues[state.items[event.work_item_id].queue_id]
            yield "back-off", event.backoff_until_ms, event.at_ms + rule.backoff_ms if rule.backoff_ms else 0
        case e.HandoffRequested(stage_id=stage_id) if stage_id:
            yield "the task of a stage waits", event.deadline_ms, 0
        case e.HandoffRequested():
            yield "the transfer stands", event.deadline_ms, event.at_ms + state.queues[event.to_queue_id].handoff_ms
        case e.LeaseStarted():
            yield "an absence is forgiven", event.until_ms, event.at_ms + state.config.lease_ms
        case e.BatchOpened():
            yield "a batch collects", event.due_ms, event.at_ms + state.queues[event.queue_id].batch_ms


def ages_are_kept(state: State, event: e.Event) -> Iterator[str]:
    """19: a place follows from age and priority; nothing stays where its limit of waiting has passed."""
    match event:
        case e.ItemQueued() if not event.handoff_id:
            yield from _place(state, event, event.enqueued_ms or event.at_ms)
        case e.ItemMoved():
            yield from _place(state, event, state.items[event.work_item_id].enqueued_ms)
        case e.HandoffRequested():
            source, target = state.items[event.source_item_id], state.items[event.target_item_id]
            if source.rank_ms != target.rank_ms:
                yield f"item {target.work_item_id} does not wait at the place of {source.work_item_id}"
        case e.OverflowPassed():
            item = state.items[event.work_item_id]
            bound = item.state is ItemState.QUEUED and not item.handoff_id and not item.outcome
            for rule in state.queues[item.queue_id].overflows if bound else ():
                leads = not rule.queue_id or (rule.queue_id in state.queues and rule.queue_id != item.queue_id)
                if rule.cause is OverflowCause.WAIT and leads and state.now_ms - item.enqueued_ms >= rule.limit:
                    yield f"item {item.work_item_id} has waited {state.now_ms - item.enqueued_ms} ms and stays"
        case e.ItemReserved():
            waited_ms = event.at_ms - state.items[event.work_item_id].enqueued_ms
            if waited_ms < state.config.reserve_ms:
                yield f"{event.operator_id} is kept free for item {event.work_item_id} after {waited_ms} ms"
        case e.ItemRelaxed():
            yield from _relaxed(state, event)


def _place(state: State, event: e.ItemQueued | e.ItemMoved, enqueued_ms: int) -> Iterator[str]:
    priority = state.conversations[event.conversation_id].priority
    away_ms = event.rank_ms - (enqueued_ms - state.config.priority_weight_ms * priority)
    if abs(away_ms) > state.queues[event.queue_id].ageing_ms:
        yield f"item {event.work_item_id} got a place {away_ms} ms from that by age and priority"


def _relaxed(state: State, event: e.ItemRelaxed) -> Iterator[str]:
    item = state.items[event.work_item_id]
    rule = state.queues[item.queue_id].relaxations[event.step - 1]
    lower = {one.skill: one.level for one in rule.lower}
    wanted = [
        Requirement(one.skill, min(one.level, lower.get(one.skill, one.level)))
        for one in item.requirements
        if "*" not in rule.drop and one.skill not in rule.drop
    ]
    if list(event.requirements) != wanted:
        yield f"item {item.work_item_id} requires {event.requirements} after step {event.step}, not {wanted}"


def matters_do_not_go_round(state: State, event: e.Event) -> Iterator[str]:
    """22: an operator's transfer is within the hop limit, and not the third between the same two."""
    if not isinstance(event, e.HandoffRequested) or event.by or event.kind in {HandoffKind.CONSULT, HandoffKind.TASK}:
        return
    matter = state.conversations[event.conversation_id]
    if matter.hops >= state.config.hops_max:
        yield f"conversation {matter.conversation_id} is handed over after {matter.hops} hops"
    to, back, people = 0, 0, 0
    for one in matter.passes:
        to += (one.from_department_id, one.to_department_id) == (event.from_department_id, event.to_department_id)
        back += (one.to_department_id, one.from_department_id) == (event.from_department_id, event.to_department_id)
        people += {one.from_operator_id, one.to_operator_id} == {event.from_operator_id, event.to_operator_id}
    if event.from_department_id != event.to_department_id and to + back > 1:
        yield f"conversation {matter.conversation_id} goes to and fro between departments"
    if people > 1:
        yield f"conversation {matter.conversation_id} goes to and fro between two people"


def owners_write(state: State, event: e.Event) -> Iterator[str]:
    """16, 21: only the owner answers; what the customer wrote is not closed unread by the time for writing up."""
    match event:
        case e.ReplySent():
            owner_id = state.conversations[event.conversation_id].owner_id
            if owner_id != event.operator_id:
                yield f"{event.operator_id} answered conversation {event.conversation_id}, which is {owner_id!r}'s"
        case e.ConversationResolved() if event.operator_id and not event.disposition:
            if not event.record.answered:
                yield f"conversation {event.record.conversation_id} was closed unread"


# ---- after an event


class Before(NamedTuple):
    """What an event must not, or must, change."""

    items: dict[int, tuple[int, str, int]]
    """By number: the rank, who holds it, and until when they have to answer."""
    hops: int
    contact: ContactState
    place: tuple[str, str, str]
    loads: dict[str, int]
    messages: int = 0
    answered: bool = True


_NOTHING = Before({}, 0, ContactState.NONE, ("", "", ""), {})


def remember(state: State, event: e.Event) -> Before:
    """Of the matter of an event, before it is applied."""
    matter = _matter(state, event)
    if matter is None:
        messages, answered = _to_keep(state, event)
        return _NOTHING._replace(messages=messages, answered=answered) if messages else _NOTHING
    items, holders = {}, dict[str, int]()
    for number in matter.item_ids:
        item = state.items[number]
        items[number] = (item.rank_ms, item.operator_id, item.answer_due_ms)
        if item.operator_id:
            holders[item.operator_id] = state.operators[item.operator_id].load_units
    return Before(items, matter.hops, matter.contact, _place_of(matter), holders, *_to_keep(state, event))


def _place_of(matter: Conversation) -> tuple[str, str, str]:
    return matter.owner_id, matter.queue_id, matter.department_id


def _to_keep(state: State, event: e.Event) -> tuple[int, bool]:
    """The messages that both matters of a merge or split have, and whether all that were there are answered."""
    if isinstance(event, e.ConversationSplit):
        old, new = state.conversations[event.conversation_id], state.conversations[event.into_id]
        return old.message_count + new.message_count, old.answered
    if not isinstance(event, e.ConversationMerged):
        return 0, True
    both = state.conversations[event.record.conversation_id], state.conversations[event.into_id]
    return sum([matter.message_count for matter in both]), all(matter.answered for matter in both)


def nothing_is_lost(state: State, event: e.Event, before: Before) -> Iterator[str]:
    """Links: what a merge brings together and a split takes apart is all there, once."""
    yield from merges_lose_nothing(state, event, before)
    yield from splits_lose_nothing(state, event, before)


def merges_lose_nothing(state: State, event: e.Event, before: Before) -> Iterator[str]:
    """Links: one matter has the messages of both, unread if one was, and both references lead to it; one customer."""
    if not isinstance(event, e.ConversationMerged):
        return
    matter, going = state.conversations[event.into_id], event.record
    if going.conversation_id in state.conversations:
        yield f"conversation {going.conversation_id} was merged and is still there"
    if (matter.message_count, matter.answered) != (before.messages, before.answered):
        yield f"conversation {event.into_id} has {matter.message_count} messages, answered: {matter.answered}"
    if matter.customer_id != going.customer_id:
        yield f"conversations {going.conversation_id} and {event.into_id} are of two customers"
    for reference in (going.reference, matter.reference, *[one.reference for one in going.aliases]):
        if state.by_reference.get(reference) != event.into_id:
            yield f"the reference {reference} does not lead to conversation {event.into_id}"


def splits_lose_nothing(state: State, event: e.Event, before: Before) -> Iterator[str]:
    """Links: each message counts in one of the two, which both have some; the new one is unread, of one customer."""
    if not isinstance(event, e.ConversationSplit):
        return
    old, new = state.conversations[event.conversation_id], state.conversations[event.into_id]
    if old.message_count + new.message_count != before.messages or old.message_count < 1:
        yield f"conversation {event.conversation_id} has {old.message_count} messages, and {new.message_count} left it"
    if new.message_count != len(event.interaction_ids):
        yield f"conversation {event.into_id} has {new.message_count} messages"
    if new.answered or old.answered != before.answered:
        yield f"conversation {event.conversation_id} is answered: {old.answered}, the new one: {new.answered}"
    if new.customer_id != old.customer_id:
        yield f"conversations {event.conversation_id} and {event.into_id} are of two customers"
    if (state.by_reference.get(event.from_reference), state.by_reference.get(event.reference)) != (
        event.conversation_id,
        event.into_id,
    ):
        yield f"a reference of conversations {event.conversation_id} and {event.into_id} does not lead there"


def consequences(state: State, event: e.Event, before: Before) -> Iterator[str]:
    """15, 16, 19, 20, 22: what the event has made of the records, when it is applied."""
    matter = _matter(state, event)
    if matter is None:
        return
    for number in matter.item_ids:
        if number in before.items:
            item, (rank_ms, who, due_ms) = state.items[number], before.items[number]
            if item.rank_ms != rank_ms and not isinstance(event, e.ItemMoved | e.ItemRanked):
                yield f"{type(event).__name__} moved item {number} from its place"
            if item.answer_due_ms > due_ms > 0 and item.operator_id == who:
                yield f"{type(event).__name__} put the answer of item {number} off"
    if isinstance(event, BACKED_OFF):
        kept_ms = state.items[event.work_item_id].backoff.get(event.operator_id, 0)
        if event.backoff_until_ms and kept_ms != event.backoff_until_ms:
            yield f"{event.operator_id} is not kept from item {event.work_item_id} by the back-off"
    if isinstance(event, e.HandoffAccepted) and event.kind in {HandoffKind.COLD, HandoffKind.WARM}:
        yield from _handed_over(state, event, matter, before)
    elif isinstance(event, _STAYS) and _place_of(matter) != before.place:
        yield f"{type(event).__name__} moved conversation {matter.conversation_id} to {_place_of(matter)}"
    if isinstance(event, e.HandoffRequested):
        yield from _asked(state, event, before)
    if matter.contact is not before.contact and not isinstance(event, e.ItemReturned | e.ConversationReopened):
        yield from _came_on(event, matter, before.contact)


def _came_on(event: e.Event, matter: Conversation, before: ContactState) -> Iterator[str]:
    if CONTACTS.index(matter.contact) < CONTACTS.index(before):
        yield f"{type(event).__name__} took the contact of {matter.conversation_id} back to {matter.contact}"


_STAYS = (e.HandoffRequested, e.HandoffAccepted, e.HandoffReturned, e.HandoffCancelled, e.HandoffAnswered)


def _asked(state: State, event: e.HandoffRequested, before: Before) -> Iterator[str]:
    """A cold transfer gives the load back at once, but for who speaks to the customer; nothing else does."""
    source = state.items[event.source_item_id]
    channel, matter = state.channels[source.channel], state.conversations[source.conversation_id]
    speaks = channel.connects and matter.contact in {ContactState.WAITING, ContactState.CONNECTED}
    freed = source.cost_units if event.kind is HandoffKind.COLD and not speaks and not source.idle else 0
    if not event.from_operator_id:  # nobody has the matter, whose stage asks
        if not event.stage_id or matter.owner_id:
            yield f"handoff {event.handoff_id} has no sender"
        return
    load = state.operators[event.from_operator_id].load_units
    if before.loads[event.from_operator_id] - load != freed:
        yield f"handoff {event.handoff_id} ({event.kind}) left {event.from_operator_id} with {load} units"


def _handed_over(state: State, event: e.HandoffAccepted, matter: Conversation, before: Before) -> Iterator[str]:
    target = state.items[event.target_item_id]
    if matter.hops != before.hops + 1:
        yield f"the handoff of conversation {matter.conversation_id} was not counted"
    if (matter.queue_id, matter.department_id, matter.owner_id) != (
        target.queue_id,
        target.department_id,
        event.operator_id,
    ):
        yield f"conversation {matter.conversation_id} did not move with its handoff"


def _matter(state: State, event: e.Event) -> Conversation | None:
    return state.conversations.get(getattr(event, "conversation_id", 0))
