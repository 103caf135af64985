"""The index of deadlines alone, beside a bare heap and beside buckets of 100 ms, doing the same with the same timers.

All three keep a dictionary of what is live, so that cancelling is one deletion. The heap fires in exact order, like
the index; the buckets fire in any order within 100 ms. Timers are those of four promises of matters that arrive one
after the other; a second row has them at random instants, where every access misses the processor's caches.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from statistics import median
from typing import Protocol

from benchmarks.core.table import Table, slashed, verdict
from benchmarks.core.timing import settled
from omniroute.core.deadlines import DeadlineIndex, Key

START_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
LENGTHS_MS = (30_000, 600_000, 4 * HOUR_MS, 8 * HOUR_MS)
"""Of an answer, a response, a department, a resolution; matters arrive during eight hours."""
SLICE = 256
PAUSED = 10
"""One in so many is paused and goes on; as many are cancelled."""
BUCKET_MS = 100
EXPIRE_GOAL, BYTES_GOAL = 1_000_000, 150

Timers = Sequence[tuple[Key, int]]


class Side(Protocol):
    """What is compared."""

    def set(self, key: Key, due_ms: int) -> None:
        """Begin or move."""

    def clear(self, key: Key) -> None:
        """Cancel."""

    def fire(self, now_ms: int, limit: int) -> int:
        """Let so many that are due end; how many did."""


class Heap:
    """The bare heap."""

    def __init__(self) -> None:
        self._live: dict[Key, int] = {}
        self._heap: list[tuple[int, Key]] = []

    def set(self, key: Key, due_ms: int) -> None:
        """Begin or move."""
        self._live[key] = due_ms
        heappush(self._heap, (due_ms, key))

    def clear(self, key: Key) -> None:
        """Cancel."""
        self._live.pop(key, None)

    def fire(self, now_ms: int, limit: int) -> int:
        """In exact order."""
        heap, live, count = self._heap, self._live, 0
        while heap and count < limit and heap[0][0] <= now_ms:
            due_ms, key = heappop(heap)
            if live.get(key) == due_ms:
                del live[key]
                count += 1
        return count


class Buckets:
    """A dictionary of buckets and a heap of their names."""

    def __init__(self) -> None:
        self._live: dict[Key, int] = {}
        self._buckets: dict[int, list[Key]] = {}
        self._heap: list[int] = []

    def set(self, key: Key, due_ms: int) -> None:
        """Begin or move."""
        self._live[key] = due_ms
        name = due_ms // BUCKET_MS
        bucket = self._buckets.get(name)
        if bucket is None:
            self._buckets[name] = [key]
            heappush(self._heap, name)
        else:
            bucket.append(key)

    def clear(self, key: Key) -> None:
        """Cancel."""
        self._live.pop(key, None)

    def fire(self, now_ms: int, limit: int) -> int:
        """Bucket by bucket, in no order within one."""
        heap, live, last, count = self._heap, self._live, now_ms // BUCKET_MS, 0
        while heap and count < limit and heap[0] <= last:
            name = heappop(heap)
            for key in self._buckets.pop(name):
                due_ms = live.get(key)
                if due_ms is not None and due_ms // BUCKET_MS == name:
                    del live[key]
                    count += 1
        return count


class Index(DeadlineIndex):
    """Ours."""

    def fire(self, now_ms: int, limit: int) -> int:
        """As `machine` does it: what is due is looked at, and leaves when its event clears it."""
        keys = self.due(now_ms, limit)
        for key in keys:
            self.clear(key)
        return len(keys)


SIDES: dict[str, Callable[[], Side]] = {"index": Index, "bare heap": Heap, "buckets of 100 ms": Buckets}
STEPS = ("insert", "pause", "resume", "cancel", "expire")


def measure(timers: int, rounds: int) -> Table:
    """Both orders, and memory."""
    rows, missed = [], False
    for title, known in (("as matters arrive", arriving(timers)), ("at random", at_random(max(1, timers // 4)))):
        rates: dict[str, dict[str, list[float]]] = {name: {step: [] for step in STEPS} for name in SIDES}
        for _ in range(rounds):
            for name, make in SIDES.items():
                with settled():
                    for step, rate in zip(STEPS, turn(make(), known), strict=True):
                        rates[name][step].append(rate)
        for name, make in SIDES.items():
            steps = [median(rates[name][step]) for step in STEPS]
            size = bytes_each(make(), known)
            ours = name == "index"
            bad = ours and (size > BYTES_GOAL or (title != "at random" and steps[-1] < EXPIRE_GOAL))
            missed |= bad
            cells = [f"{rate / 1e6:.2f}" for rate in steps]
            rows.append(
                [f"{name}, {title}", f"{len(known):,}", *cells, f"{size:.0f}", verdict(missed=bad) if ours else ""]
            )
    heading = slashed(("expire ≥ 1", f"bytes ≤ {BYTES_GOAL}"))
    headings = ("millions a second", "timers", *STEPS, "bytes each", heading)
    return Table(f"Timers: medians of {rounds}", headings, rows, missed)


def arriving(number: int) -> Timers:
    """Four promises for each matter."""
    gap_ms = 8 * HOUR_MS * len(LENGTHS_MS) / max(1, number)
    return [
        (("clock", place // 4, str(place % 4)), START_MS + int(place // 4 * gap_ms) + LENGTHS_MS[place % 4])
        for place in range(number)
    ]


def at_random(number: int) -> Timers:
    """During eight hours."""
    chance = random.Random(1)
    return [(("clock", place, "resolution"), START_MS + chance.randrange(8 * HOUR_MS)) for place in range(number)]


def turn(side: Side, timers: Timers) -> list[float]:
    """Operations a second of each step. Between them all is as live as before: what was paused goes on."""
    some = timers[::PAUSED]
    return [
        _rate(len(timers), lambda: _insert(side, timers)),
        _rate(len(some), lambda: _cancel(side, some)),
        _rate(len(some), lambda: _insert(side, [(key, due_ms + HOUR_MS) for key, due_ms in some])),
        _rate(len(some), lambda: _cancel(side, timers[1::PAUSED])),
        _rate(len(timers) - len(timers[1::PAUSED]), lambda: _expire(side)),
    ]


def _rate(number: int, act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return number / (time.perf_counter() - begun)


def _insert(side: Side, timers: Timers) -> None:
    put = side.set
    for key, due_ms in timers:
        put(key, due_ms)


def _cancel(side: Side, timers: Timers) -> None:
    clear = side.clear
    for key, _ in timers:
        clear(key)


def _expire(side: Side) -> None:
    """Time goes on in steps, as for an engine that wakes up; at the end nothing is left."""
    now_ms = START_MS
    while now_ms < START_MS + 20 * HOUR_MS:
        now_ms += 10_000
        while side.fire(now_ms, SLICE):
            pass


def bytes_each(side: Side, timers: Timers) -> float:
    """What the structure holds for each timer; the keys and the instants are there anyway."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        _insert(side, timers)
        side.fire(START_MS, 1)  # whatever is put in order when somebody asks
        return (tracemalloc.get_traced_memory()[0] - before) / len(timers)
    finally:
        tracemalloc.stop()
