"""The sink `webhook`: what a receiver gets, what its answers mean, and that nothing secret is shown."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from tests.sinks.rig import SECRET, SECRET_BYTES, Receiver, receiving

from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.sinks.contract import OpenSink, SinkDelivery
from omniroute.sinks.options import WebhookOptions
from omniroute.sinks.webhook import WebhookSink, retry_after_s

NOW_MS = 1_700_000_000_000
DELIVERY = SinkDelivery(
    key="e7",
    event="clock.escalated",
    at_ms=NOW_MS - 1_500,
    conversation_id=3,
    reference="K7QX-2M4P",
    facts={"name": "first_response", "percent": 80},
)


def opened(receiver: Receiver, **options) -> OpenSink:
    made = WebhookOptions(**{"url": receiver.url, "secret": SECRET, "allow_private": True} | options)
    made.check()
    return WebhookSink().open(made, lambda: NOW_MS)


async def test_a_receiver_gets_ids_and_a_signature_that_it_can_check():
    async with receiving() as receiver:
        await opened(receiver).deliver(DELIVERY)
        (call,) = receiver.calls
        assert call.data == {
            "type": "clock.escalated",
            "timestamp": "2023-11-14T22:13:18.500Z",
            "data": {"name": "first_response", "percent": 80, "conversation_id": 3, "reference": "K7QX-2M4P"},
        }
        assert (call.headers["webhook-id"], call.headers["webhook-timestamp"]) == ("e7", "1700000000")
        assert call.headers["content-type"] == "application/json"
        assert call.is_genuine()
        assert not call.is_genuine(SECRET_BYTES[:-1] + b"!")


async def test_repeated_attempts_have_the_same_id_and_body():
    async with receiving(Response(status_code=503)) as receiver:
        sink = opened(receiver)
        with pytest.raises(DeliveryDeferred):
            await sink.deliver(DELIVERY)
        await sink.deliver(DELIVERY)
        first, second = receiver.calls
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_delivered(status):
    async with receiving(Response(status_code=status)) as receiver:
        await opened(receiver).deliver(DELIVERY)
        assert len(receiver.calls) == 1


async def test_410_is_the_end():
    async with receiving(Response(status_code=410)) as receiver:
        with pytest.raises(DeliveryRefused, match="410"):
            await opened(receiver).deliver(DELIVERY)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 408, 429, 500, 503])
async def test_all_else_is_tried_again(status):
    async with receiving(Response(status_code=status, headers={"location": "/elsewhere"})) as receiver:
        with pytest.raises(DeliveryDeferred, match=str(status)):
            await opened(receiver).deliver(DELIVERY)
        assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("", 0),
        ("-5", 0),
        ("soon", 0),
        ("9" * 40, 999_999_999),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0),
    ],
)
def test_what_a_receiver_may_ask_for(text, seconds):
    assert retry_after_s({"retry-after": text}, NOW_MS) == seconds


async def test_a_wish_to_come_later_arrives_at_the_outbox():
    async with receiving(Response(status_code=429, headers={"retry-after": "90"})) as receiver:
        with pytest.raises(DeliveryDeferred) as deferred:
            await opened(receiver).deliver(DELIVERY)
        assert deferred.value.retry_after_s == 90


async def test_a_private_receiver_is_not_called_unless_it_is_meant():
    async with receiving() as receiver:
        options = WebhookOptions(url=receiver.url, secret=SECRET)
        with pytest.raises(DeliveryRefused, match="allow_private"):
            await WebhookSink().open(options, lambda: NOW_MS).deliver(DELIVERY)
        assert not receiver.calls


def test_the_options_show_neither_secret_nor_address():
    options = WebhookOptions(url="https://hooks.example/T0K3N", secret=SECRET)
    assert SECRET not in repr(options)
    assert "T0K3N" not in repr(options)
