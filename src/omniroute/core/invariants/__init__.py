"""The invariants, as code: what must hold after every step, and at the moment of every event.

What lives here: the tables, numbered as in ``docs/reference/invariants.md``, and three ways to ask them. `check`
recounts a state at rest, `check_touched` looks at what a step has touched and is quick, `witness` follows a step event
by event on a second state and checks what must hold *at that moment* (who was eligible, who was first). Tests call the
first and the last after every step; the simulator the last two, and the first every so often. Production calls none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.invariants.clocks import (
    ABOUT_CLOCKS,
    breaches_are_escalated,
    clocks,
    clocks_are_honest,
    promises_are_measured,
)
from omniroute.core.invariants.indexes import indexes_recount
from omniroute.core.invariants.loop import (
    CLOSINGS,
    STAGES,
    closings_are_answered_once,
    notices_are_wanted,
    open_matters_are_not_asked_about,
    stages_are_earned,
)
from omniroute.core.invariants.moments import (
    OFFERS_ENDED,
    TIMERS,
    eligible_then,
    first_in_first_out,
    no_timer_is_early,
    offers_end_in_time,
)
from omniroute.core.invariants.promises import (
    GIVEN,
    LENGTHS,
    PLACES,
    WRITTEN,
    Before,
    ages_are_kept,
    consequences,
    lengths_are_kept,
    matters_do_not_go_round,
    nothing_is_lost,
    owners_write,
    remember,
    room_then,
)
from omniroute.core.invariants.rest import (
    backoff_is_kept,
    handoffs_are_sound,
    idle_is_silent,
    nothing_dangles,
    offers_are_sound,
    one_owner,
    one_place,
    places_are_kept,
    unanswered_work_has_a_deadline,
    work_conserving,
)
from omniroute.core.invariants.scope import Scope, everything, touched
from omniroute.core.state import State
from omniroute.core.work import apply_nothing

__all__ = [
    "CONSEQUENCES",
    "INVARIANTS",
    "MOMENTS",
    "InvariantViolation",
    "check",
    "check_touched",
    "everything",
    "touched",
    "witness",
]


Moment = Callable[[State, e.Event], Iterator[str]]


class Asked(NamedTuple):
    """What is asked of a type of event; ``of`` so many moments as there were when that was found."""

    of: int
    moments: tuple[tuple[str, Moment], ...]
    consequences: bool


class InvariantViolation(AssertionError):
    """The state is impossible. The message names the invariant and the record."""


def check(state: State) -> None:
    """Raise `InvariantViolation` for the first invariant that the state at rest breaks."""
    _ask(state, everything(state))


def check_touched(state: State, events: Sequence[e.Event]) -> None:
    """The same for what the events of the last step have touched, and how it stands to everything else."""
    for complaint in breaches_are_escalated(state, events):
        raise InvariantViolation(f"invariant 23 (breaches_are_escalated): {complaint}")
    if any(isinstance(event, e.ConfigApplied) for event in events):
        check(state)
    else:
        scope = touched(state, events)
        if scope.items or scope.operators or scope.matters or scope.offers or scope.handoffs:
            _ask(state, scope)


def witness(before: State, events: Sequence[e.Event], at_ms: int) -> None:
    """Follow a step on a state that has seen everything before it; raise for the first event that should not be."""
    for event in events:
        before.now_ms = max(before.now_ms, at_ms)
        asked = _asked.get(type(event))
        if asked is None or asked.of != len(MOMENTS):
            asked = _asked_about(type(event))
        for number, moment in asked.moments:
            for complaint in moment(before, event):
                raise InvariantViolation(f"invariant {number} ({moment.__name__}): {complaint}")
        if asked.consequences:
            _apply(before, event, at_ms)
        else:
            machine.apply(before, event, at_ms)


def _apply(before: State, event: e.Event, at_ms: int) -> None:
    """Apply an event about a matter, and look at what it has made of it."""
    remembered = remember(before, event)
    machine.apply(before, event, at_ms)
    for number, consequence in CONSEQUENCES.items():
        for complaint in consequence(before, event, remembered):
            raise InvariantViolation(f"invariant {number} ({consequence.__name__}): {complaint}")


def _asked_about(kind: type[e.Event]) -> Asked:
    """The moments that have something to say of an event of that type: all of them, where nobody has said."""
    moments = tuple((number, one) for number, one in MOMENTS.items() if kind in ABOUT.get(one, (kind,)))
    named = "conversation_id" in kind.__struct_fields__ or kind is e.ConversationMerged
    about_a_matter = named and machine.APPLIERS[kind] is not apply_nothing
    found = _asked[kind] = Asked(len(MOMENTS), moments, about_a_matter)
    return found


def _ask(state: State, scope: Scope) -> None:
    for number, invariant in INVARIANTS.items():
        for complaint in invariant(state, scope):
            raise InvariantViolation(f"invariant {number} ({invariant.__name__}): {complaint}")


INVARIANTS: dict[str, Callable[[State, Scope], Iterator[str]]] = {
    "7": one_place,
    "8": indexes_recount,
    "9": one_owner,
    "10": idle_is_silent,
    "11, 13": offers_are_sound,
    "15": backoff_is_kept,
    "16": unanswered_work_has_a_deadline,
    "18": work_conserving,
    "19": places_are_kept,
    "20-22": handoffs_are_sound,
    "23": clocks,
    "23, 24": promises_are_measured,
    "closings": open_matters_are_not_asked_about,
    "links": nothing_dangles,
}
"""At rest."""
CONSEQUENCES: dict[str, Callable[[State, e.Event, Before], Iterator[str]]] = {
    "15, 16, 19, 20, 22": consequences,
    "links": nothing_is_lost,
}
"""After an event, with what was remembered from before it."""
MOMENTS: dict[str, Moment] = {
    "10-12, 15": eligible_then,
    "10, 11, 12, 21": room_then,
    "13, 14": offers_end_in_time,
    "13, 15": lengths_are_kept,
    "17": first_in_first_out,
    "16, 21": owners_write,
    "19": ages_are_kept,
    "23, 25": clocks_are_honest,
    "22": matters_do_not_go_round,
    "25": no_timer_is_early,
    "29": notices_are_wanted,
    "closings": closings_are_answered_once,
    "stages": stages_are_earned,
}
ABOUT: dict[Moment, tuple[type[e.Event], ...]] = {
    eligible_then: GIVEN,
    room_then: GIVEN,
    offers_end_in_time: OFFERS_ENDED,
    lengths_are_kept: LENGTHS,
    first_in_first_out: (e.OfferMade,),
    matters_do_not_go_round: (e.HandoffRequested,),
    owners_write: WRITTEN,
    ages_are_kept: PLACES,
    clocks_are_honest: ABOUT_CLOCKS,
    no_timer_is_early: TIMERS,
    notices_are_wanted: (e.NoticeSent,),
    closings_are_answered_once: CLOSINGS,
    stages_are_earned: STAGES,
}
"""Which events each moment is about; the others it would pass over."""
_asked: dict[type[e.Event], Asked] = {}
