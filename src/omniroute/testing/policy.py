"""The conformance check for routing policies: every sentence of `omniroute.core.policy`, tried out.

A policy's author calls it in a test of their own::

    def test_my_policy_keeps_the_contract():
        check_policy(MyPolicy())

What lives here: what is asked of a policy, and what its answers must be; the world that it is asked about is in
`policy_world`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import msgspec

from omniroute.core.model import Operator, WorkItem
from omniroute.core.rules import Requirement
from omniroute.policies.contract import TERM_MAX, WEIGHT_MAX, Policy, RoutingPolicy, Work
from omniroute.testing.policy_world import (
    NOW_MS,
    eligibility,
    generated_items,
    generated_operators,
    generated_work,
)

__all__ = ["check_policy", "generated_items", "generated_operators", "generated_work"]

Case = tuple[Any, ...]
"""The arguments of one question."""
Judge = Callable[..., object]
"""Gets an answer and the arguments that it was given for; returns the answer in a form that can be compared."""


class _Asked(NamedTuple):
    """No more of an item than `Wanted` promises."""

    queue_id: str
    channel: str
    requirements: tuple[Requirement, ...]
    preferred: tuple[Requirement, ...]


def check_policy(policy: RoutingPolicy) -> None:
    """Raise an `AssertionError`, which says what to mend, unless the policy keeps its contract.

    Takes both forms: objects of a subclass of `Policy`, and whatever else has an ``operator_key``. Whole numbers of one
    length are totally ordered, so that the order of operators follows from the form of the keys.
    """
    _check_names(policy)
    people = [*generated_operators(), *generated_operators(moment=1)]
    if isinstance(policy, Policy):
        _check_whole(policy, people)
    elif callable(getattr(policy, "operator_key", None)):
        cases = [(operator, item) for operator in people for item in generated_items()]
        _ask(policy, "operator_key", cases, _key_judge("operator_key", policy.terms))
    else:
        _refuse("a policy is an object of a subclass of Policy, or has an operator_key")


def _check_whole(policy: Policy, people: Sequence[Operator]) -> None:
    """What a subclass of `Policy` can be asked."""
    for flag in ("sticky", "batch"):
        if not isinstance(getattr(policy, flag), bool):
            _refuse(f"{flag} is True or False, not {getattr(policy, flag)!r}")
    asked = [_Asked(item.queue_id, item.channel, item.requirements, item.preferred) for item in generated_items()]
    _ask(policy, "standing", [(operator,) for operator in people], _key_judge("standing", policy.terms))
    _ask(policy, "skill_weights", [(one,) for one in asked], _judge_weights)
    _ask(policy, "rank_ms", [(work,) for work in generated_work()], _judge_rank)
    if policy.batch:
        _ask(policy, "match", _batches(), _judge_pairs)


def _batches() -> list[Case]:
    """Batches of every shape: empty, with few and many on either side, with nobody and with everybody eligible."""
    items, operators = generated_items(), generated_operators()
    sides = [(items[:count], operators[:size]) for count in (0, 1, 5, 30) for size in (0, 1, 5, 60)]
    return [
        (some, those, may, NOW_MS)
        for some, those in sides
        for may in (
            eligibility(some, those),
            [[True] * len(those) for _ in some],
            [[False] * len(those) for _ in some],
        )
    ]


def _ask(policy: RoutingPolicy, method: str, cases: Sequence[Case], judge: Judge) -> None:
    """Ask twice: then in another order, with equal arguments that are other objects, a policy without memories."""
    fresh = _without_memory(policy)
    first = [_answer(policy, method, case, judge) for case in cases]
    again = [_answer(fresh, method, case, judge) for case in reversed(copy.deepcopy(cases))]
    if first != again[::-1]:
        _refuse(f"{method} may depend on nothing but its arguments: the same ones gave another answer")


def _without_memory(policy: RoutingPolicy) -> RoutingPolicy:
    try:
        return copy.deepcopy(policy)
    except Exception:  # whatever a stranger's object raises: what cannot be copied is asked itself
        return policy


def _answer(policy: RoutingPolicy, method: str, case: Case, judge: Judge) -> object:
    before = msgspec.msgpack.encode(case)
    try:
        answer = getattr(policy, method)(*case)
    except Exception as error:
        raise AssertionError(f"{method} raised {error!r} for {case!r}") from error
    if msgspec.msgpack.encode(case) != before:
        _refuse(f"{method} changed its arguments")
    return judge(answer, *case)


# ---- what answers must be
def _refuse(text: str) -> NoReturn:
    raise AssertionError(text)


def _check_names(policy: RoutingPolicy) -> None:
    if isinstance(policy, type):
        _refuse("register an object, not the class: call it")
    name: object = getattr(policy, "name", None)
    if not isinstance(name, str) or not name or "+" in name:
        _refuse("a policy needs a name without +: the configuration refers to it, and joins names by +")
    terms: object = getattr(policy, "terms", None)
    if not isinstance(terms, tuple) or not all(isinstance(term, str) and term for term in terms):
        _refuse("terms is a tuple with the name of each term of the key")


def _whole(method: str, number: object) -> int:
    if type(number) is not int:
        _refuse(f"{method} gives whole numbers, not {number!r}")
    if abs(number) > TERM_MAX:
        _refuse(f"{method} gives numbers of at most 63 bits, so that they can be recorded, not {number}")
    return number


def _key_judge(method: str, terms: Sequence[str]) -> Judge:
    def judge(key: object, *_: object) -> tuple[int, ...]:
        if not isinstance(key, tuple):
            _refuse(f"{method} gives a tuple of whole numbers, not {key!r}")
        if len(key) != len(terms):
            _refuse(f"{method} gives as many numbers as there are terms ({len(terms)}), not {key!r}")
        return tuple(_whole(method, term) for term in key)

    return judge


def _judge_weights(weights: object, _: _Asked) -> dict[str, int]:
    if not isinstance(weights, Mapping) or not all(isinstance(skill, str) and skill for skill in weights):
        _refuse(f"skill_weights gives weights by the name of the skill, not {weights!r}")
    if any(abs(_whole("skill_weights", weight)) > WEIGHT_MAX for weight in weights.values()):
        _refuse(f"a weight is at most {WEIGHT_MAX}, not {weights!r}")
    return dict(weights)


def _judge_rank(rank_ms: object, work: Work) -> int:
    rank = _whole("rank_ms", rank_ms)
    by_age_ms = work.enqueued_ms - work.priority_weight_ms * work.priority
    if abs(rank - by_age_ms) > work.ageing_ms:
        _refuse(
            "rank_ms stays within ageing_ms of enqueued_ms - priority_weight_ms * priority, so that nothing waits for "
            f"ever: not {rank} for {work}"
        )
    return rank


def _judge_pairs(
    pairs: object, items: Sequence[WorkItem], operators: Sequence[Operator], eligible: Sequence[Sequence[bool]], _: int
) -> list[tuple[int, int]]:
    found = [_pair(pair) for pair in pairs] if isinstance(pairs, Iterable) else None
    if found is None:
        _refuse(f"match gives a sequence of pairs, not {pairs!r}")
    for item, operator in found:
        if not (0 <= item < len(items) and 0 <= operator < len(operators)):
            _refuse(f"match gives places in items and operators, not {(item, operator)}")
        if not eligible[item][operator]:
            _refuse(f"match paired an item and an operator who may not have it: {(item, operator)}")
    if any(len(set(side)) < len(found) for side in zip(*found, strict=True)):
        _refuse(f"match gave somebody or something twice: {found}")
    return found


def _pair(pair: object) -> tuple[int, int]:
    if not isinstance(pair, tuple) or len(pair) != 2:
        _refuse(f"match gives pairs (place of an item, place of an operator), not {pair!r}")
    return _whole("match", pair[0]), _whole("match", pair[1])
