"""The rules: what a configuration says to the core, in records; journalled whole with ``config.applied``.

What lives here: departments, queues, channels and what they do to waiting work, no behaviour. Lengths are milliseconds.
Recorded shapes: new fields go to the end and have defaults.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Stage(StrEnum):
    """Where a matter stands, as the customer is told: the phase of a kind's own stages."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    DONE = "done"


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


class Target(StrEnum):
    """What is promised; `docs/reference/promises.md` says when each begins and ends."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    ANSWER = "answer"
    """A call or a chat is taken by somebody."""
    HANDOFF = "handoff"
    """A handoff is accepted."""
    DEPARTMENT = "department"
    """One department does its part (an OLA)."""


class Escalation(msgspec.Struct, frozen=True, array_like=True):
    """What is done when ``percent`` of a target's time have passed; 100 is the breach. Each is done once for a clock.

    ``targets`` empty: all of the promise. ``notify`` names operators, ``owner`` or ``supervisor``. ``priority`` is
    added to the matter's. ``require`` is asked for beside what is; ``widen`` takes away, lowers and opens like a step
    of relaxation, ``queue_id`` is where work that waits moves to, ``offer_to`` who is offered it, the first who can
    take it. ``webhook`` is called.
    """

    percent: int
    targets: tuple[Target, ...] = ()
    notify: tuple[str, ...] = ()
    priority: int = 0
    require: tuple[Requirement, ...] = ()
    widen: Relaxation | None = None
    queue_id: str = ""
    offer_to: tuple[str, ...] = ()
    webhook: str = ""


class SlaRule(msgspec.Struct, frozen=True, array_like=True):
    """One SLA policy: for which matters it promises what. What is empty holds for all.

    Of several the first that fits a matter and names a target counts for that target. ``targets`` are pairs of a target
    and its length; a length counts in the calendar ``calendar_id``, where that is empty in the one of the matter's
    queue, and with ``real_time`` in every hour. ``pauses`` names what stops resolution and department clocks: the stage
    waits for the ``customer``, or for a ``part``. ``escalations`` are in the order of their percent.
    """

    sla_id: str
    targets: tuple[tuple[Target, int], ...]
    queues: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    priority_min: int = -10
    priority_max: int = 10
    calendar_id: str = ""
    real_time: bool = False
    pauses: tuple[str, ...] = ("customer", "part")
    escalations: tuple[Escalation, ...] = ()


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
    accepted is assigned). ``tells``: texts can be sent over it that nobody has written.
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
    tells: bool = False


class StageTask(msgspec.Struct, frozen=True, array_like=True):
    """A task that a stage creates in a queue; due ``due_ms`` later in the time of the queue's calendar (0: never)."""

    queue_id: str
    due_ms: int = 0
    title: str = ""


class StageRule(msgspec.Struct, frozen=True, array_like=True):
    """One stage of a kind. ``next``: where it leads, by hand.

    ``waits``: for whom, ``customer``, ``part`` or nobody; then clocks may stand still. ``needs``: fields that must be
    filled in before it is entered. ``on_reply`` and ``on_message``: the stage that follows by itself when the operator
    answers, or the customer writes. ``notice``: what the customer is told when it is entered; empty: nothing.
    ``tasks`` are created when it is entered; ``on_tasks`` follows when the last of them was answered, ``on_delay``
    when one is late.
    """

    stage_id: str
    phase: Stage
    next: tuple[str, ...] = ()
    waits: str = ""
    needs: tuple[str, ...] = ()
    on_reply: str = ""
    on_message: str = ""
    notice: str = ""
    tasks: tuple[StageTask, ...] = ()
    on_tasks: str = ""
    on_delay: str = ""


class KindRule(msgspec.Struct, frozen=True, array_like=True):
    """A kind of matter and its stages, at least one of each phase; the first of a phase is where that begins.

    ``notices``: which phases the customer is told of (``received``, ``in_progress``, ``done``, ``reopened``).
    ``confirm_ms``: how long, in the time of the calendar (empty: the queue's), a customer who is asked whether it is
    done may be silent; 0: nobody is asked.
    ``lines``: its matters have order lines, with quantity and price;
    ``order_system`` names the system that is told when they or the stage change.
    """

    kind: str
    stages: tuple[StageRule, ...]
    notices: tuple[str, ...] = ()
    confirm_ms: int = 0
    confirm_calendar_id: str = ""
    lines: bool = False
    order_system: str = ""


class CoreConfig(msgspec.Struct, frozen=True, array_like=True):
    """The configuration that decisions depend on; journalled whole as ``config.applied``.

    Order of work: a smaller ``enqueued_ms - priority_weight_ms * priority`` goes first, so that one step of
    priority is worth so much waiting and nobody starves. ``offers_max`` bounds the live offers an operator can have
    at once, so that nobody faces more countdowns than can be read. ``lease_ms``: how long a dropped connection of an
    operator is forgiven. ``return_ms``: how long work that was put aside is kept for who did so when its time comes.
    ``reserve_ms``: after so long a wait somebody is kept free for an item that smaller ones would push back (0: never).
    ``notices_max``: so many notices a customer gets on one day (UTC).
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
    slas: tuple[SlaRule, ...] = ()
    kinds: tuple[KindRule, ...] = ()
    notices_max: int = 20
