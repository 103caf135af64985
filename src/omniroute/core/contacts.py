"""Contacts: calls and visits, whose events may come late, twice or in the wrong order.

What lives here: how a contact goes on, and what that means for its work item. An event can only move a contact forward
(waiting → connected → over), so that any order of arrival ends in the same state.
"""

from __future__ import annotations

from omniroute.core import handoffs, offers, parts, sla, work
from omniroute.core.commands import RegisterInteraction
from omniroute.core.eligibility import why_not_by_hand
from omniroute.core.events import Decision
from omniroute.core.model import ContactState, Conversation, InteractionKind, ItemState, WorkItem
from omniroute.core.rules import Stage
from omniroute.core.step import Step

PICKED_UP = Decision("", "channel", (), (), {})
"""The reasons of an assignment that a channel told us of: the operator had picked up."""

WAITING = (ItemState.QUEUED, ItemState.OFFERED)
LOST = (*WAITING, ItemState.CONNECTING)
"""What ends with the customer: work that nobody has begun, unless the customer was told that we come back to it."""

FORWARD: dict[InteractionKind, dict[ContactState, ContactState]] = {
    InteractionKind.CONTACT_STARTED: {ContactState.NONE: ContactState.WAITING},
    InteractionKind.CONTACT_CONNECTED: {
        ContactState.NONE: ContactState.CONNECTED,
        ContactState.WAITING: ContactState.CONNECTED,
    },
    InteractionKind.CONTACT_ENDED: dict.fromkeys(ContactState, ContactState.OVER),
    InteractionKind.CONTACT_ABANDONED: dict.fromkeys(ContactState, ContactState.OVER),
}
"""What a contact event makes of the contact; a pair that is not here changes nothing."""


def progress(matter: Conversation, kind: InteractionKind) -> None:
    """Move the contact forward (used by the applier)."""
    matter.contact = FORWARD.get(kind, {}).get(matter.contact, matter.contact)


def follow(step: Step, matter: Conversation, command: RegisterInteraction, before: ContactState) -> None:
    """Do what the contact event asks for; ``before`` is where the contact stood, for an end is followed once."""
    if command.kind is InteractionKind.CONTACT_CONNECTED and matter.contact is ContactState.CONNECTED:
        _connected(step, matter, command.operator_id)
    elif command.kind is InteractionKind.CONTACT_NOT_CONNECTED:
        _not_connected(step, matter, command.operator_id)
    elif matter.contact is ContactState.OVER and before is not ContactState.OVER:
        _over(step, matter, _outcome(command.kind, before))


def _outcome(kind: InteractionKind, before: ContactState) -> str:
    """What to call a contact that ended while nobody of ours had the matter."""
    if before is ContactState.CONNECTED:
        return "answered_elsewhere"
    return "abandoned" if kind is InteractionKind.CONTACT_ABANDONED else "ended_unanswered"


def _connected(step: Step, matter: Conversation, operator_id: str) -> None:
    """Somebody picked up, so the work is theirs: whom the channel names, else whom it is offered to.

    A name that we do not know says nothing. Nobody is given more than they can hold or what they are not able for.
    """
    named = operator_id if operator_id in step.state.operators else ""
    for item in step.state.work_of(matter):
        if item.state is ItemState.CONNECTING and named in {"", item.operator_id}:
            offers.connected(step, item)
        elif item.state is ItemState.CONNECTING and not why_not_by_hand(step.state, step.state.operators[named], item):
            offers.fail_connecting(step, item, "answered_elsewhere")
            _picked_up(step, item, named)
        elif item.state in WAITING and not item.handoff_id:
            _picked_up(step, item, named)
        elif item.state is ItemState.OFFERED and step.state.offers[item.offer_id].operator_id == named:
            offers.assign(step, step.state.offers[item.offer_id], connect=False)
    sla.connected(step, matter)


def _not_connected(step: Step, matter: Conversation, operator_id: str) -> None:
    """The telephone system could not ring the operator through; a name that we do not know says nothing."""
    for item in _items(step, matter):
        if item.state is ItemState.CONNECTING and operator_id in {"", item.operator_id}:
            offers.fail_connecting(step, item, "not_connected")


def _picked_up(step: Step, item: WorkItem, named: str) -> None:
    offer = step.state.offers.get(item.offer_id)
    if offer is not None and offer.deadline_ms <= step.now_ms:
        return
    if named and (offer is None or offer.operator_id != named):
        if why_not_by_hand(step.state, step.state.operators[named], item):
            return
        if offer is not None:
            offers.revoke(step, offer.offer_id, "answered_elsewhere")
        offers.make(step, item, named, PICKED_UP)
        offer = step.state.offers[item.offer_id]
    if offer is not None:
        offers.assign(step, offer, connect=False)


def _over(step: Step, matter: Conversation, outcome: str) -> None:
    """The customer is gone: held work goes to wrap-up, waiting work is closed, a transfer goes back.

    Where that leaves nobody with the matter, it is done; one that nobody had to begin with, as well.
    """
    for item in _items(step, matter):
        if item.handoff_id and item.state in WAITING and not item.part_of:
            handoffs.give_back(step, item.handoff_id, "contact_over")
    lost = [item for item in step.state.work_of(matter) if item.state in LOST and not item.outcome]
    for item in lost:
        _abandon(step, item)
    if lost and not step.state.work_of(matter):
        parts.cancel_all(step, matter)
    for item in step.state.work_of(matter):
        if item.state is ItemState.ASSIGNED:
            work.start_wrap_up(step, item, part=False)
    if not matter.item_ids and (lost or matter.stage is Stage.RECEIVED):
        sla.over(step, matter, "cancelled")
        work.resolve(step, matter, outcome, "")


def _abandon(step: Step, item: WorkItem) -> None:
    if item.state is ItemState.OFFERED:
        offers.revoke(step, item.offer_id, "abandoned")
    work.close(step, item, "", "abandoned")


def _items(step: Step, matter: Conversation) -> list[WorkItem]:
    return [step.state.items[item_id] for item_id in list(matter.item_ids)]
