"""References: speakable, and read back however somebody writes them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.core.references import ALPHABET, LENGTH, from_numbers, parse


def test_no_sign_is_heard_or_read_as_another():
    assert not set("01ILOB8S5Z2") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 25


def test_a_reference_has_two_groups():
    assert from_numbers(range(LENGTH)) == "3467-9ACD"


@pytest.mark.parametrize("count", [0, LENGTH - 1, LENGTH + 1])
def test_a_reference_has_its_length(count):
    with pytest.raises(ValueError, match="8 signs"):
        from_numbers([1] * count)


@pytest.mark.parametrize("text", ["3467-9ACD", "34679acd", " 3467 9ACD ", "34.67-9a/cd"])
def test_any_spelling_is_read(text):
    assert parse(text) == "3467-9ACD"


@pytest.mark.parametrize("text", ["", "3467-9AC", "3467-9ACDD", "3467-9AC0", "3467-9ACB", "ЗА67-9ACD"])
def test_what_cannot_be_one_is_none(text):
    assert parse(text) is None


@settings(derandomize=True, database=None, max_examples=50)
@given(st.lists(st.integers(0, len(ALPHABET) - 1), min_size=LENGTH, max_size=LENGTH))
def test_what_is_made_is_read_back(numbers):
    made = from_numbers(numbers)
    assert parse(made) == parse(made.lower().replace("-", " ")) == made
