"""The supervisor: every channel instance runs in a task of its own and can stop nobody else.

What lives here: start, restart with back-off, sending behind a circuit breaker, health. A plugin that raises or hangs
in an await is degraded alone.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import msgspec
import structlog

from omniroute.channels.contract import (
    Capabilities,
    Channel,
    ChannelContext,
    Delivery,
    Health,
    Instance,
    Receipt,
)
from omniroute.engine.breaker import Breaker
from omniroute.engine.ports import Clock, Spawn
from omniroute.errors import DeliveryDeferred

RESTART_FIRST_MS = 500
RESTART_MAX_MS = 60_000
STEADY_MS = 60_000
"""An instance that ran for so long begins its back-off anew."""

log = structlog.get_logger("omniroute.supervisor")


class ChannelRunner:
    """One configured instance: its task, its health, its circuit breaker."""

    def __init__(
        self,
        name: str,
        channel: Channel,
        options: Any,
        clock: Clock,
        context: Callable[[ChannelRunner], ChannelContext],
    ) -> None:
        self.name = name
        self.channel = channel
        self.health = Health("down", "not started")
        self.restarts = 0
        self._options = options
        self._clock = clock
        self._context = context(self)
        self._breaker = Breaker(clock, self._send_failed, self._pause)
        self._paused = False
        self.current: Instance = channel.open_instance(options, self._context)
        self.ready = anyio.Event()

    @property
    def capabilities(self) -> Capabilities:
        """Of the channel."""
        return self.channel.capabilities

    async def run(self) -> None:
        """Serve, and start again with back-off whenever that ends."""
        pause_ms = RESTART_FIRST_MS
        while True:
            began_ms = self._clock.now_ms()
            await self._serve_once()
            if self._clock.now_ms() - began_ms >= STEADY_MS:
                pause_ms = RESTART_FIRST_MS
            await self._clock.sleep_until(self._clock.now_ms() + pause_ms)
            pause_ms = min(pause_ms * 2, RESTART_MAX_MS)
            self.restarts += 1

    async def _serve_once(self) -> None:
        try:
            if self.restarts:
                self.current = self.channel.open_instance(self._options, self._context)
            await self.current.serve(started=self._started)
            reason = "it stopped by itself"
        except Exception as failure:  # a plugin may raise anything; only its own channel suffers
            reason = reason_of(failure)
            log.warning("channel_failed", instance=self.name, reason=reason, where=where(failure))
        self.health = Health("down", reason)

    def _started(self) -> None:
        self.health = Health("up")
        self.ready.set()
        log.info("channel_started", instance=self.name)

    async def send(self, delivery: Delivery) -> Receipt:
        """Send through the present instance; while the breaker is open nothing is tried."""
        receipt = await self._breaker.attempt(lambda: self.current.send(delivery))
        if self._paused and self.health.state == "degraded":
            self.health = Health("up")
        self._paused = False
        return receipt

    def _send_failed(self, failure: Exception) -> None:
        log.warning("send_failed", instance=self.name, reason=reason_of(failure), where=where(failure))

    def _pause(self) -> None:
        self._paused = True
        self.health = msgspec.structs.replace(self.health, state="degraded", detail="sending pauses")
        log.warning("circuit_open", instance=self.name)


def where(failure: BaseException) -> str:
    """The last place in the traceback: enough to find the bug, without the contents that a message may hold."""
    frame = (traceback.extract_tb(failure.__traceback__) or [None])[-1]
    return f"{frame.filename}:{frame.lineno}" if frame else ""


def reason_of(failure: BaseException) -> str:
    """A short reason; of a group, the first; of the system, its own words."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror
    return f"{type(failure).__name__}: {failure}" if isinstance(failure, OSError) else type(failure).__name__


class Supervisor:
    """All instances by name."""

    def __init__(self, runners: Sequence[ChannelRunner]) -> None:
        self.runners = {runner.name: runner for runner in runners}

    def start(self, spawn: Spawn) -> None:
        """Give each instance its task."""
        for runner in self.runners.values():
            spawn.start(f"channel-{runner.name}", runner.run)

    async def send(self, delivery: Delivery) -> Receipt:
        """Send through the instance that the delivery names."""
        runner = self.runners.get(delivery.instance)
        if runner is None:
            raise DeliveryDeferred("the channel is not configured at present")
        return await runner.send(delivery)
