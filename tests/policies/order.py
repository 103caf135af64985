"""The order of operators that follows from policies: what the core promises of its comparison, in the plainest form."""

from __future__ import annotations

from omniroute.core.model import Operator, WorkItem
from omniroute.core.rules import Requirement
from omniroute.policies.contract import Policy


def person(name: str, *, idle_ms: int = 0, load: int = 0, offered: int = 0, capacity: int = 10, **fields) -> Operator:
    skills = fields.pop("skills", {})
    return Operator(
        name, ("support",), skills, capacity, idle_since_ms=idle_ms, load_units=load, offered_units=offered, **fields
    )


def work(number: int = 1, *, rank_ms: int = 0, requires: str = "", prefers: str = "") -> WorkItem:
    return WorkItem(
        number,
        number,
        "support.first",
        "support",
        "mail",
        1,
        0,
        0,
        rank_ms,
        skills(requires),
        preferred=skills(prefers),
    )


def skills(text: str) -> tuple[Requirement, ...]:
    """ "tech>=3 french" as requirements."""
    found = [one.partition(">=") for one in text.split()]
    return tuple(Requirement(skill, int(level or 1)) for skill, _, level in found)


def order(*asked: Policy | Operator, wanted: WorkItem | None = None) -> list[str]:
    """Ids, the best first: the skill weights of all policies, then the standing of each, then idle time, then id."""
    policies = [one for one in asked if isinstance(one, Policy)]
    people = [one for one in asked if isinstance(one, Operator)]

    def key(operator: Operator) -> tuple[object, ...]:
        weights = [policy.skill_weights(wanted or work()) for policy in policies]
        sums = [-sum(weight * operator.skills.get(skill, 0) for skill, weight in one.items()) for one in weights]
        standing = [term for policy in policies for term in policy.standing(operator)]
        return (*sums, *standing, operator.idle_since_ms, operator.operator_id)

    return [operator.operator_id for operator in sorted(people, key=key)]
