"""About what comes in."""

from __future__ import annotations

import msgspec

from omniroute.core.commands.base import Command
from omniroute.core.model import Conversation, InteractionKind
from omniroute.core.rules import Requirement


class ReceiveRaw(Command, frozen=True, kw_only=True, gc=False):
    """Record that a channel received something; acknowledged to the sender only after its commit.

    ``known_raw_id`` is what the store knows under the deduplication key (0: nothing); then nothing happens.
    """

    channel: str
    known_raw_id: int = 0


class QuarantineRaw(Command, frozen=True, kw_only=True, gc=False):
    """What was received cannot be read: keep it visible, block nobody. ``reason`` holds no content."""

    raw_id: int
    reason: str


class Classification(msgspec.Struct, frozen=True, gc=False):
    """Where a matter belongs; made at the edge because it reads contents. No queue: the department's default."""

    department_id: str
    queue_id: str = ""
    kind: str = "question"
    priority: int | None = None
    requirements: tuple[Requirement, ...] = ()
    language: str = ""
    preferred: tuple[Requirement, ...] = ()
    tags: tuple[str, ...] = ()
    rule: str = ""
    """Which rule or plugin decided; for people who ask why."""
    tier: str = ""
    """The customer's tier, by which promises may be chosen."""


class RegisterInteraction(Command, frozen=True, kw_only=True, gc=False):
    """Give a normalized interaction its customer, its conversation and its place.

    ``customer_id`` 0 makes a new customer. ``conversation_id`` names the conversation it belongs to (0: a session
    key may still find one, else a new one is opened with ``reference``). ``record`` is the closed conversation of that
    id, when it has to be opened again. ``last`` is false while further interactions of the same raw input follow.
    """

    raw_id: int
    channel: str
    kind: InteractionKind
    classification: Classification
    reference: str
    customer_id: int = 0
    conversation_id: int = 0
    record: Conversation | None = None
    session_key: str = ""
    operator_id: str = ""
    last: bool = True
    previous_operator_id: str = ""
    """Who worked for this customer last, as far as the store knows; for queues with a sticky policy."""
    automatic: bool = False
    """A machine wrote it: nothing automatic answers it, and it opens nothing that is done."""
    unverified: bool = False
    """The sender's address is merely stated: nothing automatic goes there."""
    fields: tuple[str, ...] = ()
    """The fields that it fills in, where they are empty; what they hold is content."""

    @property
    def quiet(self) -> bool:
        """Whether nobody is told anything by itself because of it."""
        return self.automatic or self.unverified
