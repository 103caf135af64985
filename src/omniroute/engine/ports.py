"""The three small doors to the world: Clock, Disk and Spawn. The simulator brings its own.

What lives here: the protocols and the clock of the daemon. The Disk port is the journal's contract
(`omniroute.journal.contract.Journal`): entries, cells, snapshots and blobs are all that the engine keeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import anyio
import anyio.abc
import anyio.to_thread

from omniroute.journal.contract import Journal as Disk

__all__ = ["Clock", "Disk", "Spawn", "SystemClock", "TaskGroupSpawn"]

JUMP_MS = 5_000
"""A difference between wall and steady time above this is a jump, not drift."""
CONFIRM_MS = 10_000
"""A jump forward is believed when the wall clock has kept it for so long: a wrong NTP answer must not fire timers."""
NAP_MS = 60_000
"""The longest single sleep, so that a wall clock that was corrected is noticed."""


class Clock(Protocol):
    """Milliseconds UTC, and waiting for a moment."""

    def now_ms(self) -> int:
        """The present; may go back (the core takes care of that)."""
        ...

    async def sleep_until(self, due_ms: int) -> None:
        """Return when ``now_ms() >= due_ms``, never before."""
        ...


class Spawn(Protocol):
    """Starting concurrent work."""

    def start(self, name: str, work: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        """Start a task that lives as long as the engine; its failure ends the engine."""
        ...

    async def in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run blocking or long pure work beside the loop."""
        ...


class TaskGroupSpawn:
    """Spawn by an anyio task group."""

    def __init__(self, group: anyio.abc.TaskGroup) -> None:
        self._group = group

    def start(self, name: str, work: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        self._group.start_soon(work, *args, name=name)

    async def in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return await anyio.to_thread.run_sync(work, *args)


class SystemClock:
    """Wall time that follows small corrections at once and large jumps forward only once they are confirmed."""

    def __init__(self, wall_ms: Callable[[], int] | None = None, steady_ms: Callable[[], int] | None = None) -> None:
        self._wall_ms = wall_ms or (lambda: time.time_ns() // 1_000_000)
        self._steady_ms = steady_ms or (lambda: time.monotonic_ns() // 1_000_000)
        self._offset_ms = self._wall_ms() - self._steady_ms()
        self._jump: tuple[int, int] | None = None  # the offset that wants to be believed, and since when

    def now_ms(self) -> int:
        steady_ms = self._steady_ms()
        wall_offset_ms = self._wall_ms() - steady_ms
        if abs(wall_offset_ms - self._offset_ms) <= JUMP_MS:
            self._offset_ms, self._jump = wall_offset_ms, None
        elif self._jump is None or abs(wall_offset_ms - self._jump[0]) > JUMP_MS:
            self._jump = (wall_offset_ms, steady_ms)
        elif steady_ms - self._jump[1] >= CONFIRM_MS:
            self._offset_ms, self._jump = wall_offset_ms, None
        return steady_ms + self._offset_ms

    async def sleep_until(self, due_ms: int) -> None:
        while (left_ms := due_ms - self.now_ms()) > 0:  # noqa: ASYNC110  time is not an event
            await anyio.sleep(min(left_ms, NAP_MS) / 1000)
