"""iCalendar files: whole days and times that are closed; what would have to be guessed is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.config.company import changed, refused
from tests.config.test_hours import calendar

from omniroute.config.hours import OpeningHours, opening_hours
from omniroute.config.ical import Closure


def written(folder: Path, *events: str, name: str = "closed.ics") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("|"), "END:VEVENT"]
    path = folder / name
    path.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]), encoding="utf-8")
    return str(path)


def hours(*files: str) -> OpeningHours:
    return opening_hours(changed(calendar(ical=list(files))).calendars["office"], "x")


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000


def test_whole_days(tmp_path):
    found = hours(
        written(
            tmp_path,
            "DTSTART;VALUE=DATE:20261224|DTEND;VALUE=DATE:20261227|SUMMARY:Christmas\\, all of it",
            "DTSTART;VALUE=DATE:20270101",
            "DTSTART;VALUE=DATE:20270201|SUMMARY:Not to be|STATUS:CANCELLED",
        )
    )
    christmas = [found.holiday(date(2026, 12, day)) for day in (23, 24, 25, 26, 27)]
    assert christmas == [None, *["Christmas, all of it"] * 3, None]
    assert found.holiday(date(2027, 1, 1)) == ""
    assert found.holiday(date(2027, 2, 1)) is None
    assert found.closures == ()


def test_times_in_a_zone_in_utc_and_in_none(tmp_path):
    found = hours(
        written(tmp_path, "DTSTART;TZID=America/New_York:20260105T120000|DURATION:PT2H|SUMMARY:Move"),
        written(tmp_path, "DTSTART:20260105T120000Z|DTEND:20260105T130000Z", name="utc.ics"),
        written(tmp_path, "DTSTART:20260105T120000|DTEND:20260105T130000", name="floating.ics"),
    )
    assert found.closures == (
        Closure(at(2026, 1, 5, 11), at(2026, 1, 5, 12), ""),  # Berlin, the calendar's own
        Closure(at(2026, 1, 5, 12), at(2026, 1, 5, 13), ""),
        Closure(at(2026, 1, 5, 17), at(2026, 1, 5, 19), "Move"),
    )


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            "DTSTART;VALUE=DATE:20261224|RDATE;VALUE=DATE:20271224|SUMMARY:Eve",
            "closed.ics, event 'Eve': it recurs in a",
        ),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=HOURLY", "it recurs with another frequency"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=DAILY", "it takes place more than 10000 times until 2100"),
        ("DTSTART;TZID=Nowhere/At_All:20260105T120000|DURATION:PT2H", "time zone 'Nowhere/At_All' is not known"),
        ("DTSTART:20260105T120000Z", "does not end after it begins"),
        ("DTSTART:20260105T120000Z|DTEND:20260105T110000Z", "does not end after it begins"),
        ("DTSTART:20260105T120000Z|DTEND:20260105T130000", "a zone at one end only"),
        ("DTSTART;VALUE=DATE:20260105|DTEND:20260106T130000Z", "of the same type"),
        ("DTSTART:2026010T120000Z|DURATION:PT1H", "Cannot access"),
        ("SUMMARY:never", "event 'never': No DTSTART"),
        ("DTSTART;VALUE=DATE:20260105|DTEND;VALUE=DATE:20460106", "more than 3660 days"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(tmp_path, event, message):
    refused("calendars.office.ical[0]", message, calendar(ical=[written(tmp_path, event)]))


def test_no_file_and_another_file(tmp_path):
    refused("calendars.office.ical[0]", "cannot be read", calendar(ical=[str(tmp_path / "none.ics")]))
    other = tmp_path / "other.ics"
    other.write_text("hello", encoding="utf-8")
    refused("calendars.office.ical[1]", "is not an iCalendar file", calendar(ical=[written(tmp_path), str(other)]))


def test_a_day_of_every_year(tmp_path):
    found = hours(
        written(tmp_path, "DTSTART;VALUE=DATE:20201224|DTEND;VALUE=DATE:20201226|RRULE:FREQ=YEARLY|SUMMARY:Eve")
    )
    for year in (2020, 2026, 2100):
        assert [found.holiday(date(year, 12, day)) for day in (23, 24, 25, 26)] == [None, "Eve", "Eve", None]
    assert found.holiday(date(2019, 12, 24)) is None


def test_the_last_thursday_of_november_but_once(tmp_path):
    rule = "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=-1TH;UNTIL=20281130"
    found = hours(written(tmp_path, f"DTSTART;VALUE=DATE:20261126|{rule}|EXDATE;VALUE=DATE:20271125|SUMMARY:x"))
    days = [date(2026, 11, 26), date(2027, 11, 25), date(2028, 11, 30), date(2029, 11, 29)]
    assert [found.holiday(day) for day in days] == ["x", None, "x", None]


def test_a_meeting_of_every_week_goes_by_the_clock_on_the_wall(tmp_path):
    """09:00 in Berlin is 08:00 UTC before the change of the clocks, and 07:00 after it; UNTIL is the third, in UTC."""
    event = (
        "DTSTART;TZID=Europe/Berlin:20260323T090000|DURATION:PT30M|RRULE:FREQ=WEEKLY;UNTIL=20260413T070000Z"
        "|EXDATE;TZID=Europe/Berlin:20260406T090000"
    )
    starts = [at(2026, 3, 23, 8), at(2026, 3, 30, 7), at(2026, 4, 13, 7)]
    assert hours(written(tmp_path, event)).closures == tuple(Closure(ms, ms + 1_800_000, "") for ms in starts)


def test_so_many_times_in_utc_and_without_a_zone(tmp_path):
    rule = "DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=2"
    utc = hours(written(tmp_path, f"DTSTART:20260323T090000Z|{rule}"))
    assert [one.from_ms for one in utc.closures] == [at(2026, 3, 23, 9), at(2026, 3, 24, 9)]
    floating = hours(written(tmp_path, f"DTSTART:20260323T090000|{rule}"))
    assert [one.from_ms for one in floating.closures] == [at(2026, 3, 23, 8), at(2026, 3, 24, 8)]
