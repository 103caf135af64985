"""References: the public, speakable name of a conversation, like ``4KX7-9MTD``.

An alphabet without letters that are heard or read as another sign (no 0/O, 1/I/L, U/V, B/8, S/5, Z/2), 8 signs
out of 25: 37 bits, made at the edge from a secure source. A reference is an identifier and never a proof.
"""

from __future__ import annotations

from collections.abc import Iterable

ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
LENGTH = 8


def from_numbers(numbers: Iterable[int]) -> str:
    """A reference from `LENGTH` uniformly random numbers below ``len(ALPHABET)``."""
    signs = "".join(ALPHABET[number] for number in numbers)
    if len(signs) != LENGTH:
        raise ValueError(f"a reference has {LENGTH} signs")
    return f"{signs[:4]}-{signs[4:]}"


LOOK_ALIKES = str.maketrans("АЕКМНРСТУХ", "AEKMHPCTYX")
"""Cyrillic capitals that are written like signs of the alphabet: who types on a Russian layout means those."""


def parse(text: str) -> str | None:
    """The reference that somebody wrote or said, in its one spelling; None if it cannot be one."""
    signs = "".join(sign for sign in text.upper().translate(LOOK_ALIKES) if sign.isalnum())
    if len(signs) != LENGTH or any(sign not in ALPHABET for sign in signs):
        return None
    return f"{signs[:4]}-{signs[4:]}"
