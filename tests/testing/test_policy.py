"""`check_policy` finds every breach of the contract, and lets good policies of both forms pass."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from omniroute.policies.contract import KeyedPolicy, Policy
from omniroute.testing.policy import check_policy

_calls = itertools.count()


class Keyed:
    """The simple form."""

    name = "mine"
    terms: Any = ("idle_since_ms",)

    def operator_key(self, operator, item) -> Any:
        return (operator.idle_since_ms,)


class Whole(Policy):
    """The other form, with everything overridden."""

    name = "mine"
    terms = ("load",)
    batch = True

    def standing(self, operator) -> Any:
        return (operator.load_units,)

    def skill_weights(self, wanted) -> Any:
        return {one.skill: -1 for one in wanted.requirements}

    def rank_ms(self, work) -> Any:
        return super().rank_ms(work) + work.ageing_ms

    def match(self, items, operators, eligible, now_ms) -> Any:
        return [(item, item) for item in range(min(len(items), len(operators))) if eligible[item][item]]


def keyed(make: Callable[..., Any]) -> Keyed:
    return type("Changed", (Keyed,), {"operator_key": lambda self, operator, item: make(operator, item)})()


def whole(**methods: Callable[..., Any]) -> Whole:
    """A policy with other methods, written without ``self``."""
    bound = {name: staticmethod(make) for name, make in methods.items()}
    return type("Changed", (Whole,), bound)()


def with_fields(base: type, **fields: Any) -> Any:
    return type("Changed", (base,), fields)()


def matching(make: Callable[..., Any]) -> Whole:
    """Pairs by (number of items, number of operators, who may have what)."""
    return whole(match=lambda items, operators, eligible, now_ms: make(len(items), len(operators), eligible))


def pairs_of(eligible) -> list[tuple[int, int]]:
    return [(item, operator) for item, line in enumerate(eligible) for operator, may in enumerate(line) if may]


class Remembers(Whole):
    """Gives what it gave for the same operator before."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, ...]] = {}

    def standing(self, operator):
        return self.known.setdefault(operator.operator_id, (operator.load_units,))


class Locked(Whole):
    """Cannot be copied, but keeps the contract."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


BREACHES = {
    # names
    "needs a name": with_fields(Keyed, name=""),
    "a name without \\+": with_fields(Whole, name="a+b"),
    "not the class": Whole,
    "terms is a tuple": with_fields(Keyed, terms=["a"]),
    "subclass of Policy, or has an operator_key": with_fields(object, name="mine", terms=()),
    "sticky is True or False, not 1": with_fields(Whole, sticky=1),
    "batch is True or False, not 'yes'": with_fields(Whole, batch="yes"),
    # operator_key
    "operator_key raised": keyed(lambda operator, item: (1 // operator.load_units,)),
    "operator_key gives a tuple of whole numbers, not 5": keyed(lambda operator, item: 5),
    "operator_key gives whole numbers, not 0.5": keyed(lambda operator, item: (0.5,)),
    "operator_key gives whole numbers, not True": keyed(lambda operator, item: (True,)),
    "operator_key gives as many numbers as there are terms \\(1\\), not \\(1, 2\\)": keyed(
        lambda operator, item: (1, 2)
    ),
    "operator_key gives numbers of at most 63 bits": keyed(lambda operator, item: (2**63,)),
    "operator_key changed its arguments": keyed(lambda operator, item: (operator.skills.setdefault("new", 1),)),
    "operator_key may depend on nothing but its arguments": keyed(lambda operator, item: (next(_calls),)),
    # standing
    "standing raised": whole(standing=lambda operator: (operator.skills["french"],)),
    "standing gives as many numbers as there are terms \\(1\\), not \\(\\)": whole(standing=lambda operator: ()),
    "standing gives whole numbers, not 'x'": whole(standing=lambda operator: ("x",)),
    "standing changed its arguments": whole(standing=lambda operator: (operator.item_ids.append(1) or 1,)),
    "standing may depend on nothing but its arguments": whole(standing=lambda operator: (id(operator),)),
    "standing .* the same ones gave another answer": Remembers(),
    # skill_weights
    "skill_weights raised AttributeError": whole(skill_weights=lambda wanted: {"tech": wanted.enqueued_ms}),
    "weights by the name of the skill, not \\[\\]": whole(skill_weights=lambda wanted: []),
    "weights by the name of the skill, not {1: 1}": whole(skill_weights=lambda wanted: {1: 1}),
    "skill_weights gives whole numbers, not 1.5": whole(skill_weights=lambda wanted: {"tech": 1.5}),
    "a weight is at most 1000": whole(skill_weights=lambda wanted: {"tech": -1001}),
    "skill_weights may depend on nothing": whole(skill_weights=lambda wanted: {"tech": next(_calls) % 1000}),
    # rank_ms
    "rank_ms raised": whole(rank_ms=lambda work: work.received_ms),
    "rank_ms gives whole numbers, not None": whole(rank_ms=lambda work: None),
    "rank_ms stays within ageing_ms": whole(rank_ms=lambda work: work.latest_start_ms),
    "rank_ms may depend on nothing": whole(
        rank_ms=lambda work: (
            work.enqueued_ms - work.priority_weight_ms * work.priority + next(_calls) % (work.ageing_ms + 1)
        )
    ),
    # match
    "match raised IndexError": matching(lambda items, operators, eligible: [(0, 0)] if eligible[0][0] else []),
    "match gives a sequence of pairs, not None": matching(lambda items, operators, eligible: None),
    "match gives pairs \\(place of an item, place of an operator\\), not 1": matching(lambda *_: [1]),
    "match gives whole numbers, not 0.0": matching(lambda *_: [(0.0, 0)]),
    "match gives places in items and operators": matching(lambda items, operators, eligible: [(items, 0)]),
    "match paired an item and an operator who may not": matching(
        lambda items, operators, eligible: [(0, 0)] if items and operators else []
    ),
    "match gave somebody or something twice": matching(lambda items, operators, eligible: pairs_of(eligible)[:2]),
    "match changed its arguments": whole(match=lambda items, operators, eligible, now_ms: items.clear() or []),
    "match may depend on nothing": matching(
        lambda items, operators, eligible: pairs_of(eligible)[next(_calls) % 2 :][:1] if items > 5 else []
    ),
}


@pytest.mark.parametrize("policy", [Keyed(), Whole(), Policy, Locked()], ids=lambda one: type(one).__name__)
def test_a_good_policy_passes(policy):
    check_policy(with_fields(Policy, name="nothing_of_its_own") if policy is Policy else policy)


@pytest.mark.parametrize("message", BREACHES)
def test_a_breach_is_found(message):
    with pytest.raises(AssertionError, match=message):
        check_policy(BREACHES[message])


def test_match_is_asked_of_batch_policies_only():
    check_policy(with_fields(Whole, batch=False, match=None))


def test_the_simple_form_needs_no_base_class():
    simple: KeyedPolicy = Keyed()
    check_policy(simple)
