"""Position and estimated wait: what a waiting customer may be told, as an interval.

What lives here: a pure calculation for readers and for the overflow rule ``estimate``; nothing is kept.
``docs/reference/waiting-times.md`` has the formulas, their sources and the measured coverage.

Model. Let *A* be the operators who are able for the item and there. What stands before it and can be served by
nobody outside *A* has to go first. Other work that shares operators with it counts as well, together with its other
operators *B*, where it cannot be done by these alone in that time; unless it is so much that *A* can rather be
counted on without the shared ones. So a shared operator is free for one queue only. Departures come at the rate
``Σ held / m`` over the operators counted: each item held ends after the expected handling time ``m`` of its (queue,
channel). The time to the ``k``-th departure is nearly Gamma-distributed; its variance follows from the spread of the
handling times, and that ``m`` is a mean of ``n`` observations makes the quotient of both an F distribution. The two
ends are its 10 % and 90 % quantiles by Paulson (1942).
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
JOINED_MAX = 32
"""Groups of other work that are taken into account beside what has to go first, the heaviest first."""
_MEMORY = 1.5
"""How fast single departures, which come at random, turn into the regular ones of many; in handling times."""


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


class _Line(NamedTuple):
    """What has to happen before the item is served: so many departures, at that rate per ms; ``ahead`` are items."""

    ahead: int
    departures: float
    rate: float


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
    there = state.waiting.class_of_item[item.work_item_id].staff(state)
    if not there:
        return None
    line = _line(state, item, there)
    low_ms, high_ms = _interval(line, observations(state, item.queue_id, item.channel))
    return Estimate(position(state, item), low_ms, high_ms, PERCENT, there.bit_count(), line.ahead)


def _line(state: State, item: WorkItem, there: int) -> _Line:
    """Work before it that the same operators will take, and who takes that."""
    rates = _Rates(state, item)
    own, others = _before(state, item, there)
    mine = rates.of(there)
    ahead, counted, shared, rate = own, there, 0, mine
    for _ in range(JOINED_MAX):
        _, best = max(
            ((_burden(those & ~counted, others[those]), those) for those in others if those & counted), default=(0.0, 0)
        )
        outside = rates.of(best & ~counted)
        if not best or others[best] * mine <= outside * (ahead * mine / rate + 1):
            break
        ahead, shared, counted, rate = ahead + others.pop(best), shared | best, counted | best, rate + outside
    alone = rates.of(there & ~shared) if shared else 0.0
    if alone and (own + 1) / alone < ahead / rate + 1 / mine:
        return _Line(own, own + 1, alone)
    return _Line(ahead, ahead + rate / mine, rate)


def _burden(outside: int, count: int) -> float:
    """How much each of the operators who are not counted yet would have to do."""
    return count / outside.bit_count() if outside else math.inf


def _before(state: State, item: WorkItem, there: int) -> tuple[int, dict[int, int]]:
    """How many before it are for these operators alone, and the others by who can serve them."""
    place, own, others = (item.rank_ms, item.work_item_id), 0, dict[int, int]()
    for classes in state.waiting.by_queue.values():
        for one in classes.values():
            before = one.line.before(place)
            those = one.staff(state) if before else 0
            if those and not those & ~there:
                own += before
            elif those:
                others[those] = others.get(those, 0) + before
    return own, others


class _Rates:
    """How many items operators finish in a millisecond, with what they hold now; who holds nothing, with this item."""

    def __init__(self, state: State, item: WorkItem) -> None:
        self._state = state
        self._item = item
        self._known: dict[int, float] = {}

    def of(self, those: int) -> float:
        """Of all of them together."""
        known, found, looked = self._known, 0.0, 0
        for slot in members(those, OPERATORS_MAX):
            looked += 1
            rate = known.get(slot)
            if rate is None:
                rate = known[slot] = self._rate(slot)
            found += rate
        return found * those.bit_count() / looked if looked else 0.0

    def _rate(self, slot: int) -> float:
        state, held = self._state, self._state.roster.operators[slot].item_ids
        items = [state.items[item_id] for item_id in held] or [self._item]
        return sum(1 / max(1, expected_ms(state, one.queue_id, one.channel)) for one in items)


def _interval(line: _Line, lengths: list[int]) -> tuple[int, int]:
    """The quantiles of the wait, in ms; ``lengths`` are the observed handling times."""
    mean_ms = max(1.0, sum(lengths) / len(lengths))
    variance = sum((length - mean_ms) ** 2 for length in lengths) / len(lengths)
    spread = min(1.5, max(0.25, variance / (mean_ms * mean_ms)))
    wait_ms = line.departures / line.rate
    scatter = spread + (1 - spread) * math.exp(-_MEMORY * wait_ms / mean_ms)
    a, b = scatter / (9 * line.departures), spread / (9 * len(lengths))
    middle = (1 - a) * (1 - b)
    reach = _QUANTILE * math.sqrt(max(0.0, a * (1 - b) ** 2 + b * (1 - a) ** 2 - _QUANTILE**2 * a * b))
    base = (1 - b) ** 2 - _QUANTILE**2 * b
    low, high = (max(0.0, (middle + sign * reach) / base) ** 3 for sign in (-1, 1))
    return int(wait_ms * low), math.ceil(wait_ms * high)
