"""Matters that turned out to be two."""

from __future__ import annotations

from omniroute.core.events.base import Event


class ConversationSplit(Event, tag="conversation.split", frozen=True, gc=False):
    """Messages of a matter belong from now on to ``into_id``, which was opened for them just before.

    ``from_reference`` is of the matter that they leave, ``reference`` of the new one.
    """

    conversation_id: int
    into_id: int
    from_reference: str
    reference: str
    interaction_ids: tuple[int, ...]
    operator_id: str
    at_ms: int
