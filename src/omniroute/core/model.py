"""The nouns of the domain, as the core keeps them; `docs/reference/terms.md` has the words.

What lives here: plain records and their enumerations, no behaviour. Time is integer milliseconds UTC (``…_ms``),
lengths of time as well. Contents (names, addresses, texts) are never in these records: they stay in the store.

These records are in snapshots: new fields go to the end and have defaults.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from omniroute.core.rules import Requirement, Stage


class Presence(StrEnum):
    """What an operator declares. Draining finishes what is held and gets nothing new."""

    AVAILABLE = "available"
    AWAY = "away"
    DRAINING = "draining"
    OFFLINE = "offline"


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
    """How a handoff stands or ended; ``returned`` gives the sender the reason, only a part goes on when accepted."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    ANSWERED = "answered"


class HandoffKind(StrEnum):
    """What is given away: the matter (``cold``, ``warm``), a question about it, or a part of its work.

    A cold transfer takes the load off its sender at once, a warm one when somebody has accepted.
    """

    COLD = "cold"
    WARM = "warm"
    CONSULT = "consult"
    TASK = "task"


class ClockState(StrEnum):
    """Every clock ends exactly once: met, breached or cancelled."""

    RUNNING = "running"
    PAUSED = "paused"
    """It stands still while it is not our turn."""
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


QUEUED: Final = ItemState.QUEUED
OFFERED: Final = ItemState.OFFERED
CONNECTING: Final = ItemState.CONNECTING
ASSIGNED: Final = ItemState.ASSIGNED
PARKED: Final = ItemState.PARKED
WRAP_UP: Final = ItemState.WRAP_UP
AVAILABLE: Final = Presence.AVAILABLE
RECEIVED: Final = Stage.RECEIVED
MESSAGE: Final = InteractionKind.MESSAGE
CONTACT_OVER: Final = ContactState.OVER
CLOCK_RUNNING: Final = ClockState.RUNNING
CLOCK_PAUSED: Final = ClockState.PAUSED
# The same by a name of the module, for what every item passes through: on Python 3.11 a member costs ten times as much
# when it is looked up in its class, and one item does that fifty times.

PARTS: Final = (HandoffKind.CONSULT, HandoffKind.TASK)
"""The sender keeps the matter; what is given away reports back."""
RUNNING = (ContactState.WAITING, ContactState.CONNECTED)
"""The contact is not over: the customer waits at the other end, or speaks."""


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
    """One measurement of one promise. ``name`` is the target, with the id of its subject where a matter has several.

    ``due_ms`` is the recorded deadline and ``next_ms`` the next moment at which something happens: an escalation, or
    the deadline itself; while it is paused neither comes. ``length_ms`` is the target in the time of ``calendar_id``
    (empty: all hours). ``pauses`` are the ends of the intervals that do not count, in order and in one row;
    ``paused_ms`` since when it stands still, 0 if it does not. ``percent`` is the highest escalation that was done.
    """

    started_ms: int
    due_ms: int
    state: ClockState = ClockState.RUNNING
    ended_ms: int = 0
    name: str = "first_response"
    sla_id: str = ""
    calendar_id: str = ""
    length_ms: int = 0
    next_ms: int = 0
    paused_ms: int = 0
    percent: int = 0
    pauses: list[int] = []


class Pass(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One accepted transfer of a matter; ``by`` is the supervisor who sent it in the operator's name, or empty."""

    from_department_id: str
    to_department_id: str
    from_operator_id: str
    to_operator_id: str
    by: str = ""


class Alias(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What led to a matter that was merged into this one: its reference, and its session where it had one."""

    reference: str
    channel: str
    session_key: str = ""


class Conversation(msgspec.Struct, array_like=True, gc=False):
    """One matter of one customer. ``owner_id`` is an operator or empty; ``channel`` the instance it came by.

    ``answered`` tells whose turn it is; ``message_count`` counts what the customer wrote. ``clocks`` holds the newest
    of each name. ``tier`` is the customer's. ``reviewed`` is the number of the configuration that its promises follow.
    ``passes`` is the way that it took by transfers since it was opened, oldest first. ``stage`` is the phase that
    everybody knows, ``stage_id`` the stage of its kind (empty: the kind's first of that phase; `stages.present`).
    ``fields`` names what is filled in. ``resolution`` counts how often it was done. ``quiet``: the customer is told
    nothing by itself, because a machine wrote last, or from where nobody has proven to be. ``aliases`` are of the
    matters that were merged into it. ``tasks_done`` counts the answered tasks of its stages, ``undone`` names the
    stages of which a task was refused or taken back.
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
    clocks: list[Clock] = []
    disposition: str = ""
    last_operator_id: str = ""
    message_count: int = 0
    tags: tuple[str, ...] = ()
    tier: str = ""
    reviewed: int = 0
    passes: tuple[Pass, ...] = ()
    aliases: tuple[Alias, ...] = ()
    stage_id: str = ""
    fields: tuple[str, ...] = ()
    resolution: int = 0
    quiet: bool = False
    tasks_done: int = 0
    undone: tuple[str, ...] = ()


class Closing(msgspec.Struct, array_like=True, gc=False):
    """A matter that is done, and whose customer is asked whether that is so; silence confirms it at ``due_ms``.

    ``score`` 0: not rated yet.
    """

    conversation_id: int
    resolution: int
    asked_ms: int
    due_ms: int
    confirmed: bool = False
    score: int = 0


class WorkItem(msgspec.Struct, array_like=True, gc=False):
    """The routable unit: the part of a conversation that waits for, or is held by, one operator.

    ``rank_ms`` orders it in its queue (see ``queueing``) and never changes while it waits, so declined, expired and
    returned work keeps its age. ``backoff`` maps operators that may not be offered it to the end of that. ``own`` is
    what it requires itself, beside its queue; ``requirements`` what is required now. ``departments``, ``queues`` and
    ``operators`` were added by relaxation. ``held_for`` is the operator who alone may have it until ``hold_until_ms``.
    ``overflowed`` counts its moves by overflow since somebody last chose its queue. ``handoff_id`` is the transfer that
    is under way, of source and target; of a part (``part_of``: its handoff) until somebody has accepted it. A part
    moves neither owner nor queue of its matter. ``lifted``: its cold transfer has taken it off its operator's load.
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
    part_of: int = 0
    lifted: bool = False


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
    """A transfer: the source item stays with its operator until somebody has accepted the target item.

    A consult or a task goes on after that (``accepted_ms``) until it has reported; its source may be gone by then, for
    the matter may go on without its asker. ``to_operator_id``: for that person alone. ``due_ms``: when a task is to be
    done; ``overdue`` that it was not. ``by``: the supervisor who sent it.
    ``stage_id``: the stage that created it as one of its tasks, with that ``title``; then it waits until somebody has
    time, and its sender may be nobody.
    """

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
    kind: HandoffKind = HandoffKind.WARM
    to_operator_id: str = ""
    due_ms: int = 0
    accepted_ms: int = 0
    overdue: bool = False
    by: str = ""
    stage_id: str = ""
    title: str = ""
