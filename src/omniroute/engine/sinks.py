"""The sinks of the running engine: every configured target with a circuit breaker of its own.

What lives here: finding the target of a delivery, and keeping what a plugin raises from everybody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog

from omniroute.core.effects import ORDER_PREFIX, WEBHOOK_PREFIX
from omniroute.engine.breaker import Breaker
from omniroute.engine.ports import Clock
from omniroute.engine.supervisor import reason_of, where
from omniroute.errors import DeliveryDeferred
from omniroute.sinks.contract import EffectSink, SinkDelivery
from omniroute.sinks.orders import OrderChange, OrderSystem

log = structlog.get_logger("omniroute.sinks")


class SinkSetup(NamedTuple):
    """A configured target."""

    name: str
    sink: EffectSink
    options: Any


class SinkRunner:
    """One target."""

    def __init__(self, setup: SinkSetup, clock: Clock) -> None:
        self.name = setup.name
        self._open = setup.sink.open(setup.options, clock.now_ms)
        self._breaker = Breaker(clock, self._failed, self._paused)

    async def deliver(self, delivery: SinkDelivery) -> None:
        """Tell it; while the breaker is open nothing is tried."""
        await self._breaker.attempt(lambda: self._open.deliver(delivery))

    def _failed(self, failure: Exception) -> None:
        log.warning("sink_failed", sink=self.name, reason=reason_of(failure), where=where(failure))

    def _paused(self) -> None:
        log.warning("circuit_open", sink=self.name)


class Sinks:
    """All targets by the channel that their effects name."""

    def __init__(self, setups: Sequence[SinkSetup], clock: Clock) -> None:
        self.runners = {f"{WEBHOOK_PREFIX}{one.name}": SinkRunner(one, clock) for one in setups}

    async def deliver(self, channel: str, delivery: SinkDelivery) -> None:
        """Tell the target that the effect names."""
        runner = self.runners.get(channel)
        if runner is None:
            raise DeliveryDeferred("the webhook is not configured at present")
        await runner.deliver(delivery)


class OrderRunner:
    """One order system."""

    def __init__(self, system: OrderSystem, clock: Clock) -> None:
        self.name = system.name
        self._system = system
        self._breaker = Breaker(clock, self._failed, self._paused)

    async def changed(self, order: OrderChange) -> None:
        """Tell it; while the breaker is open nothing is tried."""
        await self._breaker.attempt(lambda: self._system.changed(order))

    def _failed(self, failure: Exception) -> None:
        log.warning("order_system_failed", system=self.name, reason=reason_of(failure), where=where(failure))

    def _paused(self) -> None:
        log.warning("circuit_open", system=self.name)


class OrderSystems:
    """All order systems by the channel that their effects name."""

    def __init__(self, systems: Mapping[str, OrderSystem], clock: Clock) -> None:
        self.runners = {f"{ORDER_PREFIX}{name}": OrderRunner(one, clock) for name, one in systems.items()}

    async def changed(self, channel: str, order: OrderChange) -> None:
        """Tell the system that the effect names."""
        runner = self.runners.get(channel)
        if runner is None:
            raise DeliveryDeferred("the order system is not installed at present")
        await runner.changed(order)
