"""Business time: what a compiled `Calendar` says of an instant, and lengths of time that count while it is open.

What lives here: pure functions over sorted intervals, each a few bisections. Before the first interval, from
``until_ms`` on, and in a calendar without intervals nothing is known: that counts as open, so that every walk ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from omniroute.core.rules import Calendar


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


def add_ms(calendar: Calendar, start_ms: int, length_ms: int) -> int:
    """The first instant at which ``length_ms`` of open time have passed since ``start_ms``.

    A length that ends with an interval ends there, not where the next one begins; no length ends at once.
    """
    at_ms = start_ms
    while length_ms > 0:
        from_ms, to_ms = _open_after(calendar, at_ms)
        from_ms = max(from_ms, at_ms)
        if to_ms is None or to_ms - from_ms >= length_ms:
            return from_ms + length_ms
        length_ms -= to_ms - from_ms
        at_ms = to_ms
    return start_ms


def before_ms(calendar: Calendar, due_ms: int, length_ms: int) -> int:
    """The last instant such that ``length_ms`` of open time lie between it and ``due_ms``; no length: ``due_ms``."""
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
