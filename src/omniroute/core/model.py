"""The nouns of the domain, as the core keeps them; `docs/reference/terms.md` has the words.

What lives here: plain records and their enumerations, no behaviour. Time is integer milliseconds UTC (``…_ms``),
lengths of time as well. Contents (names, addresses, texts) are never in these records: they stay in the store.

These records are in snapshots: new fields go to the end and have defaults.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Presence(StrEnum):
    """What an operator declares. Draining finishes what is held and gets nothing new."""

    AVAILABLE = "available"
    AWAY = "away"
    DRAINING = "draining"
    OFFLINE = "offline"


class Stage(StrEnum):
    """Where the matter stands, as the customer is told."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class ItemState(StrEnum):
    """Where a work item stands; the table of its transitions is in ``transitions``."""

    QUEUED = "queued"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"


class OfferState(StrEnum):
    """How an offer stands or ended."""

    LIVE = "live"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"


class HandoffState(StrEnum):
    """How a transfer stands or ended; ``returned`` gives the sender the reason."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class ClockState(StrEnum):
    """Every clock ends exactly once: met, breached or cancelled."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class InteractionKind(StrEnum):
    """What happened, whatever the channel.

    A *contact* is something that occupies both sides while it lasts (a call, a visit); its events share a
    session key. A message needs no contact.
    """

    MESSAGE = "message"
    CONTACT_STARTED = "contact_started"
    CONTACT_CONNECTED = "contact_connected"
    CONTACT_ENDED = "contact_ended"
    CONTACT_ABANDONED = "contact_abandoned"


class ContactState(StrEnum):
    """The course of the contact of a conversation, as far as the channel has told us."""

    NONE = "none"
    WAITING = "waiting"
    CONNECTED = "connected"
    OVER = "over"


class Requirement(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A skill that an operator must have, at ``level`` (1-10) or better."""

    skill: str
    level: int = 1

    def __str__(self) -> str:
        return f"{self.skill}>={self.level}"


class QueueRule(msgspec.Struct, frozen=True, array_like=True):
    """A queue as configured. A length of 0 ms means "none"."""

    queue_id: str
    department_id: str
    policy: str
    offer_ms: int
    backoff_ms: int
    wrap_up_ms: int
    first_response_ms: int
    handoff_ms: int
    priority: int = 0
    requirements: tuple[Requirement, ...] = ()


class DepartmentRule(msgspec.Struct, frozen=True, array_like=True):
    """A department and the queue that work goes to when nobody says better."""

    department_id: str
    default_queue_id: str


class ChannelRule(msgspec.Struct, frozen=True, array_like=True):
    """What the core needs to know of a channel instance; it never asks which channel it is.

    ``session``: messages with one session key belong to one conversation. ``connects``: accepting must connect the
    two sides (ring the operator), and ending must part them. ``cost_units``: capacity that one item takes.
    """

    instance: str
    cost_units: int
    realtime: bool = False
    session: bool = False
    connects: bool = False


class CoreConfig(msgspec.Struct, frozen=True, array_like=True):
    """The configuration that decisions depend on; journalled whole as ``config.applied``.

    Order of work: a smaller ``enqueued_ms - priority_weight_ms * priority`` goes first, so that one step of
    priority is worth so much waiting and nobody starves. ``offers_max`` bounds the live offers an operator can have
    at once, so that nobody faces more countdowns than can be read.
    """

    departments: tuple[DepartmentRule, ...]
    queues: tuple[QueueRule, ...]
    channels: tuple[ChannelRule, ...]
    rona_limit: int = 2
    priority_weight_ms: int = 60_000
    hops_max: int = 8
    offers_max: int = 3


class Operator(msgspec.Struct, array_like=True):
    """Who handles work. ``load_units`` counts held work, ``offered_units`` what live offers reserve."""

    operator_id: str
    departments: tuple[str, ...]
    skills: dict[str, int]
    capacity_units: int
    presence: Presence = Presence.OFFLINE
    reason: str = ""
    idle_since_ms: int = 0
    load_units: int = 0
    offered_units: int = 0
    item_ids: list[int] = []
    offer_ids: list[int] = []
    rona_count: int = 0


class Clock(msgspec.Struct, array_like=True):
    """One running measurement of one promise (so far: the first response)."""

    started_ms: int
    due_ms: int
    state: ClockState = ClockState.RUNNING
    ended_ms: int = 0


class Conversation(msgspec.Struct, array_like=True):
    """One matter of one customer. ``owner_id`` is an operator or empty; ``channel`` the instance it came by.

    ``answered`` tells whose turn it is; ``message_count`` counts what the customer wrote.
    """

    conversation_id: int
    reference: str
    customer_id: int
    channel: str
    department_id: str
    queue_id: str
    kind: str
    priority: int
    opened_ms: int
    stage: Stage = Stage.RECEIVED
    language: str = ""
    session_key: str = ""
    contact: ContactState = ContactState.NONE
    owner_id: str = ""
    item_ids: list[int] = []
    interaction_count: int = 0
    answered: bool = False
    hops: int = 0
    clock: Clock | None = None
    disposition: str = ""
    last_operator_id: str = ""
    message_count: int = 0


class WorkItem(msgspec.Struct, array_like=True):
    """The routable unit: the part of a conversation that waits for, or is held by, one operator.

    ``rank_ms`` orders it in its queue (see `CoreConfig`) and never changes while it waits, so declined, expired and
    returned work keeps its age. ``backoff`` maps operators that may not be offered it to the end of that.
    """

    work_item_id: int
    conversation_id: int
    queue_id: str
    department_id: str
    channel: str
    cost_units: int
    priority: int
    enqueued_ms: int
    rank_ms: int
    requirements: tuple[Requirement, ...] = ()
    state: ItemState = ItemState.QUEUED
    offer_id: int = 0
    operator_id: str = ""
    handoff_id: int = 0
    backoff: dict[str, int] = {}
    assigned_ms: int = 0
    wrap_up_due_ms: int = 0


class Offer(msgspec.Struct, array_like=True):
    """A time-limited proposal of a work item to an operator; it holds ``cost_units`` of the operator's capacity."""

    offer_id: int
    work_item_id: int
    operator_id: str
    cost_units: int
    offered_ms: int
    deadline_ms: int


class Handoff(msgspec.Struct, array_like=True):
    """A transfer: the source item stays with its operator until somebody has accepted the target item."""

    handoff_id: int
    conversation_id: int
    source_item_id: int
    target_item_id: int
    from_operator_id: str
    from_department_id: str
    to_department_id: str
    to_queue_id: str
    created_ms: int
    deadline_ms: int
