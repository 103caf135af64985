"""Between the customers and the engine: a network that takes time, and a provider for each channel.

What lives here: handing in what acts say, and carrying what the engine sends. A customer who gets no acknowledgement
hears of it; whether to try again is the customer's affair.
"""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING

import anyio
import msgspec

from omniroute.channels.contract import Delivery, RawInput, Receipt
from omniroute.core.model import InteractionKind
from omniroute.engine import cells as c
from omniroute.errors import DeliveryDeferred, DeliveryRefused, OmniRouteError
from omniroute.sim import company
from omniroute.sim.channel import SimChannel
from omniroute.sim.options import Act
from omniroute.sim.post import Sent, channel_of

if TYPE_CHECKING:
    from omniroute.sim.lives import EngineWorld

HANGING_S = 90
"""How long a provider that hangs keeps an attempt waiting: longer than the outbox does."""


class Network:
    """One for the whole run; channels are made anew in each life."""

    def __init__(self, world: EngineWorld) -> None:
        self._world = world
        self._chance = world.random("network")
        self.channels: dict[str, SimChannel] = {}
        self._waiting: dict[int, Act] = {}
        self._numbers = count()
        self.refusing_until_s = dict.fromkeys((company.MAIL, company.CHAT, company.PHONE), 0.0)
        self.hanging_until_s = dict(self.refusing_until_s)

    def plug_in(self) -> dict[str, SimChannel]:
        """New channels for a new life."""
        self.channels = {
            company.MAIL: SimChannel(company.MAIL, self.carry),
            company.CHAT: SimChannel(company.CHAT, self.carry, realtime=True, session=True, icon="chat"),
            company.PHONE: SimChannel(company.PHONE, self.carry, realtime=True, session=True, connects=True),
        }
        return self.channels

    def mend(self) -> None:
        """All providers work again."""
        for channel in self.refusing_until_s:
            self.refusing_until_s[channel] = self.hanging_until_s[channel] = 0.0

    # ---- in
    def hand_in(
        self, act: Act, kind: InteractionKind, fault: str, answers_to: tuple[str, ...], quotes: Sent | None, asks: str
    ) -> None:
        """Give an input to the engine, and wait for its acknowledgement beside everything else."""
        world, channel = self._world, channel_of(act.who)
        own_id = f"{act.who}/{kind}/{act.a}"
        key = c.joined_key(channel, "here", own_id)
        letter = world.post.letter(act, kind, key, fault, answers_to, quotes, asks)
        raw = RawInput(
            instance=channel,
            account="here",
            received_ms=world.wall_ms(),
            data=msgspec.json.encode(letter),
            meta={"key": own_id},
            session_key=letter.session,
        )
        if world.engine is None or world.clients is None:
            world.minds.refused(act)
            return
        number = next(self._numbers)
        self._waiting[number] = act
        world.clients.start_soon(self._wait_for_answer, number, raw, key)

    async def _wait_for_answer(self, number: int, raw: RawInput, key: str) -> None:
        world, context = self._world, self.channels[raw.instance].context
        raw_id = 0
        if context is not None:  # else the channel is down
            with contextlib.suppress(OmniRouteError):
                raw_id = await context.receive(raw)
        act = self._waiting.pop(number, None)
        if act is None:  # the process is gone
            return
        if raw_id:
            world.watch.all_of(world.watch.ledger.told(key, raw_id, act.who))
        else:
            world.minds.refused(act)

    def hang_up(self) -> None:
        """The process is gone: whoever waits for an answer knows nothing, and learns that there will be none.

        In the order in which they came: tasks are cancelled in an order that follows from nothing.
        """
        waiting, self._waiting = self._waiting, {}
        for act in waiting.values():
            self._world.minds.refused(act)

    # ---- out
    async def carry(self, delivery: Delivery) -> Receipt:
        """The provider takes a delivery over, or does not."""
        world, channel = self._world, delivery.instance
        now_s = world.now_s()
        if world.engine is None:
            raise DeliveryDeferred("the network is gone")
        world.watch.all_of(world.watch.ledger.recorded(delivery.key, world.writer.clock.now_ms()))
        if now_s < self.hanging_until_s[channel]:
            await anyio.sleep(HANGING_S)
        if now_s < self.refusing_until_s[channel]:
            if delivery.interaction_id % 4 == 1:
                world.watch.ledger.refused[delivery.key] = None
                raise DeliveryRefused("nobody lives here any more")
            raise DeliveryDeferred("the provider is down")
        await anyio.sleep(self._chance.randrange(40) / 1000)
        return self._arrive(delivery)

    def _arrive(self, delivery: Delivery) -> Receipt:
        world = self._world
        world.watch.ledger.carried(delivery.key)
        world.watch.all_of(world.watch.ledger.questions.told(delivery))
        customer = delivery.to.address if delivery.to else ""
        provider_id = ""
        if delivery.order == "reply":
            provider_id = world.post.arrived(delivery.key, delivery.conversation_id, customer)
        world.minds.delivered(delivery, customer)
        return Receipt(provider_id=provider_id)
