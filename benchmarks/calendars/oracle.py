"""Business time by brute force, and random questions for it: nothing is shared with what is tested.

The oracle walks through time and looks at the clock on the wall: a minute at a time where the minute is of one piece,
else second by second. Questions and answers have the form of ``omniroute sla batch``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

ZONES = {
    "Africa/Cairo": 2026,  # changes at midnight
    "Africa/Casablanca": 2026,  # goes back for Ramadan
    "America/Havana": 2026,
    "America/New_York": 2026,
    "America/Santiago": 2026,
    "America/St_Johns": 2006,  # changed at one minute past midnight
    "Antarctica/Troll": 2026,  # two hours
    "Asia/Beirut": 2026,
    "Asia/Gaza": 2026,
    "Asia/Kathmandu": 2026,
    "Asia/Kolkata": 2026,
    "Asia/Pyongyang": 2018,  # half an hour, for good
    "Asia/Tehran": 2021,
    "Australia/Adelaide": 2026,
    "Australia/Lord_Howe": 2026,  # half an hour, twice a year
    "Europe/Berlin": 2026,
    "Europe/Dublin": 2026,
    "Pacific/Apia": 2011,  # skips a day
    "Pacific/Chatham": 2026,
    "UTC": 2026,
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EDGES = (0, 30, 59, 60, 61, 90, 105, 119, 120, 135, 150, 165, 180, 181, 210, 240, 540, 720, 780, 1020, 1380, 1440)
FAR_S = 2000 * 86_400


def questions(zone: str, seed: int, number: int) -> Iterator[dict[str, Any]]:
    """Random questions about one year of a zone; half of them begin near a change of its clocks, if there is one."""
    chance = random.Random(f"{zone} {seed}")
    year = ZONES[zone]
    changes = _changes(zone, year)
    calendar: dict[str, Any] = {}
    for place in range(number):
        if place % 5 == 0:
            calendar = _calendar(chance, zone, year, changes)
        near = chance.choice(changes) + chance.randint(-5 * 86_400, 2 * 86_400) if changes else None
        begins = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
        start = near if near is not None and chance.random() < 0.5 else begins + chance.randrange(365 * 86_400)
        start -= start % chance.choice((1, 60, 900, 1800, 3600, 86_400))
        question = {"id": f"{zone} {seed} {place}", "op": "elapsed", "calendar": calendar, "start": _text(start)}
        length = chance.choice((0, 1, 60, 1800, 3600, 28_800, 86_400, chance.randrange(5 * 86_400)))
        if chance.random() < 0.5 and _sometimes_open(calendar):
            question |= {"op": "due", "duration_s": length}
        else:
            question["end"] = _text(start + length * chance.choice((1, 1, 3, 20)))
        yield question | {"pauses": _pauses(chance, start)}


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What is right. A deadline further off than `FAR_S` is given as None."""
    calendar, start = question["calendar"], _seconds(question["start"])
    paused = [(_seconds(begin), _seconds(end)) for begin, end in question["pauses"]]
    if question["op"] == "elapsed":
        counted = sum(step for _, step in _counted(calendar, paused, start, _seconds(question["end"])))
        return {"id": question["id"], "elapsed_s": counted}
    left = question["duration_s"]
    due: int | None = None if left else start
    for at, step in _counted(calendar, paused, start, start + FAR_S) if left else ():
        if step >= left:
            due = at + left
            break
        left -= step
    return {"id": question["id"], "due": _text(due) if due is not None else None}


def _counted(calendar: dict[str, Any], paused: list[tuple[int, int]], at: int, end: int) -> Iterator[tuple[int, int]]:
    """The steps of one minute or one second that count, from an instant to another."""
    edges = {edge for pause in paused for edge in pause}
    while at < end:
        whole = at % 60 == 0 and at + 60 <= end and not any(at < edge < at + 60 for edge in edges)
        step = 60 if whole else 1
        if is_open(calendar, at) and not any(begin <= at < until for begin, until in paused):
            yield at, step
        at += step


def is_open(calendar: dict[str, Any], second: int) -> bool:
    """Whether the clock on the wall shows a time at which it is open."""
    day, minute = _wall(calendar["tz"], second // 60)
    if day in calendar["shifts"]:
        spans = calendar["shifts"][day]
    elif day in calendar["holidays"]:
        spans = []
    elif calendar["always_open"]:
        spans = [["00:00", "24:00"]]
    else:
        spans = calendar["hours"].get(WEEKDAYS[date.fromisoformat(day).weekday()], [])
    within = any(_minutes(start) <= minute < _minutes(end) for start, end in spans)
    return within and not any(
        _minutes(start) <= minute < _minutes(end) for start, end in calendar["breaks"].get(day, [])
    )


@cache
def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


@cache
def _place(zone: str) -> ZoneInfo:
    """By the data of the package: those of the machine may be older."""
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data)


@cache
def _wall(zone: str, minute: int) -> tuple[str, int]:
    wall = datetime.fromtimestamp(minute * 60, _place(zone))
    return wall.date().isoformat(), wall.hour * 60 + wall.minute


def forget() -> None:
    """Free what the walks remember of the clocks."""
    _wall.cache_clear()


def _changes(zone: str, year: int) -> list[int]:
    begins = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    offsets = [
        (at, datetime.fromtimestamp(at, _place(zone)).utcoffset()) for at in range(begins, begins + 365 * 86_400, 3600)
    ]
    return [at for (_, old), (at, new) in pairwise(offsets) if old != new]


def _calendar(chance: random.Random, zone: str, year: int, changes: list[int]) -> dict[str, Any]:
    """Hours, holidays, breaks and shifts, thick around the changes of the clocks."""
    middle = [datetime.fromtimestamp(at, UTC).date() for at in changes] or [date(year, 6, 1)]

    def days(most: int) -> list[str]:
        return [
            str(chance.choice(middle) + timedelta(days=chance.randint(-4, 4))) for _ in range(chance.randint(0, most))
        ]

    return {
        "tz": zone,
        "always_open": chance.random() < 0.1,
        "hours": {day: _spans(chance, 3) for day in WEEKDAYS if chance.random() < 0.75},
        "holidays": days(3),
        "breaks": {day: _spans(chance, 2, apart=False) for day in days(4)},
        "shifts": {day: _spans(chance, 2) for day in days(3)},
    }


def _spans(chance: random.Random, most: int, *, apart: bool = True) -> list[list[str]]:
    found: list[tuple[int, int]] = []
    for _ in range(chance.randint(0, most)):
        one = sorted(chance.choice(EDGES) if chance.random() < 0.7 else chance.randint(0, 1440) for _ in "ab")
        if one[0] < one[1] and not (apart and any(one[0] < end and start < one[1] for start, end in found)):
            found.append((one[0], one[1]))
    return [[f"{minute // 60:02}:{minute % 60:02}" for minute in span] for span in found]


def _sometimes_open(calendar: dict[str, Any]) -> bool:
    """Four hours in every week: with less, a walk may take too long."""
    spans = [span for day in calendar["hours"].values() for span in day]
    return calendar["always_open"] or sum(_minutes(end) - _minutes(start) for start, end in spans) >= 240


def _pauses(chance: random.Random, start: int) -> list[list[str]]:
    pauses = []
    for _ in range(chance.choice((0, 0, 1, 3))):
        begin = start + chance.choice((0, chance.randint(-86_400, 3 * 86_400)))
        pauses.append([_text(begin), _text(begin + chance.choice((0, 60, 3600, chance.randrange(2 * 86_400))))])
    return pauses


def _text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
