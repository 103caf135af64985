"""`numbers`: what is evidence of a caller and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.channels.phone.numbers import WITHHELD, caller_identity, normalize_number


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+49 (0)30 12345-67", "", "+49301234567"),
        ("0049 30/1234567", "", "+49301234567"),
        ("tel:+49.30.1234567", "", "+49301234567"),
        (" +1 (202) 555-0143 ", "", "+12025550143"),
        ("030 1234567", "49", "+49301234567"),
        ("(030) 1234567", "49", "+49301234567"),
        ("(0)30 1234567", "49", "+49301234567"),
        ("49301234567", "49", "+49301234567"),
        ("8 (800) 555-35-35", "7", "+78005553535"),
        ("79000000142", "7", "+79000000142"),
        ("9000000142", "7", "+79000000142"),
        ("1-202-555-0143", "1", "+12025550143"),
        ("06 1234 5678", "39", "+390612345678"),
        ("030 1234567", "", ""),
        ("1001", "", ""),
        ("1001", "49", ""),
        ("112", "49", ""),
        ("+112", "", ""),
        ("+0301234567", "", ""),
        ("+" + "1" * 16, "", ""),
        ("+49301234567x9", "", ""),
        ("++49301234567", "", ""),
        ("+٤٩٣٠١٢٣٤٥٦٧", "", ""),
        ("+49301234567\n", "", "+49301234567"),
        ("sip:anna@example.org", "49", ""),
        ("", "49", ""),
    ],
)
def test_numbers(text: str, country: str, number: str) -> None:
    assert normalize_number(text, country) == number


@given(st.text(max_size=40), st.sampled_from(["", "1", "7", "39", "44", "49"]))
def test_the_result_is_a_number_or_nothing_and_stays_what_it_is(text: str, country: str) -> None:
    number = normalize_number(text, country)
    assert normalize_number(number, country) == number
    if number:
        assert number[0] == "+"
        assert number[1:].isascii()
        assert number[1:].isdigit()
        assert 7 <= len(number) - 1 <= 15


@given(
    st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True),
    st.lists(st.tuples(st.integers(1, 14), st.sampled_from(" -./")), max_size=5),
    st.sampled_from(["+", "00", "tel:+"]),
    st.sampled_from(["", "49"]),
)
def test_separators_and_prefix_do_not_matter(
    digits: str, marks: list[tuple[int, str]], prefix: str, country: str
) -> None:
    written = digits
    for place, mark in marks:
        written = written[:place] + mark + written[place:]
    assert normalize_number(prefix + written, country) == "+" + digits


@given(st.text(max_size=80), st.text(max_size=10))
def test_only_an_international_number_is_evidence(caller: str, name: str) -> None:
    identity = caller_identity(caller, name, "c1")
    assert identity.kind in {"tel", "name"}
    assert (identity.kind == "tel") == bool(normalize_number(caller))
    assert identity.address
    assert identity.name == name


@pytest.mark.parametrize("caller", [*sorted(WITHHELD), " Anonymous "])
def test_a_withheld_number_is_nobody_in_particular(caller: str) -> None:
    assert caller_identity(caller, "", "c1").address == "anonymous c1"
    assert caller_identity(caller, "", "c1") != caller_identity(caller, "", "c2")


def test_an_extension_is_shown_and_proves_nothing() -> None:
    assert caller_identity("1001", "Lager", "c1", "49").kind == "name"
    assert caller_identity("1001", "Lager", "c1", "49").address == "1001"
