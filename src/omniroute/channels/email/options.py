"""What the configuration may say about a mail account.

What lives here: the options and their checks. No I/O, no parsing of mail.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from omniroute.channels.email.headers import valid_address

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class EmailOptions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The options of one instance; `__repr__` shows no secret."""

    addresses: list[str]
    """The mailboxes that are accepted; ``support+anything@`` reaches ``support@``."""
    listen: str = "127.0.0.1:8025"
    message_bytes_max: int = 25 * 1024 * 1024
    connections_max: int = 500
    recipients_max: int = 50
    command_timeout_s: float = 300.0
    """From one command to the next, the body of a letter included."""
    session_timeout_s: float = 1800.0
    """A whole connection, whatever it does."""
    tls_cert: str = ""
    tls_key: str = ""
    """Both set: STARTTLS is offered."""
    relay_host: str = ""
    relay_port: int = 587
    relay_tls: Literal["none", "starttls", "tls"] = "starttls"
    relay_user: str = ""
    relay_password: str = ""
    relay_timeout_s: float = 30.0
    sender: str = ""
    """The From address where a delivery names no account; the first of ``addresses`` when empty."""
    sender_name: str = ""
    secret: str = ""
    """Key of the Message-IDs that we make."""

    def __post_init__(self) -> None:
        self.addresses = [address.strip().lower() for address in self.addresses]
        self.sender = self.sender.strip().lower() or (self.addresses[0] if self.addresses else "")
        _check(bool(self.addresses), "addresses: name at least one mailbox")
        for address in (*self.addresses, self.sender):
            _check(valid_address(address), f"addresses, sender: {address!r} is no mail address")
        split_listen(self.listen)
        for name in ("message_bytes_max", "connections_max", "recipients_max"):
            _check(getattr(self, name) > 0, f"{name}: must be above 0")
        for name in ("command_timeout_s", "session_timeout_s", "relay_timeout_s"):
            _check(getattr(self, name) > 0, f"{name}: must be above 0")
        _check(bool(self.tls_cert) == bool(self.tls_key), "tls_cert, tls_key: give both or none")
        plain = self.relay_tls == "none" and self.relay_host not in LOOPBACK
        _check(not (self.relay_user and plain), "relay_user: a password needs relay_tls starttls or tls")

    def __repr__(self) -> str:
        return f"EmailOptions(listen={self.listen!r}, addresses={len(self.addresses)})"

    def key(self, instance: str) -> bytes:
        """The key of our Message-IDs; without a secret they are unique, but not unguessable."""
        return hashlib.sha256(f"omniroute:email:{instance}:{self.secret}".encode()).digest()


def split_listen(listen: str) -> tuple[str, int]:
    """``host:port`` or ``[v6]:port`` as a pair.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("listen: write it like 127.0.0.1:8025")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _check(right: bool, message: str) -> None:
    if not right:
        raise ValueError(message)
