"""Reading the documentation: pages, code blocks with their marks, tables, links.

A block of bash or Python stands under a mark that says how it is tested::

    <!-- run: daemon -->      against a running daemon of the demo's company
    <!-- run: shell -->       at the root of the repository
    <!-- run: NAME -->        by the test that asks for NAME
    <!-- run: no (REASON) --> not at all
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
PAGES = [ROOT / name for name in TOP] + sorted((ROOT / "docs").rglob("*.md"))

_BLOCK = re.compile(r"(?:^ *<!-- ([a-z]+): ([^\n]*?) -->\n+)?^( *)```(\w*)\n(.*?)^\3```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block: where it stands, its language, its mark (``run: shell`` is ("run", "shell"))."""

    page: str
    language: str
    mark: tuple[str, str]
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(*languages: str) -> list[Block]:
    """All fenced blocks of some languages, page by page."""
    return [
        Block(name_of(page), language, (kind, value), _undented(text, indent))
        for page in PAGES
        for kind, value, indent, language, text in _BLOCK.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def _undented(text: str, indent: str) -> str:
    """A block in a list is indented as a whole."""
    return "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))


def marked(mark: str) -> list[Block]:
    """The blocks under ``<!-- run: MARK -->``."""
    return [block for block in blocks("bash", "python") if block.mark == ("run", mark)]


def without_code(text: str) -> str:
    return re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    found = _HEADING.findall(without_code(page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(page: Path) -> list[tuple[bool, str]]:
    """(is an image, target) of every link that leads to a file of ours."""
    found = _LINK.findall(without_code(page.read_text(encoding="utf-8")))
    return [(bool(image), target) for image, target in found if not re.match(r"[a-z]+:", target)]


def section(name: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    text = read(name)
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start, f"{name} has no heading {heading!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start.group(1))}}} ", without_comments_in_code(rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def without_comments_in_code(text: str) -> str:
    """The same length, but ``#`` at the start of a line of code is no heading."""
    return re.sub(r"^```.*?^```$", lambda code: code.group().replace("#", "."), text, flags=re.DOTALL | re.MULTILINE)


def rows(text: str) -> list[list[str]]:
    """The rows of all tables in a text, cell by cell, without the heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = [place for place, row in enumerate(cells) if set("".join(row)) <= set("-: ")]
    heads = {place - 1 for place in rules}
    return [row for place, row in enumerate(cells) if place not in rules and place not in heads]
