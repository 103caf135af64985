"""23, 24, 25: clocks, from the configuration and the records alone.

What lives here: which policy holds is looked up once more, rule by rule, and a deadline is asked how much business time
lies before it, by counting instead of adding. Nothing of ``targets`` or ``sla`` is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from omniroute.core import events as e
from omniroute.core.calendars import elapsed_ms
from omniroute.core.deadlines import Concern
from omniroute.core.invariants.scope import Scope
from omniroute.core.model import Clock, ClockState, Conversation
from omniroute.core.rules import Calendar, SlaRule, Target
from omniroute.core.stages import waits_for
from omniroute.core.state import State

LIVE = {ClockState.RUNNING, ClockState.PAUSED}
STOPPED_BY_STAGES = {Target.RESOLUTION, Target.DEPARTMENT}
EVERY_HOUR = Calendar("", (), 0)
BREACH = 100
"""Percent."""
Promised = tuple[str, int, str, tuple[str, ...]]
"""The policy, the length, the calendar, and what stops it."""

# ---- at rest


def clocks(state: State, scope: Scope) -> Iterator[str]:
    """23: a running clock has its next moment among the deadlines, a paused or ended one has none, each name is one."""
    live = state.deadlines[Concern.CLOCKS].live
    for matter in scope.matters:
        if not matter.clocks:
            continue
        names = [clock.name for clock in matter.clocks]
        if len(set(names)) != len(names):
            yield f"conversation {matter.conversation_id} has a clock twice: {names}"
        for clock in matter.clocks:
            yield from _sound(matter, clock, live.get(("clock", matter.conversation_id, clock.name), 0))


def _sound(matter: Conversation, clock: Clock, deadline_ms: int) -> Iterator[str]:
    what = f"the clock {clock.name} of conversation {matter.conversation_id}"
    running, paused = clock.state is ClockState.RUNNING, clock.state is ClockState.PAUSED
    if deadline_ms != (clock.next_ms if running else 0):
        yield f"{what} is {clock.state} with the deadline {deadline_ms}, its next moment is {clock.next_ms}"
    if clock.next_ms > clock.due_ms:
        yield f"{what} is due at {clock.due_ms}, and looked at no sooner than {clock.next_ms}"
    if bool(clock.ended_ms) == (running or paused) or bool(clock.paused_ms) != paused:
        yield f"{what} is {clock.state}, ended {clock.ended_ms}, paused {clock.paused_ms}"
    if clock.pauses != sorted(clock.pauses) or len(clock.pauses) % 2:
        yield f"{what} has pauses that are none: {clock.pauses}"


def promises_are_measured(state: State, scope: Scope) -> Iterator[str]:
    """23, 24: what is promised has its clock, which stands still exactly while the stage says so."""
    slas = state.config.slas
    for matter in scope.matters:
        if not slas or matter.reviewed != state.counters.config:
            continue
        held = promised(state, matter, "resolution")
        if held and not any(clock.name == "resolution" for clock in matter.clocks):
            yield f"conversation {matter.conversation_id} is promised an end, and no clock runs"
        for clock in matter.clocks:
            stops = (promised(state, matter, clock.name) or _kept(state, clock))[3]
            stopped = waits_for(state, matter) in stops
            if clock.state in LIVE and stopped != (clock.state is ClockState.PAUSED):
                yield f"the clock {clock.name} of conversation {matter.conversation_id} is {clock.state}"


# ---- after a step


def breaches_are_escalated(state: State, events: Sequence[e.Event]) -> Iterator[str]:
    """23: what a policy does at a breach is done in the step that finds it, whatever that step was about."""
    done = [
        (one.conversation_id, one.name) for one in events if isinstance(one, e.ClockEscalated) and one.percent == BREACH
    ]
    for event in events:
        if not isinstance(event, e.ClockEnded) or event.outcome != "breached":
            continue
        target = event.name.partition(":")[0]
        rule = next((one for one in state.config.slas if one.sla_id == _sla_of(state, events, event)), None)
        steps = rule.escalations if rule else ()
        wanted = any(one.percent == BREACH and target in (one.targets or (target,)) for one in steps)
        if wanted and (event.conversation_id, event.name) not in done:
            yield f"the clock {event.name} of conversation {event.conversation_id} was breached, and nothing followed"


def _sla_of(state: State, events: Sequence[e.Event], ended: e.ClockEnded) -> str:
    """The policy of a clock, in the matter or in the record with which the matter has left."""
    matter = state.conversations.get(ended.conversation_id)
    for event in events:
        if isinstance(event, e.ConversationResolved) and event.record.conversation_id == ended.conversation_id:
            matter = event.record
    return next((one.sla_id for one in matter.clocks if one.name == ended.name), "") if matter else ""


# ---- before an event


def clocks_are_honest(state: State, event: e.Event) -> Iterator[str]:
    """23, 25: deadlines are as long as promised, what is late is breached, and nothing is done before its time."""
    match event:
        case e.InteractionReceived() if event.conversation_id in state.conversations:
            matter = state.conversations[event.conversation_id]
            if not matter.clocks and not matter.item_ids and promised(state, matter, "first_response"):
                yield f"conversation {matter.conversation_id} began without its clock"
        case e.ClockStarted():
            clock = Clock(event.at_ms, event.due_ms, name=event.name, calendar_id=event.calendar_id, pauses=[])
            yield from _length(state, event, clock, event.length_ms)
        case e.ClockResumed():
            known = _clock(state, event)
            ends = [*known.pauses, known.paused_ms, event.at_ms]
            clock = Clock(known.started_ms, event.due_ms, name=known.name, calendar_id=known.calendar_id, pauses=ends)
            yield from _length(state, event, clock, known.length_ms)
        case e.ClockRetargeted():
            known = _clock(state, event)
            clock = Clock(
                known.started_ms, event.due_ms, name=known.name, calendar_id=event.calendar_id, pauses=known.pauses
            )
            yield from _length(state, event, clock, event.length_ms)
        case e.ClockEnded():
            clock = _clock(state, event)
            late = clock.state is ClockState.RUNNING and event.at_ms >= clock.due_ms
            if late != (event.outcome == "breached"):
                yield f"the clock {event.name} of conversation {event.conversation_id} ended {event.outcome}: {late}"
        case e.ClockEscalated() if event.conversation_id in state.conversations:
            yield from _escalated(state, event, _clock(state, event))


ABOUT_CLOCKS = (
    e.InteractionReceived,
    e.ClockStarted,
    e.ClockResumed,
    e.ClockRetargeted,
    e.ClockEnded,
    e.ClockEscalated,
)
"""What `clocks_are_honest` has something to say about."""
Set = e.ClockStarted | e.ClockResumed | e.ClockRetargeted


def _length(state: State, event: Set, clock: Clock, length_ms: int) -> Iterator[str]:
    """As much business time lies before the deadline as is promised, and not a millisecond sooner."""
    what = f"{type(event).__name__}: the clock {clock.name} of conversation {event.conversation_id}"
    matter = state.conversations[event.conversation_id]
    held = promised(state, matter, clock.name)
    if held is None and not isinstance(event, e.ClockStarted):
        held = _kept(state, _clock(state, event))
    if held is None or held[:3] != (_policy(state, event), length_ms, clock.calendar_id):
        yield f"{what} measures {_policy(state, event)!r} of {length_ms} ms in {clock.calendar_id!r}, not {held}"
    before_ms = _counted(state, clock, clock.due_ms - 1)
    if _counted(state, clock, clock.due_ms) != length_ms or before_ms >= length_ms:
        yield f"{what} is due at {clock.due_ms}, when {_counted(state, clock, clock.due_ms)} of {length_ms} ms passed"


def _kept(state: State, clock: Clock) -> Promised:
    """What was promised when it began, where nothing is any more."""
    rule = next((one for one in state.config.slas if one.sla_id == clock.sla_id), None)
    stoppable = rule is not None and clock.name.partition(":")[0] in STOPPED_BY_STAGES
    return clock.sla_id, clock.length_ms, clock.calendar_id, rule.pauses if rule and stoppable else ()


def _policy(state: State, event: Set) -> str:
    return _clock(state, event).sla_id if isinstance(event, e.ClockResumed) else event.sla_id


def _escalated(state: State, event: e.ClockEscalated, clock: Clock) -> Iterator[str]:
    what = f"the clock {event.name} of conversation {event.conversation_id}"
    if event.percent <= clock.percent:
        yield f"{what} was escalated at {event.percent} percent after {clock.percent}"
    if (event.percent == 100) != (clock.state is ClockState.BREACHED):
        yield f"{what} was escalated at {event.percent} percent and is {clock.state}"
    counted = _counted(state, clock, event.at_ms)
    if event.at_ms < clock.due_ms and counted * 100 < clock.length_ms * event.percent - 100:
        yield f"{what} was escalated at {event.percent} percent after {counted} of {clock.length_ms} ms"


def _counted(state: State, clock: Clock, at_ms: int) -> int:
    calendar = state.calendars.get(clock.calendar_id, EVERY_HOUR)
    ends = clock.pauses
    return elapsed_ms(calendar, clock.started_ms, at_ms, list(zip(ends[::2], ends[1::2], strict=True)))


def _clock(state: State, event: e.Event) -> Clock:
    matter = state.conversations[getattr(event, "conversation_id", 0)]
    (clock,) = [one for one in matter.clocks if one.name == getattr(event, "name", "")]
    return clock


# ---- what the configuration says


def promised(state: State, matter: Conversation, name: str) -> Promised | None:
    """What holds for a clock of that name, rule by rule."""
    target, _, subject = name.partition(":")
    queue_id = matter.queue_id
    if target == "handoff" and int(subject) in state.handoffs:
        queue_id = state.handoffs[int(subject)].to_queue_id
    elif target == "department" and int(subject) in state.items:
        queue_id = state.items[int(subject)].queue_id
    own = state.queues[queue_id].calendar_id
    for rule in state.config.slas:
        length_ms = next((length for one, length in rule.targets if one == target), 0)
        if length_ms and _holds(rule, matter, queue_id):
            stops = rule.pauses if target in STOPPED_BY_STAGES else ()
            return rule.sla_id, length_ms, "" if rule.real_time else rule.calendar_id or own, stops
    first_ms = state.queues[queue_id].first_response_ms
    return ("", first_ms, own, ()) if target == "first_response" and first_ms else None


def _holds(rule: SlaRule, matter: Conversation, queue_id: str) -> bool:
    if rule.queues and queue_id not in rule.queues:
        return False
    if rule.kinds and matter.kind not in rule.kinds:
        return False
    if rule.channels and matter.channel not in rule.channels:
        return False
    if rule.tiers and matter.tier not in rule.tiers:
        return False
    return rule.priority_min <= matter.priority <= rule.priority_max
