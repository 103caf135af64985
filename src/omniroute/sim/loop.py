"""An event loop with virtual time: nothing sleeps, and the order of what is ready comes from a seed.

What lives here: `VirtualLoop`, an asyncio loop whose clock jumps to the next timer whenever nobody can go on. There are
no sockets and no threads in it. Tasks that are ready at the same moment go on in an order drawn by chance, so that no
code can rely on one that the real loop happens to have. That order follows from the seed and the moment alone: tasks
that are cancelled together end in an order that depends on their addresses, and what they do must not reach beyond.
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from omniroute.errors import OmniRouteError

T = TypeVar("T")

SHUFFLED_OF_16 = 4
"""How many rounds of 16 are shuffled; in the others the order is that of the real loop."""


class Deadlock(OmniRouteError):
    """Everybody waits, and no time will ever come at which somebody goes on."""

    code = "deadlock"


class _NoFiles(selectors.SelectSelector):
    """Waiting for files is where a real loop sleeps: here the time passes at once."""

    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock("everybody waits for ever")
        if timeout > 0:
            self._passes(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module's text."""

    def __init__(self, seed: int) -> None:
        self._now_s = 0.0
        self._seed = self._chance = seed
        super().__init__(_NoFiles(self._pass))

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._now_s

    def steady_ms(self) -> int:
        """Milliseconds since the loop began."""
        return int(self._now_s * 1000 + 0.001)

    def _pass(self, seconds: float) -> None:
        self._now_s += seconds
        self._chance = self._seed ^ int(self._now_s * 1_000_000)

    def _draw(self) -> int:
        """The next of 32 bits (a linear congruential generator: Knuth's MMIX)."""
        self._chance = (self._chance * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return self._chance >> 32

    def _run_once(self) -> None:
        ready: deque[Any] = self._ready  # type: ignore[attr-defined]
        if len(ready) > 1 and self._draw() % 16 < SHUFFLED_OF_16:
            handles = list(ready)
            for place in range(len(handles) - 1, 0, -1):
                other = self._draw() % (place + 1)
                handles[place], handles[other] = handles[other], handles[place]
            ready.clear()
            ready.extend(handles)
        super()._run_once()  # type: ignore[misc]


def run(work: Callable[[], Coroutine[Any, Any, T]], seed: int) -> T:
    """Run a coroutine function on a virtual loop of its own to its end."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(seed)) as runner:
        return runner.run(work())
