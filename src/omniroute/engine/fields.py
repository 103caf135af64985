"""Fields of a matter: what each may hold, by its type; the core knows the names of those that are filled in alone.

What lives here: the check of a value, for whoever fills one in: operators, and what customers bring along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from omniroute.errors import InvalidInput

VALUE_CHARS_MAX = 2_000
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_MONEY = re.compile(r"-?\d{1,12}(\.\d{1,3})? [A-Z]{3}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class FieldRule(NamedTuple):
    """``type`` is ``text``, ``number``, ``date``, ``choice`` (one of ``choices``) or ``money``."""

    type: str = "text"
    choices: tuple[str, ...] = ()


FieldRules = Mapping[str, Mapping[str, FieldRule]]
"""Kind of matter → name → rule."""


def checked(rule: FieldRule, value: str, path: str = "") -> str:
    """The value, if the field may hold it; an empty one always. Raises `InvalidInput`."""
    if len(value) > VALUE_CHARS_MAX:
        raise InvalidInput(f"at most {VALUE_CHARS_MAX} characters", path)
    complaint = _complaint(rule, value) if value else ""
    if complaint:
        raise InvalidInput(complaint, path)
    return value


def _complaint(rule: FieldRule, value: str) -> str:
    match rule.type:
        case "choice" if value not in rule.choices:
            return f"one of: {', '.join(rule.choices)}"
        case "number" if not _NUMBER.fullmatch(value):
            return "a number, like 12 or 12.5"
        case "money" if not _MONEY.fullmatch(value):
            return "an amount with its currency, like 12.50 EUR"
        case "date" if not _is_day(value):
            return "a day, like 2026-12-24"
        case _:
            return ""


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(value))  # Python reads other forms of a day, too


def brought(rules: Mapping[str, FieldRule], facts: Mapping[str, str]) -> dict[str, str]:
    """What a customer's interaction fills in: the facts that are called like a field and fit it."""
    found: dict[str, str] = {}
    for name, rule in rules.items():
        value = facts.get(name, "").strip()
        if value and len(value) <= VALUE_CHARS_MAX and not _complaint(rule, value):
            found[name] = value
    return found
