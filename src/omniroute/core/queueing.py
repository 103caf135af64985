"""Queueing: a matter gets a work item that waits at its place in a queue, and moves from one queue to another.

What lives here: the place of an item in the order of work, and the reservation for its previous operator. The place
is an instant in ms, given by the policy of the queue when the item enters it: by default ``enqueued_ms -
priority_weight_ms × priority``. Nothing that comes more than ``priority_weight_ms × (highest - own priority)`` later
goes first, so while there is capacity nobody starves (invariant 19); a slack-ordered queue adds twice its
``ageing_ms`` to that bound.
"""

from __future__ import annotations

from omniroute.core import sla, timing
from omniroute.core.calendars import before_ms
from omniroute.core.classes import ClassKey, class_of
from omniroute.core.eligibility import unable
from omniroute.core.events import HoldEnded, ItemMoved, ItemQueued, ItemRanked
from omniroute.core.handling import expected_ms
from omniroute.core.model import AVAILABLE, QUEUED, Conversation, Operator, WorkItem
from omniroute.core.plans import Plan, PolicyFailure, default_plan, plan_of
from omniroute.core.policy import Work
from omniroute.core.rules import QueueRule, Requirement
from omniroute.core.state import State
from omniroute.core.step import Applier, Step
from omniroute.core.targets import customers_due_ms

# ---- decide


def queue_item(
    step: Step,
    matter: Conversation,
    own: tuple[Requirement, ...] = (),
    preferred: tuple[Requirement, ...] = (),
    previous_operator_id: str = "",
    again_operator_id: str = "",
) -> None:
    """New work of a matter waits in the matter's queue.

    Of a matter that goes on again it is kept for a while for ``again_operator_id``, whatever the queue's policy.
    """
    state = step.state
    rule, channel = state.queues[matter.queue_id], state.channels[matter.channel]
    work_item_id = state.counters.work_item + 1
    required = merged(rule.requirements, own)
    expected = expected_ms(state, rule.queue_id, matter.channel)
    plan = plan_of(state, step.policies, rule.policy)
    rank_ms, failed = place_of(state, plan, rule, matter, step.now_ms, expected)
    previous = previous_operator_id or matter.last_operator_id
    hold_ms = rule.sticky_ms if plan.sticky else 0
    if again_operator_id:
        previous, hold_ms = again_operator_id, max(hold_ms, state.config.return_ms)
    held_for = _held_for(state, rule, matter, required, previous) if previous and hold_ms else ""
    step.emit(
        ItemQueued(
            work_item_id,
            matter.conversation_id,
            rule.queue_id,
            rule.department_id,
            matter.channel,
            channel.cost_units,
            matter.priority,
            rank_ms,
            required,
            step.now_ms,
            own=own,
            preferred=merged(rule.preferred, preferred),
            held_for=held_for,
            hold_until_ms=step.now_ms + hold_ms if held_for else 0,
            expected_ms=expected,
            failed_policy=failed,
        )
    )
    sla.queued(step, matter, state.items[work_item_id])
    step.arrive(work_item_id)


