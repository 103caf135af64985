"""Work in an operator's hands: answering, noting, writing up, finishing, giving back."""

from __future__ import annotations

import msgspec

from omniroute.core import clocks, closings, handling, handoffs, held, offers, parts, progress, sla, timing
from omniroute.core.commands import (
    AddNote,
    CompleteItem,
    EndContact,
    ExtendWrapUp,
    RecordDelivery,
    ReleaseItem,
    SendReply,
)
from omniroute.core.deadlines import Concern
from omniroute.core.events import (
    ConversationResolved,
    DeliveryDied,
    DeliverySucceeded,
    ItemClosed,
    ItemReturned,
    NoteAdded,
    ReplySent,
    StageChanged,
    WrapUpExtended,
    WrapUpStarted,
)
from omniroute.core.model import (
    ASSIGNED,
    CONNECTING,
    CONTACT_OVER,
    PARKED,
    QUEUED,
    RUNNING,
    WRAP_UP,
    ContactState,
    Conversation,
    WorkItem,
)
from omniroute.core.parking import held_by
from omniroute.core.queueing import queue_item
from omniroute.core.rules import StageRule, WrapUp
from omniroute.core.stages import ends, first_end, kind_of, present
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import CONVERSATION, WORK_ITEM, advance
from omniroute.errors import Conflict, Forbidden, InvalidInput

EXTENSIONS_MAX = 3
"""How often the time for writing up one item can be extended."""

# ---- decide


def reply(step: Step, command: SendReply) -> None:
    """Answer; the first one meets the clock of the first response."""
    matter = step.state.conversation(command.conversation_id)
    if not command.operator_id or matter.owner_id != command.operator_id:
        raise Forbidden("only the owner of a matter can answer it")
    channel = command.channel or matter.channel
    if channel not in step.state.channels:
        raise InvalidInput(f"there is no channel {channel}", "channel")
    counters = step.state.counters
    step.emit(
        ReplySent(
            counters.interaction + 1,
            matter.conversation_id,
            command.operator_id,
            channel,
            counters.effect + 1,
            step.now_ms,
        )
    )
    sla.answered(step, matter)
    progress.replied(step, matter)


def note(step: Step, command: AddNote) -> None:
    """Write a private note into the thread."""
    matter = step.state.conversation(command.conversation_id)
    step.emit(NoteAdded(step.state.counters.interaction + 1, matter.conversation_id, command.operator_id, step.now_ms))


def end_contact(step: Step, command: EndContact) -> None:
    """Hang up, and write up."""
    item = held_by(step, command.work_item_id, command.operator_id)
    matter = step.state.conversations[item.conversation_id]
    _refuse_if_connecting(item)
    if item.part_of:
        raise Conflict("this is a part of somebody else's matter, whose contact it is")
    if item.state is not ASSIGNED:
        raise Conflict("the contact is over already")
    start_wrap_up(step, item, part=matter.contact in RUNNING)


def _refuse_if_connecting(item: WorkItem) -> None:
    if item.state is CONNECTING:
        raise Conflict("the two sides are not together yet")


def start_wrap_up(step: Step, item: WorkItem, *, part: bool) -> None:
    """Notes and disposition are due; ``part`` orders the channel to part the two sides."""
    state = step.state
    effect_id = state.counters.effect + 1 if part and state.channels[item.channel].connects else 0
    due_ms = 0 if item.handoff_id else timing.wrap_up_due_ms(state.queues[item.queue_id], step.now_ms)
    step.emit(
        WrapUpStarted(
            item.work_item_id,
            item.conversation_id,
            item.operator_id,
            item.channel,
            step.now_ms,
            due_ms,
            effect_id,
        )
    )


