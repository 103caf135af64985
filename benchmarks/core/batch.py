"""Batch matching: a window of as many items as operators, matched at once, and the solver alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.core.load import BATCH_MS, Load, Policies
from benchmarks.core.plan import Plan, Shape
from benchmarks.core.table import Table
from benchmarks.core.timing import percentile, say, settled
from omniroute.core import events as e
from omniroute.core.deadlines import Concern

POLICY = "optimal"
TITLE = f"Core, batch policy {POLICY}: seconds for one window"
HEADINGS = ("window", "what", "runs", "matched", "median", "p99")
WINDOWS_S = 10.0
"""No more windows are begun after so long."""
ROOT = Path(__file__).resolve().parents[2]
WITHOUT = "import sys; sys.modules['scipy'] = None; "
CHILD = "from benchmarks.core.solver import main; main()"


def measure(plan: Plan, policies: Policies) -> Table:
    """Three rows a size: through the core, the solver with scipy, the solver without it."""
    concern: str | None = getattr(Concern, "BATCHES", None)
    if concern is None or POLICY not in policies:
        return Table(TITLE, HEADINGS, [], note="not there yet")
    rows = []
    for size in plan.batches:
        say(f"batch: {size} × {size}")
        rows.append(_through_core(size, plan.windows, policies, concern))
        rows.append(_solver(size, plan.windows, with_scipy=True))
        rows.append(_solver(size, plan.windows, with_scipy=False))
    return Table(TITLE, HEADINGS, rows)


def _through_core(size: int, windows: int, policies: Policies, concern: str) -> list[str]:
    load = Load(Shape(size), POLICY, policies)
    seconds: list[float] = []
    matched, begun = 0, time.perf_counter()
    while len(seconds) < windows and time.perf_counter() - begun < WINDOWS_S:
        taken, offers = _window(load, size, concern)
        seconds.append(taken)
        matched += offers
    return _row(size, "through the core", seconds, matched)


def _window(load: Load, size: int, concern: str) -> tuple[float, int]:
    """So many items are collected, then the deadline comes; afterwards everybody finishes."""
    while load.waiting < size:
        load.arrive()
    load.now_ms += BATCH_MS
    with settled():
        begun = time.perf_counter()
        events = load.fire(concern)
        seconds = time.perf_counter() - begun
    offers = sum(isinstance(event, e.OfferMade) for event in events)
    if not offers:
        raise AssertionError(f"{size} items waited for {size} free operators, and nothing was matched")
    load.follow(events)
    while load.running:
        load.finish(0)
    return seconds, offers


def _solver(size: int, windows: int, *, with_scipy: bool) -> list[str]:
    """In a process of its own, for what has been imported stays imported."""
    script = CHILD if with_scipy else WITHOUT + CHILD
    command = [sys.executable, "-c", script, str(size), str(windows)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    answer = json.loads(done.stdout)
    what = "solver, with scipy" if with_scipy else "solver, without scipy"
    if with_scipy and not answer["scipy"]:
        return [f"{size} × {size}", what, "–", "–", "not installed", "–"]
    return _row(size, what, answer["seconds"], answer["matched"])


def _row(size: int, what: str, seconds: Sequence[float], matched: int) -> list[str]:
    runs = len(seconds)
    return [
        f"{size} × {size}",
        what,
        f"{runs}",
        f"{matched / runs:,.1f}",
        f"{percentile(seconds, 0.5):.4f}",
        f"{percentile(seconds, 0.99):.4f}",
    ]
