"""The machine: the only way in.

``handle(state, command, now_ms, policies) -> events``. A command is validated completely before the first event is
emitted, so a refused one raises and changes nothing; emitted events are applied at once; then everything that was
set free is matched until nothing more follows. `apply` is the other half, for replay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from omniroute.core import (
    assigning,
    batches,
    clocks,
    closings,
    digests,
    escalations,
    handoffs,
    held,
    intake,
    merging,
    notices,
    offers,
    orders,
    overflow,
    parking,
    parts,
    people,
    presence,
    priorities,
    progress,
    queueing,
    relaxation,
    reservations,
    splitting,
    status,
    work,
)
from omniroute.core.commands import Command, FireDue, Keep, ResumeAfterOutage
from omniroute.core.deadlines import Concern, Key
from omniroute.core.events import Event
from omniroute.core.matching import settle
from omniroute.core.policy import RoutingPolicy
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import CallerError, InvalidInput

_ROOMS = (
    people,
    presence,
    intake,
    queueing,
    relaxation,
    reservations,
    overflow,
    batches,
    offers,
    assigning,
    held,
    parking,
    handoffs,
    priorities,
    progress,
    orders,
    notices,
    closings,
    clocks,
    escalations,
    parts,
    work,
    status,
    merging,
    splitting,
    digests,
)

APPLIERS: dict[type[Event], Applier] = {tag: apply for room in _ROOMS for tag, apply in room.APPLIERS.items()}


def resume(step: Step, _: ResumeAfterOutage) -> None:
    """Nobody could answer while the engine was down: overdue offers and connections end, absences are forgiven anew."""
    offers.revoke_overdue(step)
    for operator in list(step.state.operators.values()):
        if operator.connected:
            presence.start_lease(step, operator)


def handle(state: State, command: Command, now_ms: int, policies: Mapping[str, RoutingPolicy]) -> list[Event]:
    """Carry a command out and return what happened, in order; the state already shows it.

    ``now_ms`` may lag behind (a clock that was set back): logical time never goes back. Raises a `CallerError` and
    changes nothing where the command is refused.
    """
    previous_ms = state.now_ms
    state.now_ms = max(previous_ms, now_ms)
    step = Step(state, state.now_ms, policies, APPLIERS)
    try:
        HANDLERS[type(command)](step, command)
        if step.breached:
            escalations.follow(step)
        if step.queued or step.freed or step.left:
            settle(step)
        while step.breached:  # what was accepted at once has ended a clock too late
            step.left.clear()
            escalations.follow(step)
            settle(step)
    except CallerError as refused:
        if step.events:
            raise AssertionError("a command was refused after it had begun") from refused
        raise
    finally:
        if not step.events:  # time is recorded with events only, so that replay comes to the same state
            state.now_ms = previous_ms
    return step.events


def apply(state: State, event: Event, at_ms: int) -> None:
    """Replay one recorded event; needs no policy and decides nothing."""
    state.now_ms = max(state.now_ms, at_ms)
    APPLIERS[type(event)](state, event)


def next_deadline_ms(state: State, concern: Concern) -> int | None:
    """When something of this concern happens by itself; None if nothing will."""
    return state.deadlines[concern].next_ms()


def _fire(step: Step, command: FireDue) -> None:
    if command.concern not in list(Concern):
        raise InvalidInput("there is no such concern", "concern")
    index = step.state.deadlines[Concern(command.concern)]
    for key in index.due(step.now_ms, command.limit):
        if index.live.get(key, step.now_ms + 1) <= step.now_ms:  # an earlier one may have ended or moved it
            _FIRE[key[0]](step, key)


_FIRE: dict[str, Callable[[Step, Key], None]] = {
    "offer": lambda step, key: offers.expire(step, key[1]),
    "backoff": lambda step, key: offers.end_backoff(step, key[1], key[2]),
    "clock": lambda step, key: escalations.fall_due(step, key[1], key[2]),
    "review": lambda step, key: escalations.review(step, key[1]),
    "handoff": lambda step, key: handoffs.give_back(step, key[1], "timeout"),
    "task": lambda step, key: parts.fall_due(step, key[1]),
    "wrap_up": lambda step, key: work.expire_wrap_up(step, key[1]),
    "connect": lambda step, key: offers.fail_connecting(step, step.state.items[key[1]], "timeout"),
    "relax": lambda step, key: relaxation.relax(step, key[1]),
    "overflow": lambda step, key: overflow.fall_due(step, key[1]),
    "hold": lambda step, key: queueing.end_hold(step, key[1]),
    "idle": lambda step, key: held.idle(step, key[1]),
    "answer": lambda step, key: held.give_back_unanswered(step, key[1]),
    "parked": lambda step, key: parking.wake(step, step.state.items[key[1]], "due"),
    "lease": lambda step, key: presence.end_lease(step, key[2]),
    "batch": lambda step, key: batches.close(step, key[2]),
    "closing": lambda step, key: closings.fall_due(step, key[1]),
}
"""What each kind of deadline does; all of them are in ``deadlines`` by a key that begins with its name."""


HANDLERS: dict[type[Command], Handler] = {
    FireDue: _fire,
    ResumeAfterOutage: resume,
    Keep: lambda _step, _command: None,
    **{kind: handler for room in _ROOMS if hasattr(room, "HANDLERS") for kind, handler in room.HANDLERS.items()},
}
