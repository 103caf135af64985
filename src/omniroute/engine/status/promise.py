"""The next promise, as a customer may hear it: the one place that says which clock that is."""

from __future__ import annotations

from typing import NamedTuple

from omniroute.core.model import ClockState, Conversation, Stage
from omniroute.core.state import State


class Promise(NamedTuple):
    """What we have promised next, by when, and whether that moment has passed."""

    kind: str
    due_ms: int
    late: bool = False


def promise_of(state: State, matter: Conversation) -> Promise | None:  # noqa: ARG001 - for clocks that the state keeps
    """The promise that runs for an open matter; a broken one is shown until somebody has begun."""
    clock = matter.clock
    if clock is None or clock.state not in {ClockState.RUNNING, ClockState.BREACHED}:
        return None
    late = clock.state is ClockState.BREACHED
    return None if late and matter.stage is not Stage.RECEIVED else Promise("first_response", clock.due_ms, late)
