"""The deadline index: ordered, cancelled at once, and never holding much more than is live."""

from __future__ import annotations

import random

import pytest

from omniroute.core import deadlines
from omniroute.core.deadlines import BUCKET_MAX, NEW_MAX, STALE_FACTOR, WIDE, DeadlineIndex, Key


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
        entries = [*index._keys.values(), *(one.keys for one in index._ordered.values())]
        assert sum(map(len, entries)) == index._held <= max(NEW_MAX, STALE_FACTOR * len(index.live)) + NEW_MAX


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


MINUTE_MS = 1 << WIDE


@pytest.mark.parametrize("span_ms", [1, 50, MINUTE_MS // 2, 40 * MINUTE_MS])
@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_a_plain_dictionary_in_crowds_and_over_long_times(index, monkeypatch, span_ms, seed):
    """Small buckets, so that they are divided, thinned out, opened out of order and forgotten all the time."""
    monkeypatch.setattr(deadlines, "BUCKET_MAX", 6)
    chance = random.Random(seed)
    model: dict[Key, int] = {}
    now_ms = 1_800_000_000_000
    for _ in range(1_500):
        for _ in range(chance.randrange(12)):
            which = key(chance.randrange(150))
            if chance.random() < 0.3:
                index.clear(which)
                model.pop(which, None)
            else:
                model[which] = now_ms + chance.randrange(-span_ms // 4, span_ms)
                index.set(which, model[which])
        expected = sorted((due, name) for name, due in model.items() if due <= now_ms)
        limit = chance.choice((1, 5, 1_000))
        if chance.random() < 0.5:
            assert index.next_ms() == min(model.values(), default=None)
        found = index.due(now_ms, limit)
        assert found == [name for _, name in expected[:limit]]
        for name in found:
            if chance.random() < 0.8:
                index.clear(name)
                del model[name]
        now_ms += chance.randrange(span_ms // 8 + 1)
    for name in list(model):
        index.clear(name)
    assert index.next_ms() is None
    assert (index._held, index._keys, index._ordered, index._opened, index._heap, index._divided) == (
        0,
        {},
        {},
        [],
        [],
        {},
    )


def test_a_crowded_minute_is_divided_and_stays_in_order(index):
    chance = random.Random(7)
    due = {key(number): chance.randrange(MINUTE_MS) + 1 for number in range(3 * BUCKET_MAX)}
    for which, due_ms in due.items():
        index.set(which, due_ms)
    assert index.next_ms() == min(due.values())
    assert max(map(len, [*index._keys.values(), *(one.keys for one in index._ordered.values())])) < 100
    assert index.due(MINUTE_MS, len(due)) == sorted(due, key=lambda which: (due[which], which))


def test_a_crowd_in_one_millisecond_is_in_the_order_of_its_keys(index):
    for number in reversed(range(2 * BUCKET_MAX)):
        index.set(key(number), MINUTE_MS)
    assert index.due(MINUTE_MS, 300) == [key(number) for number in range(300)]


def test_an_opened_minute_that_gets_crowded_is_divided_too(index):
    index.set(key(0), MINUTE_MS - 1)
    assert index.next_ms() == MINUTE_MS - 1
    for number in range(1, 2 * BUCKET_MAX):
        index.set(key(number), number)
        if number % 1_000 == 0:
            assert index.next_ms() == 1
    assert max(map(len, [*index._keys.values(), *(one.keys for one in index._ordered.values())])) < 200
    assert index.due(MINUTE_MS, 2 * BUCKET_MAX)[-1] == key(0)


def test_what_was_due_and_is_set_again_at_once_comes_once(index):
    for number in range(4):
        index.set(key(number), 10)
    assert index.due(10, 3) == [key(0), key(1), key(2)]
    index.clear(key(1))
    index.set(key(2), 10)
    index.set(key(0), 12)
    assert index.next_ms() == 10
    assert index.due(11, 9) == [key(2), key(3)]
    assert index.due(12, 9) == [key(2), key(3), key(0)]


def test_what_is_returned_belongs_to_the_caller(index):
    index.set(key(1), 10)
    index.due(10, 5).clear()
    assert index.due(10, 5) == [key(1)]