def extend_wrap_up(step: Step, command: ExtendWrapUp) -> None:
    """The time for writing up once more, a few times."""
    item = held_by(step, command.work_item_id, command.operator_id)
    if refusal := no_extension(step.state, item):
        raise Conflict(refusal)
    step.emit(
        WrapUpExtended(
            item.work_item_id,
            item.conversation_id,
            item.operator_id,
            step.now_ms,
            max(step.now_ms, item.wrap_up_due_ms) + step.state.queues[item.queue_id].wrap_up_ms,
            command.by,
        )
    )


def no_extension(state: State, item: WorkItem) -> str:
    """Why the time for writing up cannot be extended; empty where it can."""
    rule = state.queues[item.queue_id]
    limited = rule.wrap_up is not WrapUp.NONE and rule.wrap_up_ms and item.wrap_up_due_ms
    if item.state is not WRAP_UP or not limited:
        return "no time for writing up is running out"
    if item.extended >= EXTENSIONS_MAX:
        return f"writing up can be extended {EXTENSIONS_MAX} times"
    return ""


def complete(step: Step, command: CompleteItem) -> None:
    """Finish with a disposition; with ``resolve`` the matter is done, unless others still work on it."""
    item = held_by(step, command.work_item_id, command.operator_id)
    _refuse_if_connecting(item)
    if item.part_of:
        parts.answer(step, item, command)
        return
    if not command.disposition:
        raise InvalidInput("a disposition is needed", "disposition")
    matter = step.state.conversations[item.conversation_id]
    _refuse_to_finish(step, item, matter, command)
    end = _end(step, matter, command) if command.resolve else None
    if command.note:
        writer = command.by or command.operator_id
        step.emit(NoteAdded(step.state.counters.interaction + 1, matter.conversation_id, writer, step.now_ms))
    if item.handoff_id:
        handoffs.withdraw(step, step.state.handoffs[item.handoff_id])
    if step.state.work_of(matter) == [item]:
        parts.cancel_all(step, matter)
    if item.state is ASSIGNED and matter.contact in RUNNING:
        start_wrap_up(step, item, part=True)
    close(step, item, command.disposition, "completed", command.by)
    if not matter.item_ids:
        sla.over(step, matter, "met")
        resolve(step, matter, command.disposition, command.operator_id, command.by, end=end)


def _end(step: Step, matter: Conversation, command: CompleteItem) -> StageRule:
    """The stage in which the matter is done: the one that is named, or the first that its present one leads to."""
    stage, rule = present(step.state, matter), kind_of(step.state, matter)
    known = list(ends(rule, stage))
    found = next((one for one in known if command.stage_id in {"", one.stage_id}), None)
    if found is None:
        names = ", ".join(one.stage_id for one in known) or "nothing: take it to another stage first"
        raise Conflict(f"from {stage.stage_id} it ends in {names}")
    progress.refuse_if_missing(matter, found)
    return found


def _refuse_to_finish(step: Step, item: WorkItem, matter: Conversation, command: CompleteItem) -> None:
    """Nobody's message is closed unread, and no matter is left open with nobody working on it."""
    if 0 <= command.messages_seen < matter.message_count:
        raise Conflict("the customer has written meanwhile: read it first")
    others = [one for one in step.state.work_of(matter) if one is not item and one.handoff_id != item.handoff_id]
    if not others and not command.cancel_parts:
        parts.refuse_if_open(step, matter)
    if command.resolve:
        return
    if item.handoff_id or not others:
        raise Conflict("nobody else works on this matter: declare it done, hand it over, or give it back")


def expire_wrap_up(step: Step, work_item_id: int) -> None:
    """The time for writing up is over: the work is closed and the matter done, without a disposition.

    What the customer wrote meanwhile waits as new work.
    """
    item = step.state.items[work_item_id]
    matter = step.state.conversations[item.conversation_id]
    operator_id = item.operator_id
    close(step, item, "", "wrap_up_expired")
    if step.state.work_of(matter):
        return
    if not matter.answered:
        queue_item(step, matter, item.own, item.preferred)
        return
    if matter.item_ids:  # it goes on when its questions and tasks have reported
        return
    sla.over(step, matter, "met")
    resolve(step, matter, "", operator_id)


