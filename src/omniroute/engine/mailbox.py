"""The mailbox: how commands reach the writer, with back-pressure.

What lives here: the request, and admission. Overload is designed: as the mailbox fills, first new conversations are
refused, then everything that comes from outside but belongs to nothing open; operators and timers always get through.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from enum import IntEnum

import anyio

from omniroute.core.commands import Command
from omniroute.core.events import Event
from omniroute.core.permissions import Actor
from omniroute.core.state import State
from omniroute.engine.cells import Cells
from omniroute.errors import Busy
from omniroute.journal.contract import Write

CAPACITY = 4096
"""Requests that may wait."""


class Urgency(IntEnum):
    """Who is let in while the mailbox fills: each class up to its share of `CAPACITY`.

    ``ENGINE`` is for timers, deliveries and quarantine: refusing them would only move the overload. Each such task
    waits for its answer before it sends the next command, so their number is bounded by that of the tasks.
    """

    NEW = 0
    OPEN = 1
    INSIDE = 2
    ENGINE = 3


SHARE = {Urgency.NEW: 0.5, Urgency.OPEN: 0.75, Urgency.INSIDE: 1.0, Urgency.ENGINE: math.inf}

Prepare = Callable[[State, Cells], Command]
Contents = Callable[[Sequence[Event]], Sequence[Write]]


class Request:
    """One command on its way. ``prepare`` runs on the writer just before deciding, so that its look-ups are exact."""

    __slots__ = ("actor", "contents", "done", "error", "events", "prepare", "seq")

    def __init__(self, actor: Actor, prepare: Prepare, contents: Contents | None) -> None:
        self.actor = actor
        self.prepare = prepare
        self.contents = contents
        self.done = anyio.Event()
        self.error: Exception | None = None
        self.events: Sequence[Event] = ()
        self.seq = 0

    def finish(self, error: Exception | None = None) -> None:
        """Give the caller the answer."""
        self.error = error
        self.done.set()

    async def outcome(self) -> Sequence[Event]:
        """Wait until it is durable; raises what the command raised. Cancelling stops the waiting only."""
        await self.done.wait()
        if self.error is not None:
            raise self.error
        return self.events


class Mailbox:
    """A bounded line of requests for one reader."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._line: deque[Request] = deque()
        self._filled = anyio.Event()

    def __len__(self) -> int:
        return len(self._line)

    def admit(self, urgency: Urgency) -> None:
        """Raise `Busy` when this class of requests has to wait outside."""
        if len(self._line) >= self._capacity * SHARE[urgency]:
            raise Busy

    def put(self, request: Request, urgency: Urgency) -> None:
        """Add a request, or raise `Busy`; nothing was taken then. Never waits."""
        self.admit(urgency)
        self._line.append(request)
        self._filled.set()

    async def take(self) -> Request:
        """The next request, in order of arrival."""
        while not self._line:
            self._filled = anyio.Event()
            await self._filled.wait()
        return self._line.popleft()

    def drain(self) -> list[Request]:
        """Take everything that waits."""
        waiting = list(self._line)
        self._line.clear()
        return waiting
