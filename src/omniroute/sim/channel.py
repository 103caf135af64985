"""Channels of the simulated world: what customers hand in, and what the engine sends, passes through here.

What lives here: an implementation of the channel contract whose provider is the world. What is raw on the way in is a
`Letter` in JSON; what goes out is given to ``carry``, which may refuse it, lose it or let it hang.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import msgspec

from omniroute.channels.contract import Capabilities, ChannelContext, Delivery, Identity, Interaction, RawInput, Receipt
from omniroute.core.model import InteractionKind
from omniroute.errors import InvalidInput

Carry = Callable[[Delivery], Awaitable[Receipt]]


class Letter(msgspec.Struct, frozen=True):
    """What a customer hands in."""

    customer: str
    kind: InteractionKind = InteractionKind.MESSAGE
    text: str = ""
    provider_id: str = ""
    answers_to: tuple[str, ...] = ()
    session: str = ""
    operator: str = ""
    fault: str = ""
    """``garbage``: it cannot be read; ``bug``: the channel's code fails on it."""
    asks: str = ""
    """The reference that it asks about; the text says the same."""


class NoOptions(msgspec.Struct, forbid_unknown_fields=True):
    """None."""


class SimInstance:
    """Serves until the world lets it fail."""

    def __init__(self, channel: SimChannel, context: ChannelContext) -> None:
        self.context = context
        self._channel = channel

    async def serve(self, *, started: Callable[[], None]) -> None:
        started()
        self._channel.context = self.context
        await self._channel.broken.wait()
        self._channel.broken = anyio.Event()
        raise RuntimeError("the provider is gone")

    async def send(self, delivery: Delivery) -> Receipt:
        return await self._channel.carry(delivery)

    def routes(self) -> Sequence[Any]:
        return ()


class SimChannel:
    """`omniroute.channels.contract.Channel`; ``context`` is that of the instance that serves now."""

    options_type: type[msgspec.Struct] = NoOptions

    def __init__(self, name: str, carry: Carry, **capabilities: Any) -> None:
        self.name = name
        self.capabilities = Capabilities(**capabilities)
        self.carry = carry
        self.context: ChannelContext | None = None
        self.broken = anyio.Event()

    def dedup_key(self, raw: RawInput) -> str:
        return raw.meta["key"]

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        letter = msgspec.json.decode(raw.data, type=Letter)
        if letter.fault == "garbage":
            raise InvalidInput("this cannot be read")
        if letter.fault:
            raise ZeroDivisionError("the channel's code fails on this")
        one = Interaction(
            kind=letter.kind,
            sender=Identity("email" if self.name == "mail" else "visitor", letter.customer),
            text=letter.text,
            provider_id=letter.provider_id,
            answers_to=letter.answers_to,
            session_key=letter.session,
            operator=letter.operator,
        )
        return (one,)

    def open_instance(self, options: Any, context: ChannelContext) -> SimInstance:  # noqa: ARG002
        return SimInstance(self, context)
