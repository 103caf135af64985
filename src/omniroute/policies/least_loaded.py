"""Least loaded: whoever has the greatest share of their capacity free gets it; idle time breaks ties."""

from __future__ import annotations

from omniroute.core.model import Operator
from omniroute.policies.contract import Policy


class LeastLoaded(Policy):
    """Orders by load and live offers together, in thousandths of the capacity, rounded down."""

    name = "least_loaded"
    terms = ("load_permille",)

    def standing(self, operator: Operator) -> tuple[int, ...]:
        return (load_permille(operator),)


def load_permille(operator: Operator) -> int:
    """What the operator holds and is offered, in thousandths of the capacity; that is at least one unit."""
    return (operator.load_units + operator.offered_units) * 1000 // operator.capacity_units
