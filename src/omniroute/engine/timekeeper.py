"""The timekeeper: one task a concern, asleep until its next deadline. Nothing polls.

What lives here: sleeping and waking. What a deadline does is the core's (`machine`, command `FireDue`): an offer
expires in ``core/offers.py``, a clock is breached in ``core/sla.py``.
"""

from __future__ import annotations

import anyio
import structlog

from omniroute.core import machine
from omniroute.core.commands import FireDue
from omniroute.core.deadlines import Concern
from omniroute.core.permissions import SYSTEM
from omniroute.engine.mailbox import Urgency
from omniroute.engine.ports import Spawn
from omniroute.engine.writer import Writer
from omniroute.errors import JournalError, JournalFull, OmniRouteError

SLICE = 256
"""Deadlines that fire in one command: 100,000 overdue timers do not stall a ring."""
FULL_DISK_PAUSE_MS = 5_000
BUG_PAUSE_FIRST_MS = 1_000
BUG_PAUSE_MAX_MS = 60_000

log = structlog.get_logger("omniroute.timekeeper")


def start(spawn: Spawn, writer: Writer) -> None:
    """One task for each concern."""
    for concern in Concern:
        spawn.start(f"timekeeper-{concern}", keep, writer, concern)


async def keep(writer: Writer, concern: Concern) -> None:
    """Fire what is due, then sleep until the next deadline or until an earlier one appears.

    Where a slice fails by a bug, its deadlines fire one by one; where the oldest alone fails, the concern pauses,
    longer each time, and the others go on.
    """
    limit, pause_ms = SLICE, BUG_PAUSE_FIRST_MS
    while True:
        due_ms = machine.next_deadline_ms(writer.state, concern)
        if due_ms is None or due_ms > writer.clock.now_ms():
            limit = SLICE
            await _sleep(writer, concern, due_ms)
            continue
        try:
            await writer.submit(SYSTEM, FireDue(concern=concern, limit=limit), urgency=Urgency.ENGINE)
        except JournalFull:
            await writer.clock.sleep_until(writer.clock.now_ms() + FULL_DISK_PAUSE_MS)
        except JournalError:
            raise
        except OmniRouteError as bug:
            log.warning("deadline_failed", concern=concern, limit=limit, code=bug.code)  # the writer has logged where
            if limit == 1:
                await writer.clock.sleep_until(writer.clock.now_ms() + pause_ms)
                pause_ms = min(pause_ms * 2, BUG_PAUSE_MAX_MS)
            limit = 1
        else:
            pause_ms = BUG_PAUSE_FIRST_MS


async def _sleep(writer: Writer, concern: Concern, due_ms: int | None) -> None:
    """Return at the deadline or when the bell rings; it is listened to from the very first moment."""
    alarm = writer.alarms[concern]
    alarm.due_ms, bell = due_ms, alarm.bell
    async with anyio.create_task_group() as group:

        async def wake(at_ms: int) -> None:
            await writer.clock.sleep_until(at_ms)
            group.cancel_scope.cancel()

        if due_ms is not None:
            group.start_soon(wake, due_ms)
        await bell.wait()
        group.cancel_scope.cancel()
