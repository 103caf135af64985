"""What goes over the wire of the console channel: JSON objects, one a line. Pure, so it is tested without a socket."""

from __future__ import annotations

from typing import Annotated

import msgspec

from omniroute.errors import InvalidInput


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody types. ``id`` tells a repeated line from a new one, ``answers`` is the key of an answered reply."""

    sender: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = msgspec.field(name="from")
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=20_000)]
    id: Annotated[str, msgspec.Meta(max_length=200)] = ""
    answers: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The line is durable as ``raw_id``; ``id`` is the client's own."""

    ok: bool = True
    raw_id: int
    id: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The line was not taken. ``retry_after_s`` is 0 where repeating it unchanged is useless."""

    ok: bool = False
    error: str
    retry_after_s: int = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An operator's answer. ``key`` stays the same when it has to be sent again."""

    reply: str
    reference: str
    key: str


def decode_line(data: bytes) -> Line:
    """Read a line strictly. Raises `InvalidInput`, which says where the mistake is."""
    try:
        return msgspec.json.decode(data, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"not a line of this channel: {error}") from error


class LineBuffer:
    """Cuts a byte stream at newlines and holds at most ``bytes_max`` of an unfinished line."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Take bytes; return the lines that are complete now, ``None`` for each one that was too long."""
        *complete, rest = (self._rest + data).split(b"\n")
        lines: list[bytes | None] = []
        for line in complete:
            lines.append(None if self._skipping or len(line) > self._bytes_max else line)
            self._skipping = False
        if len(rest) > self._bytes_max:
            # what follows of this line is dropped as it comes: memory stays bounded, the next line counts again
            self._skipping, rest = True, b""
        self._rest = rest
        return lines
