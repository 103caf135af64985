"""What holds for every page: links lead somewhere, code is marked, quoted code is the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs import generated
from tests.docs.pages import PAGES, ROOT, anchors, blocks, links, name_of, read

PICTURE = ROOT / "docs" / "images" / "desk.png"
TESTED_ELSEWHERE = {"docs/how-to/call-events.md"}
"""Its recipe runs in tests/channels/phone/test_intake.py."""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for is_image, link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists() or is_image, f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert not anchor or anchor in anchors(target), f"there is no heading for {link}"


def test_the_picture_is_there() -> None:
    assert PICTURE.read_bytes().startswith(b"\x89PNG")


def test_every_runnable_block_says_how_it_is_tested() -> None:
    for block in blocks("bash", "python"):
        if block.page not in TESTED_ELSEWHERE:
            assert block.mark[0] in {"run", "from"}, f"a block of {block.page} has no mark:\n{block.text}"


def test_quoted_code_is_the_code() -> None:
    quoted = [block for block in blocks("python", "toml") if block.mark[0] == "from"]
    assert len(quoted) > 5
    for block in quoted:
        assert block.text.strip("\n") in read(block.mark[1]), f"{block.page} quotes what is not in {block.mark[1]}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_of_code_exist(page: Path) -> None:
    """Pages name modules as ``core/offers.py``: short for ``src/omniroute/core/offers.py``."""
    for path in re.findall(r"`((?:[\w-]+/)+[\w.-]+\.(?:py|toml|md|js|html))`", page.read_text(encoding="utf-8")):
        found = any((base / path).exists() for base in (ROOT, ROOT / "src" / "omniroute", page.parent))
        assert found, f"there is no {path}"


@pytest.mark.parametrize("name", generated.pages())
def test_generated_text_is_what_the_code_says(name: str) -> None:
    assert read(name) == generated.pages()[name], "run: .venv/bin/python -m tests.docs.generated"


def test_every_decision_is_listed_and_has_its_parts() -> None:
    index = read("docs/decisions/README.md")
    records = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    assert [record.name[:4] for record in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert f"({record.name})" in index
        assert all(f"\n## {part}\n" in text for part in ("Context", "Decision", "Consequences", "Rejected")), record
