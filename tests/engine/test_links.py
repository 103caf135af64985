"""Signed links: what was changed in any place is refused, and so is what is over or meant for something else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.engine.links import DAY_MS, TOKEN_CHARS, Links, Purpose

NOW_MS = 1_800_000_000_000
LINKS = Links("a secret", "https://desk.example/")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
CLAIMS = st.tuples(st.sampled_from(list(Purpose)), st.integers(0, 2**48 - 1), st.integers(0, 2**16 - 1))


@given(CLAIMS)
def test_what_was_signed_is_read(claims):
    purpose, number, resolution = claims
    token = LINKS.token(purpose, number, resolution, now_ms=NOW_MS)
    assert len(token) == TOKEN_CHARS
    found = LINKS.read(token, purpose, NOW_MS)
    assert found is not None
    assert found[:3] == claims
    assert found.expires_ms > NOW_MS


@given(CLAIMS, st.integers(0, TOKEN_CHARS - 1), st.sampled_from(ALPHABET))
def test_any_changed_sign_is_refused(claims, place, sign):
    purpose, number, resolution = claims
    token = LINKS.token(purpose, number, resolution, now_ms=NOW_MS)
    changed = token[:place] + sign + token[place + 1 :]
    assert (LINKS.read(changed, purpose, NOW_MS) is None) == (changed != token)


@given(CLAIMS, st.integers(0, 30 * 8 - 1))
def test_any_changed_bit_is_refused(claims, bit):
    purpose, number, resolution = claims
    data = bytearray(base64.urlsafe_b64decode(LINKS.token(purpose, number, resolution, now_ms=NOW_MS)))
    data[bit // 8] ^= 1 << bit % 8
    for wanted in Purpose:
        assert LINKS.read(base64.urlsafe_b64encode(data).decode(), wanted, NOW_MS) is None


@given(st.text(max_size=60) | st.text(ALPHABET, min_size=TOKEN_CHARS, max_size=TOKEN_CHARS))
def test_whatever_comes_is_refused_and_raises_nothing(token):
    assert LINKS.read(token, "status", NOW_MS) is None


@pytest.mark.parametrize(
    "wrong", ["", " ", "A" * (TOKEN_CHARS - 1), "A" * (TOKEN_CHARS + 1), "A" * 100_000, "\u0660" * 40]
)
def test_empty_and_long_ones_are_refused_before_anything_is_computed(wrong, monkeypatch):
    monkeypatch.setattr(Links, "_mac", lambda *_: pytest.fail("a MAC was computed"))
    assert LINKS.read(wrong, "status", NOW_MS) is None


def test_padding_and_other_spellings_are_refused():
    token = LINKS.token(Purpose.STATUS, 7, now_ms=NOW_MS)
    for other in (token + "=", token + "\n", " " + token, token.replace("-", "+").replace("_", "/") + "=="):
        assert LINKS.read(other, "status", NOW_MS) is None


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_is_for_one_purpose_only(purpose):
    token = LINKS.token(purpose, 7, 1, now_ms=NOW_MS)
    assert [one for one in Purpose if LINKS.read(token, one, NOW_MS)] == [purpose]


def test_a_link_ends():
    token = LINKS.token(Purpose.STATUS, 7, now_ms=NOW_MS)
    ends_ms = NOW_MS + 90 * DAY_MS
    assert LINKS.read(token, "status", ends_ms - 1) is not None
    assert LINKS.read(token, "status", ends_ms + 60_000) is None
    short = LINKS.token(Purpose.STATUS, 7, now_ms=NOW_MS, life_ms=60_000)
    assert LINKS.read(short, "status", NOW_MS + 120_000) is None


def test_another_installation_s_links_are_refused():
    token = Links("another secret", "https://desk.example").token(Purpose.STATUS, 7, now_ms=NOW_MS)
    assert LINKS.read(token, "status", NOW_MS) is None


def test_the_address():
    url = LINKS.url("confirm", 7, 2, now_ms=NOW_MS)
    assert url.startswith("https://desk.example/confirm/")
    claims = LINKS.read(url.rsplit("/", 1)[1], "confirm", NOW_MS)
    assert claims is not None
    assert (claims.conversation_id, claims.resolution) == (7, 2)
    assert Links("a secret").url("status", 7, now_ms=NOW_MS) == ""
    assert LINKS.page("status") == "https://desk.example/status"
    with pytest.raises(ValueError, match="nothing"):
        LINKS.url("nothing", 7, now_ms=NOW_MS)
