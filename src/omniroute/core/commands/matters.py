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
