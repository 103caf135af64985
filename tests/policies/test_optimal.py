"""Optimal matching: as many as possible, the oldest first, then the least cost, then idle time."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policies.order import person, work

from omniroute.core.model import Operator, WorkItem
from omniroute.policies import assignment
from omniroute.policies.optimal import PAIR_COST_MAX, Optimal, pair_cost
from omniroute.testing.policy_world import eligibility, generated_items, generated_operators


def matched(
    items: list[WorkItem], operators: list[Operator], eligible: list[list[bool]] | None = None
) -> dict[int, str]:
    """Operators by item."""
    pairs = Optimal().match(items, operators, eligible or eligibility(items, operators), 0)
    return {items[item].work_item_id: operators[operator].operator_id for item, operator in pairs}


# ---- the objectives, one after the other
def test_as_many_as_possible_are_served():
    plain, tech = work(1), work(2, rank_ms=5, requires="tech")
    people = [person("expert", skills={"tech": 5}), person("new", load=9, idle_ms=9)]
    assert matched([plain, tech], people) == {1: "new", 2: "expert"}


def test_the_oldest_are_served_when_not_all_can_be():
    items = [work(1, rank_ms=30), work(2, rank_ms=10), work(3, rank_ms=20)]
    assert set(matched(items, [person("a"), person("b")])) == {2, 3}


def test_age_goes_before_any_cost():
    old, young = work(1, rank_ms=1, prefers="tech french money"), work(2, rank_ms=2)
    assert matched([young, old], [person("a", load=10)]) == {1: "a"}


def test_of_equal_rank_the_smaller_id_is_older():
    assert matched([work(2), work(1)], [person("a")]) == {1: "a"}


def test_specialists_stay_free():
    people = [person("expert", skills={"tech": 9, "money": 9}), person("enough", skills={"tech": 5}, idle_ms=9)]
    assert matched([work(requires="tech>=3")], people) == {1: "enough"}


def test_whoever_has_more_room_comes_first():
    assert matched([work()], [person("a", load=3, offered=3), person("b", load=5, idle_ms=9)]) == {1: "b"}


def test_a_preferred_skill_outweighs_a_full_load():
    people = [person("a"), person("b", skills={"french": 3}, load=9, idle_ms=9)]
    assert matched([work(prefers="french>=2")], people) == {1: "b"}
    assert matched([work(prefers="french>=4")], people) == {1: "a"}


def test_of_equal_cost_whoever_is_idle_longest_comes_first():
    people = [person("a", idle_ms=9), person("b", idle_ms=5), person("c", idle_ms=7)]
    assert set(matched([work(1), work(2)], people).values()) == {"b", "c"}


def test_the_sum_counts_and_not_the_best_pair():
    """Anna is the better one for both; alone she would cost least with the first, but then the second costs more."""
    french, plain = work(1, prefers="french"), work(2, rank_ms=1)
    people = [person("anna", skills={"french": 1}, load=2), person("bert", load=4)]
    assert matched([french, plain], people) == {1: "anna", 2: "bert"}
    assert matched([plain], people) == {2: "anna"}


def test_nobody_gets_what_they_may_not_have():
    assert matched([work()], [person("a")], [[False]]) == {}


@pytest.mark.parametrize(("items", "operators"), [([], []), ([], [person("a")]), ([work()], [])])
def test_nothing_to_match_gives_nothing(items, operators):
    assert matched(items, operators) == {}


# ---- the cost
def test_the_cost_of_a_pair_is_the_documented_formula():
    item = work(requires="tech>=3", prefers="french>=2 money>=5")
    one = person("a", skills={"tech": 5, "french": 2, "money": 4, "law": 6}, load=1, offered=1, capacity=8)
    surplus = (5 - 3) + 0 + 0 + 6
    assert pair_cost(item, one) == 10 * surplus + 250 + 1000 * 1


def test_a_skill_that_is_asked_for_twice_counts_at_its_higher_level():
    assert pair_cost(work(requires="tech>=3", prefers="tech>=6"), person("a", skills={"tech": 8})) == 20


def test_a_cost_without_measure_is_cut():
    assert pair_cost(work(), person("a", load=2**40)) == PAIR_COST_MAX
    assert matched([work()], [person("a", load=2**60)]) == {1: "a"}


# ---- as a whole
def least_cost(items, operators, eligible) -> int:
    """Of all ways to serve every item."""
    return min(
        sum(pair_cost(items[item], operators[operator]) for item, operator in enumerate(chosen))
        for chosen in permutations(range(len(operators)), len(items))
        if all(eligible[item][operator] for item, operator in enumerate(chosen))
    )


@given(st.lists(st.integers(0, 29), max_size=4, unique=True), st.lists(st.integers(0, 59), max_size=5, unique=True))
def test_nothing_costs_less_for_the_items_that_are_served(some, those):
    items, operators = [generated_items()[place] for place in some], [generated_operators()[place] for place in those]
    eligible = eligibility(items, operators)
    pairs = Optimal().match(items, operators, eligible, 0)
    served = [item for item, _ in pairs]
    cost = sum(pair_cost(items[item], operators[operator]) for item, operator in pairs)
    assert cost == least_cost([items[item] for item in served], operators, [eligible[item] for item in served])


@given(st.permutations(range(30)), st.permutations(range(60)))
def test_the_order_of_the_arguments_does_not_matter(some, those):
    items, operators = generated_items(), generated_operators()
    shuffled = matched([items[place] for place in some], [operators[place] for place in those])
    assert shuffled == matched(items, operators)


def test_it_is_as_good_without_scipy(monkeypatch):
    items, operators = generated_items(), generated_operators()
    people = {one.operator_id: one for one in operators}
    by_id = {item.work_item_id: item for item in items}

    def cost() -> tuple[set[int], int]:
        pairs = matched(items, operators)
        return set(pairs), sum(pair_cost(by_id[item], people[operator]) for item, operator in pairs.items())

    with_scipy = cost()
    monkeypatch.setattr(assignment, "scipys", lambda: None)
    assert cost() == with_scipy
