"""Business time by opening hours: deadlines, what has elapsed, when it opens, and why.

What lives here: the sums of the core over calendars that are compiled as far as a question reaches, and their
explanation, which needs to know what a calendar was compiled from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from omniroute.config import calendars
from omniroute.config.calendars import DAY_MS, DayPart
from omniroute.config.hours import OpeningHours, Window
from omniroute.core.calendars import (
    Pauses,
    Segment,
    add_ms,
    before_ms,
    elapsed_ms,
    is_open,
    next_close_ms,
    segments,
)
from omniroute.core.rules import Calendar
from omniroute.errors import InvalidInput

YEARS_MAX = 50
REACH_MAX_MS = (YEARS_MAX * 1461 // 4 + 1) * DAY_MS
"""How far from its start a deadline is looked for, and the longest span that is measured."""
EARLIEST_MS, LATEST_MS = -5_364_662_400_000, 13_569_465_600_000
"""From 1800 to 2400 (UTC): the instants that can be asked about."""

_REACH_MS = 8 * DAY_MS
"""How far a first attempt looks."""
_BLOCK_MS = 8 * DAY_MS
_SHARE = 5
"""The usual relation of all time to business time."""


class Reason(StrEnum):
    """Why a part of a span counts or not."""

    OPEN = "open"
    PAUSE = "pause"
    CLOSURE = "closure"
    HOLIDAY = "holiday"
    BREAK = "break"
    NO_HOURS = "no hours on this day"
    BEFORE = "before opening"
    BETWEEN = "between hours"
    AFTER = "after closing"


class Part(NamedTuple):
    """A part of a span; it counts if it is open. Holidays and closures may have a name."""

    from_ms: int
    to_ms: int
    reason: Reason
    name: str = ""


class BusinessTime:
    """Sums by one calendar. Every method raises `InvalidInput` where a question goes beyond the bounds above."""

    def __init__(self, hours: OpeningHours) -> None:
        self.hours = hours
        self._known = Calendar("", (), 0)
        self._from_ms = 0

    def due_ms(self, start_ms: int, length_ms: int, pauses: Pauses = ()) -> int:
        """When ``length_ms`` of business time have passed since ``start_ms``."""
        due_ms = self._due_ms(start_ms, length_ms, pauses)
        if due_ms is None:
            raise InvalidInput(f"so much business time does not lie within {YEARS_MAX} years of the start")
        return due_ms

    def start_ms(self, due_ms: int, length_ms: int, pauses: Pauses = ()) -> int:
        """The last instant at which ``length_ms`` of business time are left until ``due_ms``."""
        _within(due_ms)
        for reach_ms in _reaches(length_ms):
            known = self._covering(due_ms - reach_ms, due_ms)
            start_ms = before_ms(known, due_ms, length_ms, pauses)
            if start_ms >= max(self._from_ms, due_ms - REACH_MAX_MS):
                return start_ms
        raise InvalidInput(f"so much business time does not lie within {YEARS_MAX} years of the end")

    def elapsed_ms(self, start_ms: int, end_ms: int, pauses: Pauses = ()) -> int:
        """The business time from one instant to a later one."""
        return elapsed_ms(self._spanning(start_ms, end_ms), start_ms, end_ms, pauses)

    def is_open(self, at_ms: int) -> bool:
        """Whether it is open at that instant."""
        _within(at_ms)
        return is_open(self._covering(at_ms, at_ms + 1), at_ms)

    def next_open_ms(self, at_ms: int) -> int | None:
        """The first instant from ``at_ms`` on at which it is open; None: not within `YEARS_MAX` years."""
        due_ms = self._due_ms(at_ms, 1, ())
        return None if due_ms is None else due_ms - 1

    def next_close_ms(self, at_ms: int) -> int | None:
        """The first instant from ``at_ms`` on at which it is closed; None: not within `YEARS_MAX` years."""
        _within(at_ms)
        for reach_ms in _reaches(0):
            known = self._covering(at_ms, at_ms + reach_ms)
            closes_ms = next_close_ms(known, at_ms)
            if closes_ms is not None and closes_ms < min(known.until_ms, at_ms + REACH_MAX_MS):
                return closes_ms
        return None

    def explained(self, start_ms: int, end_ms: int, pauses: Pauses = ()) -> list[Part]:
        """The span in parts without a gap, each with what it was."""
        found: list[Part] = []
        for segment in segments(self._spanning(start_ms, end_ms), start_ms, end_ms, pauses):
            for part in _parts(self.hours, segment):
                if found and found[-1][1:] == (part.from_ms, *part[2:]):
                    found[-1] = found[-1]._replace(to_ms=part.to_ms)
                else:
                    found.append(part)
        return found

    def _due_ms(self, start_ms: int, length_ms: int, pauses: Pauses) -> int | None:
        _within(start_ms)
        for reach_ms in _reaches(length_ms):
            known = self._covering(start_ms, start_ms + reach_ms)
            due_ms = add_ms(known, start_ms, length_ms, pauses)
            if due_ms <= min(known.until_ms, start_ms + REACH_MAX_MS):
                return due_ms
        return None

    def _spanning(self, start_ms: int, end_ms: int) -> Calendar:
        _within(start_ms)
        _within(end_ms)
        if end_ms < start_ms:
            raise InvalidInput("the end is before the start")
        if end_ms - start_ms > REACH_MAX_MS:
            raise InvalidInput(f"the span is longer than {YEARS_MAX} years")
        return self._covering(start_ms, end_ms)

    def _covering(self, from_ms: int, until_ms: int) -> Calendar:
        """The calendar, compiled for a span at least; only what is new of it is compiled now, in whole blocks."""
        hours = self.hours
        from_ms, until_ms = from_ms - from_ms % _BLOCK_MS, until_ms - until_ms % -_BLOCK_MS
        if not self._known.intervals:
            self._from_ms = from_ms
            self._known = calendars.covering("", hours, from_ms, until_ms)
        if from_ms < self._from_ms:
            before = calendars.covering("", hours, from_ms, self._from_ms).intervals
            self._known = Calendar("", (*before, *self._known.intervals), self._known.until_ms)
            self._from_ms = from_ms
        if until_ms > self._known.until_ms:
            after = calendars.intervals(hours, self._known.until_ms, until_ms)
            self._known = Calendar("", (*self._known.intervals, *after), until_ms)
        return self._known


def _reaches(length_ms: int) -> Iterator[int]:
    """How far to look, a few times as far each time."""
    reach_ms = _REACH_MS + _SHARE * length_ms
    while reach_ms < REACH_MAX_MS:
        yield reach_ms
        reach_ms *= 8
    yield REACH_MAX_MS


def _within(at_ms: int) -> None:
    if not EARLIEST_MS <= at_ms < LATEST_MS:
        raise InvalidInput("an instant is between the years 1800 and 2400")


def _parts(hours: OpeningHours, segment: Segment) -> Iterator[Part]:
    """A segment of the core, where it is closed in parts that are closed for one reason."""
    if segment.kind != "closed":
        yield Part(segment.from_ms, segment.to_ms, Reason(segment.kind))
        return
    for part in calendars.days(hours, segment.from_ms, segment.to_ms):
        cuts = sorted({part.from_ms, part.to_ms, *_edges(hours, part)})
        for from_ms, to_ms in pairwise(cuts):
            yield Part(from_ms, to_ms, *_why_closed(hours, part, from_ms))


def _edges(hours: OpeningHours, part: DayPart) -> Iterator[int]:
    """The instants within a day at which the reason may change."""
    for window in (*hours.windows(part.day), *hours.breaks.get(part.day, ())):
        yield from map(part.instant_ms, window)
    for closure in hours.closures:
        yield from (ms for ms in closure[:2] if part.from_ms < ms < part.to_ms)


def _why_closed(hours: OpeningHours, part: DayPart, at_ms: int) -> tuple[Reason, str]:
    """Why it is closed at an instant of a day: the strongest reason."""
    for closure in hours.closures:
        if closure.from_ms <= at_ms < closure.to_ms:
            return Reason.CLOSURE, closure.name
    holiday = hours.holiday(part.day)
    if holiday is not None:
        return Reason.HOLIDAY, holiday
    minute = (at_ms - part.midnight_ms) // calendars.MINUTE_MS
    if any(off.start <= minute < off.end for off in hours.breaks.get(part.day, ())):
        return Reason.BREAK, ""
    return _outside(hours.windows(part.day), minute), ""


def _outside(windows: Sequence[Window], minute: int) -> Reason:
    if not windows:
        return Reason.NO_HOURS
    if minute < windows[0].start:
        return Reason.BEFORE
    return Reason.AFTER if minute >= windows[-1].end else Reason.BETWEEN
