"""Where the simulation takes place: a contact centre that uses everything that routing can do.

What lives here: its configuration, its operators, its policies (one of which breaks when it is told to), and what each
customer wants. Lengths are short, so that deadlines of every kind meet within minutes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from omniroute.core.commands import PutOperator
from omniroute.core.model import Operator, WorkItem
from omniroute.core.policy import RoutingPolicy
from omniroute.core.rules import (
    Calendar,
    ChannelRule,
    CoreConfig,
    DepartmentRule,
    Outcome,
    Overflow,
    OverflowCause,
    QueueRule,
    Relaxation,
    Requirement,
    WrapUp,
)
from omniroute.policies.assignment import solve_unaided
from omniroute.policies.least_loaded import LeastLoaded
from omniroute.policies.least_skilled import LeastSkilled
from omniroute.policies.longest_idle import LongestIdle
from omniroute.policies.most_skilled import MostSkilled
from omniroute.policies.optimal import Optimal
from omniroute.policies.round_robin import RoundRobin
from omniroute.policies.slack import Slack
from omniroute.policies.sticky import Sticky
from omniroute.policies.weighted import Weighted
from omniroute.sim.promises import GOLD, KINDS, VERSIONS

SECOND = 1_000
MINUTE = 60 * SECOND
START_MS = 1_800_000_000_000
"""When it begins: 15 January 2027."""
DEPARTMENTS = ("support", "sales", "billing")
MAIL, CHAT, PHONE = "mail", "chat", "phone"
CHANNELS = (MAIL, CHAT, PHONE)


class Moody:
    """A plugin's policy that raises while it is in a bad mood, and then the default must serve."""

    name = "moody"
    terms = ("held",)

    def __init__(self) -> None:
        self.bad = False

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        """The one who holds least, or no answer at all."""
        if self.bad:
            raise RuntimeError("this policy is in a bad mood")
        return (len(operator.item_ids) * item.cost_units,)


class Wish(NamedTuple):
    """What a customer wants; follows from the name, so that a shortened history keeps it."""

    queue_id: str
    priority: int
    requirements: tuple[Requirement, ...]
    preferred: tuple[Requirement, ...]
    tier: str = ""
    kind: str = "question"


_WISHES = (
    Wish("support.first", 0, (), ()),
    Wish("support.first", 2, (Requirement("tech", 3),), (), GOLD),
    Wish("support.first", 0, (Requirement("french", 4),), ()),
    Wish("support.expert", 1, (Requirement("tech", 7),), (Requirement("french", 1),)),
    Wish("sales.orders", 0, (), (Requirement("french", 3),), GOLD, "order"),
    Wish("sales.orders", 5, (), (), "", "order"),
    Wish("sales.late", 0, (), ()),
    Wish("billing.money", 0, (Requirement("money", 2),), ()),
    Wish("billing.rest", 0, (), ()),
    Wish("billing.rest", 1, (Requirement("money", 5),), ()),
    Wish("support.mood", 0, (), ()),
)


def wish_of(customer: str) -> Wish:
    """What the customer of that name wants."""
    return _WISHES[zlib.crc32(customer.encode()) % len(_WISHES)]


def policies(moody: Moody) -> Mapping[str, RoutingPolicy]:
    """All that the queues name; the same on every machine."""
    everything: tuple[RoutingPolicy, ...] = (
        LeastLoaded(), LeastSkilled(), LongestIdle(), MostSkilled(), Optimal(solve_unaided), RoundRobin(), Slack(),
        Sticky(), Weighted(), moody,
    )  # fmt: skip
    return {policy.name: policy for policy in everything}


def config(version: int = 0) -> CoreConfig:
    """Departments, queues, channels, calendars, and one of the `promises.VERSIONS`."""
    return CoreConfig(
        departments=tuple(
            DepartmentRule(name, queue_id)
            for name, queue_id in zip(DEPARTMENTS, ("support.first", "sales.orders", "billing.money"), strict=True)
        ),
        queues=_queues(),
        channels=_CHANNELS,
        hops_max=3,
        lease_ms=25 * SECOND,
        return_ms=20 * SECOND,
        reserve_ms=40 * SECOND,
        calendars=(_OFFICE,),
        slas=VERSIONS[version % len(VERSIONS)],
        kinds=KINDS,
        notices_max=8,
    )


