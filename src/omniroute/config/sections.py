"""The shape of the file: one Struct for each table, each key documented where it stands.

What lives here: names, types and defaults. What they mean together is checked by the modules that use them.
Lengths of time are written ``"20s"``, ``"5m"``, ``"4h"``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from omniroute.engine.classify import ClassifyRule

DISPOSITIONS = ("solved", "information_given", "call_back_agreed", "handed_over", "no_answer", "spam")
AWAY_REASONS = ("break", "lunch", "meeting", "training")
METRICS_FOR = ("off", "loopback", "open")


class Section(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Server(Section, kw_only=True):
    """``[server]``: where the daemon listens."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """The address under which browsers reach it, if a proxy stands before it; makes the cookie ``Secure`` for https."""
    session_hours: int = 12
    metrics: str = "loopback"
    """Who may read ``/metrics``: nobody (``off``), this machine, or everybody (``open``)."""


class JournalSection(Section, kw_only=True):
    """``[journal]``: where everything is kept."""

    path: str = "omniroute.db"


class Routing(Section, kw_only=True):
    """``[routing]``: what holds for all queues."""

    rona_limit: int = 2
    """Unanswered offers in a row after which an operator is taken to be away."""
    offers_max: int = 3
    """Live offers that an operator can have at once."""
    priority_weight: str = "1m"
    """The waiting time that one step of priority is worth."""
    hops_max: int = 8
    """Transfers of one matter."""
    language_skills: dict[str, str] = {}
    """Language of a message → skill that it requires, like ``{ru = "russian"}``."""
    lease: str = "30s"
    """How long a dropped connection of a desk is forgiven."""
    reserve: str = "60s"
    """After so long a wait an operator is kept free for work that smaller work would push back; 0s: never."""
    notices_max: int = 20
    """Notices that one customer gets on one day."""
    return_hold: str = "60s"
    """How long work that was put aside is kept for who did so, when its time comes."""


class StatusSection(Section, kw_only=True):
    """``[status]``: how customers are told where their matter stands."""

    links: bool = True
    """Replies carry a signed link to the status page: every letter, and the first answer of a chat."""
    link_days: int = 90
    """How long such a link is good for."""
    answers_per_day: int = 20
    """Questions of one address that are answered in a day."""
    timezone: str = "UTC"
    """In which moments are shown to customers."""


class Queue(Section, kw_only=True):
    """``[departments.NAME.queues.NAME]``."""

    title: str = ""
    """What people read; without one, the name."""
    policy: str | list[str] = "longest_idle"
    """One policy, or several: the next decides where those before leave it open."""
    offer: str = "30s"
    """How long an operator may think about an offer."""
    backoff: str = "60s"
    """How long who declined or missed an item is not offered it again."""
    wrap_up: str = "0s"
    """How long writing up may take; 0s: no limit."""
    wrap_up_mode: str = "forced"
    """What follows a contact: nothing (``none``), time for writing up beside new work (``optional``), or before it."""
    first_response: str = "0s"
    """The promise to the customer; 0s: none."""
    handoff: str = "5m"
    """How long a transfer waits for somebody to accept it."""
    priority: int = 0
    requires: list[str] = []
    """Skills, like ``"billing>=5"``."""
    prefers: list[str] = []
    """Skills that rank whoever has them first, and exclude nobody."""
    auto_accept: bool = False
    """An offer is accepted for the operator at once."""
    sticky: str = "0s"
    """How long an item waits for its previous operator; needs a sticky policy, which makes it 30s by itself."""
    ageing: str = "1h"
    """What an item that is ordered by its slack may gain or lose by its promise."""
    batch_window: str = "2s"
    """How long a batch policy collects items."""
    handling: str = "5m"
    """The expected handling time, as long as there is no history."""
    answer: str = "0s"
    """How long assigned work may wait for its operator's answer before it goes back; 0s: for ever."""
    relax: list[str] = []
    """How requirements widen with the wait, like ``"after 30s drop spanish"``."""
    overflow: list[str] = []
    """Where items go that cannot be served in time, like ``"wait 5m to sales.shop"``; the first that fits counts."""
    calendar: str = ""
    """When it is open; empty: always."""


class Department(Section, kw_only=True):
    """``[departments.NAME]``: an owner of queues."""

    title: str
    default_queue: str
    queues: dict[str, Queue]


