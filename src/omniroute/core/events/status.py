"""What customers are told who ask where their matter stands."""

from __future__ import annotations

from omniroute.core.events.base import Event


class StatusAsked(Event, tag="status.asked", frozen=True, gc=False):
    """A customer has asked where their own matter stands, open or done; it is nobody's work.

    Who asks about what is not theirs, or is not there, leaves the raw input and nothing in any thread.
    """

    interaction_id: int
    conversation_id: int
    raw_id: int
    channel: str
    at_ms: int


class StatusAnswered(Event, tag="status.answered", frozen=True, gc=False):
    """Whoever asked is answered by the engine; the outbox carries it out.

    ``conversation_id`` 0: they get the answer that is the same for every reference that they have no right to.
    """

    raw_id: int
    effect_id: int
    conversation_id: int
    interaction_id: int
    channel: str
    at_ms: int


class StatusCodeSent(Event, tag="status.code_sent", frozen=True, gc=False):
    """A code for the status page is on its way to the known address of the matter; useless after ``expires_ms``."""

    interaction_id: int
    conversation_id: int
    channel: str
    effect_id: int
    at_ms: int
    expires_ms: int
