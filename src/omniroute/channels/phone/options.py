"""The options of a phone instance in the configuration file, and their checks."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from omniroute.signatures import key_of

KEY_BYTES_MIN = 16


class PhoneOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One telephone system.

    Attributes:
        secret: key of the signatures in both directions: ``whsec_`` and base64, or plain text; 16 bytes or
        more. numbers: our own numbers; the first is the account of calls that came to none of them.
        tolerance_s: how far a timestamp may be off. body_bytes_max: limit of one event. control_url: where
        orders are posted; empty means that only the simulator carries them out. simulator: serve the
        telephone page; for demonstrations and tests, never for real service. default_country: calling code
        of national numbers, like ``49``; empty: they prove nothing.
    """

    secret: str
    numbers: list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]] = []
    tolerance_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 300
    body_bytes_max: Annotated[int, msgspec.Meta(ge=256, le=1_048_576)] = 16_384
    control_url: str = ""
    simulator: bool = False
    default_country: Annotated[str, msgspec.Meta(pattern=r"^(?:[1-9][0-9]{0,2})?\Z")] = ""

    def __post_init__(self) -> None:
        if len(key_of(self.secret)) < KEY_BYTES_MIN:
            raise ValueError(f"secret must have at least {KEY_BYTES_MIN} bytes")
        parts = urlsplit(self.control_url)
        if self.control_url and not (parts.scheme in {"http", "https"} and parts.hostname):
            raise ValueError("control_url must be an http or https address")

    def __repr__(self) -> str:
        """Without the secret, and without the address, which may hold one."""
        return f"PhoneOptions(numbers={self.numbers!r}, simulator={self.simulator!r}, secret=<hidden>)"
