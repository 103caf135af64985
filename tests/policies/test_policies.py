"""The built-in policies: registered like a stranger's, true to the contract, and in the order that they promise."""

from __future__ import annotations

import pytest

from omniroute.core.model import Operator, WorkItem
from omniroute.core.routing import DEFAULT_POLICY
from omniroute.policies.least_loaded import LeastLoaded
from omniroute.policies.longest_idle import LongestIdle
from omniroute.policies.plugin import omniroute_policies
from omniroute.testing.policy import check_policy, generated_items, generated_operators

ITEM = WorkItem(1, 1, "support.first", "support", "mail", 1, 0, 0, 0)


def _operator(name: str, *, idle_ms: int = 0, load: int = 0, offered: int = 0, capacity: int = 10) -> Operator:
    return Operator(name, ("support",), {}, capacity, idle_since_ms=idle_ms, load_units=load, offered_units=offered)


def _order(policy, *operators: Operator) -> list[str]:
    return [name for _, name in sorted((policy.operator_key(one, ITEM), one.operator_id) for one in operators)]


def test_the_built_in_policies_are_registered_by_their_names():
    assert [policy.name for policy in omniroute_policies()] == ["longest_idle", "least_loaded"]


@pytest.mark.parametrize("policy", [*omniroute_policies(), DEFAULT_POLICY], ids=lambda policy: type(policy).__name__)
def test_the_contract_is_kept(policy):
    check_policy(policy)


def test_longest_idle_takes_whoever_waited_longest():
    assert _order(LongestIdle(), _operator("a", idle_ms=5), _operator("b", idle_ms=3)) == ["b", "a"]


def test_longest_idle_does_not_look_at_the_load():
    assert _order(LongestIdle(), _operator("a", idle_ms=3, load=9), _operator("b", idle_ms=5)) == ["a", "b"]


def test_least_loaded_takes_whoever_has_most_room():
    assert _order(LeastLoaded(), _operator("a", load=5), _operator("b", load=4)) == ["b", "a"]


def test_least_loaded_counts_shares_and_not_units():
    assert _order(LeastLoaded(), _operator("a", load=2, capacity=4), _operator("b", load=4)) == ["b", "a"]


def test_least_loaded_counts_live_offers():
    assert _order(LeastLoaded(), _operator("a", offered=5), _operator("b", load=4)) == ["b", "a"]


def test_least_loaded_breaks_ties_by_idle_time():
    assert _order(LeastLoaded(), _operator("a", idle_ms=5, load=1), _operator("b", idle_ms=3, load=1)) == ["b", "a"]


def test_the_default_is_longest_idle():
    for item in generated_items():
        for operator in generated_operators():
            assert DEFAULT_POLICY.operator_key(operator, item) == LongestIdle().operator_key(operator, item)
