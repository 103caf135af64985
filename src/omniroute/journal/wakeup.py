"""How a plain thread lets tasks of the event loop go on, on asyncio and on trio.

The writer thread must never wait for the loop, so this posts a callback and goes on (`anyio.from_thread` would wait
for its result). A task waits by awaiting a promise; it may go away, the promise does not mind. No knowledge of
journals here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from functools import partial
from typing import Any, Protocol, cast

import anyio
import anyio.lowlevel


class Wakeup(Protocol):
    """The way into one event loop."""

    def promise(self) -> Awaitable[None]:
        """Return what one task will await."""
        ...

    def call_soon(self, callback: Callable[[], object], /) -> object:
        """From the loop's own thread: run it after the tasks that are ready now."""
        ...

    def keep(self, promises: Sequence[Awaitable[None]]) -> None:
        """From any thread: let the waiting tasks go on.

        Nothing happens where the loop has ended: nobody waits there.
        """
        ...


class AsyncioWakeup:
    """`Wakeup` for asyncio and its kin (uvloop). A promise is a bare future: an event would cost twice the time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.promise: Callable[[], Awaitable[None]] = loop.create_future
        self.call_soon: Callable[[Callable[[], object]], object] = loop.call_soon

    def keep(self, promises: Sequence[Awaitable[None]]) -> None:
        try:
            self._loop.call_soon_threadsafe(_set_results, cast("Sequence[asyncio.Future[None]]", promises))
        except RuntimeError:
            if not self._loop.is_closed():
                raise


def _set_results(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


class TrioWakeup:
    """`Wakeup` for trio; ``token`` is a ``trio.lowlevel.TrioToken``."""

    def __init__(self, token: Any) -> None:
        self._token = token
        self.promise: Callable[[], Awaitable[None]] = EventPromise
        self.call_soon: Callable[[Callable[[], object]], object] = token.run_sync_soon

    def keep(self, promises: Sequence[Awaitable[None]]) -> None:
        try:
            self._token.run_sync_soon(partial(_set_events, cast("Sequence[EventPromise]", promises)))
        except RuntimeError as error:
            if type(error).__name__ != "RunFinishedError":
                raise


class EventPromise:
    """A promise for any event loop that anyio knows."""

    def __init__(self) -> None:
        self.event = anyio.Event()

    def __await__(self) -> Generator[Any, Any, None]:
        return self.event.wait().__await__()


def _set_events(promises: Sequence[EventPromise]) -> None:
    for promise in promises:
        promise.event.set()


def current_wakeup() -> Wakeup:
    """Return the way into the event loop that runs now."""
    native = anyio.lowlevel.current_token().native_token
    if isinstance(native, asyncio.AbstractEventLoop):
        return AsyncioWakeup(native)
    return TrioWakeup(native)
