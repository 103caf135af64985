"""Calendars: from opening hours to the instants at which the core opens and closes.

What lives here: pure functions of hours and a span of time. The wall clock decides: it is open exactly at the instants
at which the clocks of the place show a time inside the hours of the day that they show. Hours that begin while the
clocks are put forward begin right after; what lies in an hour that comes twice is open both times.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from omniroute.config import zones
from omniroute.config.hours import OpeningHours
from omniroute.core.calendars import merged
from omniroute.core.rules import Calendar

BEFORE_DAYS = 7
AFTER_DAYS = 800
MINUTE_MS = 60_000
DAY_MS = 86_400_000

Interval = tuple[int, int]
"""From and to, in ms UTC, the end not included."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()


def compiled(name: str, hours: OpeningHours, now_ms: int) -> Calendar:
    """The calendar from `BEFORE_DAYS` before to `AFTER_DAYS` after the present, the same all day (UTC)."""
    today_ms = now_ms - now_ms % DAY_MS
    return covering(name, hours, today_ms - BEFORE_DAYS * DAY_MS, today_ms + (AFTER_DAYS + 1) * DAY_MS)


def covering(name: str, hours: OpeningHours, from_ms: int, until_ms: int) -> Calendar:
    """The calendar that knows a span.

    Who is closed at its beginning gets an interval of no length there: the core takes the time before the first
    interval to be open.
    """
    found = intervals(hours, from_ms, until_ms)
    if not found or found[0][0] > from_ms:
        found = ((from_ms, from_ms), *found)
    data = f" {hours.data}" if hours.data else ""
    return Calendar(name, found, until_ms, f"{hours.zone.key} tzdata {zones.version()}{data}")


def intervals(hours: OpeningHours, from_ms: int, until_ms: int) -> tuple[Interval, ...]:
    """When it is open within a span: sorted, disjoint, not touching."""
    found = merged(_opened(hours, from_ms, until_ms))
    for closure in hours.closures:
        if from_ms < closure.to_ms and closure.from_ms < until_ms:
            found = [part for one in found for part in _cut(one, closure.from_ms, closure.to_ms)]
    return tuple(found)


def _opened(hours: OpeningHours, from_ms: int, until_ms: int) -> Iterator[Interval]:
    for part in days(hours, from_ms, until_ms):
        for start, end in hours.open_windows(part.day):
            opens, closes = part.instant_ms(start), part.instant_ms(end)
            if opens < closes:
                yield opens, closes


def _cut(interval: Interval, from_ms: int, to_ms: int) -> Iterator[Interval]:
    """What is left of an interval without a part of it."""
    opens, closes = interval
    if to_ms <= opens or closes <= from_ms:
        yield interval
        return
    if opens < from_ms:
        yield opens, from_ms
    if to_ms < closes:
        yield to_ms, closes


class DayPart(NamedTuple):
    """A day of the place, or a part of it in which its clocks run evenly: ``[from_ms, to_ms)``."""

    day: date
    midnight_ms: int
    """When its clocks would have shown 00:00, had they always run as in this part."""
    from_ms: int
    to_ms: int

    def instant_ms(self, minute: int) -> int:
        """When the clocks show that minute of the day; the nearer end, if they do not in this part."""
        at_ms = self.midnight_ms + minute * MINUTE_MS
        if at_ms < self.from_ms:
            return self.from_ms
        return min(at_ms, self.to_ms)


def days(hours: OpeningHours, from_ms: int, until_ms: int) -> Iterator[DayPart]:
    """The days of the place in a span, in order; a day on which the clocks are changed comes in parts."""
    for begins, ends, offset in zones.stretches(hours.zone, from_ms, until_ms):
        for number in range((begins + offset) // DAY_MS, -(-(ends + offset) // DAY_MS)):
            midnight_ms = number * DAY_MS - offset
            day = date.fromordinal(_EPOCH_DAY + number)
            yield DayPart(day, midnight_ms, max(midnight_ms, begins), min(midnight_ms + DAY_MS, ends))
