"""Calendars: from opening hours to the instants at which the core opens and closes.

What lives here: pure functions of hours and a span of time. The wall clock decides: a part of a day lasts from the
first moment to the last at which the clocks of the place show a time inside it. So hours that begin while the clocks
are put forward begin right after, hours that begin in the hour that comes twice begin the first time, hours that end in
it end the second time, and nobody finds a closed door while the clock shows an open hour.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from omniroute.config import zones
from omniroute.config.hours import OpeningHours, Window
from omniroute.core.rules import Calendar

BEFORE_DAYS = 7
AFTER_DAYS = 800
MINUTE_MS = 60_000
DAY_MS = 86_400_000

Interval = tuple[int, int]
"""From and to, in ms UTC, the end not included."""


def compiled(name: str, hours: OpeningHours, now_ms: int) -> Calendar:
    """The calendar from `BEFORE_DAYS` before to `AFTER_DAYS` after the present, the same all day (UTC).

    Who has been closed for longer than that gets an interval of no length at the beginning: the core takes the time
    before the first interval to be open.
    """
    today_ms = now_ms - now_ms % DAY_MS
    from_ms, until_ms = today_ms - BEFORE_DAYS * DAY_MS, today_ms + (AFTER_DAYS + 1) * DAY_MS
    found = intervals(hours, from_ms, until_ms)
    if not found or found[0][0] > today_ms:
        found = ((from_ms, from_ms), *found)
    return Calendar(name, found, until_ms, f"{hours.zone.key} tzdata {zones.version()}")


def intervals(hours: OpeningHours, from_ms: int, until_ms: int) -> tuple[Interval, ...]:
    """When it is open within a span: sorted, disjoint, not touching."""
    found = _merged(sorted(_stretches(hours, from_ms, until_ms)))
    within = ((max(opens, from_ms), min(closes, until_ms)) for opens, closes in found)
    return tuple((opens, closes) for opens, closes in within if opens < closes)


def _stretches(hours: OpeningHours, from_ms: int, until_ms: int) -> Iterator[Interval]:
    """Every part of every day that may touch the span; a day of the place begins at most a day off ours."""
    day, last = (datetime.fromtimestamp(ms // 1000, UTC).date() for ms in (from_ms - DAY_MS, until_ms + DAY_MS))
    while day <= last:
        for window in hours.days.get(day, hours.week[day.weekday()]):
            yield stretch(hours.zone, day, window)
        day += timedelta(days=1)


def stretch(zone: ZoneInfo, day: date, window: Window) -> Interval:
    """From the first to the last moment of that day at which the clock shows a time inside the window."""
    return _first_ms(zone, _wall(day, window.start)), _after_last_ms(zone, _wall(day, window.end - 1))


def _wall(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60))


def _first_ms(zone: ZoneInfo, wall: datetime) -> int:
    """The first moment at which the clock shows the minute; where it skips it, the moment at which it does."""
    first, last = _occurrences_ms(zone, wall)
    return first if first <= last else _skipped_at_ms(zone, last, first)


def _after_last_ms(zone: ZoneInfo, wall: datetime) -> int:
    """The end of the last minute that the clock shows so; where it skips it, the moment at which it does."""
    first, last = _occurrences_ms(zone, wall)
    return last + MINUTE_MS if first <= last else _skipped_at_ms(zone, last, first)


def _occurrences_ms(zone: ZoneInfo, wall: datetime) -> Interval:
    """The instants of a wall time by the offset before a change and by the one after; only in a gap they turn round."""
    return (_instant_ms(wall.replace(tzinfo=zone, fold=0)), _instant_ms(wall.replace(tzinfo=zone, fold=1)))


def _instant_ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def _skipped_at_ms(zone: ZoneInfo, before_ms: int, after_ms: int) -> int:
    """The instant between two at which the clock is put forward."""
    seconds = range(before_ms // 1000, after_ms // 1000 + 1)
    old = _offset(zone, seconds[0])
    return seconds[bisect_left(seconds, True, key=lambda second: _offset(zone, second) != old)] * 1000


def _offset(zone: ZoneInfo, second: int) -> timedelta | None:
    return datetime.fromtimestamp(second, zone).utcoffset()


def _merged(stretches: Iterable[Interval]) -> list[Interval]:
    """Sorted stretches with those that overlap or touch as one."""
    found: list[Interval] = []
    for opens, closes in stretches:
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        else:
            found.append((opens, closes))
    return found
