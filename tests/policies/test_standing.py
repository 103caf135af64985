"""Policies that order operators by how they stand, whatever the work; and what becomes of them in compositions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.policies.order import order, person, work

from omniroute.policies.least_loaded import LeastLoaded
from omniroute.policies.longest_idle import LongestIdle
from omniroute.policies.most_skilled import MostSkilled
from omniroute.policies.round_robin import RoundRobin
from omniroute.policies.sticky import Sticky
from omniroute.policies.weighted import Weighted

STRIDE = 10_000


# ---- longest idle
def test_longest_idle_takes_whoever_waited_longest():
    assert order(LongestIdle(), person("a", idle_ms=5), person("b", idle_ms=3)) == ["b", "a"]


def test_longest_idle_does_not_look_at_the_load():
    assert order(LongestIdle(), person("a", idle_ms=3, load=9), person("b", idle_ms=5)) == ["a", "b"]


# ---- least loaded
def test_least_loaded_takes_whoever_has_most_room():
    assert order(LeastLoaded(), person("a", load=5), person("b", load=4)) == ["b", "a"]


def test_least_loaded_counts_shares_and_not_units():
    assert order(LeastLoaded(), person("a", load=2, capacity=4), person("b", load=4)) == ["b", "a"]


def test_least_loaded_counts_live_offers():
    assert order(LeastLoaded(), person("a", offered=5), person("b", load=4)) == ["b", "a"]


def test_least_loaded_breaks_ties_by_idle_time():
    assert order(LeastLoaded(), person("a", idle_ms=5, load=1), person("b", idle_ms=3, load=1)) == ["b", "a"]


def test_the_load_is_in_thousandths_rounded_down():
    assert LeastLoaded().standing(person("a", load=1, offered=1, capacity=3)) == (666,)


# ---- round robin
def test_round_robin_takes_whoever_was_offered_something_longest_ago():
    assert order(RoundRobin(), person("a", last_offer_id=7), person("b", last_offer_id=3)) == ["b", "a"]


def test_round_robin_begins_with_whoever_was_never_offered_anything():
    assert order(RoundRobin(), person("a", last_offer_id=1), person("b", idle_ms=9)) == ["b", "a"]


def test_round_robin_gives_everybody_a_turn_before_anybody_gets_another():
    people = [person(name) for name in "abcde"]
    turns = []
    for offer_id in range(1, 21):
        first = order(RoundRobin(), *people)[0]
        turns.append(first)
        next(one for one in people if one.operator_id == first).last_offer_id = offer_id
    assert turns == list("abcde") * 4


# ---- weighted
def test_weighted_takes_whoever_had_least_of_their_share():
    assert order(Weighted(), person("a", passes=20), person("b", passes=19)) == ["b", "a"]


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6), st.integers(1, 60))
def test_weighted_gives_shares_in_proportion_to_weights(weights, offers):
    people = [person(f"p{place}", weight=weight) for place, weight in enumerate(weights)]
    counts = dict.fromkeys((one.operator_id for one in people), 0)
    for _ in range(offers):
        first = order(Weighted(), *people)[0]
        counts[first] += 1
        chosen = next(one for one in people if one.operator_id == first)
        chosen.passes += STRIDE // chosen.weight
    for one in people:
        for other in people:
            strides = STRIDE // one.weight, STRIDE // other.weight
            assert abs(one.passes - other.passes) <= max(strides)
            assert one.passes == counts[one.operator_id] * strides[0]


# ---- sticky, compositions
def test_sticky_says_nothing_about_the_order_of_operators():
    people = person("a", load=5), person("b", load=4), person("c", load=1)
    assert Sticky().sticky
    assert order(Sticky(), LeastLoaded(), *people) == order(LeastLoaded(), *people)


def test_the_terms_of_the_first_policy_decide_before_those_of_the_next():
    people = person("a", load=5, last_offer_id=1), person("b", load=4, last_offer_id=2), person("c", load=4)
    assert order(LeastLoaded(), RoundRobin(), *people) == ["c", "b", "a"]
    assert order(RoundRobin(), LeastLoaded(), *people) == ["c", "a", "b"]


def test_skills_are_compared_before_any_standing():
    people = person("a", skills={"tech": 5}), person("b", skills={"tech": 9}, load=9), person("c", load=9)
    assert order(LeastLoaded(), MostSkilled(), *people, wanted=work(requires="tech")) == ["b", "a", "c"]