class ChannelSection(Section, kw_only=True):
    """``[channels.NAME]``: one account of a channel."""

    kind: str
    queue: str
    """``department.queue`` where new matters go."""
    queues_by_account: dict[str, str] = {}
    """Address or number that was written to → ``department.queue``."""
    matter: str = "question"
    """The kind of matter, when nothing says better."""
    cost: int = 0
    """Units of capacity an item takes; 0: what the channel says of itself."""
    max_items: int = 0
    """Active items of it that one operator can have at once; 0: as many as fit."""
    exclusive: bool = False
    """It goes only to who holds nothing else, and nothing else goes to who holds it."""
    interrupts: list[str] = []
    """Channels whose items do not count against it while they are held."""
    idle: str = "0s"
    """After so long a silence of the customer, answered work gives its capacity back; 0s: never."""
    connect: str = ""
    """How long connecting may take after the accept; empty: 30s where the channel connects."""
    options: dict[str, Any] = {}


class OperatorSection(Section, kw_only=True):
    """``[operators.LOGIN]``: people, seeded at the first start; afterwards they are managed through the API."""

    name: str
    departments: list[str]
    queues: list[str] = []
    """Serves only these queues of the departments; empty: all."""
    skills: dict[str, int] = {}
    capacity: int = 10
    weight: int = 10
    """The share under weighted distribution."""
    role: str = "operator"
    password: str = ""
    """Initial password; without one the person cannot sign in until an admin sets it."""


class CalendarSection(Section, kw_only=True):
    """``[calendars.NAME]``: opening hours, in the wall time of a place."""

    timezone: str
    always_open: bool = False
    """Open all day on every day that nothing else is said of."""
    hours: dict[str, list[str]] = {}
    """Day of the week (``mon`` to ``sun``) → hours, like ``["09:00-12:30", "13:00-17:00"]``."""
    closed: list[str] = []
    """Whole days, like ``"2026-12-25"`` or ``"2026-12-24/2027-01-01"``, the last one included."""
    open: dict[str, list[str]] = {}
    """Day, like ``"2026-12-24"`` → its hours, in the place of all that is said of it otherwise."""
    breaks: dict[str, list[str]] = {}
    """Day, like ``"2026-12-24"`` → when it is closed within its hours."""
    holidays: list[str] = []
    """Whose public holidays are closed: a country, ``"DE"``, or a part of one, ``"DE-BY"``."""
    ical: list[str] = []
    """iCalendar files, whose events are closed."""


class EscalateSection(Section, kw_only=True):
    """``[[sla.escalate]]``: what is done on the way to a breach, once for each clock."""

    at: str
    """So much of the time has passed, like ``"80%"``; or ``"breach"``."""
    of: list[str] = []
    """Only for these promises; empty: for all of the policy."""
    notify: list[str] = []
    """Operators, ``owner`` (who holds the matter), ``supervisor`` (of its department)."""
    priority: int = 0
    """So much is added to the priority."""
    require: list[str] = []
    """Skills that are required beside what is, like ``"billing>=5"``."""
    drop: list[str] = []
    """Skills that are not required any more; ``all``: none is."""
    lower: list[str] = []
    """Skills that are required at this level, if it was higher."""
    open_to: list[str] = []
    """Departments that may have it as well."""
    move: str = ""
    """``department.queue`` to which waiting work moves."""
    offer_to: list[str] = []
    """Who is offered waiting work: the first who is there, able, and has room."""
    webhook: str = ""
    """The name of a ``[webhooks.NAME]`` that is called."""


class SlaSection(Section, kw_only=True):
    """``[[sla]]``: what is promised to whom; of several the first that fits and names a promise counts for it."""

    name: str
    queues: list[str] = []
    """``department.queue``; together with ``departments`` empty: all."""
    departments: list[str] = []
    kinds: list[str] = []
    channels: list[str] = []
    tiers: list[str] = []
    """Tiers of customers, as rules of classification or people give them."""
    priority: list[int] = []
    """The lowest and the highest priority, like ``[3, 10]``."""
    first_response: str = ""
    """How long a new matter may wait for its first answer."""
    next_response: str = ""
    """How long later messages may."""
    resolution: str = ""
    """How long a matter may take."""
    answer: str = ""
    """How long a caller, or who opens a chat, may wait for somebody."""
    handoff: str = ""
    """How long a handoff may wait for somebody who accepts it."""
    department: str = ""
    """How long one department may take for its part."""
    calendar: str = ""
    """In whose time that counts; empty: in that of the queue's calendar."""
    real_time: bool = False
    """It counts at every hour, whatever the queue's calendar says."""
    pauses: list[str] = msgspec.field(default_factory=lambda: ["customer", "part"])
    """What stops resolution and department: the stage waits for the customer, or for a part."""
    escalate: list[EscalateSection] = []


