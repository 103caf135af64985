"""Promises on the screens: how each clock of a matter stands, and why its deadline is when it is."""

from __future__ import annotations

from omniroute.api import views
from omniroute.core.calendars import merged, segments
from omniroute.core.model import Clock, ClockState, Conversation
from omniroute.core.rules import Target
from omniroute.core.state import State
from omniroute.core.targets import ALWAYS, CUSTOMERS, counted_ms, is_live, pauses_of, target_of

RESPONSES = (Target.FIRST_RESPONSE, Target.NEXT_RESPONSE, Target.ANSWER)
SEGMENTS_MAX = 200
"""Parts of a span that are shown; the last ones, which explain the deadline."""


def clock_view(state: State, clock: Clock, now_ms: int = 0) -> views.ClockView:
    """How one clock stands; how much of it has passed is told at a moment only, so that rows stay as they are."""
    return views.ClockView(
        name=target_of(clock.name).value,
        state=clock.state.value,
        started_ms=clock.started_ms,
        due_ms=clock.due_ms,
        ended_ms=clock.ended_ms,
        paused_ms=clock.paused_ms,
        length_ms=clock.length_ms,
        counted_ms=counted_ms(state, clock, now_ms) if now_ms else 0,
        sla=clock.sla_id,
    )


def foremost(matter: Conversation) -> Clock | None:
    """The clock that a row shows: the next deadline to the customer, else one that stands still, else how it was met.

    A response that was late stays in sight until the customer has been answered.
    """
    mine = [one for one in matter.clocks if target_of(one.name) in CUSTOMERS]
    late = [one for one in mine if one.state is ClockState.BREACHED and not matter.answered]
    running = [one for one in mine if one.state is ClockState.RUNNING]
    if late or running:
        return min([*late, *running], key=lambda one: one.due_ms)
    paused = [one for one in mine if one.state is ClockState.PAUSED]
    ended = [one for one in mine if target_of(one.name) in RESPONSES]
    return next(iter(paused or sorted(ended, key=lambda one: -one.ended_ms)), None)


def clocks(state: State, matter: Conversation) -> list[views.ClockView]:
    """All clocks of a matter, the live ones first, by their deadline."""
    known = sorted(matter.clocks, key=lambda one: (not is_live(one), one.due_ms))
    return [clock_view(state, one) for one in known]


def open_to_customer(state: State, matter: Conversation) -> list[views.ClockView]:
    """What the customer was promised and still waits for."""
    return [clock_view(state, one) for one in matter.clocks if is_live(one) and target_of(one.name) in CUSTOMERS]


def explained(state: State, matter: Conversation, now_ms: int) -> list[views.PromiseView]:
    """Every clock with the parts of its span: what counted and what did not."""
    return [
        views.PromiseView(
            clock=clock_view(state, one, now_ms), calendar=one.calendar_id, segments=_segments(state, one)
        )
        for one in sorted(matter.clocks, key=lambda one: (not is_live(one), one.due_ms))
    ]


def _segments(state: State, clock: Clock) -> list[views.SegmentView]:
    calendar = state.calendars.get(clock.calendar_id, ALWAYS)
    until_ms = clock.ended_ms or clock.paused_ms or clock.due_ms
    parts = segments(calendar, clock.started_ms, max(clock.started_ms, until_ms), merged(pauses_of(clock)))
    return [views.SegmentView(from_ms=a, to_ms=b, kind=kind) for a, b, kind in parts[-SEGMENTS_MAX:]]
