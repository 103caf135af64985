"""The keys of ``[webhooks.NAME]``, and their checks."""

from __future__ import annotations

import os
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import httpx2
import msgspec

from omniroute.errors import ConfigError
from omniroute.signatures import SECRET_PREFIX, key_of
from omniroute.sinks.addresses import is_loopback, why_not

KEY_BYTES_MIN = 24
"""What Standard Webhooks asks of a secret at least."""
URL_CHARS_MAX = 2048


class WebhookOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One receiver of webhooks.

    Attributes:
        url: where it listens; ``http`` to this machine, or with ``insecure``. secret: the key of the signatures,
        ``whsec_`` and base64 of 24 bytes or more. secret_env: the environment variable that holds it instead.
        insecure: ``http`` over a network is meant. allow_private: addresses of private networks and of this machine
        are meant. timeout_s: how long one attempt may take.
    """

    url: Annotated[str, msgspec.Meta(max_length=URL_CHARS_MAX)]
    secret: str = ""
    secret_env: str = ""
    insecure: bool = False
    allow_private: bool = False
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=30)] = 10

    def __repr__(self) -> str:
        """Without the secret, and without the address, which may hold one."""
        return f"WebhookOptions(url=<hidden>, secret=<hidden>, allow_private={self.allow_private!r})"

    def check(self) -> None:
        """Refuse what could never be called, or not safely."""
        try:
            parts = urlsplit(self.url)
            _check_address(parts)
            httpx2.URL(self.url)
        except (ValueError, httpx2.InvalidURL):
            raise ConfigError(BAD_URL, "url") from None  # the cause would show the address
        self._check_safety(parts.scheme, parts.hostname or "")
        self.key()

    def _check_safety(self, scheme: str, host: str) -> None:
        if scheme == "http" and not self.insecure and not is_loopback(host):
            raise ConfigError("use https, or say `insecure = true` where the network between is yours", "url")
        if is_loopback(host) and not self.allow_private:
            raise ConfigError("it leads to this machine; allow it with `allow_private = true`", "url")
        if _is_number(host) and (reason := why_not(host, allow_private=self.allow_private)):
            raise ConfigError(reason, "url")

    def key(self) -> bytes:
        """The key of the signatures. Raises `ConfigError`."""
        path = "secret_env" if self.secret_env else "secret"
        if bool(self.secret) == bool(self.secret_env):
            raise ConfigError("give `secret`, or the environment variable that holds it as `secret_env`", path)
        secret = self.secret or os.environ.get(self.secret_env, "")
        if not secret:
            raise ConfigError(f"the environment has no {self.secret_env}; set it before the start", path)
        try:
            key = key_of(secret) if secret.startswith(SECRET_PREFIX) else b""
        except ValueError:
            key = b""
        if len(key) < KEY_BYTES_MIN:
            raise ConfigError(
                f"a secret is {SECRET_PREFIX} and the base64 of {KEY_BYTES_MIN} random bytes or more", path
            )
        return key


BAD_URL = 'write an address like "https://crm.example/hooks", without a user, a password or a fragment'


def _check_address(parts: SplitResult) -> None:
    """Raises `ValueError` where it is no address that we would call."""
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError(BAD_URL)
    if parts.port == 0:
        raise ValueError(BAD_URL)


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
