"""Promises: the clocks of a matter, from their start to their one end.

A clock starts and ends by the kind of what happens, never because of the channel: an answer or a connected contact
meets the response, the end of the matter its resolution, its deadline breaches it, a customer who leaves cancels it.
Deadlines are computed here, once, and recorded; `targets` says what is promised, `clocks` applies, `escalations` are
done on the way to a breach.
"""

from __future__ import annotations

from collections.abc import Iterable

from omniroute.core import targets
from omniroute.core.events import (
    ClockEnded,
    ClockPaused,
    ClockResumed,
    ClockRetargeted,
    ClocksReviewed,
    ClockStarted,
)
from omniroute.core.model import (
    ASSIGNED,
    CLOCK_PAUSED,
    CLOCK_RUNNING,
    PARTS,
    Clock,
    Conversation,
    Handoff,
    WorkItem,
)
from omniroute.core.rules import Target
from omniroute.core.stages import waits_for
from omniroute.core.step import Breach, Step
from omniroute.core.targets import Promise, clock_of, is_live, moments, promise, target_of

RESPONSES = (Target.FIRST_RESPONSE, Target.NEXT_RESPONSE)
CONTACT = (*RESPONSES, Target.ANSWER)
"""What an answer meets, and what being connected meets."""


# ---- what happens to a matter


def opened(step: Step, matter: Conversation) -> None:
    """A new matter: the first response and the resolution are promised."""
    start(step, matter, Target.FIRST_RESPONSE)
    start(step, matter, Target.RESOLUTION)


def reopened(step: Step, matter: Conversation) -> None:
    """A matter goes on: a response is promised, and a resolution anew."""
    unanswered(step, matter)
    start(step, matter, Target.RESOLUTION)


def unanswered(step: Step, matter: Conversation) -> None:
    """Somebody waits for an answer: the next response is promised, or where nobody promises one, the first."""
    written(step, matter)
    if not _runs(matter, RESPONSES):
        start(step, matter, Target.FIRST_RESPONSE)


def written(step: Step, matter: Conversation) -> None:
    """The customer has written, and had been answered before: a new run of unanswered messages begins."""
    if not _runs(matter, RESPONSES):
        start(step, matter, Target.NEXT_RESPONSE)


def answered(step: Step, matter: Conversation) -> None:
    """An operator has answered."""
    _end_all(step, matter, RESPONSES, "met")


def connected(step: Step, matter: Conversation) -> None:
    """The two sides speak with each other."""
    _end_all(step, matter, CONTACT, "met")


def over(step: Step, matter: Conversation, outcome: str) -> None:
    """The matter is done (``met``), or the customer is gone (``cancelled``): no clock outlives it."""
    _end_all(step, matter, (*RESPONSES, Target.RESOLUTION), outcome)
    _end_all(step, matter, tuple(Target), "cancelled")


# ---- what happens to its work


def queued(step: Step, matter: Conversation, item: WorkItem) -> None:
    """Work waits: its department's time begins, and in a realtime channel the customer waits for somebody."""
    start(step, matter, Target.DEPARTMENT, item.work_item_id, item.queue_id)
    if step.state.channels[item.channel].realtime and not (item.handoff_id or item.outcome):
        start(step, matter, Target.ANSWER)


def begun(step: Step, matter: Conversation, item: WorkItem) -> None:
    """Somebody has taken the work: where nothing has to be connected, that is the answer."""
    if item.state is ASSIGNED and not step.state.channels[item.channel].connects:
        _end_all(step, matter, (Target.ANSWER,), "met")


def diverted(step: Step, matter: Conversation) -> None:
    """The customer was told what happens instead of an answer."""
    _end_all(step, matter, (Target.ANSWER,), "cancelled")


def left(step: Step, matter: Conversation, work_item_id: int, outcome: str) -> None:
    """The department has done its part (``met``), or the work went elsewhere (``cancelled``)."""
    end(step, matter, f"{Target.DEPARTMENT}:{work_item_id}", outcome)


def moved(step: Step, matter: Conversation, item: WorkItem, from_department_id: str) -> None:
    """Work is in another queue; another department's time begins anew."""
    if item.department_id != from_department_id:
        left(step, matter, item.work_item_id, "cancelled")
        start(step, matter, Target.DEPARTMENT, item.work_item_id, item.queue_id)


def handed(step: Step, handoff: Handoff) -> None:
    """A handoff waits for somebody to accept it; its part of the work is the other department's from now on."""
    matter = step.state.conversations[handoff.conversation_id]
    start(step, matter, Target.HANDOFF, handoff.handoff_id, handoff.to_queue_id)
    start(step, matter, Target.DEPARTMENT, handoff.target_item_id, handoff.to_queue_id)


def taken(step: Step, handoff: Handoff) -> None:
    """The handoff was accepted; who has given the whole matter away has done their part."""
    matter = step.state.conversations[handoff.conversation_id]
    end(step, matter, f"{Target.HANDOFF}:{handoff.handoff_id}", "met")
    if handoff.kind not in PARTS:
        left(step, matter, handoff.source_item_id, "met")


def dropped(step: Step, handoff: Handoff) -> None:
    """The handoff has come to nothing."""
    matter = step.state.conversations[handoff.conversation_id]
    end(step, matter, f"{Target.HANDOFF}:{handoff.handoff_id}", "cancelled")
    left(step, matter, handoff.target_item_id, "cancelled")


# ---- clocks


