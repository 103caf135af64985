"""Promises: the clock of the first response.

A clock starts with the matter, ends exactly once, and never because of the channel: an answer or a connected
contact meets it, its deadline breaches it, a customer who leaves cancels it.
"""

from __future__ import annotations

from omniroute.core.deadlines import CLOCKS
from omniroute.core.events import ClockEnded, ClockStarted
from omniroute.core.model import CLOCK_RUNNING, Clock, Conversation
from omniroute.core.state import State
from omniroute.core.step import Applier, Step
from omniroute.core.transitions import CLOCK, advance

# ---- decide


def start(step: Step, matter: Conversation) -> None:
    """Begin to count, where the queue makes a promise and no clock runs."""
    target_ms = step.state.queues[matter.queue_id].first_response_ms
    if target_ms and not (matter.clock and matter.clock.state is CLOCK_RUNNING):
        step.emit(ClockStarted(matter.conversation_id, step.now_ms, step.now_ms + target_ms))


def end(step: Step, matter: Conversation, outcome: str) -> None:
    """End a running clock as met or cancelled; one that is overdue at this moment is breached all the same."""
    if matter.clock is None or matter.clock.state is not CLOCK_RUNNING:
        return
    late = matter.clock.due_ms <= step.now_ms
    step.emit(ClockEnded(matter.conversation_id, "breached" if late else outcome, step.now_ms))


def breach(step: Step, conversation_id: int) -> None:
    """The deadline has come and nobody has answered."""
    step.emit(ClockEnded(conversation_id, "breached", step.now_ms))


# ---- apply


def apply_started(state: State, event: ClockStarted) -> None:
    """The clock runs and has its entry among the deadlines."""
    state.conversations[event.conversation_id].clock = Clock(event.at_ms, event.due_ms)
    state.deadlines[CLOCKS].set(("clock", event.conversation_id, ""), event.due_ms)


def apply_ended(state: State, event: ClockEnded) -> None:
    """The clock has its outcome and leaves the deadlines."""
    clock = state.conversations[event.conversation_id].clock
    if clock is None:
        raise AssertionError("a clock ended that never ran")
    clock.state = advance(CLOCK, f"clock.ended ({event.outcome})", clock.state)
    clock.ended_ms = event.at_ms
    state.deadlines[CLOCKS].clear(("clock", event.conversation_id, ""))


APPLIERS: dict[type, Applier] = {ClockStarted: apply_started, ClockEnded: apply_ended}
