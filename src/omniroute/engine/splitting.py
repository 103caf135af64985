"""Splitting with its cells: which messages a matter has, and how their lines move to a matter of their own.

What lives here: look-ups on the writer, so that of two people who split the same message one is refused, and the writes
that follow from the event. A line keeps its number, so that the new thread has its messages in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from omniroute.core import events as e
from omniroute.core.commands import SplitConversation
from omniroute.core.model import InteractionKind
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.errors import InvalidInput
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import Write

DEPTH = 1000
"""The newest lines of a thread, as many as screens show: what is older cannot be split off."""
NEW_REFERENCE_TRIES = 8


class Message(NamedTuple):
    """A line of a thread with what the customer wrote; ``key`` is the line's."""

    key: str
    line: c.ThreadCell
    event: e.InteractionReceived


def messages_of(cells: c.Cells, conversation_id: int) -> dict[int, Message]:
    """What the customer wrote in a matter and its parts, by the number of the interaction, oldest first."""
    matter = cells.get(c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
    found: list[Message] = []
    for number in (conversation_id, *(matter.merged if matter else ())):
        for key in cells.newest(c.THREAD, c.pair_prefix(number), DEPTH):
            line = cells.get(c.THREAD, key, c.ThreadCell)
            event = decode_event(line.event) if line else None
            if line and isinstance(event, e.InteractionReceived) and event.kind is InteractionKind.MESSAGE:
                found.append(Message(key, line, event))
    return {one.event.interaction_id: one for one in sorted(found, key=lambda one: one.line.seq)}


def prepare(
    command: SplitConversation, new_reference: Callable[[], str]
) -> Callable[[State, c.Cells], SplitConversation]:
    """The command with a free reference, once it is known that its messages are in that matter."""

    def prepared(_: State, cells: c.Cells) -> SplitConversation:
        if not set(command.interaction_ids) <= messages_of(cells, command.conversation_id).keys():
            raise InvalidInput("these are not all messages of the customer in this matter", "messages")
        return msgspec.structs.replace(command, reference=_free(cells, new_reference))

    return prepared


def _free(cells: c.Cells, new_reference: Callable[[], str]) -> str:
    for _ in range(NEW_REFERENCE_TRIES):
        reference = new_reference()
        if not cells.number(c.REFERENCE, reference):
            return reference
    raise AssertionError("the source of references repeats itself")


def writes_of(event: e.ConversationSplit, seq: int, at_ms: int, cells: c.Cells, line: bytes) -> Iterator[Write]:
    """The lines move, the new matter is known as lists show it, and each leads to the other.

    ``line`` is the event itself as recorded: it stands in both threads.
    """
    there = messages_of(cells, event.conversation_id)
    moved = [there.pop(number) for number in sorted(event.interaction_ids) if number in there]
    for one in moved:
        yield c.drop(c.THREAD, one.key)
        yield c.put(c.THREAD, c.pair_key(event.into_id, one.line.seq), one.line)
        yield c.put_number(c.RAW_MATTER, c.number_key(one.event.raw_id), event.into_id)
    yield c.put(c.THREAD, c.pair_key(event.into_id, seq), c.ThreadCell(seq, at_ms, line))
    yield from _matters(event, moved, list(there.values()), cells)


def _matters(event: e.ConversationSplit, moved: list[Message], kept: list[Message], cells: c.Cells) -> Iterator[Write]:
    old = cells.get(c.CONVERSATION, c.number_key(event.conversation_id), c.ConversationCell)
    new = cells.get(c.CONVERSATION, c.number_key(event.into_id), c.ConversationCell)
    if old is None or new is None:
        return
    contents = [_content(one, cells) for one in moved]
    new.subject = next((one.subject for one in contents if one.subject), old.subject)
    new.account, new.to, new.session_key = old.account, old.to, old.session_key
    new.last_text = _last_text(moved, cells)
    new.last_provider_ids = [one.provider_id for one in contents if one.provider_id][-c.PROVIDER_IDS_MAX :]
    new.split_from = event.conversation_id
    old.last_text = _last_text(kept, cells) or old.last_text
    old.split_into = [*old.split_into, event.into_id]
    yield c.put(c.CONVERSATION, c.number_key(event.conversation_id), old)
    yield c.put(c.CONVERSATION, c.number_key(event.into_id), new)


def _content(one: Message, cells: c.Cells) -> c.ContentCell:
    return cells.get(c.CONTENT, c.number_key(one.event.interaction_id), c.ContentCell) or c.ContentCell()


def _last_text(messages: list[Message], cells: c.Cells) -> str:
    return _content(messages[-1], cells).text[: c.TEXT_PREVIEW_CHARS] if messages else ""