_OFFICE = Calendar(
    "office",
    tuple((START_MS + at * MINUTE, START_MS + (at + 20) * MINUTE) for at in range(0, 30 * 24 * 60, 30)),
    START_MS + 30 * 24 * 60 * MINUTE,
)
"""Open for twenty minutes out of thirty."""
_CHANNELS = (
    ChannelRule(MAIL, 1, items_max=6, tells=True),
    ChannelRule(CHAT, 2, realtime=True, session=True, items_max=3, interrupts=(MAIL,), idle_ms=40 * SECOND, tells=True),
    ChannelRule(
        PHONE, 5, realtime=True, session=True, connects=True, exclusive=True, interrupts=(MAIL,), connect_ms=12 * SECOND
    ),
)


def _queue(queue_id: str, policy: str, first_response_s: int = 300, **fields: object) -> QueueRule:
    rule = QueueRule(
        queue_id,
        queue_id.split(".", maxsplit=1)[0],
        policy,
        offer_ms=20 * SECOND,
        backoff_ms=30 * SECOND,
        wrap_up_ms=25 * SECOND,
        first_response_ms=first_response_s * SECOND,
        handoff_ms=50 * SECOND,
        ageing_ms=0,
    )
    return QueueRule(**{name: getattr(rule, name) for name in rule.__struct_fields__} | fields)


def _queues() -> tuple[QueueRule, ...]:
    return (
        _queue(
            "support.first",
            "sticky+least_loaded",
            sticky_ms=20 * SECOND,
            answer_ms=3 * MINUTE,
            relaxations=(
                Relaxation(30 * SECOND, lower=(Requirement("tech", 1),)),
                Relaxation(90 * SECOND, drop=("*",)),
            ),
            overflows=(
                Overflow(OverflowCause.LENGTH, 12, "sales.orders"),
                Overflow(OverflowCause.WAIT, 4 * MINUTE, "sales.late"),
            ),
        ),
        _queue(
            "support.expert",
            "most_skilled",
            requirements=(Requirement("tech", 5),),
            relaxations=(
                Relaxation(20 * SECOND, lower=(Requirement("tech", 4),), operators=("eve",)),
                Relaxation(60 * SECOND, departments=("sales",)),
                Relaxation(2 * MINUTE, drop=("tech", "french"), queues=("billing.money",)),
            ),
            overflows=(Overflow(OverflowCause.ESTIMATE, 8 * MINUTE, outcome=Outcome.CALLBACK),),
        ),
        _queue("support.mood", "moody", 120, wrap_up=WrapUp.OPTIONAL),
        _queue(
            "sales.orders",
            "slack",
            120,
            wrap_up=WrapUp.OPTIONAL,
            ageing_ms=MINUTE,
            overflows=(Overflow(OverflowCause.UNSTAFFED, outcome=Outcome.VOICEMAIL),),
        ),
        _queue(
            "sales.late",
            "round_robin",
            auto_accept=True,
            calendar_id="office",
            overflows=(Overflow(OverflowCause.CLOSED, outcome=Outcome.MAIL),),
            wrap_up=WrapUp.NONE,
        ),
        _queue("billing.money", "least_skilled+weighted", 0),
        _queue("billing.rest", "optimal", 200, batch_ms=2 * SECOND),
    )


_TEAMS: tuple[tuple[tuple[str, ...], dict[str, int]], ...] = (
    (("support",), {"tech": 3}),
    (("support",), {"tech": 8, "french": 2}),
    (("sales",), {"french": 6}),
    (("billing",), {"money": 5}),
    (("support", "sales"), {"french": 5, "tech": 1}),
    (("billing", "sales"), {"money": 8}),
)
_NAMES = (
    "ann",
    "bob",
    "cem",
    "dan",
    "eve",
    "fay",
    "gil",
    "hal",
    "ida",
    "jon",
    "kim",
    "lea",
    "max",
    "nia",
    "ole",
    "pam",
)


def operators(number: int) -> tuple[PutOperator, ...]:
    """So many operators; beyond the names that we know they are numbered."""
    names = [*_NAMES[:number], *(f"op{count}" for count in range(len(_NAMES), number))]
    return tuple(
        PutOperator(
            operator_id=name,
            departments=_TEAMS[place % len(_TEAMS)][0],
            skills=_TEAMS[place % len(_TEAMS)][1],
            capacity_units=8,
            weight=5 + 5 * (place % 3),
        )
        for place, name in enumerate(names)
    )


def chief() -> PutOperator:
    """Who can do everything, and comes when the faults are over, so that nothing has to wait for ever."""
    return PutOperator(
        operator_id="zoe",
        departments=DEPARTMENTS,
        skills={"tech": 10, "french": 10, "money": 10},
        capacity_units=1_000,
    )
