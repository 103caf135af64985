"""Memory: what one more waiting item and one more operator take, counted by the interpreter."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

from benchmarks.core.load import Load, Policies
from benchmarks.core.plan import Plan, Shape
from benchmarks.core.table import Table
from benchmarks.core.timing import say

POLICY = "longest_idle"
HEADINGS = ("what", "from", "to", "bytes each")


def measure(plan: Plan, policies: Policies) -> Table:
    """Twice as many of each."""
    say("memory")
    items, operators = plan.memory_items, plan.memory_operators
    tracemalloc.start()
    try:
        busy = Load(Shape(operators), POLICY, policies)
        busy.fill(items)
        item_bytes = _growth(lambda: busy.fill(2 * items)) / items
        idle = Load(Shape(2 * operators), POLICY, policies, staffed=operators)
        operator_bytes = _growth(lambda: idle.staff(range(operators, 2 * operators))) / operators
    finally:
        tracemalloc.stop()
    rows = [
        ["waiting item, with its conversation and deadlines", f"{items:,}", f"{2 * items:,}", f"{item_bytes:,.0f}"],
        ["operator, nothing held", f"{operators:,}", f"{2 * operators:,}", f"{operator_bytes:,.0f}"],
    ]
    return Table("Core memory", HEADINGS, rows)


def _growth(act: Callable[[], None]) -> int:
    """Bytes that are held afterwards and were not before."""
    before = _held()
    act()
    return _held() - before


def _held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
