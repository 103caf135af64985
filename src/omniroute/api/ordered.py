"""What is ordered in a matter, as the desk shows it."""

from __future__ import annotations

from omniroute.api import views
from omniroute.core.model import Conversation
from omniroute.core.stages import progress
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine import orders
from omniroute.journal.contract import Journal


def view(journal: Journal, state: State, record: Conversation) -> views.OrderView | None:
    """The order of a matter, if it has one, or if its kind has lines or tasks."""
    cell = c.read(journal, c.ORDER, c.number_key(record.conversation_id), c.OrderCell)
    rule = state.kinds.get(record.kind)
    tasks = progress(state, record) if record.conversation_id in state.conversations else None
    if cell is None and not (rule and rule.lines) and not (tasks and any(tasks)):
        return None
    cell = cell or c.OrderCell("", [], 0)
    return views.OrderView(
        currency=cell.currency,
        digits=orders.digits(cell.currency),
        lines=[
            views.OrderLineView(
                sku=one.sku,
                text=one.text,
                quantity=one.quantity,
                unit_minor=one.unit_minor,
                total_minor=one.quantity * one.unit_minor,
            )
            for one in cell.lines
        ],
        total_minor=cell.total_minor,
        total=orders.amount(cell.total_minor, cell.currency) if cell.currency else "",
        editable=bool(rule and rule.lines) and record.conversation_id in state.conversations,
        tasks_done=record.tasks_done,
        tasks_open=tasks.open if tasks else 0,
        tasks_late=tasks.late if tasks else 0,
    )
