"""The real core against the least that any indexed matcher must do (``core_limit``), in one run.

Both get the same load: each step finishes one running item (its operator gets the next) and brings in a new one;
offers are accepted at once. The real core does it with everything switched on. Machines are noisy, so the sides take
turns, and the medians are compared. The tables come last.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence

from benchmarks.core import against_limit, batch, every_policy, growth, memory
from benchmarks.core.load import Policies, PolicyFailed
from benchmarks.core.plan import FULL, QUICK, Plan
from benchmarks.core.table import Table
from omniroute import plugins

PARTS: dict[str, Callable[[Plan, Policies], Table]] = {
    "limit": against_limit.measure,
    "growth": growth.measure,
    "policies": every_policy.measure,
    "batch": batch.measure,
    "memory": memory.measure,
}


def main(argv: Sequence[str] = ()) -> int:
    """Measure, then print the tables; 1 if a goal was missed."""
    options = _options(argv)
    plan = _plan(options)
    policies = plugins.load().policies
    try:
        tables = [PARTS[name](plan, policies) for name in PARTS if not options.only or name in options.only]
    except PolicyFailed as failed:
        sys.exit(f"core: {failed}")
    print(_machine(plan))
    for table in tables:
        print(f"\n{table}")
    return int(any(table.missed for table in tables))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="core", description=__doc__)
    parser.add_argument("--rounds", type=_positive, help="turns of each side")
    parser.add_argument("--steps", type=_positive, help="lifecycles in one turn")
    parser.add_argument("--quick", action="store_true", help="tiny worlds, to try the benchmark out: no figures")
    parser.add_argument("--only", action="append", choices=PARTS, help="this table only (may be repeated)")
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else FULL
    if options.rounds:
        plan = plan._replace(rounds=options.rounds, policy_rounds=options.rounds)
    if options.steps:
        plan = plan._replace(steps=options.steps)
    return plan


def _machine(plan: Plan) -> str:
    """What the figures depend on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, {platform.python_implementation()} {platform.python_version()}, {platform.machine()};"
        f" {plan.steps:,} lifecycles a turn"
    )
