"""Stages: where a matter stands in the course of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omniroute.core.model import Conversation
    from omniroute.core.state import State


def waits_for(_: State, __: Conversation) -> str:
    """Whom the stage waits for: the ``customer``, a ``part``, or nobody."""
    return ""
