"""The index of waiting work: order within a class, classes by what is asked for, and who can serve them."""

from __future__ import annotations

import pytest
from tests.core.centre import Centre, rule
from tests.core.world import CONFIG

from omniroute.core.classes import class_of
from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.rules import Requirement
from omniroute.core.state import State
from omniroute.core.waiting import EMPTY_CLASSES_MAX, NEW_MAX, WaitingIndex

MANY = 64
"""So many classes stand in several chunks."""


@pytest.fixture
def index() -> WaitingIndex:
    state = State()
    state.use(CONFIG)
    return state.waiting


def item(number: int, rank_ms: int = 0, queue_id: str = "support.first", **fields: object) -> WorkItem:
    return WorkItem(number, number, queue_id, queue_id.split(".", maxsplit=1)[0], "mail", 1, 0, 0, rank_ms, **fields)


def test_items_are_ordered_by_rank_then_id(index):
    for one in (item(3, 5), item(2, 5), item(4, 1), item(1, 9)):
        index.add(one)
    assert index.ordered() == [4, 2, 3, 1]


def test_items_of_equal_needs_share_a_class(index):
    index.add(item(1))
    index.add(item(2))
    index.add(item(3, queue_id="sales.late"))
    index.add(item(4, requirements=(Requirement("tech"),)))
    index.add(item(5, backoff={"ann": 7}))
    index.add(item(6, held_for="ann"))
    assert [len(places) for places in index.lines().values()] == [2, 1, 1, 1, 1]


def test_an_empty_class_is_kept_for_a_while_and_shows_nothing(index):
    one = item(1)
    index.add(one)
    index.remove(one)
    assert index.lines() == {}
    assert index.length("support.first") == 0
    operator = Operator("ann", ("support",), {}, 10)
    assert index.first_for(operator, [("mail", 1)]) is None


def test_empty_classes_are_bounded_and_their_numbers_are_used_again(index):
    for number in range(1, EMPTY_CLASSES_MAX + 20):
        one = item(number, requirements=(Requirement(f"skill{number}"),))
        index.add(one)
        index.remove(one)
    assert len(index.classes) == EMPTY_CLASSES_MAX
    index.add(item(9, requirements=(Requirement("tech"),)))
    assert index.first_for(Operator("ann", ("support",), {"tech": 1}, 10), [("mail", 1)]) == (0, 9)
    assert index.first_for(Operator("bob", ("support",), {"skill5": 1}, 10), [("mail", 1)]) is None


def test_order_goes_over_all_classes(index):
    for one in (item(1, 3), item(2, 1, queue_id="sales.late"), item(3, 2)):
        index.add(one)
    assert index.ordered() == [2, 3, 1]


def test_whoever_looks_sees_what_has_just_come(index):
    for number in range(1, NEW_MAX + 9):
        index.add(item(number, -number))
        assert index.class_of_item[number].line.first() == (-number, number)
        assert index.first_for(Operator("ann", ("support",), {}, 10), [("mail", 1)]) == (-number, number)


def test_what_is_gone_before_anybody_looks_leaves_the_others_in_order(index):
    things = [item(number, number % 5) for number in range(1, 3 * NEW_MAX)]
    for one in things:
        index.add(one)
        if one.work_item_id % 3 == 0:
            index.remove(one)
    kept = sorted((one.rank_ms, one.work_item_id) for one in things if one.work_item_id % 3)
    assert index.length("support.first") == len(kept)
    assert list(index.lines().values()) == [kept]


def test_what_does_not_wait_cannot_be_taken_out(index):
    one = item(1, rank_ms=7)
    index.add(one)
    one.rank_ms = 0
    with pytest.raises(AssertionError, match="not at its place"):
        index.remove(one)


def test_the_first_that_an_operator_can_serve_is_found_among_many_classes(index):
    for number in range(1, 5 * MANY):
        index.add(item(number, number, requirements=(Requirement(f"skill{number}"),)))
    operator = Operator("ann", ("support",), {f"skill{2 * MANY}": 1, f"skill{4 * MANY}": 9}, 10)
    assert index.first_for(operator, [("mail", 1)]) == (2 * MANY, 2 * MANY)
    assert index.first_for(operator, [("chat", 2)]) is None


def test_the_class_has_all_that_eligibility_asks_for():
    one = item(1, requirements=(Requirement("tech", 3),), backoff={"bob": 1, "ann": 2}, operators=("eve",))
    key = class_of(one)
    assert key[:5] == ("support.first", "support", "mail", 1, (Requirement("tech", 3),))
    assert (key.excluded, key.operators) == (("ann", "bob"), ("eve",))


def test_a_queue_that_went_to_another_department_is_served_by_nobody_who_was_bound_to_it():
    """Looking for work must not find what cannot be offered: it would be found for ever."""
    world = Centre(rule(), rule("sales.orders"), rule("sales.late"))
    world.join("ann", "sales", queues=("sales.late",))
    world.presence("ann", Presence.AWAY)
    item = world.send("sales.late")
    world.use(rule(), rule("sales.orders"), rule("sales.late", department_id="support"))
    world.presence("ann", Presence.AVAILABLE)
    assert world.whose(item) == ""
    world.join("bob", "support")
    assert world.whose(item) == "bob"
