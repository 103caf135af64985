"""`check_policy` finds every breach of the contract, and lets good policies pass."""

from __future__ import annotations

import itertools

import pytest

from omniroute.core.model import Operator, WorkItem
from omniroute.testing.policy import check_policy, generated_items, generated_operators


class Policy:
    name = "mine"
    terms: object = ("idle_since_ms",)

    def operator_key(self, operator: Operator, item: WorkItem) -> object:
        return (operator.idle_since_ms,)


def _with_key(make):
    class Changed(Policy):
        def operator_key(self, operator, item):
            return make(operator, item)

    return Changed()


def _with(**fields):
    return type("Changed", (Policy,), fields)()


_calls = itertools.count()

BREACHES = {
    "needs a name": _with(name=""),
    "terms is a tuple": _with(terms=["a"]),
    "raised": _with_key(lambda operator, item: (1 // operator.load_units,)),
    "whole numbers, not 5": _with_key(lambda operator, item: 5),
    "whole numbers, not \\(0.5,\\)": _with_key(lambda operator, item: (0.5,)),
    "whole numbers, not \\(True,\\)": _with_key(lambda operator, item: (True,)),
    "as many numbers": _with_key(lambda operator, item: (1, 2)),
    "63 bits": _with_key(lambda operator, item: (2**63,)),
    "changed its arguments": _with_key(lambda operator, item: (operator.skills.setdefault("new", 1),)),
    "gave another key": _with_key(lambda operator, item: (next(_calls),)),
    "gave another": _with_key(lambda operator, item: (id(operator),)),
}


def test_a_good_policy_passes():
    check_policy(Policy())


@pytest.mark.parametrize("message", BREACHES)
def test_a_breach_is_found(message):
    with pytest.raises(AssertionError, match=message):
        check_policy(BREACHES[message])


def test_the_world_is_the_same_in_every_run():
    assert generated_operators() == generated_operators()
    assert generated_items() == generated_items()


def test_the_world_is_varied():
    operators, items = generated_operators(), generated_items()
    assert {operator.load_units == 0 for operator in operators} == {True, False}
    assert {bool(item.requirements) for item in items} == {True, False}
    assert {item.channel for item in items} == {"mail", "chat", "phone"}
