"""The index of waiting work: order within a class, classes only while used."""

from __future__ import annotations

import pytest

from omniroute.core.model import Requirement, WorkItem
from omniroute.core.waiting import WaitingIndex, class_of


def item(number: int, rank_ms: int = 0, queue_id: str = "a.b", **fields: object) -> WorkItem:
    return WorkItem(number, number, queue_id, "a", "mail", 1, 0, 0, rank_ms, **fields)


def test_items_are_ordered_by_rank_then_id():
    index = WaitingIndex()
    for one in (item(3, 5), item(2, 5), item(4, 1), item(1, 9)):
        index.add(one)
    assert index.ordered() == [4, 2, 3, 1]


def test_items_of_equal_needs_share_a_class():
    index = WaitingIndex()
    index.add(item(1))
    index.add(item(2))
    index.add(item(3, queue_id="a.c"))
    index.add(item(4, requirements=(Requirement("tech"),)))
    assert [len(line) for line in index.classes.values()] == [2, 1, 1]


def test_a_class_exists_only_while_used():
    index = WaitingIndex()
    one = item(1)
    index.add(one)
    index.remove(one)
    assert index.classes == {}


def test_order_goes_over_all_classes():
    index = WaitingIndex()
    for one in (item(1, 3), item(2, 1, queue_id="a.c"), item(3, 2)):
        index.add(one)
    assert index.ordered() == [2, 3, 1]


def test_what_does_not_wait_cannot_be_taken_out():
    index = WaitingIndex()
    index.add(item(1, rank_ms=7))
    with pytest.raises(AssertionError, match="not at its place"):
        index.remove(item(0))


def test_the_class_has_all_that_eligibility_asks_for():
    assert class_of(item(1, requirements=(Requirement("tech", 3),))) == ("a.b", "a", 1, (Requirement("tech", 3),))
