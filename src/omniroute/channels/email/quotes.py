"""What a person wrote, apart from what they quoted and how they signed.

What lives here: a line parser for replies in English, Russian, German, French and Spanish. It goes over the lines once,
looks at bounded stretches only, and never loses a line: each goes to exactly one of text, quoted and signature. When in
doubt it leaves a line in the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LINES_MAX = 10_000
"""A longer letter is not folded."""
LINE_CHARS_MAX = 400
ATTRIBUTION_LINES_MAX = 3
HEADER_BLOCK_LINES = 6
HEADER_BLOCKS_MAX = 500
"""So many lines like ``From: …`` are examined."""
SIGNATURE_LINES_MAX = 20
INTERLEAVED_MIN = 2


class Folded(NamedTuple):
    """The three shares of a letter."""

    text: str
    quoted: str
    signature: str


_VERBS = (
    "wrote", "schrieb", "a écrit", "escribió", "пишет", "писал", "писала", "написал", "написала", "написал(а)",
)  # fmt: skip
_OPENINGS = ("on ", "am ", "le ", "el ")
_TIME = re.compile(r"\d:\d\d")
_DATE_FIRST = re.compile(r"\D{0,12}\d")
_STRONG = re.compile(r"\d|@|«|\"")
"""An attribution names a day or a person; «Он пишет:» alone is a sentence."""
_DIVIDER = re.compile(
    r"^[-_ ]{3,}+\s?(original message|forwarded message|original appointment|исходное сообщение|пересылаемое сообщение"
    r"|пересланное сообщение|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message transféré"
    r"|mensaje original|mensaje reenviado)\s?[-_ ]{3,}$|^begin forwarded message:$|^исходное сообщение:?$",
    re.IGNORECASE,
)
_HEADER_FIRST = re.compile(r"^[*>]?\s?(from|от|von|de|отправитель)\*?\s?:\*?\s?\S", re.IGNORECASE)
_HEADER_NEXT = re.compile(
    r"^\*?(sent|date|to|cc|subject|отправлено|дата|кому|копия|тема|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha"
    r"|para|asunto)\*?\s?:",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"^(sent from (my |outlook|yahoo|mail)|get outlook for|отправлено (с|из) |von meinem .{2,30} gesendet|gesendet von"
    r"|envoyé de mon|enviado desde mi)",
    re.IGNORECASE,
)


def fold(text: str) -> Folded:
    """Separate the three; if nothing of one's own would remain, all of it is the text."""
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        return Folded(text.strip("\n"), "", "")
    cut = _rest_is_quoted(lines)
    own, quoted = _unquote(lines[:cut])
    quoted += lines[cut:]
    own, signature = _unsign(own)
    if not "".join(own).strip():
        return Folded(text.strip("\n"), "", "")
    return Folded(_joined(own), _joined(quoted), _joined(signature))


def _rest_is_quoted(lines: list[str]) -> int:
    """The first line from which on everything is an earlier letter without ``>`` marks."""
    blocks = 0
    for index, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or len(stripped) > LINE_CHARS_MAX:
            continue
        begins = blocks < HEADER_BLOCKS_MAX and _HEADER_FIRST.match(stripped) is not None
        blocks += begins
        if _DIVIDER.match(stripped) or (begins and _header_block(lines, index)):
            rule = index - 1
            underlined = rule >= 0 and lines[rule].strip() and not lines[rule].strip().strip("_-")
            return rule if underlined else index
        length = _attribution(lines, index, stripped)
        if length and not _marked(_next_line(lines, index + length)):
            return index
    return len(lines)


def _header_block(lines: list[str], index: int) -> bool:
    following = lines[index + 1 : index + HEADER_BLOCK_LINES]
    return sum(bool(_HEADER_NEXT.match(line[:LINE_CHARS_MAX].strip())) for line in following) >= 2


def _attribution(lines: list[str], index: int, stripped: str) -> int:
    """How many lines the «… wrote:» that begins here has; 0: none begins."""
    joined = ""
    for length in range(1, ATTRIBUTION_LINES_MAX + 1):
        if index + length > len(lines):
            return 0
        line = stripped if length == 1 else lines[index + length - 1].strip()
        if not line or len(line) > LINE_CHARS_MAX or _marked(line):
            return 0
        joined = f"{joined} {line}".strip()
        if line.endswith(":"):
            return length if _names_a_writer(joined) else 0
    return 0


def _names_a_writer(line: str) -> bool:
    """Plain string tests: patterns with two open ends are quadratic on a hostile line."""
    low = line.lower().removesuffix(":").rstrip()
    if not _STRONG.search(low):
        return False
    if low.endswith(_VERBS) or (low.startswith(_OPENINGS) and " schrieb " in low):
        return True
    head, bracket, address = low.rpartition("<")  # «пн, 3 нояб. 2025 г. в 12:34, Имя <a@b>:»
    dated = _DATE_FIRST.match(head) and _TIME.search(head)
    return bool(bracket and dated and "@" in address and address.endswith(">"))


def _unquote(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines of one's own and ``>`` lines; an interleaved answer keeps its quotes, they are its questions."""
    is_quote = [False] * len(lines)
    index = 0
    while index < len(lines):
        stripped = lines[index].strip()
        length = 1
        if _marked(stripped):
            is_quote[index] = True
        elif stripped and len(stripped) <= LINE_CHARS_MAX:
            attribution = _attribution(lines, index, stripped)
            if attribution and _marked(_next_line(lines, index + attribution)):
                is_quote[index : index + attribution] = [True] * attribution
                length = attribution
        index += length
    answered = last = 0
    quoted_before = False
    for number, line in enumerate(lines):
        if is_quote[number]:
            quoted_before = True
        elif line.strip():
            answered += quoted_before
            quoted_before = False
            last = number
    if answered >= INTERLEAVED_MIN:
        return lines[: last + 1], lines[last + 1 :]
    own = [line for line, quote in zip(lines, is_quote, strict=True) if not quote]
    return own, [line for line, quote in zip(lines, is_quote, strict=True) if quote]


def _unsign(lines: list[str]) -> tuple[list[str], list[str]]:
    for index in range(max(0, len(lines) - SIGNATURE_LINES_MAX * 3), len(lines)):
        line = lines[index]
        rest = sum(bool(other.strip()) for other in lines[index + 1 :])
        if line.rstrip("\r") == "-- " or (line.strip() in {"--", "—"} and rest <= SIGNATURE_LINES_MAX):
            return lines[:index], lines[index:]
        if rest <= 2 and _MOBILE.match(line[:LINE_CHARS_MAX].strip()):
            return lines[:index], lines[index:]
    return lines, []


def _marked(line: str) -> bool:
    return line.lstrip()[:1] == ">"


def _next_line(lines: list[str], index: int) -> str:
    return next((line for line in lines[index : index + 3] if line.strip()), "")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
