"""When an event of an iCalendar file takes place: once, or as often as its rule says (RFC 5545).

What lives here: the beginnings of an event. A rule goes by the clock on the wall of the event's zone, until
`LAST_YEAR`; what ``dateutil`` (which comes with ``icalendar``) cannot say in bounds is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from importlib import import_module
from itertools import islice, takewhile
from typing import Any

LAST_YEAR = 2100
TIMES_MAX = 10_000
"""How often an event may take place: a week's for all the years."""

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_NOT_UNDERSTOOD = ("RDATE", "EXRULE", "RECURRENCE-ID")


def beginnings(event: Any, start: date) -> Iterator[date]:
    """Its first beginning and those that follow, days or moments as the first. Raises `ValueError`."""
    if any(key in event for key in _NOT_UNDERSTOOD) or isinstance(event.get("RRULE"), list):
        raise ValueError(f"it recurs in a way that is not understood ({', '.join(_NOT_UNDERSTOOD)} or two rules)")
    if "RRULE" not in event:
        yield start
        return
    zone = start.tzinfo if isinstance(start, datetime) else None
    left_out = set(_left_out(event, zone))
    for wall in _walls(event["RRULE"], _wall(start, None), zone):
        if wall not in left_out:
            yield wall.replace(tzinfo=zone) if isinstance(start, datetime) else wall.date()


def _walls(rule: Any, start: datetime, zone: tzinfo | None) -> list[datetime]:
    """The beginnings by the clock on the wall."""
    if [str(one).upper() for one in rule.get("FREQ", [])] not in [[name] for name in _FREQUENCIES]:
        raise ValueError(f"it recurs with another frequency than {', '.join(_FREQUENCIES)}")
    plain = type(rule)({key: value for key, value in rule.items() if key != "UNTIL"})
    last = datetime(LAST_YEAR, 12, 31, 23, 59, 59)  # noqa: DTZ001 (a wall has no zone)
    if "UNTIL" in rule:
        last = min(last, _until(rule["UNTIL"][0], zone))
    found = import_module("dateutil.rrule").rrulestr(plain.to_ical().decode(), dtstart=start)
    walls = list(islice(takewhile(lambda wall: wall <= last, found), TIMES_MAX + 1))
    if len(walls) > TIMES_MAX:
        raise ValueError(f"it takes place more than {TIMES_MAX} times until {LAST_YEAR}")
    return walls


def _until(last: date, zone: tzinfo | None) -> datetime:
    """The last instant at which a rule may begin; a day, its end."""
    return _wall(last, zone) if isinstance(last, datetime) else datetime.combine(last, time.max)


def _left_out(event: Any, zone: tzinfo | None) -> Iterator[datetime]:
    lists = event.get("EXDATE", [])
    for one in lists if isinstance(lists, list) else [lists]:
        yield from (_wall(entry.dt, zone) for entry in one.dts)


def _wall(moment: date, zone: tzinfo | None) -> datetime:
    """What the clock on the wall shows: in that zone, if it is given and the moment has one."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    if zone is not None and moment.tzinfo is not None:
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)
