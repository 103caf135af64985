"""`events`: one event by itself, whatever came before."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.phone.rig import NOW_MS, event

from omniroute.channels.contract import Identity, RawInput
from omniroute.channels.phone.events import KINDS, CallEventType, decode_event
from omniroute.channels.phone.plugin import PhoneChannel
from omniroute.core.model import InteractionKind
from omniroute.errors import InvalidInput

CHANNEL = PhoneChannel()


def raw_of(body: object, **meta: str) -> RawInput:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return RawInput(instance="phone", account="+493023125000", received_ms=NOW_MS, data=data, meta=meta)


def test_every_type_has_a_kind() -> None:
    assert set(KINDS) == set(CallEventType)
    assert len(set(KINDS.values())) == len(KINDS)


def test_an_answered_call() -> None:
    (interaction,) = CHANNEL.normalize(raw_of(event(type="answered", operator="maria", from_name="Jonas Weber")))
    assert interaction.kind is InteractionKind.CONTACT_CONNECTED
    assert interaction.sender == Identity("tel", "+493023125014", "Jonas Weber")
    assert interaction.session_key == "c1"
    assert interaction.operator == "maria"
    assert interaction.provider_id == "e1"
    assert interaction.occurred_ms == NOW_MS - 5
    assert interaction.account == "+493023125000"
    assert interaction.fields == {"call_id": "c1", "to": "+493023125000"}


def test_an_operator_who_could_not_be_rung_is_named_with_the_reason() -> None:
    (interaction,) = CHANNEL.normalize(raw_of(event(type="not_connected", operator="maria", reason="no_answer")))
    assert interaction.kind is InteractionKind.CONTACT_NOT_CONNECTED
    assert (interaction.operator, interaction.fields["reason"]) == ("maria", "no_answer")
    assert interaction.text == ""


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"text": " It is\u0007 Jonas.\nPlease call. "}, "It is Jonas.\nPlease call."),
        ({"url": "https://pbx.example/r/1.ogg"}, "https://pbx.example/r/1.ogg"),
        ({"text": "It is Jonas.", "url": "http://pbx/r/1"}, "It is Jonas.\nhttp://pbx/r/1"),
    ],
)
def test_a_voicemail_is_a_message_of_the_call(facts: dict[str, str], text: str) -> None:
    (interaction,) = CHANNEL.normalize(raw_of(event(type="voicemail", **facts)))
    assert (interaction.kind, interaction.text) == (InteractionKind.MESSAGE, text)
    assert (interaction.session_key, interaction.sender.address) == ("c1", "+493023125014")


def test_a_text_beside_another_event_is_nobodys_message() -> None:
    assert CHANNEL.normalize(raw_of(event(text="hello")))[0].text == ""


def test_a_national_number_has_the_country_of_its_time() -> None:
    raw = raw_of(event(**{"from": "030 23125014"}), default_country="49")
    assert CHANNEL.normalize(raw)[0].sender == Identity("tel", "+493023125014")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (event(), "e1"),
        (event(event_id=""), "m1"),
        ({k: v for k, v in event().items() if k != "event_id"}, "m1"),
        (b"not json", "m1"),
    ],
)
def test_the_event_id_tells_events_apart_else_the_header(body: object, key: str) -> None:
    assert CHANNEL.dedup_key(raw_of(body, webhook_id="m1")) == key


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (event(extra=1), "$.extra"),
        (event(type="parked"), "$.type"),
        (event(at_ms="soon"), "$.at_ms"),
        (event(at_ms=-1), "$.at_ms"),
        (event(at_ms=1.5), "$.at_ms"),
        (event(call_id=""), "$.call_id"),
        (event(call_id="x" * 129), "$.call_id"),
        (event(**{"from": None}), "$.from"),
        ({"type": "offered", "at_ms": 1}, "$.call_id"),
        (event(reason="Because of Jonas"), "$.reason"),
        (event(type="voicemail"), "$.text"),
        (event(type="voicemail", text=" \n"), "$.text"),
        (event(type="voicemail", text="x" * 8001), "$.text"),
        (event(type="voicemail", url="javascript:alert(1)"), "$.url"),
        (event(type="voicemail", url="https://pbx/ r"), "$.url"),
        ([], "$"),
        (b"", "$"),
        (b"\xff", "$"),
        (b'{"call_id": "\xff"}', "$"),
        (b"[" * 5000, "$"),
    ],
)
def test_a_mistake_is_named_by_its_path_and_not_by_its_content(body: object, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CHANNEL.normalize(raw_of(body))
    assert caught.value.path == path
    assert "parked" not in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    raw = raw_of(data)
    assert CHANNEL.dedup_key(raw) == ""
    with pytest.raises(InvalidInput):
        CHANNEL.normalize(raw)


@given(
    st.fixed_dictionaries(
        {
            "event_id": st.text(max_size=128),
            "call_id": st.text(min_size=1, max_size=128),
            "type": st.sampled_from([kind for kind in CallEventType if kind is not CallEventType.VOICEMAIL]),
            "from": st.text(max_size=128),
            "at_ms": st.integers(0, 2**53),
        },
        optional={"to": st.text(max_size=128), "operator": st.text(max_size=128), "from_name": st.text(max_size=128)},
    )
)
def test_every_documented_event_becomes_one_interaction(body: dict[str, object]) -> None:
    raw = raw_of(body, webhook_id="m1")
    (interaction,) = CHANNEL.normalize(raw)
    assert interaction == CHANNEL.normalize(raw)[0]
    assert interaction.session_key == body["call_id"]
    assert interaction.provider_id == CHANNEL.dedup_key(raw) == (body["event_id"] or "m1")
    assert decode_event(msgspec.json.encode(decode_event(raw.data))) == decode_event(raw.data)
