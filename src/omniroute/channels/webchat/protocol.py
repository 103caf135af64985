"""The chat socket without the socket: what may be said when, and what it leads to.

What lives here: one state machine for one socket, and its limits. No I/O; the time is an argument. ``socket``
feeds it and carries the actions out, each before the next frame is fed.

::

    GREETING --hello--> OPEN --message, typing, ping--> OPEN
        any other frame, in any state: a typed error, the state stays; 20 in a row, or one too large: CLOSED
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from omniroute.channels.webchat.frames import (
    Hello,
    Message,
    Ping,
    Pong,
    Problem,
    ServerFrame,
    Typing,
    Wait,
    decode,
)
from omniroute.channels.webchat.normalize import ChatMessage, clean_text
from omniroute.errors import InvalidInput, TooLarge

BAD_FRAMES_MAX = 20
"""So many refused frames in a row end the socket."""

FRAMES_PER_MESSAGE = 4
"""A page may send so many frames of all kinds for each message that it may send."""

POLICY_VIOLATION = 1008
MESSAGE_TOO_BIG = 1009


class State(StrEnum):
    """Where a socket stands."""

    GREETING = "greeting"
    OPEN = "open"
    CLOSED = "closed"


TRANSITIONS: Mapping[tuple[State, type], State] = {
    (State.GREETING, Hello): State.OPEN,
    (State.OPEN, Message): State.OPEN,
    (State.OPEN, Typing): State.OPEN,
    (State.OPEN, Ping): State.OPEN,
}


class Greet(msgspec.Struct, frozen=True):
    """Find the visitor and welcome them."""

    hello: Hello


class Take(msgspec.Struct, frozen=True):
    """Make the message durable, then acknowledge it."""

    message: ChatMessage


class Say(msgspec.Struct, frozen=True):
    """Answer with this frame."""

    frame: ServerFrame


class End(msgspec.Struct, frozen=True):
    """Say why and close with this code."""

    code: int
    frame: Problem


class Nothing(msgspec.Struct, frozen=True):
    """Nothing is to be done."""


Action = Greet | Take | Say | End | Nothing


class Bucket:
    """A rate limit: ``per_minute`` at once, refilled evenly."""

    def __init__(self, per_minute: int, now_ms: int) -> None:
        self._room_ms = 60_000
        self._cost_ms = self._room_ms / per_minute
        self._free_ms = float(self._room_ms)
        self._last_ms = now_ms

    def take(self, now_ms: int) -> int:
        """Take one; 0 when it was there, else the milliseconds until it will be (nothing is taken)."""
        passed_ms = max(0, now_ms - self._last_ms)
        self._free_ms = min(self._room_ms, self._free_ms + passed_ms)
        self._last_ms = max(self._last_ms, now_ms)
        if self._free_ms < self._cost_ms:
            return int(self._cost_ms - self._free_ms) + 1
        self._free_ms -= self._cost_ms
        return 0


class ChatSession:
    """The server's side of one chat socket."""

    def __init__(self, chars_max: int, messages_per_minute_max: int, now_ms: int) -> None:
        self.state = State.GREETING
        self._chars_max = chars_max
        self._messages = Bucket(messages_per_minute_max, now_ms)
        self._frames = Bucket(messages_per_minute_max * FRAMES_PER_MESSAGE, now_ms)
        self._bad_in_a_row = 0
        self._hello = Hello()

    def feed(self, data: str | bytes, now_ms: int) -> Action:
        """Take what came over the wire and say what is to be done; never raises for any input."""
        if self.state is State.CLOSED:
            return Nothing()
        if self._frames.take(now_ms):
            return self._refuse("rate", "too many frames; wait a minute")
        try:
            frame = decode(data)
        except TooLarge as error:
            return self._end(MESSAGE_TOO_BIG, error.code, str(error))
        except InvalidInput as error:
            return self._refuse(error.code, str(error))
        following = TRANSITIONS.get((self.state, type(frame)))
        if following is None:
            return self._refuse("unexpected", f"this frame has no place while {self.state}")
        self.state = following
        if isinstance(frame, Message):
            return self._message(frame, now_ms)
        return self._other(frame)

    def _other(self, frame: Hello | Typing | Ping) -> Action:
        self._bad_in_a_row = 0
        if isinstance(frame, Hello):
            self._hello = frame
            return Greet(frame)
        return Say(Pong()) if isinstance(frame, Ping) else Nothing()

    def _message(self, frame: Message, now_ms: int) -> Action:
        text = clean_text(frame.text)
        if not text:
            return self._refuse("empty", "there is no text in the message", frame.id)
        if len(text) > self._chars_max:
            return self._refuse("too_large", f"a message holds at most {self._chars_max} characters", frame.id)
        self._bad_in_a_row = 0
        wait_ms = self._messages.take(now_ms)
        if wait_ms:
            return Say(Wait(id=frame.id, retry_after_s=-(-wait_ms // 1000)))
        name, email = frame.name or self._hello.name, frame.email or self._hello.email
        return Take(ChatMessage(id=frame.id, text=text, name=name, email=email))

    def _refuse(self, code: str, detail: str, message_id: str = "") -> Action:
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= BAD_FRAMES_MAX:
            return self._end(POLICY_VIOLATION, code, detail)
        return Say(Problem(code, detail, message_id))

    def _end(self, close_code: int, code: str, detail: str) -> Action:
        self.state = State.CLOSED
        return End(close_code, Problem(code, detail))
