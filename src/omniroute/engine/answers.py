"""What customers answer about a resolution: it is settled, how it went, or that it is not settled.

What lives here: the commands behind the links, and what the customer wrote. Each answer counts once for a resolution
and is durable when it returns; what the core refuses because the matter has moved on is no error of the customer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from omniroute.core import events as e
from omniroute.core.commands import Command, ConfirmMatter, RateMatter, ReopenMatter
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.writer import Writer
from omniroute.errors import Conflict
from omniroute.journal.contract import Write


class Outcome(StrEnum):
    """``done``: it counts from now on. ``already``: this resolution was answered so before, and that counts.

    ``past``: the matter has moved on: it was opened again, has been resolved anew, or is there no more.
    """

    DONE = "done"
    ALREADY = "already"
    PAST = "past"


class Answers:
    """One for the engine. All of it raises `OmniRouteError` where it is not durable."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def confirm(self, conversation_id: int, resolution: int) -> Outcome:
        """It is settled."""
        command = ConfirmMatter(conversation_id=conversation_id, resolution=resolution)
        try:
            return _outcome(await self._writer.submit(SYSTEM, command))
        except Conflict:
            return Outcome.PAST

    async def rate(self, conversation_id: int, resolution: int, score: int) -> Outcome:
        """How it went, from 1 to 5; the first answer counts."""
        command = RateMatter(conversation_id=conversation_id, resolution=resolution, score=score)
        try:
            return _outcome(await self._writer.submit(SYSTEM, command))
        except Conflict:
            closing = self._writer.state.closings.get(conversation_id)
            rated = closing is not None and closing.resolution == resolution and closing.score > 0
            return Outcome.ALREADY if rated else Outcome.PAST

    async def reopen(self, conversation_id: int, resolution: int, text: str) -> Outcome:
        """It is not settled; ``text`` is what the customer wrote about it, maybe nothing."""

        def prepare(state: State, cells: c.Cells) -> Command:
            cell = cells.get(c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
            record = state.conversations.get(conversation_id) or (cell.record if cell else None)
            if record is None:
                raise Conflict("this question is over")
            return ReopenMatter(record=record, resolution=resolution, written=bool(text))

        try:
            return _outcome(await self._writer.submit(SYSTEM, prepare, lambda events: self._said(events, text)))
        except Conflict:
            return Outcome.PAST

    def _said(self, events: Sequence[Event], text: str) -> list[Write]:
        """What the customer wrote, as if it had come over the matter's channel."""
        writes: list[Write] = []
        for event in events:
            if isinstance(event, e.InteractionReceived):
                cell = self._writer.cells.get(c.CONVERSATION, c.number_key(event.conversation_id), c.ConversationCell)
                author = cell.to.name or cell.to.address if cell and cell.to else ""
                content = c.ContentCell(text, author=author, sender=cell.to if cell else None)
                writes.append(c.put(c.CONTENT, c.number_key(event.interaction_id), content))
        return writes


def _outcome(events: Sequence[Event]) -> Outcome:
    return Outcome.DONE if events else Outcome.ALREADY
