"""Least skilled sufficient: whoever can do the least else gets it, so that specialists stay free."""

from __future__ import annotations

from omniroute.core.model import Operator
from omniroute.policies.contract import Policy


class LeastSkilled(Policy):
    """Orders by the sum of all levels in all skills; that they suffice, eligibility has seen to."""

    name = "least_skilled"
    terms = ("skill_sum",)

    def standing(self, operator: Operator) -> tuple[int, ...]:
        return (sum(operator.skills.values()),)
