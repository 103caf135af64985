"""Sets as bits, and numbers bit by bit over all things at once, against plain sets and integers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.core.bits import added, gathered, greatest, lowest, members

SETTINGS = settings(derandomize=True, deadline=None, max_examples=200)
SETS = st.sets(st.one_of(st.integers(0, 200), st.integers(0, 5_000)), max_size=150)
NUMBERS = st.lists(st.integers(0, 40_000), max_size=150)


def bits_of(numbers: set[int] | Sequence[int]) -> int:
    return sum(1 << number for number in set(numbers))


def sliced(numbers: Sequence[int]) -> list[int]:
    """``planes[k]``: the places of the numbers that have bit ``k``."""
    width = max((number.bit_length() for number in numbers), default=0)
    return [bits_of([place for place, number in enumerate(numbers) if number >> k & 1]) for k in range(width)]


@SETTINGS
@given(SETS)
def test_gathered_is_the_set_of_its_numbers(numbers: set[int]) -> None:
    assert gathered(numbers) == bits_of(numbers)
    assert set(members(gathered(sorted(numbers)))) == numbers


def whole(planes: Sequence[int], place: int) -> int:
    return sum((plane >> place & 1) << k for k, plane in enumerate(planes))


@SETTINGS
@given(SETS)
def test_members_are_the_numbers_of_the_set_in_order(numbers):
    assert list(members(bits_of(numbers))) == sorted(numbers)


@SETTINGS
@given(SETS, st.integers(0, 160))
def test_a_limit_keeps_the_first_members(numbers, limit):
    assert list(members(bits_of(numbers), limit)) == lowest(bits_of(numbers), limit) == sorted(numbers)[:limit]


@pytest.mark.parametrize("edge", [0, 1, 62, 63, 64, 65, 127, 128, 129, 10_000])
def test_members_are_found_at_the_edges_of_windows(edge):
    assert list(members(1 << edge)) == [edge]
    assert list(members(1 << edge | 1 << (edge + 64))) == [edge, edge + 64]
    assert list(members((1 << 300) - 1 << edge, 299)) == list(range(edge, edge + 299))


def test_the_empty_set_has_no_members_whatever_the_limit():
    assert [list(members(0, limit)) for limit in (-1, 0, 5)] == [[], [], []]


@SETTINGS
@given(NUMBERS, NUMBERS, st.integers(0, 12))
def test_added_is_the_sum_for_everybody(ours, theirs, shift):
    size = max(len(ours), len(theirs))
    ours, theirs = ours + [0] * (size - len(ours)), theirs + [0] * (size - len(theirs))
    total = added(sliced(ours), sliced(theirs), shift)
    assert [whole(total, place) for place in range(size)] == [
        one + (other << shift) for one, other in zip(ours, theirs, strict=True)
    ]
    assert not total or total[-1], "an empty plane at the top is left out"


def test_adding_changes_neither_of_the_summands():
    ours, theirs = sliced([3, 5, 7]), sliced([1, 1, 1])
    before = list(ours), list(theirs)
    added(ours, theirs, 2)
    assert (ours, theirs) == before


def test_adding_nothing_leaves_the_numbers_as_they_are():
    assert added(sliced([6, 1]), []) == sliced([6, 1])
    assert added([], sliced([6, 1])) == sliced([6, 1])
    assert added([], [0, 0, 0]) == []


@SETTINGS
@given(NUMBERS.filter(len), st.data())
def test_greatest_are_those_of_the_set_with_the_greatest_number(numbers, data):
    among = data.draw(st.sets(st.integers(0, len(numbers) - 1)))
    top = max((numbers[place] for place in among), default=0)
    assert greatest(sliced(numbers), bits_of(among)) == bits_of([p for p in among if numbers[p] == top])


def test_without_planes_everybody_is_the_greatest():
    assert greatest([], 0b1011) == 0b1011
    assert greatest([0b100], 0) == 0