def merged(first: tuple[Requirement, ...], second: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Both; of one skill the higher level."""
    if not second and (not first or _ascending(first)):
        return first
    if not first and _ascending(second):
        return second
    levels: dict[str, int] = {}
    for one in (*first, *second):
        levels[one.skill] = max(levels.get(one.skill, 0), one.level)
    return tuple([Requirement(skill, levels[skill]) for skill in sorted(levels)])


def _ascending(those: tuple[Requirement, ...]) -> bool:
    """Whether they are in order, each skill once."""
    before = ""
    for one in those:
        if one.skill <= before:
            return False
        before = one.skill
    return True


def place_of(
    state: State, plan: Plan, rule: QueueRule, matter: Conversation, enqueued_ms: int, expected: int
) -> tuple[int, str]:
    """The place in the order of work by the queue's plan; with the name of a policy that failed."""
    if plan.ages:
        return enqueued_ms - state.config.priority_weight_ms * matter.priority, ""
    due_ms = customers_due_ms(matter)
    work = Work(
        enqueued_ms,
        matter.priority,
        state.config.priority_weight_ms,
        due_ms,
        _latest_start_ms(state, rule, due_ms, expected),
        expected,
        rule.ageing_ms,
    )
    try:
        return plan.rank_ms(work), ""
    except PolicyFailure as failure:
        return default_plan(state).rank_ms(work), failure.name


def _latest_start_ms(state: State, rule: QueueRule, due_ms: int, expected: int) -> int:
    calendar = state.calendars.get(rule.calendar_id)
    if not due_ms or calendar is None:
        return due_ms - expected if due_ms else 0
    return before_ms(calendar, due_ms, expected)


def _held_for(
    state: State, rule: QueueRule, matter: Conversation, required: tuple[Requirement, ...], previous: str
) -> str:
    """The previous operator, if they are there and able; busy or not."""
    operator = state.operators.get(previous)
    if operator is None or not is_there(operator, matter.channel):
        return ""
    key = ClassKey(rule.queue_id, rule.department_id, matter.channel, 0, required)
    return "" if unable(state, operator, key) else previous


def is_there(operator: Operator, channel: str) -> bool:
    """Whether the operator is available on a channel, busy or not."""
    return operator.presence is AVAILABLE and operator.channels.get(channel, AVAILABLE) is AVAILABLE


def can_wait_for(state: State, operator_id: str, item: WorkItem) -> bool:
    """Whether an item may be kept for the operator: they are there, able, and not in back-off."""
    operator = state.operators.get(operator_id)
    if operator is None or operator_id in item.backoff or not is_there(operator, item.channel):
        return False
    return not unable(state, operator, class_of(item))


def move(step: Step, item: WorkItem, queue_id: str, cause: str, reason: str = "", by: str = "") -> None:
    """A waiting item goes to another queue, at its age; its requirements are the new queue's and its own."""
    state = step.state
    rule, matter, department_id = state.queues[queue_id], state.conversations[item.conversation_id], item.department_id
    expected = expected_ms(state, queue_id, item.channel)
    plan = plan_of(state, step.policies, rule.policy)
    rank_ms, failed = place_of(state, plan, rule, matter, item.enqueued_ms, expected)
    step.emit(
        ItemMoved(
            item.work_item_id,
            item.conversation_id,
            item.queue_id,
            queue_id,
            rule.department_id,
            rank_ms,
            merged(rule.requirements, item.own),
            merged(rule.preferred, own_wishes(state, item)),
            cause,
            step.now_ms,
            reason,
            by,
            failed,
        )
    )
    sla.moved(step, matter, item, department_id)
    review(step, matter)
    step.arrive(item.work_item_id)


def review(step: Step, matter: Conversation) -> None:
    """Other things may be promised by now; work whose place follows its promise gets another one."""
    if sla.review(step, matter):
        rank_again(step, matter)


def rank_again(step: Step, matter: Conversation) -> None:
    """Its work gets the place that follows from its priority and its promises as they are now."""
    state = step.state
    for item in [state.items[number] for number in matter.item_ids]:
        rule = state.queues[item.queue_id]
        plan = plan_of(state, step.policies, rule.policy)
        expected = expected_ms(state, item.queue_id, item.channel)
        rank_ms, failed = place_of(state, plan, rule, matter, item.enqueued_ms, expected)
        if (rank_ms, matter.priority) == (item.rank_ms, item.priority):
            continue
        step.emit(ItemRanked(item.work_item_id, matter.conversation_id, matter.priority, rank_ms, failed))
        if item.state is QUEUED:
            step.wake_item(item.work_item_id)


def own_wishes(state: State, item: WorkItem) -> tuple[Requirement, ...]:
    """What the item itself prefers, beside its queue."""
    of_queue = state.queues[item.queue_id].preferred
    return tuple([one for one in item.preferred if one not in of_queue])


def end_hold(step: Step, work_item_id: int) -> None:
    """The item need not wait for one operator any more."""
    step.emit(HoldEnded(work_item_id))
    step.wake_item(work_item_id)


# ---- apply


def apply_queued(state: State, event: ItemQueued) -> None:
    """The item waits at its place."""
    state.counters.work_item = event.work_item_id
    state.add_item(
        WorkItem(
            event.work_item_id,
            event.conversation_id,
            event.queue_id,
            event.department_id,
            event.channel,
            event.cost_units,
            event.priority,
            event.enqueued_ms or event.at_ms,
            event.rank_ms,
            event.requirements,
            backoff={},
            own=event.own,
            preferred=event.preferred,
            held_for=event.held_for,
            hold_until_ms=event.hold_until_ms,
            handoff_id=event.handoff_id,
        )
    )


def apply_moved(state: State, event: ItemMoved) -> None:
    """The matter goes with its item; relaxation begins anew, by the whole time that it has waited."""
    item = state.items[event.work_item_id]
    if event.cause == timing.UNSTAFFED:
        timing.strand(state, item, event.at_ms)
    with state.rekeyed(item):
        item.queue_id, item.department_id = event.queue_id, event.department_id
        item.rank_ms, item.requirements, item.preferred = event.rank_ms, event.requirements, event.preferred
        item.departments = item.queues = item.operators = ()
        item.relaxed, item.held_for, item.hold_until_ms, item.overflow_due_ms = 0, "", 0, 0
        state.unreserve(item)
        item.overflowed = 0 if event.cause == "requeue" else item.overflowed + 1
        timing.arm(state, item)
        timing.index(state, item)
    matter = state.conversations[item.conversation_id]
    if not (item.handoff_id or item.part_of):
        matter.queue_id, matter.department_id = event.queue_id, event.department_id


def apply_hold_ended(state: State, event: HoldEnded) -> None:
    """Everybody may have it."""
    item = state.items[event.work_item_id]
    with state.rekeyed(item):
        item.held_for, item.hold_until_ms = "", 0
    timing.arm(state, item)
    timing.index(state, item)


APPLIERS: dict[type, Applier] = {ItemQueued: apply_queued, ItemMoved: apply_moved, HoldEnded: apply_hold_ended}
