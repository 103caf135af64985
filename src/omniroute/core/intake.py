"""Intake: what channels bring in becomes conversations and waiting work.

Two commands: `ReceiveRaw` is durable before the sender hears "accepted"; `RegisterInteraction` gives the normalized
thing its conversation. Between them lies only the reading of contents, which happens outside the core.
"""

from __future__ import annotations

from omniroute.core import closings, contacts, held, notices, parking, progress, sla
from omniroute.core.commands import Classification, QuarantineRaw, ReceiveRaw, RegisterInteraction
from omniroute.core.events import (
    ConversationOpened,
    ConversationReopened,
    CustomerCreated,
    InteractionReceived,
    RawQuarantined,
    RawReceived,
    RawRegistered,
)
from omniroute.core.model import CONTACT_OVER, MESSAGE, RUNNING, Alias, Conversation
from omniroute.core.queueing import queue_item
from omniroute.core.roster import LEVELS
from omniroute.core.rules import Stage
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.transitions import CONVERSATION, advance
from omniroute.errors import Conflict, InvalidInput

PRIORITY_MAX = 10
"""A classification gives a priority between this and its negative; that bounds how long anybody can be overtaken."""
TAGS_MAX = 20
"""Tags of one matter."""
TAG_CHARS_MAX = 64
TIER_CHARS_MAX = 64

# ---- decide


def receive_raw(step: Step, command: ReceiveRaw) -> None:
    """Number it; a repeated input has no effect."""
    if command.channel not in step.state.channels:
        raise InvalidInput(f"there is no channel {command.channel}", "channel")
    if not command.known_raw_id:
        step.emit(RawReceived(step.state.counters.raw + 1, command.channel, step.now_ms))


def quarantine_raw(step: Step, command: QuarantineRaw) -> None:
    """Show it to people; registered or quarantined already: nothing to do."""
    if command.raw_id in step.state.pending_raws:
        step.emit(RawQuarantined(command.raw_id, command.reason, step.now_ms))


def register(step: Step, command: RegisterInteraction) -> None:
    """Find or open the conversation, put the interaction in, and see that somebody gets the work."""
    if command.raw_id not in step.state.pending_raws:
        raise Conflict("this input has been registered already")
    _validate(step, command)
    customer_id = command.customer_id or step.state.counters.customer + 1
    if not command.customer_id:
        step.emit(CustomerCreated(customer_id, step.now_ms))
    known = len(step.state.conversations)
    conversation_id = _conversation(step, command, customer_id)
    fresh = len(step.state.conversations) > known
    matter = step.state.conversations.get(conversation_id)
    before = matter.contact if matter else CONTACT_OVER
    answered = matter is not None and matter.answered
    step.emit(
        InteractionReceived(
            step.state.counters.interaction + 1,
            conversation_id,
            command.raw_id,
            command.channel,
            command.kind,
            step.now_ms,
            command.operator_id,
            command.quiet,
        )
    )
    if command.last:
        step.emit(RawRegistered(command.raw_id))
    if matter is None:  # a late event of a contact whose matter is done: it is in the thread, nothing follows
        return
    message = command.kind is MESSAGE
    progress.fill(step, matter, command.fields)
    if fresh:
        notices.tell(step, matter, notices.RECEIVED if matter.stage is Stage.RECEIVED else notices.REOPENED)
    if message and answered:
        sla.written(step, matter)
    goes_on = message or matter.contact is not CONTACT_OVER
    if message and matter.item_ids:
        held.resume(step, matter)
        parking.wake_all(step, matter, "message")
    elif matter.contact in RUNNING and matter.contact is not before:
        parking.wake_all(step, matter, "contact")
    if goes_on and not step.state.work_of(matter):
        wanted = command.classification
        again = matter.last_operator_id if fresh else ""
        queue_item(step, matter, wanted.requirements, wanted.preferred, command.previous_operator_id, again)
    if fresh or (message and not command.quiet):
        progress.written(step, matter, fresh=fresh, message=message and not command.quiet)
    if not message:
        contacts.follow(step, matter, command, before)


def _validate(step: Step, command: RegisterInteraction) -> None:
    state, wanted = step.state, command.classification
    if command.channel not in state.channels:
        raise InvalidInput(f"there is no channel {command.channel}", "channel")
    department = state.departments.get(wanted.department_id)
    if department is None:
        raise InvalidInput(f"there is no department {wanted.department_id}", "department")
    rule = state.queues.get(wanted.queue_id or department.default_queue_id)
    if rule is None or rule.department_id != wanted.department_id:
        raise InvalidInput(f"department {wanted.department_id} has no queue {wanted.queue_id}", "queue")
    _validate_classification(wanted)
    progress.check_fields(command.fields)
    if command.reference in state.by_reference:
        raise Conflict("this reference is taken")
    if command.record is not None:
        _validate_record(state, command.record, command.conversation_id)


def _validate_classification(wanted: Classification) -> None:
    if wanted.priority is not None and abs(wanted.priority) > PRIORITY_MAX:
        raise InvalidInput(f"a priority is between -{PRIORITY_MAX} and {PRIORITY_MAX}", "priority")
    for one in (*wanted.requirements, *wanted.preferred):
        if one.level not in LEVELS:
            raise InvalidInput("a level is between 1 and 10", "requirements")
    if len(wanted.tier) > TIER_CHARS_MAX:
        raise InvalidInput(f"the name of a tier has at most {TIER_CHARS_MAX} characters", "tier")
    if wanted.tags and not valid_tags(wanted.tags):
        raise InvalidInput(f"at most {TAGS_MAX} tags of 1 to {TAG_CHARS_MAX} characters", "tags")


