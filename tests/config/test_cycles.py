"""Circles among arrows."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from omniroute.config.cycles import cycle

NAMES = st.sampled_from("abcdef")


def test_a_line_is_no_circle():
    assert cycle({"a": ["b"], "b": ["c", "x"], "c": []}) == ()


def test_a_circle_ends_where_it_begins():
    assert cycle({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}) == ("a", "b", "c", "a")


def test_an_arrow_to_itself_is_a_circle():
    assert cycle({"a": ["a"]}) == ("a", "a")


def reachable(arrows: dict[str, list[str]], start: str) -> set[str]:
    found, new = set[str](), set(arrows.get(start, ()))
    while new:
        found |= new
        new = {target for name in new for target in arrows.get(name, ())} - found
    return found


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3)))
def test_it_finds_one_exactly_where_somebody_reaches_themselves(arrows):
    circle = cycle(arrows)
    assert bool(circle) == any(name in reachable(arrows, name) for name in arrows)
    assert all(target in arrows[name] for name, target in pairwise(circle))
    assert circle[:1] == circle[-1:]
