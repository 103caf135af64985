"""Shrinking: from a failing history to a short one that fails in the same way.

What lives here: delta debugging (Zeller and Hildebrandt, 2002) over the acts of a recording: leave parts out, keep what
still fails, with ever smaller parts.
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
    parts = 2
    while len(best) > 1 and not enough():
        size = -(-len(best) // parts)
        for start in range(0, len(best), size):
            rest = best[:start] + best[start + size :]
            if enough():
                return best
            if fails(rest):
                best, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(best))
    return best
