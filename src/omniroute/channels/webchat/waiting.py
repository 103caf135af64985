"""Who waits and watches: tells the open pages of each visitor how long it takes until somebody answers.

What lives here: one watch for each visitor, from a message to the moment at which an operator has the matter, as long
as a page of theirs is open. A visitor is told of their own session and of no other.
"""

from __future__ import annotations

from contextlib import aclosing

import anyio
from anyio.abc import TaskGroup

from omniroute.channels.contract import ChannelContext
from omniroute.channels.webchat.frames import Waiting, waiting_of
from omniroute.channels.webchat.hub import Hub, Listener

SERVED = Waiting(0)


class _Watch:
    """One visitor: what has come since, and what was told last."""

    def __init__(self, raw_id: int) -> None:
        self.raw_id = raw_id
        self.again = True
        self.told: Waiting | None = None
        self.scope = anyio.CancelScope()


class WaitingRoom:
    """The watches of one instance; lost with the process, begun anew by pages that connect again."""

    def __init__(self, context: ChannelContext, hub: Hub) -> None:
        self._context = context
        self._hub = hub
        self._watches: dict[str, _Watch] = {}
        self._tasks: TaskGroup | None = None

    async def serve(self) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                await anyio.sleep_forever()
            finally:
                self._tasks = None

    def watch(self, visitor: str, raw_id: int = 0) -> None:
        """Begin, if nobody does yet; what was received as ``raw_id`` may have begun a new waiting."""
        known = self._watches.get(visitor)
        if known is not None:
            known.raw_id, known.again = max(known.raw_id, raw_id), True
        elif self._tasks is not None:
            self._watches[visitor] = watch = _Watch(raw_id)
            self._tasks.start_soon(self._follow, visitor, watch)

    def join(self, visitor: str, page: Listener) -> None:
        """One more page of a visitor wants to know."""
        known = self._watches.get(visitor)
        if known is None:
            self.watch(visitor)
        elif known.told is not None:
            page.tell(known.told)

    def leave(self, visitor: str) -> None:
        """A page is gone; with the last one the watch ends."""
        known = self._watches.get(visitor)
        if known is not None and not self._hub.is_here(visitor):
            del self._watches[visitor]
            known.scope.cancel()

    async def _follow(self, visitor: str, watch: _Watch) -> None:
        with watch.scope:
            while watch.again:
                watch.again = False
                await self._tell(visitor, watch)
        if self._watches.get(visitor) is watch:
            del self._watches[visitor]

    async def _tell(self, visitor: str, watch: _Watch) -> None:
        async with aclosing(self._context.watch_waiting(visitor, watch.raw_id)) as values:
            async for value in values:
                watch.told = waiting_of(value)
                self._hub.tell(visitor, watch.told)
        if watch.told is not None:
            watch.told = None
            self._hub.tell(visitor, SERVED)
