"""Who is connected: the open sockets of one instance, by visitor.

What lives here: counting and finding, no I/O. It is lost with the process; pages connect again by themselves.
"""

from __future__ import annotations

from typing import Protocol

import anyio

from omniroute.channels.webchat.frames import Entry, Waiting
from omniroute.errors import Busy

VISITOR_SOCKETS_MAX = 10
"""So many pages of one visitor are served at a time."""


class Listener(Protocol):
    """One open socket, as the hub knows it."""

    def show(self, entry: Entry) -> None:
        """Pass one entry on to the page; never waits."""
        ...

    def tell(self, waiting: Waiting) -> None:
        """Say how the visitor waits; never waits."""
        ...

    def stop(self, code: int, reason: str) -> None:
        """Begin to close; never waits."""
        ...


class Hub:
    """The sockets of one instance."""

    def __init__(self, sockets_max: int) -> None:
        self._sockets_max = sockets_max
        self._sockets: set[Listener] = set()
        self._rooms: dict[str, set[Listener]] = {}
        self._emptied = anyio.Event()
        self._open = False

    def open(self) -> None:
        """From now on sockets are taken."""
        self._open = True

    @property
    def has_room(self) -> bool:
        """Whether one more socket can be taken."""
        return self._open and len(self._sockets) < self._sockets_max

    def enter(self, socket: Listener) -> None:
        """A socket has been accepted; who it is will be known later."""
        self._sockets.add(socket)

    def join(self, visitor: str, socket: Listener) -> None:
        """Send that visitor's entries to this socket, too. Raises `Busy` when there are too many of them."""
        room = self._rooms.setdefault(visitor, set())
        if len(room) >= VISITOR_SOCKETS_MAX:
            raise Busy("too many pages are open", retry_after_s=30)
        room.add(socket)

    def leave(self, visitor: str, socket: Listener) -> None:
        """A socket is gone; an unknown one is nobody's loss."""
        self._sockets.discard(socket)
        room = self._rooms.get(visitor, set())
        room.discard(socket)
        if not room:
            self._rooms.pop(visitor, None)
        if not self._sockets:
            self._emptied.set()

    def show(self, visitor: str, entry: Entry) -> int:
        """Pass an entry on to all pages of a visitor; returns how many there are."""
        room = tuple(self._rooms.get(visitor, ()))
        for socket in room:
            socket.show(entry)
        return len(room)

    def tell(self, visitor: str, waiting: Waiting) -> None:
        """Say to all pages of a visitor how they wait."""
        for socket in tuple(self._rooms.get(visitor, ())):
            socket.tell(waiting)

    def is_here(self, visitor: str) -> bool:
        """Whether a page of that visitor is open."""
        return visitor in self._rooms

    async def close(self, code: int, reason: str) -> None:
        """Take no more sockets, end the present ones and wait until they are gone."""
        self._open = False
        self._emptied = anyio.Event()
        for socket in tuple(self._sockets):
            socket.stop(code, reason)
        if self._sockets:
            await self._emptied.wait()