def close(step: Step, item: WorkItem, disposition: str, cause: str, by: str = "") -> None:
    """The item is finished; its operator is free."""
    operator_id = item.operator_id
    step.emit(
        ItemClosed(
            item.work_item_id, item.conversation_id, operator_id, item.state, disposition, cause, step.now_ms, by
        )
    )
    matter = step.state.conversations[item.conversation_id]
    sla.left(step, matter, item.work_item_id, "cancelled" if cause == "abandoned" else "met")
    step.wake_operator(operator_id)


def resolve(
    step: Step,
    matter: Conversation,
    disposition: str,
    operator_id: str,
    by: str = "",
    end: StageRule | None = None,
) -> None:
    """The matter is done: its record leaves with the event, the core forgets it.

    Where an operator has worked on it, its customer is asked whether that is so.
    """
    end = end or first_end(kind_of(step.state, matter))
    record = msgspec.structs.replace(
        matter,
        stage=advance(CONVERSATION, "conversation.resolved", matter.stage),
        owner_id="",
        item_ids=[],
        disposition=disposition,
        last_operator_id=operator_id or matter.last_operator_id,
        stage_id=end.stage_id,
        resolution=matter.resolution + 1,
    )
    step.emit(ConversationResolved(record, disposition, operator_id, step.now_ms, by))
    if operator_id:
        closings.ask(step, record)


def release(step: Step, command: ReleaseItem) -> None:
    """Give work back to its queue, at its old place; a running contact cannot be put aside."""
    item = held_by(step, command.work_item_id, command.operator_id)
    _refuse_if_connecting(item)
    if item.state is not ASSIGNED:
        raise Conflict("work in wrap-up is finished, not given back")
    if item.handoff_id:
        raise Conflict("a transfer is under way: take it back first")
    if step.state.conversations[item.conversation_id].contact is ContactState.CONNECTED and not item.part_of:
        raise Conflict("a running contact cannot be put aside")
    until_ms = offers.backoff_until_ms(step, item)
    step.emit(
        ItemReturned(
            item.work_item_id,
            item.conversation_id,
            item.operator_id,
            command.reason,
            step.now_ms,
            until_ms,
            command.by,
        )
    )
    step.wake_operator(command.operator_id)
    step.wake_item(item.work_item_id)


def record_delivery(step: Step, command: RecordDelivery) -> None:
    """How an effect ended."""
    if command.delivered:
        step.emit(DeliverySucceeded(command.effect_id, command.conversation_id, command.interaction_id, step.now_ms))
    else:
        step.emit(
            DeliveryDied(
                command.effect_id,
                command.conversation_id,
                command.interaction_id,
                command.reason,
                step.now_ms,
                command.order,
            )
        )
        _fail_connecting(step, command)


def _fail_connecting(step: Step, command: RecordDelivery) -> None:
    """The channel could not carry out the order to connect: nobody is to blame."""
    matter = step.state.conversations.get(command.conversation_id)
    for item_id in list(matter.item_ids) if matter else ():
        item = step.state.items[item_id]
        if item.state is CONNECTING and item.connect_effect_id == command.effect_id:
            offers.fail_connecting(step, item, command.reason)


# ---- apply


def apply_reply_sent(state: State, event: ReplySent) -> None:
    """It is the customer's turn."""
    state.counters.interaction = event.interaction_id
    state.counters.effect = event.effect_id
    matter = state.conversations[event.conversation_id]
    matter.interaction_count += 1
    matter.answered = True
    held.turn(state, matter, event.at_ms)


def apply_note_added(state: State, event: NoteAdded) -> None:
    """Only the number is the core's."""
    state.counters.interaction = event.interaction_id
    state.conversations[event.conversation_id].interaction_count += 1


