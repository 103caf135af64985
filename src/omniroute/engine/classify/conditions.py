"""Conditions of a rule: each key of ``[classify.when]`` becomes a pure question about a case.

What lives here: what each key means, and the refusal of values that mean nothing, with their path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from omniroute.classifiers.contract import Facts
from omniroute.core.calendars import is_open
from omniroute.core.model import InteractionKind
from omniroute.core.rules import Calendar
from omniroute.engine.classify import times
from omniroute.engine.classify.sections import VALUES_MAX, Known, When, near
from omniroute.engine.classify.texts import Pattern, folded, needle
from omniroute.engine.history import MATTERS_MAX
from omniroute.errors import ConfigError

_LANGUAGE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}")


class Case:
    """An interaction as rules look at it; texts are folded once, and only if a rule asks for them."""

    def __init__(self, facts: Facts, calendars: Mapping[str, Calendar]) -> None:
        self.facts = facts
        self.calendars = calendars

    @cached_property
    def subject(self) -> str:
        """The words of the subject."""
        return folded(self.facts.interaction.subject)

    @cached_property
    def text(self) -> str:
        """The words of subject and text; no phrase goes from the one into the other."""
        return f"{self.subject}\n{folded(self.facts.interaction.text)}"


Condition = Callable[[Case], bool]


class _Place(NamedTuple):
    """Where a value stands in the file, and what it may refer to."""

    path: str
    known: Known


def compile_when(when: When, path: str, known: Known) -> tuple[Condition, ...]:
    """The conditions of a rule, those first that cost least. Raises `ConfigError`."""
    place = _Place(path, known)
    found = [*_flags(when), *_senders(when, place), *_customer(when, place), *_times(when, place), *_words(when, place)]
    if not found:
        raise ConfigError("a rule needs a condition", path)
    return tuple(found)


def language(text: str, path: str) -> str:
    """A language tag. Raises `ConfigError` for what is none."""
    if not _LANGUAGE.fullmatch(text.casefold()):
        raise ConfigError(f"{text!r} is no language; write it like ru or pt-BR", path)
    return text


def _flags(when: When) -> Iterator[Condition]:
    contact, automatic = when.contact, when.automatic
    if contact is not None:
        yield lambda case: (case.facts.interaction.kind is not InteractionKind.MESSAGE) is contact
    if automatic is not None:
        yield lambda case: case.facts.interaction.automatic is automatic


def _senders(when: When, place: _Place) -> Iterator[Condition]:
    if when.channel:
        instances = frozenset(_named("channel", when.channel, place))
        yield lambda case: case.facts.instance in instances
    if when.account:
        accounts = _patterns("account", when.account, place.path)
        yield lambda case: _like(case.facts.interaction.account, accounts)
    if when.address:
        addresses = _patterns("address", when.address, place.path)
        yield lambda case: _like(case.facts.interaction.sender.address, addresses)
    if when.language:
        languages = _languages(when.language, place.path)
        yield lambda case: f"{case.facts.interaction.language.casefold()}-".startswith(languages)
    if when.kind:
        kinds = frozenset(_filled("kind", when.kind, place.path))
        yield lambda case: case.facts.default.kind in kinds
    for name, values in when.field.items():
        yield _field(name, _patterns(f"field.{name}", values, place.path))


def _customer(when: When, place: _Place) -> Iterator[Condition]:
    wanted = when.customer
    known = wanted.known
    for key in ("earlier_min", "open_matters_min"):
        if not 0 <= getattr(wanted, key) <= MATTERS_MAX:
            raise ConfigError(f"must be between 0 and {MATTERS_MAX}", f"{place.path}.customer.{key}")
    if known is not None:
        yield lambda case: case.facts.customer.known is known
    if wanted.earlier_min:
        yield lambda case: case.facts.customer.matters >= wanted.earlier_min
    if wanted.open_matters_min:
        yield lambda case: case.facts.customer.open_matters >= wanted.open_matters_min


def _times(when: When, place: _Place) -> Iterator[Condition]:
    hours, path = when.hours, place.path
    opened, calendar_id = hours.open, hours.calendar
    if opened is not None or calendar_id:
        if calendar_id not in place.known.calendars:
            hint = near(calendar_id, place.known.calendars)
            raise ConfigError(f"there is no calendar {calendar_id!r}{hint}", f"{path}.hours.calendar")
        if opened is None:
            raise ConfigError("say whether it is open: true or false", f"{path}.hours.open")
        yield lambda case: _is_open(case, calendar_id) is opened
    if not when.time and not when.days:
        if when.timezone:
            raise ConfigError("a time zone says nothing without time or days", f"{path}.timezone")
        return
    name = when.timezone or place.known.calendars.get(calendar_id, "")
    if not name:
        raise ConfigError("time and days need a time zone, like Europe/Berlin", f"{path}.timezone")
    where = times.zone(name, f"{path}.timezone")
    if when.time:
        ranges = [times.minutes(text, at) for text, at in _each("time", when.time, path)]
        yield lambda case: times.within(times.minute_of_day(case.facts.received_ms, where), ranges)
    if when.days:
        days = frozenset(times.weekday(text, at) for text, at in _each("days", when.days, path))
        yield lambda case: times.weekday_of(case.facts.received_ms, where) in days


def _words(when: When, place: _Place) -> Iterator[Condition]:
    if when.subject:
        subjects = _needles("subject", when.subject, place.path)
        yield lambda case: any(one in case.subject for one in subjects)
    if when.text:
        texts = _needles("text", when.text, place.path)
        yield lambda case: any(one in case.text for one in texts)


# ---- what a question asks
def _like(text: str, patterns: Sequence[Pattern]) -> bool:
    return any(pattern.matches(text) for pattern in patterns)


def _field(name: str, patterns: Sequence[Pattern]) -> Condition:
    def holds(case: Case) -> bool:
        value = case.facts.interaction.fields.get(name)
        return value is not None and _like(value, patterns)

    return holds


def _is_open(case: Case, calendar_id: str) -> bool:
    """A calendar that is not there says nothing, and nothing known counts as open."""
    calendar = case.calendars.get(calendar_id)
    return calendar is None or is_open(calendar, case.facts.received_ms)


# ---- what a list may hold
def _each(key: str, values: Sequence[str], path: str) -> Iterator[tuple[str, str]]:
    """Each value with its path."""
    if len(values) > VALUES_MAX:
        raise ConfigError(f"at most {VALUES_MAX} values", f"{path}.{key}")
    return ((value, f"{path}.{key}[{number}]") for number, value in enumerate(values))


def _filled(key: str, values: Sequence[str], path: str) -> Iterator[str]:
    for value, at in _each(key, values, path):
        if not value.strip():
            raise ConfigError("there is nothing in it", at)
        yield value


def _named(key: str, values: Sequence[str], place: _Place) -> Iterator[str]:
    for value, at in _each(key, values, place.path):
        if value not in place.known.channels:
            raise ConfigError(f"there is no channel {value!r}{near(value, place.known.channels)}", at)
        yield value


def _patterns(key: str, values: Sequence[str], path: str) -> tuple[Pattern, ...]:
    if not values:
        raise ConfigError("there is nothing in it", f"{path}.{key}")
    return tuple(Pattern(value.strip()) for value in _filled(key, values, path))


def _languages(values: Sequence[str], path: str) -> tuple[str, ...]:
    return tuple(f"{language(value, at).casefold()}-" for value, at in _each("language", values, path))


def _needles(key: str, values: Sequence[str], path: str) -> tuple[str, ...]:
    found = []
    for value, at in _each(key, values, path):
        if not (wanted := needle(value)):
            raise ConfigError(f"there is no word in {value!r}", at)
        found.append(wanted)
    return tuple(found)
