"""The endpoints for giving work by hand, for putting it aside, and for who is there.

What lives here: handlers that submit one command each. An item must be readable to be named at all; whether somebody
may do it is decided inside command dispatch.
"""

from __future__ import annotations

from omniroute.api import views
from omniroute.api.call import Call
from omniroute.api.work import Work, by_of, operator_of
from omniroute.core import commands as k
from omniroute.core.model import Presence


class Assigning(Work):
    """Handlers over one engine."""

    # ---- who is there
    async def presence(self, call: Call) -> views.Done:
        """Declare presence, for all or for one channel instance."""
        return await self._declare(call, operator_of(call))

    async def operator_presence(self, call: Call) -> views.Done:
        """Declare somebody's presence (a supervisor of a department of theirs)."""
        return await self._declare(call, call.text("operator_id"))

    async def _declare(self, call: Call, operator_id: str) -> views.Done:
        command = k.SetPresence(
            operator_id=operator_id,
            presence=Presence(call.body.presence),
            reason=call.body.reason,
            by=by_of(call, operator_id),
            channel=call.body.channel,
        )
        return views.Done(seq=await call.submit(command))

    # ---- by hand
    async def pull(self, call: Call) -> views.Done:
        """Take waiting work out of turn, or work that was put aside."""
        item = self._item(call)
        command = k.PullItem(work_item_id=item.work_item_id, operator_id=operator_of(call))
        return views.Done(seq=await call.submit(command))

    async def force(self, call: Call) -> views.Done:
        """Give waiting or offered work to an operator."""
        item = self._item(call)
        command = k.ForceItem(work_item_id=item.work_item_id, operator_id=call.body.operator, by=call.account.login)
        return views.Done(seq=await call.submit(command))

    async def reassign(self, call: Call) -> views.Done:
        """Move held work to another operator."""
        item = self._item(call)
        command = k.ReassignItem(
            work_item_id=item.work_item_id,
            operator_id=item.operator_id,
            to_operator_id=call.body.operator,
            by=call.account.login,
        )
        return views.Done(seq=await call.submit(command))

    async def snooze(self, call: Call) -> views.Done:
        """Put held work aside until a time."""
        item = self._item(call)
        command = k.SnoozeItem(
            work_item_id=item.work_item_id,
            operator_id=item.operator_id or operator_of(call),
            until_ms=call.body.until_ms,
            by=by_of(call, item.operator_id),
        )
        return views.Done(seq=await call.submit(command))

    async def prioritize(self, call: Call) -> views.Done:
        """Give a matter another priority, or its customer another tier; its place and its promises follow."""
        record = self.threads.find(call.actor, call.text("reference"))[1]
        command = k.PrioritizeMatter(
            conversation_id=record.conversation_id,
            operator_id=record.owner_id,
            priority=call.body.priority,
            tier=call.body.tier,
            by=call.account.login,
        )
        return views.Done(seq=await call.submit(command))

    async def promises(self, call: Call) -> list[views.PromiseView]:
        """The promises of a matter, each with the reasons for its deadline."""
        await call.engine.writer.barrier()
        return self.threads.promises(call.actor, call.text("reference"))

    async def requeue(self, call: Call) -> views.Done:
        """Put work into another queue, at its age."""
        item = self._item(call)
        command = k.RequeueItem(
            work_item_id=item.work_item_id,
            queue_id=call.body.queue,
            operator_id=item.operator_id,
            reason=call.body.reason,
            by=by_of(call, item.operator_id),
        )
        return views.Done(seq=await call.submit(command))
