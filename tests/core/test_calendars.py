"""Business time against brute force: one step a millisecond, on small calendars of every shape."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.core.calendars import (
    add_ms,
    before_ms,
    elapsed_ms,
    is_open,
    merged,
    next_close_ms,
    next_open_ms,
    segments,
)
from omniroute.core.rules import Calendar

SPAN = 60
"""Instants that are tried; calendars lie within it."""
EXAMPLES = settings(derandomize=True, database=None, deadline=None, max_examples=500)
INSTANTS = st.integers(0, SPAN)
LENGTHS = st.integers(0, 40)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Sorted, disjoint intervals; they may touch, and what is known may end before, in or after them."""
    edges = sorted(draw(st.lists(st.integers(5, 40), max_size=8)))
    intervals = [pair for pair in pairwise(edges) if draw(st.booleans())]
    return Calendar("c", tuple(intervals), draw(st.integers(0, 50)))


def open_at(calendar: Calendar, at_ms: int) -> bool:
    """What the words say, with no bisection."""
    if not calendar.intervals or at_ms < calendar.intervals[0][0] or at_ms >= calendar.until_ms:
        return True
    return any(from_ms <= at_ms < to_ms for from_ms, to_ms in calendar.intervals)


@EXAMPLES
@given(calendars(), INSTANTS)
def test_open_is_what_the_intervals_say(calendar, at_ms):
    assert is_open(calendar, at_ms) == open_at(calendar, at_ms)


@EXAMPLES
@given(calendars(), INSTANTS)
def test_the_next_opening_is_the_first_open_instant(calendar, at_ms):
    expected = at_ms
    while not open_at(calendar, expected):
        expected += 1
    assert next_open_ms(calendar, at_ms) == expected


@EXAMPLES
@given(calendars(), INSTANTS)
def test_the_next_closing_is_the_first_closed_instant(calendar, at_ms):
    expected = next((t for t in range(at_ms, 2 * SPAN) if not open_at(calendar, t)), None)
    assert next_close_ms(calendar, at_ms) == expected


@EXAMPLES
@given(calendars(), INSTANTS, LENGTHS)
def test_adding_ends_when_so_much_open_time_has_passed(calendar, start_ms, length_ms):
    at_ms, passed = start_ms, 0
    while passed < length_ms:
        passed += open_at(calendar, at_ms)
        at_ms += 1
    assert add_ms(calendar, start_ms, length_ms) == at_ms


@EXAMPLES
@given(calendars(), INSTANTS, LENGTHS)
def test_before_is_the_last_instant_with_so_much_open_time_left(calendar, due_ms, length_ms):
    at_ms, left = due_ms, 0
    while left < length_ms:
        at_ms -= 1
        left += open_at(calendar, at_ms)
    assert before_ms(calendar, due_ms, length_ms) == at_ms


@st.composite
def pauses(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Anything from before the calendar to after it; they may overlap, touch and be empty."""
    return merged(draw(st.lists(st.tuples(INSTANTS, INSTANTS).map(lambda ends: tuple(sorted(ends))), max_size=3)))


def counts(calendar: Calendar, at_ms: int, paused: list[tuple[int, int]]) -> bool:
    return open_at(calendar, at_ms) and not any(from_ms <= at_ms < to_ms for from_ms, to_ms in paused)


@EXAMPLES
@given(st.lists(st.tuples(INSTANTS, INSTANTS), max_size=5))
def test_merged_intervals_hold_the_same_instants(intervals):
    found = merged(intervals)
    bounds = [ms for interval in found for ms in interval]
    assert bounds == sorted(set(bounds)), "neither empty nor touching"
    inside = {ms for from_ms, to_ms in intervals for ms in range(from_ms, to_ms)}
    assert {ms for from_ms, to_ms in found for ms in range(from_ms, to_ms)} == inside


@EXAMPLES
@given(calendars(), INSTANTS, INSTANTS, pauses())
def test_elapsed_is_the_number_of_instants_that_count(calendar, start_ms, end_ms, paused):
    assert elapsed_ms(calendar, start_ms, end_ms, paused) == sum(
        counts(calendar, at_ms, paused) for at_ms in range(start_ms, end_ms)
    )


@EXAMPLES
@given(calendars(), INSTANTS, LENGTHS, pauses())
def test_a_pause_puts_the_end_off(calendar, start_ms, length_ms, paused):
    at_ms, passed = start_ms, 0
    while passed < length_ms:
        passed += counts(calendar, at_ms, paused)
        at_ms += 1
    assert add_ms(calendar, start_ms, length_ms, paused) == at_ms


@EXAMPLES
@given(calendars(), INSTANTS, LENGTHS, pauses())
def test_a_pause_puts_the_beginning_back(calendar, due_ms, length_ms, paused):
    at_ms, left = due_ms, 0
    while left < length_ms:
        at_ms -= 1
        left += counts(calendar, at_ms, paused)
    assert before_ms(calendar, due_ms, length_ms, paused) == at_ms


@EXAMPLES
@given(calendars(), INSTANTS, INSTANTS, pauses())
def test_segments_are_the_whole_span_in_order_each_of_one_kind(calendar, start_ms, end_ms, paused):
    found = segments(calendar, start_ms, end_ms, paused)
    ends = [start_ms, *(one.to_ms for one in found)]
    assert [one.from_ms for one in found] == ends[:-1]
    assert ends[-1] == max(start_ms, end_ms)
    for one in found:
        kinds = {
            "open" if counts(calendar, at_ms, paused) else "closed" if not open_at(calendar, at_ms) else "pause"
            for at_ms in range(one.from_ms, one.to_ms)
        }
        assert kinds == {one.kind} or (one.kind == "pause" and kinds <= {"pause", "closed"})
    counted = sum(one.to_ms - one.from_ms for one in found if one.kind == "open")
    assert counted == elapsed_ms(calendar, start_ms, end_ms, paused)


HOUR = 3_600_000
WEEK = Calendar("office", tuple((24 * HOUR * day + 9 * HOUR, 24 * HOUR * day + 17 * HOUR) for day in range(5)), 10**9)


@pytest.mark.parametrize(
    ("start_h", "length_h", "end_h"),
    [(9, 8, 17), (10, 8, 34), (16, 2, 34), (17, 1, 34), (20, 8, 41), (33, 0, 33), (12, 32, 108)],
)
def test_office_hours(start_h, length_h, end_h):
    assert add_ms(WEEK, start_h * HOUR, length_h * HOUR) == end_h * HOUR


def test_half_open():
    assert is_open(WEEK, 33 * HOUR)
    assert not is_open(WEEK, 41 * HOUR)
    assert next_close_ms(WEEK, 33 * HOUR) == 41 * HOUR
    assert next_open_ms(WEEK, 41 * HOUR) == 57 * HOUR
