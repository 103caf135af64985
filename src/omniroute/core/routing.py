"""stub; the architect is writing it."""
from __future__ import annotations

from typing import Protocol

from omniroute.core.model import Operator, WorkItem


class RoutingPolicy(Protocol):
    """An ordering of operators for an item."""

    @property
    def name(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the key, for explanations."""
        ...

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        """Smaller is better. Pure."""
        ...
