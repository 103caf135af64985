"""About work in somebody's hands."""

from __future__ import annotations

from omniroute.core.commands.base import Command


class SendReply(Command, frozen=True, kw_only=True, gc=False):
    """Answer the customer on the conversation's channel, or on ``channel`` where one is named."""

    conversation_id: int
    operator_id: str
    channel: str = ""


class AddNote(Command, frozen=True, kw_only=True, gc=False):
    """Write a private note; it never leaves the house."""

    conversation_id: int
    operator_id: str


class EndContact(Command, frozen=True, kw_only=True, gc=False):
    """The operator ends the contact (hangs up); the item goes to wrap-up."""

    work_item_id: int
    operator_id: str


class CompleteItem(Command, frozen=True, kw_only=True, gc=False):
    """Finish the work with a disposition; ``resolve`` also declares the matter done.

    ``messages_seen`` is the number of the customer's messages that whoever finishes has seen (-1: not told); a newer
    one refuses the command. With ``note`` a private note goes into the thread first. Of a consult or a task it is the
    report: the note is the answer, a consult needs no disposition. While the matter has such parts open, it is done
    only with ``cancel_parts``.
    """

    work_item_id: int
    operator_id: str
    disposition: str
    resolve: bool = True
    messages_seen: int = -1
    note: bool = False
    by: str = ""
    cancel_parts: bool = False
    stage_id: str = ""
    """The stage in which the matter is done; empty: the first that its present one leads to."""


class ReleaseItem(Command, frozen=True, kw_only=True, gc=False):
    """Give held work back to its queue, at its old place."""

    work_item_id: int
    operator_id: str
    reason: str = ""
    by: str = ""


class ExtendWrapUp(Command, frozen=True, kw_only=True, gc=False):
    """Writing up takes longer: the time that the queue gives for it once more, at most `work.EXTENSIONS_MAX` times."""

    work_item_id: int
    operator_id: str
    by: str = ""


class PrioritizeMatter(Command, frozen=True, kw_only=True, gc=False):
    """Give a matter another priority, or its customer another tier (None: as it is)."""

    conversation_id: int
    operator_id: str
    priority: int | None = None
    tier: str | None = None
    by: str = ""


class SnoozeItem(Command, frozen=True, kw_only=True, gc=False):
    """Put held work aside until ``until_ms``; the customer's next message brings it back earlier."""

    work_item_id: int
    operator_id: str
    until_ms: int
    by: str = ""


class RequeueItem(Command, frozen=True, kw_only=True, gc=False):
    """Put work that waits, is offered, held or put aside into another queue, at its age.

    ``operator_id`` is its owner, or empty where it has none.
    """

    work_item_id: int
    queue_id: str
    operator_id: str = ""
    reason: str = ""
    by: str = ""
