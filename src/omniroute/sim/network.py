"""Between the customers and the engine: a network that takes time, and a provider for each channel.

What lives here: handing in what acts say, carrying what the engine sends, and who got what. A customer who gets no
acknowledgement hears of it; whether to try again is the customer's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import anyio
import msgspec

from omniroute.channels.contract import Delivery, RawInput, Receipt
from omniroute.core.model import InteractionKind
from omniroute.engine import cells as c
from omniroute.errors import DeliveryDeferred, DeliveryRefused, OmniRouteError
from omniroute.sim import company
from omniroute.sim.channel import Letter, SimChannel
from omniroute.sim.options import Act

if TYPE_CHECKING:
    from omniroute.sim.world import World

SESSIONS = (company.CHAT, company.PHONE)
HANGING_S = 90
"""How long a provider that hangs keeps an attempt waiting: longer than the outbox does."""


class Sent(NamedTuple):
    """A reply that reached its customer."""

    provider_id: str
    conversation_id: int
    customer: str
    key: str


def channel_of(customer: str) -> str:
    """Customers are named after the channel that they use."""
    return customer.split("-", 1)[0]


class Network:
    """One for the whole run; channels are made anew in each life."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.channels: dict[str, SimChannel] = {}
        self.replies: list[Sent] = []
        self.refusing_until_s = dict.fromkeys((company.MAIL, company.CHAT, company.PHONE), 0.0)
        self.hanging_until_s = dict(self.refusing_until_s)
        self._newest: dict[str, Sent] = {}
        self._letters: dict[str, Letter] = {}

    def plug_in(self) -> dict[str, SimChannel]:
        """New channels for a new life."""
        self.channels = {
            company.MAIL: SimChannel(company.MAIL, self.carry),
            company.CHAT: SimChannel(company.CHAT, self.carry, realtime=True, session=True, icon="chat"),
            company.PHONE: SimChannel(company.PHONE, self.carry, realtime=True, session=True, connects=True),
        }
        return self.channels

    # ---- in
    def answers_to(self, customer: str) -> tuple[str, ...]:
        """What the customer's next mail answers."""
        newest = self._newest.get(customer)
        return (newest.provider_id,) if newest and channel_of(customer) == company.MAIL else ()

    def hand_in(
        self,
        act: Act,
        kind: InteractionKind,
        *,
        fault: str = "",
        answers_to: tuple[str, ...] = (),
        quotes: Sent | None = None,
    ) -> None:
        """Give an input to the engine, and wait for its acknowledgement beside everything else."""
        world, channel = self._world, channel_of(act.who)
        own_id = f"{act.who}/{kind}/{act.a}"
        key = c.joined_key(channel, "here", own_id)
        letter = self._letters.get(own_id)
        if letter is None:  # who sends it once more sends the same words
            letter = self._letters[own_id] = Letter(
                act.who,
                kind,
                "words",
                own_id,
                (quotes.provider_id,) if quotes else answers_to,
                act.who if channel in SESSIONS else "",
                fault=fault,
            )
            self._expect(key, letter, quotes)
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
        world.clients.start_soon(self._wait_for_answer, act, raw, key)

    def _expect(self, key: str, letter: Letter, quotes: Sent | None) -> None:
        """Where it must go, and where it must not."""
        ledger = self._world.watch.ledger
        if quotes is not None and quotes.customer != letter.customer:
            ledger.strangers[key] = quotes.conversation_id
        elif quotes is None and letter.answers_to and not letter.fault:
            newest = self._newest[letter.customer]
            if ledger.ended(newest.key):
                ledger.belongs[key] = newest.conversation_id

    async def _wait_for_answer(self, act: Act, raw: RawInput, key: str) -> None:
        world, context = self._world, self.channels[raw.instance].context
        engine = world.engine
        if context is None:  # the channel is down
            world.minds.refused(act)
            return
        try:
            raw_id = await context.receive(raw)
        except OmniRouteError:
            world.minds.refused(act)
            return
        except BaseException:
            world.minds.refused(act)  # the process is gone: the customer knows nothing
            raise
        if world.engine is engine:
            world.watch.ledger.acknowledged[key] = raw_id
            world.watch.all_of(world.watch.ledger.told(raw_id))

    # ---- out
    async def carry(self, delivery: Delivery) -> Receipt:
        """The provider takes a delivery over, or does not."""
        world, channel = self._world, delivery.instance
        now_s = world.loop.time()
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
        await anyio.sleep(world.network_chance.randrange(40) / 1000)
        return self._arrive(delivery)

    def _arrive(self, delivery: Delivery) -> Receipt:
        world = self._world
        world.watch.ledger.carried(delivery.key)
        customer = delivery.to.address if delivery.to else ""
        provider_id = f"<{delivery.key}@here>"
        if delivery.order == "reply":
            sent = Sent(provider_id, delivery.conversation_id, customer, delivery.key)
            self._newest[customer] = sent
            self.replies.append(sent)
        world.minds.delivered(delivery, customer)
        return Receipt(provider_id=provider_id)
