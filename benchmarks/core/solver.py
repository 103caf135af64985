"""The batch policy's solver alone, in a process of its own: ``batch`` starts it with and without scipy."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import core_limit
from benchmarks.core.batch import POLICY, WINDOWS_S
from benchmarks.core.load import CHANNELS, LEVEL, SKILLS
from benchmarks.core.plan import Shape
from omniroute import plugins
from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.rules import Requirement


def main() -> None:
    """Print the seconds of each window, the number of pairs, and whether scipy had a part in it."""
    size, windows = map(int, sys.argv[1:3])
    policy: Any = plugins.load().policies[POLICY]
    chance = random.Random(3)
    seconds: list[float] = []
    matched, begun = 0, time.perf_counter()
    while len(seconds) < windows and time.perf_counter() - begun < WINDOWS_S:
        taken, pairs = _solve(policy, *_window(size, chance))
        seconds.append(taken)
        matched += pairs
    print(json.dumps({"seconds": seconds, "matched": matched, "scipy": sys.modules.get("scipy") is not None}))


Window = tuple[list[WorkItem], list[Operator], list[list[bool]]]


def _window(size: int, chance: random.Random) -> Window:
    """As many items as operators of the yardstick's world."""
    world = Shape(size).world()
    operators = [
        Operator(
            f"operator{number:05}",
            ("all",),
            {skill: LEVEL + bit % 8 for bit, skill in enumerate(SKILLS) if world.masks[profile] >> bit & 1},
            100,
            Presence.AVAILABLE,
            idle_since_ms=chance.randrange(100_000),
        )
        for number, profile in enumerate(world.profile_of)
    ]
    classes = [chance.choice(world.wanted) for _ in range(size)]
    items = [_item(number, mask, channel, chance) for number, (mask, channel) in enumerate(classes, 1)]
    eligible = [[world.masks[profile] & mask == mask for profile in world.profile_of] for mask, _ in classes]
    return items, operators, eligible


def _item(number: int, mask: int, channel: int, chance: random.Random) -> WorkItem:
    priority, enqueued_ms = chance.randrange(10), chance.randrange(100_000)
    return WorkItem(
        number,
        number,
        "all.all",
        "all",
        CHANNELS[channel],
        core_limit.COST[channel],
        priority,
        enqueued_ms,
        enqueued_ms - 60_000 * priority,
        tuple(Requirement(skill, LEVEL) for bit, skill in enumerate(SKILLS) if mask >> bit & 1),
    )


def _solve(
    policy: Any, items: Sequence[WorkItem], operators: Sequence[Operator], eligible: Sequence[Sequence[bool]]
) -> tuple[float, int]:
    begun = time.perf_counter()
    pairs = policy.match(items, operators, eligible, 200_000)
    return time.perf_counter() - begun, len(pairs)
