"""The status desk of the engine: which message is a question, who may be sent what, and the codes.

What lives here: the parts of this package put together for one engine. Channels are known by their capabilities alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from omniroute.channels.contract import Channel, Interaction, RawInput
from omniroute.core import events as e
from omniroute.core.events import Event
from omniroute.core.model import InteractionKind
from omniroute.engine import cells as c
from omniroute.engine.links import Links, Purpose
from omniroute.engine.mailbox import Contents
from omniroute.engine.ports import Spawn
from omniroute.engine.status.asked import Question, question_in
from omniroute.engine.status.codes import Codes, new_code
from omniroute.engine.status.letters import footer_text
from omniroute.engine.status.question import StatusQuestion
from omniroute.engine.status.setup import StatusSetup
from omniroute.engine.status.texts import language_of
from omniroute.engine.writer import Writer
from omniroute.journal.contract import Write


class StatusDesk:
    """One for the engine. ``kinds`` maps an instance to its channel."""

    def __init__(
        self, writer: Writer, spawn: Spawn, kinds: Mapping[str, Channel], links: Links, setup: StatusSetup
    ) -> None:
        self.links = links
        self.setup = setup
        self.codes = Codes(writer, spawn, self.can_send, new_code)
        self._writer = writer
        self._kinds = kinds

    def can_send(self, instance: str) -> bool:
        """Whether a text can be sent over it; nobody is written to in a call or at a counter."""
        channel = self._kinds.get(instance)
        return channel is not None and channel.capabilities.outbound and not channel.capabilities.connects

    def question(self, instance: str, one: Interaction) -> Question | None:
        """The question for a status that an interaction is, on a channel that can carry the answer."""
        if one.kind is not InteractionKind.MESSAGE or not self.can_send(instance):
            return None
        return question_in(one.subject, one.text)

    def registration(
        self,
        raw_id: int,
        raw: RawInput,
        one: Interaction,
        attachments: list[c.AttachmentCell],
        question: Question,
        *,
        last: bool,
    ) -> StatusQuestion:
        """What registers a question instead of work."""
        return StatusQuestion(raw_id, raw, one, attachments, question, self.links, self.setup, last=last)

    def with_footer(self, content: c.ContentCell, cell: c.ConversationCell, language: str) -> Contents:
        """What is kept with a reply: its content, with the link under it.

        In a session only the first reply has it. It is left out where it does not fit.
        """
        line = self._footer(cell, language, content.text)

        def contents(events: Sequence[Event]) -> list[Write]:
            replies = [event for event in events if isinstance(event, e.ReplySent)]
            writes = [self._linked(one, line) for one in replies]
            keys = [c.number_key(one.interaction_id) for one in replies]
            shown = line if not self._in_session(cell) or any(writes) else ""
            said = msgspec.structs.replace(content, footer=shown)
            return [*(c.put(c.CONTENT, key, said) for key in keys), *(one for one in writes if one is not None)]

        return contents

    def _footer(self, cell: c.ConversationCell, language: str, text: str) -> str:
        channel = self._kinds.get(cell.channel)
        if not self.setup.links or channel is None:
            return ""
        url = self.links.url(Purpose.STATUS, cell.conversation_id, now_ms=self._writer.clock.now_ms())
        line = footer_text(language_of(language), cell.reference, url)
        room = channel.capabilities.text_max_chars
        return line if not room or len(text) + len(line) + 2 <= room else ""

    def _in_session(self, cell: c.ConversationCell) -> bool:
        return self._kinds[cell.channel].capabilities.session

    def _linked(self, reply: e.ReplySent, line: str) -> Write | None:
        """The matter's cell from now on, where this reply is the first with the link; a session shows it once."""
        cell = self._writer.cells.get(c.CONVERSATION, c.number_key(reply.conversation_id), c.ConversationCell)
        if cell is None or cell.linked or not line:
            return None
        cell.linked = True
        return c.put(c.CONVERSATION, c.number_key(reply.conversation_id), cell)
