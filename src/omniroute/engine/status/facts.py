"""What whoever may know sees of a matter: stage, promise, and what was said in public. No notes, no internal lines.

What lives here: the one choice of what is public, from committed cells and the live state. Nothing is decided here.
"""

from __future__ import annotations

from typing import NamedTuple

from omniroute.core import events as e
from omniroute.core.events import Event
from omniroute.core.model import InteractionKind
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.status.promise import Promise, promise_of
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import Journal

LINES_MAX = 200
"""Public lines of a matter that are shown, the newest of them."""
SCANNED_MAX = 4_000
"""Lines of a thread that are looked at for that."""


class Line(NamedTuple):
    """Something that was said or happened. ``what``: ``customer``, ``answer``, ``reopened`` or ``done``."""

    what: str
    at_ms: int
    channel: str = ""
    text: str = ""
    attachments: tuple[str, ...] = ()


class Status(NamedTuple):
    """How a matter stands."""

    conversation_id: int
    reference: str
    subject: str
    kind: str
    stage: str
    language: str
    opened_ms: int
    closed_ms: int
    promise: Promise | None


def status_of(state: State, cell: c.ConversationCell) -> Status | None:
    """How it stands; None where the state and the cell are not of one moment (look again)."""
    matter = state.conversations.get(cell.conversation_id)
    record = matter or cell.record
    if record is None:
        return None
    return Status(
        cell.conversation_id,
        cell.reference,
        cell.subject,
        record.kind,
        record.stage.value,
        record.language,
        cell.opened_ms,
        0 if matter else cell.closed_ms,
        promise_of(matter) if matter else None,
    )


def public_lines(journal: Journal, conversation_id: int) -> list[Line]:
    """What was said in public, in a matter and those that were merged into it, oldest first; committed only."""
    found: list[Line] = []
    matter = c.read(journal, c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
    for cell in reversed(c.thread(journal, matter, SCANNED_MAX) if matter else []):
        line = _public(journal, cell, decode_event(cell.event))
        if line is not None:
            found.append(line)
        if len(found) == LINES_MAX:
            break
    return found[::-1]


def _public(journal: Journal, cell: c.ThreadCell, event: Event) -> Line | None:
    """A list of what may be seen: whatever is not in it stays inside."""
    match event:
        case e.InteractionReceived(kind=InteractionKind.MESSAGE):
            return _spoken(journal, "customer", cell, event.interaction_id, event.channel)
        case e.NoticeSent():
            return _spoken(journal, "answer", cell, event.interaction_id, event.channel)
        case e.ReplySent():
            return _spoken(journal, "answer", cell, event.interaction_id, event.channel)
        case e.ConversationReopened():
            return Line("reopened", cell.at_ms)
        case e.ConversationResolved():
            return Line("done", cell.at_ms)
        case _:
            return None


def _spoken(journal: Journal, what: str, cell: c.ThreadCell, interaction_id: int, channel: str) -> Line | None:
    content = c.read(journal, c.CONTENT, c.number_key(interaction_id), c.ContentCell)
    if content is None:
        return None
    return Line(what, cell.at_ms, channel, content.text, tuple(part.name for part in content.attachments))
