"""What came in, and what became of it."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.model import InteractionKind


class RawReceived(Event, tag="raw.received", frozen=True, gc=False):
    """A channel holds something of a customer, and it is durable."""

    raw_id: int
    channel: str
    at_ms: int


class RawQuarantined(Event, tag="raw.quarantined", frozen=True, gc=False):
    """It could not be read; it is shown to people and blocks nobody."""

    raw_id: int
    reason: str
    at_ms: int


class RawRegistered(Event, tag="raw.registered", frozen=True, gc=False):
    """All of it has become interactions."""

    raw_id: int


class CustomerCreated(Event, tag="customer.created", frozen=True, gc=False):
    """Somebody whom we did not know; who, stands in the store."""

    customer_id: int
    at_ms: int


class InteractionReceived(Event, tag="interaction.received", frozen=True, gc=False):
    """Something of the customer's is in the thread. ``operator_id`` is the operator whom the channel named."""

    interaction_id: int
    conversation_id: int
    raw_id: int
    channel: str
    kind: InteractionKind
    at_ms: int
    operator_id: str = ""
    quiet: bool = False
    """A machine wrote it, or somebody who has not proven to have the address."""
