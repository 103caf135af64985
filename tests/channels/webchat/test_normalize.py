from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.channels.contract import Identity, RawInput
from omniroute.channels.webchat.normalize import ChatMessage, clean_text, guess_language, plausible_email, store
from omniroute.channels.webchat.plugin import WebchatChannel
from omniroute.core.model import InteractionKind
from omniroute.errors import InvalidInput

CHANNEL = WebchatChannel()


def raw(data: bytes, visitor: str = "v1") -> RawInput:
    return RawInput(instance="shop", account="shop", received_ms=5, data=data, meta={"visitor": visitor})


def test_a_message_becomes_one_interaction() -> None:
    message = ChatMessage(id="m1", text=" Hello \n", name=" Marta\n K ", email="M@Example.ORG")
    (got,) = CHANNEL.normalize(raw(store(message)))
    assert got.kind is InteractionKind.MESSAGE
    assert got.sender == Identity("visitor", "v1", "Marta K")
    assert (got.text, got.provider_id, got.session_key, got.language) == ("Hello", "m1", "v1", "en")
    assert got.occurred_ms == 5
    assert got.fields == {"email": "M@example.org"}


def test_dedup_is_by_visitor_and_id_of_the_page() -> None:
    data = store(ChatMessage(id="m1", text="Hello"))
    assert CHANNEL.dedup_key(raw(data)) == "v1:m1"
    assert CHANNEL.dedup_key(raw(data, "v2")) == "v2:m1"
    assert CHANNEL.dedup_key(raw(b"?")) == ""


@pytest.mark.parametrize(
    ("data", "visitor"),
    [
        (b"?", "v1"),
        (b"[]", "v1"),
        (b'{"id":"a"}', "v1"),
        (b'{"id":"","text":"a"}', "v1"),
        (b'{"id":"a","text":" \\u0000"}', "v1"),
        (b'{"id":"a","text":"' + b"x" * 8001 + b'"}', "v1"),
        (b'{"id":"a","text":"a"}', ""),
    ],
)
def test_what_no_page_sends_is_invalid(data: bytes, visitor: str) -> None:
    with pytest.raises(InvalidInput):
        CHANNEL.normalize(raw(data, visitor))


@given(st.binary(max_size=300))
def test_any_bytes_are_an_interaction_or_invalid(data: bytes) -> None:
    CHANNEL.dedup_key(raw(data))
    try:
        CHANNEL.normalize(raw(data))
    except InvalidInput:
        return


@given(st.text())
def test_clean_text_is_stable_and_without_controls(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert not any(ord(c) < 32 and c not in "\n\t" for c in clean)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my lamp?", "en"),
        ("Где моя лампа?", "ru"),
        ("Лампа Lumen", "ru"),
        ("Де моя їжа", ""),
        ("Wo ist meine grüne Lampe?", ""),
        ("ランプ", ""),
        ("42", ""),
        ("", ""),
    ],
)
def test_the_script_suggests_the_language(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize(
    "text", ["", "a", "a@", "@b.c", "a@b", "a@b@c.d", "a b@c.d", "a@b..c", "<a@b.c>", "a@.", "a@" + "b" * 260 + ".c"]
)
def test_implausible_addresses_are_dropped(text: str) -> None:
    assert plausible_email(text) == ""
