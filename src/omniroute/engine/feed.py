"""The feed: tells whoever listens what has been committed.

What lives here: fan-out with a bound per listener. A listener that is too slow loses the details, never the fact that
something changed: it gets None and reads the state anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from omniroute.core.events import Event

LISTENER_BUFFER_MAX = 256


class Committed(msgspec.Struct, frozen=True):
    """Events that are durable, in order."""

    last_seq: int
    events: Sequence[Event]


class Feed:
    """Publish and listen, on one event loop."""

    def __init__(self) -> None:
        self._listeners: dict[MemoryObjectSendStream[Committed | None], bool] = {}

    def publish(self, committed: Committed) -> None:
        """Tell all listeners; never waits."""
        for stream, overrun in list(self._listeners.items()):
            try:
                stream.send_nowait(None if overrun else committed)
                self._listeners[stream] = False
            except anyio.WouldBlock:
                self._listeners[stream] = True

    @contextmanager
    def listen(self) -> Iterator[MemoryObjectReceiveStream[Committed | None]]:
        """A stream of commits; None in it means: some were left out, read the state anew."""
        send, receive = anyio.create_memory_object_stream[Committed | None](LISTENER_BUFFER_MAX)
        self._listeners[send] = False
        try:
            with send, receive:
                yield receive
        finally:
            self._listeners.pop(send, None)
