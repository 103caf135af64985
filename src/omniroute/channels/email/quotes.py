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
_DIVIDER_BEGINS = "-_bBиИ"
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
    stripped = [line.strip() for line in lines]
    writers = _attributions(stripped)
    cut = _rest_is_quoted(stripped, writers)
    own, quoted = _unquote(lines[:cut], stripped[:cut], writers)
    quoted += lines[cut:]
    own, signature = _unsign(own)
    if not "".join(own).strip():
        return Folded(text.strip("\n"), "", "")
    return Folded(_joined(own), _joined(quoted), _joined(signature))


def _rest_is_quoted(stripped: list[str], writers: dict[int, int]) -> int:
    """The first line from which on everything is an earlier letter without ``>`` marks."""
    blocks = 0
    for index, line in enumerate(stripped):
        if not line or len(line) > LINE_CHARS_MAX:
            continue
        begins = blocks < HEADER_BLOCKS_MAX and ":" in line[:20] and _HEADER_FIRST.match(line) is not None
        blocks += begins
        divides = line[0] in _DIVIDER_BEGINS and _DIVIDER.match(line) is not None
        if divides or (begins and _header_block(stripped, index)):
            underlined = index > 0 and stripped[index - 1] and not stripped[index - 1].strip("_-")
            return index - 1 if underlined else index
        if index in writers and not _marked(_next_line(stripped, index + writers[index])):
            return index
    return len(stripped)


def _header_block(stripped: list[str], index: int) -> bool:
    following = stripped[index + 1 : index + HEADER_BLOCK_LINES]
    return sum(bool(_HEADER_NEXT.match(line[:LINE_CHARS_MAX])) for line in following) >= 2


def _attributions(stripped: list[str]) -> dict[int, int]:
    """Where each «… wrote:» begins, and how many lines it has; mail programs break it into up to three."""
    found: dict[int, int] = {}
    for end, last in enumerate(stripped):
        if last[-1:] != ":":
            continue
        joined, start = "", end
        while start >= 0 and end - start < ATTRIBUTION_LINES_MAX:
            line = stripped[start]
            if not line or len(line) > LINE_CHARS_MAX or _marked(line) or (start < end and line[-1] == ":"):
                break
            joined = f"{line} {joined}"
            if _names_a_writer(joined):
                start = _begin(stripped, start, end)
                found[start] = end - start + 1
                break
            start -= 1
    return found


def _begin(stripped: list[str], start: int, end: int) -> int:
    """A line above that opens with «On 3 Nov …» belongs to it."""
    for above in range(start - 1, max(-1, end - ATTRIBUTION_LINES_MAX), -1):
        line = stripped[above][:LINE_CHARS_MAX].lower()
        if line.startswith(_OPENINGS) and _STRONG.search(line):
            return above
    return start


def _names_a_writer(line: str) -> bool:
    """Plain string tests: patterns with two open ends are quadratic on a hostile line."""
    low = line.lower().rstrip(": ")
    if not _STRONG.search(low):
        return False
    if low.endswith(_VERBS) or (low.startswith(_OPENINGS) and " schrieb " in low):
        return True
    head, bracket, address = low.rpartition("<")  # «пн, 3 нояб. 2025 г. в 12:34, Имя <a@b>:»
    dated = _DATE_FIRST.match(head) and _TIME.search(head)
    return bool(bracket and dated and "@" in address and address.endswith(">"))


def _unquote(lines: list[str], stripped: list[str], writers: dict[int, int]) -> tuple[list[str], list[str]]:
    """Lines of one's own and ``>`` lines; an interleaved answer keeps its quotes, they are its questions."""
    is_quote = [line[:1] == ">" for line in stripped]
    for index, length in writers.items():
        if index + length <= len(lines) and _marked(_next_line(stripped, index + length)):
            is_quote[index : index + length] = [True] * length
    if True not in is_quote:
        return lines, []
    answered = last = 0
    quoted_before = False
    for number, quote in enumerate(is_quote):
        if quote:
            quoted_before = True
        elif stripped[number]:
            answered += quoted_before
            quoted_before = False
            last = number
    if answered >= INTERLEAVED_MIN:
        return lines[: last + 1], lines[last + 1 :]
    own = [line for line, quote in zip(lines, is_quote, strict=True) if not quote]
    return own, [line for line, quote in zip(lines, is_quote, strict=True) if quote]


def _unsign(lines: list[str]) -> tuple[list[str], list[str]]:
    """The earliest line near the end that begins a signature."""
    cut, below = len(lines), 0
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - SIGNATURE_LINES_MAX * 3), -1):
        line = lines[index]
        begins = (
            line == "-- "
            or (below <= SIGNATURE_LINES_MAX and line.strip() in {"--", "—"})
            or (below <= 2 and _MOBILE.match(line[:LINE_CHARS_MAX].strip()) is not None)
        )
        cut = index if begins else cut
        below += bool(line.strip())
    return lines[:cut], lines[cut:]


def _marked(line: str) -> bool:
    return line[:1] == ">"


def _next_line(stripped: list[str], index: int) -> str:
    return next((line for line in stripped[index : index + 3] if line), "")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
