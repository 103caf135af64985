"""Targets: which promise holds for a matter, and at which instants it falls due.

What lives here: the choice among the SLA policies, and the sums in business time; no decisions. Of the policies that
fit a matter the first that names a target counts for it; where none does, the queue's own promise of a first response
holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from omniroute.core.calendars import add_ms, elapsed_ms
from omniroute.core.model import CLOCK_PAUSED, CLOCK_RUNNING, Clock, Conversation
from omniroute.core.rules import Calendar, CoreConfig, Escalation, QueueRule, SlaRule, Target

if TYPE_CHECKING:
    from omniroute.core.state import State

ALWAYS = Calendar("", (), 0)
"""Where every hour counts."""
BREACH_PERCENT = 100
PROMISES_MAX = 4096
"""Remembered choices; kinds and tiers may come from strangers, so there is an end to them."""
CUSTOMERS = (Target.FIRST_RESPONSE, Target.NEXT_RESPONSE, Target.RESOLUTION, Target.ANSWER)
"""What is promised to the customer; the others are promises between departments."""
PAUSABLE = (Target.RESOLUTION, Target.DEPARTMENT)
"""What a waiting stage stops. Who has written is answered, and who is asked to take something over says so, all the
same."""

PromiseKey = tuple[Target, str, str, int, str, str]


class Promise(NamedTuple):
    """What holds for one target of one matter. ``escalations`` are those of the target, by percent."""

    sla_id: str
    length_ms: int
    calendar_id: str
    pauses: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()


def promise(state: State, matter: Conversation, target: Target, queue_id: str = "") -> Promise | None:
    """What is promised; for ``queue_id``, if that is not the matter's own. None: nothing."""
    key = (target, queue_id or matter.queue_id, matter.kind, matter.priority, matter.tier, matter.channel)
    known = state.promises
    if key not in known:
        if len(known) >= PROMISES_MAX:
            known.clear()
        known[key] = _chosen(state, key)
    return known[key]


def owed(state: State, matter: Conversation, clock: Clock, queue_id: str = "") -> Promise:
    """What holds for a clock that runs: what is promised now, or, where nothing is, what was when it began.

    So nobody's promise is lost by a move to a queue that makes none, or with the policy that made it.
    """
    target = target_of(clock.name)
    found = promise(state, matter, target, queue_id)
    if found is not None:
        return found
    rule = next((one for one in state.config.slas if one.sla_id == clock.sla_id), None)
    pauses, steps = _course(rule, target) if rule else ((), ())
    return Promise(clock.sla_id, clock.length_ms, clock.calendar_id, pauses, steps)


def _course(rule: SlaRule, target: Target) -> tuple[tuple[str, ...], tuple[Escalation, ...]]:
    """What stops a target of a policy, and what happens on the way to its breach."""
    steps = tuple([one for one in rule.escalations if not one.targets or target in one.targets])
    return (rule.pauses if target in PAUSABLE else ()), steps


def _chosen(state: State, key: PromiseKey) -> Promise | None:
    target, queue_id = key[:2]
    queue = state.queues[queue_id]
    for rule in state.config.slas:
        length_ms = dict(rule.targets).get(target, 0)
        if length_ms and _fits(rule, key):
            return Promise(rule.sla_id, length_ms, _calendar_of(rule, queue), *_course(rule, target))
    if target is Target.FIRST_RESPONSE and queue.first_response_ms:
        return Promise("", queue.first_response_ms, queue.calendar_id)
    return None


def _fits(rule: SlaRule, key: PromiseKey) -> bool:
    _, queue_id, kind, priority, tier, channel = key
    named = ((rule.queues, queue_id), (rule.kinds, kind), (rule.tiers, tier), (rule.channels, channel))
    return rule.priority_min <= priority <= rule.priority_max and all(not some or one in some for some, one in named)


def _calendar_of(rule: SlaRule, queue: QueueRule) -> str:
    return "" if rule.real_time else rule.calendar_id or queue.calendar_id


def promises_differ(before: CoreConfig, after: CoreConfig) -> bool:
    """Whether another configuration may promise something else."""
    return (before.slas, before.calendars, *map(_promised, before.queues)) != (
        after.slas,
        after.calendars,
        *map(_promised, after.queues),
    )


def _promised(queue: QueueRule) -> tuple[str, int, str]:
    return queue.queue_id, queue.first_response_ms, queue.calendar_id


# ---- clocks


def target_of(name: str) -> Target:
    """What a clock of that name measures."""
    return Target(name.partition(":")[0])


def subject_of(name: str) -> int:
    """The work item or handoff that a clock of that name is about; 0: the matter."""
    return int(name.partition(":")[2] or 0)


def clock_of(matter: Conversation, name: str) -> Clock | None:
    """The newest clock of that name."""
    for clock in matter.clocks:
        if clock.name == name:
            return clock
    return None


def is_live(clock: Clock) -> bool:
    """Whether it has not ended."""
    return clock.state is CLOCK_RUNNING or clock.state is CLOCK_PAUSED


def customers_due_ms(matter: Conversation) -> int:
    """When the next running promise to the customer falls due; 0: none runs."""
    return min([one.due_ms for one in matter.clocks if _counts(one)], default=0)


def _counts(clock: Clock) -> bool:
    return clock.state is CLOCK_RUNNING and target_of(clock.name) in CUSTOMERS


# ---- instants


def pauses_of(clock: Clock) -> list[tuple[int, int]]:
    """What does not count, as intervals; a pause that has not ended is not among them."""
    ends = clock.pauses
    return list(zip(ends[::2], ends[1::2], strict=True))


def moments(state: State, clock: Clock, held: Promise, pauses: list[tuple[int, int]]) -> tuple[int, int]:
    """When the clock falls due under a promise, and when the next thing happens to it (an escalation, or that)."""
    calendar = state.calendars.get(held.calendar_id, ALWAYS)
    due_ms = add_ms(calendar, clock.started_ms, held.length_ms, pauses)
    percent = next_percent(held, clock.percent)
    if percent >= BREACH_PERCENT:
        return due_ms, due_ms
    return due_ms, add_ms(calendar, clock.started_ms, held.length_ms * percent // BREACH_PERCENT, pauses)


def next_percent(held: Promise, done: int) -> int:
    """Of the escalations beyond ``done`` percent the first; 100, if only the breach is left."""
    return min([one.percent for one in held.escalations if one.percent > done], default=BREACH_PERCENT)


def ahead(clock: Clock, percent: int) -> Clock:
    """The clock as it is when an escalation has been done."""
    return msgspec.structs.replace(clock, percent=percent)


def counted_ms(state: State, clock: Clock, now_ms: int) -> int:
    """How much of its time has passed."""
    until_ms = clock.ended_ms or clock.paused_ms or now_ms
    calendar = state.calendars.get(clock.calendar_id, ALWAYS)
    return elapsed_ms(calendar, clock.started_ms, until_ms, pauses_of(clock))
