"""Events: what has happened. Past tense, one fact each, without contents; these shapes are journalled.

A recorded shape never changes silently: new fields go to the end and have defaults, anything else needs an upcast in
``journal/upcasts.py``. Tags are stable for ever. Each event is one MessagePack array ``[tag, field, …]``.
``by`` names who acted in an operator's name; empty where the operator did.
"""

from __future__ import annotations

import msgspec

from omniroute.core.model import Conversation, InteractionKind, ItemState, Presence
from omniroute.core.rules import CoreConfig, Requirement


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The root of all events."""


class ConfigApplied(Event, tag="config.applied", frozen=True, gc=False):
    """From here on decisions follow this configuration."""

    config: CoreConfig


class OperatorPut(Event, tag="operator.put", frozen=True, gc=False):
    """An operator exists, with these abilities."""

    operator_id: str
    departments: tuple[str, ...]
    skills: dict[str, int]
    capacity_units: int
    queues: tuple[str, ...] = ()
    weight: int = 10


class PresenceChanged(Event, tag="operator.presence_changed", frozen=True, gc=False):
    """``cause`` is ``declared``, ``rona`` or ``lease``; ``channel`` is empty or the one instance it is about."""

    operator_id: str
    presence: Presence
    reason: str
    at_ms: int
    cause: str = "declared"
    by: str = ""
    channel: str = ""


class OperatorConnected(Event, tag="operator.connected", frozen=True, gc=False):
    """A desk is open; no lease runs."""

    operator_id: str
    at_ms: int


class LeaseStarted(Event, tag="operator.lease_started", frozen=True, gc=False):
    """The last desk is gone: forgiven until ``until_ms``."""

    operator_id: str
    at_ms: int
    until_ms: int


class RawReceived(Event, tag="raw.received", frozen=True, gc=False):
    """A channel holds something of a customer, and it is durable."""

    raw_id: int
    channel: str
    at_ms: int


class RawQuarantined(Event, tag="raw.quarantined", frozen=True, gc=False):
    """It could not be read; it is shown to people and blocks nobody."""

    raw_id: int
    reason: str
    at_ms: int


class RawRegistered(Event, tag="raw.registered", frozen=True, gc=False):
    """All of it has become interactions."""

    raw_id: int


class CustomerCreated(Event, tag="customer.created", frozen=True, gc=False):
    """Somebody whom we did not know; who, stands in the store."""

    customer_id: int
    at_ms: int


class ConversationOpened(Event, tag="conversation.opened", frozen=True, gc=False):
    """A new matter."""

    conversation_id: int
    reference: str
    customer_id: int
    channel: str
    department_id: str
    queue_id: str
    kind: str
    priority: int
    language: str
    session_key: str
    at_ms: int
    tags: tuple[str, ...] = ()
    rule: str = ""


class ConversationReopened(Event, tag="conversation.reopened", frozen=True, gc=False):
    """A matter that was done goes on, with its history."""

    record: Conversation
    at_ms: int


class ConversationResolved(Event, tag="conversation.resolved", frozen=True, gc=False):
    """The matter is done. ``record`` is what a reopening needs: the core forgets the conversation here."""

    record: Conversation
    disposition: str
    operator_id: str
    at_ms: int
    by: str = ""


class StageChanged(Event, tag="conversation.stage_changed", frozen=True, gc=False):
    """What the customer is told has changed."""

    conversation_id: int
    stage: str
    at_ms: int


class InteractionReceived(Event, tag="interaction.received", frozen=True, gc=False):
    """Something of the customer's is in the thread. ``operator_id`` is the operator whom the channel named."""

    interaction_id: int
    conversation_id: int
    raw_id: int
    channel: str
    kind: InteractionKind
    at_ms: int
    operator_id: str = ""


class ReplySent(Event, tag="interaction.reply_sent", frozen=True, gc=False):
    """An operator answered; the outbox carries it out."""

    interaction_id: int
    conversation_id: int
    operator_id: str
    channel: str
    effect_id: int
    at_ms: int


