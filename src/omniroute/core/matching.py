"""Matching: work and operators that were set free find each other, until nothing more follows.

What lives here: `settle`, the end of every step. Afterwards no eligible free operator stands beside a matchable item
(invariant 18), and what came first within equal rank was served first (17).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from omniroute.core import batches, offers, overflow, reservations
from omniroute.core.model import QUEUED, WorkItem
from omniroute.core.ranking import decision, rank
from omniroute.core.step import Step


def settle(step: Step) -> None:
    """Match, then divert what arrived where it cannot be served in time; again, as long as that sets something free."""
    if step.left:
        overflow.on_leaving(step)
    if step.arrived and step.state.arrivals:
        overflow.on_closed_arrival(step)
        _match_all(step)
        overflow.on_arrival(step, _match_all)
    else:
        _match_all(step)
    step.arrived.clear()


def _match_all(step: Step) -> None:
    while step.queued or step.freed:  # what is accepted at once sets its operator free for the next offer
        _match(step)


def _match(step: Step) -> None:
    """Match what was set free in order of rank.

    The line holds the woken items and the best item of each freed operator. An offer takes an item and capacity away,
    so the best of an operator only moves back; whom an automatic accept sets free stands in the line before the next
    is served. So the first of the line is always the first that anybody may get.
    """
    state = step.state
    if not len(state.waiting):
        step.queued.clear()
        step.freed.clear()
        return
    if not step.freed and len(step.queued) == 1:  # the usual step: one item has come
        item = state.items.get(step.queued.popitem()[0])
        if item is not None and item.state is QUEUED:
            _serve(step, item, "item")
        return
    line: list[tuple[int, int, str]] = []
    if step.queued:
        line = [(state.items[item_id].rank_ms, item_id, "") for item_id in step.queued if item_id in state.items]
        heapify(line)
        step.queued.clear()
    refused: tuple[int, int, str] | None = None
    while line or step.freed:
        for operator_id in step.freed:
            for entry in _next_for(step, operator_id):
                if entry == refused:  # else this loop would never end
                    raise AssertionError(f"{operator_id} may have work item {entry[1]}, and nobody may")
                heappush(line, entry)
        step.freed.clear()
        refused = None
        if line:
            entry = heappop(line)
            _, item_id, operator_id = entry
            item = state.items[item_id]
            if item.state is QUEUED:
                served = _serve(step, item, "operator" if operator_id else "item")
                refused = None if served else entry
            step.wake_operator(operator_id)


def _serve(step: Step, item: WorkItem, trigger: str) -> bool:
    """Offer the item to whom the policy ranks first, be it a colleague of the operator who was set free; if anybody."""
    one = step.state.waiting.class_of_item[item.work_item_id]
    if one.batch:
        batches.collect(step, one)
        return False
    ranking = rank(step, item, one)
    if ranking is None:
        return False
    offers.make(step, item, ranking.found[0][1], decision(step, item, one, ranking, trigger))
    return True


def _next_for(step: Step, operator_id: str) -> list[tuple[int, int, str]]:
    """The best item that the operator may get now, and a window for what is matched in batches."""
    state = step.state
    roster, waiting = state.roster, state.waiting
    if not len(waiting):
        return []
    slot = roster.slots[operator_id]
    operator = roster.operators[slot]
    lanes = roster.open_lanes(state, slot, waiting.heads)
    best = waiting.first_for(operator, lanes)
    if state.config.reserve_ms and not operator.reserved_for and reservations.claim(step, slot, best):
        return _next_for(step, operator_id)
    if waiting.batching:
        found = [one for lane in lanes for one in waiting.batches_for(operator, lane)]
        collected = {one.key.queue_id: one for one in found}
        for queue_id in sorted(collected):  # which lane is older, a snapshot does not know
            batches.collect(step, collected[queue_id])
    return [] if best is None else [(*best, operator_id)]
