"""The options of one web chat instance, and which Origin may open a chat.

What lives here: configuration and its checks. No I/O and no clock.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from omniroute.errors import ConfigError

TEXT_CHARS_MAX = 8000
"""The longest message of the channel; an instance may ask for less."""

SECRET_CHARS_MIN = 16

SELF = "self"
"""In ``origins``: pages that were served under the same host as the socket."""

_Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class WebchatOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator of the platform may set under ``[channels.<instance>]``.

    ``secret`` signs the visitor tokens: who changes it makes every visitor a new one. An empty ``greeting``
    lets the widget greet in the visitor's language.
    """

    origins: tuple[str, ...] = (SELF,)
    site_name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    greeting: Annotated[str, msgspec.Meta(max_length=500)] = ""
    secret: str = ""
    message_chars_max: Annotated[int, msgspec.Meta(ge=1, le=TEXT_CHARS_MAX)] = TEXT_CHARS_MAX
    messages_per_minute_max: _Count = 60
    sockets_max: _Count = 5000
    token_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "secret")
        return f"WebchatOptions({', '.join(shown)}, secret=***)"

    def check(self) -> None:
        """Raise `ConfigError` for what the types alone cannot refuse."""
        if len(self.secret) < SECRET_CHARS_MIN:
            raise ConfigError(f"needs at least {SECRET_CHARS_MIN} characters of a random secret", "secret")
        for index, origin in enumerate(self.origins):
            if origin != SELF and not _is_origin(origin):
                raise ConfigError("write 'self' or an origin like https://shop.example", f"origins[{index}]")

    def allows(self, origin: str, host: str) -> bool:
        """Whether a page of that Origin may open a chat through that Host; a missing Origin may not."""
        origin = origin.lower()
        if not _is_origin(origin):
            return False
        if SELF in self.origins and urlsplit(origin).netloc == host.lower():
            return True
        return any(origin == allowed.lower() for allowed in self.origins)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = bool(parts.netloc) and "@" not in parts.netloc
    return plain and parts.scheme in {"http", "https"} and text == f"{parts.scheme}://{parts.netloc}"
