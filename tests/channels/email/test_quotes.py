"""Folding never loses a line, and recognises what five languages and three programs write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.channels.email.quotes import LINES_MAX, fold

PIECES = [
    "", "Hello,", "> quoted", ">> twice", "-- ", "--", "Anna", "On 3 Nov 2025, Bob wrote:", "Он пишет: 3", "—",
    "пн, 3 нояб. 2025 г. в 12:34, Имя <a@b.ru>:", "-----Original Message-----", "From: Bob", "Sent: today", "To: me",
    "Subject: x", "От: Боб", "Дата: вчера", "Кому: мне", "________________", "Sent from my iPhone", "wrote:", "Le 3 nov.",
    "Am 3.11. schrieb Bob:", " ", "\t> tab", "a:b", "1:23 <x@y>:",
]  # fmt: skip


@given(
    st.lists(
        st.one_of(st.sampled_from(PIECES), st.text(st.characters(exclude_characters="\n"), max_size=30)), max_size=25
    )
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_line_is_lost(lines: list[str]) -> None:
    folded = fold("\n".join(lines))
    kept = [line for share in folded for line in share.split("\n") if line.strip()]
    assert sorted(kept) == sorted(line for line in lines if line.strip())
    if any(line.strip() for line in lines):
        assert folded.text.strip()


def test_interleaved_answers_keep_their_questions() -> None:
    text = "On 3 Nov, Bob wrote:\n> Which colour?\nBlue.\n> Which size?\nLarge."
    assert fold(text).text == text


def test_bottom_posting() -> None:
    folded = fold("On 3 Nov, Bob wrote:\n> Which colour?\n> And size?\n\nBlue, large.")
    assert folded.text == "Blue, large."
    assert folded.quoted.startswith("On 3 Nov")


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, Nov 3, 2025 at 12:40 PM Bob <bob@x.example> wrote:",
        "On Mon, Nov 3, 2025 at 12:40 PM\nBob <bob@x.example> wrote:",
        "On Mon, Nov 3, 2025 at 12:40 PM Bob\n<bob@x.example>\nwrote:",
        "пн, 3 нояб. 2025 г. в 12:34,\nБоб <bob@x.example>:",
        "3 ноября 2025 г., 12:34 Боб написал(а):",
    ],
)
def test_attributions_end_where_they_begin(attribution: str) -> None:
    assert fold(f"Thanks!\n{attribution}\n> old") == ("Thanks!", f"{attribution}\n> old", "")


def test_only_quotes_is_all_text() -> None:
    assert fold("> a\n> b") == ("> a\n> b", "", "")
    assert fold("-- \nAnna") == ("-- \nAnna", "", "")


@pytest.mark.parametrize(
    "text",
    [
        "Вчера он пишет:\nпривет",
        "I wrote:\nnothing",
        "From: my point of view\nit is fine",
        "Note: this\nTo: do\nSubject: to change",
    ],
)
def test_ordinary_sentences_stay(text: str) -> None:
    assert fold(text).text == text


def test_top_posting_without_marks() -> None:
    folded = fold("Danke.\n\nAm 03.11.2025 um 12:40 schrieb Bob:\n\nGuten Tag\nIhr Bob")
    assert folded.text == "Danke."
    assert folded.quoted.endswith("Ihr Bob")


def test_a_very_long_letter_is_left_alone() -> None:
    text = "> a\n" * (LINES_MAX + 1) + "b"
    assert fold(text).text == text
