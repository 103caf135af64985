"""How the cost of a lifecycle grows while one thing grows: operators, waiting items, profiles, requirement classes."""

from __future__ import annotations

import statistics

from benchmarks.core import limit, load
from benchmarks.core.limit import Limit
from benchmarks.core.load import Load, Policies
from benchmarks.core.plan import Axis, Plan
from benchmarks.core.table import Table, slashed, verdict
from benchmarks.core.timing import EXPONENT_GOAL, exponent, say, settled, turn

POLICY = "longest_idle"
HEADINGS = ("growing", "sizes", "core/s", "exponent", f"≤ {EXPONENT_GOAL}", "limit/s", "limit's exponent")


def measure(plan: Plan, policies: Policies) -> Table:
    """A row for each axis."""
    rows, missed = [], False
    for axis in plan.growth:
        say(f"growth: {axis.name}")
        cores, limits = _rates(axis, plan, policies)
        grown = exponent(axis.sizes, cores)
        missed |= grown > EXPONENT_GOAL
        rows.append(_row(axis, cores, grown, limits))
    title = f"Core growth: lifecycles a second while one thing grows, {POLICY}, medians of {plan.rounds}"
    note = "–: not tried, the limit dies there."
    return Table(title, HEADINGS, rows, missed, note)


def _rates(axis: Axis, plan: Plan, policies: Policies) -> tuple[list[float], list[float]]:
    """Medians of the core at all sizes, and of the limit at those that it can bear; all sizes take turns."""
    worlds: list[tuple[Load, Limit | None]] = [
        (load.filled(shape, POLICY, policies), limit.filled(shape) if size <= axis.limit_max else None)
        for size, shape in zip(axis.sizes, axis.shapes, strict=True)
    ]
    cores: list[list[float]] = [[] for _ in worlds]
    limits: list[list[float]] = [[] for _ in worlds]
    for _ in range(plan.rounds):
        with settled():
            for place, (core, yardstick) in enumerate(worlds):
                cores[place].append(turn(core, plan.steps))
                if yardstick is not None:
                    limits[place].append(turn(yardstick, plan.steps))
    return [statistics.median(values) for values in cores], [statistics.median(values) for values in limits if values]


def _row(axis: Axis, cores: list[float], grown: float, limits: list[float]) -> list[str]:
    tried = [f"{rate:,.0f}" for rate in limits] + ["–"] * (len(axis.sizes) - len(limits))
    return [
        axis.name,
        slashed([f"{size:,}" for size in axis.sizes]),
        slashed([f"{rate:,.0f}" for rate in cores]),
        f"{grown:.2f}",
        verdict(missed=grown > EXPONENT_GOAL),
        slashed(tried),
        f"{exponent(axis.sizes[: len(limits)], limits):.2f}" if len(limits) > 1 else "–",
    ]