class NoteAdded(Event, tag="interaction.note_added", frozen=True, gc=False):
    """A private note is in the thread."""

    interaction_id: int
    conversation_id: int
    operator_id: str
    at_ms: int


class DeliverySucceeded(Event, tag="delivery.succeeded", frozen=True, gc=False):
    """The channel took the effect over."""

    effect_id: int
    conversation_id: int
    interaction_id: int
    at_ms: int


class DeliveryDied(Event, tag="delivery.died", frozen=True, gc=False):
    """The effect could not be carried out and will not be tried again."""

    effect_id: int
    conversation_id: int
    interaction_id: int
    reason: str
    at_ms: int


class ItemQueued(Event, tag="work_item.queued", frozen=True, gc=False):
    """New work waits."""

    work_item_id: int
    conversation_id: int
    queue_id: str
    department_id: str
    channel: str
    cost_units: int
    priority: int
    rank_ms: int
    requirements: tuple[Requirement, ...]
    at_ms: int
    handoff_id: int = 0
    own: tuple[Requirement, ...] = ()
    preferred: tuple[Requirement, ...] = ()
    enqueued_ms: int = 0
    """Since when it waits, where that is earlier than ``at_ms``."""
    held_for: str = ""
    hold_until_ms: int = 0
    expected_ms: int = 0
    """The expected handling time, on which the rank may depend."""
    failed_policy: str = ""


class ItemReturned(Event, tag="work_item.returned", frozen=True, gc=False):
    """Its operator gave it back, or lost it with the lease (reason ``lease``); it waits again at its old place."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
    backoff_until_ms: int = 0
    by: str = ""


class ItemRelaxed(Event, tag="work_item.relaxed", frozen=True, gc=False):
    """It has waited long enough for ``step`` (from 1): from now on this is required, and these may have it too."""

    work_item_id: int
    conversation_id: int
    step: int
    requirements: tuple[Requirement, ...]
    departments: tuple[str, ...]
    queues: tuple[str, ...]
    operators: tuple[str, ...]
    at_ms: int


class ItemMoved(Event, tag="work_item.moved", frozen=True, gc=False):
    """It waits in another queue from now on, at its age. ``cause`` is ``requeue`` or ``overflow:…``."""

    work_item_id: int
    conversation_id: int
    from_queue_id: str
    queue_id: str
    department_id: str
    rank_ms: int
    requirements: tuple[Requirement, ...]
    preferred: tuple[Requirement, ...]
    cause: str
    at_ms: int
    reason: str = ""
    by: str = ""
    failed_policy: str = ""


class ItemDiverted(Event, tag="work_item.diverted", frozen=True, gc=False):
    """Its queue cannot serve it in time: the customer is told ``outcome``; it waits on as work for later."""

    work_item_id: int
    conversation_id: int
    outcome: str
    cause: str
    channel: str
    at_ms: int
    effect_id: int


class ItemReserved(Event, tag="work_item.reserved", frozen=True, gc=False):
    """Smaller work has pushed it back for long: the operator gets nothing of another size until it has somebody."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int


class ReservationEnded(Event, tag="work_item.reservation_ended", frozen=True, gc=False):
    """Who was kept free for it has left, or cannot have it any more."""

    work_item_id: int
    operator_id: str
    at_ms: int


class OverflowPassed(Event, tag="work_item.overflow_passed", frozen=True, gc=False):
    """A moment at which it might have overflowed has passed: it did not wait, or no rule held."""

    work_item_id: int


class HoldEnded(Event, tag="work_item.hold_ended", frozen=True, gc=False):
    """It need not wait for one operator any more."""

    work_item_id: int


class ItemConnected(Event, tag="work_item.connected", frozen=True, gc=False):
    """The two sides are together: what was accepted is assigned."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int


class ConnectFailed(Event, tag="work_item.connect_failed", frozen=True, gc=False):
    """The two sides did not come together: back to its old place, without blame."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
    backoff_until_ms: int = 0


