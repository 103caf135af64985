"""Lengths of time and other numbers of the file, each with its bounds.

What lives here: ``"20s"`` to milliseconds, and the refusal of numbers that nobody can mean.
"""

from __future__ import annotations

import re

from omniroute.errors import ConfigError

LENGTH_DAYS_MAX = 3660
"""The longest length of time, about ten years; added to any present it stays a date."""
COUNT_MAX = 1000
"""The largest number of offers, items, hops, units."""

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LENGTH = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")


def length_ms(text: str, path: str) -> int:
    """``"20s"`` to milliseconds."""
    found = _LENGTH.fullmatch(text.strip())
    if not found:
        raise ConfigError(f'{text!r} is not a length of time; write it like "20s", "5m" or "4h"', path)
    length = int(found.group(1)) * _UNITS_MS[found.group(2)]
    if length > LENGTH_DAYS_MAX * _UNITS_MS["d"]:
        raise ConfigError(f'{text!r} is too long; at most "{LENGTH_DAYS_MAX}d"', path)
    return length


def some_length_ms(text: str, path: str, what: str) -> int:
    """A length of time that is not 0."""
    length = length_ms(text, path)
    if not length:
        raise ConfigError(f'{what} needs some time; write it like "20s", "5m" or "4h"', path)
    return length


def bounded(value: int, least: int, most: int, path: str, what: str = "the number") -> int:
    """The number itself, if it lies within its bounds. Raises `ConfigError`."""
    if not least <= value <= most:
        raise ConfigError(f"{what} is between {least} and {most}", path)
    return value
