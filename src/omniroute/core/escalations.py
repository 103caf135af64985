"""Escalations: what an SLA policy does on the way to a breach and at it, once for each clock.

What lives here: the firing of a clock's next moment, and the actions. Each escalation is recorded before its actions,
so that nothing is done twice whatever happens in between; what does not fit (work that is held cannot be moved) is left
out.
"""

from __future__ import annotations

from omniroute.core import offers, priorities, queueing, sla, targets
from omniroute.core.eligibility import why_not_by_hand
from omniroute.core.events import ClockEscalated, Decision, ItemRequired
from omniroute.core.model import CLOCK_RUNNING, OFFERED, PARKED, QUEUED, Clock, Conversation, WorkItem
from omniroute.core.queueing import merged
from omniroute.core.relaxation import joined, widened
from omniroute.core.rules import Escalation, Target
from omniroute.core.state import State
from omniroute.core.step import Step
from omniroute.core.targets import BREACH_PERCENT, Promise, clock_of, target_of

ESCALATED = Decision("", "escalation", (), (), {})
"""The reasons of an offer that an escalation made."""
OWNER, SUPERVISOR = "owner", "supervisor"
"""In ``notify``: who holds the matter, and whoever answers for its department."""
DEPARTMENT = "department:"
"""What a recorded notification of a department's supervisors begins with."""


def fall_due(step: Step, conversation_id: int, name: str) -> None:
    """The next moment of a clock has come: what is due of its escalations, in order, and the breach."""
    matter = step.state.conversations[conversation_id]
    if matter.reviewed != step.state.counters.config:  # the moment may be that of a policy that has gone
        queueing.review(step, matter)
    clock = clock_of(matter, name)
    while clock is not None and clock.state is CLOCK_RUNNING and clock.next_ms <= step.now_ms:
        if clock.due_ms <= step.now_ms and _percent(step.state, clock) >= BREACH_PERCENT:
            sla.breach(step, matter, clock)
        else:
            _reach(step, matter, clock)
        clock = clock_of(matter, name)


def review(step: Step, conversation_id: int) -> None:
    """The configuration is another: so may be what is promised."""
    queueing.review(step, step.state.conversations[conversation_id])


def follow(step: Step) -> None:
    """Do what is to be done at a breach, for every clock that this command has breached."""
    while step.breached:
        late = step.breached.pop(0)
        for one in _escalations(step.state, late.clock.sla_id, target_of(late.clock.name)):
            if one.percent == BREACH_PERCENT:
                _escalate(step, late.matter, late.clock, one, late.clock.due_ms)


def _percent(state: State, clock: Clock) -> int:
    """Of the escalations that have not been done the first; those of its policy, as it is now."""
    known = [one.percent for one in _escalations(state, clock.sla_id, target_of(clock.name))]
    return min([percent for percent in known if percent > clock.percent], default=BREACH_PERCENT)


def _escalations(state: State, sla_id: str, target: Target) -> list[Escalation]:
    """What a policy does for a target, by percent."""
    for rule in state.config.slas:
        if rule.sla_id == sla_id:
            return [one for one in rule.escalations if not one.targets or target in one.targets]
    return []


def _reach(step: Step, matter: Conversation, clock: Clock) -> None:
    """So many percent have passed: all that is to be done at it."""
    state = step.state
    percent = _percent(state, clock)
    known = _escalations(state, clock.sla_id, target_of(clock.name))
    those = [one for one in known if one.percent == percent < BREACH_PERCENT]
    held = Promise(clock.sla_id, clock.length_ms, clock.calendar_id, escalations=tuple(known))  # as it was promised
    ahead = targets.ahead(clock, percent)
    next_ms = min(targets.moments(state, ahead, held, targets.pauses_of(clock))[1], clock.due_ms)
    if targets.next_percent(held, percent) >= BREACH_PERCENT:
        next_ms = clock.due_ms
    if not those:  # the policy has lost it meanwhile
        step.emit(ClockEscalated(matter.conversation_id, clock.name, clock.sla_id, percent, step.now_ms, next_ms))
    for one in those:
        _escalate(step, matter, clock, one, next_ms)


