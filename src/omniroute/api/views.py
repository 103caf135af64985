"""The shapes that the API sends, one Struct each; the OpenAPI document is made from them.

Times are milliseconds UTC; an absent time is 0. Ids of conversations in URLs are references (``4KX7-9MTD``).
"""

from __future__ import annotations

import msgspec


class Me(msgspec.Struct, kw_only=True):
    """The signed-in person. ``role`` is ``operator``, ``supervisor`` or ``admin``; ``operator_id`` may be empty."""

    login: str
    name: str
    role: str
    operator_id: str
    departments: list[str]


class Session(msgspec.Struct, kw_only=True):
    """Answer to a login. ``token`` is for programs (``Authorization: Bearer``); browsers use the cookie."""

    token: str
    expires_ms: int
    me: Me


class ClockView(msgspec.Struct, kw_only=True):
    """A promise: ``state`` is running, paused, met, breached or cancelled; ``name`` is what is promised.

    ``counted_ms`` of ``length_ms`` have passed, in the time of its calendar. ``paused_ms`` is since when it stands
    still.
    """

    name: str
    state: str
    started_ms: int
    due_ms: int
    ended_ms: int = 0
    paused_ms: int = 0
    length_ms: int = 0
    counted_ms: int = 0
    sla: str = ""


class SegmentView(msgspec.Struct, kw_only=True):
    """A part of a span of time: it was ``open`` and counted, or ``closed`` or a ``pause``."""

    from_ms: int
    to_ms: int
    kind: str


class PromiseView(msgspec.Struct, kw_only=True):
    """A promise that explains its deadline: what counted between its start and that, or its end."""

    clock: ClockView
    calendar: str
    segments: list[SegmentView]


class ItemView(msgspec.Struct, kw_only=True):
    """A row of the work list."""

    work_item_id: int
    reference: str
    customer: str
    subject: str
    preview: str
    icon: str
    channel: str
    department: str
    queue: str
    state: str
    """queued, offered, connecting, assigned, parked, wrap_up"""
    owner: str
    """Name of the operator who holds it, or empty."""
    mine: bool
    priority: int
    enqueued_ms: int
    assigned_ms: int
    wrap_up_due_ms: int
    unanswered: bool
    """The customer spoke last."""
    contact: str
    """none, waiting, connected, over: the call or visit behind it."""
    clock: ClockView | None
    handoff: HandoffView | None
    waiting_reason: str = ""
    """For queued items: why nobody has it yet."""
    position: int = 0
    """Its place in its queue, from 1; 0 where it does not wait, and in the waiting list, where nobody counts."""
    wait_low_s: int = 0
    wait_high_s: int = 0
    wait_percent: int = 0
    """The wait that is expected from now on, as an interval and how often that is right; 0: no estimate."""
    parked_until_ms: int = 0
    parked_by: str = ""
    """Until when it is put aside, and the name of who did so."""
    outcome: str = ""
    """What the customer was told when the queue could not serve them in time: voicemail, callback, mail."""
    idle: bool = False
    """The customer has been silent for long: it takes no capacity until they are back."""
    connect_due_ms: int = 0
    """Until when the two sides may take to come together."""
    part: str = ""
    """``consult`` or ``task`` where it is a part of somebody else's matter."""


class PacketView(msgspec.Struct, kw_only=True):
    """What travels with a handoff."""

    summary: str = ""
    promises: list[str] = []
    tried: list[str] = []


class HandoffView(msgspec.Struct, kw_only=True):
    """A transfer under way; or a consult or a task, open or not.

    ``kind`` is cold, warm, consult or task; ``state`` pending, accepted, answered, returned or cancelled.
    """

    handoff_id: int
    to_department: str
    from_operator: str
    deadline_ms: int
    """Until when somebody has to accept it."""
    kind: str = "warm"
    state: str = "pending"
    to_operator: str = ""
    """For that person alone."""
    holder: str = ""
    """Who has it."""
    due_ms: int = 0
    """When the task is due."""
    overdue: bool = False
    summary: str = ""
    answer: str = ""
    disposition: str = ""
    reason: str = ""
    """Why it came back."""
    can_cancel: bool = False
    """I may take it back."""


class PersonView(msgspec.Struct, kw_only=True):
    """Somebody of a department to whom a matter can be handed."""

    operator_id: str
    name: str
    presence: str


