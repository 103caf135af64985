"""Status: whoever asks where a matter stands is answered by the engine, and nobody gets work.

What lives here: registering such a question, and the numbers of what is sent. Whether somebody may know, and what they
are told, is decided at the edge, which knows addresses and texts. The matter may be done and gone from the state, so
its number is all that is recorded; an open one is not changed: to ask is neither an answer nor new work.
"""

from __future__ import annotations

from omniroute.core.commands import AnswerStatus, SendStatusCode
from omniroute.core.events import RawRegistered, StatusAnswered, StatusAsked, StatusCodeSent
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import Conflict, InvalidInput

# ---- decide


def answer(step: Step, command: AnswerStatus) -> None:
    """Take the question down where it is about the sender's own matter, and answer once."""
    state = step.state
    if command.raw_id not in state.pending_raws:
        raise Conflict("this input has been registered already")
    _check(state, command.channel, command.conversation_id)
    number, counters = command.conversation_id, state.counters
    if number:
        step.emit(StatusAsked(counters.interaction + 1, number, command.raw_id, command.channel, step.now_ms))
    if command.answer:
        step.emit(
            StatusAnswered(
                command.raw_id,
                counters.effect + 1,
                number,
                counters.interaction + 1,
                command.channel,
                step.now_ms,
            )
        )
    if command.last:
        step.emit(RawRegistered(command.raw_id))


def send_code(step: Step, command: SendStatusCode) -> None:
    """Order the sending; it ages like the code."""
    _check(step.state, command.channel, command.conversation_id)
    if not command.conversation_id or command.lifetime_ms <= 0:
        raise InvalidInput("a code is for a matter and for a time")
    counters, now_ms = step.state.counters, step.now_ms
    step.emit(
        StatusCodeSent(
            counters.interaction + 1,
            command.conversation_id,
            command.channel,
            counters.effect + 1,
            now_ms,
            now_ms + command.lifetime_ms,
        )
    )


def _check(state: State, channel: str, conversation_id: int) -> None:
    if channel not in state.channels:
        raise InvalidInput(f"there is no channel {channel}", "channel")
    if not 0 <= conversation_id <= state.counters.conversation:
        raise InvalidInput("there has never been such a conversation", "conversation")


# ---- apply


def apply_asked(state: State, event: StatusAsked) -> None:
    """Only the number is the core's."""
    state.counters.interaction = event.interaction_id


def apply_sent(state: State, event: StatusAnswered | StatusCodeSent) -> None:
    """The same, and the number of the effect."""
    state.counters.interaction = event.interaction_id
    state.counters.effect = event.effect_id


HANDLERS: dict[type, Handler] = {AnswerStatus: answer, SendStatusCode: send_code}
APPLIERS: dict[type, Applier] = {
    StatusAsked: apply_asked,
    StatusAnswered: apply_sent,
    StatusCodeSent: apply_sent,
}
