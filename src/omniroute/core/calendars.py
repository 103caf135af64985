"""Calendars in the core: open intervals, compiled at the edge; nothing here knows of zones or days."""

from __future__ import annotations

from bisect import bisect_right

from omniroute.core.model import Calendar


def is_open(calendar: Calendar, at_ms: int) -> bool:
    """Whether it is open at that instant."""
    intervals = calendar.intervals
    if not intervals or at_ms < intervals[0][0] or at_ms >= calendar.until_ms:
        return True
    place = bisect_right(intervals, (at_ms, 2**63)) - 1
    return at_ms < intervals[place][1]


def next_close_ms(calendar: Calendar, at_ms: int) -> int:
    """The next closing instant after ``at_ms``; 0 where none is known."""
    for start_ms, end_ms in calendar.intervals:
        if end_ms > at_ms and start_ms <= at_ms:
            return end_ms
    return 0


def before_ms(calendar: Calendar, due_ms: int, length_ms: int) -> int:
    """The latest instant such that so much open time lies between it and ``due_ms``."""
    left_ms = length_ms
    for start_ms, end_ms in reversed(calendar.intervals):
        if start_ms >= due_ms:
            continue
        end_ms = min(end_ms, due_ms)
        if end_ms - start_ms >= left_ms:
            return end_ms - left_ms
        left_ms -= end_ms - start_ms
    return due_ms - length_ms
