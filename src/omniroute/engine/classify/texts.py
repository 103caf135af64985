"""Finding words and patterns in what customers write: linear in the text, whatever the text is.

What lives here: no regular expression that could go back, and no text beyond `TEXT_CHARS_MAX`.
"""

from __future__ import annotations

import re
import unicodedata

TEXT_CHARS_MAX = 20_000
"""Characters of a subject, of a text or of a field that are looked at."""
_WORD_CHARS_MAX = 64
"""Longer words are not normalized: many marks on one letter take long to put in order."""
_WORDS = re.compile(r"[\w\u0300-\u036f]+")


def folded(text: str) -> str:
    """The words of a text without case and punctuation, each between spaces."""
    words = _WORDS.findall(text[:TEXT_CHARS_MAX].casefold())
    return f" {' '.join(map(_normal, words))} "


def _normal(word: str) -> str:
    return word if word.isascii() or len(word) > _WORD_CHARS_MAX else unicodedata.normalize("NFC", word)


def needle(phrase: str) -> str:
    """What to look for in a `folded` text; ``*`` at an end leaves that end open. Empty: there is no word in it."""
    words = folded(phrase).strip()
    if not words:
        return ""
    phrase = phrase.strip()
    return f"{'' if phrase.startswith('*') else ' '}{words}{'' if phrase.endswith('*') else ' '}"


class Pattern:
    """A pattern without case in which ``*`` stands for any characters, none included."""

    __slots__ = ("_first", "_last", "_middle", "_whole")

    def __init__(self, text: str) -> None:
        first, *rest = text.casefold().split("*")
        self._first = first
        self._whole = not rest
        self._last = rest[-1] if rest else ""
        self._middle = [part for part in rest[:-1] if part]

    def matches(self, text: str) -> bool:
        """Whether the whole text is like the pattern. The leftmost place of each part is as good as any other."""
        text = text[:TEXT_CHARS_MAX].casefold()
        if self._whole:
            return text == self._first
        place, end = len(self._first), len(text) - len(self._last)
        if end < place or not text.startswith(self._first) or not text.endswith(self._last):
            return False
        for part in self._middle:
            found = text.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return True
