"""Telephone numbers: from what a telephone system shows to an identity. Pure; knows no numbering plan in detail.

Only an unambiguous international number is evidence of who calls. Extensions, withheld callers and national
numbers without a configured country are shown to the operator and never find a customer.
"""

from __future__ import annotations

import re

from omniroute.channels.contract import Identity

DIGITS_MIN = 7
DIGITS_MAX = 15
NATIONAL_DIGITS_MAX = 10
SHOWN_CHARS_MAX = 64

_E164 = re.compile(rf"\+[1-9][0-9]{{{DIGITS_MIN - 1},{DIGITS_MAX - 1}}}\Z")

WITHHELD = frozenset({"", "anonymous", "private", "restricted", "unavailable", "unknown", "withheld"})

# What is dialled before a number inside a country, where it is not 0. Italy keeps its zero abroad.
_TRUNK_PREFIXES = {"1": "1", "7": "8", "39": ""}
_SEPARATORS = str.maketrans("", "", " \t()-./\u00a0\u2010\u2011\u2012\u2013")


def normalize_number(text: str, country: str = "") -> str:
    """``text`` as ``+`` and 7 to 15 digits, or empty where that cannot be told.

    Args:
        text: as shown: ``+49 (0)30 12345-67``, ``0049 30 1234567``, ``030 1234567``.
        country: calling code for national numbers, like ``49``; empty leaves national numbers undecided.
    """
    compact = text.strip().removeprefix("tel:")
    if compact.startswith(("+", "00")):
        compact = compact.replace("(0)", "")  # dialled inside the country only
    compact = compact.translate(_SEPARATORS)
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    if not compact.startswith("+"):
        compact = _international(compact, country)
    return compact if _E164.match(compact) else ""


def _international(digits: str, country: str) -> str:
    """A national number with its country; what is as short as an extension stays one."""
    if not country or len(digits) < DIGITS_MIN:
        return ""
    trunk = _TRUNK_PREFIXES.get(country, "0")
    if trunk and digits.startswith(trunk):
        return f"+{country}{digits.removeprefix(trunk)}"
    if digits.startswith(country) and len(digits) > NATIONAL_DIGITS_MAX:
        return f"+{digits}"  # international, only the plus was lost on the way
    return f"+{country}{digits}"


def caller_identity(caller: str, name: str, call_id: str, country: str = "") -> Identity:
    """Who calls: ``tel`` where the number proves something, else ``name``, which proves nothing."""
    if caller.strip().casefold() in WITHHELD:
        return Identity("name", f"anonymous {call_id}", name)
    number = normalize_number(caller, country)
    if number:
        return Identity("tel", number, name)
    return Identity("name", caller.strip()[:SHOWN_CHARS_MAX], name)
