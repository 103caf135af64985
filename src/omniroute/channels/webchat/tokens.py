"""Visitor tokens: who may see a chat again.

What lives here: issuing and checking, pure: the clock and the randomness are arguments. A token is
``v1.<visitor>.<issued>.<mac>``; the MAC is bound to the channel instance, so that no shop's token opens a
chat of another.
"""

from __future__ import annotations

import hashlib
import hmac
import re

import msgspec

VISITOR_BYTES = 16
"""128 bits: nobody guesses another visitor."""

_DAY_S = 86_400
_SKEW_S = 300
_TOKEN = re.compile(r"v1\.(?P<visitor>[0-9a-f]{32})\.(?P<issued>[0-9]{1,12})\.(?P<mac>[0-9a-f]{64})", re.ASCII)


class Visitor(msgspec.Struct, frozen=True):
    """A verified visitor. ``fresh``: nobody was known by the token that came, so this one is new."""

    id: str
    token: str
    fresh: bool


class Tokens:
    """Issues and checks the visitor tokens of one instance."""

    def __init__(self, secret: str, instance: str, days: int) -> None:
        self._secret = secret.encode()
        self._instance = instance
        self._life_s = days * _DAY_S

    def issue(self, visitor: str, now_ms: int) -> str:
        """Sign a visitor id together with the time."""
        issued = str(now_ms // 1000)
        return f"v1.{visitor}.{issued}.{self._mac(visitor, issued)}"

    def admit(self, token: str, random: bytes, now_ms: int) -> Visitor:
        """Return the visitor of a valid token, else a new one made of ``random``.

        A forged and an expired token look the same from outside. A token in the second half of its life is
        replaced, so a visitor who keeps coming stays the same visitor.
        """
        match = _TOKEN.fullmatch(token)
        if match is None or not self._valid(match, now_ms):
            visitor = random[:VISITOR_BYTES].hex()
            return Visitor(visitor, self.issue(visitor, now_ms), fresh=True)
        visitor = match["visitor"]
        if self._age_s(match, now_ms) * 2 > self._life_s:
            token = self.issue(visitor, now_ms)
        return Visitor(visitor, token, fresh=False)

    def _valid(self, match: re.Match[str], now_ms: int) -> bool:
        genuine = hmac.compare_digest(match["mac"], self._mac(match["visitor"], match["issued"]))
        return genuine and -_SKEW_S <= self._age_s(match, now_ms) < self._life_s

    @staticmethod
    def _age_s(match: re.Match[str], now_ms: int) -> int:
        return now_ms // 1000 - int(match["issued"])

    def _mac(self, visitor: str, issued: str) -> str:
        signed = f"omniroute webchat visitor\0{self._instance}\0{visitor}\0{issued}"
        return hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()