def apply_wrap_up_started(state: State, event: WrapUpStarted) -> None:
    """The item stays with its operator, who gets nothing new until it is finished."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.wrap_up_started", item.state)
    item.wrap_up_due_ms = event.due_ms
    state.deadlines[Concern.WRAP_UPS].set(("wrap_up", item.work_item_id, ""), event.due_ms)
    state.set_held_deadlines(item, idle_due_ms=0, answer_due_ms=0)
    state.roster.touch(item.operator_id)
    matter = state.conversations[item.conversation_id]
    if matter.contact is not ContactState.NONE:
        matter.contact = CONTACT_OVER
    state.counters.effect = event.effect_id or state.counters.effect


def apply_wrap_up_extended(state: State, event: WrapUpExtended) -> None:
    """There is more time."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.wrap_up_extended", item.state)
    item.wrap_up_due_ms, item.extended = event.due_ms, item.extended + 1
    state.deadlines[Concern.WRAP_UPS].set(("wrap_up", item.work_item_id, ""), event.due_ms)


def apply_item_closed(state: State, event: ItemClosed) -> None:
    """The item leaves the state."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.closed", item.state)
    if event.was is QUEUED:
        state.dequeue(item)
    elif event.was is not PARKED:
        worked = event.was is not CONNECTING  # whom nobody has spoken to, nobody has handled
        state.let_go(item, event.at_ms, worked=worked)
        if worked and event.cause != "merged":  # its handling goes on in the other matter
            handling.observe(state, item.queue_id, item.channel, event.at_ms - item.assigned_ms)
    state.forget_item(item)


def apply_item_returned(state: State, event: ItemReturned) -> None:
    """Back to its old place, not at once to the same operator; a running contact that lost its operator waits again."""
    item = state.items[event.work_item_id]
    item.state = advance(WORK_ITEM, "work_item.returned", item.state)
    state.let_go(item, event.at_ms)
    matter = state.conversations[item.conversation_id]
    if matter.contact is ContactState.CONNECTED and not item.part_of:
        matter.contact, matter.answered = ContactState.WAITING, False
    state.requeue(item)
    state.set_backoff(item, event.operator_id, event.backoff_until_ms)


def apply_resolved(state: State, event: ConversationResolved) -> None:
    """The core forgets the matter; the event holds what a reopening needs."""
    matter = state.conversations.pop(event.record.conversation_id)
    clocks.forget(state, matter)
    del state.by_reference[matter.reference]
    if matter.session_key:
        state.by_session.pop((matter.channel, matter.session_key), None)
    for one in matter.aliases:
        del state.by_reference[one.reference]
        state.by_session.pop((one.channel, one.session_key), None)


def apply_stage_changed(state: State, event: StageChanged) -> None:
    """What the customer is told."""
    matter = state.conversations[event.conversation_id]
    matter.stage = advance(CONVERSATION, "conversation.stage_changed", matter.stage)
    matter.stage_id = ""
    if matter.stage != event.stage:
        raise AssertionError("the table and the event disagree")


def apply_nothing(_: State, __: DeliverySucceeded | DeliveryDied) -> None:
    """Deliveries concern the outbox and the thread only."""


HANDLERS: dict[type, Handler] = {
    SendReply: reply,
    AddNote: note,
    EndContact: end_contact,
    ExtendWrapUp: extend_wrap_up,
    CompleteItem: complete,
    ReleaseItem: release,
    RecordDelivery: record_delivery,
}
APPLIERS: dict[type, Applier] = {
    ReplySent: apply_reply_sent,
    NoteAdded: apply_note_added,
    WrapUpStarted: apply_wrap_up_started,
    WrapUpExtended: apply_wrap_up_extended,
    ItemClosed: apply_item_closed,
    ItemReturned: apply_item_returned,
    ConversationResolved: apply_resolved,
    StageChanged: apply_stage_changed,
    DeliverySucceeded: apply_nothing,
    DeliveryDied: apply_nothing,
}
