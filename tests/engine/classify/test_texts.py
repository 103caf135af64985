"""Words and patterns: whole, without case, and quick whatever the text is."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.engine.classify.texts import TEXT_CHARS_MAX, Pattern, folded, needle


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("invoice", "Your INVOICE, please", True),
        ("invoice", "invoices", False),
        ("invoice*", "Invoices", True),
        ("*nvoice", "invoice", True),
        ("*voi*", "invoice", True),
        ("charged twice", "It was charged -- twice!", True),
        ("charged twice", "twice charged", False),
        ("charged twice", "charged once, twice refused", False),
        ("strasse", "Straße", True),
        ("счёт*", "СЧЁТА нет", True),
        ("café", "cafe\u0301", True),
        ("退款", "我要退款了", False),
        ("*退款*", "我要退款了", True),
        ("l-2026", "order L-2026", True),
        ("no.7", "No. 7", True),
        ("refund", "x" * TEXT_CHARS_MAX + " refund", False),
    ],
)
def test_words(phrase, text, found):
    assert (needle(phrase) in folded(text)) is found


@pytest.mark.parametrize("phrase", ["", " ", "*", "***", "?!"])
def test_a_phrase_without_a_word_is_none(phrase):
    assert needle(phrase) == ""


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("*@example.org", "Kim@Example.ORG", True),
        ("*@example.org", "kim@example.org.evil", False),
        ("kim@example.org", "kim@example.org", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*", "", True),
        ("", "", True),
        ("", "x", False),
        ("*ab*ab*", "abab", True),
        ("*ab*ab*", "aba", False),
        ("*b", "ab" * TEXT_CHARS_MAX, True),
        ("+49*", "+493023", True),
        ("[a]?", "[a]?", True),
        ("[a]?", "ab", False),
    ],
)
def test_patterns(pattern, text, found):
    assert Pattern(pattern).matches(text) is found


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_patterns_match_what_fnmatch_matches(pattern, text):
    assert Pattern(pattern).matches(text) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize("text", ["a" * 10**6, "\u0301\u0316" * 10**5, "ab" * 10**6, "ß" * 10**6, " " * 10**6])
def test_no_text_is_slow(text):
    wanted = [needle(phrase) for phrase in ("a" * 50 + "b", "aa*", "*ba")]
    pattern = Pattern("*a" * 40 + "*b*c")
    began = time.thread_time()
    words = folded(text)
    assert not any(one in words for one in wanted[:1])
    pattern.matches(text)
    assert time.thread_time() - began < 0.25