class OfferView(msgspec.Struct, kw_only=True):
    """An offer to me. ``remaining_ms`` at ``now_ms`` of the enclosing answer."""

    offer_id: int
    offered_ms: int
    deadline_ms: int
    item: ItemView
    earlier_count: int
    """Closed conversations of the same customer."""
    why: list[str]
    """Sentences: why this work came to me."""
    handoff_from: str = ""
    handoff_note: str = ""
    handoff_kind: str = ""
    """cold, warm, consult or task; empty if it is no handoff."""
    handoff_due_ms: int = 0
    packet: PacketView | None = None


class OperatorView(msgspec.Struct, kw_only=True):
    """An operator as colleagues see them."""

    operator_id: str
    name: str
    departments: list[str]
    presence: str
    reason: str
    load_units: int
    offered_units: int
    capacity_units: int
    item_count: int
    channels: dict[str, str] = {}
    """Presence by channel instance, where it differs."""
    connected: bool = False
    """A desk is open."""
    lease_until_ms: int = 0
    """Until when a lost connection is forgiven; 0: none is lost."""
    queues: list[str] = []
    """Serves only these queues of the departments; empty: all."""
    weight: int = 10
    """The share under weighted distribution."""


class DeskChannelView(msgspec.Struct, kw_only=True):
    """A channel instance for which presence can differ."""

    instance: str
    icon: str
    title: str


class QueueView(msgspec.Struct, kw_only=True):
    """A queue now: what the sender of a transfer should know before it goes there."""

    queue_id: str
    title: str = ""
    department: str
    waiting: int
    longest_wait_since_ms: int
    operators_available: int
    """Who is available and has what the queue requires, busy or not."""
    open: bool = True
    """Whether it is open now by its calendar; without a calendar always."""
    opens_ms: int = 0
    """When it opens next, if it is closed; 0 while it is open."""
    takes_transfers: bool = True
    """Whether work can be transferred into it at all."""


class DepartmentView(msgspec.Struct, kw_only=True):
    """A department and its queues: what a transfer may go to."""

    department_id: str
    name: str
    queues: list[QueueView]


class LoadShare(msgspec.Struct, kw_only=True):
    """Units in use by one kind of channel, for the load bar."""

    icon: str
    units: int


class KindView(msgspec.Struct, kw_only=True):
    """A kind of matter; ``titles`` by language, ``title`` in none of them. Without one, its name says it."""

    kind: str
    title: str = ""
    titles: dict[str, str] = {}


class DeskView(msgspec.Struct, kw_only=True):
    """All that the operator's screen shows beside the open thread; sent whole on every change."""

    now_ms: int
    seq: int
    me: OperatorView
    load: list[LoadShare]
    offers: list[OfferView]
    mine: list[ItemView]
    waiting: list[ItemView]
    """Queued items of my departments, in their order, at most 200."""
    waiting_count: int
    team: list[OperatorView]
    departments: list[DepartmentView]
    dispositions: list[str]
    away_reasons: list[str]
    notices: list[NoticeView]
    quarantine_count: int
    parked: list[ItemView] = []
    """What I have put aside, what comes back first on top."""
    channels: list[DeskChannelView] = []
    lease_ms: int = 0
    """How long a lost connection is forgiven."""
    kinds: list[KindView] = []
    """What matters can be of."""


class NoticeView(msgspec.Struct, kw_only=True):
    """Something that I should know and that needs no answer: a transfer came back, an offer ran out, a reply died.

    ``kind``: ``handoff_returned``, ``offer_expired``, ``offer_revoked``, ``delivery_died``, ``clock_breached``,
    ``connect_failed``, ``item_forced``, ``item_reassigned``, ``item_woken``, ``lease_lost``; ``handoff_answered``,
    ``clock_escalated``, ``connect_failed``, ``item_forced``, ``item_reassigned``, ``item_woken``, ``lease_lost``.
    ``handoff_overdue``, ``order_delayed``, ``handoff_cancelled``; for supervisors ``handoff_refused``.
    """

    notice_id: int
    kind: str
    reference: str
    detail: str
    at_ms: int


class AttachmentView(msgspec.Struct, kw_only=True):
    """``url`` downloads it (always as an attachment)."""

    name: str
    content_type: str
    size_bytes: int
    url: str


