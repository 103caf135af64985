"""The yardstick's own load, so that a world is filled once and measured many times.

The loop is that of `core_limit.run`, command for command (a test compares them); `core_limit` itself stays as it was
measured.
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from typing import Any

from benchmarks import core_limit
from benchmarks.core.plan import Shape

Limit = Generator[float, int, None]
"""``next`` fills the world; ``send(steps)`` gives lifecycles a second."""


def steady(shape: Shape) -> Limit:
    """The yardstick at a steady depth; each value sent is a number of steps, each value got is lifecycles a second."""
    core = core_limit.Core(*shape.world())
    chance = random.Random(3)
    last = shape.cycle - 1
    cls = [chance.randrange(shape.classes) for _ in range(shape.cycle)]
    prio = [chance.randrange(10) for _ in range(shape.cycle)]
    tid = ts = 0
    running: list[int] = []

    def accept(events: list[Any]) -> None:
        for event in events:
            if type(event) is core_limit.Offered:
                core.handle(core_limit.Accept(event.tid, ts))
                running.append(event.tid)

    depth = shape.waiting
    while (len(core.tasks) - len(running) < depth) if depth else (len(running) < shape.operators // 2):
        tid += 1
        ts += 1
        accept(core.handle(core_limit.Enqueue(tid, cls[tid & last], prio[tid & last], ts)))
    rate = 0.0
    while True:
        steps = yield rate
        begun = time.perf_counter()
        for _ in range(steps):
            ts += 1
            place = chance.randrange(len(running))
            done, running[place] = running[place], running[-1]
            running.pop()
            accept(core.handle(core_limit.Complete(done, ts)))
            tid += 1
            accept(core.handle(core_limit.Enqueue(tid, cls[tid & last], prio[tid & last], ts)))
        rate = steps / (time.perf_counter() - begun)


def filled(shape: Shape) -> Limit:
    """The yardstick, ready to be timed."""
    side = steady(shape)
    next(side)
    return side
