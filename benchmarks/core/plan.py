"""What is measured: the shapes of the worlds, and how long; one plan for figures, one for trying the benchmark out."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks import core_limit

CLASSES = 50
CYCLE = 4096
"""The yardstick draws so many arrivals and repeats them; a world of very many classes needs more."""


class World(NamedTuple):
    """What the yardstick draws: skill masks, (mask, channel) by requirement class, the profile of each operator."""

    masks: list[int]
    wanted: list[tuple[int, int]]
    profile_of: list[int]


class Shape(NamedTuple):
    """A world's size. Nobody waits: half as many items run as there are operators."""

    operators: int
    waiting: int = 0
    profiles: int = 0
    """0: as many as the yardstick takes, 20 for up to 100 operators and 100 for more."""
    classes: int = CLASSES
    distinct: bool = False
    """Whether no requirement class is drawn twice."""

    @property
    def cycle(self) -> int:
        """How many arrivals are drawn: a power of two, enough to meet nearly every class."""
        return max(CYCLE, 1 << (8 * self.classes).bit_length())

    def world(self) -> World:
        """The yardstick's world of this size."""
        profiles = self.profiles or (20 if self.operators <= 100 else 100)
        if not self.distinct:
            return World(*core_limit.world(self.operators, profiles, self.classes))
        masks, wanted, profile_of = core_limit.world(self.operators, profiles, 8 * self.classes)
        different = list(dict.fromkeys(wanted))[: self.classes]
        if len(different) < self.classes:
            raise ValueError(f"{profiles} profiles do not give {self.classes} different requirement classes")
        return World(masks, different, profile_of)


class Axis(NamedTuple):
    """One thing that grows while all else stays. The yardstick takes part up to ``limit_max``: it dies beyond."""

    name: str
    sizes: tuple[int, ...]
    shapes: tuple[Shape, ...]
    limit_max: int


class Plan(NamedTuple):
    """One run of the benchmark. ``steps`` are the lifecycles of one turn, of either side.

    Worlds change slowly while they are measured (what few can serve piles up), so both must have lived as long.
    """

    rounds: int
    policy_rounds: int
    steps: int
    limit: tuple[Shape, ...]
    growth: tuple[Axis, ...]
    policies: tuple[Shape, ...]
    batches: tuple[int, ...]
    windows: int
    memory_items: int
    memory_operators: int


def axes(
    operators: tuple[int, ...],
    waiting: tuple[int, ...],
    profiles: tuple[int, ...],
    classes: tuple[int, ...],
    scale: int = 1,
) -> tuple[Axis, ...]:
    """The four axes of growth; ``scale`` divides what stays."""
    many, some, depth = 10_000 // scale, 1_000 // scale, 20_000 // scale
    return (
        Axis("operators", operators, tuple(Shape(n) for n in operators), operators[-1]),
        Axis("waiting items", waiting, tuple(Shape(some, n) for n in waiting), waiting[-1]),
        Axis("skill profiles", profiles, tuple(Shape(many, 0, n) for n in profiles), 1_000),
        Axis("requirement classes", classes, tuple(Shape(some, depth, 0, n, distinct=True) for n in classes), 500),
    )


FULL = Plan(
    rounds=5,
    policy_rounds=3,
    steps=5_000,
    limit=(
        Shape(100),
        Shape(1_000),
        Shape(10_000),
        Shape(1_000, 1_000),
        Shape(1_000, 100_000),
        Shape(100, 1_000),
    ),
    growth=axes((100, 1_000, 10_000), (1_000, 10_000, 100_000), (10, 100, 1_000, 5_000), (10, 100, 500, 5_000)),
    policies=(Shape(100), Shape(1_000), Shape(10_000), Shape(1_000, 1_000), Shape(1_000, 100_000)),
    batches=(50, 200),
    windows=50,
    memory_items=10_000,
    memory_operators=1_000,
)

QUICK = Plan(
    rounds=1,
    policy_rounds=1,
    steps=200,
    limit=(Shape(20), Shape(100), Shape(20, 50), Shape(100, 200)),
    growth=axes((20, 50, 100), (20, 50, 100), (10, 20, 50), (10, 20, 50), scale=20),
    policies=(Shape(20), Shape(50), Shape(100), Shape(20, 20), Shape(20, 100)),
    batches=(20, 50),
    windows=3,
    memory_items=100,
    memory_operators=50,
)