class ItemPulled(Event, tag="work_item.pulled", frozen=True, gc=False):
    """An operator took it out of turn. ``connect_due_ms`` 0: it is assigned."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    channel: str
    at_ms: int
    effect_id: int = 0
    connect_due_ms: int = 0


class ItemForced(Event, tag="work_item.forced", frozen=True, gc=False):
    """A supervisor gave it to an operator. ``connect_due_ms`` 0: it is assigned."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    channel: str
    at_ms: int
    by: str
    effect_id: int = 0
    connect_due_ms: int = 0


class ItemReassigned(Event, tag="work_item.reassigned", frozen=True, gc=False):
    """A supervisor moved it from one operator to another; one event releases and assigns."""

    work_item_id: int
    conversation_id: int
    from_operator_id: str
    operator_id: str
    at_ms: int
    by: str


class ItemSnoozed(Event, tag="work_item.snoozed", frozen=True, gc=False):
    """Put aside until ``until_ms``; its operator's capacity is free."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int
    until_ms: int
    by: str = ""


class ItemWoken(Event, tag="work_item.woken", frozen=True, gc=False):
    """It waits again at its old place: ``due``, ``message``, ``contact`` or ``taken``; ``held_for`` gets it first."""

    work_item_id: int
    conversation_id: int
    cause: str
    at_ms: int
    held_for: str = ""
    hold_until_ms: int = 0


class ItemIdled(Event, tag="work_item.idled", frozen=True, gc=False):
    """The customer has been silent for long: its capacity is given back."""

    work_item_id: int
    operator_id: str
    at_ms: int


class ItemResumed(Event, tag="work_item.resumed", frozen=True, gc=False):
    """The customer is back: its capacity is taken again, even beyond what the operator can hold."""

    work_item_id: int
    operator_id: str
    at_ms: int


class BatchOpened(Event, tag="batch.opened", frozen=True, gc=False):
    """Work of a queue with a batch policy is collected until ``due_ms``, then matched at once."""

    queue_id: str
    at_ms: int
    due_ms: int


class BatchClosed(Event, tag="batch.closed", frozen=True, gc=False):
    """The collecting is over; ``items`` were looked at, of ``waiting``."""

    queue_id: str
    at_ms: int
    items: int = 0
    waiting: int = 0


class BackoffEnded(Event, tag="work_item.backoff_ended", frozen=True, gc=False):
    """The operator may be offered the item again."""

    work_item_id: int
    operator_id: str


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One operator who could have had it, with the terms that ranked them."""

    operator_id: str
    terms: tuple[int, ...]


