"""The closed loop with the customer: stages, fields, notices, and whether a matter is done."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.rules import Stage


class StageEntered(Event, tag="conversation.stage_entered", frozen=True, gc=False):
    """A matter is in another stage of its kind.

    ``cause`` is ``operator``, ``reply``, ``message``, ``tasks`` (all are answered) or ``delay`` (one is late).
    """

    conversation_id: int
    stage_id: str
    phase: Stage
    was: str
    cause: str
    at_ms: int
    by: str = ""


class FieldsSet(Event, tag="conversation.fields_set", frozen=True, gc=False):
    """These fields of a matter are filled in; what they hold stands beside the journal."""

    conversation_id: int
    fields: tuple[str, ...]
    at_ms: int
    by: str = ""


class NoticeSent(Event, tag="notice.sent", frozen=True, gc=False):
    """The customer is told by the engine; the outbox carries it out. ``notice`` names the template."""

    interaction_id: int
    conversation_id: int
    customer_id: int
    channel: str
    notice: str
    effect_id: int
    at_ms: int
    resolution: int = 0


class ConfirmationAsked(Event, tag="closing.asked", frozen=True, gc=False):
    """A matter is done, and its customer is asked whether that is so; silence confirms it at ``due_ms``."""

    conversation_id: int
    resolution: int
    at_ms: int
    due_ms: int


class MatterConfirmed(Event, tag="closing.confirmed", frozen=True, gc=False):
    """It is done; ``cause`` is ``customer`` or ``silence``."""

    conversation_id: int
    resolution: int
    cause: str
    at_ms: int


class MatterRated(Event, tag="closing.rated", frozen=True, gc=False):
    """The customer's rating, 1 to 5."""

    conversation_id: int
    resolution: int
    score: int
    at_ms: int


class ClosingEnded(Event, tag="closing.ended", frozen=True, gc=False):
    """Nobody is asked any more about this resolution."""

    conversation_id: int
    resolution: int
    at_ms: int
