"""`omniroute sla batch`: every random case equals brute force; the form of lines, and what is wrong with some."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from benchmarks.calendars import oracle
from tests.docs.pages import blocks, read

from omniroute.cli.batch import _compiled, run


def asked(question: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    run([json.dumps(question).encode()], out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("zone", oracle.ZONES)
def test_a_year_of_random_cases_equals_brute_force(zone):
    for question in oracle.questions(zone, seed=1, number=20):
        assert asked(question) == oracle.answer(question), json.dumps(question)
    oracle.forget()


OFFICE = {
    "tz": "Europe/Berlin",
    "hours": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "tue": [["09:00", "24:00"]]},
}


def due(start: str, duration_s: float, calendar: dict[str, Any] = OFFICE, **more: Any) -> dict[str, Any]:
    """The answer without its id."""
    question = {"id": 1, "op": "due", "calendar": calendar, "start": start, "duration_s": duration_s, **more}
    return {key: value for key, value in asked(question).items() if key != "id"}


def elapsed(start: str, end: str, calendar: dict[str, Any] = OFFICE, **more: Any) -> dict[str, Any]:
    question = {"id": 1, "op": "elapsed", "calendar": calendar, "start": start, "end": end, **more}
    return {key: value for key, value in asked(question).items() if key != "id"}


MONDAY = "2026-01-05T"


@pytest.mark.parametrize(
    ("start", "duration_s", "expected"),
    [
        ("08:00:00Z", 3 * 3600, "2026-01-05T11:00:00Z"),  # ends at the break, not after it
        ("08:00:00Z", 3 * 3600 + 0.001, "2026-01-05T12:00:00.001Z"),
        ("08:00:00Z", 7 * 3600, "2026-01-05T16:00:00Z"),  # ends at closing time, not when it opens again
        ("16:00:00Z", 1, "2026-01-06T08:00:01Z"),  # begins at closing time
        ("11:30:00Z", 60, "2026-01-05T12:01:00Z"),  # begins in the break
        ("01:00:00Z", 0, "2026-01-05T01:00:00Z"),  # nothing to wait for, open or not
        ("08:00:00Z", 22 * 3600, "2026-01-06T23:00:00Z"),  # "24:00"
        ("08:00:00+01:00", 3600, "2026-01-05T09:00:00Z"),  # an offset
        ("08:00:00", 3600, "2026-01-05T09:00:00Z"),  # none: UTC
    ],
)
def test_deadlines(start, duration_s, expected):
    assert due(MONDAY + start, duration_s) == {"due": expected}


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ([["08:30:00Z", "08:45:00Z"]], "09:15:00Z"),
        ([["08:40:00Z", "08:50:00Z"], ["08:30:00Z", "08:45:00Z"]], "09:20:00Z"),  # overlapping and out of order
        ([["09:00:00Z", "10:00:00Z"]], "09:00:00Z"),  # begins where it ends
        ([["08:59:00Z", "10:00:00Z"]], "10:01:00Z"),  # covers the end
        ([["07:00:00Z", "08:00:00Z"], ["12:00:00Z", "13:00:00Z"]], "09:00:00Z"),  # outside
        ([["07:00:00Z", "08:10:00Z"]], "09:10:00Z"),  # covers the start
        ([["08:30:00Z", "08:30:00Z"]], "09:00:00Z"),  # empty
    ],
)
def test_pauses(pauses, expected):
    told = [[MONDAY + begin, MONDAY + end] for begin, end in pauses]
    assert due(MONDAY + "08:00:00Z", 3600, pauses=told) == {"due": MONDAY + expected}
    assert elapsed(MONDAY + "08:00:00Z", MONDAY + expected, pauses=told) == {"elapsed_s": 3600}


def test_a_zero_length_in_a_pause_ends_at_once():
    pauses = [[MONDAY + "08:00:00Z", MONDAY + "09:00:00Z"]]
    assert due(MONDAY + "08:30:00Z", 0, pauses=pauses) == {"due": MONDAY + "08:30:00Z"}


def test_days_that_differ():
    calendar = {
        **OFFICE,
        "holidays": ["2026-01-05", "2026-01-06"],
        "shifts": {"2026-01-06": [["10:00", "12:00"]], "2026-01-12": []},
        "breaks": {"2026-01-06": [["10:30", "11:00"], ["10:45", "11:15"]], "2026-01-13": [["00:00", "24:00"]]},
    }
    assert elapsed("2026-01-05T00:00:00Z", "2026-01-19T00:00:00Z", calendar) == {"elapsed_s": 75 * 60}
    assert due("2026-01-05T00:00:00Z", 76 * 60, calendar) == {"due": "2026-01-19T08:01:00Z"}


def test_always_open_is_closed_on_the_days_that_are_said():
    calendar = {"always_open": True, "holidays": ["2026-01-06"], "breaks": {"2026-01-05": [["12:00", "13:00"]]}}
    assert elapsed("2026-01-05T00:00:00Z", "2026-01-08T00:00:00Z", calendar) == {"elapsed_s": 47 * 3600}


def test_a_place_that_skipped_a_day():
    calendar = {"tz": "Pacific/Apia", "always_open": True}
    assert elapsed("2011-12-30T09:00:00Z", "2011-12-30T11:00:00Z", calendar) == {"elapsed_s": 7200}
    friday = {"tz": "Pacific/Apia", "hours": {"fri": [["00:00", "24:00"]]}}
    assert elapsed("2011-12-25T00:00:00Z", "2012-01-04T00:00:00Z", friday) == {"elapsed_s": 0}


def test_local_mean_time_has_seconds():
    calendar = {"tz": "Europe/Berlin", "hours": {"mon": [["00:00", "00:01"]]}}  # 53 minutes and 28 seconds
    assert due("1890-01-01T00:00:00Z", 60, calendar) == {"due": "1890-01-05T23:07:32Z"}


def test_many_years():
    calendar = {"tz": "UTC", "hours": {"sun": [["09:00", "10:00"]]}}
    assert due("2026-01-01T00:00:00Z", 52 * 20 * 3600, calendar) == {"due": "2045-12-03T10:00:00Z"}
    assert elapsed("2026-01-01T00:00:00Z", "2045-12-03T10:00:00Z", calendar) == {"elapsed_s": 52 * 20 * 3600}


def test_a_calendar_answers_the_same_whatever_was_asked_before():
    starts = [f"{year}-0{month}-07T10:00:00Z" for year in (2031, 1999, 2026, 2060, 1985) for month in (1, 7)]
    together = [due(start, 90_000) for start in starts]
    for start, answer in zip(starts, together, strict=True):
        _compiled.cache_clear()
        assert due(start, 90_000) == answer


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"op": "dew"}, "op: there is no operation 'dew'; did you mean 'due'?"),
        ({"op": None}, "op: is missing"),
        ({"calendar": None}, "calendar: is missing"),
        ({"calendar": 5}, "calendar: Expected `object`, got `int`"),
        ({"calendar": {**OFFICE, "tz": "Europe/Berln"}}, "calendar.tz: there is no time zone 'Europe/Berln'; did you"),
        ({"calendar": {**OFFICE, "hour": {}}}, "calendar: Object contains unknown field `hour`"),
        (
            {"calendar": {"hours": {"monday": []}}},
            "calendar.hours.monday: there is no day 'monday'; did you mean 'mon'",
        ),
        ({"calendar": {"hours": {"mon": [["9", "17"]]}}}, "calendar.hours.mon[0]: '9-17' are no hours"),
        ({"calendar": {"hours": {"mon": [["22:00", "06:00"]]}}}, "calendar.hours.mon[0]: '22:00-06:00' ends before it"),
        ({"calendar": {"hours": {"mon": [["09:00", "24:30"]]}}}, "calendar.hours.mon[0]: '09:00-24:30' goes beyond"),
        (
            {"calendar": {"shifts": {"2026-01-05": [["09:00", "12:00"], ["11:59", "13:00"]]}}},
            "calendar.shifts.2026-01-05[1]: '11:59-13:00' overlaps other hours of the day",
        ),
        ({"calendar": {**OFFICE, "holidays": ["2026-02-30"]}}, "calendar.holidays[0]: '2026-02-30' is not a day"),
        ({"calendar": {**OFFICE, "breaks": {"x": []}}}, "calendar.breaks.x: 'x' is not a day"),
        ({"calendar": {"tz": "UTC"}}, "calendar: it is never open"),
        (
            {"calendar": {"shifts": {"2020-01-01": [["09:00", "10:00"]]}}},
            "so much business time does not lie within 50",
        ),
        ({"start": "yesterday"}, "start: 'yesterday' is no instant"),
        ({"start": "2026-01-05T08:00:00.0001Z"}, "start: '2026-01-05T08:00:00.0001Z' is finer than a millisecond"),
        ({"start": "1700-01-01T00:00:00Z"}, "an instant is between the years 1800 and 2400"),
        ({"duration_s": -1}, "duration_s: is between 0 and 50 years"),
        ({"duration_s": 1e300}, "duration_s: is between 0 and 50 years"),
        ({"duration_s": "1"}, "duration_s: Expected `float`, got `str`"),
        ({"duration_s": 0.00001}, "duration_s: is finer than a millisecond"),
        ({"pauses": [["2026-01-05T08:00:00Z", "2026-01-05T07:00:00Z"]]}, "pauses[0]: '2026-01-05T07:00:00Z' is before"),
        ({"pauses": [["2026-01-05T08:00:00Z"]]}, "pauses[0]: Expected `array` of length 2"),
        ({"pause": []}, "unknown key 'pause'; did you mean 'pauses'?"),
        ({"op": "elapsed"}, "end: is missing"),
        ({"op": "elapsed", "end": "2026-01-05T07:00:00Z"}, "the end is before the start"),
        ({"op": "elapsed", "end": "2080-01-05T07:00:00Z"}, "the span is longer than 50 years"),
    ],
)
def test_what_is_wrong_is_said_on_its_line(change, error):
    right = {"id": "a", "op": "due", "calendar": OFFICE, "start": "2026-01-05T08:00:00Z", "duration_s": 60}
    answer = asked({**right, **change})
    assert answer["id"] == "a"
    assert answer["error"].startswith(error)
    assert list(answer) == ["id", "error"]


def test_each_line_has_its_answer_in_order():
    out = io.StringIO()
    right = (
        '{"id": %s, "op": "elapsed", "calendar": {"always_open": true}, "start": "%s", "end": "2026-01-05T08:00:00Z"}'
    )
    lines = [right % ("9007199254740993", "2026-01-05T07:59:59.5Z"), "", "{", right % ('{"a": 1.50}', "2026-01-04")]
    assert run([line.encode() + b"\r\n" for line in [*lines, "[]", '{"note": "no id"}', "\xff"]], out) == 4
    told = out.getvalue().splitlines()
    assert told[0] == '{"id":9007199254740993,"elapsed_s":0.5}'
    assert told[2] == '{"id":{"a": 1.50},"elapsed_s":115200}'
    for place in (1, 3, 5):
        assert json.loads(told[place])["error"].startswith("the line is no JSON object")
    assert json.loads(told[4]) == {"id": None, "error": "op: is missing"}
    assert len(told) == 6


def test_the_example_of_the_page():
    page = "docs/reference/calendars.md"
    (block,) = (block for block in blocks("json") if block.page == page)
    assert f"`{json.dumps(asked(json.loads(block.text)), separators=(',', ':'))}`" in read(page)


def test_other_keys_are_the_callers_own():
    assert due(MONDAY + "08:00:00Z", 60, note="x", expected=1, end=None, pauses=None) == {"due": MONDAY + "08:01:00Z"}


def test_a_calendar_that_never_opens_has_no_business_time():
    assert elapsed("2026-01-05T08:00:00Z", "2027-01-05T08:00:00Z", {"tz": "UTC"}) == {"elapsed_s": 0}
