"""The planted bugs are found, the code without them is not accused, and the page says what is so."""

from __future__ import annotations

import pytest
from tests.sim.mutants import MUTANTS, SEEDS
from tests.sim.mutation import PAGE, STEPS, TABLE, StalePatch, in_child, mutated, named


@pytest.mark.parametrize("name", [one.name for one in MUTANTS if one.quick])
def test_a_planted_bug_is_found(name: str) -> None:
    found = in_child(name)
    assert found.violation, f"{name} survives {named(name).seeds} seeds of {STEPS} steps"


def test_nothing_is_found_where_nothing_is_planted() -> None:
    found = in_child("")
    assert not found.violation
    assert found.seeds == SEEDS


@pytest.mark.parametrize("name", [one.name for one in MUTANTS])
def test_a_bug_can_be_planted(name: str) -> None:
    mutant = named(name)
    compile(mutated(mutant), mutant.file, "exec")


def test_a_patch_that_no_longer_applies_is_named() -> None:
    stale = MUTANTS[0]._replace(old="this text is nowhere")
    with pytest.raises(StalePatch, match=stale.name):
        mutated(stale)


def test_the_page_lists_the_planted_bugs() -> None:
    place = TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert place, "the place for the table is gone"
    rows = [line.split("|") for line in place[0].splitlines() if line.startswith("| `")]
    told = [(row[1].strip(" `"), row[2].split(": ", 1)[1].strip(), row[3].strip()) for row in rows]
    assert told == [(one.name, one.harm, one.breaks) for one in MUTANTS]
    assert all(row[4].strip() for row in rows)
    assert all(1 <= int(row[5]) <= one.seeds for row, one in zip(rows, MUTANTS, strict=True))
