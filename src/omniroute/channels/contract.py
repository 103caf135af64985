"""What a channel plugin implements, and what it gets.

A plugin *registers* a `Channel` object through the hook ``omniroute_channels`` (`omniroute.hookspecs`); the object
acts. One `Channel` object serves all configured instances (accounts) of its kind, so it keeps no state of an instance
in itself: state belongs in `serve`, or in what `open_instance` returns.

Flow in:  provider → `Instance.serve` or an HTTP route → ``context.receive(RawInput)`` → (durable) → acknowledge
          later, on the engine's side: `Channel.normalize(raw)` → interactions → conversation.
Flow out: reply → outbox → `Instance.send(delivery)` → `Receipt`, or a `DeliveryError`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec
import structlog

from omniroute.core.model import InteractionKind


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do; the engine asks these and never the channel's name."""

    inbound: bool = True
    outbound: bool = True
    realtime: bool = False
    """The customer is there and waits; effects that come late are worthless."""
    session: bool = False
    """Interactions with one session key belong to one conversation."""
    connects: bool = False
    """Accepting must connect the two sides: `Delivery.order` may be ``connect`` or ``part``."""
    attachments: bool = False
    text_max_chars: int = 0
    """0: no limit."""
    cost_units: int = 1
    """Default capacity cost of one work item; the configuration may say otherwise."""
    icon: str = "mail"
    """One of mail, chat, phone, visit: how screens draw it."""


class Identity(msgspec.Struct, frozen=True):
    """One address of a person: ``kind`` is ``email``, ``tel``, ``visitor``, ``account`` or ``name``.

    ``address`` is normalized. An ``account`` is the person's account with a provider. A ``name`` identity is no
    evidence: it never finds an existing customer.
    """

    kind: str
    address: str
    name: str = ""


class Attachment(msgspec.Struct, frozen=True):
    """A part that came with a message. ``content_type`` is what the sender claims."""

    name: str
    content_type: str
    data: bytes


class RawInput(msgspec.Struct, frozen=True, kw_only=True):
    """Something received, as it came. Kept for ever beside the journal.

    ``account`` is the mailbox, number or site that it came to; ``meta`` what stands outside the bytes (envelope sender,
    verified visitor id, remote address). ``session_key`` is the session as far as the channel knows it before reading
    the bytes: what belongs to an open session is served longer under overload. It is not kept.
    """

    instance: str
    account: str
    received_ms: int
    data: bytes
    meta: dict[str, str] = {}
    session_key: str = ""


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """One normalized thing that happened with a customer.

    ``provider_id`` is the provider's id of it (a Message-ID, an event id) or empty. ``answers_to`` are provider ids of
    ours that it claims to answer (In-Reply-To and References, newest first); the engine believes them only from a known
    participant. ``session_key`` groups interactions of session channels (a call id, a visitor). ``automatic`` mail is
    never answered automatically. ``text`` is what the person wrote; ``quoted`` and ``signature`` are folded away, never
    lost. ``fields`` are facts for classification and screens (small, plain strings); ``operator`` is the operator whom
    the channel names (who picked up), if any.
    """

    kind: InteractionKind = InteractionKind.MESSAGE
    sender: Identity
    occurred_ms: int = 0
    account: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    quoted: str = ""
    signature: str = ""
    language: str = ""
    attachments: tuple[Attachment, ...] = ()
    provider_id: str = ""
    answers_to: tuple[str, ...] = ()
    session_key: str = ""
    automatic: bool = False
    operator: str = ""
    fields: dict[str, str] = {}


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An effect for a channel to carry out, at least once.

    ``order``: ``reply`` (send ``text``), ``notice`` (send ``text``, which no operator has written: it is marked as
    automatic where the channel can; ``conversation_id`` is 0 where it belongs to no matter), ``connect`` (ring
    ``operator_id`` for ``session_key``), ``part`` (end the contact) or ``divert`` (nobody can serve the customer in
    time: tell them the ``outcome``, which is ``voicemail``, ``callback`` or ``mail``; a channel that has no way to tell
    returns a `Receipt` and says so in it). ``key`` is stable over all attempts: a provider that deduplicates gets it as
    idempotency key; for mail it makes the Message-ID. ``to`` is whom it goes to; ``answers_to`` provider ids of theirs,
    newest last; ``account`` what they wrote to, from which the answer should come.
    """

    key: str
    order: str
    instance: str
    conversation_id: int
    interaction_id: int
    reference: str
    to: Identity | None = None
    account: str = ""
    subject: str = ""
    text: str = ""
    answers_to: tuple[str, ...] = ()
    session_key: str = ""
    operator_id: str = ""
    operator_name: str = ""
    at_ms: int = 0
    outcome: str = ""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Taken over by the other side. ``provider_id`` is what an answer will refer to (our Message-ID)."""

    provider_id: str = ""
    detail: str = ""


class ThreadEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a conversation as the customer may see it (no notes); for resuming a chat.

    A line of author ``system`` has no text: it tells an ``outcome`` (see `Delivery`), and every channel has its own
    words for it. Its ``interaction_id`` is that of the line before it, its ``key`` that of the delivery.
    """

    interaction_id: int
    reference: str
    author: str
    """``customer``, ``operator`` or ``system``."""
    name: str
    text: str
    at_ms: int
    provider_id: str = ""
    outcome: str = ""
    key: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """How long a customer still waits for an operator.

    ``position`` counts from 1. The wait will be between ``low_s`` and ``high_s`` seconds in ``percent`` of 100 cases;
    ``percent`` 0 means that there is no estimate. ``staffed``: somebody on duty could serve it; nobody can foretell
    anything where that is false.
    """

    position: int
    low_s: int = 0
    high_s: int = 0
    percent: int = 0
    staffed: bool = True


class Health(msgspec.Struct, frozen=True):
    """How an instance fares: ``state`` is ``up``, ``degraded`` or ``down``."""

    state: str
    detail: str = ""


class ChannelContext(Protocol):
    """What the engine gives to one instance of a channel."""

    @property
    def instance(self) -> str:
        """The configured name of this instance."""
        ...

    @property
    def log(self) -> structlog.stdlib.BoundLogger:
        """A logger bound to the instance. Never log contents, addresses or secrets."""
        ...

    def now_ms(self) -> int:
        """The engine's clock."""
        ...

    async def sleep(self, duration_ms: int) -> None:
        """Wait on the engine's clock."""
        ...

    async def receive(self, raw: RawInput) -> int:
        """Make raw input durable and return its id; acknowledge the sender only after this has returned.

        Idempotent by `Channel.dedup_key`: a repeated input returns the first id and has no effect. Raises `Busy`
        (nothing taken, come again), `TooLarge` or `JournalError`; then do not acknowledge.
        """
        ...

    async def thread(self, session_key: str, after_interaction_id: int = 0) -> Sequence[ThreadEntry]:
        """What was said in the newest conversation of a session, oldest first, at most 500 entries; committed only.

        Lines of author ``system`` that stand directly behind ``after_interaction_id`` come again; know them by ``key``.
        """
        ...

    async def waiting(self, session_key: str) -> Waiting | None:
        """How the customer of a session waits for an operator; None where nobody is waited for. Committed only."""
        ...

    def watch_waiting(self, session_key: str, raw_id: int = 0) -> AsyncGenerator[Waiting, None]:
        """How the customer of a session waits: the present value, then each other one; ends with the waiting.

        Nothing is polled, and at most one value comes every two seconds. ``raw_id`` (what `receive` returned) is waited
        for first, so that a first message has become work. Close it where it is left early (`contextlib.aclosing`).
        """
        ...

    def set_health(self, health: Health) -> None:
        """Say how the instance fares; shown to the platform team."""
        ...


class Instance(Protocol):
    """One running instance, made anew by `Channel.open_instance` after every restart."""

    async def serve(self, *, started: Callable[[], None]) -> None:
        """Run until cancelled; call ``started`` once when ready to receive. Raising means: restart me with back-off."""
        ...

    async def send(self, delivery: Delivery) -> Receipt:
        """Carry an effect out. Raises `DeliveryDeferred` (try again) or `DeliveryRefused` (never will).

        May be called at any time between start and end of `serve`, several at once for different conversations; for one
        conversation one after the other, in order.
        """
        ...

    def routes(self) -> Sequence[Any]:
        """Starlette routes to mount under ``/channels/<instance>/``; an empty tuple where there are none.

        They stay mounted over restarts and always reach the instance that runs at the time.
        """
        ...


class Channel(Protocol):
    """A kind of medium. The object is registered once and is stateless."""

    @property
    def name(self) -> str:
        """The name in the configuration: ``kind = "email"``."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """See `Capabilities`."""
        ...

    @property
    def options_type(self) -> type[msgspec.Struct]:
        """The options of an instance in the configuration file: a Struct with ``forbid_unknown_fields=True``.

        Its ``check()``, if it has one, raises `ConfigError` for what the types alone cannot refuse.
        """
        ...

    def dedup_key(self, raw: RawInput) -> str:
        """Pure and cheap: what makes two inputs the same (the provider's id); empty means: the hash of the bytes."""
        ...

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        """Pure: raw input to interactions. Raises `InvalidInput` for what cannot be read; that quarantines the input.

        Must be bounded in time and memory for any input of the accepted size.
        """
        ...

    def open_instance(self, options: Any, context: ChannelContext) -> Instance:
        """Make a running instance; does no I/O itself."""
        ...


Receive = Callable[[RawInput], Awaitable[int]]
