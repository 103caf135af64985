"""Business time: what a compiled `Calendar` says of an instant, and lengths of time that count while it is open.

What lives here: pure functions over sorted intervals, each a few bisections. Before the first interval, from
``until_ms`` on, and in a calendar without intervals nothing is known: that counts as open, so that every walk ends.
Where there are pauses, what lies in one does not count, open or not. The conventions at the edges are in
``docs/reference/calendars.md``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Literal, NamedTuple

from omniroute.core.rules import Calendar

Pauses = Sequence[tuple[int, int]]
"""Intervals ``[from_ms, to_ms)`` that do not count: sorted and disjoint, as `merged` gives them."""


class Segment(NamedTuple):
    """A part of a span of time, and what it was: only what was open counts."""

    from_ms: int
    to_ms: int
    kind: Literal["open", "closed", "pause"]


def merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Any intervals as sorted ones that neither overlap nor touch; those without length are left out."""
    found: list[tuple[int, int]] = []
    for from_ms, to_ms in sorted(intervals):
        if from_ms >= to_ms:
            continue
        if found and from_ms <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], to_ms))
        else:
            found.append((from_ms, to_ms))
    return found


def _from_ms(interval: tuple[int, int]) -> int:
    return interval[0]


def is_open(calendar: Calendar, at_ms: int) -> bool:
    """Whether it is open at that instant; an interval holds its start and not its end."""
    from_ms, _ = _open_after(calendar, at_ms)
    return from_ms <= at_ms


def next_open_ms(calendar: Calendar, at_ms: int) -> int:
    """The first instant from ``at_ms`` on at which it is open: ``at_ms`` itself, if it is."""
    from_ms, _ = _open_after(calendar, at_ms)
    return max(from_ms, at_ms)


def next_close_ms(calendar: Calendar, at_ms: int) -> int | None:
    """The first instant from ``at_ms`` on at which it is closed: ``at_ms`` itself, if it is; None: it stays open."""
    while True:
        from_ms, to_ms = _open_after(calendar, at_ms)
        if from_ms > at_ms:
            return at_ms
        if to_ms is None:
            return None
        at_ms = to_ms


def add_ms(calendar: Calendar, start_ms: int, length_ms: int, pauses: Pauses = ()) -> int:
    """The first instant at which ``length_ms`` of business time have passed since ``start_ms``.

    A length that ends with an interval, or where a pause begins, ends there, not where it goes on; no length ends at
    once.
    """
    at_ms = start_ms
    for from_ms, to_ms in pauses:
        if to_ms <= at_ms:
            continue
        counted_ms = elapsed_ms(calendar, at_ms, from_ms)
        if counted_ms >= length_ms:
            break
        length_ms -= counted_ms
        at_ms = to_ms
    return _added_ms(calendar, at_ms, length_ms)


def before_ms(calendar: Calendar, due_ms: int, length_ms: int, pauses: Pauses = ()) -> int:
    """The last instant from which ``length_ms`` of business time are left until ``due_ms``; no length: ``due_ms``."""
    at_ms = due_ms
    for from_ms, to_ms in reversed(pauses):
        if from_ms >= at_ms:
            continue
        counted_ms = elapsed_ms(calendar, to_ms, at_ms)
        if counted_ms >= length_ms:
            break
        length_ms -= counted_ms
        at_ms = from_ms
    return _subtracted_ms(calendar, at_ms, length_ms)


def elapsed_ms(calendar: Calendar, start_ms: int, end_ms: int, pauses: Pauses = ()) -> int:
    """The business time between two instants; 0, if the second is not later."""
    counted_ms = _open_ms(calendar, start_ms, end_ms)
    for from_ms, to_ms in pauses:
        counted_ms -= _open_ms(calendar, max(from_ms, start_ms), min(to_ms, end_ms))
    return counted_ms


def segments(calendar: Calendar, start_ms: int, end_ms: int, pauses: Pauses = ()) -> list[Segment]:
    """The span from one instant to another in parts without a gap: what was open, closed or a pause."""
    found: list[Segment] = []
    at_ms = start_ms
    for from_ms, to_ms in chain(pauses, ((end_ms, end_ms),)):
        found += _opened_and_closed(calendar, at_ms, min(from_ms, end_ms))
        paused = Segment(max(from_ms, at_ms), min(to_ms, end_ms), "pause")
        found += [paused] if paused.from_ms < paused.to_ms else []
        at_ms = max(at_ms, to_ms)
    return found