def valid_tags(tags: tuple[str, ...]) -> bool:
    """Whether a matter may have these tags."""
    return len(tags) <= TAGS_MAX and all(0 < len(tag) <= TAG_CHARS_MAX for tag in tags)


def _validate_record(state: State, record: Conversation, conversation_id: int) -> None:
    """Whoever comes second with the record of a matter that is open again simply joins it."""
    if record.conversation_id != conversation_id or record.stage is not Stage.DONE:
        raise InvalidInput("this is not the record of that conversation", "record")
    if state.by_reference.get(record.reference, conversation_id) != conversation_id:
        raise Conflict("the reference of this conversation is taken")


def _conversation(step: Step, command: RegisterInteraction, customer_id: int) -> int:
    """The conversation that it belongs to: named, found by its session, reopened, or new."""
    state = step.state
    if command.conversation_id in state.conversations:
        return command.conversation_id
    known = state.by_session.get((command.channel, command.session_key)) if command.session_key else None
    if known is not None:
        return known
    silent = command.automatic and command.record is not None
    if command.conversation_id and (command.kind is not MESSAGE or silent):
        return command.conversation_id  # no machine opens what is done
    record = command.record
    if record is not None and record.queue_id in state.queues and record.channel in state.channels:
        return closings.reopen(step, record).conversation_id
    return _open(step, command, customer_id)


def _open(step: Step, command: RegisterInteraction, customer_id: int) -> int:
    state, wanted = step.state, command.classification
    rule = state.queues[wanted.queue_id or state.departments[wanted.department_id].default_queue_id]
    conversation_id = state.counters.conversation + 1
    step.emit(
        ConversationOpened(
            conversation_id,
            command.reference,
            customer_id,
            command.channel,
            rule.department_id,
            rule.queue_id,
            wanted.kind,
            rule.priority if wanted.priority is None else wanted.priority,
            wanted.language,
            command.session_key,
            step.now_ms,
            wanted.tags,
            wanted.rule,
            wanted.tier,
        )
    )
    sla.opened(step, state.conversations[conversation_id])
    return conversation_id


# ---- apply


def apply_raw_received(state: State, event: RawReceived) -> None:
    """It waits for its registration."""
    state.counters.raw = event.raw_id
    state.pending_raws[event.raw_id] = None


def apply_raw_done(state: State, event: RawRegistered | RawQuarantined) -> None:
    """Nothing is left to do for it."""
    del state.pending_raws[event.raw_id]


def apply_customer_created(state: State, event: CustomerCreated) -> None:
    """Only the number is the core's."""
    state.counters.customer = event.customer_id


def apply_opened(state: State, event: ConversationOpened) -> None:
    """A new matter, reachable by reference and session."""
    state.counters.conversation = event.conversation_id
    _enter(
        state,
        Conversation(
            event.conversation_id,
            event.reference,
            event.customer_id,
            event.channel,
            event.department_id,
            event.queue_id,
            event.kind,
            event.priority,
            event.at_ms,
            Stage.RECEIVED,
            event.language,
            event.session_key,
            tags=event.tags,
            tier=event.tier,
            reviewed=state.counters.config,
        ),
    )


def apply_reopened(state: State, event: ConversationReopened) -> None:
    """The record goes on where it ended, unanswered and without an owner; its session may be another's by now."""
    record = event.record
    state.forget_closing(record.conversation_id)
    session_taken = (record.channel, record.session_key) in state.by_session
    _enter(
        state,
        Conversation(
            record.conversation_id,
            record.reference,
            record.customer_id,
            record.channel,
            record.department_id,
            record.queue_id,
            record.kind,
            record.priority,
            record.opened_ms,
            advance(CONVERSATION, "conversation.reopened", record.stage),
            record.language,
            "" if session_taken else record.session_key,
            interaction_count=record.interaction_count,
            last_operator_id=record.last_operator_id,
            message_count=record.message_count,
            tags=record.tags,
            tier=record.tier,
            reviewed=state.counters.config,
            fields=record.fields,
            resolution=record.resolution,
            quiet=record.quiet,
            aliases=tuple([_free(state, one) for one in record.aliases]),
        ),
    )


def _free(state: State, one: Alias) -> Alias:
    """A session that another matter has by now leads there."""
    taken = (one.channel, one.session_key) in state.by_session
    return Alias(one.reference, one.channel) if taken else one


def _enter(state: State, matter: Conversation) -> None:
    state.conversations[matter.conversation_id] = matter
    state.by_reference[matter.reference] = matter.conversation_id
    if matter.session_key:
        state.by_session[(matter.channel, matter.session_key)] = matter.conversation_id
    state.enter_aliases(matter)


def apply_interaction(state: State, event: InteractionReceived) -> None:
    """The customer has spoken: it is our turn."""
    state.counters.interaction = event.interaction_id
    matter = state.conversations.get(event.conversation_id)
    if matter is None:
        return
    matter.interaction_count += 1
    if event.kind is MESSAGE:  # which is no part of a contact
        matter.answered = False
        matter.message_count += 1
        matter.quiet = event.quiet
        held.turn(state, matter, event.at_ms)
        return
    before = matter.contact
    contacts.progress(matter, event.kind)
    if matter.contact is not before:
        held.turn(state, matter, event.at_ms)


HANDLERS: dict[type, Handler] = {
    ReceiveRaw: receive_raw,
    QuarantineRaw: quarantine_raw,
    RegisterInteraction: register,
}
APPLIERS: dict[type, Applier] = {
    RawReceived: apply_raw_received,
    RawRegistered: apply_raw_done,
    RawQuarantined: apply_raw_done,
    CustomerCreated: apply_customer_created,
    ConversationOpened: apply_opened,
    ConversationReopened: apply_reopened,
    InteractionReceived: apply_interaction,
}
