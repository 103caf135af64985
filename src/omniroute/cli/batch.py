"""``omniroute sla batch``: one question a line, each with its own calendar, and one answer a line.

What lives here: the form of the lines. A line that is wrong is answered with what is wrong, and the others are answered
all the same. Calendars that come again are compiled once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TextIO, TypeVar

import msgspec

from omniroute.cli import instants
from omniroute.config import zones
from omniroute.config.business import REACH_MAX_MS, YEARS_MAX, BusinessTime
from omniroute.config.hours import ALL_DAY, WEEKDAYS, OpeningHours, Window, checked, day_of, windows
from omniroute.config.names import check_known
from omniroute.core.calendars import merged
from omniroute.errors import InvalidInput, OmniRouteError

KEYS = ("id", "op", "calendar", "start", "duration_s", "end", "pauses")
OPERATIONS = ("due", "elapsed")
CALENDARS_MAX = 1000
"""Calendars that are kept while others come."""

T = TypeVar("T")
Span = tuple[str, str]
Fields = dict[str, msgspec.Raw]

_NULL = b"null"


class CalendarLine(msgspec.Struct, forbid_unknown_fields=True):
    """The calendar of a line: a week, whole days off, breaks, and days with hours of their own (``shifts``)."""

    tz: str = "UTC"
    always_open: bool = False
    hours: dict[str, list[Span]] | None = None
    holidays: list[str] | None = None
    breaks: dict[str, list[Span]] | None = None
    shifts: dict[str, list[Span]] | None = None


_fields = msgspec.json.Decoder(Fields)
_encode = msgspec.json.Encoder().encode


def run(lines: Iterable[bytes], out: TextIO) -> int:
    """Answer every line that is not blank, in order. Gives the number of those that were wrong."""
    wrong = 0
    for line in lines:
        if not line.strip():
            continue
        answer = answered(line)
        wrong += "error" in answer
        out.write(_encode(answer).decode())
        out.write("\n")
    out.flush()
    return wrong


def answered(line: bytes) -> dict[str, Any]:
    """The answer to one line: its id with ``due`` or ``elapsed_s``, or with an ``error``."""
    try:
        fields = _fields.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as failure:
        return {"id": None, "error": f"the line is no JSON object: {failure}"}
    try:
        return {"id": fields.get("id"), **_answer(fields)}
    except OmniRouteError as failure:
        return {"id": fields.get("id"), "error": str(failure)}


def _answer(fields: Fields) -> dict[str, Any]:
    _check_keys(fields)
    operation = check_known("operation", _needed(fields, "op", str), OPERATIONS, "op")
    start_ms = instants.read(_needed(fields, "start", str), "start")
    pauses = _pauses(_value(fields, "pauses", list[Span]) or [])
    if operation == "elapsed":
        end_ms = instants.read(_needed(fields, "end", str), "end")
        counted_ms = _business(fields).elapsed_ms(start_ms, end_ms, pauses)
        return {"elapsed_s": instants.seconds(counted_ms)}
    length_ms = _length_ms(_needed(fields, "duration_s", float))
    known = _business(fields)
    checked(known.hours, "calendar")
    return {"due": instants.written(known.due_ms(start_ms, length_ms, pauses))}


def _check_keys(fields: Fields) -> None:
    """Refuse what looks like a key that was misspelt; other keys are the caller's own."""
    for key in fields:
        if key not in KEYS and (meant := get_close_matches(key, KEYS, 1, 0.75)):
            raise InvalidInput(f"unknown key {key!r}; did you mean {meant[0]!r}?")


def _value(fields: Fields, key: str, kind: type[T]) -> T | None:
    """What stands at a key; None: nothing does."""
    raw = fields.get(key)
    return None if raw is None or bytes(raw) == _NULL else _decoded(raw, kind, key)


def _needed(fields: Fields, key: str, kind: type[T]) -> T:
    found = _value(fields, key, kind)
    if found is None:
        raise InvalidInput(f"{key}: is missing", key)
    return found


def _decoded(raw: msgspec.Raw | bytes, kind: type[T], key: str) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as failure:
        message, _, where = str(failure).partition(" - at `$")
        raise InvalidInput(f"{key}{where.removesuffix('`')}: {message}", key) from failure


def _length_ms(duration_s: float) -> int:
    if not 0 <= duration_s * 1000 <= REACH_MAX_MS:
        raise InvalidInput(f"duration_s: is between 0 and {YEARS_MAX} years", "duration_s")
    length_ms = round(duration_s * 1000)
    if abs(length_ms - duration_s * 1000) > 0.001:
        raise InvalidInput("duration_s: is finer than a millisecond", "duration_s")
    return length_ms


def _pauses(spans: list[Span]) -> list[tuple[int, int]]:
    return merged(instants.span(*ends, f"pauses[{place}]") for place, ends in enumerate(spans))


def _business(fields: Fields) -> BusinessTime:
    raw = fields.get("calendar")
    if raw is None or bytes(raw) == _NULL:
        raise InvalidInput("calendar: is missing", "calendar")
    return _compiled(bytes(raw))


@lru_cache(CALENDARS_MAX)
def _compiled(raw: bytes) -> BusinessTime:
    line = _decoded(raw, CalendarLine, "calendar")
    holidays = {day_of(day, f"calendar.holidays[{place}]"): "" for place, day in enumerate(line.holidays or [])}
    return BusinessTime(
        OpeningHours(
            zones.zone(line.tz, "calendar.tz"),
            _week(line),
            _days(line.shifts, "calendar.shifts"),
            (holidays,) if holidays else (),
            _breaks(line.breaks),
        )
    )


def _week(line: CalendarLine) -> tuple[tuple[Window, ...], ...]:
    hours = line.hours or {}
    for day in hours:
        check_known("day", day, WEEKDAYS, f"calendar.hours.{day}")
    week = tuple(_windows(hours.get(day, []), f"calendar.hours.{day}") for day in WEEKDAYS)
    return ((ALL_DAY,),) * 7 if line.always_open else week


def _days(section: dict[str, list[Span]] | None, path: str) -> dict[date, tuple[Window, ...]]:
    return {day_of(day, f"{path}.{day}"): _windows(spans, f"{path}.{day}") for day, spans in (section or {}).items()}


def _breaks(section: dict[str, list[Span]] | None) -> dict[date, tuple[Window, ...]]:
    """Breaks of a day may overlap: what is closed twice is closed."""
    found = {}
    for day, spans in (section or {}).items():
        path = f"calendar.breaks.{day}"
        apart = [_windows([span], path)[0] for span in spans]
        found[day_of(day, path)] = tuple(Window(*one) for one in merged(apart))
    return found


def _windows(spans: list[Span], path: str) -> tuple[Window, ...]:
    return windows([f"{start}-{end}" for start, end in spans], path)
