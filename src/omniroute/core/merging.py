"""Merging: two matters of one customer become one, and the reference of the one that goes leads to the other.

What lives here: the decision, and what of the going matter the staying one takes over: its messages, whose turn it is,
its place in the queue, its references and sessions. A weak key never merges two people: the customer must be the same.
"""

from __future__ import annotations

import msgspec

from omniroute.core import clocks, handoffs, held, offers, parking, parts, sla, work
from omniroute.core.commands import MergeConversations
from omniroute.core.events import ConversationMerged
from omniroute.core.model import CONNECTING, OFFERED, PARKED, QUEUED, RUNNING, Alias, ContactState, Conversation
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import Conflict, InvalidInput

ALIASES_MAX = 50
"""Matters that one matter can have taken in."""
WAITING = frozenset({QUEUED, OFFERED, PARKED})

# ---- decide


def merge(step: Step, command: MergeConversations) -> None:
    """End the work on the one that goes without losing anything of it, and let the other take it over."""
    state = step.state
    going, staying = state.conversation(command.conversation_id), state.conversation(command.into_id)
    _refuse(state, going, staying, command.operator_id)
    rank_ms = min([state.items[number].rank_ms for number in going.item_ids], default=0)
    _end_work(step, going)
    sla.over(step, going, "cancelled")
    unread = not going.answered
    record = msgspec.structs.replace(going, owner_id="", item_ids=[])
    step.emit(ConversationMerged(record, staying.conversation_id, command.operator_id, step.now_ms, rank_ms))
    if unread:
        sla.unanswered(step, staying)
        held.resume(step, staying)
        parking.wake_all(step, staying, "message")
    for number in staying.item_ids:
        if state.items[number].state is QUEUED:
            step.wake_item(number)


def _refuse(state: State, going: Conversation, staying: Conversation, operator_id: str) -> None:
    if going is staying:
        raise InvalidInput("a matter cannot be merged into itself", "into")
    if going.customer_id != staying.customer_id:
        raise Conflict("these matters are of two customers")
    if going.contact in RUNNING:
        raise Conflict("a running contact cannot be merged: it ends first")
    if len(going.aliases) + len(staying.aliases) >= ALIASES_MAX:
        raise Conflict(f"a matter can take in {ALIASES_MAX} others")
    items = [state.items[number] for number in going.item_ids]
    if any(item.operator_id not in {"", operator_id} or item.state is CONNECTING for item in items):
        raise Conflict("somebody else works on it")


def _end_work(step: Step, going: Conversation) -> None:
    """Nothing of it is offered, waits, or is held any more."""
    state = step.state
    parts.cancel_all(step, going)
    for number in list(going.item_ids):
        item = state.items.get(number)
        if item is not None and item.handoff_id:
            handoffs.withdraw(step, state.handoffs[item.handoff_id])
    for number in list(going.item_ids):
        item = state.items[number]
        if item.state is OFFERED:
            offers.revoke(step, item.offer_id, "merged")
        elif item.state is PARKED:
            parking.wake(step, item, "taken")
        work.close(step, item, "", "merged")


# ---- apply


def apply_merged(state: State, event: ConversationMerged) -> None:
    """The going matter leaves the state; whatever led to it leads to the one that stays."""
    going, staying = state.conversations.pop(event.record.conversation_id), state.conversations[event.into_id]
    clocks.forget(state, going)
    chat = going.contact is ContactState.NONE  # what is late of a call belongs to the call, not to the other's contact
    own = Alias(going.reference, going.channel, going.session_key if chat else "")
    if going.session_key:
        state.by_session.pop((going.channel, going.session_key), None)
    staying.aliases = (*staying.aliases, *going.aliases, own)
    state.enter_aliases(staying)
    staying.interaction_count += going.interaction_count
    staying.message_count += going.message_count
    if staying.answered and not going.answered:
        staying.answered = False
        held.turn(state, staying, event.at_ms)
    _take_place(state, staying, event.rank_ms)


def _take_place(state: State, staying: Conversation, rank_ms: int) -> None:
    """A customer keeps the older place."""
    for number in staying.item_ids:
        item = state.items[number]
        if item.state in WAITING and not item.handoff_id and 0 < rank_ms < item.rank_ms:
            with state.rekeyed(item):
                item.rank_ms = rank_ms


HANDLERS: dict[type, Handler] = {MergeConversations: merge}
APPLIERS: dict[type, Applier] = {ConversationMerged: apply_merged}
