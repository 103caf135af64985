from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.channels.webchat.tokens import Tokens

NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000
OLD, NEW = bytes(range(16)), bytes(range(16, 32))


def tokens(secret: str = "secret", instance: str = "shop", days: int = 90) -> Tokens:
    return Tokens(secret, instance, days)


def test_a_new_visitor_gets_a_token_and_is_known_by_it() -> None:
    first = tokens().admit("", OLD, NOW_MS)
    assert first.fresh
    assert first.id == OLD.hex()
    again = tokens().admit(first.token, NEW, NOW_MS + DAY_MS)
    assert (again.id, again.token, again.fresh) == (first.id, first.token, False)


@pytest.mark.parametrize(
    "other", [tokens(secret="guess"), tokens(instance="shop2"), tokens(secret="", instance="shop")]
)
def test_a_token_of_another_secret_or_instance_is_nobody(other: Tokens) -> None:
    visitor = tokens().admit(other.issue(OLD.hex(), NOW_MS), NEW, NOW_MS)
    assert visitor.fresh
    assert visitor.id == NEW.hex()


@pytest.mark.parametrize("age_days", [90, 91, 4000, -1])
def test_an_expired_token_and_one_from_the_future_are_nobody(age_days: int) -> None:
    token = tokens().issue(OLD.hex(), NOW_MS - age_days * DAY_MS)
    assert tokens().admit(token, NEW, NOW_MS).id == NEW.hex()


def test_a_token_past_half_its_life_is_replaced() -> None:
    token = tokens().issue(OLD.hex(), NOW_MS)
    visitor = tokens().admit(token, NEW, NOW_MS + 60 * DAY_MS)
    assert (visitor.id, visitor.fresh) == (OLD.hex(), False)
    assert visitor.token != token
    assert tokens().admit(visitor.token, NEW, NOW_MS + 140 * DAY_MS).id == OLD.hex()


@given(st.integers(0, 114), st.characters(codec="utf-8"))
def test_a_changed_character_makes_a_token_worthless(index: int, char: str) -> None:
    token = tokens().issue(OLD.hex(), NOW_MS)
    forged = token[:index] + char + token[index + 1 :]
    assert tokens().admit(forged, NEW, NOW_MS).fresh == (forged != token)


@given(st.text(max_size=300))
def test_any_text_is_a_new_visitor(text: str) -> None:
    assert tokens().admit(text, NEW, NOW_MS).id == NEW.hex()
