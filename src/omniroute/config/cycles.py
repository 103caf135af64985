"""Going round in a circle: over whom an arrow comes back to where it began.

What lives here: one pure function, for queues that overflow into one another and channels that interrupt one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def cycle(arrows: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """A circle among the arrows, its first name again at its end; empty where there is none."""
    left = {name: tuple(targets) for name, targets in arrows.items()}
    while ends := [name for name, targets in left.items() if not any(target in left for target in targets)]:
        for name in ends:
            del left[name]
    if not left:
        return ()
    walk = [next(iter(left))]
    while (following := next(target for target in left[walk[-1]] if target in left)) not in walk:
        walk.append(following)
    return (*walk[walk.index(following) :], following)
