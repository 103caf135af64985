"""What happened to a matter and in its thread."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.model import Conversation


class ConversationOpened(Event, tag="conversation.opened", frozen=True, gc=False):
    """A new matter."""

    conversation_id: int
    reference: str
    customer_id: int
    channel: str
    department_id: str
    queue_id: str
    kind: str
    priority: int
    language: str
    session_key: str
    at_ms: int
    tags: tuple[str, ...] = ()
    rule: str = ""
    tier: str = ""


class ConversationReopened(Event, tag="conversation.reopened", frozen=True, gc=False):
    """A matter that was done goes on, with its history."""

    record: Conversation
    at_ms: int


class ConversationResolved(Event, tag="conversation.resolved", frozen=True, gc=False):
    """The matter is done. ``record`` is what a reopening needs: the core forgets the conversation here."""

    record: Conversation
    disposition: str
    operator_id: str
    at_ms: int
    by: str = ""


class StageChanged(Event, tag="conversation.stage_changed", frozen=True, gc=False):
    """What the customer is told has changed."""

    conversation_id: int
    stage: str
    at_ms: int


class ReplySent(Event, tag="interaction.reply_sent", frozen=True, gc=False):
    """An operator answered; the outbox carries it out."""

    interaction_id: int
    conversation_id: int
    operator_id: str
    channel: str
    effect_id: int
    at_ms: int


class NoteAdded(Event, tag="interaction.note_added", frozen=True, gc=False):
    """A private note is in the thread."""

    interaction_id: int
    conversation_id: int
    operator_id: str
    at_ms: int


class DeliverySucceeded(Event, tag="delivery.succeeded", frozen=True, gc=False):
    """The channel took the effect over."""

    effect_id: int
    conversation_id: int
    interaction_id: int
    at_ms: int


class DeliveryDied(Event, tag="delivery.died", frozen=True, gc=False):
    """The effect could not be carried out and will not be tried again."""

    effect_id: int
    conversation_id: int
    interaction_id: int
    reason: str
    at_ms: int
    order: str = ""
