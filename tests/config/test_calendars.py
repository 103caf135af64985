"""Calendars: the instants of opening and closing, against an oracle that looks at the wall clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.config import zones
from omniroute.config.calendars import compiled, intervals
from omniroute.config.hours import OpeningHours, Window
from omniroute.config.ical import Closure

MINUTE_MS = 60_000
DAY_MS = 86_400_000
SPAN_DAYS = 4

CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Kathmandu", date(2026, 6, 1)),  # no change, 5 hours and three quarters
    ("Africa/Cairo", date(2026, 4, 24)),  # at midnight, forward
    ("Africa/Cairo", date(2026, 10, 30)),  # at midnight, back into the day before
    ("America/St_Johns", date(2006, 10, 29)),  # at one minute past midnight
    ("Pacific/Apia", date(2011, 12, 30)),  # a whole day is skipped
]
MINUTES = st.one_of(
    st.integers(0, 1440), st.sampled_from([0, 59, 60, 90, 119, 120, 121, 150, 179, 180, 181, 1380, 1440])
)
WINDOWS = st.lists(
    st.tuples(MINUTES, MINUTES).filter(lambda ends: ends[0] != ends[1]).map(lambda ends: Window(*sorted(ends))),
    max_size=3,
).map(tuple)


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000


def opened(hours: OpeningHours, from_ms: int, until_ms: int) -> set[int]:
    """The oracle: every minute at which the clock shows a time inside the hours of the day that it shows."""
    inside = set()
    for ms in range(from_ms, until_ms, MINUTE_MS):
        wall = datetime.fromtimestamp(ms // 1000, hours.zone)
        day, minute = wall.date(), wall.hour * 60 + wall.minute
        closed = any(start <= minute < end for start, end in hours.breaks.get(day, ()))
        closed = closed or any(begins <= ms < ends for begins, ends, _ in hours.closures)
        windows = hours.days.get(day, () if any(day in one for one in hours.holidays) else hours.week[day.weekday()])
        if not closed and any(start <= minute < end for start, end in windows):
            inside.add(ms)
    return inside


@settings(max_examples=120, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    week=st.tuples(*[WINDOWS] * 7),
    days=st.dictionaries(st.integers(-2, 3), WINDOWS, max_size=2),
    breaks=st.dictionaries(st.integers(-2, 3), WINDOWS, max_size=2),
    holidays=st.sets(st.integers(-2, 3), max_size=2),
    closures=st.lists(st.tuples(st.integers(-2880, 2880), st.integers(1, 2000)), max_size=2),
    shift_minutes=st.integers(-1440, 1440),
)
def test_it_opens_and_closes_by_the_wall_clock(change, week, days, breaks, holidays, closures, shift_minutes):
    zone, day = change
    around = at(day.year, day.month, day.day)
    hours = OpeningHours(
        zones.zone(zone, "x"),
        week,
        {day + timedelta(days=off): windows for off, windows in days.items()},
        ({day + timedelta(days=off): "Feast" for off in holidays},),
        {day + timedelta(days=off): windows for off, windows in breaks.items()},
        tuple(
            Closure(around + start * MINUTE_MS, around + (start + length) * MINUTE_MS, "x")
            for start, length in closures
        ),
    )
    from_ms = around - 2 * DAY_MS + shift_minutes * MINUTE_MS
    until_ms = from_ms + SPAN_DAYS * DAY_MS
    found = intervals(hours, from_ms, until_ms)
    bounds = [from_ms - 1, *(ms for interval in found for ms in interval), until_ms + 1]
    assert bounds == sorted(set(bounds)), "sorted, disjoint, not touching, within the span"
    minutes = {ms for opens, closes in found for ms in range(opens, closes, MINUTE_MS)}
    assert minutes == opened(hours, from_ms, until_ms)


def on(zone: str, day: date, *windows: Window) -> tuple[tuple[int, int], ...]:
    """The hours of one day alone."""
    midnight_ms = at(day.year, day.month, day.day)
    hours = OpeningHours(zones.zone(zone, "x"), ((),) * 7, {day: windows})
    return intervals(hours, midnight_ms - 2 * DAY_MS, midnight_ms + 2 * DAY_MS)


FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "window", "open_at"),
    [
        (date(2026, 1, 5), Window(9 * 60, 17 * 60), [(at(2026, 1, 5, 8), at(2026, 1, 5, 16))]),
        (date(2026, 7, 6), Window(9 * 60, 17 * 60), [(at(2026, 7, 6, 7), at(2026, 7, 6, 15))]),
        # 02:00 to 03:00 does not exist
        (FORWARD, Window(150, 300), [(at(2026, 3, 29, 1), at(2026, 3, 29, 3))]),
        (FORWARD, Window(60, 150), [(at(2026, 3, 29, 0), at(2026, 3, 29, 1))]),
        (FORWARD, Window(0, 1440), [(at(2026, 3, 28, 23), at(2026, 3, 29, 22))]),
        # 02:00 to 03:00 comes twice
        (
            BACK,
            Window(150, 300),
            [(at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1)), (at(2026, 10, 25, 1, 30), at(2026, 10, 25, 4))],
        ),
        (
            BACK,
            Window(60, 150),
            [(at(2026, 10, 24, 23), at(2026, 10, 25, 0, 30)), (at(2026, 10, 25, 1), at(2026, 10, 25, 1, 30))],
        ),
        (BACK, Window(60, 180), [(at(2026, 10, 24, 23), at(2026, 10, 25, 2))]),
        (BACK, Window(60, 120), [(at(2026, 10, 24, 23), at(2026, 10, 25, 0))]),
        (BACK, Window(0, 1440), [(at(2026, 10, 24, 22), at(2026, 10, 25, 23))]),
    ],
)
def test_the_days_on_which_the_clocks_change(day, window, open_at):
    assert on("Europe/Berlin", day, window) == tuple(open_at)


def test_hours_that_the_clock_skips_as_a_whole_are_none():
    assert on("Europe/Berlin", FORWARD, Window(130, 170)) == ()
    assert on("Pacific/Apia", date(2011, 12, 30), Window(0, 1440)) == ()


def test_hours_that_touch_or_overlap_are_one():
    windows = Window(60, 120), Window(120, 180), Window(150, 240)
    assert on("UTC", date(2026, 1, 5), *windows) == ((at(2026, 1, 5, 1), at(2026, 1, 5, 4)),)


WEEKDAYS = ((Window(540, 1020),),) * 5 + ((), ())


def test_a_week_before_and_800_days_after():
    now_ms = at(2026, 11, 25, 13, 14)
    calendar = compiled("office", OpeningHours(zones.zone("Europe/Berlin", "x"), WEEKDAYS, {}), now_ms)
    assert calendar.calendar_id == "office"
    closed_ms = at(2026, 11, 18)  # an interval without length: closed from there on
    assert calendar.intervals[:2] == ((closed_ms, closed_ms), (at(2026, 11, 18, 8), at(2026, 11, 18, 16)))
    assert calendar.until_ms == at(2029, 2, 3) >= now_ms + 800 * DAY_MS
    assert calendar.intervals[-1] == (at(2029, 2, 2, 8), at(2029, 2, 2, 16))
    assert calendar.source == f"Europe/Berlin tzdata {zones.version()}"


def test_who_was_closed_for_long_is_known_to_be():
    holidays = {date(2026, 11, 9) + timedelta(days=off): () for off in range(21)}
    hours = OpeningHours(zones.zone("UTC", "x"), WEEKDAYS, holidays)
    early, late = (compiled("office", hours, at(2026, 11, day, 12)) for day in (12, 25))
    assert early.intervals[1:3] == (
        (at(2026, 11, 5, 9), at(2026, 11, 5, 17)),
        (at(2026, 11, 6, 9), at(2026, 11, 6, 17)),
    )
    assert late.intervals[:2] == ((at(2026, 11, 18), at(2026, 11, 18)), (at(2026, 11, 30, 9), at(2026, 11, 30, 17)))


def test_who_never_opens_again_is_known_to_be_closed():
    hours = OpeningHours(zones.zone("UTC", "x"), ((),) * 7, {date(2020, 1, 1): (Window(0, 1440),)})
    assert compiled("office", hours, at(2026, 11, 25)).intervals == ((at(2026, 11, 18), at(2026, 11, 18)),)


def test_other_data_are_named_beside_those_of_the_zones():
    hours = OpeningHours(zones.zone("UTC", "x"), WEEKDAYS, {}, data="holidays 0.1")
    assert compiled("office", hours, 0).source == f"UTC tzdata {zones.version()} holidays 0.1"
