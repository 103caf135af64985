"""Closings: a matter is done when its customer says so, or says nothing for long enough.

What lives here: the question after a resolution, its answers, and the reopening. The matter itself has left the state;
a small record stands for it until its time is over. There is one question for each resolution: a link of an earlier one
means nothing any more.
"""

from __future__ import annotations

from omniroute.core import notices, sla
from omniroute.core.calendars import add_ms
from omniroute.core.commands import ConfirmMatter, RateMatter, ReopenMatter
from omniroute.core.deadlines import Concern
from omniroute.core.events import (
    ClosingEnded,
    ConfirmationAsked,
    ConversationReopened,
    InteractionReceived,
    MatterConfirmed,
    MatterRated,
)
from omniroute.core.model import MESSAGE, Closing, Conversation
from omniroute.core.queueing import queue_item
from omniroute.core.rules import Stage
from omniroute.core.stages import kind_of
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.core.targets import ALWAYS
from omniroute.errors import Conflict, InvalidInput

SCORE_MIN, SCORE_MAX = 1, 5
"""The customer's rating (CSAT)."""

# ---- decide


def ask(step: Step, record: Conversation) -> None:
    """Somebody has finished it: is the customer content? Silence will do, after the kind's time."""
    state, rule = step.state, kind_of(step.state, record)
    if rule.confirm_ms:
        calendar = state.calendars.get(rule.confirm_calendar_id or state.queues[record.queue_id].calendar_id, ALWAYS)
        due_ms = add_ms(calendar, step.now_ms, rule.confirm_ms)
        step.emit(ConfirmationAsked(record.conversation_id, record.resolution, step.now_ms, due_ms))
    notices.tell(step, record, notices.DONE)


def confirm(step: Step, command: ConfirmMatter) -> None:
    """The customer is content; a second time nothing follows."""
    closing = _asked(step.state, command.conversation_id, command.resolution)
    if not closing.confirmed:
        step.emit(MatterConfirmed(closing.conversation_id, closing.resolution, "customer", step.now_ms))


def rate(step: Step, command: RateMatter) -> None:
    """The customer's rating, once for each resolution."""
    if not SCORE_MIN <= command.score <= SCORE_MAX:
        raise InvalidInput(f"a rating is between {SCORE_MIN} and {SCORE_MAX}", "score")
    closing = _asked(step.state, command.conversation_id, command.resolution)
    if closing.score:
        raise Conflict("this has been rated already")
    step.emit(MatterRated(closing.conversation_id, closing.resolution, command.score, step.now_ms))


def _asked(state: State, conversation_id: int, resolution: int) -> Closing:
    closing = state.closings.get(conversation_id)
    if closing is None or closing.resolution != resolution:
        raise Conflict("this question is over")
    return closing


def fall_due(step: Step, conversation_id: int) -> None:
    """The customer has been silent: the matter is confirmed, if it is not yet, and the question over."""
    closing = step.state.closings[conversation_id]
    if not closing.confirmed:
        step.emit(MatterConfirmed(conversation_id, closing.resolution, "silence", step.now_ms))
    step.emit(ClosingEnded(conversation_id, closing.resolution, step.now_ms))


def reopen_by_link(step: Step, command: ReopenMatter) -> None:
    """The customer is not content. Whoever presses twice has pressed once."""
    record, state = command.record, step.state
    if record.conversation_id in state.conversations:
        return
    if record.resolution != command.resolution or record.stage is not Stage.DONE:
        raise Conflict("this question is over")
    if state.by_reference.get(record.reference, record.conversation_id) != record.conversation_id:
        raise Conflict("the reference of this conversation is taken")
    if record.queue_id not in state.queues or record.channel not in state.channels:
        raise Conflict("this matter cannot go on where it was: write to us")
    matter = reopen(step, record)
    if command.written:
        step.emit(
            InteractionReceived(
                state.counters.interaction + 1, matter.conversation_id, 0, matter.channel, MESSAGE, step.now_ms
            )
        )
    queue_item(step, matter, again_operator_id=matter.last_operator_id)
    notices.tell(step, matter, notices.REOPENED)


def reopen(step: Step, record: Conversation) -> Conversation:
    """The matter goes on with its history; that ends the question."""
    step.emit(ConversationReopened(record, step.now_ms))
    matter = step.state.conversations[record.conversation_id]
    sla.reopened(step, matter)
    return matter


# ---- apply


def apply_asked(state: State, event: ConfirmationAsked) -> None:
    """The question stands until its time is over."""
    closing = Closing(event.conversation_id, event.resolution, event.at_ms, event.due_ms)
    state.closings[event.conversation_id] = closing
    state.deadlines[Concern.CLOSINGS].set(("closing", event.conversation_id, ""), event.due_ms)


def apply_confirmed(state: State, event: MatterConfirmed) -> None:
    """It may still be rated."""
    state.closings[event.conversation_id].confirmed = True


def apply_rated(state: State, event: MatterRated) -> None:
    """It is not rated again."""
    state.closings[event.conversation_id].score = event.score


def apply_ended(state: State, event: ClosingEnded) -> None:
    """Nobody is asked any more."""
    state.forget_closing(event.conversation_id)


HANDLERS: dict[type, Handler] = {ConfirmMatter: confirm, RateMatter: rate, ReopenMatter: reopen_by_link}
APPLIERS: dict[type, Applier] = {
    ConfirmationAsked: apply_asked,
    MatterConfirmed: apply_confirmed,
    MatterRated: apply_rated,
    ClosingEnded: apply_ended,
}
