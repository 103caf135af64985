"""Old shapes of recorded events, lifted to the present one while they are read.

Recorded journals replay for ever. A new field at the end with a default needs nothing here. Any other change adds a
function under the tag as it was *recorded*: it takes the raw array ``[tag, field, …]`` and returns the next shape, or
the array as it is where it has the new shape already (both are in the record). It may change the tag as well; the
functions of the new tag then follow. Functions stay for ever, in the order in which the shapes changed, each with a
sample of the old bytes in the tests. They are pure: no lookups, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Raw = list[Any]
"""An event as MessagePack gives it: the tag, then the fields in order."""

Upcast = Callable[[Raw], Raw]
Upcasts = Mapping[str, Sequence[Upcast]]

CLOCKS = 18
"""Where a recorded conversation has its clocks."""


def _clock_to_clocks(raw: Raw) -> Raw:
    """A done matter had one clock, or none, in the place of a list; it has ended, and nothing follows from it."""
    record = raw[1]
    if len(record) > CLOCKS and not (isinstance(record[CLOCKS], list) and all(map(_is_list, record[CLOCKS]))):
        record[CLOCKS] = []
    return raw


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


UPCASTS: dict[str, list[Upcast]] = {
    "conversation.resolved": [_clock_to_clocks],
    "conversation.reopened": [_clock_to_clocks],
}
"""By recorded tag."""


def lift(raw: Raw, upcasts: Upcasts) -> Raw:
    """Apply every function that the tag asks for, and those of the tag that it becomes."""
    for _ in range(len(upcasts)):
        tag = raw[0]
        for upcast in upcasts.get(tag, ()):
            raw = upcast(raw)
        if raw[0] == tag:
            break
    return raw
