"""About telling customers where their matter stands."""

from __future__ import annotations

from omniroute.core.commands.base import Command


class AnswerStatus(Command, frozen=True, kw_only=True, gc=False):
    """Register an input that asks for a status; it becomes no work.

    ``conversation_id`` is the matter that the sender takes part in and asks about, open or done; 0 for every other
    reference. ``answer`` is false where nothing automatic may be sent. ``last`` as in `RegisterInteraction`.
    """

    raw_id: int
    channel: str
    conversation_id: int = 0
    answer: bool = True
    last: bool = True


class SendStatusCode(Command, frozen=True, kw_only=True, gc=False):
    """Send a code for the status page to the known address of a matter, open or done."""

    conversation_id: int
    channel: str
    lifetime_ms: int