class FieldSection(Section, kw_only=True):
    """``[kinds.NAME.fields.NAME]``: something that is filled in about a matter."""

    type: str = "text"
    """``text``, ``number``, ``date``, ``choice`` or ``money``."""
    title: str = ""
    titles: dict[str, str] = {}
    """Language → what people read."""
    choices: list[str] = []
    public: bool = False
    """Customers see it on their status page."""


class TaskSection(Section, kw_only=True):
    """An entry of ``tasks`` of a stage: what another queue has to do for it."""

    queue: str
    due: str = "0s"
    """How long it may take, in the time of the queue's calendar; ``0s``: as long as it takes."""
    title: str = ""


class StageSection(Section, kw_only=True):
    """``[[kinds.NAME.stages]]``: one stage of the course; the first of a phase is where that begins."""

    name: str
    phase: str
    """What the outside knows: ``received``, ``in_progress`` or ``done``."""
    title: str = ""
    titles: dict[str, str] = {}
    """Language → what people read."""
    next: list[str] = []
    """Where it leads, by hand."""
    waits: str = ""
    """For whom: ``customer`` or ``part``; then promises may stand still."""
    needs: list[str] = []
    """Fields that must be filled in before it is entered."""
    on_reply: str = ""
    """The stage that follows by itself when the operator answers."""
    on_message: str = ""
    """The same when the customer writes."""
    notice: str = ""
    """The template that the customer is told when it is entered; empty: nothing."""
    tasks: list[TaskSection] = []
    """Created when it is entered."""
    on_tasks: str = ""
    """The stage that follows by itself when the last task was answered."""
    on_delay: str = ""
    """The stage that follows by itself when a task is late."""


class KindSection(Section, kw_only=True):
    """``[kinds.NAME]``: a kind of matter with its own course."""

    title: str = ""
    titles: dict[str, str] = {}
    """Language → what people read."""
    notices: list[str] = msgspec.field(default_factory=lambda: ["received", "in_progress", "done", "reopened"])
    """What the customer is told by itself, beside the notices of stages."""
    confirm: str = "72h"
    """How long silence has to last until a matter that is done counts as confirmed; ``0s``: nobody is asked."""
    confirm_calendar: str = ""
    """In whose time; empty: in that of the queue's calendar."""
    stages: list[StageSection] = []
    """Empty: the plain course."""
    fields: dict[str, FieldSection] = {}
    lines: bool = False
    """Its matters have order lines, with quantity and price."""
    order_system: str = ""
    """The plugin's order system that is told of other lines and stages; empty: none."""


class TemplateSection(Section, kw_only=True):
    """``[templates.LANGUAGE.NAME]``: what customers are told by itself; it goes before ours of that name."""

    text: str
    """Lines with places like ``{reference}``; a line whose places have nothing to show is left out."""
    subject: str = ""
    """Empty: that of the matter."""


class Config(Section, kw_only=True):
    """The whole file."""

    company: str = "OmniRoute"
    language: str = "en"
    """The language in which customers are told something whose own there is no text for."""
    templates: dict[str, dict[str, TemplateSection]] = {}
    """Language → name → what is said."""
    server: Server = msgspec.field(default_factory=Server)
    journal: JournalSection = msgspec.field(default_factory=JournalSection)
    routing: Routing = msgspec.field(default_factory=Routing)
    status: StatusSection = msgspec.field(default_factory=StatusSection)
    departments: dict[str, Department]
    channels: dict[str, ChannelSection]
    operators: dict[str, OperatorSection] = {}
    calendars: dict[str, CalendarSection] = {}
    webhooks: dict[str, dict[str, Any]] = {}
    """Whom to tell what happens; the keys of a table are those of its sink."""
    classify: list[ClassifyRule] = []
    """Rules that say where new matters belong, in order."""
    kinds: dict[str, KindSection] = {}
    """Kinds of matter that have a course of their own."""
    sla: list[SlaSection] = []
    """What is promised, in order."""
    dispositions: list[str] = msgspec.field(default_factory=lambda: list(DISPOSITIONS))
    away_reasons: list[str] = msgspec.field(default_factory=lambda: list(AWAY_REASONS))
