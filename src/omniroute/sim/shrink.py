"""Shrinking: from a failing history to a short one that fails in the same way.

What lives here: delta debugging over the acts of a recording: parts are left out, ever smaller ones, as long as what
remains still fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from omniroute.sim.options import Act, Options
from omniroute.sim.world import World


def kind_of(violation: str) -> str:
    """What two runs must have in common to have failed in the same way: the promise, not the names and numbers."""
    promise = violation.split(":", maxsplit=1)[0]
    named = promise.startswith("invariant") or promise.isdecimal()
    return promise if named else re.sub(r"\d+", "#", promise)[:60]


def shrunk(
    kind: type[World], options: Options, acts: Sequence[Act], violation: str, enough: Callable[[], bool]
) -> list[Act]:
    """The shortest history found until ``enough`` says so; the one that was given where it fails only by itself."""
    wanted = kind_of(violation)

    def fails(some: Sequence[Act]) -> bool:
        return kind_of(kind(options, some).run().violation) == wanted

    best = list(acts)
    if not fails(best):
        return best
    size = len(best) // 2
    while size and not enough():
        best = _without_parts(best, size, fails, enough)
        size //= 2
    return best


def _without_parts(
    acts: list[Act], size: int, fails: Callable[[Sequence[Act]], bool], enough: Callable[[], bool]
) -> list[Act]:
    """Leave out part after part of that size, each for good where it is not needed; a part is tried once."""
    start = 0
    while start < len(acts) and not enough():
        rest = acts[:start] + acts[start + size :]
        if fails(rest):
            acts = rest
        else:
            start += size
    return acts
