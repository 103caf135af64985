"""Configurations that use everything that routing can do, and all policies, broken ones among them; for random tests."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from tests.core.world import CONFIG, SECOND, START_MS, Broken, changed

from omniroute.core.model import Operator, WorkItem
from omniroute.core.policy import Policy, RoutingPolicy
from omniroute.core.rules import (
    Calendar,
    ChannelRule,
    CoreConfig,
    Escalation,
    KindRule,
    Outcome,
    Overflow,
    OverflowCause,
    QueueRule,
    Relaxation,
    Requirement,
    SlaRule,
    Stage,
    StageRule,
    StageTask,
    Target,
    WrapUp,
)
from omniroute.policies.plugin import omniroute_policies

TECH, MONEY = Requirement("tech", 3), Requirement("money")


class BrokenStanding(Policy):
    name = "broken_standing"
    terms = ("never",)

    def standing(self, operator: Operator) -> tuple[int, ...]:
        if operator.load_units % 2:
            raise RuntimeError("this policy is broken")
        return (operator.load_units,)


class BrokenBatch(Policy):
    """Gives what may not be given."""

    name = "broken_batch"
    batch = True

    def match(
        self, items: Sequence[WorkItem], operators: Sequence[Operator], eligible: Sequence[Sequence[bool]], now_ms: int
    ) -> Sequence[tuple[int, int]]:
        return [(place, 0) for place in range(len(items))]


class Keyed:
    """The simple form."""

    name = "keyed"
    terms = ("held",)

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        return (len(operator.item_ids) * item.cost_units,)


ALL: dict[str, RoutingPolicy] = {
    policy.name: policy for policy in (*omniroute_policies(), Broken(), BrokenStanding(), BrokenBatch(), Keyed())
}
OFFICE = Calendar(
    "office",
    tuple((START_MS + at * SECOND, START_MS + (at + 90) * SECOND) for at in range(0, 20_000, 150)),
    START_MS * 2,
)
CHANNELS = (
    ChannelRule("mail", 1, items_max=4, tells=True),
    ChannelRule("chat", 2, realtime=True, session=True, items_max=3, idle_ms=15 * SECOND),
    ChannelRule(
        "phone",
        5,
        realtime=True,
        session=True,
        connects=True,
        exclusive=True,
        interrupts=("mail",),
        connect_ms=10 * SECOND,
    ),
)


def _queue(queue_id: str, **fields: object) -> QueueRule:
    (rule,) = (rule for rule in CONFIG.queues if rule.queue_id == queue_id)
    return msgspec.structs.replace(rule, **fields)


FIRST = _queue(
    "support.first",
    policy="sticky+least_loaded",
    sticky_ms=20 * SECOND,
    answer_ms=40 * SECOND,
    relaxations=(Relaxation(10 * SECOND, lower=(Requirement("tech", 1),)), Relaxation(25 * SECOND, drop=("*",))),
    overflows=(
        Overflow(OverflowCause.LENGTH, 5, "sales.orders"),
        Overflow(OverflowCause.WAIT, 50 * SECOND, "sales.late"),
    ),
)
EXPERT = _queue(
    "support.expert",
    policy="most_skilled",
    preferred=(MONEY,),
    relaxations=(
        Relaxation(15 * SECOND, lower=(TECH,), operators=("eve",)),
        Relaxation(15 * SECOND, departments=("sales",)),
        Relaxation(40 * SECOND, drop=("tech",), queues=("billing.money",)),
    ),
    overflows=(Overflow(OverflowCause.ESTIMATE, 400 * SECOND, outcome=Outcome.CALLBACK),),
)
ORDERS = _queue(
    "sales.orders",
    policy="slack",
    wrap_up=WrapUp.OPTIONAL,
    wrap_up_ms=30 * SECOND,
    first_response_ms=120 * SECOND,
    ageing_ms=60 * SECOND,
    overflows=(Overflow(OverflowCause.UNSTAFFED, outcome=Outcome.VOICEMAIL),),
)
LATE = _queue(
    "sales.late",
    policy="round_robin",
    auto_accept=True,
    calendar_id="office",
    overflows=(Overflow(OverflowCause.CLOSED, outcome=Outcome.MAIL),),
    wrap_up=WrapUp.NONE,
)
MONEY_QUEUE = _queue("billing.money", policy="least_skilled+weighted")
REST = _queue("billing.rest", policy="optimal", batch_ms=2 * SECOND)

SLAS = (
    SlaRule(
        "gold",
        ((Target.FIRST_RESPONSE, 60 * SECOND), (Target.NEXT_RESPONSE, 45 * SECOND), (Target.RESOLUTION, 200 * SECOND)),
        tiers=("gold",),
        calendar_id="office",
        escalations=(
            Escalation(50, notify=("owner", "supervisor"), priority=1),
            Escalation(80, (Target.RESOLUTION,), widen=Relaxation(0, drop=("tech",), departments=("sales",))),
            Escalation(100, notify=("ann",), offer_to=("bob", "ann"), webhook="crm"),
        ),
    ),
    SlaRule(
        "sales",
        ((Target.RESOLUTION, 150 * SECOND), (Target.DEPARTMENT, 60 * SECOND)),
        queues=("sales.orders", "sales.late"),
        escalations=(Escalation(60, (Target.DEPARTMENT,), queue_id="billing.rest", require=(MONEY,)),),
    ),
    SlaRule("urgent", ((Target.RESOLUTION, 90 * SECOND),), priority_min=3, real_time=True),
    SlaRule(
        "all",
        ((Target.ANSWER, 20 * SECOND), (Target.HANDOFF, 20 * SECOND), (Target.RESOLUTION, 500 * SECOND)),
        escalations=(Escalation(90, priority=2, offer_to=("cem",)),),
    ),
)
KINDS = (
    KindRule(
        "question",
        (
            StageRule("new", Stage.RECEIVED, ("looking", "done")),
            StageRule("looking", Stage.IN_PROGRESS, ("asked", "workshop", "done")),
            StageRule("asked", Stage.IN_PROGRESS, ("looking", "done"), waits="customer", on_message="looking"),
            StageRule(
                "workshop",
                Stage.IN_PROGRESS,
                ("looking", "refunded"),
                waits="part",
                needs=("part",),
                notice="part",
                tasks=(StageTask("billing.rest", 30 * SECOND, "Pick"), StageTask("sales.late", 0, "Ship")),
                on_tasks="looking",
                on_delay="delayed",
            ),
            StageRule("delayed", Stage.IN_PROGRESS, ("looking", "workshop")),
            StageRule("done", Stage.DONE),
            StageRule("refunded", Stage.DONE, needs=("amount",)),
        ),
        ("received", "in_progress", "done", "reopened"),
        confirm_ms=60 * SECOND,
        lines=True,
        order_system="erp",
    ),
)
RICH = changed(
    CONFIG,
    queues=(FIRST, EXPERT, ORDERS, LATE, MONEY_QUEUE, REST),
    channels=CHANNELS,
    hops_max=1,
    lease_ms=25 * SECOND,
    return_ms=20 * SECOND,
    reserve_ms=20 * SECOND,
    calendars=(OFFICE,),
    slas=SLAS,
    kinds=KINDS,
    notices_max=5,
)
BROKEN: CoreConfig = changed(
    RICH,
    slas=SLAS[1:3],
    queues=(
        FIRST,
        msgspec.structs.replace(EXPERT, policy="broken_standing"),
        msgspec.structs.replace(ORDERS, policy="keyed+least_loaded"),
        LATE,
        msgspec.structs.replace(MONEY_QUEUE, policy="broken"),
        msgspec.structs.replace(REST, policy="broken_batch"),
    ),
)