class ThreadEntryView(msgspec.Struct, kw_only=True):
    """One thing in the thread.

    ``kind``: ``message`` (of the customer), ``reply`` (ours), ``note`` (private), ``contact`` (call or visit event;
    ``detail`` is contact_started, …), ``system`` (registered, offered, accepted, transferred, resolved, …; ``detail``
    is the event's tag and ``text`` a ready sentence).
    ``delivery`` of a reply: ``sending``, ``delivered``, ``dead``.
    """

    entry_id: str
    kind: str
    icon: str
    author: str
    mine: bool
    at_ms: int
    text: str = ""
    detail: str = ""
    subject: str = ""
    account: str = ""
    quoted: str = ""
    signature: str = ""
    interaction_id: int = 0
    """Of what somebody said; by it messages are split off."""
    delivery: str = ""
    delivery_reason: str = ""
    attachments: list[AttachmentView] = []
    has_html: bool = False
    html_url: str = ""
    """The sanitized HTML of a mail, for a sandboxed frame."""


class IdentityView(msgspec.Struct, kw_only=True):
    """An address of a customer; ``kind`` email, tel, visitor or name."""

    kind: str
    address: str


class EarlierView(msgspec.Struct, kw_only=True):
    """Another matter: of the same customer, or one that a search found."""

    reference: str
    customer: str = ""
    subject: str
    icon: str
    stage: str
    at_ms: int
    disposition: str
    confirmed: str = ""
    score: int = 0


class CustomerView(msgspec.Struct, kw_only=True):
    """The person, with the history over all channels."""

    customer_id: int
    name: str
    identities: list[IdentityView]
    earlier: list[EarlierView]


class OrderLineView(msgspec.Struct, kw_only=True):
    """One line of an order; amounts are minor units of its currency."""

    sku: str
    text: str
    quantity: int
    unit_minor: int
    total_minor: int


class OrderView(msgspec.Struct, kw_only=True):
    """What is ordered, and how far other departments are with it. ``digits``: decimal places of the currency."""

    currency: str
    digits: int
    lines: list[OrderLineView]
    total_minor: int
    total: str
    editable: bool
    """The matter is open and its kind has order lines."""
    tasks_done: int
    tasks_open: int
    tasks_late: int


class StageView(msgspec.Struct, kw_only=True):
    """A stage that a matter can go to; ``missing`` names the fields that have to be filled in before."""

    stage: str
    title: str = ""
    missing: list[str] = []
    titles: dict[str, str] = {}


class FieldView(msgspec.Struct, kw_only=True):
    """A field of a matter; ``title`` empty: its name says it."""

    name: str
    title: str = ""
    titles: dict[str, str] = {}
    type: str
    choices: list[str] = []
    public: bool = False
    value: str = ""


class ProgressView(msgspec.Struct, kw_only=True):
    """Where a matter stands in the course of its kind. ``ends``: the stages in which finishing may leave it."""

    stage: str
    title: str = ""
    waits: str = ""
    next: list[StageView] = []
    ends: list[StageView] = []
    fields: list[FieldView] = []
    titles: dict[str, str] = {}
    """``title`` by language."""


class ConversationView(msgspec.Struct, kw_only=True):
    """One matter with its thread. ``item`` is the open work item that concerns me most, or None.

    ``actions`` are what I may do now: accept, decline, reply, note, transfer, cancel_handoff, end_contact,
    extend_wrap_up, complete, answer (a consult or task), decline_handoff, release, pull, snooze, requeue, force,
    reassign, merge, split. ``reply_channel``/``reply_to`` say how
    an answer will travel.
    """

    now_ms: int
    reference: str
    subject: str
    kind: str
    stage: str
    department: str
    queue: str
    owner: str
    language: str
    opened_ms: int
    disposition: str
    contact: str
    clock: ClockView | None
    item: ItemView | None
    offer: OfferView | None
    actions: list[str]
    message_count: int = 0
    """The customer's messages so far; send it back as ``messages_seen`` when completing."""
    reply_icon: str
    reply_to: str
    text_max_chars: int
    customer: CustomerView
    entries: list[ThreadEntryView]
    tags: list[str] = []
    waiting: WaitingView | None = None
    """Why ``item`` waits, in parts."""
    clocks: list[ClockView] = []
    priority: int = 0
    tier: str = ""
    progress: ProgressView | None = None
    resolution: int = 0
    """How often it was done."""
    confirmed: str = ""
    """``customer`` or ``silence``, if the newest resolution is."""
    score: int = 0
    parts: list[HandoffView] = []
    """Questions to other departments and tasks, oldest first, also those that have ended."""
    packet: PacketView | None = None
    """What the last sender wrote for whoever has it now or is offered it."""
    promises: list[ClockView] = []
    """What the customer was promised and is still open."""
    merge_into: list[str] = []
    """The open matters of the customer that it can become a part of; with the action ``merge``."""
    related: list[EarlierView] = []
    """The matters that were split off from it, or that it was split off from, as far as I may read them."""
    order: OrderView | None = None
    """Of a kind with order lines, or with tasks in its stages."""


