"""The one index of everything that is going to happen by itself.

What lives here: deadlines by concern, ordered by time, cancelled in constant time. The engine's timekeeper sleeps
until `DeadlineIndex.next_ms`; nobody polls. Entries are derived from the records, so they are as durable as these.
"""

from __future__ import annotations

from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import Final


class Concern(StrEnum):
    """What a deadline is about; each concern has a task of its own in the engine."""

    OFFERS = "offers"
    CLOCKS = "clocks"
    HANDOFFS = "handoffs"
    WRAP_UPS = "wrap_ups"
    WAITING = "waiting"
    """Relaxation, overflow, and the reservation for one operator."""
    HELD = "held"
    """Silence of the customer, work left unanswered, work put aside."""
    PRESENCE = "presence"
    BATCHES = "batches"
    CLOSINGS = "closings"
    """Silence of a customer who was asked whether a matter is done."""


OFFERS: Final = Concern.OFFERS
CLOCKS: Final = Concern.CLOCKS
HELD: Final = Concern.HELD
WAITING: Final = Concern.WAITING
WRAP_UPS: Final = Concern.WRAP_UPS
# see the end of the enumerations in ``model``

Key = tuple[str, int, str]
"""What kind of deadline, the id it is about, and an operator id or an empty string."""

NEW_MAX = 64
"""New deadlines that are put in order at once."""
STALE_FACTOR = 4
"""The heap is rebuilt when there are this many times more entries than are live: cancelling leaves them behind."""


class DeadlineIndex:
    """Deadlines of one concern. Equal times are ordered by key, so that replay is exact.

    What is set is put in order when somebody asks for the next one: most deadlines are cancelled before.
    """

    __slots__ = ("_heap", "_new", "live")

    def __init__(self) -> None:
        self.live: dict[Key, int] = {}
        self._heap: list[tuple[int, Key]] = []
        self._new: list[Key] = []

    def set(self, key: Key, due_ms: int) -> None:
        """Add or move a deadline; 0 means "none" and clears it."""
        if not due_ms:
            self.live.pop(key, None)
            return
        live, new = self.live, self._new
        live[key] = due_ms
        new.append(key)
        if len(new) > NEW_MAX:
            self._order()

    def _order(self) -> None:
        """Put what is new into the heap, unless it has been cancelled."""
        live, heap = self.live, self._heap
        for key in self._new:
            due_ms = live.get(key)
            if due_ms is not None:
                heappush(heap, (due_ms, key))
        self._new.clear()
        if len(heap) > NEW_MAX and len(heap) > STALE_FACTOR * len(live):
            self._heap = [(due, key) for key, due in live.items()]
            heapify(self._heap)

    def clear(self, key: Key) -> None:
        """Cancel a deadline; unknown keys are fine."""
        self.live.pop(key, None)

    def next_ms(self) -> int | None:
        """The earliest deadline, or None."""
        if self._new:
            self._order()
        heap, live = self._heap, self.live
        while heap and live.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now_ms: int, limit: int) -> list[Key]:
        """At most ``limit`` keys whose time has come, earliest first; they stay until an event clears them."""
        found: list[tuple[int, Key]] = []
        while len(found) < limit:
            first = self.next_ms()
            if first is None or first > now_ms:
                break
            entry = heappop(self._heap)
            if entry not in found[-1:]:  # a key set twice to the same time is in the heap twice
                found.append(entry)
        for entry in found:
            heappush(self._heap, entry)
        return [key for _, key in found]
