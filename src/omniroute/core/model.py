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
    CONNECTING = "connecting"
    """Accepted, while the channel brings the two sides together."""
    ASSIGNED = "assigned"
    PARKED = "parked"
    """Put aside until a time; it takes no capacity."""
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
    CONTACT_NOT_CONNECTED = "contact_not_connected"
    """The operator could not be rung through; the customer still waits."""


class ContactState(StrEnum):
    """The course of the contact of a conversation, as far as the channel has told us."""

    NONE = "none"
    WAITING = "waiting"
    CONNECTED = "connected"
    OVER = "over"


RUNNING = (ContactState.WAITING, ContactState.CONNECTED)
"""The contact is not over: the customer waits at the other end, or speaks."""


class Requirement(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A skill that an operator must have, at ``level`` (1-10) or better."""

    skill: str
    level: int = 1

    def __str__(self) -> str:
        return f"{self.skill}>={self.level}"


class Relaxation(msgspec.Struct, frozen=True, array_like=True):
    """One step by which the requirements of an item widen once it has waited ``after_ms`` since it was enqueued.

    ``drop`` names skills that are no longer required, ``lower`` gives skills a lower level (a level that is not lower
    changes nothing); the others add whom the item may go to: all of a department, all who serve a queue, a person.
    """

    after_ms: int
    drop: tuple[str, ...] = ()
    lower: tuple[Requirement, ...] = ()
    departments: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()


class OverflowCause(StrEnum):
    """Why a queue cannot serve an item in time."""

    WAIT = "wait"
    """It has waited ``limit`` ms: an exact deadline."""
    LENGTH = "length"
    """On arrival, ``limit`` items wait in the queue already."""
    ESTIMATE = "estimate"
    """On arrival, the upper end of the estimated wait is ``limit`` ms or more."""
    UNSTAFFED = "unstaffed"
    """Nobody who could serve it is available: on arrival, and when the last one leaves."""
    CLOSED = "closed"
    """The queue's calendar is closed: on arrival, and at the closing instant."""


class Outcome(StrEnum):
    """What becomes of an item that overflows to no other queue: the customer is told, the item waits as later work."""

    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    MAIL = "mail"


class Overflow(msgspec.Struct, frozen=True, array_like=True):
    """One rule of a queue: for this cause an item goes to ``queue_id``, or where that is empty gets the ``outcome``."""

    cause: OverflowCause
    limit: int = 0
    queue_id: str = ""
    outcome: str = ""


class Calendar(msgspec.Struct, frozen=True, array_like=True):
    """When somebody is open: sorted, disjoint intervals ``[from_ms, to_ms)``, compiled at the edge.

    ``source`` names time zone and data version. Before the first and after ``until_ms`` nothing is known: open.
    """

    calendar_id: str
    intervals: tuple[tuple[int, int], ...]
    until_ms: int
    source: str = ""


class WrapUp(StrEnum):
    """What follows a contact: nothing, time for writing up that keeps nobody from the next work, or that does."""

    NONE = "none"
    OPTIONAL = "optional"
    FORCED = "forced"


class QueueRule(msgspec.Struct, frozen=True, array_like=True):
    """A queue as configured. A length of 0 ms means "none".

    ``policy`` is a policy's name, or several joined by ``+``: the terms of the first decide, then those of the next.
    ``preferred`` skills rank whoever has them first, and exclude nobody. ``sticky_ms`` bounds the wait for the
    previous operator, ``ageing_ms`` what a slack-ordered item may gain or lose by its promise, ``batch_ms`` is the
    window of a batch policy (0: items are matched one by one). ``handling_ms`` is the expected handling time as long
    as there is no history. ``answer_ms``: assigned work that its operator has not answered for so long goes back (0:
    never).
    """

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
    preferred: tuple[Requirement, ...] = ()
    auto_accept: bool = False
    sticky_ms: int = 0
    ageing_ms: int = 3_600_000
    batch_ms: int = 0
    handling_ms: int = 300_000
    relaxations: tuple[Relaxation, ...] = ()
    overflows: tuple[Overflow, ...] = ()
    calendar_id: str = ""
    answer_ms: int = 0
    wrap_up: WrapUp = WrapUp.FORCED


class DepartmentRule(msgspec.Struct, frozen=True, array_like=True):
    """A department and the queue that work goes to when nobody says better."""

    department_id: str
    default_queue_id: str


class ChannelRule(msgspec.Struct, frozen=True, array_like=True):
    """What the core needs to know of a channel instance; it never asks which channel it is.

    ``session``: messages with one session key belong to one conversation. ``connects``: accepting must connect the
    two sides (ring the operator), and ending must part them. ``cost_units``: capacity that one item takes.
    ``items_max``: active items of it that one operator can have at once (0: as many as fit). ``exclusive``: it goes
    only to who holds nothing else, and nothing else goes to who holds it. ``interrupts``: instances whose items do not
    count against it, and are interrupted while one of it is held. ``idle_ms``: after so long a silence of the customer,
    answered work gives its capacity back (0: never). ``connect_ms``: how long connecting may take after the accept (0:
    accepted is assigned).
    """

    instance: str
    cost_units: int
    realtime: bool = False
    session: bool = False
    connects: bool = False
    items_max: int = 0
    exclusive: bool = False
    interrupts: tuple[str, ...] = ()
    idle_ms: int = 0
    connect_ms: int = 0


class CoreConfig(msgspec.Struct, frozen=True, array_like=True):
    """The configuration that decisions depend on; journalled whole as ``config.applied``.

    Order of work: a smaller ``enqueued_ms - priority_weight_ms * priority`` goes first, so that one step of
    priority is worth so much waiting and nobody starves. ``offers_max`` bounds the live offers an operator can have
    at once, so that nobody faces more countdowns than can be read. ``lease_ms``: how long a dropped connection of an
    operator is forgiven. ``return_ms``: how long work that was put aside is kept for who did so when its time comes.
    ``reserve_ms``: after so long a wait somebody is kept free for an item that smaller ones would push back (0: never).
    """

    departments: tuple[DepartmentRule, ...]
    queues: tuple[QueueRule, ...]
    channels: tuple[ChannelRule, ...]
    rona_limit: int = 2
    priority_weight_ms: int = 60_000
    hops_max: int = 8
    offers_max: int = 3
    lease_ms: int = 30_000
    return_ms: int = 60_000
    calendars: tuple[Calendar, ...] = ()
    reserve_ms: int = 60_000


class Operator(msgspec.Struct, array_like=True, gc=False):
    """Who handles work.

    ``load_units`` counts held active work (idle items are not active; interruption is counted where it matters, in
    ``capacity``), ``offered_units`` what live offers reserve. ``queues``: serves only these of its departments'
    queues (empty: all). ``channels``: presence that differs by channel instance. ``weight``: share under weighted
    distribution, of which ``passes`` says how much was used. ``connected``: a desk is open; ``lease_until_ms``: until
    when a dropped one is forgiven.
    """

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
    queues: tuple[str, ...] = ()
    channels: dict[str, Presence] = {}
    weight: int = 10
    passes: int = 0
    last_offer_id: int = 0
    connected: bool = False
    lease_until_ms: int = 0
    reserved_for: int = 0


class Clock(msgspec.Struct, array_like=True, gc=False):
    """One running measurement of one promise (so far: the first response)."""

    started_ms: int
    due_ms: int
    state: ClockState = ClockState.RUNNING
    ended_ms: int = 0


class Conversation(msgspec.Struct, array_like=True, gc=False):
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
    tags: tuple[str, ...] = ()


class WorkItem(msgspec.Struct, array_like=True, gc=False):
    """The routable unit: the part of a conversation that waits for, or is held by, one operator.

    ``rank_ms`` orders it in its queue (see ``queueing``) and never changes while it waits, so declined, expired and
    returned work keeps its age. ``backoff`` maps operators that may not be offered it to the end of that. ``own`` is
    what it requires itself, beside its queue; ``requirements`` what is required now. ``departments``, ``queues`` and
    ``operators`` were added by relaxation. ``held_for`` is the operator who alone may have it until ``hold_until_ms``.
    ``overflowed`` counts its moves by overflow since somebody last chose its queue.
    Every ``…_due_ms`` and ``…_until_ms`` that is not 0 has its entry among the deadlines.
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
    own: tuple[Requirement, ...] = ()
    preferred: tuple[Requirement, ...] = ()
    departments: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    relaxed: int = 0
    relax_due_ms: int = 0
    overflow_due_ms: int = 0
    held_for: str = ""
    hold_until_ms: int = 0
    connect_due_ms: int = 0
    connect_effect_id: int = 0
    idle: bool = False
    idle_due_ms: int = 0
    parked_by: str = ""
    parked_until_ms: int = 0
    outcome: str = ""
    answer_due_ms: int = 0
    overflowed: int = 0
    extended: int = 0
    reserved_by: str = ""


class Handling(msgspec.Struct, array_like=True, gc=False):
    """The newest handling times of one queue and channel instance, in ms, oldest first, and their sum."""

    queue_id: str
    channel: str
    recent_ms: list[int] = []
    total_ms: int = 0


class Offer(msgspec.Struct, array_like=True, gc=False):
    """A time-limited proposal of a work item to an operator; it holds ``cost_units`` of the operator's capacity."""

    offer_id: int
    work_item_id: int
    operator_id: str
    cost_units: int
    offered_ms: int
    deadline_ms: int


class Handoff(msgspec.Struct, array_like=True, gc=False):
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
