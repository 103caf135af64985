"""The endpoints for orders: their lines, and the way in for a system that carries them out."""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.api import views
from omniroute.api.call import Call
from omniroute.api.progress import Progress
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.permissions import Role
from omniroute.engine import cells as c
from omniroute.engine import orders
from omniroute.errors import Forbidden
from omniroute.journal.contract import Write


class Orders(Progress):
    """Handlers over one engine."""

    async def set_order(self, call: Call) -> views.Done:
        """Replace the lines of an order; the total follows from them."""
        record = self.threads.find(call.actor, call.text("reference"))[1]
        lines = [c.OrderLine(one.sku, one.text, one.quantity, one.unit_minor) for one in call.body.lines]
        order = orders.order_of(call.body.currency, lines)
        command = k.SetOrderLines(
            conversation_id=record.conversation_id,
            operator_id=record.owner_id,
            lines=len(lines),
            by=call.account.login,
        )

        def contents(events: Sequence[e.Event]) -> list[Write]:
            changed = [one for one in events if isinstance(one, e.OrderLinesSet)]
            return [c.put(c.ORDER, c.number_key(one.conversation_id), order) for one in changed]

        return views.Done(seq=await call.submit(command, contents))

    async def order_stage(self, call: Call) -> views.Done:
        """A system that carries orders out says where one stands."""
        if call.actor.role is not Role.ADMIN:
            raise Forbidden("only the account of an order system does this")
        return await self.change_stage(call)
