"""What the store knows of a customer's earlier matters, for the decision about a new interaction.

What lives here: bounded look-ups on the writer, so that a matter that was decided a moment ago counts already.
"""

from __future__ import annotations

from omniroute.classifiers.contract import CustomerFacts
from omniroute.core.state import State
from omniroute.engine import cells as c

MATTERS_MAX = 100
"""Matters of one customer that are counted, the newest."""
LOOK_BACK_MAX = 5
"""Matters of one customer that are asked who worked on them, the newest."""


def newest_matters(customer_id: int, cells: c.Cells) -> list[int]:
    """The conversations of a customer, newest first; none where nobody is known."""
    if not customer_id:
        return []
    keys = cells.newest(c.HISTORY, c.pair_prefix(customer_id), MATTERS_MAX)
    return [int(key.partition("/")[2]) for key in keys]


def customer_facts(customer_id: int, matters: list[int], state: State) -> CustomerFacts:
    """What classification may know of the sender."""
    open_matters = sum(one in state.conversations for one in matters)
    return CustomerFacts(customer_id != 0, len(matters), open_matters)


def previous_operator(matters: list[int], state: State, cells: c.Cells) -> str:
    """Who worked last for the customer, by the newest matter that somebody worked on; empty where nobody did."""
    for number in matters[:LOOK_BACK_MAX]:
        matter = state.conversations.get(number)
        if matter is None:
            cell = cells.get(c.CONVERSATION, c.number_key(number), c.ConversationCell)
            matter = cell.record if cell else None
        if matter is not None and (operator_id := matter.owner_id or matter.last_operator_id):
            return operator_id
    return ""
