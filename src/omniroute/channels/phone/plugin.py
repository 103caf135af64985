"""The phone channel: call events come in signed, orders to connect, to part and to divert go out signed.

The flow of one call: ``offered`` → the engine offers it to an operator → accepted → order ``connect`` → the
telephone system rings the operator → ``answered`` → … → ``ended``, or the operator ends it and order
``part`` goes out. An operator who cannot be rung is ``not_connected``: the call waits again. Where nobody can
serve the call in time, order ``divert`` says what the caller is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import httpx2
import msgspec
from starlette.routing import BaseRoute, Route

from omniroute.channels.contract import (
    Capabilities,
    Channel,
    ChannelContext,
    Delivery,
    Health,
    Interaction,
    RawInput,
    Receipt,
)
from omniroute.channels.phone.calls import CALL_ID_PREFIX
from omniroute.channels.phone.control import make_client, post_order
from omniroute.channels.phone.events import event_key, interaction_of
from omniroute.channels.phone.intake import Intake
from omniroute.channels.phone.options import PhoneOptions
from omniroute.channels.phone.simulator import Simulator
from omniroute.channels.phone.simulator_page import SimulatorPage
from omniroute.channels.phone.waiting import WaitingQuestion
from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.hookspecs import hookimpl
from omniroute.signatures import key_of

ORDERS = frozenset({"connect", "part", "divert"})


class PhoneInstance:
    """One telephone system: takes its events, gives it orders."""

    def __init__(self, options: PhoneOptions, context: ChannelContext) -> None:
        self._options = options
        self._context = context
        self._key = key_of(options.secret)
        self._client: httpx2.AsyncClient | None = None
        self._intake = Intake(options, context)
        self._simulator = Simulator(self._intake.accept, self._key, context) if options.simulator else None

    async def serve(self, *, started: Callable[[], None]) -> None:
        async with make_client() as self._client:
            self._context.set_health(self._initial_health())
            if self._simulator is not None:
                await self._simulator.serve(started=started)
            else:
                started()
                await anyio.sleep_forever()

    async def send(self, delivery: Delivery) -> Receipt:
        if delivery.order not in ORDERS:
            raise DeliveryRefused("a call cannot carry text")
        if self._simulator is not None:
            self._simulator.publish(delivery)
            # the real telephone system does not know the simulator's calls and would refuse them
            if not self._options.control_url or delivery.session_key.startswith(CALL_ID_PREFIX):
                return Receipt(detail="given to the simulator")
        if not self._options.control_url:
            raise DeliveryRefused("no control_url is configured, so nobody can carry the order out")
        return await self._post(delivery)

    def routes(self) -> Sequence[BaseRoute]:
        question = WaitingQuestion(self._options, self._context)
        own = (
            Route("/events", self._intake.endpoint, methods=["POST"]),
            Route("/calls/{call_id:path}/waiting", question.endpoint, methods=["GET"]),
        )
        if self._simulator is None:
            return own
        return (*own, *SimulatorPage(self._simulator, self._options.numbers).routes())

    async def _post(self, delivery: Delivery) -> Receipt:
        if self._client is None:
            raise DeliveryDeferred("the instance has not started")
        try:
            receipt = await post_order(
                self._client, self._options.control_url, self._key, delivery, self._context.now_ms() // 1000
            )
        except DeliveryDeferred as error:
            self._context.set_health(Health("degraded", str(error)))
            raise
        self._context.set_health(Health("up"))
        return receipt

    def _initial_health(self) -> Health:
        if self._options.control_url or self._options.simulator:
            return Health("up")
        return Health("degraded", "no control_url is configured: accepted calls cannot be connected")


class PhoneChannel:
    """The kind ``phone``. Stateless; one object for all instances."""

    name = "phone"
    capabilities = Capabilities(realtime=True, session=True, connects=True, cost_units=10, icon="phone")
    options_type: type[msgspec.Struct] = PhoneOptions

    def dedup_key(self, raw: RawInput) -> str:
        return event_key(raw)

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        return (interaction_of(raw),)

    def open_instance(self, options: Any, context: ChannelContext) -> PhoneInstance:
        return PhoneInstance(options, context)


@hookimpl
def omniroute_channels() -> Sequence[Channel]:
    """Register the channel."""
    return [PhoneChannel()]
