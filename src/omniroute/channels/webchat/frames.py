"""The frames of the chat socket, both ways: JSON objects that tell their ``type``.

What lives here: shapes, encoding and decoding. What is allowed when is in ``protocol``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from omniroute.channels import contract
from omniroute.errors import InvalidInput, TooLarge

FRAME_BYTES_MAX = 64 * 1024
"""8,000 characters of any script fit, with room for the rest of the frame."""

NAME_CHARS_MAX = 120
EMAIL_CHARS_MAX = 254
_DETAIL_CHARS_MAX = 200

_Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]
_Email = Annotated[str, msgspec.Meta(max_length=EMAIL_CHARS_MAX)]
_ClientId = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]


class _Frame(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, omit_defaults=True):
    """What all frames share."""


class Hello(_Frame, frozen=True, tag="hello"):
    """First frame of the client. ``after`` is the last interaction that the page shows; 0 asks for all."""

    token: Annotated[str, msgspec.Meta(max_length=512)] = ""
    name: _Name = ""
    email: _Email = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class Message(_Frame, frozen=True, tag="message"):
    """What the visitor wrote. ``id`` is made by the page and stays the same when it is sent again.

    The length of ``text`` is checked later, so that the error can name the id.
    """

    id: _ClientId
    text: str
    name: _Name = ""
    email: _Email = ""


class Typing(_Frame, frozen=True, tag="typing"):
    """The visitor is typing."""


class Ping(_Frame, frozen=True, tag="ping"):
    """Is anybody there? A page cannot send the ping of the WebSocket protocol itself."""


class Welcome(_Frame, frozen=True, tag="welcome"):
    """Answer to `Hello`. With ``fresh`` the page forgets what it showed: it belonged to another visitor."""

    token: str
    visitor: str
    site: str
    greeting: str
    chars_max: int
    entries: list[Entry]
    reference: str = ""
    fresh: bool = False


class Entry(_Frame, frozen=True, tag="entry"):
    """One line of the thread. ``client_id`` is the page's own id of a message of the visitor.

    A line of author ``system`` says by ``outcome`` what the page puts in its own language, and is known by ``key``. It
    stands behind the line ``interaction_id``; 0 is the end.
    """

    interaction_id: int
    author: str
    text: str
    at_ms: int
    name: str = ""
    reference: str = ""
    client_id: str = ""
    outcome: str = ""
    key: str = ""


class Ack(_Frame, frozen=True, tag="ack"):
    """The message with that id is durable; the page may forget it."""

    id: str


class Problem(_Frame, frozen=True, tag="error"):
    """A frame, or the message ``id``, was refused; the same again is refused again."""

    code: str
    detail: str
    id: str = ""


class Wait(_Frame, frozen=True, tag="busy"):
    """The message ``id`` was not taken; send it again after so many seconds."""

    retry_after_s: int
    id: str


class Waiting(_Frame, frozen=True, tag="waiting"):
    """How the visitor waits for an operator, see `omniroute.channels.contract.Waiting`; ``position`` 0: no longer."""

    position: int
    low_s: int = 0
    high_s: int = 0
    percent: int = 0
    staffed: bool = True


class Pong(_Frame, frozen=True, tag="pong"):
    """Answer to `Ping`."""


ClientFrame = Hello | Message | Typing | Ping
ServerFrame = Welcome | Entry | Ack | Problem | Wait | Waiting | Pong

_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def decode(data: str | bytes) -> ClientFrame:
    """Read one frame of the client. Raises `TooLarge` or `InvalidInput`, and nothing else whatever comes."""
    if len(data) > FRAME_BYTES_MAX:
        raise TooLarge(f"a frame holds at most {FRAME_BYTES_MAX} bytes")
    try:
        frame: ClientFrame = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput(str(error)[:_DETAIL_CHARS_MAX]) from error
    return frame


def encode(frame: ServerFrame) -> str:
    """Write one frame of the server."""
    return _encoder.encode(frame).decode()


def waiting_of(waiting: contract.Waiting) -> Waiting:
    """Show how somebody waits."""
    return msgspec.convert(waiting, Waiting, from_attributes=True)


def entry_of(line: contract.ThreadEntry) -> Entry:
    """Show a line of the engine's thread."""
    return Entry(
        interaction_id=line.interaction_id,
        author=line.author,
        text=line.text,
        at_ms=line.at_ms,
        name=line.name,
        reference=line.reference,
        client_id=line.provider_id if line.author == "customer" else "",
        outcome=line.outcome,
        key=line.key,
    )