class Decision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why this operator: the best candidates in order and the number excluded for each reason.

    ``named`` lists at most a few of the excluded with their reason; ``trigger`` is ``item`` (work came), ``operator``
    (somebody became free), ``batch``, or ``channel``. ``failed_policy`` names a policy that broke and was replaced by
    the default. ``eligible`` counts all who could have had it, ``expected_ms`` is the expected handling time then,
    ``waited_ms`` how long it had waited, ``relaxed`` how many steps of relaxation had been taken.
    """

    policy: str
    trigger: str
    terms: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    excluded: dict[str, int]
    named: tuple[tuple[str, str], ...] = ()
    failed_policy: str = ""
    eligible: int = 0
    expected_ms: int = 0
    waited_ms: int = 0
    relaxed: int = 0


class OfferMade(Event, tag="offer.made", frozen=True, gc=False):
    """Proposed to one operator, with the reasons."""

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    cost_units: int
    at_ms: int
    deadline_ms: int
    decision: Decision


class OfferAccepted(Event, tag="offer.accepted", frozen=True, gc=False):
    """The work item has an owner. ``effect_id`` is that of connecting, 0 where none is needed.

    ``connect_due_ms`` 0: it is assigned; else it is being connected, until then. ``auto``: nobody had to press a
    button.
    """

    offer_id: int
    work_item_id: int
    operator_id: str
    conversation_id: int
    channel: str
    at_ms: int
    effect_id: int = 0
    connect_due_ms: int = 0
    auto: bool = False


class OfferDeclined(Event, tag="offer.declined", frozen=True, gc=False):
    """The item is back at its place, the capacity free."""

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
    backoff_until_ms: int


class OfferExpired(Event, tag="offer.expired", frozen=True, gc=False):
    """Redirect on no answer (RONA)."""

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int
    backoff_until_ms: int


class OfferRevoked(Event, tag="offer.revoked", frozen=True, gc=False):
    """Taken back without blame.

    ``reason``: ``presence``, ``unable``, ``outage``, ``abandoned``, ``handoff``, ``forced``, ``requeued`` or
    ``answered_elsewhere``.
    """

    offer_id: int
    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int


class HandoffRequested(Event, tag="handoff.requested", frozen=True, gc=False):
    """A transfer was proposed to a department; the target item is queued by an event of its own."""

    handoff_id: int
    conversation_id: int
    source_item_id: int
    target_item_id: int
    from_operator_id: str
    from_department_id: str
    to_department_id: str
    to_queue_id: str
    at_ms: int
    deadline_ms: int
    by: str = ""


class HandoffAccepted(Event, tag="handoff.accepted", frozen=True, gc=False):
    """Owner, queue and history move at once: the source is released, the target is assigned."""

    handoff_id: int
    conversation_id: int
    source_item_id: int
    target_item_id: int
    offer_id: int
    from_operator_id: str
    operator_id: str
    channel: str
    at_ms: int
    effect_id: int = 0


class HandoffReturned(Event, tag="handoff.returned", frozen=True, gc=False):
    """Nobody took it in time (or it cannot go on): the sender keeps it, with the reason. The target is closed."""

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    reason: str
    at_ms: int


class HandoffCancelled(Event, tag="handoff.cancelled", frozen=True, gc=False):
    """The sender took it back. The target is closed."""

    handoff_id: int
    conversation_id: int
    target_item_id: int
    from_operator_id: str
    at_ms: int


class WrapUpStarted(Event, tag="work_item.wrap_up_started", frozen=True, gc=False):
    """The contact is over; notes and disposition are due. ``effect_id`` is that of parting the sides, or 0."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    channel: str
    at_ms: int
    due_ms: int
    effect_id: int = 0


class WrapUpExtended(Event, tag="work_item.wrap_up_extended", frozen=True, gc=False):
    """There is time for writing up until ``due_ms``."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int
    due_ms: int
    by: str = ""


class ItemClosed(Event, tag="work_item.closed", frozen=True, gc=False):
    """The work is finished: ``completed``, ``wrap_up_expired`` or ``abandoned``. ``was`` is the state it left."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    was: ItemState
    disposition: str
    cause: str
    at_ms: int
    by: str = ""


class ClockStarted(Event, tag="clock.started", frozen=True, gc=False):
    """A promise to the customer begins to count."""

    conversation_id: int
    at_ms: int
    due_ms: int


class ClockEnded(Event, tag="clock.ended", frozen=True, gc=False):
    """Met, breached or cancelled, once."""

    conversation_id: int
    outcome: str
    at_ms: int


class StateHashed(Event, tag="state.hashed", frozen=True, gc=False):
    """Just before this event the state had this hash (`digests.state_hash`), in the form that ``encoding`` names."""

    digest: str
    encoding: str


AnyEvent = (
    ConfigApplied | OperatorPut | PresenceChanged | RawReceived | RawQuarantined | RawRegistered | CustomerCreated
    | ConversationOpened | ConversationReopened | ConversationResolved | StageChanged | InteractionReceived
    | ReplySent | NoteAdded | DeliverySucceeded | DeliveryDied | ItemQueued | ItemReturned | BackoffEnded
    | OfferMade | OfferAccepted | OfferDeclined | OfferExpired | OfferRevoked | HandoffRequested | HandoffAccepted
    | HandoffReturned | HandoffCancelled | WrapUpStarted | ItemClosed | ClockStarted | ClockEnded
    | OperatorConnected | LeaseStarted | ItemRelaxed | ItemMoved | ItemDiverted | OverflowPassed | HoldEnded
    | ItemConnected | ConnectFailed | ItemPulled | ItemForced | ItemReassigned | ItemSnoozed | ItemWoken | ItemIdled
    | ItemResumed | BatchOpened | BatchClosed | WrapUpExtended | ItemReserved | ReservationEnded
    | StateHashed
)  # fmt: skip
