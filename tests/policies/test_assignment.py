"""The assignment: both solvers against every possible matching of small tables, and against each other on large ones."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.policies import assignment
from omniroute.policies.assignment import BUILT_IN_SIDE_MAX, COST_MAX, built_in, by_scipy, earliest_rows, solve

LOADED = assignment.scipys()
assert LOADED, "scipy belongs to the environment of the tests"

SOLVERS = {
    "scipy": lambda costs, allowed: by_scipy(LOADED, costs, allowed, earliest_rows(allowed)),
    "built in": lambda costs, allowed: built_in(costs, allowed, earliest_rows(allowed)),
}


@pytest.fixture
def without_scipy(monkeypatch):
    monkeypatch.setattr(assignment, "scipys", lambda: None)


SMALL, GREAT = st.integers(-20, 20), st.sampled_from((-COST_MAX, -COST_MAX + 1, -1, 0, 1, COST_MAX - 1, COST_MAX))


@st.composite
def tables(draw, cost=SMALL):
    rows, columns = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    line, may = (st.lists(one, min_size=columns, max_size=columns) for one in (cost, st.booleans()))
    return [draw(line) for _ in range(rows)], [draw(may) for _ in range(rows)]


def generated(seed: int, side: int, share: float, cost_max: int = 2**20) -> tuple[list[list[int]], list[list[bool]]]:
    chance = random.Random(seed)
    costs = [[chance.randint(-cost_max, cost_max) for _ in range(side)] for _ in range(side)]
    return costs, [[chance.random() < share for _ in range(side)] for _ in range(side)]


def matchings(
    allowed: list[list[bool]], row: int = 0, taken: frozenset[int] = frozenset()
) -> Iterator[list[tuple[int, int]]]:
    """All there are."""
    if row == len(allowed):
        yield []
        return
    yield from matchings(allowed, row + 1, taken)
    for column, may in enumerate(allowed[row]):
        if may and column not in taken:
            for rest in matchings(allowed, row + 1, taken | {column}):
                yield [(row, column), *rest]


def worth(costs, pairs) -> tuple[int, list[int], int]:
    """The three objectives: more pairs, earlier rows, less cost."""
    return -len(pairs), [row for row, _ in pairs], sum(costs[row][column] for row, column in pairs)


def assert_fair(pairs, allowed) -> None:
    assert all(allowed[row][column] for row, column in pairs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert pairs == sorted(pairs)


@pytest.mark.parametrize("solver", SOLVERS)
@given(table=tables())
def test_nothing_is_better_than_the_answer(solver, table):
    costs, allowed = table
    pairs = SOLVERS[solver](costs, allowed)
    assert_fair(pairs, allowed)
    assert worth(costs, pairs) == min(worth(costs, one) for one in matchings(allowed))


@given(table=tables(cost=GREAT))
def test_the_greatest_costs_are_exact(table):
    costs, allowed = table
    best = min(worth(costs, one) for one in matchings(allowed))
    assert [worth(costs, solve_(costs, allowed)) for solve_ in SOLVERS.values()] == [best, best]


@pytest.mark.parametrize("share", [1.0, 0.3, 0.05])
@pytest.mark.parametrize("cost_max", [3, 2**20, COST_MAX])
@pytest.mark.parametrize("seed", range(3))
def test_both_solvers_agree_on_forty_by_forty(seed, share, cost_max):
    costs, allowed = generated(seed, 40, share, cost_max)
    answers = [solver(costs, allowed) for solver in SOLVERS.values()]
    for pairs in answers:
        assert_fair(pairs, allowed)
    assert len({str(worth(costs, pairs)) for pairs in answers}) == 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_table_gives_the_same_pairs(solver):
    costs, allowed = generated(1, 30, 0.5, 2)
    first = SOLVERS[solver](costs, allowed)
    assert all(SOLVERS[solver]([*costs], [[*line] for line in allowed]) == first for _ in range(3))


def test_scipy_is_taken_where_it_is_installed(monkeypatch):
    asked = []
    monkeypatch.setattr(assignment, "scipys", lambda: lambda table: asked.append(table) or ([0], [0]))
    assert solve([[3]], [[True]]) == [(0, 0)]
    assert asked == [[[3]]]


def test_scipy_may_be_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert assignment.scipys.__wrapped__() is None


def test_without_scipy_the_answer_is_as_good(without_scipy):
    costs, allowed = generated(5, 40, 0.3)
    assert worth(costs, solve(costs, allowed)) == worth(costs, SOLVERS["scipy"](costs, allowed))


def test_without_scipy_the_earliest_rows_are_served_up_to_the_limit(without_scipy):
    costs, allowed = generated(2, BUILT_IN_SIDE_MAX + 10, 1.0)
    assert [row for row, _ in solve(costs, allowed)] == list(range(BUILT_IN_SIDE_MAX))


def test_without_scipy_every_round_serves_somebody(without_scipy):
    """Rows that nobody may serve do not use the limit up, and the only column that may serve a row is not left out."""
    side = BUILT_IN_SIDE_MAX * 2
    allowed = [[row == side - 1 and column == side - 1 for column in range(side)] for row in range(side)]
    assert solve([[0] * side] * side, allowed) == [(side - 1, side - 1)]


def test_with_scipy_there_is_no_such_limit():
    costs, allowed = generated(2, BUILT_IN_SIDE_MAX + 10, 1.0)
    assert len(solve(costs, allowed)) == BUILT_IN_SIDE_MAX + 10


@pytest.mark.parametrize("empty", [[], [[]], [[], []]])
def test_nothing_to_pair_gives_nothing(empty, monkeypatch):
    assert solve(empty, empty) == []
    monkeypatch.setattr(assignment, "scipys", lambda: None)
    assert solve(empty, empty) == []


@pytest.mark.parametrize("cost", [COST_MAX + 1, -COST_MAX - 1])
def test_a_cost_that_could_not_be_summed_exactly_is_refused(cost):
    with pytest.raises(ValueError, match="a cost is at most"):
        solve([[0, cost]], [[True, False]])
