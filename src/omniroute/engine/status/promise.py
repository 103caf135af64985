"""The next promise, as a customer may hear it: the one place that says which clock that is."""

from __future__ import annotations

from typing import NamedTuple

from omniroute.core.model import ClockState, Conversation
from omniroute.core.rules import Target
from omniroute.core.targets import target_of

TOLD = (Target.FIRST_RESPONSE, Target.NEXT_RESPONSE, Target.RESOLUTION)
"""What a customer who reads may be told; a caller who waits is answered before they could."""


class Promise(NamedTuple):
    """What we have promised next, by when, and whether that moment has passed."""

    kind: str
    due_ms: int
    late: bool = False


def promise_of(matter: Conversation) -> Promise | None:
    """The promise of an open matter that falls due first; a broken one is shown until the customer is answered."""
    known = [one for one in matter.clocks if target_of(one.name) in TOLD]
    shown = [one for one in known if one.state is ClockState.RUNNING]
    shown += [one for one in known if one.state is ClockState.BREACHED and not matter.answered]
    clock = min(shown, key=lambda one: one.due_ms, default=None)
    if clock is None:
        return None
    return Promise(target_of(clock.name).value, clock.due_ms, clock.state is ClockState.BREACHED)
