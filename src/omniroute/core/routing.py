"""Routing: who gets what next, and why.

What lives here: the policy contract, eligibility, and `settle`, which matches until no eligible free operator stands
beside a matchable item. Policies only order; the core decides, and the reasons go into the event.
"""

from __future__ import annotations

from collections import Counter
from heapq import heapify, heappop, heappush
from typing import NamedTuple, Protocol

from omniroute.core.events import Candidate, Decision, OfferMade
from omniroute.core.model import ItemState, Operator, Presence, QueueRule, WorkItem
from omniroute.core.state import State
from omniroute.core.step import Step
from omniroute.core.waiting import ClassKey, class_of

CANDIDATES_MAX = 5
"""How many of the best candidates an explanation keeps."""
TERM_MAX = 2**63 - 1
"""The largest number in a key, so that every decision can be recorded."""
CLASSES_REMEMBERED_MAX = 4096
"""Requirement classes whose able operators are remembered."""
NAMED_MAX = 8
"""How many excluded operators an explanation names; the others are counted."""


class RoutingPolicy(Protocol):
    """An ordering of operators for an item; pure, bound by the text of `omniroute.policies.contract`."""

    @property
    def name(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the key, for explanations."""
        ...

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        """Smaller is better. Must not change its arguments."""
        ...


class _LongestIdle:
    """What is used when a policy is missing or breaks."""

    name = "longest_idle"
    terms = ("idle_since_ms",)

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:  # noqa: ARG002
        return (operator.idle_since_ms,)


DEFAULT_POLICY: RoutingPolicy = _LongestIdle()


class Ranking(NamedTuple):
    """Eligible operators in order, and why the others are not among them.

    ``excluded`` names the able who cannot have it now; ``lacking`` counts those who could not at any hour.
    """

    candidates: list[tuple[tuple[int, ...], str]]
    excluded: dict[str, str]
    lacking: dict[str, int]
    policy: RoutingPolicy
    failed_policy: str


def unable(operator: Operator, key: ClassKey) -> str:
    """What the operator lacks for the class, whatever the hour; empty if nothing."""
    if key.department_id not in operator.departments:
        return "department"
    for requirement in key.requirements:
        if operator.skills.get(requirement.skill, 0) < requirement.level:
            return f"skill:{requirement}"
    return ""


def able(state: State, key: ClassKey) -> tuple[dict[str, Operator], dict[str, int]]:
    """Who could serve the class at some hour, and how many lack what; remembered until abilities change."""
    known = state.able.get(key)
    if known is None:
        if len(state.able) >= CLASSES_REMEMBERED_MAX:
            state.able.clear()
        reasons = {operator_id: unable(operator, key) for operator_id, operator in state.operators.items()}
        known = (
            {operator_id: state.operators[operator_id] for operator_id, reason in reasons.items() if not reason},
            dict(Counter(filter(None, reasons.values()))),
        )
        state.able[key] = known
    return known


def busy(state: State, operator: Operator, key: ClassKey) -> str:
    """Why an able operator cannot serve the class just now; empty if nothing stands against it."""
    if operator.presence is not Presence.AVAILABLE:
        return f"presence:{operator.presence}"
    if state.in_wrap_up(operator):
        return "wrap_up"
    if len(operator.offer_ids) >= state.config.offers_max:
        return "offers_pending"
    if key.cost_units > state.free_units(operator):
        return "capacity"
    return ""


def why_not(state: State, operator: Operator, item: WorkItem) -> str:
    """Why the operator cannot get this item now; empty if nothing stands against it."""
    key = class_of(item)
    reason = unable(operator, key) or busy(state, operator, key)
    if not reason and operator.operator_id in item.backoff:  # until its event: time alone matches nothing
        return "backoff"
    return reason


def policy_of(step: Step, rule: QueueRule) -> RoutingPolicy:
    """The queue's policy; the default where a plugin has gone missing."""
    return step.policies.get(rule.policy, DEFAULT_POLICY)


def rank(state: State, item: WorkItem, policy: RoutingPolicy) -> Ranking:
    """All operators for one item: the eligible in the policy's order (ties: smaller id), the others with a reason."""
    key, excluded, eligible = class_of(item), dict[str, str](), list[Operator]()
    who, lacking = able(state, key)
    for operator_id, operator in who.items():
        reason = busy(state, operator, key) or ("backoff" if operator_id in item.backoff else "")
        if reason:
            excluded[operator_id] = reason
        else:
            eligible.append(operator)
    try:
        keys = [(_checked_key(policy, operator, item), operator.operator_id) for operator in eligible]
        return Ranking(sorted(keys), excluded, lacking, policy, "")
    except Exception:  # a stranger's policy: whatever it raises, the item is served and the policy named
        keys = [(DEFAULT_POLICY.operator_key(operator, item), operator.operator_id) for operator in eligible]
        return Ranking(sorted(keys), excluded, lacking, DEFAULT_POLICY, policy.name)


def _checked_key(policy: RoutingPolicy, operator: Operator, item: WorkItem) -> tuple[int, ...]:
    """The key, as the contract wants it: what could not be recorded or explained must not decide."""
    key = policy.operator_key(operator, item)
    if len(key) != len(policy.terms):
        raise ValueError("a key has one number for each term")
    for term in key:
        if type(term) is not int or not -TERM_MAX <= term <= TERM_MAX:
            raise ValueError("a term is a whole number of 63 bits")
    return key


def decision(ranking: Ranking, trigger: str) -> Decision:
    """The reasons in the bounded form that is recorded."""
    return Decision(
        ranking.policy.name,
        trigger,
        tuple(ranking.policy.terms),
        tuple(Candidate(operator_id, terms) for terms, operator_id in ranking.candidates[:CANDIDATES_MAX]),
        dict(Counter(ranking.excluded.values())) | ranking.lacking,
        tuple(list(ranking.excluded.items())[:NAMED_MAX]),
        ranking.failed_policy,
    )


def settle(step: Step) -> None:
    """Match what was set free, in order of rank, until nothing more follows.

    The line holds the woken items and the best item of each freed operator. An offer takes an item and capacity away
    and sets nothing free, so the best of an operator only moves back, and the first of the line is always the first
    that anybody may get (invariant 17). Afterwards no eligible free operator stands beside a matchable item (18).
    """
    state = step.state
    line = [(state.items[item_id].rank_ms, item_id, "") for item_id in step.queued if item_id in state.items]
    line += [entry for operator_id in step.freed for entry in _next_for(state, operator_id)]
    heapify(line)
    while line:
        _, item_id, operator_id = heappop(line)
        if state.items[item_id].state is ItemState.QUEUED:
            _serve(step, state.items[item_id], "operator" if operator_id else "item")
        if operator_id:
            for entry in _next_for(state, operator_id):
                heappush(line, entry)
    step.queued.clear()
    step.freed.clear()


def _serve(step: Step, item: WorkItem, trigger: str) -> None:
    """Offer the item to whom the policy ranks first, be it a colleague of the operator who was set free."""
    ranking = rank(step.state, item, policy_of(step, step.state.queues[item.queue_id]))
    if ranking.candidates:
        make_offer(step, item, ranking.candidates[0][1], decision(ranking, trigger))


def _next_for(state: State, operator_id: str) -> list[tuple[int, int, str]]:
    item = best_item(state, state.operators[operator_id])
    return [] if item is None else [(item.rank_ms, item.work_item_id, operator_id)]


def best_item(state: State, operator: Operator) -> WorkItem | None:
    """The waiting item of the lowest rank that the operator may get now; None if there is none."""
    if not state.is_available(operator):
        return None
    best: tuple[int, int] | None = None
    operator_id, room = operator.operator_id, state.free_units(operator)
    for key, line in state.waiting.classes.items():
        fits = key.cost_units <= room and operator_id in able(state, key)[0]
        if fits and (best is None or line[0] < best):
            for entry in line:
                if best is not None and entry > best:
                    break
                if operator_id not in state.items[entry[1]].backoff:
                    best = entry
                    break
    return None if best is None else state.items[best[1]]


def make_offer(step: Step, item: WorkItem, operator_id: str, reasons: Decision) -> None:
    """Propose the item; the offer holds capacity until its deadline."""
    rule = step.state.queues[item.queue_id]
    step.emit(
        OfferMade(
            step.state.counters.offer + 1,
            item.work_item_id,
            item.conversation_id,
            operator_id,
            item.cost_units,
            step.now_ms,
            step.now_ms + rule.offer_ms,
            reasons,
        )
    )
