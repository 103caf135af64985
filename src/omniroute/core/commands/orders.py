"""About the lines of an order."""

from __future__ import annotations

from omniroute.core.commands.base import Command


class SetOrderLines(Command, frozen=True, kw_only=True, gc=False):
    """The matter has so many order lines now; what they hold is contents."""

    conversation_id: int
    operator_id: str
    lines: int
    by: str = ""
