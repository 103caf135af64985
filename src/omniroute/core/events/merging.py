"""Matters that turned out to be one."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.model import Conversation


class ConversationMerged(Event, tag="conversation.merged", frozen=True, gc=False):
    """``record`` was the matter of the same customer as ``into_id``, which goes on; the core forgets it here.

    ``rank_ms`` is its oldest place in a queue, which waiting work of the other takes if it is better; 0: none.
    """

    record: Conversation
    into_id: int
    operator_id: str
    at_ms: int
    rank_ms: int = 0
