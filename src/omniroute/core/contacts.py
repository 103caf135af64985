"""Contacts: calls and visits, whose events may come late, twice or in the wrong order.

What lives here: how a contact goes on, and what that means for its work item. An event can only move a contact forward
(waiting → connected → over), so that any order of arrival ends in the same state.
"""

from __future__ import annotations

from omniroute.core import handoffs, offers, sla, work
from omniroute.core.commands import AcceptOffer, RegisterInteraction
from omniroute.core.model import ContactState, Conversation, InteractionKind, ItemState, Stage, WorkItem
from omniroute.core.step import Step

WAITING = (ItemState.QUEUED, ItemState.OFFERED)

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
    elif matter.contact is ContactState.OVER and before is not ContactState.OVER:
        _over(step, matter, command.kind)


def _connected(step: Step, matter: Conversation, operator_id: str) -> None:
    """Somebody picked up: if the work is offered to whom the channel names, it is accepted.

    A channel that names nobody can only mean the operator to whom a matter without an owner is offered.
    """
    unnamed = not operator_id and not matter.owner_id
    for item in _items(step, matter):
        if item.state is ItemState.OFFERED:
            offer = step.state.offers[item.offer_id]
            if (unnamed or operator_id == offer.operator_id) and offer.deadline_ms > step.now_ms:
                offers.accept(step, AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
    sla.end(step, matter, "met")


def _over(step: Step, matter: Conversation, kind: InteractionKind) -> None:
    """The customer is gone: held work goes to wrap-up, waiting work is closed, a transfer goes back.

    Where that leaves nobody with the matter, it is done; one that nobody had to begin with, as well.
    """
    for item in _items(step, matter):
        if item.handoff_id and item.state in WAITING:
            handoffs.give_back(step, item.handoff_id, "contact_over")
    lost = [item for item in _items(step, matter) if item.state in WAITING]
    for item in lost:
        _abandon(step, item)
    for item in _items(step, matter):
        if item.state is ItemState.ASSIGNED:
            work.start_wrap_up(step, item, part=False)
    if not matter.item_ids and (lost or matter.stage is Stage.RECEIVED):
        abandoned = kind is InteractionKind.CONTACT_ABANDONED
        sla.end(step, matter, "cancelled")
        work.resolve(step, matter, "abandoned" if abandoned else "ended_unanswered", "")


def _abandon(step: Step, item: WorkItem) -> None:
    if item.state is ItemState.OFFERED:
        offers.revoke(step, item.offer_id, "abandoned")
    work.close(step, item, "", "abandoned")


def _items(step: Step, matter: Conversation) -> list[WorkItem]:
    return [step.state.items[item_id] for item_id in list(matter.item_ids)]
