"""Position and estimated wait: what a waiting customer may be told, as an interval.

What lives here: a pure calculation for readers and for the overflow rule ``estimate``; nothing is kept.

Model. Let *A* be the operators who are able for the item and available on its channel. Work that stands before it
counts for each class with the share ``|A ∩ B| / |B|`` of its own able operators *B* who are in *A*, so that a shared
operator is not counted as free for one queue alone. The item is served with the ``k``-th departure, ``k = ahead +
1``. Departures come at the rate ``Σ held / m`` over *A*: every busy operator finishes each of the items held after
the expected handling time ``m`` of the (queue, channel). As a sum of many independent departures the time to the
``k``-th is close to a Gamma distribution with mean ``k/rate``; its variance takes the spread of the newest handling
times into account (squared coefficient of variation, between the regular and the exponential case). The two ends are
the 10 % and 90 % quantiles by the approximation of Wilson and Hilferty (1931, doi:10.1073/pnas.17.12.684).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from omniroute.core.bits import members
from omniroute.core.handling import expected_ms, observations
from omniroute.core.model import ItemState, WorkItem
from omniroute.core.state import State

PERCENT = 80
"""The share of cases in which the wait should lie in the interval."""
_QUANTILE = 1.2815515655446004
"""Of the standard normal distribution, 90 %."""
OPERATORS_MAX = 500
"""Operators that are looked at; beyond, the rate is scaled up."""


class Estimate(NamedTuple):
    """From now the wait is between ``low_ms`` and ``high_ms`` in ``percent`` of cases.

    ``position`` is the place in its queue, from 1. ``servers`` counts the operators who can serve it. ``ahead`` is
    what stands before it with them, over all queues.
    """

    position: int
    low_ms: int
    high_ms: int
    percent: int
    servers: int
    ahead: float


def position(state: State, item: WorkItem) -> int:
    """The place in its queue, from 1; 0 if it does not wait."""
    if item.state is not ItemState.QUEUED:
        return 0
    place = (item.rank_ms, item.work_item_id)
    return 1 + sum(one.line.before(place) for one in state.waiting.by_queue[item.queue_id].values())


def estimate(state: State, item: WorkItem) -> Estimate | None:
    """What to tell the customer; None where the item does not wait or nobody there could serve it."""
    if item.state is not ItemState.QUEUED:
        return None
    one = state.waiting.class_of_item[item.work_item_id]
    there = one.able(state.roster) & state.roster.lane(state, one.lane).on_duty()
    servers = there.bit_count()
    if not servers:
        return None
    ahead = _ahead(state, item, there)
    rate = _departures_per_ms(state, item, there)
    low_ms, high_ms = _interval(ahead + 1, rate, _spread(state, item))
    return Estimate(position(state, item), low_ms, high_ms, PERCENT, servers, ahead)


def _ahead(state: State, item: WorkItem, there: int) -> float:
    """Work before it that the same operators will take."""
    place, shares = (item.rank_ms, item.work_item_id), list[float]()
    for classes in state.waiting.by_queue.values():
        for one in classes.values():
            before = one.line.before(place)
            if before:
                others = one.able(state.roster) & state.roster.lane(state, one.lane).on_duty()
                shares.append(before * (others & there).bit_count() / (others.bit_count() or 1))
    return math.fsum(shares)  # exact, and so the same in whatever order classes came


def _departures_per_ms(state: State, item: WorkItem, there: int) -> float:
    """How many items these operators finish in a millisecond, with what they hold now."""
    rate, looked = 0.0, 0
    for slot in members(there, OPERATORS_MAX):
        looked += 1
        held = state.roster.operators[slot].item_ids
        for item_id in held:
            other = state.items[item_id]
            rate += 1 / expected_ms(state, other.queue_id, other.channel)
        if not held:
            rate += 1 / expected_ms(state, item.queue_id, item.channel)
    return rate * there.bit_count() / looked


def _spread(state: State, item: WorkItem) -> float:
    """The squared coefficient of variation of the handling times, at least a quarter and at most one and a half."""
    lengths = observations(state, item.queue_id, item.channel)
    mean = sum(lengths) / len(lengths)
    variance = sum((length - mean) ** 2 for length in lengths) / len(lengths)
    return min(1.5, max(0.25, variance / (mean * mean)))


def _interval(count: float, rate: float, spread: float) -> tuple[int, int]:
    """The quantiles of a Gamma distribution with that many departures, in ms."""
    shape, mean_ms = count / spread, count / rate
    step = 1 / (9 * shape)
    low, high = (max(0.0, 1 - step + sign * _QUANTILE * math.sqrt(step)) ** 3 for sign in (-1, 1))
    return int(mean_ms * low), math.ceil(mean_ms * high)
