"""Orders to the telephone system: signed JSON to one configured address. Nothing else is ever called from here."""

from __future__ import annotations

import httpx2
import msgspec

from omniroute.channels.contract import Delivery, Receipt
from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.signatures import signed_headers

TIMEOUT_S = 5.0

# Refusals that pass: too slow, too early, too many.
_TEMPORARY = frozenset({408, 425, 429})


class OrderBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the telephone system gets.

    ``connect`` (ring ``operator_id`` for ``call_id``), ``part`` (end it) or ``divert`` (tell the caller the
    ``outcome``: ``voicemail``, ``callback`` or ``mail``).
    """

    order: str
    call_id: str
    operator_id: str
    reference: str
    key: str
    outcome: str = ""


def make_client() -> httpx2.AsyncClient:
    """One client an instance.

    Redirects are not followed and the environment is not asked: orders go where the configuration says, or
    nowhere.
    """
    return httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)


async def post_order(client: httpx2.AsyncClient, url: str, key: bytes, delivery: Delivery, now_s: int) -> Receipt:
    """Post an order; repeated attempts carry the same ``webhook-id``.

    Raises:
        DeliveryDeferred: not reached, overloaded or broken over there.
        DeliveryRefused: the telephone system will not do it.
    """
    body = msgspec.json.encode(
        OrderBody(
            order=delivery.order,
            call_id=delivery.session_key,
            operator_id=delivery.operator_id,
            reference=delivery.reference,
            key=delivery.key,
            outcome=delivery.outcome,
        )
    )
    headers = signed_headers(key, delivery.key, now_s, body) | {"content-type": "application/json"}
    try:
        answer = await client.post(url, content=body, headers=headers)
    except httpx2.RequestError as error:
        raise DeliveryDeferred("the telephone system cannot be reached") from error
    return _receipt_of(answer.status_code)


def _receipt_of(status: int) -> Receipt:
    """2xx is taken over; 5xx and "later" pass; all else (redirects too) is a refusal."""
    if 200 <= status < 300:
        return Receipt(detail=f"the telephone system answered {status}")
    if status >= 500 or status in _TEMPORARY:
        raise DeliveryDeferred(f"the telephone system answered {status}")
    raise DeliveryRefused(f"the telephone system answered {status}")
