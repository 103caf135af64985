"""About handoffs."""

from __future__ import annotations

from omniroute.core.commands.base import Command
from omniroute.core.model import HandoffKind


class TransferItem(Command, frozen=True, kw_only=True, gc=False):
    """Offer the matter, a question about it or a part of its work to a department, a queue of it or a person.

    The sender keeps the matter until somebody there has accepted; of a consult or a task, for good. Without a queue it
    is the department's default; for a person (``to_operator_id``) one that they serve, and without a department one of
    theirs. ``due_ms`` is when a task has to be done, and belongs to tasks only.
    """

    work_item_id: int
    operator_id: str
    department_id: str = ""
    queue_id: str = ""
    by: str = ""
    kind: HandoffKind = HandoffKind.WARM
    to_operator_id: str = ""
    due_ms: int = 0


class CancelHandoff(Command, frozen=True, kw_only=True, gc=False):
    """Take a transfer back that nobody has accepted yet, or a consult or task that has not reported yet."""

    handoff_id: int
    operator_id: str


class DeclineHandoff(Command, frozen=True, kw_only=True, gc=False):
    """Refuse a handoff that nobody has accepted yet, for everybody it went to: the sender is told.

    By the person whom it was sent to, or by a supervisor of the department.
    """

    handoff_id: int
    operator_id: str
