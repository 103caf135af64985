"""The circuit breaker: after deferred deliveries in a row nothing is tried for a while.

What lives here: counting, and the pause. Channels and sinks each have one of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from omniroute.engine.ports import Clock
from omniroute.errors import DeliveryDeferred, DeliveryError

BREAKER_FAILURES = 5
"""Deferred deliveries in a row after which sending pauses."""
BREAKER_PAUSE_MS = 30_000

T = TypeVar("T")


class Breaker:
    """One for each destination. ``failed`` and ``tripped`` are told what went wrong; the caller logs and shows it."""

    def __init__(self, clock: Clock, failed: Callable[[Exception], None], tripped: Callable[[], None]) -> None:
        self._clock = clock
        self._failed = failed
        self._tripped = tripped
        self._failures = 0
        self._open_until_ms = 0

    async def attempt(self, send: Callable[[], Awaitable[T]]) -> T:
        """Send, unless it pauses. Whatever a plugin raises that is no `DeliveryError` counts as deferred."""
        if self._clock.now_ms() < self._open_until_ms:
            raise DeliveryDeferred("sending pauses after repeated failures")
        try:
            sent = await send()
        except DeliveryDeferred:
            self._count()
            raise
        except DeliveryError:
            raise
        except Exception as failure:  # a plugin may raise anything; the outbox tries again
            self._failed(failure)
            self._count()
            raise DeliveryDeferred("the channel failed while sending") from failure
        self._failures = 0
        return sent

    def _count(self) -> None:
        self._failures += 1
        if self._failures >= BREAKER_FAILURES:
            self._failures = 0
            self._open_until_ms = self._clock.now_ms() + BREAKER_PAUSE_MS
            self._tripped()
