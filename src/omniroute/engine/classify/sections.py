"""The shape of ``[[classify]]`` in the configuration file, and what its values may refer to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import NamedTuple

import msgspec

from omniroute.core.rules import Requirement

RULES_MAX = 200
VALUES_MAX = 100
"""Values of one condition."""
NAME_CHARS_MAX = 64


class _Section(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Hours(_Section, kw_only=True):
    """``hours`` of a condition: how a calendar stands at the moment of arrival."""

    calendar: str = ""
    open: bool | None = None


class CustomerWhen(_Section, kw_only=True):
    """``customer`` of a condition: what is known of the sender."""

    known: bool | None = None
    """Whether an identity of theirs has been seen before."""
    earlier_min: int = 0
    """At least so many earlier matters, open or done."""
    open_matters_min: int = 0
    """At least so many of them open."""


class When(_Section, kw_only=True):
    """``[classify.when]``: all that is given must hold; a list means any of its values."""

    channel: list[str] = []
    """Channel instances."""
    account: list[str] = []
    """What was written to or called; ``*`` stands for anything."""
    address: list[str] = []
    """The sender's address or number; ``*`` stands for anything."""
    language: list[str] = []
    """The language of the message, like ``ru``; ``pt`` holds for ``pt-BR`` as well."""
    hours: Hours = msgspec.field(default_factory=Hours)
    time: list[str] = []
    """Times of day, like ``22:00-06:00``."""
    days: list[str] = []
    """Days of the week: mon, tue, wed, thu, fri, sat, sun."""
    timezone: str = ""
    """Whose time of day and days; without one, that of the calendar in ``hours``."""
    customer: CustomerWhen = msgspec.field(default_factory=CustomerWhen)
    subject: list[str] = []
    """Words or phrases in the subject."""
    text: list[str] = []
    """Words or phrases in the subject or the text."""
    kind: list[str] = []
    """The kind of matter that a form names, or else that of the channel."""
    contact: bool | None = None
    """A call or a visit rather than a message."""
    field: dict[str, list[str]] = {}
    """Fields of the interaction; ``*`` stands for anything."""
    automatic: bool | None = None
    """Written by a machine."""


class Then(_Section, kw_only=True):
    """``[classify.then]``: what holds for such a matter; what is not given is left to the default."""

    queue: str = ""
    """``department.queue``."""
    department: str = ""
    """Its default queue."""
    kind: str = ""
    priority: int | None = None
    tier: str = ""
    """The customer's tier, by which promises are chosen."""
    tags: list[str] = []
    requires: list[str] = []
    """Requirements, like ``"billing>=5"``."""
    prefers: list[str] = []
    """Skills that an operator should have."""
    language: str = ""
    go_on: bool = False
    """Keep looking: later rules may add what this one leaves open."""


class ClassifyRule(_Section, kw_only=True):
    """``[[classify]]``: one rule; the first that matches decides."""

    name: str = ""
    """Said where people ask why; without one, "rule 1" and so on."""
    when: When
    then: Then


class Known(NamedTuple):
    """What there is to refer to: departments with their default queues, calendars with their time zones."""

    departments: Mapping[str, str]
    queues: Collection[str]
    channels: Collection[str]
    calendars: Mapping[str, str]
    requirement: Callable[[str, str], Requirement]
    """Reads ``"billing>=5"`` at a path; raises `ConfigError`."""


def near(text: str, known: Collection[str]) -> str:
    """The end of a complaint about an unknown name: the nearest right one, or all of them."""
    found = get_close_matches(text, list(known), 1)
    if found:
        return f"; did you mean {found[0]!r}?"
    return f"; there are {', '.join(sorted(known))}" if known else "; there are none"
