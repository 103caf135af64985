"""The sending side: what is composed reads back as meant, and answers of the relay become the right errors."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.channels.email.helpers import SALES, SUPPORT, background, delivery, make, read_bytes, scripted_relay

from omniroute.channels.contract import Identity
from omniroute.channels.email.compose import compose, message_id_for, reply_subject
from omniroute.channels.email.mailbox import LocalMailbox
from omniroute.errors import DeliveryDeferred, DeliveryRefused


def composed(**changes: object) -> bytes:
    return compose(delivery(**changes), sender=SUPPORT, sender_name="Shop, Support", secret=b"k")[1]


def test_the_letter() -> None:
    data = composed()
    message = message_from_bytes(data, policy=policy.default)
    assert message["From"] == '"Shop, Support" <support@shop.example>'
    assert message["To"] == "anna@example.com"
    assert message["Subject"] == "Re: My parcel"
    assert message["In-Reply-To"] == "<m2@example.com>"
    assert message["References"] == "<m1@example.com> <m2@example.com>"
    assert message["Date"].datetime.timestamp() == 1_762_173_296
    assert message["Message-ID"] == message_id_for("reply-7-1", "shop.example", b"k")
    assert message.get_content().replace("\r\n", "\n") == "Hello Anna,\n\nit is on its way.\n"
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_a_repeated_attempt_is_the_same_letter() -> None:
    assert composed() == composed()


def test_message_ids_differ_by_key_and_secret() -> None:
    ids = {message_id_for(key, "x", secret) for key in ("a.b", "a-b", "a" * 100, "a" * 101) for secret in (b"1", b"2")}
    assert len(ids) == 8
    assert all(found.isascii() and " " not in found for found in ids)


@pytest.mark.parametrize("subject", ["Re: x", "RE: x", "re[2]: x", "AW: x", "Ответ: x"])
def test_re_is_not_doubled(subject: str) -> None:
    assert reply_subject(subject, "R") == subject


def test_an_empty_subject_names_the_reference() -> None:
    assert reply_subject("", "KX7-31") == "Re: KX7-31"


def test_long_ids_stay_whole() -> None:
    ids = tuple(f"<{'a' * 150}{n}@exchange.example>" for n in range(40))
    got = read_bytes(composed(answers_to=ids))
    assert got.answers_to[0] == ids[-1]
    assert set(got.answers_to) == set(ids[-30:])


TEXTS = st.text(st.characters(), max_size=300)


@given(subject=TEXTS, text=TEXTS, name=TEXTS, ids=st.lists(TEXTS, max_size=3))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_nothing_can_be_injected(subject: str, text: str, name: str, ids: list[str]) -> None:
    planned = delivery(subject=subject, text=text, answers_to=tuple(ids), to=Identity("email", "a@b.example", name))
    try:
        ours, data = compose(planned, sender=SUPPORT, sender_name=name, secret=b"k")
    except DeliveryRefused:
        return
    message = message_from_bytes(data, policy=policy.default)
    allowed = {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
    assert set(message.keys()) <= allowed
    assert message["To"].addresses[0].addr_spec == "a@b.example"
    assert message["Message-ID"] == ours


@pytest.mark.parametrize(
    "subject",
    [
        "x\r\nBcc: evil@b.example",
        "x\nBcc: evil@b.example\n\nbody",
        "x\u2028Bcc: e@b.example",
        "Заказ " * 60,
        "=?utf-8?q?a?=",
        "a" * 2000,
    ],
)
def test_odd_subjects_are_sent_in_one_piece(subject: str) -> None:
    try:
        message = message_from_bytes(composed(subject=subject), policy=policy.default)
    except DeliveryRefused:
        pytest.fail("it can be sent")
    assert message["Bcc"] is None
    assert read_bytes(composed(subject=subject)).subject == reply_subject(subject, "")
    assert message["To"] == "anna@example.com"


@pytest.mark.parametrize(
    "to",
    [
        None,
        Identity("tel", "+4930"),
        Identity("email", "a@b.example\r\nBcc: c@d.example"),
        Identity("email", ""),
        Identity("email", "a,b@c.example"),
    ],
)
def test_no_address_to_answer(to: Identity | None) -> None:
    with pytest.raises(DeliveryRefused, match="no mail address"):
        composed(to=to)


def test_international_text_and_long_lines() -> None:
    text = "Ваш заказ в пути. " * 200 + "\n> old\n-- \nМагазин"
    assert all(len(line) <= 78 for line in composed(text=text).split(b"\r\n"))
    assert (
        message_from_bytes(composed(text=text), policy=policy.default).get_content().replace("\r\n", "\n")
        == text + "\n"
    )


async def test_sent_and_read_in_the_local_mailbox() -> None:
    mailbox = LocalMailbox()
    async with background(mailbox.serve):
        instance, _ = make(relay_host="127.0.0.1", relay_port=mailbox.port, relay_tls="none", sender_name="Магазин")
        receipts = [await instance.send(delivery(key=f"k{n}")) for n in range(3)]
        await instance.send(delivery(account=SALES))
        await instance._relay.close()
    assert [m.message_id for m in mailbox.messages[:3]] == [r.provider_id for r in receipts]
    first = mailbox.messages[0]
    assert first.sender == "Магазин <support@shop.example>"
    assert (first.to, first.subject, first.in_reply_to) == ("anna@example.com", "Re: My parcel", "<m2@example.com>")
    assert first.text == "Hello Anna,\n\nit is on its way."
    assert mailbox.messages[3].sender.endswith("<sales@shop.example>")


async def test_connections_are_reused() -> None:
    async with scripted_relay({}) as (port, commands):
        instance, _ = make(relay_host="127.0.0.1", relay_port=port, relay_tls="none")
        for n in range(3):
            await instance.send(delivery(key=str(n)))
        await instance._relay.close()
    assert commands.count("EHLO") == 1
    assert commands.count("DATA") == 3


async def test_a_relay_that_hung_up_meanwhile_gets_a_new_connection() -> None:
    answers: dict[str, str] = {}
    async with scripted_relay(answers) as (port, commands):
        instance, _ = make(relay_host="127.0.0.1", relay_port=port, relay_tls="none")
        await instance.send(delivery(key="1"))
        relay = instance._relay
        (kept,) = relay._idle
        assert kept.transport is not None
        kept.transport.abort()
        await instance.send(delivery(key="2"))
        await relay.close()
    assert commands.count("DATA") == 2


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"greeting": "421 4.3.2 no"}, DeliveryDeferred),
        ({"greeting": "554 5.3.2 no"}, DeliveryDeferred),
        ({"greeting": ""}, DeliveryDeferred),
        ({"MAIL": "451 4.7.1 later anna@example.com"}, DeliveryDeferred),
        ({"MAIL": "550 5.7.1 no anna@example.com"}, DeliveryRefused),
        ({"RCPT": "450 4.2.1 later anna@example.com"}, DeliveryDeferred),
        ({"RCPT": "550 5.1.1 no anna@example.com"}, DeliveryRefused),
        ({"DATA": "452 4.3.1 later"}, DeliveryDeferred),
        ({"DATA": ""}, DeliveryDeferred),
        ({".": "451 4.3.0 later"}, DeliveryDeferred),
        ({".": "554 5.7.1 spam anna@example.com"}, DeliveryRefused),
        ({".": ""}, DeliveryDeferred),
    ],
)
async def test_answers_become_errors_that_name_nobody(answers: dict[str, str], error: type[Exception]) -> None:
    async with scripted_relay(answers) as (port, _):
        instance, _ = make(relay_host="127.0.0.1", relay_port=port, relay_tls="none")
        with pytest.raises(error) as raised:
            await instance.send(delivery())
        assert "anna" not in str(raised.value)
        await instance._relay.close()


async def test_the_next_letter_goes_after_a_refused_one() -> None:
    answers = {"RCPT": "550 5.1.1 no"}
    async with scripted_relay(answers) as (port, _):
        instance, _ = make(relay_host="127.0.0.1", relay_port=port, relay_tls="none")
        with pytest.raises(DeliveryRefused):
            await instance.send(delivery())
        answers.clear()
        assert (await instance.send(delivery())).provider_id
        await instance._relay.close()


async def test_nobody_listens() -> None:
    async with scripted_relay({}) as (port, _):
        pass
    instance, _ = make(relay_host="127.0.0.1", relay_port=port, relay_tls="none")
    with pytest.raises(DeliveryDeferred, match="cannot be reached"):
        await instance.send(delivery())


async def test_a_silent_relay_times_out() -> None:
    mailbox = LocalMailbox()
    async with background(mailbox.serve):
        instance, _ = make(relay_host="127.0.0.1", relay_port=mailbox.port, relay_tls="tls", relay_timeout_s=0.1)
        with pytest.raises(DeliveryDeferred):
            await instance.send(delivery())


async def test_starttls_is_not_given_up() -> None:
    async with scripted_relay({}) as (port, commands):
        instance, _ = make(relay_host="127.0.0.1", relay_port=port, relay_tls="starttls")
        with pytest.raises(DeliveryDeferred):
            await instance.send(delivery())
    assert "MAIL" not in commands


async def test_only_replies_and_only_with_a_relay() -> None:
    instance, _ = make()
    with pytest.raises(DeliveryRefused, match="only send replies"):
        await instance.send(delivery(order="connect"))
    assert "nothing sent" in (await instance.send(delivery(order="divert", outcome="mail"))).detail
    with pytest.raises(DeliveryRefused, match="no relay"):
        await instance.send(delivery())
