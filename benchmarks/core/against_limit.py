"""Lifecycles a second against the limit, and what of the core's share is the load's own."""

from __future__ import annotations

import statistics

from benchmarks.core import limit, load
from benchmarks.core.load import Policies
from benchmarks.core.plan import Plan, Shape
from benchmarks.core.table import Table, verdict
from benchmarks.core.timing import RATIO_AIM, RATIO_GOAL, race, say, settled

POLICY = "longest_idle"
HEADINGS = ("operators", "waiting", "limit/s", "core/s", "ratio", f"≥ {RATIO_GOAL}", f"aim {RATIO_AIM}", "load, µs")


def measure(plan: Plan, policies: Policies) -> Table:
    """A row for each shape."""
    rows, missed = [], False
    for shape in plan.limit:
        say(f"against the limit: {shape.operators:,} operators, {shape.waiting:,} waiting")
        ratio, row = _row(shape, plan, policies)
        rows.append(row)
        missed |= ratio < RATIO_GOAL
    title = f"Core against the limit: lifecycles a second, {POLICY}, medians of {plan.rounds}"
    note = "The last column is what the load generator takes of a core lifecycle; nothing has been subtracted for it."
    return Table(title, HEADINGS, rows, missed, note)


def _row(shape: Shape, plan: Plan, policies: Policies) -> tuple[float, list[str]]:
    yardstick, core = limit.filled(shape), load.filled(shape, POLICY, policies)
    rates = race(yardstick, core, plan.rounds, plan)
    with settled():
        own_us = 1e6 * statistics.median(core.own_cost(min(plan.steps, 1_000)) for _ in range(3))
    return rates.ratio, [
        f"{shape.operators:,}",
        f"{shape.waiting:,}",
        f"{rates.limit:,.0f}",
        f"{rates.core:,.0f}",
        f"{rates.ratio:.2f}",
        verdict(missed=rates.ratio < RATIO_GOAL),
        verdict(missed=rates.ratio < RATIO_AIM),
        f"{own_us:.1f}",
    ]
