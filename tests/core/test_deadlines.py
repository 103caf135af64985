"""The deadline index: ordered, cancelled at once, and never holding much more than is live."""

from __future__ import annotations

import random

import pytest

from omniroute.core.deadlines import NEW_MAX, STALE_FACTOR, DeadlineIndex, Key


def key(number: int, kind: str = "offer") -> Key:
    return (kind, number, "")


@pytest.fixture
def index() -> DeadlineIndex:
    return DeadlineIndex()


def test_nothing_is_due_in_an_empty_index(index):
    assert index.next_ms() is None
    assert index.due(10**15, 10) == []


def test_the_earliest_is_next(index):
    index.set(key(1), 20)
    index.set(key(2), 10)
    assert index.next_ms() == 10


def test_due_includes_the_very_moment(index):
    index.set(key(1), 10)
    assert index.due(9, 5) == []
    assert index.due(10, 5) == [key(1)]


def test_due_is_in_order_of_time_then_key_and_takes_nothing_out(index):
    for number, due_ms in ((3, 10), (1, 10), (2, 5)):
        index.set(key(number), due_ms)
    assert index.due(10, 9) == index.due(10, 9) == [key(2), key(1), key(3)]


def test_due_is_bounded(index):
    for number in range(5):
        index.set(key(number), 1)
    assert index.due(1, 2) == [key(0), key(1)]
    assert index.due(1, 0) == []


def test_a_moved_deadline_is_due_at_its_new_time_only(index):
    index.set(key(1), 10)
    index.set(key(1), 20)
    assert index.due(15, 5) == []
    index.set(key(1), 10)
    assert index.due(15, 5) == [key(1)]


def test_the_same_deadline_twice_is_due_once(index):
    for _ in range(3):
        index.set(key(1), 10)
    assert index.due(10, 5) == [key(1)]


def test_zero_means_none(index):
    index.set(key(1), 10)
    index.set(key(1), 0)
    assert index.next_ms() is None


def test_clearing_what_is_unknown_is_fine(index):
    index.clear(key(1))
    assert index.live == {}


def test_cancelled_entries_do_not_pile_up(index):
    for number in range(10_000):
        index.set(key(number), number + 1)
        index.clear(key(number - 1))
    assert len(index._heap) + len(index._new) <= max(2 * NEW_MAX, STALE_FACTOR * len(index.live) + NEW_MAX) + 1


def test_it_agrees_with_a_plain_dictionary(index):
    chance = random.Random(1)
    model: dict[Key, int] = {}
    for _ in range(5_000):
        which, due_ms = key(chance.randrange(40)), chance.randrange(100)
        index.set(which, due_ms)
        model[which] = due_ms
        if not due_ms:
            del model[which]
        assert index.live == model
        assert index.next_ms() == min(model.values(), default=None)
        now_ms = chance.randrange(100)
        expected = sorted((due, name) for name, due in model.items() if due <= now_ms)
        assert index.due(now_ms, 5) == [name for _, name in expected[:5]]
