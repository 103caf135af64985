"""Plans: the policies of a queue, composed, with the order of operators that follows from them.

What lives here: from ``"sticky+least_loaded"`` to the operators who come first among the eligible. A plan asks a
policy for the standing of an operator when an event has named that operator, and keeps all who can be given something
in order; the preferred skills and the weights of a policy are compared bit by bit before. Whatever a policy raises or
returns against its contract becomes `PolicyFailure`, which names it; whoever asked falls back to `DEFAULT`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from omniroute.core.bits import added, greatest, members
from omniroute.core.classes import ClassKey
from omniroute.core.model import Operator, WorkItem
from omniroute.core.ordering import Ranked
from omniroute.core.policy import TERM_MAX, WEIGHT_MAX, Policy, RoutingPolicy, Work

if TYPE_CHECKING:
    from omniroute.core.state import State

IDLE = "idle_since_ms"
"""The term that ends every key."""
Score = tuple[str, list[int], Callable[[Operator], int]]
"""A term before the standing: its name, everybody's number bit by bit (the greater is better), and one's own."""
Scores = Sequence[Score]
Found = list[tuple[tuple[int, ...], str]]
"""Terms and operator ids, the best first."""


class PolicyFailure(Exception):
    """A policy broke its contract; ``name`` is the policy's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Plan:
    """See the module's text. ``name`` is as configured, ``parts`` are the policies in their order."""

    __slots__ = (
        "_keyed",
        "_order",
        "_ranks",
        "_stale",
        "_standings",
        "_weights",
        "ages",
        "batch",
        "name",
        "parts",
        "sticky",
        "terms",
    )

    def __init__(self, name: str, parts: Sequence[RoutingPolicy], state: State) -> None:
        self.name = "+".join(part.name for part in parts)
        self.parts = tuple(parts)
        self.sticky = any(getattr(part, "sticky", False) for part in parts)
        self.batch = next((part for part in parts if isinstance(part, Policy) and part.batch), None)
        self._keyed = [(part, _Blame(part)) for part in parts if not isinstance(part, Policy)]
        whole = [(part, _Blame(part)) for part in parts if isinstance(part, Policy)]
        self._standings = [one for one in whole if _own(one[0], "standing")]
        self._weights = [one for one in whole if _own(one[0], "skill_weights")]
        self._ranks = next((one for one in whole if _own(one[0], "rank_ms")), None)
        self.ages = self._ranks is None
        """Whether the order of work is the default: by age and priority alone."""
        self.terms = (*(term for part, _ in self._standings for term in part.terms), IDLE)
        self._order = Ranked()
        self._stale: dict[int, None] = {}
        if not self._keyed:
            self._stale.update(dict.fromkeys(range(len(state.roster.operators))))
            state.roster.orders[name] = self._stale

    # ---- the order of work
    def rank_ms(self, work: Work) -> int:
        """The place of an item. Raises `PolicyFailure`."""
        if self._ranks is None:
            return DEFAULT_POLICY.rank_ms(work)
        part, blame = self._ranks
        with blame:
            return _bounded(part.rank_ms(work), work)

    # ---- the order of operators
    def best(
        self, state: State, item: WorkItem, key: ClassKey, eligible: int, count: int
    ) -> tuple[Sequence[str], Found]:
        """The names of the terms, and the best of the eligible (as bits), at most ``count``. Raises `PolicyFailure`."""
        scores = self._scores(state, key) if key.preferred or self._weights else ()
        if self._keyed:
            return self._asked_each(state, item, scores, eligible, count)
        if not eligible & (eligible - 1):
            return self._only(state, scores, eligible.bit_length() - 1)
        self._freshen(state)
        found: Found = []
        if not scores:
            plain = self._order.best(eligible, count)
            return self.terms, [(entry[:-2], entry[-2]) for entry in plain]
        while eligible and len(found) < count:
            tier = eligible
            for _, planes, _ in scores:
                tier = greatest(planes, tier)
            for entry in self._order.best(tier, count - len(found)):
                operator = state.roster.operators[entry[-1]]
                found.append(((*(of(operator) for _, _, of in scores), *entry[:-2]), entry[-2]))
            eligible &= ~tier
        return (*(name for name, _, _ in scores), *self.terms), found

    def _only(self, state: State, scores: Scores, slot: int) -> tuple[Sequence[str], Found]:
        """Somebody who stands alone need not be looked for."""
        operator = state.roster.operators[slot]
        standing = self._standing(operator) if self._standings else ()
        if not scores:
            return self.terms, [((*standing, operator.idle_since_ms), operator.operator_id)]
        terms = (*(of(operator) for _, _, of in scores), *standing, operator.idle_since_ms)
        return (*(name for name, _, _ in scores), *self.terms), [(terms, operator.operator_id)]

    def _freshen(self, state: State) -> None:
        """Put operators whom an event has named at their places."""
        roster, stale, order = state.roster, self._stale, self._order
        while stale:
            slot, _ = stale.popitem()
            if not roster.idle[slot]:
                order.drop(slot)
                continue
            operator = roster.operators[slot]
            if not self._standings:
                order.put((operator.idle_since_ms, operator.operator_id, slot))
                continue
            stale[slot] = None  # stays out of date if a policy fails
            order.put((*self._standing(operator), operator.idle_since_ms, operator.operator_id, slot))
            del stale[slot]

    def _standing(self, operator: Operator) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        for part, blame in self._standings:
            with blame:
                found += _key(part, part.standing(operator))
        return found

    def _scores(self, state: State, key: ClassKey) -> Scores:
        """What is compared before the standing."""
        scores: list[Score] = []
        roster = state.roster
        if key.preferred:
            planes = list[int]()
            for wish in key.preferred:
                planes = added(planes, [roster.having(wish)])
            scores.append(("preferred_missing", planes, lambda operator: _missing(operator, key)))
        for part, blame in self._weights:
            with blame:
                weights = _weights(part.skill_weights(key))
            if weights:
                scores.append(("minus_skill", _weighted(state, weights), _scorer(weights)))
        return scores

    def _asked_each(
        self, state: State, item: WorkItem, scores: Scores, eligible: int, count: int
    ) -> tuple[Sequence[str], Found]:
        """The simple form: every eligible operator is asked; standings of the other policies follow."""
        found: Found = []
        for slot in members(eligible):
            operator = state.roster.operators[slot]
            terms = tuple([of(operator) for _, _, of in scores])
            for part, blame in self._keyed:
                with blame:
                    terms += _key(part, part.operator_key(operator, item))
            found.append(((*terms, *self._standing(operator), operator.idle_since_ms), operator.operator_id))
        found.sort()
        names = (*(name for name, _, _ in scores), *(term for part, _ in self._keyed for term in part.terms))
        return (*names, *self.terms), found[:count]


