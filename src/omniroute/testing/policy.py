"""The conformance check for routing policies: every sentence of `omniroute.policies.contract`, tried out.

A policy's author calls it in a test of their own::

    def test_my_policy_keeps_the_contract():
        check_policy(MyPolicy())

What lives here: a generated world of operators and items, the same in every run, and what is asked of a policy in it.
"""

from __future__ import annotations

import random
from typing import TypeVar

import msgspec

from omniroute.core.model import Operator, Presence, Requirement, WorkItem
from omniroute.core.routing import TERM_MAX
from omniroute.policies.contract import RoutingPolicy

R = TypeVar("R", Operator, WorkItem)

OPERATORS = 60
ITEMS = 30
NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000

_SKILLS = ("french", "money", "tech")
_PLACES = (("support", "support.first"), ("sales", "sales.orders"))
_CHANNELS = (("mail", 1), ("chat", 3), ("phone", 10))


def check_policy(policy: RoutingPolicy) -> None:
    """Raise an `AssertionError`, which says what to mend, unless the policy keeps its contract.

    Whole numbers of one length are totally ordered, so that the order of operators follows from the form of the keys.
    """
    _check_names(policy)
    operators, items = generated_operators(), generated_items()
    first = {}
    for item in items:
        for operator in operators:
            first[item.work_item_id, operator.operator_id] = _key(policy, operator, item)
    for item in reversed(items):  # later, in another order, and for equal arguments that are other objects
        for operator in reversed(operators):
            key = _key(policy, _copy(operator), _copy(item))
            if key != first[item.work_item_id, operator.operator_id]:
                raise AssertionError("a key may depend on nothing but the arguments: the same ones gave another key")


def generated_operators() -> list[Operator]:
    """Operators of every kind that a policy can meet: new ones, idle ones, loaded ones, with and without skills."""
    chance = random.Random(7)  # noqa: S311 - a fixed world, nothing secret
    return [_operator(chance, number) for number in range(OPERATORS)]


def generated_items() -> list[WorkItem]:
    """Waiting items of every kind: old and new ones, urgent ones, with and without requirements and back-offs."""
    chance = random.Random(8)  # noqa: S311 - a fixed world, nothing secret
    return [_item(chance, number) for number in range(1, ITEMS + 1)]


def _check_names(policy: RoutingPolicy) -> None:
    name: object = policy.name
    if not isinstance(name, str) or not name:
        raise AssertionError("a policy needs a name: the configuration refers to it")
    terms: object = policy.terms
    if not isinstance(terms, tuple) or not terms or not all(isinstance(term, str) and term for term in terms):
        raise AssertionError("terms is a tuple with the name of each term of the key")


def _key(policy: RoutingPolicy, operator: Operator, item: WorkItem) -> tuple[int, ...]:
    before = msgspec.msgpack.encode((operator, item))
    try:
        key: object = policy.operator_key(operator, item)
    except Exception as error:
        raise AssertionError(f"operator_key raised {error!r} for {operator} and {item}") from error
    if msgspec.msgpack.encode((operator, item)) != before:
        raise AssertionError("operator_key changed its arguments")
    if not isinstance(key, tuple) or any(type(term) is not int for term in key):
        raise AssertionError(f"a key is a tuple of whole numbers, not {key!r}")
    if len(key) != len(policy.terms):
        raise AssertionError(f"a key has as many numbers as there are terms ({len(policy.terms)}), not {key!r}")
    if any(abs(term) > TERM_MAX for term in key):
        raise AssertionError(f"a term has at most 63 bits, so that it can be recorded: {key!r}")
    return key


def _operator(chance: random.Random, number: int) -> Operator:
    capacity_units = chance.choice((1, 2, 7, 10, 100))
    load_units = chance.randint(0, capacity_units)
    offered_units = chance.randint(0, capacity_units - load_units)
    skills = {skill: chance.randint(1, 10) for skill in _SKILLS if chance.random() < 0.5}
    return Operator(
        f"operator{number:02}",
        tuple(department for department, _ in _PLACES[: chance.randint(1, 2)]),
        skills,
        capacity_units,
        Presence.AVAILABLE,
        "",
        chance.choice((0, NOW_MS, NOW_MS - chance.randrange(DAY_MS))),
        load_units,
        offered_units,
        list(range(1, 1 + min(load_units, 3))),
        list(range(1, 1 + min(offered_units, 3))),
        chance.randint(0, 1),
    )


def _item(chance: random.Random, number: int) -> WorkItem:
    department_id, queue_id = chance.choice(_PLACES)
    channel, cost_units = chance.choice(_CHANNELS)
    priority, enqueued_ms = chance.randint(-1, 9), NOW_MS - chance.randrange(DAY_MS)
    wanted = tuple(Requirement(skill, chance.randint(1, 10)) for skill in _SKILLS if chance.random() < 0.3)
    backoff = {"operator00": NOW_MS + 1} if number % 5 == 0 else {}
    return WorkItem(
        number,
        number,
        queue_id,
        department_id,
        channel,
        cost_units,
        priority,
        enqueued_ms,
        enqueued_ms - 60_000 * priority,
        wanted,
        backoff=backoff,
    )


def _copy(record: R) -> R:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record))
