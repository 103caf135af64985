"""A generated world for `omniroute.testing.policy`: operators and items of every kind, the same in every run.

What lives here: the world only, nothing that judges.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.rules import Requirement
from omniroute.policies.contract import Work

OPERATORS = 60
ITEMS = 30
NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000

_SKILLS = ("french", "money", "tech")
_PLACES = (("support", "support.first"), ("sales", "sales.orders"))
_CHANNELS = (("mail", 1), ("chat", 3), ("phone", 10))
_AGEING_MS = (0, 60_000, 3_600_000, DAY_MS)


def generated_operators(moment: int = 0) -> list[Operator]:
    """New, idle and loaded operators, with and without skills; the same people in another state at another moment."""
    chance = random.Random(7 + moment * 1_000)  # noqa: S311 - a fixed world, nothing secret
    return [_operator(chance, number) for number in range(OPERATORS)]


def generated_items() -> list[WorkItem]:
    """Old and new waiting items, urgent ones, with and without requirements, preferred skills and back-offs."""
    chance = random.Random(8)  # noqa: S311 - a fixed world, nothing secret
    return [_item(chance, number) for number in range(1, ITEMS + 1)]


def generated_work() -> list[Work]:
    """What the place of each of these items may depend on, with and without a promise, kept, late and far away."""
    chance = random.Random(9)  # noqa: S311 - a fixed world, nothing secret
    return [_work(chance, item) for item in generated_items() for _ in range(8)]


def eligibility(items: Sequence[WorkItem], operators: Sequence[Operator]) -> list[list[bool]]:
    """Who may have what in this world: of the department, and with the levels that are required."""
    return [
        [
            item.department_id in operator.departments
            and all(operator.skills.get(one.skill, 0) >= one.level for one in item.requirements)
            for operator in operators
        ]
        for item in items
    ]


def _operator(chance: random.Random, number: int) -> Operator:
    capacity_units = chance.choice((1, 2, 7, 10, 100))
    load_units = chance.randint(0, capacity_units)
    offered_units = chance.randint(0, capacity_units - load_units)
    held, offered = min(load_units, 3), min(offered_units, 3)
    return Operator(
        f"operator{number:02}",
        tuple(department for department, _ in _PLACES[: chance.randint(1, 2)]),
        {skill: chance.randint(1, 10) for skill in _SKILLS if chance.random() < 0.5},
        capacity_units,
        Presence.AVAILABLE,
        "",
        chance.choice((0, NOW_MS, NOW_MS - chance.randrange(DAY_MS))),
        load_units,
        offered_units,
        list(range(1, 1 + held)),
        list(range(1, 1 + offered)),
        chance.randint(0, 1),
        weight=chance.choice((1, 10, 25)),
        passes=chance.choice((0, chance.randrange(10**12))),
        last_offer_id=chance.choice((0, chance.randrange(10**9))),
        connected=chance.random() < 0.9,
    )


def _item(chance: random.Random, number: int) -> WorkItem:
    department_id, queue_id = chance.choice(_PLACES)
    channel, cost_units = chance.choice(_CHANNELS)
    priority, enqueued_ms = chance.randint(-1, 9), NOW_MS - chance.randrange(DAY_MS)
    return WorkItem(
        number,
        number,
        queue_id,
        department_id,
        channel,
        cost_units,
        priority,
        enqueued_ms,
        enqueued_ms - 60_000 * priority,
        _requirements(chance),
        backoff={"operator00": NOW_MS + 1} if number % 5 == 0 else {},
        preferred=_requirements(chance),
    )


def _requirements(chance: random.Random) -> tuple[Requirement, ...]:
    return tuple(Requirement(skill, chance.randint(1, 10)) for skill in _SKILLS if chance.random() < 0.3)


def _work(chance: random.Random, item: WorkItem) -> Work:
    expected_ms = chance.choice((0, 300_000, DAY_MS))
    due_ms = chance.choice((0, item.enqueued_ms + chance.randrange(-DAY_MS, 3 * DAY_MS)))
    return Work(
        item.enqueued_ms,
        item.priority,
        chance.choice((0, 60_000)),
        due_ms,
        due_ms - expected_ms if due_ms else 0,
        expected_ms,
        chance.choice(_AGEING_MS),
    )
