"""Longest idle: whoever has waited longest for work gets it. The default."""

from __future__ import annotations

from omniroute.core.model import Operator, WorkItem


class LongestIdle:
    """Orders by the moment since which the operator is idle, earliest first."""

    name = "longest_idle"
    terms = ("idle_since_ms",)

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:  # noqa: ARG002
        return (operator.idle_since_ms,)
