"""Timing: both sides in turns, without the garbage collector's old debts, and what follows from the figures."""

from __future__ import annotations

import gc
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.core.limit import Limit
from benchmarks.core.load import Load
from benchmarks.core.plan import Plan

RATIO_GOAL = 0.2
RATIO_AIM = 0.4
EXPONENT_GOAL = 0.25
WARM = 10
"""One in so many lifecycles goes before a turn, untimed."""


class Rates(NamedTuple):
    """Lifecycles a second of both sides, a pair for each round."""

    limits: list[float]
    cores: list[float]

    @property
    def limit(self) -> float:
        """The yardstick's median."""
        return statistics.median(self.limits)

    @property
    def core(self) -> float:
        """The core's median."""
        return statistics.median(self.cores)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: within a round the machine's mood is the same for both."""
        return statistics.median(core / limit for limit, core in zip(self.limits, self.cores, strict=True))


@contextmanager
def settled() -> Iterator[None]:
    """What is alive now is none of the collector's business while something is timed."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def race(limit: Limit, load: Load, rounds: int, plan: Plan) -> Rates:
    """Both in turns."""
    rates = Rates([], [])
    for _ in range(rounds):
        with settled():
            rates.limits.append(turn(limit, plan.steps))
            rates.cores.append(turn(load, plan.steps))
    return rates


def turn(side: Limit | Load, steps: int) -> float:
    """Lifecycles a second of one side, after a few to fill the processor's caches that the others have used."""
    pace = side.pace if isinstance(side, Load) else side.send
    pace(1 + steps // WARM)
    return pace(steps)


def exponent(sizes: Sequence[int], rates: Sequence[float]) -> float:
    """How the cost of a lifecycle grows with the size: the slope of log cost on log size (least squares)."""
    return statistics.linear_regression([math.log(n) for n in sizes], [-math.log(rate) for rate in rates]).slope


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def say(text: str) -> None:
    """Progress; the tables alone go to standard output."""
    print(f"core: {text}", file=sys.stderr, flush=True)
