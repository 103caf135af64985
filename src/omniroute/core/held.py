"""Held work that nobody attends to: the customer who is silent, and the operator who is.

What lives here: three exact moments of an assigned item. A chat whose customer has been silent for long gives its
capacity back until they write again; work that its operator has not answered in time goes back to its place; work
that was put aside comes back (``parking``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from omniroute.core.capacity import counts
from omniroute.core.events import ItemIdled, ItemResumed, ItemReturned
from omniroute.core.model import ASSIGNED, RUNNING, Conversation, WorkItem
from omniroute.core.step import Applier, Step

if TYPE_CHECKING:
    from omniroute.core.state import State


class Taken(Protocol):
    """An event by which an operator gets an item."""

    @property
    def operator_id(self) -> str:
        """Who."""
        ...

    @property
    def at_ms(self) -> int:
        """When."""
        ...

    @property
    def effect_id(self) -> int:
        """What brings the two sides together, or 0."""
        ...

    @property
    def connect_due_ms(self) -> int:
        """Until when that may take; 0 where it is assigned at once."""
        ...


# ---- decide


def idle(step: Step, work_item_id: int) -> None:
    """The customer has been silent for long; somebody else may have the capacity."""
    item = step.state.items[work_item_id]
    step.emit(ItemIdled(work_item_id, item.operator_id, step.now_ms))
    step.wake_operator(item.operator_id)


def resume(step: Step, matter: Conversation) -> None:
    """The customer is back: the capacity is taken again, even beyond what the operator can hold."""
    for item_id in matter.item_ids:
        item = step.state.items[item_id]
        if item.idle:
            step.emit(ItemResumed(item_id, item.operator_id, step.now_ms))
            if step.state.interrupting:
                step.wake_operator(item.operator_id)


def give_back_unanswered(step: Step, work_item_id: int) -> None:
    """Assigned and not answered in time (invariant 16): back to its place, not at once to the same operator."""
    item = step.state.items[work_item_id]
    operator_id = item.operator_id
    length_ms = step.state.queues[item.queue_id].backoff_ms
    until_ms = step.now_ms + length_ms if length_ms else 0
    step.emit(ItemReturned(work_item_id, item.conversation_id, operator_id, "unanswered", step.now_ms, until_ms))
    step.wake_operator(operator_id)
    step.wake_item(work_item_id)


# ---- apply


def arm(state: State, item: WorkItem, matter: Conversation, at_ms: int, *, idle_due_ms: int = 0) -> None:
    """Whose turn it is has changed, or who holds the item: from that follow its moments.

    In a running contact nobody is silent and nobody owes an answer. ``idle_due_ms`` is a promise that stands.
    """
    idle_ms, answer_ms = state.channels[item.channel].idle_ms, state.queues[item.queue_id].answer_ms
    if not (idle_ms or answer_ms or item.idle_due_ms or item.answer_due_ms):
        return
    counted = item.state is ASSIGNED and not (item.handoff_id or item.part_of) and matter.contact not in RUNNING
    waits_for_us = counted and not matter.answered
    may_idle = counted and matter.answered and not item.idle
    state.set_held_deadlines(
        item,
        idle_due_ms=(idle_due_ms or at_ms + idle_ms) if may_idle and idle_ms else 0,
        answer_due_ms=(item.answer_due_ms or at_ms + answer_ms) if waits_for_us and answer_ms else 0,
    )


def turn(state: State, matter: Conversation, at_ms: int) -> None:
    """Somebody has spoken, or the contact goes on: every item of the matter that somebody holds is measured anew."""
    for item_id in matter.item_ids:
        item = state.items[item_id]
        if item.operator_id:
            arm(state, item, matter, at_ms)


def apply_idled(state: State, event: ItemIdled) -> None:
    """It does not count against the capacity."""
    item = state.items[event.work_item_id]
    state.load(item, -1)
    item.idle = True
    state.set_held_deadlines(item, idle_due_ms=0)


def apply_resumed(state: State, event: ItemResumed) -> None:
    """It counts again."""
    item = state.items[event.work_item_id]
    item.idle = False
    if counts(item):
        state.load(item, 1)


APPLIERS: dict[type, Applier] = {ItemIdled: apply_idled, ItemResumed: apply_resumed}
