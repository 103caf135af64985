"""The seam to the closed loop: what a customer answers about a resolution, from pages like from anywhere else.

What lives here: the Protocol alone. Whoever implements it carries out commands; it is asked once a button is pressed.
"""

from __future__ import annotations

from typing import Protocol

from omniroute.engine.answers import Outcome


class Closing(Protocol):
    """Each answer counts once for a resolution, and is durable when it returns. Raises `OmniRouteError`."""

    async def confirm(self, conversation_id: int, resolution: int) -> Outcome:
        """It is settled."""

    async def rate(self, conversation_id: int, resolution: int, score: int) -> Outcome:
        """How it went, from 1 to 5."""

    async def reopen(self, conversation_id: int, resolution: int, text: str) -> Outcome:
        """It is not settled; ``text`` is what the customer wrote about it, maybe nothing."""
