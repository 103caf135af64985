"""Signatures in the manner of Standard Webhooks: pure functions over bytes, no clock, no network.

Both directions use them: call events that come in, orders and webhooks that go out. The signed content is
``id.timestamp.body``, the signature ``v1,`` and the base64 of its HMAC-SHA256; several signatures may stand
in the header, separated by spaces, so that a secret can be changed without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from omniroute.errors import Unauthenticated

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that says "base64 follows", not a secret
ID_CHARS_MAX = 256
TIMESTAMP_CHARS_MAX = 12
SIGNATURES_MAX = 8


def key_of(secret: str) -> bytes:
    """The key bytes of a secret: ``whsec_`` and base64, or plain text. Raises `ValueError` for bad base64."""
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        # `from None`: the cause would carry parts of the secret into logs
        raise ValueError("what follows whsec_ is not base64") from None


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """One signature, as it stands in the header."""
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def signed_headers(key: bytes, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers that make ``body`` ours."""
    timestamp = str(timestamp_s)
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signature(key, message_id, timestamp, body),
    }


def verify(key: bytes, headers: Mapping[str, str], body: bytes, *, now_s: int, tolerance_s: int) -> str:
    """Check that ``body`` is genuine and fresh; returns its message id.

    Args:
        key: what `key_of` made of the shared secret.
        headers: the request's headers; lookup is by lower-case name.
        body: the bytes as they came, not parsed and written again.
        now_s: the present, in seconds.
        tolerance_s: how far the timestamp may be off, in both directions.

    Raises:
        Unauthenticated: missing, stale or forged; the message says which and holds no content.
    """
    message_id = headers.get(ID_HEADER, "")
    timestamp = headers.get(TIMESTAMP_HEADER, "")
    offered = headers.get(SIGNATURE_HEADER, "")
    if not (message_id and timestamp and offered) or len(message_id) > ID_CHARS_MAX:
        raise Unauthenticated("the signature headers are missing or malformed")
    if not _is_genuine(offered, signature(key, message_id, timestamp, body)):
        raise Unauthenticated("the signature does not match")
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > TIMESTAMP_CHARS_MAX:
        raise Unauthenticated("the timestamp is not in unix seconds")
    if abs(now_s - int(timestamp)) > tolerance_s:
        raise Unauthenticated("the timestamp is too far from now")
    return message_id


def _is_genuine(offered: str, expected: str) -> bool:
    """Compare in constant time; other versions than ``v1`` simply do not match."""
    candidates = offered.split(" ", SIGNATURES_MAX)[:SIGNATURES_MAX]
    matches = [hmac.compare_digest(candidate.encode(), expected.encode()) for candidate in candidates]
    return any(matches)
