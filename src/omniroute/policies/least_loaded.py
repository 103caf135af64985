"""Least loaded: whoever has most room gets it; idle time breaks ties."""

from __future__ import annotations

from omniroute.core.model import Operator, WorkItem


class LeastLoaded:
    """Orders by load and live offers in thousandths of the capacity, then by idle time."""

    name = "least_loaded"
    terms = ("load_permille", "idle_since_ms")

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:  # noqa: ARG002
        load = operator.load_units + operator.offered_units
        return (load * 1000 // operator.capacity_units, operator.idle_since_ms)