def _escalate(step: Step, matter: Conversation, clock: Clock, one: Escalation, next_ms: int) -> None:
    effect_id = step.state.counters.effect + 1 if one.webhook else 0
    step.emit(
        ClockEscalated(
            matter.conversation_id,
            clock.name,
            clock.sla_id,
            one.percent,
            step.now_ms,
            next_ms,
            _told(matter, one),
            one.webhook,
            effect_id,
        )
    )
    if matter.conversation_id not in step.state.conversations:
        return  # it was done late: there is nothing left to hurry
    if one.priority:
        priorities.prioritize(step, matter, matter.priority + one.priority, matter.tier, clock.sla_id)
    for item in _items(step.state, matter, clock):
        _act(step, item, one, clock.sla_id)


def _told(matter: Conversation, one: Escalation) -> tuple[str, ...]:
    """Who is told, each once."""
    known = {OWNER: matter.owner_id, SUPERVISOR: DEPARTMENT + matter.department_id}
    names = [known.get(name, name) for name in one.notify]
    return tuple(dict.fromkeys([name for name in names if name]))


def _items(state: State, matter: Conversation, clock: Clock) -> list[WorkItem]:
    """The work that the clock is about: one department's, or all of the matter but what is being handed over."""
    subject = targets.subject_of(clock.name) if target_of(clock.name) is Target.DEPARTMENT else 0
    numbers = [subject] if subject else [one.work_item_id for one in state.work_of(matter)]
    items = [state.items[number] for number in numbers if number in state.items]
    return [item for item in items if not item.handoff_id and item.state in {QUEUED, OFFERED, PARKED}]


def _act(step: Step, item: WorkItem, one: Escalation, sla_id: str) -> None:
    """What is done to waiting work."""
    if one.queue_id and one.queue_id != item.queue_id:
        if item.state is OFFERED:
            offers.revoke(step, item.offer_id, "requeued")
        if item.state is QUEUED:
            queueing.move(step, item, one.queue_id, f"escalation:{sla_id}")
    if one.require or one.widen or one.offer_to:
        _require(step, item, one)
    if one.offer_to and item.state is QUEUED:
        _offer(step, item, one.offer_to)


def _require(step: Step, item: WorkItem, one: Escalation) -> None:
    """Ask for other things, or of more people."""
    own, required = merged(item.own, one.require), merged(item.requirements, one.require)
    departments, queues, operators = item.departments, item.queues, joined(item.operators, one.offer_to)
    if one.widen is not None:
        own, required = widened(own, one.widen), widened(required, one.widen)
        departments, queues = joined(departments, one.widen.departments), joined(queues, one.widen.queues)
        operators = joined(operators, one.widen.operators)
    wanted = (own, required, departments, queues, operators)
    if wanted == (item.own, item.requirements, item.departments, item.queues, item.operators):
        return
    step.emit(ItemRequired(item.work_item_id, item.conversation_id, *wanted, step.now_ms))
    if item.state is QUEUED:
        step.wake_item(item.work_item_id)


def _offer(step: Step, item: WorkItem, operators: tuple[str, ...]) -> None:
    """To the first who is there, able, and has room; where nobody is, it waits, open to all of them."""
    for operator_id in operators:
        operator = step.state.operators.get(operator_id)
        if operator is not None and operator_id not in item.backoff and not why_not_by_hand(step.state, operator, item):
            offers.make(step, item, operator_id, ESCALATED)
            return


def apply_required(state: State, event: ItemRequired) -> None:
    """It asks for other things, or of other people; who is offered it now may answer."""
    item = state.items[event.work_item_id]
    with state.rekeyed(item):
        item.own, item.requirements = event.own, event.requirements
        item.departments, item.queues, item.operators = event.departments, event.queues, event.operators


APPLIERS = {ItemRequired: apply_required}
