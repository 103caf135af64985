"""Business time by opening hours: what is counted and why not, when it opens and closes, and how far one can look."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from omniroute.config import zones
from omniroute.config.business import BusinessTime, Part, Reason
from omniroute.config.hours import ALL_DAY, OpeningHours, Window
from omniroute.config.ical import Closure
from omniroute.errors import InvalidInput

HOUR_MS = 3_600_000
WEEK = ((Window(540, 720), Window(780, 1020)),) * 5 + ((), ())


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000


def business(week: tuple[tuple[Window, ...], ...] = WEEK, zone: str = "UTC", **more: object) -> BusinessTime:
    return BusinessTime(OpeningHours(zones.zone(zone, "x"), week, **{"days": {}, **more}))  # type: ignore[arg-type]


RICH = business(
    days={date(2026, 12, 26): (Window(600, 660),)},
    holidays=({date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): "Boxing Day"},),
    breaks={date(2026, 12, 24): (Window(600, 630),)},
    closures=(Closure(at(2026, 12, 24, 11), at(2026, 12, 24, 14), "Party"),),
)


def test_a_span_explains_itself():
    pause = (at(2026, 12, 24, 9, 15), at(2026, 12, 24, 9, 30))
    start, end = at(2026, 12, 24, 8), at(2026, 12, 28, 9, 30)
    bounds = [
        (Reason.BEFORE, "", at(2026, 12, 24, 9)),
        (Reason.OPEN, "", pause[0]),
        (Reason.PAUSE, "", pause[1]),
        (Reason.OPEN, "", at(2026, 12, 24, 10)),
        (Reason.BREAK, "", at(2026, 12, 24, 10, 30)),
        (Reason.OPEN, "", at(2026, 12, 24, 11)),
        (Reason.CLOSURE, "Party", at(2026, 12, 24, 14)),
        (Reason.OPEN, "", at(2026, 12, 24, 17)),
        (Reason.AFTER, "", at(2026, 12, 25)),
        (Reason.HOLIDAY, "Christmas Day", at(2026, 12, 26)),
        (Reason.BEFORE, "", at(2026, 12, 26, 10)),
        (Reason.OPEN, "", at(2026, 12, 26, 11)),
        (Reason.AFTER, "", at(2026, 12, 27)),
        (Reason.NO_HOURS, "", at(2026, 12, 28)),
        (Reason.BEFORE, "", at(2026, 12, 28, 9)),
        (Reason.OPEN, "", end),
    ]
    begins = [start, *(to_ms for *_, to_ms in bounds)]
    expected = [Part(from_ms, to, reason, name) for from_ms, (reason, name, to) in zip(begins, bounds, strict=False)]
    found = RICH.explained(start, end, [pause])
    assert found == expected
    counted = sum(part.to_ms - part.from_ms for part in found if part.reason is Reason.OPEN)
    assert counted == RICH.elapsed_ms(start, end, [pause])
    assert RICH.due_ms(start, counted, [pause]) == end


def test_between_hours():
    (part,) = business().explained(at(2026, 1, 5, 12), at(2026, 1, 5, 13))
    assert part.reason is Reason.BETWEEN


def test_an_explanation_in_the_night_in_which_an_hour_comes_twice():
    """02:30 to 05:00 is open at both 02:30."""
    night = business(((),) * 6 + ((Window(150, 300),),), "Europe/Berlin")
    found = night.explained(at(2026, 10, 25, 0), at(2026, 10, 25, 5))
    assert [(part.reason, (part.to_ms - part.from_ms) // 60_000) for part in found] == [
        (Reason.BEFORE, 30),
        (Reason.OPEN, 30),
        (Reason.BEFORE, 30),
        (Reason.OPEN, 150),
        (Reason.AFTER, 60),
    ]


def test_nothing_is_explained_by_nothing():
    assert RICH.explained(at(2026, 1, 5), at(2026, 1, 5)) == []


def test_opening_and_closing():
    office = business()
    monday = at(2026, 1, 5)
    assert office.is_open(monday + 9 * HOUR_MS)
    assert not office.is_open(monday + 12 * HOUR_MS)
    assert office.next_open_ms(monday + 12 * HOUR_MS) == monday + 13 * HOUR_MS
    assert office.next_open_ms(monday + 10 * HOUR_MS) == monday + 10 * HOUR_MS
    assert office.next_open_ms(at(2026, 1, 9, 17)) == at(2026, 1, 12, 9)
    assert office.next_close_ms(monday + 9 * HOUR_MS) == monday + 12 * HOUR_MS
    assert office.next_close_ms(monday) == monday


def test_who_never_opens_or_never_closes():
    assert business(((),) * 7).next_open_ms(0) is None
    assert business(((),) * 7, days={date(1999, 1, 1): (ALL_DAY,)}).next_open_ms(at(2000, 1, 1)) is None
    assert business(((ALL_DAY,),) * 7, "Europe/Berlin").next_close_ms(0) is None
    closure = (Closure(at(2019, 5, 1), at(2019, 5, 2), ""),)
    assert business(((ALL_DAY,),) * 7, closures=closure).next_close_ms(0) == at(2019, 5, 1)


@pytest.mark.parametrize("hours", [0, 1, 3, 7, 8, 100, 5000])
def test_subtracting_turns_adding_round(hours):
    office, start = business(zone="Europe/Berlin"), at(2026, 1, 5, 8, 30)
    due = office.due_ms(start, hours * HOUR_MS)
    found = office.start_ms(due, hours * HOUR_MS)
    assert found >= start
    assert office.elapsed_ms(found, due) == hours * HOUR_MS
    assert not hours or office.elapsed_ms(found + 1, due) < hours * HOUR_MS


def test_a_pause_is_subtracted():
    pause = (at(2026, 1, 5, 10), at(2026, 1, 5, 11))
    assert business().start_ms(at(2026, 1, 5, 12), 2 * HOUR_MS, [pause]) == at(2026, 1, 5, 9)


@pytest.mark.parametrize(
    "ask",
    [
        lambda office: office.due_ms(at(2026, 1, 5), 50 * 366 * 24 * HOUR_MS),
        lambda office: office.start_ms(at(2026, 1, 5), 50 * 366 * 24 * HOUR_MS),
        lambda office: office.elapsed_ms(at(2026, 1, 5), at(2077, 1, 5)),
        lambda office: office.elapsed_ms(at(2026, 1, 5), at(2026, 1, 4)),
        lambda office: office.due_ms(at(1799, 12, 31), 0),
        lambda office: office.is_open(at(2400, 1, 1)),
    ],
)
def test_what_lies_too_far_off_is_refused(ask):
    with pytest.raises(InvalidInput):
        ask(business())