def start(step: Step, matter: Conversation, target: Target, subject: int = 0, queue_id: str = "") -> None:
    """Begin to count, where something is promised and no such clock runs."""
    held = promise(step.state, matter, target, queue_id)
    name = f"{target}:{subject}" if subject else str(target)
    if held is None or _live(matter, name):
        return
    clock = Clock(step.now_ms, 0, name=name)
    due_ms, next_ms = moments(step.state, clock, held, [])
    step.emit(
        ClockStarted(
            matter.conversation_id,
            step.now_ms,
            due_ms,
            name,
            held.sla_id,
            held.calendar_id,
            held.length_ms,
            next_ms,
        )
    )
    _pause(step, matter, held, name)


def end(step: Step, matter: Conversation, name: str, outcome: str) -> None:
    """End a live clock as met or cancelled; one that is overdue at this moment is breached all the same."""
    clock = _live(matter, name)
    if clock is None:
        return
    late = clock.state is CLOCK_RUNNING and clock.due_ms <= step.now_ms
    if late:
        breach(step, matter, clock)
    else:
        step.emit(ClockEnded(matter.conversation_id, outcome, step.now_ms, name))


def breach(step: Step, matter: Conversation, clock: Clock) -> None:
    """The deadline has come first; what the policy does at a breach follows when the command is done."""
    step.emit(ClockEnded(matter.conversation_id, "breached", step.now_ms, clock.name))
    if clock.sla_id:
        step.breached.append(Breach(matter, clock))


def turn(step: Step, matter: Conversation) -> None:
    """The stage is another: clocks stand still while the matter waits for somebody else, and go on when it does not."""
    for clock in list(matter.clocks):
        if not is_live(clock):
            continue
        held = _owed(step, matter, clock)
        if clock.state is CLOCK_PAUSED and waits_for(step.state, matter) not in held.pauses:
            _resume(step, matter, clock, held)
        elif clock.state is CLOCK_RUNNING:
            _pause(step, matter, held, clock.name)


def review(step: Step, matter: Conversation) -> bool:
    """Let every clock follow what is promised now; what has passed and its pauses stay. True: a deadline moved.

    A promise that nobody makes any more is kept as it was; one that is made from now on begins now.
    """
    moved = [_retarget(step, matter, clock) for clock in list(matter.clocks) if is_live(clock)]
    if not clock_of(matter, Target.RESOLUTION):
        start(step, matter, Target.RESOLUTION)
    if not matter.answered and not any(clock_of(matter, name) for name in RESPONSES):
        start(step, matter, Target.FIRST_RESPONSE)
    turn(step, matter)
    if matter.reviewed != step.state.counters.config:
        step.emit(ClocksReviewed(matter.conversation_id, step.state.counters.config))
    return any(moved)


def _retarget(step: Step, matter: Conversation, clock: Clock) -> bool:
    """Whether its deadline is another by now. What is overdue already stays, and is breached."""
    if clock.state is CLOCK_RUNNING and clock.due_ms <= step.now_ms:
        return False
    held = _owed(step, matter, clock)
    due_ms, next_ms = moments(step.state, clock, held, targets.pauses_of(clock))
    wanted = (held.sla_id, held.calendar_id, held.length_ms, due_ms, next_ms)
    if wanted == (clock.sla_id, clock.calendar_id, clock.length_ms, clock.due_ms, clock.next_ms):
        return False
    before_ms = clock.due_ms
    step.emit(ClockRetargeted(matter.conversation_id, clock.name, *wanted, step.now_ms))
    return clock.due_ms != before_ms


def _pause(step: Step, matter: Conversation, held: Promise, name: str) -> None:
    """Stop a running clock, if what the matter waits for stops it; what is overdue is breached all the same."""
    waited, clock = waits_for(step.state, matter), clock_of(matter, name)
    if not waited or waited not in held.pauses or clock is None:
        return
    if clock.due_ms <= step.now_ms:
        breach(step, matter, clock)
    else:
        step.emit(ClockPaused(matter.conversation_id, name, waited, step.now_ms))


def _resume(step: Step, matter: Conversation, clock: Clock, held: Promise) -> None:
    """What it stood still does not count."""
    pauses = [*targets.pauses_of(clock), (clock.paused_ms, step.now_ms)]
    due_ms, next_ms = moments(step.state, clock, held, pauses)
    step.emit(ClockResumed(matter.conversation_id, clock.name, step.now_ms, due_ms, next_ms))


def _owed(step: Step, matter: Conversation, clock: Clock) -> Promise:
    """What is promised of it now."""
    return targets.owed(step.state, matter, clock, queue_of(step, clock))


def queue_of(step: Step, clock: Clock) -> str:
    """The queue whose promise it is, where that is not the matter's."""
    number = targets.subject_of(clock.name)
    if number and target_of(clock.name) is Target.HANDOFF:
        handoff = step.state.handoffs.get(number)
        return handoff.to_queue_id if handoff else ""
    item = step.state.items.get(number)
    return item.queue_id if item else ""


def _end_all(step: Step, matter: Conversation, which: Iterable[Target], outcome: str) -> None:
    wanted = tuple(which)
    for clock in list(matter.clocks):
        if is_live(clock) and target_of(clock.name) in wanted:
            end(step, matter, clock.name, outcome)


def _runs(matter: Conversation, which: Iterable[Target]) -> bool:
    return any(_live(matter, name) for name in which)


def _live(matter: Conversation, name: str) -> Clock | None:
    clock = clock_of(matter, name)
    return clock if clock is not None and is_live(clock) else None
