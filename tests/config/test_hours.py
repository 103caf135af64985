"""Opening hours as a file says them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.config.company import change, changed, refused

from omniroute.config.hours import Window, opening_hours

RIGHT = {"timezone": "Europe/Berlin", "hours": {"mon": ["09:00-12:30"]}}


def calendar(**keys: Any):
    return change("calendars", "office", to={**RIGHT, **keys})


def test_a_week_and_the_days_that_differ():
    section = changed(
        calendar(
            hours={"mon": ["09:00-12:30", " 13:00 - 24:00 "], "sun": ["0:00-0:01"]},
            closed=["2026-12-25"],
            open={"2026-12-24": ["09:00-12:00"], "2026-12-26": []},
        )
    ).calendars["office"]
    hours = opening_hours(section, "x")
    assert hours.zone.key == "Europe/Berlin"
    assert hours.week == ((Window(540, 750), Window(780, 1440)), (), (), (), (), (), (Window(0, 1),))
    assert hours.days == {date(2026, 12, 24): (Window(540, 720),), date(2026, 12, 26): ()}
    assert hours.holiday(date(2026, 12, 25)) == ""
    assert hours.holiday(date(2026, 12, 24)) is None
    days = [date(2026, 12, day) for day in (24, 25, 26, 27, 28)]
    assert [len(hours.windows(day)) for day in days] == [1, 0, 0, 1, 2]


def test_hours_on_single_days_are_enough():
    assert opening_hours(
        changed(calendar(hours={}, open={"2026-12-24": ["09:00-12:00"]})).calendars["office"], "x"
    ).days


def test_hours_may_touch_and_stand_in_any_order():
    section = changed(calendar(hours={"mon": ["12:00-13:00", "09:00-12:00"]})).calendars["office"]
    assert opening_hours(section, "x").week[0] == (Window(540, 720), Window(720, 780))


def test_always_open_closed_spans_and_breaks():
    keys = {
        "hours": {},
        "always_open": True,
        "closed": ["2026-12-24/2027-01-01"],
        "breaks": {"2027-01-04": ["12:00-13:00"]},
    }
    hours = opening_hours(changed(calendar(**keys)).calendars["office"], "x")
    days = [date(2026, 12, 23), date(2026, 12, 24), date(2027, 1, 1), date(2027, 1, 2)]
    assert [hours.windows(day) for day in days] == [(Window(0, 1440),), (), (), (Window(0, 1440),)]
    assert hours.open_windows(date(2027, 1, 4)) == [Window(0, 720), Window(780, 1440)]


@pytest.mark.parametrize(
    ("keys", "path", "message"),
    [
        (
            {"timezone": "Europe/Berln"},
            "timezone",
            "there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?",
        ),
        ({"timezone": "../../etc/passwd"}, "timezone", "there is no time zone"),
        ({"timezone": ""}, "timezone", "there is no time zone"),
        ({"hours": {"monday": []}}, "hours.monday", "did you mean 'mon'?"),
        ({"hours": {}}, "", 'it is never open; add hours, like hours = { mon = ["09:00-17:00"] }'),
        ({"hours": {"mon": []}, "open": {"2026-12-24": []}}, "", "never open"),
        ({"hours": {"mon": ["09:00-10:00", "9-17"]}}, "hours.mon[1]", 'write it like "09:00-12:30"'),
        ({"hours": {"mon": ["09:00-09:60"]}}, "hours.mon[0]", 'write it like "09:00-12:30"'),
        ({"hours": {"mon": ["09:00-24:01"]}}, "hours.mon[0]", "goes beyond the day"),
        ({"hours": {"mon": ["24:00-24:00"]}}, "hours.mon[0]", "goes beyond the day"),
        ({"hours": {"mon": ["22:00-06:00"]}}, "hours.mon[0]", 'past midnight write "22:00-24:00", and "00:00-06:00"'),
        ({"hours": {"mon": ["09:00-09:00"]}}, "hours.mon[0]", "ends before it begins"),
        ({"hours": {"mon": ["13:00-17:00", "09:00-13:01"]}}, "hours.mon[0]", "overlaps other hours of the day"),
        ({"hours": {"mon": ["09:00-12:00", "09:00-12:00"]}}, "hours.mon[1]", "overlaps other hours of the day"),
        (
            {"open": {"2026-12-24": ["09:00-12:00", "11:00-13:00"]}},
            "open.2026-12-24[1]",
            "'11:00-13:00' overlaps other hours of the day",
        ),
        ({"breaks": {"2026-12-24": ["09:00-12:00", "11:00-13:00"]}}, "breaks.2026-12-24[1]", "overlaps other hours"),
        ({"breaks": {"24.12": []}}, "breaks.24.12", "is not a day"),
        ({"always_open": True}, "always_open", "take out `hours` or `always_open`"),
        ({"closed": ["2026-12-25/2026-12-24"]}, "closed[0]", "ends before it begins"),
        ({"closed": ["2026-12-25/2046-12-24"]}, "closed[0]", "more than 3660 days"),
        ({"closed": ["2026-12-25/"]}, "closed[0]", "'' is not a day"),
        (
            {"hours": {}, "open": {"2026-12-24": ["09:00-10:00"]}, "breaks": {"2026-12-24": ["08:00-10:00"]}},
            "",
            "never open",
        ),
        ({"closed": ["2026-12-25", "2027-02-30"]}, "closed[1]", 'is not a day; write it like "2026-12-24"'),
        ({"closed": ["20261225"]}, "closed[0]", "is not a day"),
        ({"closed": ["2026-W52-5"]}, "closed[0]", "is not a day"),
        ({"open": {"24.12.2026": []}}, "open.24.12.2026", "is not a day"),
        ({"open": {"2026-12-24": ["x"]}}, "open.2026-12-24[0]", "are no hours"),
        (
            {"closed": ["2026-12-24"], "open": {"2026-12-24": ["09:00-12:00"]}},
            "open.2026-12-24",
            "among `closed` as well",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(keys, path, message):
    refused(f"calendars.office.{path}".rstrip("."), message, calendar(**keys))
