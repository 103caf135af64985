"""About handoffs."""

from __future__ import annotations

from omniroute.core.commands.base import Command


class TransferItem(Command, frozen=True, kw_only=True, gc=False):
    """Offer the matter to another department; the sender keeps it until somebody there has accepted."""

    work_item_id: int
    operator_id: str
    department_id: str
    queue_id: str = ""
    by: str = ""


class CancelHandoff(Command, frozen=True, kw_only=True, gc=False):
    """Take a transfer back that nobody has accepted yet."""

    handoff_id: int
    operator_id: str
