"""About matters as a whole."""

from __future__ import annotations

from omniroute.core.commands.base import Command


class MergeConversations(Command, frozen=True, kw_only=True, gc=False):
    """Two matters of one customer are one: ``conversation_id`` goes, ``into_id`` stays.

    ``operator_id`` is who does it.
    """

    conversation_id: int
    into_id: int
    operator_id: str


class SplitConversation(Command, frozen=True, kw_only=True, gc=False):
    """Some messages of a matter are another matter: a new one with ``reference``, which is made at the edge.

    ``interaction_ids`` are messages of the customer; that they are in this matter is for the sender to know.
    ``queue_id`` and ``kind`` are those of the new one, empty: as in the old one. ``operator_id`` is who does it.
    """

    conversation_id: int
    interaction_ids: tuple[int, ...]
    operator_id: str
    reference: str
    queue_id: str = ""
    kind: str = ""
