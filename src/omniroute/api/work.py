"""The endpoints for work that somebody holds: handing over, finishing, giving back.

What lives here: handlers that submit one command each, and what they share. Whether somebody may do it is decided
inside command dispatch; whoever acts for somebody else is named in the command.
"""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.api import views
from omniroute.api.call import Call
from omniroute.api.listings import Listings
from omniroute.api.screens import Screens
from omniroute.api.threads import Threads
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.model import HandoffKind, WorkItem
from omniroute.engine import cells as c
from omniroute.engine.mailbox import Contents
from omniroute.errors import Forbidden, InvalidInput, RefusedByRule
from omniroute.journal.contract import Write

REFUSALS = {
    "ping_pong": "this matter went there and came back already: a supervisor has been told and can send it on",
    "hops": "this matter has been handed over too often: a supervisor has been told and can send it on",
}
"""Why a transfer is not made."""


class Work(Listings):
    """Handlers over one engine."""

    def __init__(self, screens: Screens, threads: Threads) -> None:
        super().__init__(screens)
        self.threads = threads

    async def transfer(self, call: Call) -> views.Done:
        """Offer the matter, a question about it or a part of its work to somebody else."""
        item = self._item(call)
        command = k.TransferItem(
            work_item_id=item.work_item_id,
            operator_id=item.operator_id or operator_of(call),
            department_id=call.body.department,
            queue_id=call.body.queue,
            by=by_of(call, item.operator_id),
            kind=HandoffKind(call.body.kind),
            to_operator_id=call.body.operator,
            due_ms=call.body.due_ms,
        )
        packet = c.PacketCell(call.body.summary or call.body.note, call.body.promises, call.body.tried)
        refused: list[str] = []

        def contents(events: Sequence[e.Event]) -> list[Write]:
            refused.extend(event.reason for event in events if isinstance(event, e.HandoffRefused))
            asked = [event for event in events if isinstance(event, e.HandoffRequested)]
            return [c.put(c.PACKET, c.pair_key(one.conversation_id, one.handoff_id), packet) for one in asked]

        seq = await call.submit(command, contents, settles=lambda events: bool(events) and not refused)
        for reason in refused:
            raise RefusedByRule(REFUSALS[reason], reason)
        return views.Done(seq=seq)

    async def people(self, call: Call) -> list[views.PersonView]:
        """Who works in a department, to whom a matter can be handed; for whoever handles work."""
        operator_of(call)
        await call.engine.writer.barrier()
        found = self.screens.people(call.text("department_id"))
        await call.engine.writer.barrier()
        return found

    async def decline_handoff(self, call: Call) -> views.Done:
        """Refuse a handoff, for everybody whom it went to."""
        command = k.DeclineHandoff(handoff_id=call.number("handoff_id"), operator_id=call.actor.operator_id)
        return views.Done(seq=await call.submit(command, refusal(call.body.reason)))

    async def cancel_handoff(self, call: Call) -> views.Done:
        """Take a transfer back that nobody has accepted, or a consult or task that has not reported."""
        command = k.CancelHandoff(handoff_id=call.number("handoff_id"), operator_id=operator_of(call))
        return views.Done(seq=await call.submit(command))

    async def end_contact(self, call: Call) -> views.Done:
        """Hang up."""
        command = k.EndContact(work_item_id=call.number("work_item_id"), operator_id=operator_of(call))
        return views.Done(seq=await call.submit(command))

    async def extend_wrap_up(self, call: Call) -> views.Done:
        """More time for writing up."""
        item = self._item(call)
        command = k.ExtendWrapUp(
            work_item_id=item.work_item_id,
            operator_id=item.operator_id or operator_of(call),
            by=by_of(call, item.operator_id),
        )
        return views.Done(seq=await call.submit(command))

    async def complete(self, call: Call) -> views.Done:
        """Finish the work with a disposition, and a note if one was written."""
        item, body = self._item(call), call.body
        if (body.disposition or not item.part_of) and body.disposition not in call.services.config.dispositions:
            raise InvalidInput(f"a disposition is one of {', '.join(call.services.config.dispositions)}", "disposition")
        command = k.CompleteItem(
            work_item_id=item.work_item_id,
            operator_id=item.operator_id or operator_of(call),
            disposition=body.disposition,
            resolve=body.resolve,
            messages_seen=body.messages_seen,
            note=bool(body.note.strip()),
            cancel_parts=body.cancel_parts,
            stage_id=body.stage,
            by=by_of(call, item.operator_id),
        )
        return views.Done(seq=await call.submit(command, with_content(c.ContentCell(text=body.note))))

    async def release(self, call: Call) -> views.Done:
        """Give the work back to its queue."""
        item = self._item(call)
        command = k.ReleaseItem(
            work_item_id=item.work_item_id,
            operator_id=item.operator_id or operator_of(call),
            reason=call.body.reason,
            by=by_of(call, item.operator_id),
        )
        return views.Done(seq=await call.submit(command))

    def _item(self, call: Call) -> WorkItem:
        """The item of the path, if its matter may be read at all."""
        item = call.state.item(call.number("work_item_id"))
        self.threads.find(call.actor, call.state.conversations[item.conversation_id].reference)
        return item


def operator_of(call: Call) -> str:
    """The operator id of the caller. Raises `Forbidden` for people who handle no work."""
    if not call.actor.operator_id or call.actor.operator_id not in call.state.operators:
        raise Forbidden("only operators do this")
    return call.actor.operator_id


def by_of(call: Call, operator_id: str) -> str:
    """Who acts in an operator's name; empty where the operator does."""
    return call.account.login if call.account.login != operator_id else ""


def refusal(reason: str) -> Contents:
    """The words with which a handoff was refused, for its sender."""

    def contents(events: Sequence[e.Event]) -> list[Write]:
        back = [event for event in events if isinstance(event, e.HandoffReturned)] if reason else []
        content = c.ContentCell(text=reason)
        return [c.put(c.CONTENT, c.reason_key(one.conversation_id, one.handoff_id), content) for one in back]

    return contents


def with_content(content: c.ContentCell) -> Contents:
    """What was written, kept with the reply or note that it becomes."""

    def contents(events: Sequence[e.Event]) -> list[Write]:
        return [
            c.put(c.CONTENT, c.number_key(event.interaction_id), content)
            for event in events
            if isinstance(event, e.ReplySent | e.NoteAdded)
        ]

    return contents
