"""Tables: Markdown, padded, so that a terminal can be read and a page can take them as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """One table of the result; ``missed`` if a goal was. Its rows come last."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    missed: bool = False
    note: str = ""

    def __str__(self) -> str:
        parts = [f"### {self.title}", self.note, "\n".join(_lines([self.headings, *self.rows])) if self.rows else ""]
        return "\n\n".join(filter(None, parts))


def _lines(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(_padded(row, widths)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 2) if n == 0 else "-" * (width + 1) + ":" for n, width in enumerate(widths))
    return [lines[0], rule + "|", *lines[1:]]


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = row
    return [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]


def verdict(*, missed: bool) -> str:
    """In the words of the goals."""
    return "missed" if missed else "reached"


def slashed(values: Sequence[str]) -> str:
    """Several values of one row."""
    return " / ".join(values)
