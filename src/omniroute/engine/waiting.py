"""How customers wait, as channels may tell them: position and estimate of the newest matter of a session.

What lives here: finding the item that a session waits with, and watching it by the feed of commits. The estimate itself
is made in `omniroute.core.estimates`. Nothing is polled; what nobody watches costs nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from omniroute.channels.contract import Waiting
from omniroute.core.estimates import estimate, position
from omniroute.core.model import ItemState, WorkItem
from omniroute.core.state import State
from omniroute.engine.feed import Committed
from omniroute.engine.writer import Writer
from omniroute.errors import JournalFull

WAITING_EVERY_MS = 2_000
"""A session is told at most once in so long."""

_WAITS = (ItemState.QUEUED, ItemState.OFFERED, ItemState.CONNECTING)
_SERVED = (ItemState.ASSIGNED, ItemState.PARKED)

Commits = MemoryObjectReceiveStream[Committed | None]


def waiting_item(state: State, instance: str, session_key: str) -> WorkItem | None:
    """The item that the customer of a session waits with.

    None where an operator has the matter, or where the customer was told that they are answered later.
    """
    number = state.by_session.get((instance, session_key)) if session_key else None
    matter = state.conversations.get(number) if number else None
    if matter is None:
        return None
    items = state.work_of(matter)
    if any(item.state in _SERVED for item in items):
        return None
    waits = (item for item in items if item.state in _WAITS and not item.handoff_id and not item.outcome)
    return next(waits, None)


def waiting_of(state: State, item: WorkItem) -> Waiting:
    """What a customer may know; seconds are rounded outwards. Whoever is being offered or connected is next."""
    if item.state is not ItemState.QUEUED:
        return Waiting(1)
    found = estimate(state, item)
    if found is None:
        return Waiting(position(state, item), staffed=False)
    return Waiting(found.position, found.low_ms // 1000, -(-found.high_ms // 1000), found.percent)


class WaitingLine:
    """The waiting customers of one channel instance."""

    def __init__(self, writer: Writer, instance: str) -> None:
        self._writer = writer
        self._instance = instance

    async def present(self, session_key: str) -> Waiting | None:
        """How it is, once that is durable."""
        while True:
            state = self._writer.state
            item = waiting_item(state, self._instance, session_key)
            seen = waiting_of(state, item) if item else None
            with contextlib.suppress(JournalFull):  # what was looked at has never happened: look again
                await self._writer.barrier()
                return seen

    async def watch(self, session_key: str, raw_id: int) -> AsyncGenerator[Waiting, None]:
        """See `omniroute.channels.contract.ChannelContext.watch_waiting`."""
        clock, told = self._writer.clock, None
        with self._writer.feed.listen() as commits:
            await self._registered(commits, raw_id)
            while (seen := await self.present(session_key)) is not None:
                looked_ms = clock.now_ms()
                if seen != told:
                    told = seen
                    yield seen
                await clock.sleep_until(looked_ms + WAITING_EVERY_MS)
                await _next_commit(commits)

    async def _registered(self, commits: Commits, raw_id: int) -> None:
        """Wait until an input has become work, or has been set aside."""
        while raw_id in self._writer.state.pending_raws:
            await commits.receive()


async def _next_commit(commits: Commits) -> None:
    """Wait for one, unless there were some meanwhile; several are one."""
    await commits.receive()
    with contextlib.suppress(anyio.WouldBlock):
        while True:
            commits.receive_nowait()
