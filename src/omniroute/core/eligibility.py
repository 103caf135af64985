"""Eligibility: whether one operator may have one item, and if not, why; asked of the records, one by one.

What lives here: the plain form of what ``roster`` and ``waiting`` hold as bits. Explanations and work that is given
by hand use it, and the invariants check the one against the other.
"""

from __future__ import annotations

from omniroute.core.capacity import absent, full, overfull
from omniroute.core.classes import ClassKey, class_of
from omniroute.core.model import Operator, WorkItem
from omniroute.core.state import State


def unable(state: State, operator: Operator, key: ClassKey) -> str:
    """What the operator lacks for the class, whatever the hour; empty if nothing."""
    if not _is_member(state, operator, key):
        return "department"
    for requirement in key.requirements:
        if operator.skills.get(requirement.skill, 0) < requirement.level:
            return f"skill:{requirement}"
    return ""


def _is_member(state: State, operator: Operator, key: ClassKey) -> bool:
    if serves(state, operator, key.queue_id) or operator.operator_id in key.operators:
        return True
    if not (key.departments or key.queues):  # as long as nothing was relaxed
        return False
    if any(one in operator.departments for one in key.departments):
        return True
    return any(serves(state, operator, queue_id) for queue_id in key.queues)


def serves(state: State, operator: Operator, queue_id: str) -> bool:
    """Whether the operator works in the queue's department and is not bound to other queues."""
    rule = state.queues.get(queue_id)
    if rule is None or rule.department_id not in operator.departments:
        return False
    return not operator.queues or queue_id in operator.queues


def why_not(state: State, operator: Operator, item: WorkItem) -> str:
    """Why the operator cannot be offered this item now; empty if nothing stands against it.

    An end of a back-off or a reservation counts from its event: time alone matches nothing.
    """
    reason = unable(state, operator, class_of(item))
    if reason:
        return reason
    if item.held_for and item.held_for != operator.operator_id:
        return "sticky_hold"
    if operator.operator_id in item.backoff:
        return "backoff"
    reason = absent(state, operator, item.channel) or full(state, operator, item.channel, item.cost_units)
    collected = item.queue_id in state.batches and state.is_batch(item.queue_id)
    return reason or ("batch_window" if collected else "")


def why_not_by_hand(state: State, operator: Operator, item: WorkItem) -> str:
    """The same for work that a person gives or takes: back-off, reservation and the bound on offers do not count."""
    reason = unable(state, operator, class_of(item)) or absent(state, operator, item.channel)
    if reason and reason != "offers_pending":
        return reason
    offer = state.offers.get(item.offer_id)
    if offer is not None and offer.operator_id == operator.operator_id:
        return overfull(state, operator, item)
    return full(state, operator, item.channel, item.cost_units, by_hand=True)
