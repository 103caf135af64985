"""The visit channel: a form becomes a message; nothing goes out."""

from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.fakes import FakeContext

from omniroute.channels.contract import Delivery, Identity, RawInput
from omniroute.channels.visit.plugin import VisitChannel, VisitForm, VisitOptions, omniroute_channels
from omniroute.errors import DeliveryRefused, InvalidInput

CHANNEL = VisitChannel()


def raw_of(body: Any) -> RawInput:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return RawInput(instance="desk", account="desk", received_ms=7, data=data)


def form(**changes: Any) -> dict[str, Any]:
    return {"name": "Anna Lindqvist", "text": "The lamp is broken"} | changes


def test_a_full_form() -> None:
    body = form(
        subject="Lamp", phone="0049 30 23125-014", email="Anna@Example.org", department="support", kind="complaint",
        language="sv", id="f1",
    )  # fmt: skip
    (interaction,) = CHANNEL.normalize(raw_of(body))
    assert interaction.kind == "message"
    assert interaction.sender == Identity("email", "anna@example.org", "Anna Lindqvist")
    assert (interaction.subject, interaction.text, interaction.language) == ("Lamp", "The lamp is broken", "sv")
    assert (interaction.occurred_ms, interaction.provider_id, interaction.session_key) == (7, "f1", "")
    assert interaction.fields == {
        "department": "support",
        "kind": "complaint",
        "phone": "0049 30 23125-014",
        "email": "Anna@Example.org",
    }


@pytest.mark.parametrize(
    ("given_fields", "kind", "address"),
    [
        ({"phone": "+49 30 23125-014"}, "tel", "+493023125014"),
        ({"phone": "0049 30 23125-014"}, "tel", "+493023125014"),
        ({"phone": "030 23125014"}, "name", "Anna Lindqvist"),
        ({"phone": "1001"}, "name", "Anna Lindqvist"),
        ({}, "name", "Anna Lindqvist"),
    ],
)
def test_only_what_proves_something_identifies(given_fields: dict[str, str], kind: str, address: str) -> None:
    assert CHANNEL.normalize(raw_of(form(**given_fields)))[0].sender == Identity(kind, address, "Anna Lindqvist")


def test_a_double_click_registers_one_visit() -> None:
    assert CHANNEL.dedup_key(raw_of(form(id="f1"))) == CHANNEL.dedup_key(raw_of(form(id="f1", text="again"))) == "f1"
    assert CHANNEL.dedup_key(raw_of(form())) == ""
    assert CHANNEL.dedup_key(raw_of(b"broken")) == ""


@pytest.mark.parametrize(
    "body",
    [
        form(name=""),
        form(name="  "),
        form(text=" \n"),
        form(text="x" * 20_001),
        form(email="anna"),
        form(email="anna@example.org\r\nBcc: x@y"),
        form(email="a@b\n"),
        form(phone="1" * 41),
        form(colour="red"),
        {"name": "Anna"},
        [],
        b"",
        b"\xff",
    ],
)
def test_what_is_out_of_bounds_is_refused_without_content(body: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        CHANNEL.normalize(raw_of(body))
    assert str(caught.value) == "the form of the visit cannot be read"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        CHANNEL.normalize(raw_of(data))


@given(
    st.builds(
        VisitForm,
        name=st.text(min_size=1, max_size=200).filter(str.strip),
        text=st.text(min_size=1, max_size=200).filter(str.strip),
        phone=st.text(max_size=40),
        email=st.sampled_from(["", "a@b", "ЯЩИК@пример.рф"]),
        id=st.text(max_size=100),
    )
)
def test_every_valid_form_becomes_one_message(visit: VisitForm) -> None:
    raw = raw_of(visit)
    (interaction,) = CHANNEL.normalize(raw)
    assert interaction.text == visit.text
    assert interaction.sender.name == visit.name
    assert interaction.sender.kind == "email" or not visit.email
    assert interaction.provider_id == CHANNEL.dedup_key(raw)
    assert all(interaction.fields.values())


async def test_it_runs_until_cancelled_and_sends_nothing() -> None:
    instance = CHANNEL.open_instance(VisitOptions(), FakeContext("desk"))
    started = anyio.Event()
    delivery = Delivery(
        key="k", order="reply", instance="desk", conversation_id=1, interaction_id=1, reference="R", text="hi"
    )

    async def serve() -> None:
        await instance.serve(started=started.set)

    async with anyio.create_task_group() as group:
        group.start_soon(serve)
        with anyio.fail_after(5):
            await started.wait()
        with pytest.raises(DeliveryRefused, match="in person"):
            await instance.send(delivery)
        diverted = msgspec.structs.replace(delivery, order="divert", outcome="callback")
        assert "in person" in (await instance.send(diverted)).detail
        group.cancel_scope.cancel()
    assert instance.routes() == ()


def test_it_registers_one_channel() -> None:
    (channel,) = omniroute_channels()
    assert (channel.name, channel.capabilities.outbound, channel.capabilities.session) == ("visit", False, False)
    assert (channel.capabilities.icon, channel.capabilities.cost_units) == ("visit", 3)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"x": 1}, channel.options_type)
