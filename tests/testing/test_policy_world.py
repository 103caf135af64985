"""The generated world is the same in every run, and varied."""

from __future__ import annotations

import itertools

from omniroute.testing.policy_world import eligibility, generated_items, generated_operators, generated_work


def test_the_world_is_the_same_in_every_run():
    assert generated_operators() == generated_operators()
    assert generated_items() == generated_items()
    assert generated_work() == generated_work()


def test_another_moment_has_the_same_people_in_another_state():
    now, later = generated_operators(), generated_operators(moment=1)
    assert [one.operator_id for one in now] == [one.operator_id for one in later]
    assert all(one != other for one, other in zip(now, later, strict=True))


def test_the_world_is_varied():
    operators, items, work = generated_operators(), generated_items(), generated_work()
    for field in ("load_units", "skills", "passes", "last_offer_id", "connected", "offer_ids"):
        assert {bool(getattr(operator, field)) for operator in operators} == {True, False}
    for field in ("requirements", "preferred", "backoff"):
        assert {bool(getattr(item, field)) for item in items} == {True, False}
    assert {item.channel for item in items} == {"mail", "chat", "phone"}
    assert {(one.due_ms > 0, one.latest_start_ms < one.enqueued_ms, one.ageing_ms > 0) for one in work} >= set(
        itertools.product([True, False], repeat=3)
    ) - {(False, False, True), (False, False, False)}
    assert {may for line in eligibility(items, operators) for may in line} == {True, False}
