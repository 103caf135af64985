"""Optimal: what waits and who is free are matched all at once, at the least total cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omniroute.core.model import Operator, WorkItem
from omniroute.policies.assignment import Allowed, Costs, Pairs, solve
from omniroute.policies.contract import Policy
from omniroute.policies.least_loaded import load_permille

SURPLUS_COST = 10
"""Of one level beyond what is asked for."""
LOAD_COST = 1
"""Of a thousandth of the capacity that is taken already."""
PREFERRED_COST = 1_000
"""Of one preferred skill that is missing: as much as a full load, or a hundred levels."""
PAIR_COST_MAX = 2**20
"""A pair that costs more counts as this much, so that the sum is exact."""


class Optimal(Policy):
    """A batch policy with four objectives; each decides only what those before it leave open.

    1. As many pairs as possible.
    2. The oldest items: the smallest ``rank_ms`` (then id) is served if that can be had together with 1, then the next.
    3. The least sum of ``SURPLUS_COST * surplus + LOAD_COST * load + PREFERRED_COST * missing`` over all pairs.
       ``surplus``: levels beyond those asked for, required or preferred, summed over all skills of the operator, so
       that specialists stay free. ``load``: `load_permille`. ``missing``: preferred skills that the operator lacks.
    4. The operators who are idle longest: the least sum of places in the order of ``idle_since_ms``, then id.

    The order in which items and operators are given does not matter. Cost: about n³ for n of each, see `assignment`;
    the first call, even with nothing to match, loads the solver.
    """

    name = "optimal"
    batch = True

    def __init__(self, solver: Callable[[Costs, Allowed], Pairs] = solve) -> None:
        self._solve = solver

    def match(
        self,
        items: Sequence[WorkItem],
        operators: Sequence[Operator],
        eligible: Sequence[Sequence[bool]],
        now_ms: int,  # noqa: ARG002 - age is a matter of order here
    ) -> Sequence[tuple[int, int]]:
        rows = sorted(range(len(items)), key=lambda i: (items[i].rank_ms, items[i].work_item_id))
        columns = sorted(range(len(operators)), key=lambda o: (operators[o].idle_since_ms, operators[o].operator_id))
        costs = _costs([items[row] for row in rows], [operators[column] for column in columns])
        allowed = [[eligible[row][column] for column in columns] for row in rows]
        return [(rows[row], columns[column]) for row, column in self._solve(costs, allowed)]


def pair_cost(item: WorkItem, operator: Operator) -> int:
    """The third objective for one pair; `Optimal` has the formula."""
    return _row_of_costs(item, [operator], [_own_cost(operator)])[0]


def _own_cost(operator: Operator) -> int:
    """The operator's part of the cost of any pair: the load, and all levels as if none was asked for."""
    return SURPLUS_COST * sum(operator.skills.values()) + LOAD_COST * load_permille(operator)


def _row_of_costs(item: WorkItem, operators: Sequence[Operator], own: Sequence[int]) -> list[int]:
    """What the item costs with each operator: their own part, less levels that it asks for, and what it misses."""
    asked: dict[str, int] = {}
    for one in (*item.requirements, *item.preferred):
        asked[one.skill] = max(one.level, asked.get(one.skill, 0))
    costs = []
    for operator, cost in zip(operators, own, strict=True):
        skills, pair = operator.skills, cost
        for skill, level in asked.items():
            pair -= SURPLUS_COST * min(level, skills.get(skill, 0))
        for one in item.preferred:
            if skills.get(one.skill, 0) < one.level:
                pair += PREFERRED_COST
        costs.append(min(PAIR_COST_MAX, pair))
    return costs


def _costs(items: Sequence[WorkItem], operators: Sequence[Operator]) -> list[list[int]]:
    """The third and the fourth objective in one number; what asks for the same is calculated once."""
    step = len(items) * len(operators)  # more than any sum of places
    own = [_own_cost(operator) for operator in operators]
    known: dict[object, list[int]] = {}
    for item in items:
        asked = (item.requirements, item.preferred)
        if asked not in known:
            row = _row_of_costs(item, operators, own)
            known[asked] = [step * cost + place for place, cost in enumerate(row)]
    return [known[item.requirements, item.preferred] for item in items]