class _Blame:
    """Around every question to a stranger's policy: whatever it raises, the policy is named and the item served."""

    __slots__ = ("_name",)

    def __init__(self, part: RoutingPolicy) -> None:
        self._name = part.name

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception):
            raise PolicyFailure(self._name) from error


def _own(part: Policy, method: str) -> bool:
    """Whether a policy says something of its own."""
    return getattr(type(part), method) is not getattr(Policy, method)


def _key(part: RoutingPolicy, key: tuple[int, ...]) -> tuple[int, ...]:
    """The key, as the contract wants it: what could not be recorded or explained must not decide."""
    if len(key) != len(part.terms):
        raise ValueError("a key has one number for each term")
    return tuple(_whole(term) for term in key)


def _whole(term: int) -> int:
    if type(term) is not int or not -TERM_MAX <= term <= TERM_MAX:
        raise ValueError("a term is a whole number of 63 bits")
    return term


def _bounded(rank_ms: int, work: Work) -> int:
    """The place, if it is near enough to the age that nobody waits for ever (invariant 19)."""
    if abs(_whole(rank_ms) - DEFAULT_POLICY.rank_ms(work)) > work.ageing_ms:
        raise ValueError("a place is at most ageing_ms away from that by age and priority")
    return rank_ms


def _weights(weights: Mapping[str, int]) -> dict[str, int]:
    for weight in weights.values():
        if type(weight) is not int or abs(weight) > WEIGHT_MAX:
            raise ValueError(f"a weight is a whole number of at most {WEIGHT_MAX}")
    return {skill: weight for skill, weight in weights.items() if weight}


def _missing(operator: Operator, key: ClassKey) -> int:
    return sum(operator.skills.get(wish.skill, 0) < wish.level for wish in key.preferred)


def _scorer(weights: Mapping[str, int]) -> Callable[[Operator], int]:
    return lambda operator: -sum(weight * operator.skills.get(skill, 0) for skill, weight in weights.items())


def _weighted(state: State, weights: Mapping[str, int]) -> list[int]:
    """Everybody's weighted sum of levels, bit by bit; of a negative weight what is missing to 15 counts."""
    planes: list[int] = []
    everyone = state.roster.everyone
    for skill, weight in weights.items():
        levels = state.roster.level_planes(skill)
        if weight < 0:
            levels = [everyone & ~plane for plane in levels]
        for shift in members(abs(weight)):
            planes = added(planes, levels, shift)
    return planes


DEFAULT_POLICY = Policy()
DEFAULT_POLICY.name = "longest_idle"
_DEFAULTS: Mapping[str, RoutingPolicy] = {DEFAULT_POLICY.name: DEFAULT_POLICY}


class PlanEntry:
    """A plan and the policies that it was made from."""

    __slots__ = ("plan", "source")

    def __init__(self, source: Mapping[str, RoutingPolicy], plan: Plan) -> None:
        self.source = source
        self.plan = plan


def plan_of(state: State, policies: Mapping[str, RoutingPolicy], name: str) -> Plan:
    """The plan of that name; the default stands for a policy that has gone missing."""
    known = state.plans.get(name)
    if known is None or known.source is not policies:
        parts = [policies.get(part, DEFAULT_POLICY) for part in name.split("+") if part]
        known = state.plans[name] = PlanEntry(policies, Plan(name, parts, state))
    return known.plan


def default_plan(state: State) -> Plan:
    """What decides where a policy has failed: longest idle."""
    return plan_of(state, _DEFAULTS, DEFAULT_POLICY.name + "+")
