"""The two sorted collections against plain sorted lists, over many chunks."""

from __future__ import annotations

import random
from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.core.ordering import LINE_CHUNK_MAX, Line, Ranked

SETTINGS = settings(derandomize=True, deadline=None, max_examples=150)
PLACES = st.tuples(st.integers(-50, 50), st.integers(0, 10_000))
SLOTS = st.integers(0, 300)
MANY_CHUNKS = 1_920
"""So many entries stand in many chunks."""


def line_of(places):
    line = Line()
    for place in places:
        line.add(place)
    return line


def ranked_of(entries):
    ranked = Ranked()
    for entry in entries:
        ranked.put(entry)
    return ranked


# ---- Line
@SETTINGS
@given(st.lists(PLACES, unique=True), st.data())
def test_a_line_is_a_sorted_list(places, data):
    line, plain = line_of(places), sorted(places)
    assert (line.places(), len(line)) == (plain, len(plain))
    for place in data.draw(st.lists(st.sampled_from(plain), unique=True)) if plain else []:
        line.remove(place)
        plain.remove(place)
        assert (line.places(), len(line)) == (plain, len(plain))
        assert not plain or line.first() == plain[0]


@SETTINGS
@given(st.lists(PLACES, unique=True), PLACES)
def test_before_counts_the_smaller_places_whether_the_place_is_in_or_not(places, place):
    assert line_of(places).before(place) == bisect_left(sorted(places), place)


@pytest.mark.parametrize("order", ["up", "down", "shuffled"])
def test_a_long_line_keeps_its_order_over_many_chunks(order):
    chance = random.Random(1)
    plain = [(rank, rank % 7) for rank in range(5 * LINE_CHUNK_MAX)]
    coming = {"up": plain, "down": plain[::-1], "shuffled": chance.sample(plain, len(plain))}[order]
    line = line_of(coming)
    assert line.places() == plain
    assert [line.before(place) for place in plain[::97]] == list(range(len(plain)))[::97]
    assert line.before((10**9, 0)) == len(plain)
    for place in chance.sample(plain, len(plain) - 3):
        line.remove(place)
        plain.remove(place)
    assert (line.places(), line.first(), len(line)) == (plain, plain[0], 3)


def test_a_line_that_was_emptied_can_be_used_again():
    line = line_of([(1, 1)])
    line.remove((1, 1))
    assert (len(line), line.places(), line.before((5, 5))) == (0, [], 0)
    line.add((2, 2))
    assert line.first() == (2, 2)


def test_what_is_not_in_the_line_is_refused_and_nothing_changes():
    line = line_of([(1, 1), (3, 3)])
    with pytest.raises(AssertionError, match="work item 2 is not at its place"):
        line.remove((2, 2))
    assert (line.places(), len(line)) == ([(1, 1), (3, 3)], 2)


# ---- Ranked
@SETTINGS
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), SLOTS, st.integers(0, 20), st.integers(0, 3)),
            st.tuples(st.just("drop"), SLOTS),
        ),
        max_size=400,
    ),
    st.sets(SLOTS),
    st.integers(1, 40),
)
def test_ranked_is_a_sorted_list_of_one_entry_for_each_slot(steps, wanted, count):
    ranked, plain = Ranked(), dict[int, tuple[int, str, int]]()
    for step in steps:
        if step[0] == "put":
            _, slot, term, name = step
            plain[slot] = (term, f"name{name}", slot)
            ranked.put(plain[slot])
        else:
            ranked.drop(step[1])
            plain.pop(step[1], None)
    bits = sum(1 << slot for slot in wanted)
    among = sorted(entry for slot, entry in plain.items() if slot in wanted)
    assert (ranked.entries(), len(ranked)) == (sorted(plain.values()), len(plain))
    assert ranked.best(bits, count) == among[:count]
    assert ranked.first(bits) == (among[0] if among else None)


def test_a_large_order_is_searched_over_all_its_chunks():
    chance = random.Random(2)
    size = MANY_CHUNKS
    plain = [(chance.randrange(1_000), slot) for slot in range(size)]
    ranked = ranked_of(chance.sample(plain, size))
    assert ranked.entries() == sorted(plain)
    for _ in range(200):
        wanted = chance.sample(range(size), chance.choice((1, 2, 3, 50, size)))
        bits, among = sum(1 << slot for slot in wanted), sorted(plain[slot] for slot in wanted)
        assert ranked.best(bits, 5) == among[:5]
        assert ranked.first(bits) == among[0]


def test_slots_move_and_leave_while_the_order_stays_true():
    chance = random.Random(3)
    plain = {slot: (chance.randrange(100), slot) for slot in range(MANY_CHUNKS // 3)}
    ranked = ranked_of(plain.values())
    for _ in range(1_500):
        slot = chance.choice(list(plain))
        if chance.random() < 0.1:
            ranked.drop(plain.pop(slot)[-1])
        else:
            plain[slot] = (chance.randrange(100), slot)
            ranked.put(plain[slot])
    assert ranked.entries() == sorted(plain.values())
    everybody = sum(1 << slot for slot in plain)
    assert ranked.best(everybody, len(plain)) == sorted(plain.values())
    assert ranked.best(everybody & ~(1 << ranked.entries()[0][-1]), 1) == sorted(plain.values())[1:2]


def test_nothing_wanted_finds_nothing():
    ranked = ranked_of([(1, 0), (2, 1)])
    assert (ranked.first(0), ranked.best(0, 3), ranked.first(0b100)) == (None, [], None)


def test_dropping_the_unknown_changes_nothing():
    ranked = ranked_of([(1, 0)])
    ranked.drop(7)
    assert ranked.entries() == [(1, 0)]
