"""Closures from iCalendar files (RFC 5545), read by the package ``icalendar`` (the extra of that name).

What lives here: events to days and instants at which it is closed. Whatever would have to be guessed is refused: times
in unknown zones, events without an end. The package may be missing, so it is loaded by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from omniroute.config import zones
from omniroute.config.recurrence import beginnings
from omniroute.errors import ConfigError

CLOSED_DAYS_MAX = 3660
"""The longest closure of whole days, about ten years."""


class Closure(NamedTuple):
    """A stretch of time ``[from_ms, to_ms)`` that is closed, and what for."""

    from_ms: int
    to_ms: int
    name: str


def closed(files: Sequence[str], zone: ZoneInfo, path: str) -> tuple[dict[date, str], tuple[Closure, ...]]:
    """The whole days and the other closures of the files; floating times are of ``zone``. Raises `ConfigError`."""
    days: dict[date, str] = {}
    closures: list[Closure] = []
    for place, file in enumerate(files):
        for event in _events(file, f"{path}[{place}]"):
            try:
                _add(event, days, closures, zone)
            except ValueError as failure:
                what = f"{file}, event {str(event.get('SUMMARY', ''))!r}: {failure}"
                raise ConfigError(what, f"{path}[{place}]") from failure
    return days, tuple(sorted(closures))


def _events(file: str, path: str) -> Iterator[Any]:
    """The events that take place."""
    try:
        read = import_module("icalendar").Calendar.from_ical
    except ImportError as failure:
        raise ConfigError(
            "iCalendar files need the extra `icalendar`: pip install 'omniroute[icalendar]'", path
        ) from failure
    try:
        calendar = read(Path(file).read_bytes())
    except OSError as failure:
        raise ConfigError(f"{file} cannot be read: {failure.strerror}", path) from failure
    except ValueError as failure:
        raise ConfigError(f"{file} is not an iCalendar file: {failure}", path) from failure
    return (event for event in calendar.walk("VEVENT") if event.get("STATUS") != "CANCELLED")


def _add(event: Any, days: dict[date, str], closures: list[Closure], zone: ZoneInfo) -> None:
    """Raises `ValueError` for an event that is not understood."""
    name = str(event.get("SUMMARY", ""))
    start, end = _ends(event)
    for begins in beginnings(event, start):
        if isinstance(begins, datetime) and isinstance(start, datetime) and isinstance(end, datetime):
            from_ms = _ms(event, begins, zone)
            length_ms = _ms(event, end, zone) - _ms(event, start, zone)
            closures.append(Closure(from_ms, from_ms + length_ms, name))
        else:
            for off in range((end - start).days):
                days.setdefault(begins + timedelta(days=off), name)


def _ends(event: Any) -> tuple[date, date]:
    """Its beginning and its end, which is later; both are days or both are moments."""
    start, end = event.start, event.end  # refuses one of each
    if isinstance(start, datetime) and (start.tzinfo is None) is not (end.tzinfo is None):
        raise ValueError("it has a zone at one end only")
    if start >= end:
        raise ValueError("it does not end after it begins")
    if (end - start).days > CLOSED_DAYS_MAX:
        raise ValueError(f"it has more than {CLOSED_DAYS_MAX} days")
    return start, end


def _ms(event: Any, moment: datetime, zone: ZoneInfo) -> int:
    """The instant, by our data of the zones where they know the zone."""
    if moment.tzinfo is None:
        for key in ("DTSTART", "DTEND"):
            if key in event and (named := event[key].params.get("TZID")):
                raise ValueError(f"the time zone {named!r} is not known")
        moment = moment.replace(tzinfo=zone)
    elif (known := getattr(moment.tzinfo, "key", "")) in zones.names():
        moment = moment.replace(tzinfo=zones.zone(known, ""))
    return int(moment.timestamp() * 1000)
