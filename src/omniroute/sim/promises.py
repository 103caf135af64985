"""What the simulated company promises, in versions that it changes between, and the course of its matters."""

from __future__ import annotations

from omniroute.core.rules import (
    Escalation,
    KindRule,
    Relaxation,
    Requirement,
    SlaRule,
    Stage,
    StageRule,
    StageTask,
    Target,
)

SECOND = 1_000
MINUTE = 60 * SECOND
SINK = "crm"
"""The program that webhooks call."""
GOLD = "gold"
"""The tier of the best customers."""

_GOLD = SlaRule(
    "gold",
    (
        (Target.FIRST_RESPONSE, 2 * MINUTE),
        (Target.NEXT_RESPONSE, 90 * SECOND),
        (Target.RESOLUTION, 8 * MINUTE),
    ),
    tiers=(GOLD,),
    calendar_id="office",
    escalations=(
        Escalation(50, notify=("owner", "supervisor"), priority=1),
        Escalation(80, (Target.RESOLUTION,), priority=2, widen=Relaxation(0, drop=("french",), departments=("sales",))),
        Escalation(100, notify=("supervisor",), offer_to=("eve", "ann"), webhook=SINK),
    ),
)
_SALES = SlaRule(
    "sales",
    ((Target.RESOLUTION, 7 * MINUTE), (Target.DEPARTMENT, 3 * MINUTE)),
    queues=("sales.orders", "sales.late"),
    escalations=(Escalation(60, (Target.DEPARTMENT,), queue_id="billing.rest", require=(Requirement("money", 1),)),),
)
_URGENT = SlaRule(
    "urgent",
    ((Target.RESOLUTION, 5 * MINUTE),),
    priority_min=3,
    real_time=True,
    escalations=(Escalation(90, widen=Relaxation(0, drop=("*",))),),
)
_ALL = SlaRule(
    "all",
    (
        (Target.NEXT_RESPONSE, 2 * MINUTE),
        (Target.ANSWER, 40 * SECOND),
        (Target.HANDOFF, 30 * SECOND),
        (Target.RESOLUTION, 20 * MINUTE),
        (Target.DEPARTMENT, 10 * MINUTE),
    ),
    escalations=(
        Escalation(75, (Target.RESOLUTION, Target.HANDOFF), notify=("supervisor",)),
        Escalation(100, (Target.ANSWER,), offer_to=("zoe",)),
    ),
)
_HURRIED = SlaRule(
    "hurried",
    ((Target.RESOLUTION, 4 * MINUTE), (Target.FIRST_RESPONSE, 80 * SECOND)),
    channels=("mail",),
    calendar_id="office",
    pauses=("customer",),
    escalations=(Escalation(30, priority=1), Escalation(60, notify=("owner",), webhook=SINK)),
)
VERSIONS: tuple[tuple[SlaRule, ...], ...] = ((_GOLD, _SALES, _URGENT, _ALL), (_HURRIED, _GOLD, _ALL), ())
"""What is promised before and after somebody has changed the file; at last nothing."""

KINDS = (
    KindRule(
        "question",
        (
            StageRule("new", Stage.RECEIVED, ("looking", "solved")),
            StageRule("looking", Stage.IN_PROGRESS, ("asked", "workshop", "solved"), on_reply="asked"),
            StageRule("asked", Stage.IN_PROGRESS, ("looking", "solved"), waits="customer", on_message="looking"),
            StageRule(
                "workshop",
                Stage.IN_PROGRESS,
                ("looking", "refunded"),
                waits="part",
                needs=("part",),
                notice="parts",
            ),
            StageRule("solved", Stage.DONE),
            StageRule("refunded", Stage.DONE, needs=("amount",)),
        ),
        ("received", "in_progress", "done", "reopened"),
        confirm_ms=3 * MINUTE,
        confirm_calendar_id="office",
    ),
    KindRule(
        "order",
        (
            StageRule("requested", Stage.RECEIVED, ("placed",), tasks=(StageTask("billing.rest", 0, "Availability"),)),
            StageRule("placed", Stage.IN_PROGRESS, ("packing", "cancelled"), on_reply="packing"),
            StageRule(
                "packing",
                Stage.IN_PROGRESS,
                ("placed", "shipped", "cancelled"),
                waits="part",
                tasks=(StageTask("sales.late", 90 * SECOND, "Pick"), StageTask("billing.rest", 4 * MINUTE, "Invoice")),
                on_tasks="shipped",
                on_delay="delayed",
            ),
            StageRule("delayed", Stage.IN_PROGRESS, ("packing", "shipped", "cancelled"), notice="delayed"),
            StageRule("shipped", Stage.IN_PROGRESS, ("delivered",), notice="shipped"),
            StageRule("delivered", Stage.DONE),
            StageRule("cancelled", Stage.DONE),
        ),
        ("done",),
        confirm_ms=2 * MINUTE,
        lines=True,
    ),
)
