"""Batches: queues whose policy matches several items and operators at once, after collecting for a window.

What lives here: opening and closing the window. It opens when an item could be given to somebody, closes at its exact
deadline, and opens again as long as something could be given. The policy gets at most `ITEMS_MAX` items, the oldest,
and `OPERATORS_MAX` operators, for each item at least one; what it returns is checked, and where it fails the default
policy decides, item by item.
"""

from __future__ import annotations

from heapq import merge
from itertools import islice
from typing import NamedTuple

import msgspec

from omniroute.core import offers
from omniroute.core.bits import members
from omniroute.core.deadlines import Concern
from omniroute.core.events import BatchClosed, BatchOpened, Candidate, Decision
from omniroute.core.handling import expected_ms
from omniroute.core.model import ItemState, Operator, WorkItem
from omniroute.core.plans import Plan, default_plan, plan_of
from omniroute.core.ranking import decision, eligible_for, exclusions, rank
from omniroute.core.state import State
from omniroute.core.step import Applier, Step
from omniroute.core.waiting import WaitingClass

ITEMS_MAX = 200
OPERATORS_MAX = 200

# ---- decide


class Batch(NamedTuple):
    """What one round is about: ``eligible[i]`` are the operators (as bits) who may have ``items[i]``."""

    items: list[WorkItem]
    operators: list[Operator]
    eligible: list[int]


def collect(step: Step, one: WaitingClass) -> None:
    """Open the window of the class's queue, if somebody could have its work and none is open."""
    queue_id = one.key.queue_id
    if queue_id not in step.state.batches and eligible_for(step.state, one):
        step.emit(BatchOpened(queue_id, step.now_ms, step.now_ms + step.state.queues[queue_id].batch_ms))


def close(step: Step, queue_id: str) -> None:
    """The window is over: match what was collected."""
    batch = _batch(step.state, queue_id)
    step.emit(BatchClosed(queue_id, step.now_ms, len(batch.items), step.state.waiting.length(queue_id)))
    if batch.items:
        _match(step, batch, plan_of(step.state, step.policies, step.state.queues[queue_id].policy))
    for one in list(step.state.waiting.by_queue.get(queue_id, {}).values()):
        collect(step, one)


def _batch(state: State, queue_id: str) -> Batch:
    """The oldest items that somebody could have, and these people."""
    classes = list(state.waiting.by_queue.get(queue_id, {}).values())
    matchable = [one for one in classes if eligible_for(state, one)]
    places = islice(merge(*(one.line.places() for one in matchable)), ITEMS_MAX)
    items = [state.items[item_id] for _, item_id in places]
    eligible = [eligible_for(state, state.waiting.class_of_item[item.work_item_id]) for item in items]
    return Batch(items, [state.roster.operators[slot] for slot in members(_chosen(eligible))], eligible)


def _chosen(eligible: list[int]) -> int:
    """At most `OPERATORS_MAX` operators: somebody for every item, so that none waits for ever; then whoever comes."""
    chosen = anybody = 0
    for bits in eligible[:OPERATORS_MAX]:
        anybody |= bits
        if not bits & chosen:
            chosen |= bits & -bits
    for slot in members(anybody & ~chosen, OPERATORS_MAX - chosen.bit_count()):
        chosen |= 1 << slot
    return chosen


def _match(step: Step, batch: Batch, plan: Plan) -> None:
    state = step.state
    slots = [state.roster.slots[operator.operator_id] for operator in batch.operators]
    table = [[bool(bits >> slot & 1) for slot in slots] for bits in batch.eligible]
    pairs, failed = _asked(plan, batch, table, step.now_ms)
    for place, other in pairs:
        _offer(step, batch, place, batch.operators[other], plan)
    if failed:
        _one_by_one(step, batch, failed)


def _asked(plan: Plan, batch: Batch, table: list[list[bool]], now_ms: int) -> tuple[list[tuple[int, int]], str]:
    """The policy's pairs, or none and its name where it breaks its contract; every item here could be given."""
    if plan.batch is None:
        return [], plan.name
    try:
        pairs = [(place, other) for place, other in plan.batch.match(batch.items, batch.operators, table, now_ms)]
        sound = all(table[place][other] and place >= 0 and other >= 0 for place, other in pairs)
        single = len({place for place, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    except Exception:  # a stranger's policy: whatever it raises, the items are served and the policy named
        return [], plan.batch.name
    return (pairs, "") if pairs and sound and single else ([], plan.batch.name)


def _offer(step: Step, batch: Batch, place: int, operator: Operator, plan: Plan) -> None:
    state, item = step.state, batch.items[place]
    one = state.waiting.class_of_item[item.work_item_id]
    counts, named = exclusions(state, one)
    reasons = Decision(
        plan.name,
        "batch",
        ("items", "operators"),
        (Candidate(operator.operator_id, (len(batch.items), len(batch.operators))),),
        counts,
        named,
        "",
        batch.eligible[place].bit_count(),
        expected_ms(state, item.queue_id, item.channel),
        step.now_ms - item.enqueued_ms,
        item.relaxed,
    )
    offers.make(step, item, operator.operator_id, reasons)


def _one_by_one(step: Step, batch: Batch, failed: str) -> None:
    """The default policy serves what the batch policy could not, in order of rank."""
    for item in batch.items:
        one = step.state.waiting.class_of_item.get(item.work_item_id)
        if item.state is not ItemState.QUEUED or one is None:
            continue
        ranking = rank(step, item, one, default_plan(step.state))
        if ranking is not None:
            ranking = msgspec.structs.replace(ranking, failed_policy=failed)
            offers.make(step, item, ranking.found[0][1], decision(step, item, one, ranking, "batch"))


# ---- apply


def apply_opened(state: State, event: BatchOpened) -> None:
    """The window is open until its deadline."""
    state.batches[event.queue_id] = event.due_ms
    state.deadlines[Concern.BATCHES].set(("batch", 0, event.queue_id), event.due_ms)


def apply_closed(state: State, event: BatchClosed) -> None:
    """The window is closed."""
    state.batches.pop(event.queue_id, None)
    state.deadlines[Concern.BATCHES].clear(("batch", 0, event.queue_id))


APPLIERS: dict[type, Applier] = {BatchOpened: apply_opened, BatchClosed: apply_closed}
