"""The index of waiting work: what is queued, in its order, by requirement class.

What lives here: nothing but the order. A *class* holds the items that need the same of an operator (queue, cost and
requirements), so an operator's eligibility is asked once a class and not once an item. Classes exist only while used.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from omniroute.core.model import Requirement, WorkItem


class ClassKey(NamedTuple):
    """What all items of one class need."""

    queue_id: str
    department_id: str
    cost_units: int
    requirements: tuple[Requirement, ...]


def class_of(item: WorkItem) -> ClassKey:
    """The class that an item waits in."""
    return ClassKey(item.queue_id, item.department_id, item.cost_units, item.requirements)


class WaitingIndex:
    """Queued items by class, each class ordered by (rank, id)."""

    __slots__ = ("classes",)

    def __init__(self) -> None:
        self.classes: dict[ClassKey, list[tuple[int, int]]] = {}

    def add(self, item: WorkItem) -> None:
        """Put an item at its place, which depends on its rank only."""
        insort(self.classes.setdefault(class_of(item), []), (item.rank_ms, item.work_item_id))

    def remove(self, item: WorkItem) -> None:
        """Take an item out; it must be in."""
        key = class_of(item)
        line = self.classes[key]
        place = bisect_left(line, (item.rank_ms, item.work_item_id))
        if line[place][1] != item.work_item_id:
            raise AssertionError(f"work item {item.work_item_id} is not at its place")
        del line[place]
        if not line:
            del self.classes[key]

    def ordered(self) -> list[int]:
        """Ids of all waiting items in order of rank; for screens, not for decisions."""
        return [item_id for _, item_id in sorted(entry for line in self.classes.values() for entry in line)]
