"""Times of day and days of the week, in a time zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from omniroute.errors import ConfigError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

_RANGE = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")


def zone(name: str, path: str) -> ZoneInfo:
    """A time zone by its name. Raises `ConfigError`."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as failure:
        found = get_close_matches(name, available_timezones(), 1)
        hint = f"did you mean {found[0]!r}?" if found else "one is written Europe/Berlin"
        raise ConfigError(f"there is no time zone {name!r}; {hint}", path) from failure


def minutes(text: str, path: str) -> tuple[int, int]:
    """``"22:00-06:00"`` as minutes of the day; the end is not part of it. Raises `ConfigError`."""
    found = _RANGE.fullmatch(text.strip())
    numbers = [int(part) for part in found.groups()] if found else [99] * 4
    begin, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if max(numbers[1], numbers[3]) > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES or begin == end:
        raise ConfigError(f'{text!r} is no time of day; write it like "09:00-17:30" or "22:00-06:00"', path)
    return begin, end


def weekday(text: str, path: str) -> int:
    """``"sat"`` as 5. Raises `ConfigError`."""
    if text.casefold() not in DAYS:
        raise ConfigError(f"{text!r} is no day; the days are {', '.join(DAYS)}", path)
    return DAYS.index(text.casefold())


def minute_of_day(at_ms: int, where: ZoneInfo) -> int:
    """What the clock on the wall shows there at an instant."""
    wall = datetime.fromtimestamp(at_ms // 1000, where)
    return wall.hour * 60 + wall.minute


def weekday_of(at_ms: int, where: ZoneInfo) -> int:
    """The day of the week there at an instant; Monday is 0."""
    return datetime.fromtimestamp(at_ms // 1000, where).weekday()


def within(minute: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether a minute of the day is in one of the ranges; a range may go over midnight."""
    return any(begin <= minute < end if begin < end else minute >= begin or minute < end for begin, end in ranges)
