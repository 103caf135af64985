"""Parking: work that is put aside until a time, and work that goes to another queue by hand.

What lives here: the snooze and its end, and the requeue. Work that was put aside takes no capacity and has no owner;
it comes back at its exact moment, when the customer writes or calls, or when somebody takes it, at its old place in
the queue, and is kept for a while for who put it aside.
"""

from __future__ import annotations

from omniroute.core import handoffs, offers
from omniroute.core.commands import RequeueItem, SnoozeItem
from omniroute.core.deadlines import Concern
from omniroute.core.events import ItemReturned, ItemSnoozed, ItemWoken
from omniroute.core.model import RUNNING, Conversation, ItemState, WorkItem
from omniroute.core.queueing import can_wait_for, move
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import WORK_ITEM, advance
from omniroute.errors import Conflict, Forbidden, InvalidInput

SNOOZE_MS_MAX = 92 * 24 * 3_600_000
"""Work can be put aside for at most three months."""

# ---- decide


def snooze(step: Step, command: SnoozeItem) -> None:
    """Put it aside; a running contact cannot be, nor what is being transferred."""
    item = held_by(step, command.work_item_id, command.operator_id)
    if not step.now_ms < command.until_ms <= step.now_ms + SNOOZE_MS_MAX:
        raise InvalidInput("work can be put aside until a time within the next three months", "until_ms")
    refuse_if_bound(step, item)
    step.emit(
        ItemSnoozed(
            item.work_item_id, item.conversation_id, item.operator_id, step.now_ms, command.until_ms, command.by
        )
    )
    step.wake_operator(command.operator_id)


def refuse_if_bound(step: Step, item: WorkItem) -> None:
    """Raise `Conflict` for what cannot leave its operator now."""
    if item.state is not ItemState.ASSIGNED:
        raise Conflict("only assigned work can be put aside, moved or given to somebody else")
    if item.handoff_id:
        raise Conflict("a transfer is under way: take it back first")
    if step.state.conversations[item.conversation_id].contact in RUNNING and not item.part_of:
        raise Conflict("a running contact cannot be put aside")


def wake(step: Step, item: WorkItem, cause: str) -> None:
    """It waits again; kept for who put it aside, if they are there and may have it."""
    state = step.state
    kept = cause != "taken" and can_wait_for(state, item.parked_by, item)
    until_ms = step.now_ms + state.config.return_ms if kept and state.config.return_ms else 0
    step.emit(
        ItemWoken(
            item.work_item_id,
            item.conversation_id,
            cause,
            step.now_ms,
            item.parked_by if until_ms else "",
            until_ms,
        )
    )
    step.arrive(item.work_item_id)


def wake_all(step: Step, matter: Conversation, cause: str) -> None:
    """The customer has written, or calls: what was put aside comes back."""
    for item_id in list(matter.item_ids):
        item = step.state.items[item_id]
        if item.state is ItemState.PARKED and not item.part_of:
            wake(step, item, cause)


def requeue(step: Step, command: RequeueItem) -> None:
    """Put work into another queue, whoever has it now."""
    item = step.state.item(command.work_item_id)
    if command.queue_id not in step.state.queues:
        raise InvalidInput(f"there is no queue {command.queue_id}", "queue")
    if item.operator_id != command.operator_id:
        raise Conflict("somebody else holds this work by now: look again")
    if command.queue_id == item.queue_id and not item.operator_id:
        raise Conflict("it waits in that queue already")
    if item.handoff_id:
        raise Conflict("a transfer is under way: take it back first")
    if item.operator_id:
        refuse_if_bound(step, item)
    _to_queue(step, item, command)
    if command.queue_id != item.queue_id:
        move(step, item, command.queue_id, "requeue", command.reason, command.by)
    step.wake_item(item.work_item_id)


def _to_queue(step: Step, item: WorkItem, command: RequeueItem) -> None:
    if item.state is ItemState.OFFERED:
        offers.revoke(step, item.offer_id, "requeued")
    elif item.state is ItemState.PARKED:
        wake(step, item, "taken")
    elif item.operator_id:
        operator_id = item.operator_id
        step.emit(
            ItemReturned(
                item.work_item_id,
                item.conversation_id,
                operator_id,
                command.reason or "requeued",
                step.now_ms,
                offers.backoff_until_ms(step, item),
                command.by,
            )
        )
        step.wake_operator(operator_id)


def held_by(step: Step, work_item_id: int, operator_id: str) -> WorkItem:
    """The item that the operator owns; raises `Forbidden` where somebody else does."""
    item = step.state.item(work_item_id)
    if not operator_id or item.operator_id != operator_id:
        raise Forbidden("only the owner of the work can do this")
    return item


def return_to_queue(step: Step, item: WorkItem, reason: str) -> None:
    """The operator has lost it: back to its old place, without blame.

    A warm transfer of it is taken back first, for nobody is there to introduce it. A cold one goes on: where it does
    not end well, the work goes back to its place then.
    """
    if item.lifted:
        return
    if item.handoff_id:
        handoffs.withdraw(step, step.state.handoffs[item.handoff_id])
    if item.state is ItemState.CONNECTING:
        offers.fail_connecting(step, item, reason)
        return
    operator_id = item.operator_id
    step.emit(ItemReturned(item.work_item_id, item.conversation_id, operator_id, reason, step.now_ms))
    step.wake_item(item.work_item_id)
    step.wake_operator(operator_id)


# ---- apply


def apply_snoozed(state: State, event: ItemSnoozed) -> None:
    """It is nobody's until its time."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.snoozed", item.state)
    state.let_go(item, event.at_ms)
    item.operator_id = ""
    item.parked_by, item.parked_until_ms = event.operator_id, event.until_ms
    state.deadlines[Concern.HELD].set(("parked", item.work_item_id, ""), event.until_ms)


def apply_woken(state: State, event: ItemWoken) -> None:
    """It waits at its old place."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.woken", item.state)
    item.parked_by, item.parked_until_ms = "", 0
    state.deadlines[Concern.HELD].clear(("parked", item.work_item_id, ""))
    state.requeue(item, event.held_for, event.hold_until_ms)


HANDLERS: dict[type, Handler] = {SnoozeItem: snooze, RequeueItem: requeue}
APPLIERS: dict[type, Applier] = {ItemSnoozed: apply_snoozed, ItemWoken: apply_woken}
