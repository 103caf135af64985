"""A `ChannelContext` for tests: records, refuses and holds back on demand; it never touches an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import anyio
import anyio.lowlevel
import structlog

from omniroute.channels.contract import Health, RawInput, ThreadEntry, Waiting


class FakeContext:
    """Stands in for the engine behind one channel instance.

    ``received`` are the raw inputs that were taken, in order. Set ``error`` (or put it under an account in ``errors``)
    to make `receive` raise it. With ``hold()`` every `receive` waits at a gate until ``release()``: what the channel
    acknowledges before that was acknowledged too early. ``at_gate`` counts those that wait there, ``entered`` is set
    once the first has come. ``line`` says how sessions wait (see `stand`).
    """

    def __init__(self, instance: str = "x", now_ms: int = 1_700_000_000_000) -> None:
        self._instance = instance
        self._now_ms = now_ms
        self._gate = anyio.Event()
        self._gate.set()
        self._arrived: list[anyio.Event] = []
        self.entered = anyio.Event()
        self.received: list[RawInput] = []
        self.error: Exception | None = None
        self.errors: dict[str, Exception] = {}
        self.at_gate = 0
        self.slept_ms: list[int] = []
        self.thread_entries: list[ThreadEntry] = []
        self.thread_calls: list[tuple[str, int]] = []
        self.health: list[Health] = []
        self.line: dict[str, Waiting] = {}
        self._line_changed = anyio.Event()

    @property
    def instance(self) -> str:
        return self._instance

    @property
    def log(self) -> structlog.stdlib.BoundLogger:
        logger: structlog.stdlib.BoundLogger = structlog.get_logger().bind(instance=self._instance)
        return logger

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, duration_ms: int) -> None:
        """Move the engine's clock on."""
        self._now_ms += duration_ms

    async def sleep(self, duration_ms: int) -> None:
        """Virtual: the clock moves on at once; the loop gets one turn."""
        self.slept_ms.append(duration_ms)
        self.advance(duration_ms)
        await anyio.lowlevel.checkpoint()

    def hold(self) -> None:
        """Close the gate: `receive` waits until `release`."""
        self._gate = anyio.Event()
        self.entered = anyio.Event()

    def release(self) -> None:
        """Open the gate."""
        self._gate.set()

    async def receive(self, raw: RawInput) -> int:
        self.at_gate += 1
        self.entered.set()
        try:
            await self._gate.wait()
        finally:
            self.at_gate -= 1
        error = self.errors.get(raw.account, self.error)
        if error is not None:
            raise error
        self.received.append(raw)
        for event in self._arrived:
            event.set()
        self._arrived.clear()
        return len(self.received)

    async def wait_received(self, count: int) -> list[RawInput]:
        """Wait until so many inputs were taken; wrap it in ``anyio.fail_after`` where that may never be."""
        while len(self.received) < count:
            event = anyio.Event()
            self._arrived.append(event)
            await event.wait()
        return self.received

    async def thread(self, session_key: str, after_interaction_id: int = 0) -> Sequence[ThreadEntry]:
        self.thread_calls.append((session_key, after_interaction_id))
        await anyio.lowlevel.checkpoint()
        return [e for e in self.thread_entries if e.interaction_id > after_interaction_id]

    def stand(self, session_key: str, waiting: Waiting | None) -> None:
        """Say how a session waits from now on; None: it is served."""
        if waiting is None:
            self.line.pop(session_key, None)
        else:
            self.line[session_key] = waiting
        self._line_changed.set()
        self._line_changed = anyio.Event()

    async def waiting(self, session_key: str) -> Waiting | None:
        return self.line.get(session_key)

    async def watch_waiting(self, session_key: str, raw_id: int = 0) -> AsyncGenerator[Waiting, None]:
        told, changed = None, self._line_changed
        told = None
        while True:
            changed, now = self._line_changed, self.line.get(session_key)
            if now is None:
                return
            if now != told:
                told = now
                yield now
            await changed.wait()

    def set_health(self, health: Health) -> None:
        self.health.append(health)
