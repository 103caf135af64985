"""The timekeeper: one task a concern, asleep until its next deadline. Nothing polls.

What lives here: sleeping and waking, and how much fires at once. What a deadline does is the core's (`machine`, command
`FireDue`): an offer expires in ``core/offers.py``, a clock is breached in ``core/sla.py``.

After an outage 100,000 deadlines may be overdue. They fire in slices that take about `SLICE_MS`, and the timekeepers
take turns: one slice is on its way to the disk at any time, so a customer who arrives waits for at most one.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import structlog

from omniroute.core import machine
from omniroute.core.commands import FireDue
from omniroute.core.deadlines import Concern
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import State
from omniroute.engine.cells import Cells
from omniroute.engine.mailbox import Urgency
from omniroute.engine.ports import Spawn
from omniroute.engine.writer import Writer
from omniroute.errors import JournalError, JournalFull, OmniRouteError
from omniroute.journal.contract import Write

SLICE = 64
"""Deadlines that fire in one command at most, however quickly they do."""
SLICE_FIRST = 16
SLICE_MS = 1
"""What a slice may take; the next one is half as large if it took longer, twice as large if it took less."""
FULL_DISK_PAUSE_MS = 5_000
BUG_PAUSE_FIRST_MS = 1_000
BUG_PAUSE_MAX_MS = 60_000

log = structlog.get_logger("omniroute.timekeeper")


def start(spawn: Spawn, writer: Writer) -> None:
    """One task for each concern."""
    for concern in Concern:
        spawn.start(f"timekeeper-{concern}", keep, writer, concern)


async def keep(writer: Writer, concern: Concern) -> None:
    """Fire what is due, oldest first, then sleep until the next deadline or until an earlier one appears.

    Where a slice fails by a bug, its deadlines fire one by one; where the oldest alone fails, the concern pauses,
    longer each time, and the others go on.
    """
    size, alone, pause_ms = SliceSize(), False, BUG_PAUSE_FIRST_MS
    while True:
        due_ms = machine.next_deadline_ms(writer.state, concern)
        if due_ms is None or due_ms > writer.clock.now_ms():
            alone = False
            await _sleep(writer, concern, due_ms)
            continue
        try:
            await _fire(writer, concern, size, alone=alone)
        except JournalFull:
            await writer.clock.sleep_until(writer.clock.now_ms() + FULL_DISK_PAUSE_MS)
        except JournalError:
            raise
        except OmniRouteError as bug:
            log.warning("deadline_failed", concern=concern, alone=alone, code=bug.code)  # the writer has logged where
            if alone:
                await writer.clock.sleep_until(writer.clock.now_ms() + pause_ms)
                pause_ms = min(pause_ms * 2, BUG_PAUSE_MAX_MS)
            alone = True
        else:
            pause_ms = BUG_PAUSE_FIRST_MS


class SliceSize:
    """How many deadlines of a concern fire at once: what it learns from how long they took, by the engine's clock.

    Where time stands still while a command is decided, as in a simulation, the size depends on their number alone.
    """

    def __init__(self) -> None:
        self.limit = SLICE_FIRST

    def learn(self, took_ms: int) -> None:
        """A whole slice took so long."""
        if took_ms > SLICE_MS:
            self.limit = max(1, self.limit // 2)
        elif took_ms < SLICE_MS:
            self.limit = min(SLICE, self.limit * 2)


async def _fire(writer: Writer, concern: Concern, size: SliceSize, *, alone: bool) -> None:
    """Let one slice take effect; returns when it is durable."""
    begun_ms = 0

    def begin(_: State, __: Cells) -> FireDue:
        nonlocal begun_ms
        begun_ms = writer.clock.now_ms()
        return FireDue(concern=concern, limit=1 if alone else min(SLICE, size.limit))

    def end(_: Sequence[Event]) -> Sequence[Write]:
        if not alone:
            size.learn(writer.clock.now_ms() - begun_ms)
        return ()

    async with writer.timers_turn:
        await writer.submit(SYSTEM, begin, end, Urgency.ENGINE)


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
