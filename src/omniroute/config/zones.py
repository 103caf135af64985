"""Time zones, from the data of the package ``tzdata`` and not from the machine's.

What lives here: a zone by its name, with the version of its data, so that the same lock file gives the same opening
hours on every machine, and a recorded calendar can say what it was made from; and when its clocks are changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import import_module, reload
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from omniroute.config.names import check_known

_DATA = "tzdata"
_STEP_S = 3 * 86_400
"""Clocks are changed at most once in such a time: the closest two changes of all zones are a week apart."""


class Stretch(NamedTuple):
    """A stretch of time ``[from_ms, to_ms)`` in which the clocks are the same ``offset_ms`` ahead of UTC."""

    from_ms: int
    to_ms: int
    offset_ms: int


@cache
def names() -> tuple[str, ...]:
    """Every zone that there is."""
    return tuple(files(_DATA).joinpath("zones").read_text(encoding="ascii").split())


@cache
def version() -> str:
    """The release of the data, like ``2026a``."""
    return str(import_module(_DATA).IANA_VERSION)


@cache
def _load(name: str) -> ZoneInfo:
    with files(_DATA).joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def forget() -> None:
    """Read the data anew from now on: its package may have been upgraded while the program runs."""
    for kept in (names, version, _load, _changes):
        kept.cache_clear()
    reload(import_module(_DATA))


def zone(name: str, path: str) -> ZoneInfo:
    """The zone of that name. Raises `ConfigError`."""
    return _load(check_known("time zone", name, names(), path))


def stretches(place: ZoneInfo, from_ms: int, to_ms: int) -> Iterator[Stretch]:
    """The span in parts in which the clocks of the place run evenly."""
    first, last = (datetime.fromtimestamp(ms // 1000, UTC).year for ms in (from_ms, to_ms))
    found = [change for year in range(first, last + 1) for change in _changes(place, year)]
    for (begins, offset), (ends, _) in zip(found, [*found[1:], (to_ms // 1000 + 1, 0)], strict=True):
        part = Stretch(max(begins * 1000, from_ms), min(ends * 1000, to_ms), offset * 1000)
        if part.from_ms < part.to_ms:
            yield part


@lru_cache(maxsize=4096)
def _changes(place: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """The seconds of a year (UTC) from which on an offset holds, with it: the beginning, and every change."""
    begins, ends = (int(datetime(one, 1, 1, tzinfo=UTC).timestamp()) for one in (year, year + 1))
    found = [(begins, _offset(place, begins))]
    for low in range(begins, ends, _STEP_S):
        high = min(low + _STEP_S, ends - 1)
        if _offset(place, high) != found[-1][1]:
            at = _changed_at(place, low, high)
            found.append((at, _offset(place, at)))
    return tuple(found)


def _changed_at(place: ZoneInfo, low: int, high: int) -> int:
    """The second of the only change between two."""
    old = _offset(place, low)
    seconds = range(low, high + 1)
    return seconds[bisect_left(seconds, True, key=lambda second: _offset(place, second) != old)]


def _offset(place: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, place).utcoffset()
    if offset is None:
        raise AssertionError("a zone has an offset at every instant")
    return round(offset.total_seconds())
