"""Weighted: each operator gets offers in proportion to their weight."""

from __future__ import annotations

from omniroute.core.model import Operator
from omniroute.policies.contract import Policy


class Weighted(Policy):
    """Stride scheduling (Waldspurger and Weihl, 1995): orders by how much of their share operators have had.

    The core adds a stride to `Operator.passes` with each offer: a constant divided by `Operator.weight`. Guarantees
    that the passes of two operators who began alike and can both always get the work never differ by more than the
    greater of their strides: their offers, divided by their weights, differ by no more than one offer of the
    lighter of the two.
    """

    name = "weighted"
    terms = ("passes",)

    def standing(self, operator: Operator) -> tuple[int, ...]:
        return (operator.passes,)
