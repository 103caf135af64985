"""Effects: what the world must do because of an event; orders, carried out by the outbox.

What lives here: the derivation, pure, so that the same events always give the same effects. The effect is stored in the
transaction of its event; ``effect_id`` comes from the event and is the stable key over all attempts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import msgspec

from omniroute.core.events import (
    ClockEscalated,
    Event,
    HandoffAccepted,
    ItemDiverted,
    ItemForced,
    ItemPulled,
    NoticeSent,
    OfferAccepted,
    OrderChanged,
    ReplySent,
    StatusAnswered,
    StatusCodeSent,
    WrapUpStarted,
)

REALTIME_LIFETIME_MS = 30_000
"""Ringing somebody half a minute late does harm: effects of a running contact expire."""

WEBHOOK: Final = "webhook"
WEBHOOK_PREFIX: Final = "webhook:"
"""What the channel of an order to call a webhook begins with; its name follows."""

ORDER_SYSTEM: Final = "order_system"
"""The order to tell an order system; its channel is ``order:`` and the system's name."""
ORDER_PREFIX: Final = "order:"

_NO_FACTS = frozenset({"webhook", "effect_id", "at_ms", "next_ms"})
"""Fields of an event that no receiver of a webhook needs."""

OfContact = OfferAccepted | ItemPulled | ItemForced | HandoffAccepted | WrapUpStarted | ItemDiverted


class Effect(msgspec.Struct, frozen=True, array_like=True):
    """An order to a channel, or to a webhook. ``expires_ms`` 0 means never.

    Order is kept per (conversation, channel, realtime).
    """

    effect_id: int
    order: str
    conversation_id: int
    channel: str
    at_ms: int
    interaction_id: int = 0
    operator_id: str = ""
    expires_ms: int = 0
    outcome: str = ""
    """What the customer is told by ``divert``."""
    event: str = ""
    """The tag of the event that a webhook is told."""
    facts: dict[str, str | int] = {}
    """What a webhook is told of it: ids, counts and codes."""


class CallsWebhook(Protocol):
    """An event that calls a webhook; no name, no call."""

    @property
    def webhook(self) -> str: ...
    @property
    def effect_id(self) -> int: ...
    @property
    def conversation_id(self) -> int: ...
    @property
    def at_ms(self) -> int: ...


def effect_of(event: Event) -> Effect | None:
    """The effect that follows from an event, if one does."""
    order = _ORDERS.get(type(event))
    return order(event) if order else None


def _reply(event: ReplySent) -> Effect:
    return Effect(
        event.effect_id,
        "reply",
        event.conversation_id,
        event.channel,
        event.at_ms,
        event.interaction_id,
        event.operator_id,
    )


def _connect(event: OfferAccepted | ItemPulled | ItemForced) -> Effect | None:
    return _of_contact("connect", event, event.operator_id, event.connect_due_ms)


def _notice(event: StatusAnswered | StatusCodeSent | NoticeSent, expires_ms: int = 0) -> Effect:
    """A text that no operator has written; it stands in the cell of its interaction, with where it goes."""
    return Effect(
        event.effect_id,
        "notice",
        event.conversation_id,
        event.channel,
        event.at_ms,
        event.interaction_id,
        expires_ms=expires_ms,
    )


def _of_webhook(event: CallsWebhook) -> Effect | None:
    """The call of a webhook, in order for each (conversation, webhook). Its facts are the event's plain fields."""
    if not event.webhook or not event.effect_id:
        return None
    struct = cast("Event", event)
    facts = {name: getattr(event, name) for name in struct.__struct_fields__ if name not in _NO_FACTS}
    return Effect(
        event.effect_id,
        WEBHOOK,
        event.conversation_id,
        f"{WEBHOOK_PREFIX}{event.webhook}",
        event.at_ms,
        event=str(struct.__struct_config__.tag),
        facts={name: value for name, value in facts.items() if isinstance(value, str | int)},
    )


def _of_contact(
    order: str, event: OfContact, operator_id: str = "", due_ms: int = 0, outcome: str = ""
) -> Effect | None:
    """An order that ages: useless after its lifetime, and after ``due_ms``, when somebody else may have the work."""
    if not event.effect_id:
        return None
    expires_ms = event.at_ms + REALTIME_LIFETIME_MS
    return Effect(
        event.effect_id,
        order,
        event.conversation_id,
        event.channel,
        event.at_ms,
        operator_id=operator_id,
        expires_ms=min(expires_ms, due_ms) if due_ms else expires_ms,
        outcome=outcome,
    )


def _of_order(event: OrderChanged) -> Effect:
    """What has changed stands in ``event``, the stage then in ``outcome``."""
    return Effect(
        event.effect_id,
        ORDER_SYSTEM,
        event.conversation_id,
        f"{ORDER_PREFIX}{event.system}",
        event.at_ms,
        outcome=event.stage_id,
        event=event.what,
    )


_ORDERS: dict[type[Event], Callable[[Any], Effect | None]] = {
    ReplySent: _reply,
    OfferAccepted: _connect,
    ItemPulled: _connect,
    ItemForced: _connect,
    StatusAnswered: _notice,
    NoticeSent: _notice,
    StatusCodeSent: lambda event: _notice(event, event.expires_ms),
    ClockEscalated: _of_webhook,
    OrderChanged: _of_order,
    HandoffAccepted: lambda event: _of_contact("connect", event, event.operator_id),
    WrapUpStarted: lambda event: _of_contact("part", event, event.operator_id),
    ItemDiverted: lambda event: _of_contact("divert", event, outcome=event.outcome),
}
"""Every event of the journal is asked for its effect, and few have one."""
