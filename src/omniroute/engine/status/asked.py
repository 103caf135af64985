"""Whether a message asks for a status, and of what: ``STATUS 4KX7-9MTD`` or ``СТАТУС 4KX7-9MTD``, and nothing else.

What lives here: reading, pure and linear. Whoever writes more than the question wants a person to read it, so such a
message is none: only courtesies and a name under them may stand beside the line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from omniroute.core import references

LINE_CHARS_MAX = 120
LINES_MAX = 8
"""Lines with something in them; a longer message is more than a question."""
NAME_WORDS_MAX = 3
NAME_LINES_MAX = 2

_ANSWER = r"(?:(?:re|aw|sv|antw|rif|fwd?|wg|ответ|отв|на)(?:\[\d{1,3}\])?\s?:\s*){0,5}"
_SIGNS = r"[^\W_]"
_REFERENCE = rf"(?P<first>{_SIGNS}{{4}})(?P<dash>\s?[-\u2010-\u2015\u2212_.]\s?|\s?)(?P<last>{_SIGNS}{{4}})"
_QUESTION = re.compile(
    rf"{_ANSWER}(?P<word>status|статус)(?:\s+|\s*[:#№=-]\s*)[\s:#№(\[«\"']*{_REFERENCE}[)\]»\"'.!?\s]*", re.IGNORECASE
)
_COURTESIES = frozenset({
    "hello", "hi", "hey", "good morning", "good day", "good afternoon", "good evening", "dear all", "dear sir or madam",
    "please", "thanks", "thank you", "many thanks", "thanks in advance", "thank you in advance", "thanks a lot", "best",
    "best regards", "kind regards", "regards", "cheers", "best wishes", "warm regards", "sincerely", "yours sincerely",
    "greetings", "status",
    "здравствуйте", "добрый день", "доброе утро", "добрый вечер", "привет", "пожалуйста", "спасибо", "большое спасибо",
    "спасибо заранее", "заранее спасибо", "благодарю", "с уважением", "всего доброго", "хорошего дня", "статус",
})  # fmt: skip
_CLOSINGS = re.compile(
    r"thank|regards|best|cheers|sincerely|greetings|спасибо|благодарю|уважением|доброго", re.IGNORECASE
)


class Question(NamedTuple):
    """``reference`` is in its one spelling, or empty where what was written can be none; ``language`` is the word's."""

    reference: str
    language: str


def question_in(subject: str, text: str) -> Question | None:
    """The question that a message is; None where it is something else, or something more."""
    lines = [line for part in text.split("\n", LINES_MAX * 4)[: LINES_MAX * 4] if (line := part.strip())]
    if len(lines) > LINES_MAX or len(text) > LINE_CHARS_MAX * LINES_MAX:
        return None
    first = _question(lines[0]) if lines else None
    found = first or _question(subject.strip())
    return found if found is not None and _only_courtesies(lines[1:] if first else lines, found) else None


def _question(line: str) -> Question | None:
    match = _QUESTION.fullmatch(line) if len(line) <= LINE_CHARS_MAX else None
    if match is None:
        return None
    signs, dash = match["first"] + match["last"], match["dash"]
    reference = references.parse(signs)
    words = signs.isalpha() and not dash.strip()
    if words and (reference is None or (dash and not signs.isupper())):  # "status delivery", "status next week"
        return None
    return Question(reference or "", "ru" if match["word"].lower() == "статус" else "en")


def _only_courtesies(lines: list[str], found: Question) -> bool:
    """Whether there is nothing in the lines that a person should read."""
    closed, names = False, 0
    for line in lines:
        words = " ".join(re.sub(r"[^\w\s]", " ", line).lower().split())
        if words in _COURTESIES or _question(line) == found:
            closed = closed or bool(_CLOSINGS.search(words))
        elif closed and names < NAME_LINES_MAX and len(words.split()) <= NAME_WORDS_MAX and "?" not in line:
            names += 1
        elif words:
            return False
    return True
