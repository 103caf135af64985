"""A clock that only its owner moves: virtual time for tests and for the simulator.

What lives here: `ManualClock`, an `omniroute.engine.ports.Clock`. Nothing sleeps for real, so tests with deadlines of
hours take no time and never flake.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

import anyio
import anyio.lowlevel

START_MS = 1_800_000_000_000
"""An arbitrary moment: 15 January 2027."""


class ManualClock:
    """See the module's text. Sleepers wake in the order of their times, each at or after it."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, int, anyio.Event]] = []
        self._order = count()

    def now_ms(self) -> int:
        """The present."""
        return self._now_ms

    async def sleep_until(self, due_ms: int) -> None:
        """Return when the clock has been moved to ``due_ms`` or beyond."""
        if due_ms <= self._now_ms:
            await anyio.lowlevel.checkpoint()
        while due_ms > self._now_ms:
            event = anyio.Event()
            heappush(self._sleepers, (due_ms, next(self._order), event))
            await event.wait()

    def next_due_ms(self) -> int | None:
        """When the earliest sleeper wants to wake; None where nobody sleeps. Who was cancelled no longer counts."""
        while self._sleepers and not self._sleepers[0][2].statistics().tasks_waiting:
            heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def advance(self, duration_ms: int) -> None:
        """Move on (or back, where ``duration_ms`` is negative) and wake whoever is due."""
        self.set(self._now_ms + duration_ms)

    def set(self, now_ms: int) -> None:
        """Move to a moment and wake whoever is due."""
        self._now_ms = now_ms
        while self._sleepers and self._sleepers[0][0] <= now_ms:
            heappop(self._sleepers)[2].set()
