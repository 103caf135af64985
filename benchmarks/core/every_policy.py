"""The same for every policy that the plugins bring, but for batch policies: each must keep pace with the limit."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from benchmarks.core import limit, load
from benchmarks.core.load import Policies
from benchmarks.core.plan import Plan, Shape
from benchmarks.core.table import Table, verdict
from benchmarks.core.timing import EXPONENT_GOAL, RATIO_GOAL, Rates, exponent, race, say

HEADINGS_AFTER = ("exponent in operators", "exponent in waiting", f"≥ {RATIO_GOAL}", f"≤ {EXPONENT_GOAL}")


class Measured(NamedTuple):
    """One policy's figures, by shape."""

    rates: dict[Shape, Rates]

    def grown(self, *, waiting: bool) -> float:
        """The exponent in waiting items, or in operators."""
        shapes = [shape for shape in self.rates if bool(shape.waiting) == waiting]
        sizes = [shape.waiting if waiting else shape.operators for shape in shapes]
        return exponent(sizes, [self.rates[shape].core for shape in shapes])

    @property
    def slow(self) -> bool:
        """Whether the goal of speed was missed at any shape."""
        return min(rates.ratio for rates in self.rates.values()) < RATIO_GOAL

    @property
    def steep(self) -> bool:
        """Whether the goal of growth was missed."""
        return max(self.grown(waiting=False), self.grown(waiting=True)) > EXPONENT_GOAL


def names(policies: Policies) -> list[str]:
    """As a queue would name them: a sticky policy says nothing when the previous operator is not to be had."""
    return [
        f"{name}+least_loaded" if getattr(policy, "sticky", False) else name
        for name, policy in policies.items()
        if not getattr(policy, "batch", False)
    ]


def measure(plan: Plan, policies: Policies) -> Table:
    """A row for each policy, and one for the limit."""
    found: dict[str, Measured] = {name: Measured({}) for name in names(policies)}
    for shape in plan.policies:
        for name, measured in found.items():  # no two worlds of the core are alive together: they are large
            say(f"policies: {name}, {shape.operators:,} operators, {shape.waiting:,} waiting")
            measured.rates[shape] = _race(shape, name, policies, plan)
    title = f"Core by policy: lifecycles a second (ratio to the limit), medians of {plan.policy_rounds}"
    rows = [_limit_row(plan, list(found.values())), *(_row(name, one) for name, one in found.items())]
    missed = any(one.slow or one.steep for one in found.values())
    note = "operators × waiting; nobody waits where only operators are named."
    return Table(title, ("policy", *map(_heading, plan.policies), *HEADINGS_AFTER), rows, missed, note)


def _race(shape: Shape, name: str, policies: Policies, plan: Plan) -> Rates:
    return race(limit.filled(shape), load.filled(shape, name, policies), plan.policy_rounds, plan)


def _heading(shape: Shape) -> str:
    return f"{shape.operators:,} × {shape.waiting:,}" if shape.waiting else f"{shape.operators:,}"


def _row(name: str, measured: Measured) -> list[str]:
    return [
        name,
        *(f"{rates.core:,.0f} ({rates.ratio:.2f})" for rates in measured.rates.values()),
        f"{measured.grown(waiting=False):.2f}",
        f"{measured.grown(waiting=True):.2f}",
        verdict(missed=measured.slow),
        verdict(missed=measured.steep),
    ]


def _limit_row(plan: Plan, found: list[Measured]) -> list[str]:
    """The limit's medians over all turns it took."""
    rates = {
        shape: statistics.median(rate for measured in found for rate in measured.rates[shape].limits)
        for shape in plan.policies
    }
    alone = Measured({shape: Rates([rate], [rate]) for shape, rate in rates.items()})
    exponents = [f"{alone.grown(waiting=waiting):.2f}" for waiting in (False, True)]
    return ["the limit", *(f"{rate:,.0f}" for rate in rates.values()), *exponents, "", ""]