class ExplanationView(msgspec.Struct, kw_only=True):
    """Every decision about a conversation, oldest first, as recorded, and why it still waits if it does."""

    reference: str
    decisions: list[DecisionView]
    waiting_reason: str
    waiting: list[WaitingView] = []
    """The same for each work item that waits, in parts."""
    steps: list[StepView] = []
    """What else happened to its work, oldest first: relaxed, moved, kept for somebody, given by hand."""
    about: AboutView | None = None
    """Why not this operator; where one was named."""


class WaitingView(msgspec.Struct, kw_only=True):
    """Why one work item waits."""

    work_item_id: int
    queue: str
    counts: dict[str, int]
    """How many operators cannot have it now, by reason."""
    nobody_has: list[str]
    """Requirements that no operator meets."""
    nobody_can: bool
    """No operator could have it at any hour, as things are."""
    held_for: str
    """Who alone may have it until ``hold_until_ms``; or empty."""
    hold_until_ms: int
    next_step: NextStepView | None
    kept_free: str = ""
    """Who gets nothing of another size until this has somebody; or empty."""


class NextStepView(msgspec.Struct, kw_only=True):
    """The next step of relaxation: what falls away, and to whom it opens."""

    at_ms: int
    drop: list[str]
    lower: list[str]
    departments: list[str]
    queues: list[str]
    operators: list[str]


class StepView(msgspec.Struct, kw_only=True):
    """A step that is no offer; ``kind`` is as ``detail`` in a thread, ``operator`` whom it is about, or empty."""

    at_ms: int
    kind: str
    text: str
    operator: str = ""


class AboutView(msgspec.Struct, kw_only=True):
    """One operator among the decisions. ``now``: why they cannot have the waiting work now, or empty; as codes too."""

    operator: str
    decisions: list[AboutDecisionView]
    now: str
    reasons: list[str] = []


class AboutDecisionView(msgspec.Struct, kw_only=True):
    """How the operator stood in one decision: a ``place`` from 1 with ``terms``, or 0; ``reason`` says it in words.

    ``excluded`` is the code of why they could not have it, where that is recorded by name.
    """

    offer_id: int
    at_ms: int
    chosen: str
    place: int
    terms: list[int]
    reason: str
    excluded: str = ""


class DecisionView(msgspec.Struct, kw_only=True):
    """One recorded decision."""

    at_ms: int
    work_item_id: int
    queue: str
    policy: str
    chosen: str
    outcome: str
    """live, accepted, declined, expired, revoked"""
    sentence: str
    terms: list[str]
    candidates: list[CandidateView]
    excluded: dict[str, int]
    offer_id: int = 0
    eligible: int = 0
    """How many could have had it; ``candidates`` are the best of them."""
    expected_ms: int = 0
    waited_ms: int = 0
    relaxed: int = 0
    """Steps of relaxation by then."""
    failed_policy: str = ""
    named: list[ExcludedView] = []
    """Some of the excluded, by name."""
    trigger: str = ""
    """What led to it: item (work came), operator (somebody became free), batch, channel."""


class CandidateView(msgspec.Struct, kw_only=True):
    """One candidate with the terms of its key, smaller first."""

    operator: str
    terms: list[int]


class ExcludedView(msgspec.Struct, kw_only=True):
    """An operator who could not have it, and the reason."""

    operator: str
    reason: str


class QuarantineView(msgspec.Struct, kw_only=True):
    """Input that could not be read, kept raw."""

    raw_id: int
    channel: str
    account: str
    reason: str
    received_ms: int
    size_bytes: int
    url: str


class DeadLetterView(msgspec.Struct, kw_only=True):
    """An effect that was given up."""

    effect_id: int
    reference: str
    channel: str
    order: str
    attempts: int
    reason: str
    at_ms: int


class ChannelView(msgspec.Struct, kw_only=True):
    """A channel instance and how it fares."""

    instance: str
    kind: str
    icon: str
    state: str
    detail: str
    restarts: int


class Readiness(msgspec.Struct, kw_only=True):
    """Whether interactions are taken."""

    status: str
    channels_down: list[str]


class Registered(msgspec.Struct, kw_only=True):
    """A matter registered by hand."""

    reference: str


class Done(msgspec.Struct, kw_only=True):
    """The command was carried out and is durable. ``seq`` is the journal's number after it."""

    seq: int
