"""Who has a desk open: the first one of an operator connects them, the last one to go begins their lease.

What lives here: counting, and the two commands that follow from it. A desk that closes must never fail for it, and when
the daemon itself stops, nobody has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog

from omniroute.core.commands import Command, ConnectOperator, DisconnectOperator
from omniroute.core.permissions import SYSTEM
from omniroute.engine.mailbox import Urgency
from omniroute.engine.writer import Writer
from omniroute.errors import OmniRouteError

SUBMIT_TIMEOUT_S = 10
"""How long a closing desk waits for its command; the engine may have stopped meanwhile."""

log = structlog.get_logger("omniroute.desks")


class OpenDesks:
    """Open desks by operator. The commands are the engine's own, so that overload refuses none of them."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._open: Counter[str] = Counter()
        self._stopping = False

    @asynccontextmanager
    async def opened(self, operator_id: str) -> AsyncIterator[None]:
        """A desk of the operator is open inside the block; nothing is counted for people who handle no work."""
        if operator_id not in self._writer.state.operators:
            yield
            return
        self._open[operator_id] += 1
        try:
            if self._open[operator_id] == 1:
                await self._tell(ConnectOperator(operator_id=operator_id))
            yield
        finally:
            await self._closed(operator_id)

    def stop(self) -> None:
        """The daemon stops: desks that close from now on are no absence."""
        self._stopping = True

    async def _closed(self, operator_id: str) -> None:
        self._open[operator_id] -= 1
        if self._open[operator_id] > 0:
            return
        del self._open[operator_id]
        if not self._stopping:
            await self._tell(DisconnectOperator(operator_id=operator_id))

    async def _tell(self, command: Command) -> None:
        """Posted at once, so that going and coming stay in order; waited for even when the socket is cancelled."""
        request = self._writer.post(SYSTEM, command, urgency=Urgency.ENGINE)
        try:
            with anyio.CancelScope(shield=True), anyio.fail_after(SUBMIT_TIMEOUT_S):
                await request.outcome()
        except (OmniRouteError, TimeoutError) as failure:
            log.warning("desk_not_counted", command=type(command).__name__, error=type(failure).__name__)
