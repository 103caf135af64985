"""Ranking: the best operators for an item, and the reasons in the bounded form that is recorded.

What lives here: eligible operators as bits (the able of the item's class who stand open in its lane), ordered by the
plan of its queue. The counts of an explanation are the sizes of the same sets, so that they cost next to nothing.
"""

from __future__ import annotations

import msgspec

from omniroute.core.bits import lowest
from omniroute.core.events import Candidate, Decision
from omniroute.core.handling import expected_ms
from omniroute.core.model import WorkItem
from omniroute.core.plans import Found, Plan, PolicyFailure, default_plan, plan_of
from omniroute.core.roster import OPEN
from omniroute.core.state import State
from omniroute.core.step import Step
from omniroute.core.waiting import WaitingClass

CANDIDATES_MAX = 3
"""How many of the best candidates an explanation keeps."""
NAMED_MAX = 8
"""How many excluded operators an explanation names; the others are counted."""


class Ranking(msgspec.Struct, frozen=True, gc=False):
    """The best of the ``eligible`` (as bits), with the terms that ranked them."""

    policy: str
    terms: tuple[str, ...]
    found: Found
    eligible: int
    failed_policy: str = ""


def eligible_for(state: State, one: WaitingClass) -> int:
    """Everybody who can be offered an item of the class now, as bits."""
    open_now = state.roster.lane(state, one.lane).bits[OPEN]
    return open_now and one.able(state.roster) & open_now


def rank(step: Step, item: WorkItem, one: WaitingClass, plan: Plan | None = None) -> Ranking | None:
    """The best operators for an item of that class, by its queue's plan or another; None if there is nobody."""
    state = step.state
    eligible = eligible_for(state, one)
    if not eligible:
        return None
    plan, failed = plan or plan_of(state, step.policies, state.queues[item.queue_id].policy), ""
    try:
        terms, found = plan.best(state, item, one.key, eligible, CANDIDATES_MAX)
    except PolicyFailure as failure:
        failed, plan = failure.name, default_plan(state)
        terms, found = plan.best(state, item, one.key, eligible, CANDIDATES_MAX)
    return Ranking(plan.name, tuple(terms), found, eligible, failed)


def decision(step: Step, item: WorkItem, one: WaitingClass, ranking: Ranking, trigger: str) -> Decision:
    """The reasons in the bounded form that is recorded."""
    state = step.state
    excluded, named = exclusions(state, one)
    return Decision(
        ranking.policy,
        trigger,
        ranking.terms,
        tuple([Candidate(operator_id, terms) for terms, operator_id in ranking.found]),
        excluded,
        named,
        ranking.failed_policy,
        ranking.eligible.bit_count(),
        expected_ms(state, item.queue_id, item.channel),
        step.now_ms - item.enqueued_ms,
        item.relaxed,
    )


def exclusions(state: State, one: WaitingClass) -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """How many cannot have an item of the class now, by reason, and the first few who could at another hour."""
    roster = state.roster
    able, lacking = one.sieved(roster)
    lane, counts = roster.lane(state, one.lane), lacking.copy()
    for reason in lane.busy:
        stopped = able & lane.bits[reason]
        if stopped:
            counts[reason] = stopped.bit_count()
    stopped = able & ~lane.bits[OPEN]
    operators, of = roster.operators, lane.of
    named = [(operators[slot].operator_id, of[slot] or "") for slot in lowest(stopped, NAMED_MAX)]
    return counts, tuple(named)
