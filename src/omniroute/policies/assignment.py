"""The assignment problem: pairs of rows and columns, as many, as early and as cheap as can be; exact and deterministic.

What lives here: `solve`, with scipy where it is installed and with a solver of our own where it is not. It knows
nothing of items and operators. No other module of the core or the policies may use scipy.

Why a greedy choice of rows is enough: the sets of rows that can have a column each at the same time are the independent
sets of a transversal matroid (Edmonds and Fulkerson, 1965). So whoever takes one row after the other, if it can be had
beside those taken before, ends with as many rows as possible, and among all such sets with the earliest. What costs
decide is who gets which column, and that is a plain assignment of the chosen rows.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol, cast

BUILT_IN_SIDE_MAX = 60
"""How many rows are served at once without scipy."""
COST_MAX = 2**40
"""The greatest cost, above or below 0: up to it, scipy's floating-point numbers are exact for a thousand rows."""

_FORBIDDEN = 2**62
_NOBODY = -1

Costs = Sequence[Sequence[int]]
Allowed = Sequence[Sequence[bool]]
Pairs = list[tuple[int, int]]


def solve(costs: Costs, allowed: Allowed) -> Pairs:
    """Pairs (row, column) in the order of rows, nobody twice, only where ``allowed[row][column]``.

    As many pairs as possible; among those the earliest rows (the first row in which two choices differ goes to the one
    that has it); among those the least sum of ``costs[row][column]``. Without scipy only the first `BUILT_IN_SIDE_MAX`
    of these rows are paired. The same arguments give the same pairs; which one of several equally good answers that is
    may depend on whether scipy is installed.

    Raises `ValueError` for a cost beyond `COST_MAX`, either way.
    """
    _check(costs)
    assign = scipys()
    return by_scipy(assign, costs, allowed, earliest_rows(allowed)) if assign else _unaided(costs, allowed)


def solve_unaided(costs: Costs, allowed: Allowed) -> Pairs:
    """`solve` as if scipy was not installed: the same answer on every machine."""
    _check(costs)
    return _unaided(costs, allowed)


def _unaided(costs: Costs, allowed: Allowed) -> Pairs:
    return built_in(costs, allowed, earliest_rows(allowed)[:BUILT_IN_SIDE_MAX])


def _check(costs: Costs) -> None:
    if any(max(map(abs, line), default=0) > COST_MAX for line in costs):
        raise ValueError(f"a cost is at most {COST_MAX}")


# ---- which rows
def earliest_rows(allowed: Allowed) -> list[int]:
    """The rows that get a column: as many as can have one at the same time, the earliest of these. Augmenting paths."""
    row_of: dict[int, int] = {}
    closed: set[int] = set()  # columns from which no free one can be reached, now or later
    for row in range(len(allowed)):
        reached = _reach(row, allowed, row_of, closed)
        last = next(reversed(reached), _NOBODY)
        if last == _NOBODY or last in row_of:
            closed.update(reached)
        else:
            _take(row, last, reached, row_of)
    return sorted(row_of.values())


def _reach(row: int, allowed: Allowed, row_of: dict[int, int], closed: set[int]) -> dict[int, int]:
    """Columns that can be reached from a row, each with the row it was reached from; a free one ends the search."""
    reached: dict[int, int] = {}
    line = [row]
    for current in line:
        for column, may in enumerate(allowed[current]):
            if may and column not in reached and column not in closed:
                reached[column] = current
                if column not in row_of:
                    return reached
                line.append(row_of[column])
    return reached


def _take(row: int, free: int, reached: dict[int, int], row_of: dict[int, int]) -> None:
    """Give ``row`` a column: on the way back from the free one everybody moves on by one."""
    column_of = {holder: column for column, holder in row_of.items()}
    column = free
    while True:
        holder = row_of[column] = reached[column]
        if holder == row:
            return
        column = column_of[holder]


# ---- who gets which column: scipy
class Assign(Protocol):
    """`scipy.optimize.linear_sum_assignment`, as far as we use it."""

    def __call__(self, cost_matrix: list[list[float]]) -> tuple[Iterable[int], Iterable[int]]:
        """Indices of rows and their columns."""
        ...


@cache
def scipys() -> Assign | None:
    """The solver of scipy; None where it is not installed. The first call loads it, which takes a while."""
    try:
        return cast("Assign", importlib.import_module("scipy.optimize").linear_sum_assignment)
    except ImportError:
        return None


def by_scipy(assign: Assign, costs: Costs, allowed: Allowed, rows: Sequence[int]) -> Pairs:
    """A column for each of ``rows``, which must be possible, at the least total cost."""
    if not rows:
        return []
    infinite = float("inf")
    table = [[cost if may else infinite for cost, may in zip(costs[row], allowed[row], strict=True)] for row in rows]
    return [(rows[place], int(column)) for place, column in zip(*assign(table), strict=True)]


# ---- who gets which column: our own
def built_in(costs: Costs, allowed: Allowed, rows: Sequence[int]) -> Pairs:
    """A column for each of ``rows``, which must be possible, at the least total cost, in rows² x columns steps.

    The Hungarian method with shortest augmenting paths (Jonker and Volgenant, 1987).
    """
    tableau = _Tableau(
        [[cost if may else _FORBIDDEN for cost, may in zip(costs[row], allowed[row], strict=True)] for row in rows]
    )
    for place in range(len(rows)):
        tableau.place(place)
    return [(row, tableau.column_of[place]) for place, row in enumerate(rows)]


class _Tableau:
    """Rows, columns and their prices.

    Between two calls of `place`, a cost less both prices is at least 0 everywhere, 0 for pairs, and columns that nobody
    has cost nothing: then no other pairs of the same rows are cheaper.
    """

    def __init__(self, costs: list[list[int]]) -> None:
        width = len(costs[0]) if costs else 0
        self.costs = costs
        self.row_price, self.column_price = [0] * len(costs), [0] * width
        self.column_of, self.row_of = [_NOBODY] * len(costs), [_NOBODY] * width

    def place(self, row: int) -> None:
        """Give one more row a column; those before it may move."""
        column, reached = self._cheapest_way(row)
        while True:
            holder = self.row_of[column] = reached[column]
            self.column_of[holder], column = column, self.column_of[holder]
            if holder == row:
                return

    def _cheapest_way(self, row: int) -> tuple[int, list[int]]:
        """The free column that costs least, over others that move on, and from which row each column is reached.

        Dijkstra's algorithm over reduced costs; of equally near columns the first is taken.
        """
        way, reached = [_FORBIDDEN * 2] * len(self.column_price), [_NOBODY] * len(self.column_price)
        far, near, length, current = list(range(len(way))), list[int](), 0, row
        while True:
            so_far = length - self.row_price[current]
            for column in far:
                through = so_far + self.costs[current][column] - self.column_price[column]
                if through < way[column]:
                    way[column], reached[column] = through, current
            nearest = min(far, key=way.__getitem__)
            length, current = way[nearest], self.row_of[nearest]
            if current == _NOBODY:
                break
            far.remove(nearest)
            near.append(nearest)
        self._pay(row, near, [length - one for one in way], length)
        return nearest, reached

    def _pay(self, row: int, near: list[int], saved: list[int], length: int) -> None:
        """Move the prices, so that the way costs nothing any more."""
        self.row_price[row] += length
        for column in near:
            self.column_price[column] -= saved[column]
            self.row_price[self.row_of[column]] += saved[column]
