"""Opening hours as a file says them: a week, days that differ from it, breaks, and closures.

What lives here: from ``"09:00-12:30"`` to minutes of a day. ``holidays`` and ``ical`` know of more that is closed;
``calendars`` makes instants of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from omniroute.config import holidays, ical, zones
from omniroute.config.ical import CLOSED_DAYS_MAX, Closure
from omniroute.config.names import check_known
from omniroute.config.sections import CalendarSection
from omniroute.errors import ConfigError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

_HOURS = re.compile(r"([0-2]?[0-9]):([0-5][0-9])\s*-\s*([0-2]?[0-9]):([0-5][0-9])", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HOURS_FORM = 'write it like "09:00-12:30"; "24:00" is the end of the day'


class Window(NamedTuple):
    """A part of one day in minutes of the wall clock, the end not included."""

    start: int
    end: int


ALL_DAY = Window(0, DAY_MINUTES)


class Holidays(Protocol):
    """Days that are closed as a whole, with their names."""

    def get(self, day: date, /) -> str | None:
        """The name of a day, empty where it has none; None: it is no such day."""
        ...


class OpeningHours(NamedTuple):
    """When somebody is open: the hours of a week from Monday on, and whatever differs from them.

    ``days`` have hours of their own (none: closed), whether they are ``holidays`` or not; the first of ``holidays``
    that knows a day gives its name. ``breaks`` and ``closures`` close what is open otherwise.
    """

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    days: Mapping[date, tuple[Window, ...]]
    holidays: tuple[Holidays, ...] = ()
    breaks: Mapping[date, tuple[Window, ...]] = {}
    closures: tuple[Closure, ...] = ()
    data: str = ""
    """What other data than the zones' it was made from, with their version."""

    def holiday(self, day: date) -> str | None:
        """The name of what closes a day as a whole, empty where it has none; None: nothing does."""
        if day in self.days:
            return None
        for one in self.holidays:
            if (name := one.get(day)) is not None:
                return name
        return None

    def windows(self, day: date) -> Sequence[Window]:
        """The hours of a day, its breaks included: sorted and disjoint."""
        if day in self.days:
            return self.days[day]
        return self.week[day.weekday()] if self.holiday(day) is None else ()

    def open_windows(self, day: date) -> Sequence[Window]:
        """The hours of a day without its breaks."""
        windows, breaks = self.windows(day), self.breaks.get(day)
        return without(windows, breaks) if breaks else windows

    def ever_open(self) -> bool:
        """Whether there is a day at all at which it opens, as far as days and breaks say."""
        return any(self.week) or any(map(self.open_windows, self.days))


def opening_hours(section: CalendarSection, path: str) -> OpeningHours:
    """The hours of a calendar of the file. Raises `ConfigError`."""
    zone = zones.zone(section.timezone, f"{path}.timezone")
    closed = _closed(section.closed, f"{path}.closed")
    days, closures = ical.closed(section.ical, zone, f"{path}.ical")
    public, data = holidays.public(section.holidays, f"{path}.holidays")
    return checked(
        OpeningHours(
            zone,
            _week(section, path),
            _open(section, closed, f"{path}.open"),
            (*(one for one in (closed, days) if one), *public),
            _days(section.breaks, f"{path}.breaks"),
            closures,
            data,
        ),
        path,
    )


def checked(hours: OpeningHours, path: str) -> OpeningHours:
    """The hours themselves, if it opens at all. Raises `ConfigError`."""
    if not hours.ever_open():
        raise ConfigError('it is never open; add hours, like hours = { mon = ["09:00-17:00"] }', path)
    return hours


def without(windows: Sequence[Window], breaks: Sequence[Window]) -> Sequence[Window]:
    """The hours of a day without its breaks."""
    for off in breaks:
        cut = [part for one in windows for part in (Window(one.start, min(one.end, off.start)), _after(one, off))]
        windows = [part for part in cut if part.start < part.end]
    return windows


def _after(window: Window, off: Window) -> Window:
    return Window(max(window.start, off.end), window.end)


def _week(section: CalendarSection, path: str) -> tuple[tuple[Window, ...], ...]:
    if section.always_open and section.hours:
        raise ConfigError("it is always open; take out `hours` or `always_open`", f"{path}.always_open")
    if section.always_open:
        return ((ALL_DAY,),) * 7
    for day in section.hours:
        check_known("day", day, WEEKDAYS, f"{path}.hours.{day}")
    return tuple(windows(section.hours.get(day, []), f"{path}.hours.{day}") for day in WEEKDAYS)


def _open(section: CalendarSection, closed: Mapping[date, str], path: str) -> dict[date, tuple[Window, ...]]:
    """The days with hours of their own; no day is closed and open."""
    days = _days(section.open, path)
    for day in days:
        if day in closed:
            raise ConfigError("the day is among `closed` as well; take it out in one of the two", f"{path}.{day}")
    return days


def _days(section: Mapping[str, Sequence[str]], path: str) -> dict[date, tuple[Window, ...]]:
    return {day_of(text, f"{path}.{text}"): windows(hours, f"{path}.{text}") for text, hours in section.items()}


def _closed(texts: Sequence[str], path: str) -> dict[date, str]:
    return {day: "" for place, text in enumerate(texts) for day in _span(text, f"{path}[{place}]")}


def _span(text: str, path: str) -> list[date]:
    """``"2026-12-24/2027-01-01"``, or one day, to all its days."""
    first_text, _, last_text = text.partition("/")
    first = day_of(first_text, path)
    last = day_of(last_text, path) if "/" in text else first
    if not 0 <= (last - first).days < CLOSED_DAYS_MAX:
        raise ConfigError(f"{text!r} ends before it begins, or has more than {CLOSED_DAYS_MAX} days", path)
    return [first + timedelta(days=off) for off in range((last - first).days + 1)]


def day_of(text: str, path: str) -> date:
    """``"2026-12-24"`` to a day. Raises `ConfigError`."""
    if _DATE.fullmatch(text):
        with suppress(ValueError):  # the 30th of February
            return date.fromisoformat(text)
    raise ConfigError(f'{text!r} is not a day; write it like "2026-12-24"', path)


def windows(texts: Sequence[str], path: str) -> tuple[Window, ...]:
    """The hours of a day, like ``["09:00-12:30", "13:00-17:00"]``, in order. Raises `ConfigError`."""
    found = sorted((_window(text, f"{path}[{place}]"), place) for place, text in enumerate(texts))
    for (one, _), (other, place) in pairwise(found):
        if other.start < one.end:
            raise ConfigError(f"{texts[place]!r} overlaps other hours of the day", f"{path}[{place}]")
    return tuple(window for window, _ in found)


def _window(text: str, path: str) -> Window:
    found = _HOURS.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"{text!r} are no hours; {_HOURS_FORM}", path)
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    window = Window(from_hour * 60 + from_minute, to_hour * 60 + to_minute)
    if window.start >= DAY_MINUTES or window.end > DAY_MINUTES:
        raise ConfigError(f"{text!r} goes beyond the day; {_HOURS_FORM}", path)
    if window.start >= window.end:
        raise ConfigError(
            f'{text!r} ends before it begins; past midnight write "22:00-24:00", and "00:00-06:00" for the next day',
            path,
        )
    return window
