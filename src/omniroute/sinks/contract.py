"""What an effect sink is: it tells another system that something has happened.

A plugin *registers* objects through the hook ``omniroute_effect_sinks`` (`omniroute.hookspecs`); each is a kind of
target, and every table ``[webhooks.NAME]`` of the file opens one. The outbox calls `OpenSink.deliver` at least once for
each effect, under the same key, in order for each (conversation, name), with retries, back-off and dead letters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec


class SinkDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell.

    ``key`` is stable over all attempts: the other side knows a repetition by it. ``event`` is the tag of what happened
    (``clock.escalated``) at ``at_ms``; ``facts`` are ids, counts and codes of it, never contents.
    """

    key: str
    event: str
    at_ms: int
    conversation_id: int
    reference: str
    facts: dict[str, str | int] = {}


class OpenSink(Protocol):
    """One configured target."""

    async def deliver(self, delivery: SinkDelivery) -> None:
        """Tell it; returning means that the other side has taken it over.

        Raises `DeliveryDeferred` (try again) or `DeliveryRefused` (never will). Called several times at once for
        different conversations; for one conversation one after the other. It is cancelled when it takes too long.
        """
        ...


class EffectSink(Protocol):
    """A kind of target. The object is registered once and is stateless."""

    @property
    def name(self) -> str:
        """The name in the configuration: ``kind = "webhook"``."""
        ...

    @property
    def options_type(self) -> type[msgspec.Struct]:
        """The keys of ``[webhooks.NAME]`` beside ``kind``: a Struct with ``forbid_unknown_fields=True``.

        Its ``check()``, if it has one, raises `ConfigError` for what the types alone cannot refuse. Its ``__repr__``
        shows no secret.
        """
        ...

    def open(self, options: Any, now_ms: Callable[[], int]) -> OpenSink:
        """Open a target; does no I/O itself. ``now_ms`` is the engine's clock."""
        ...
