"""Signed links: whoever has one may do the one thing that it is for, with the one matter, for a time.

What lives here: making and reading tokens, pure: the time is an argument. A token is 30 bytes, 40 signs of base64url:
version, purpose, conversation, resolution, the minute in which it ends, and 128 bits of an HMAC-SHA256 over these. It
fits without padding, so every sign counts, and there is one spelling only. Nothing is stored.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from enum import StrEnum
from typing import Final, NamedTuple

VERSION: Final = 1
MAC_BYTES: Final = 16
"""128 bits: nobody guesses one."""
TOKEN_CHARS: Final = 40
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
ACTING_DAYS: Final = 60
"""How long a link that acts is good for; it ends earlier when it has been used, and with the next resolution."""

_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_CHARS}}}", re.ASCII)
_BODY_BYTES = 14


class Purpose(StrEnum):
    """What a link is for; it is the name of its page, too."""

    STATUS = "status"
    CONFIRM = "confirm"
    RATE = "rate"
    REOPEN = "reopen"


_PURPOSES = tuple(Purpose)


class Claims(NamedTuple):
    """What a token that has been found right says."""

    purpose: Purpose
    conversation_id: int
    resolution: int
    expires_ms: int


class Links:
    """The links of one installation. ``base_url`` is the address under which customers reach it; without one, no links.

    It may be told later, when the server knows its port.
    """

    def __init__(self, secret: str, base_url: str = "", status_days: int = 90) -> None:
        self._key = hmac.digest(secret.encode(), b"omniroute links", hashlib.sha256)
        self.base_url = base_url.rstrip("/")
        self._life_ms = dict.fromkeys(Purpose, ACTING_DAYS * DAY_MS) | {Purpose.STATUS: status_days * DAY_MS}

    def url(self, purpose: str, conversation_id: int, resolution: int = 0, *, now_ms: int) -> str:
        """The address of a page; empty while it is not known where customers reach us."""
        if not self.base_url:
            return ""
        token = self.token(Purpose(purpose), conversation_id, resolution, now_ms=now_ms)
        return f"{self.base_url}/{purpose}/{token}"

    def page(self, path: str) -> str:
        """The address of a page for which nothing has to be proved; empty as that of `url`."""
        return f"{self.base_url}/{path}" if self.base_url else ""

    def token(
        self, purpose: Purpose, conversation_id: int, resolution: int = 0, *, now_ms: int, life_ms: int = 0
    ) -> str:
        """Sign what the link is for; ``life_ms`` 0 means as long as such links live."""
        end_minute = -(-(now_ms + (life_ms or self._life_ms[purpose])) // MINUTE_MS)
        body = b"".join((
            bytes((VERSION, _PURPOSES.index(purpose))),
            conversation_id.to_bytes(6),
            resolution.to_bytes(2),
            end_minute.to_bytes(4),
        ))  # fmt: skip
        return base64.urlsafe_b64encode(body + self._mac(body)).decode()

    def read(self, token: str, purpose: str, now_ms: int) -> Claims | None:
        """What a token says; None for one that is forged, changed, for something else, or over, without saying which.

        Empty and long ones are refused before anything is computed; every other one costs the same.
        """
        if not _TOKEN.fullmatch(token):
            return None
        try:
            data = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = data[:_BODY_BYTES], data[_BODY_BYTES:]
        genuine = hmac.compare_digest(mac, self._mac(body))
        expires_ms = int.from_bytes(body[10:14]) * MINUTE_MS
        number = body[1] if body[1] < len(_PURPOSES) else 0
        fits = (body[0] == VERSION) & (body[1] == number) & (_PURPOSES[number] == purpose) & (now_ms < expires_ms)
        if not (genuine & fits):
            return None
        conversation_id, resolution = int.from_bytes(body[2:8]), int.from_bytes(body[8:10])
        return Claims(_PURPOSES[number], conversation_id, resolution, expires_ms)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:MAC_BYTES]
