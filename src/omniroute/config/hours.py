"""Opening hours as a file says them: a week, and days that differ from it.

What lives here: from ``"09:00-12:30"`` to minutes of a day. Whatever else knows of days that differ (a list of
holidays, somebody's calendar) adds to `OpeningHours.days`; ``calendars`` makes instants of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from omniroute.config import zones
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


class OpeningHours(NamedTuple):
    """When somebody is open: the hours of a week from Monday on, and of the days that differ (none: closed)."""

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    days: Mapping[date, tuple[Window, ...]]


def opening_hours(section: CalendarSection, path: str) -> OpeningHours:
    """The hours of a calendar of the file. Raises `ConfigError`."""
    for day in section.hours:
        check_known("day", day, WEEKDAYS, f"{path}.hours.{day}")
    week = tuple(_windows(section.hours.get(day, []), f"{path}.hours.{day}") for day in WEEKDAYS)
    days = _days(section, path)
    if not any(week) and not any(days.values()):
        raise ConfigError('it is never open; add hours, like hours = { mon = ["09:00-17:00"] }', path)
    return OpeningHours(zones.zone(section.timezone, f"{path}.timezone"), week, days)


def _days(section: CalendarSection, path: str) -> dict[date, tuple[Window, ...]]:
    """The days that differ; no day is closed and open."""
    days: dict[date, tuple[Window, ...]] = {
        _date(text, f"{path}.closed[{place}]"): () for place, text in enumerate(section.closed)
    }
    for text, hours in section.open.items():
        day = _date(text, f"{path}.open.{text}")
        if day in days:
            raise ConfigError("the day is among `closed` as well; take it out in one of the two", f"{path}.open.{text}")
        days[day] = _windows(hours, f"{path}.open.{text}")
    return days


def _date(text: str, path: str) -> date:
    if _DATE.fullmatch(text):
        with suppress(ValueError):  # the 30th of February
            return date.fromisoformat(text)
    raise ConfigError(f'{text!r} is not a day; write it like "2026-12-24"', path)


def _windows(texts: Sequence[str], path: str) -> tuple[Window, ...]:
    return tuple(_window(text, f"{path}[{place}]") for place, text in enumerate(texts))


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
