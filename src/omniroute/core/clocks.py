"""Clocks, as they are kept: what each event makes of the records, and the deadlines that follow.

What lives here: appliers only. A live clock has the entry of its next moment among the deadlines, a paused one none; a
matter whose promises do not follow the present configuration yet has one that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omniroute.core.deadlines import CLOCKS, Key
from omniroute.core.events import (
    ClockEnded,
    ClockEscalated,
    ClockPaused,
    ClockResumed,
    ClockRetargeted,
    ClocksReviewed,
    ClockStarted,
)
from omniroute.core.model import CLOCK_RUNNING, Clock, Conversation
from omniroute.core.targets import clock_of
from omniroute.core.transitions import CLOCK, advance

if TYPE_CHECKING:
    from omniroute.core.state import State
    from omniroute.core.step import Applier


def key_of(conversation_id: int, name: str) -> Key:
    """The key of a clock among the deadlines."""
    return ("clock", conversation_id, name)


def index(state: State, matter: Conversation) -> None:
    """Enter the moments of a matter's clocks among the deadlines."""
    deadlines = state.deadlines[CLOCKS]
    for clock in matter.clocks:
        if clock.state is CLOCK_RUNNING:
            deadlines.set(key_of(matter.conversation_id, clock.name), clock.next_ms)
    expect_review(state, matter)


def expect_review(state: State, matter: Conversation) -> None:
    """Its promises have to follow the present configuration, if they do not yet."""
    if matter.reviewed != state.counters.config:
        state.deadlines[CLOCKS].set(("review", matter.conversation_id, ""), state.counters.configured_ms)


def forget(state: State, matter: Conversation) -> None:
    """The matter leaves the state."""
    state.deadlines[CLOCKS].clear(("review", matter.conversation_id, ""))


def apply_started(state: State, event: ClockStarted) -> None:
    """The clock runs, in the place of an ended one of its name."""
    matter = state.conversations[event.conversation_id]
    next_ms = event.next_ms or event.due_ms
    matter.clocks = [one for one in matter.clocks if one.name != event.name]
    matter.clocks.append(
        Clock(
            event.at_ms,
            event.due_ms,
            name=event.name,
            sla_id=event.sla_id,
            calendar_id=event.calendar_id,
            length_ms=event.length_ms or event.due_ms - event.at_ms,
            next_ms=next_ms,
            pauses=[],
        )
    )
    state.deadlines[CLOCKS].set(key_of(event.conversation_id, event.name), next_ms)


def apply_ended(state: State, event: ClockEnded) -> None:
    """The clock has its outcome and leaves the deadlines."""
    clock = _clock(state, event.conversation_id, event.name)
    clock.state = advance(CLOCK, f"clock.ended ({event.outcome})", clock.state)
    clock.ended_ms = event.at_ms
    if clock.paused_ms:
        clock.pauses += (clock.paused_ms, event.at_ms)
        clock.paused_ms = 0
    state.deadlines[CLOCKS].clear(key_of(event.conversation_id, event.name))


def apply_paused(state: State, event: ClockPaused) -> None:
    """Nothing happens to it by itself."""
    clock = _clock(state, event.conversation_id, event.name)
    clock.state = advance(CLOCK, "clock.paused", clock.state)
    clock.paused_ms = event.at_ms
    state.deadlines[CLOCKS].clear(key_of(event.conversation_id, event.name))


def apply_resumed(state: State, event: ClockResumed) -> None:
    """It goes on with what was left."""
    clock = _clock(state, event.conversation_id, event.name)
    clock.state = advance(CLOCK, "clock.resumed", clock.state)
    clock.pauses += (clock.paused_ms, event.at_ms)
    clock.paused_ms = 0
    _fall_due(state, event.conversation_id, clock, event.due_ms, event.next_ms)


def apply_retargeted(state: State, event: ClockRetargeted) -> None:
    """It has another target; a paused one shows its moments when it goes on."""
    clock = _clock(state, event.conversation_id, event.name)
    clock.sla_id, clock.calendar_id, clock.length_ms = event.sla_id, event.calendar_id, event.length_ms
    _fall_due(state, event.conversation_id, clock, event.due_ms, event.next_ms)


def apply_escalated(state: State, event: ClockEscalated) -> None:
    """It is not done again. A matter that was done late is not here any more."""
    state.counters.effect = event.effect_id or state.counters.effect
    matter = state.conversations.get(event.conversation_id)
    clock = clock_of(matter, event.name) if matter else None
    if clock is None:
        return
    clock.percent = max(clock.percent, event.percent)
    if clock.state is CLOCK_RUNNING:
        _fall_due(state, event.conversation_id, clock, clock.due_ms, event.next_ms)


def apply_reviewed(state: State, event: ClocksReviewed) -> None:
    """Its promises follow the configuration."""
    state.conversations[event.conversation_id].reviewed = event.config
    state.deadlines[CLOCKS].clear(("review", event.conversation_id, ""))


def _fall_due(state: State, conversation_id: int, clock: Clock, due_ms: int, next_ms: int) -> None:
    clock.due_ms, clock.next_ms = due_ms, next_ms
    if clock.state is CLOCK_RUNNING:
        state.deadlines[CLOCKS].set(key_of(conversation_id, clock.name), next_ms)


def _clock(state: State, conversation_id: int, name: str) -> Clock:
    clock = clock_of(state.conversations[conversation_id], name)
    if clock is None:
        raise AssertionError("a clock went on that never ran")
    return clock


APPLIERS: dict[type, Applier] = {
    ClockStarted: apply_started,
    ClockEnded: apply_ended,
    ClockPaused: apply_paused,
    ClockResumed: apply_resumed,
    ClockRetargeted: apply_retargeted,
    ClockEscalated: apply_escalated,
    ClocksReviewed: apply_reviewed,
}
