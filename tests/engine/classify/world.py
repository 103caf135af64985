"""A small company to classify for: two departments, three instances, one calendar."""

from __future__ import annotations

from typing import Any

import msgspec

from omniroute.channels.contract import Identity, Interaction
from omniroute.config import requirement
from omniroute.core.rules import Calendar, ChannelRule, CoreConfig, DepartmentRule, QueueRule
from omniroute.core.state import State
from omniroute.engine.classify import Classifier, ClassifyRule, Known, Placement, Rule, compile_rules

QUEUES = {"support.general": "support", "support.billing": "support", "sales.shop": "sales", "sales.trade": "sales"}
DEPARTMENTS = {"support": "support.general", "sales": "sales.shop"}
INSTANCES = ("mail", "web", "phone")
MONDAY_MS = 1_795_996_800_000
"""2026-11-30, 00:00 UTC."""
HOUR_MS = 3_600_000
OFFICE = Calendar(
    "office",
    tuple((MONDAY_MS + (24 * day + 9) * HOUR_MS, MONDAY_MS + (24 * day + 17) * HOUR_MS) for day in range(-7, 5)),
    MONDAY_MS + 7 * 24 * HOUR_MS,
)
CONFIG = CoreConfig(
    tuple(DepartmentRule(*one) for one in DEPARTMENTS.items()),
    tuple(QueueRule(queue, department, "longest_idle", 1, 0, 0, 0, 0) for queue, department in QUEUES.items()),
    tuple(ChannelRule(name, 1) for name in INSTANCES),
    calendars=(OFFICE,),
)
KNOWN = Known(DEPARTMENTS, tuple(QUEUES), INSTANCES, {"office": "Europe/Berlin"}, requirement)
PLACEMENTS = {
    "mail": Placement("support.general", {"billing@lumen.example": "support.billing"}),
    "web": Placement("sales.shop", kind="order"),
    "phone": Placement("support.general"),
}


def state() -> State:
    made = State()
    made.use(CONFIG)
    return made


def rules(*documents: dict[str, Any]) -> tuple[Rule, ...]:
    """Rules as they stand in a file; a rule without ``then`` gives the tag "yes"."""
    sections = msgspec.convert([{"then": {"tags": ["yes"]}} | one for one in documents], list[ClassifyRule])
    return compile_rules(sections, KNOWN, ["stated"])


def interaction(**facts: Any) -> Interaction:
    sender = Identity(facts.pop("by", "email"), facts.pop("address", "kim@example.org"))
    return Interaction(sender=sender, **facts)


def classifier(*documents: dict[str, Any], plugins: Any = None, skills: dict[str, str] | None = None) -> Classifier:
    return Classifier(PLACEMENTS, skills or {}, rules(*documents), plugins)
