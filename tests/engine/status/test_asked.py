"""Which message is a question for a status."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.core.references import ALPHABET
from omniroute.engine.status.asked import Question, question_in

OURS = Question("4KX7-9MTD", "en")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("", "STATUS 4KX7-9MTD"),
        ("", "status 4kx79mtd"),
        ("", "Status: 4KX7 9MTD"),
        ("", "STATUS #4KX7-9MTD."),
        ("", "STATUS (4KX7\u20119MTD)?"),
        ("", "\n\n  STATUS   4KX7-9MTD  \n"),
        ("", "status-4KX7-9MTD"),
        ("STATUS 4KX7-9MTD", ""),
        ("Re: Aw: status 4kx7-9mtd", " \n "),
        ("RE[2]: STATUS 4KX7-9MTD", "Thanks"),
        ("Lamp", "STATUS 4KX7-9MTD\n\nBest regards,\nAnna Schmidt"),
        ("STATUS 4KX7-9MTD", "Hello!\n\nstatus please"[:6]),
        ("STATUS 4KX7-9MTD", "STATUS 4KX7-9MTD"),
        ("", "STATUS 4КХ7-9МТD"),
    ],
)
def test_questions(subject, text):
    assert question_in(subject, text) == OURS


@pytest.mark.parametrize("word", ["СТАТУС", "статус", "Статус"])
def test_in_russian(word):
    assert question_in("", f"{word} 4KX7-9MTD\n\nС уважением,\nАнна") == Question("4KX7-9MTD", "ru")
    assert question_in(f"Ответ: {word} 4KX7-9MTD", "") == Question("4KX7-9MTD", "ru")


@pytest.mark.parametrize("text", ["STATUS 4KX7-9MT0", "STATUS 1234-5678", "status bill-1234", "STATUS ABCD-BBBB"])
def test_what_can_be_no_reference_is_asked_about_all_the_same(text):
    assert question_in("", text) == Question("", "en")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("", ""),
        ("", "STATUS"),
        ("", "4KX7-9MTD"),
        ("", "What is the status 4KX7-9MTD"),
        ("", "STATUS 4KX7-9MTD-77"),
        ("", "status delivery"),
        ("", "статус доставка"),
        ("", "status next week"),
        ("", "status your mail"),
        ("", "statusreport 4KX7-9MTD"),
        ("", "Hello\nSTATUS 4KX7-9MTD\nand I cancel the order"),
        ("STATUS 4KX7-9MTD", "Please cancel the order."),
        ("STATUS 4KX7-9MTD", "cancel it\nThanks"),
        ("", "STATUS 4KX7-9MTD\nThanks\nWhere is it?"),
        ("", "STATUS 4KX7-9MTD\n" + "Thanks\n" * 20),
        ("", "STATUS 4KX7-9MTD\nSTATUS FFFF-9MTD"),
        ("", "STATUS 4KX7-9MTD " + "x" * 1_000),
    ],
)
def test_whoever_writes_something_else_or_more_gets_a_person(subject, text):
    assert question_in(subject, text) is None


SEPARATORS = st.sampled_from(["-", "", "\u2013", " - "])


@given(
    st.text(ALPHABET, min_size=8, max_size=8),
    SEPARATORS,
    st.sampled_from(["STATUS", "status", "СТАТУС"]),
    st.booleans(),
)
def test_every_reference_is_understood_in_any_case(signs, separator, word, small):
    written = f"{signs[:4]}{separator}{signs[4:]}"
    found = question_in("", f"{word} {written.lower() if small else written}")
    assert found is not None
    assert found.reference == f"{signs[:4]}-{signs[4:]}"


@given(st.text(max_size=300), st.text(max_size=600))
def test_whatever_comes_is_read(subject, text):
    question_in(subject, text)


@pytest.mark.parametrize("text", ["re:" * 30_000, "status " * 10_000, "status" + " " * 100_000 + "x", "\n" * 500_000])
def test_reading_is_linear(text):
    began = time.perf_counter()
    question_in(text, text)
    assert time.perf_counter() - began < 0.5
