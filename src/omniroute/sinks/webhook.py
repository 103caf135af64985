"""The sink ``webhook``: signed JSON to one configured address, in the manner of Standard Webhooks.

What lives here: what a receiver gets, and what its answers mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.signatures import signed_headers
from omniroute.sinks.contract import OpenSink, SinkDelivery
from omniroute.sinks.egress import Egress
from omniroute.sinks.options import WebhookOptions

GONE = 410


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The body: what happened, when (RFC 3339, UTC), and ids; never contents."""

    type: str
    timestamp: str
    data: dict[str, str | int]


class Webhook:
    """One receiver."""

    def __init__(self, options: WebhookOptions, now_ms: Callable[[], int], egress: Egress) -> None:
        self._options = options
        self._key = options.key()
        self._now_ms = now_ms
        self._egress = egress

    async def deliver(self, delivery: SinkDelivery) -> None:
        """Repeated attempts carry the same ``webhook-id``; ``webhook-timestamp`` is that of the attempt."""
        body = body_of(delivery)
        headers = signed_headers(self._key, delivery.key, self._now_ms() // 1000, body)
        answer = await self._egress.post(
            self._options.url,
            body,
            {**headers, "content-type": "application/json", "user-agent": "omniroute"},
            allow_private=self._options.allow_private,
            timeout_s=self._options.timeout_s,
        )
        judge(answer.status, answer.headers, self._now_ms())


class WebhookSink:
    """Standard Webhooks."""

    name = "webhook"
    options_type: type[msgspec.Struct] = WebhookOptions

    def __init__(self, make_egress: Callable[[], Egress] = Egress) -> None:
        self._make_egress = make_egress

    def open(self, options: Any, now_ms: Callable[[], int]) -> OpenSink:
        return Webhook(options, now_ms, self._make_egress())


def body_of(delivery: SinkDelivery) -> bytes:
    """The same bytes for every attempt."""
    moment = datetime.fromtimestamp(delivery.at_ms / 1000, UTC)
    return msgspec.json.encode(
        Payload(
            type=delivery.event,
            timestamp=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            data={
                **delivery.facts,
                "conversation_id": delivery.conversation_id,
                "reference": delivery.reference,
            },
        )
    )


def judge(status: int, headers: Mapping[str, str], now_ms: int) -> None:
    """2xx is taken over, 410 will never be; all else (redirects too) is tried again."""
    if 200 <= status < 300:
        return
    if status == GONE:
        raise DeliveryRefused("the receiver says that it is gone (410)")
    raise DeliveryDeferred(f"the receiver answered {status}", retry_after_s(headers, now_ms))


def retry_after_s(headers: Mapping[str, str], now_ms: int) -> int:
    """What the receiver asks for, in seconds from now; 0 where it says nothing that we can read."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return 0
    moment = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0, -(-(int(moment.timestamp() * 1000) - now_ms) // 1000))