def _opened_and_closed(calendar: Calendar, at_ms: int, end_ms: int) -> Iterator[Segment]:
    while at_ms < end_ms:
        opens_ms = min(next_open_ms(calendar, at_ms), end_ms)
        if at_ms < opens_ms:
            yield Segment(at_ms, opens_ms, "closed")
        closes_ms = next_close_ms(calendar, opens_ms)
        at_ms = end_ms if closes_ms is None else min(closes_ms, end_ms)
        if opens_ms < at_ms:
            yield Segment(opens_ms, at_ms, "open")


def _open_ms(calendar: Calendar, start_ms: int, end_ms: int) -> int:
    """The open time between two instants; 0, if the second is not later."""
    if start_ms >= end_ms:
        return 0
    intervals, until_ms = calendar.intervals, calendar.until_ms
    if not intervals:
        return end_ms - start_ms
    first_ms = min(intervals[0][0], until_ms)
    unknown_ms = max(min(end_ms, first_ms) - start_ms, 0) + max(end_ms - max(start_ms, until_ms), 0)
    start_ms, end_ms = max(start_ms, first_ms), min(end_ms, until_ms)
    if start_ms >= end_ms:
        return unknown_ms
    first, last = (bisect_right(intervals, ms, key=_from_ms) - 1 for ms in (start_ms, end_ms))
    whole_ms = sum(to_ms - from_ms for from_ms, to_ms in intervals[first:last])
    before = min(start_ms, intervals[first][1]) - intervals[first][0]
    return unknown_ms + whole_ms - before + min(end_ms, intervals[last][1]) - intervals[last][0]


def _added_ms(calendar: Calendar, start_ms: int, length_ms: int) -> int:
    at_ms = start_ms
    while length_ms > 0:
        from_ms, to_ms = _open_after(calendar, at_ms)
        from_ms = max(from_ms, at_ms)
        if to_ms is None or to_ms - from_ms >= length_ms:
            return from_ms + length_ms
        length_ms -= to_ms - from_ms
        at_ms = to_ms
    return start_ms


def _subtracted_ms(calendar: Calendar, due_ms: int, length_ms: int) -> int:
    at_ms = due_ms
    while length_ms > 0:
        from_ms, to_ms = _open_before(calendar, at_ms)
        if from_ms is None or to_ms - from_ms >= length_ms:
            return to_ms - length_ms
        length_ms -= to_ms - from_ms
        at_ms = from_ms
    return due_ms


def _open_after(calendar: Calendar, at_ms: int) -> tuple[int, int | None]:
    """The first stretch of open time that ends after ``at_ms``; the next one may touch it. No end: for ever."""
    intervals, until_ms = calendar.intervals, calendar.until_ms
    if not intervals or at_ms >= until_ms:
        return at_ms, None
    place = bisect_right(intervals, at_ms, key=_from_ms) - 1
    if place < 0:  # before the first: open until the first ends
        from_ms, to_ms = at_ms, intervals[0][1]
    else:
        while place < len(intervals) and intervals[place][1] <= max(at_ms, intervals[place][0]):  # over, or empty
            place += 1
        from_ms, to_ms = intervals[place] if place < len(intervals) else (until_ms, until_ms)
    return min(from_ms, until_ms), to_ms if to_ms < until_ms else None


def _open_before(calendar: Calendar, at_ms: int) -> tuple[int | None, int]:
    """The last stretch of open time that begins before ``at_ms``, cut there. No beginning: since ever."""
    intervals, until_ms = calendar.intervals, calendar.until_ms
    if intervals and at_ms > until_ms:
        return until_ms, at_ms
    place = bisect_left(intervals, at_ms, key=_from_ms) - 1
    if place < 0:
        return None, at_ms
    from_ms, to_ms = intervals[place]
    return from_ms if place else None, min(to_ms, at_ms)
