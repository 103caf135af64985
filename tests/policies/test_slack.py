"""The order of work by slack: what must be begun first goes first, and nobody starves for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omniroute.policies.contract import Policy, Work
from omniroute.policies.slack import Slack

HOUR = 3_600_000
PLAIN = Work(
    enqueued_ms=100 * HOUR,
    priority=0,
    priority_weight_ms=60_000,
    due_ms=0,
    latest_start_ms=0,
    expected_ms=0,
    ageing_ms=HOUR,
)

arrivals = st.integers(0, 50 * HOUR)
priorities = st.integers(-5, 10)
promises = st.none() | st.integers(-10 * HOUR, 100 * HOUR)


def rank(**fields: int) -> int:
    return Slack().rank_ms(PLAIN._replace(**fields))


def promised(latest_start_ms: int, **fields: int) -> int:
    return rank(due_ms=latest_start_ms + 5, latest_start_ms=latest_start_ms, **fields)


def test_work_with_a_promise_stands_at_its_latest_safe_start():
    assert promised(PLAIN.enqueued_ms + 7) == PLAIN.enqueued_ms + 7


def test_work_without_a_promise_stands_at_the_end_of_its_ageing():
    assert rank() == PLAIN.enqueued_ms + HOUR


def test_a_far_promise_is_not_worse_than_none():
    assert promised(PLAIN.enqueued_ms + 50 * HOUR) == rank()


def test_a_promise_that_cannot_be_kept_gains_no_more_than_the_ageing():
    assert promised(PLAIN.enqueued_ms - 50 * HOUR) == PLAIN.enqueued_ms - HOUR


def test_a_step_of_priority_is_worth_its_weight():
    assert rank(priority=3) == rank() - 3 * 60_000
    assert rank(priority=-1) == rank() + 60_000


def test_without_ageing_it_is_the_default_order():
    for latest_start_ms in (0, PLAIN.enqueued_ms + 7):
        assert promised(latest_start_ms, ageing_ms=0, priority=2) == Policy().rank_ms(PLAIN._replace(priority=2))


def _place(arrival: int, priority: int, promise: int | None, ageing_ms: int, weight_ms: int) -> int:
    due_ms = 0 if promise is None else max(1, arrival + promise)
    return Slack().rank_ms(Work(arrival, priority, weight_ms, due_ms, due_ms - 1 if due_ms else 0, 1, ageing_ms))


@given(arrivals, priorities, promises, priorities, promises, st.integers(0, 10 * HOUR), st.integers(0, HOUR), st.data())
def test_nothing_that_arrives_after_the_bound_goes_before(
    arrival, own, promise, other, promise_other, ageing, weight, data
):
    bound_ms = 2 * ageing + weight * (other - own)
    later = arrival + max(0, bound_ms) + data.draw(st.integers(0, HOUR))
    mine = _place(arrival, own, promise, ageing, weight)
    assert mine <= _place(later, other, promise_other, ageing, weight), "of equal ranks the older item goes first"


def test_the_bound_is_exact():
    own, other, weight_ms = 0, 3, 60_000
    bound_ms = 2 * HOUR + weight_ms * (other - own)
    mine = _place(100 * HOUR, own, None, HOUR, weight_ms)
    assert _place(100 * HOUR + bound_ms - 1, other, -50 * HOUR, HOUR, weight_ms) < mine
    assert _place(100 * HOUR + bound_ms, other, -50 * HOUR, HOUR, weight_ms) == mine
