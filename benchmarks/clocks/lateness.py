"""How late clocks fire in the real engine, on a journal in SQLite, alone and while 200 matters a second arrive."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import structlog

from benchmarks.core.table import Table, verdict
from benchmarks.outage import (
    CONFIG,
    HOUR_MS,
    POLICIES,
    START_MS,
    Past,
    arrive,
    clock_from,
    letter,
    percentile,
    setup,
)
from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.engine.engine import Engine, running
from omniroute.journal.codec import decode_event, encode_event
from omniroute.journal.contract import Entry
from omniroute.journal.sqlite import SqliteJournal

SPAN_MS = 10_000
EVERY_S = 0.005
GOAL_MS = 20
"""For the 99th percentile under load."""
assert CONFIG.queues[0].queue_id == "old.clock"


class Promised(Past):
    """Matters whose first response falls due one after the other, from the moment at which the engine starts."""

    def __init__(self, clocks: int) -> None:
        super().__init__(0)
        self.now_ms = START_MS
        for number in range(clocks):
            self.now_ms = START_MS + number * SPAN_MS // clocks
            self.do(c.ReceiveRaw(channel="mail"))
            self.do(letter(self.state.counters.raw, "old.clock"))

    def do(self, command: c.Command) -> list[e.Event]:
        """The same at another time."""
        now_ms = getattr(self, "now_ms", START_MS)
        events = machine.handle(self.state, command, now_ms, POLICIES)
        seq = len(self.entries)
        self.entries += [Entry(seq + n, self.state.now_ms, encode_event(event)) for n, event in enumerate(events, 1)]
        return events


def measure(clocks: int, folder: Path | None) -> Table:
    """Both, one after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    rows, missed = [], False
    for load, every_s in (("nothing else", 0.0), ("200 arrivals a second", EVERY_S)):
        with tempfile.TemporaryDirectory(prefix="clocks-", dir=folder) as place:
            late = asyncio.run(_run(Path(place) / "clocks.db", clocks, every_s))
        bad = bool(every_s) and percentile(late, 0.99) > GOAL_MS
        missed |= bad
        figures = [f"{percentile(late, part):.0f}" for part in (0.5, 0.99, 1.0)]
        rows.append([load, f"{len(late):,}", *figures, verdict(missed=bad) if every_s else ""])
    headings = ("a breach is late by, ms", "clocks", "p50", "p99", "max", f"p99 ≤ {GOAL_MS}")
    return Table(f"Lateness: {clocks:,} clocks that fall due within {SPAN_MS // 1000} s", headings, rows, missed)


async def _run(path: Path, clocks: int, every_s: float) -> list[int]:
    past = Promised(clocks)
    await past.keep(SqliteJournal(path))
    start_ms = START_MS + HOUR_MS - 1_000  # the first one falls due after a second
    async with running(setup(path), clock_from(start_ms)) as engine:
        until_ms, arrivals = start_ms + SPAN_MS + 2_000, list[asyncio.Task[float]]()
        while engine.writer.clock.now_ms() < until_ms:
            if every_s:
                arrivals.append(asyncio.create_task(arrive(engine)))
            await asyncio.sleep(every_s or 0.1)
        await asyncio.gather(*arrivals)
        late = await _late(engine, past)
    assert len(late) == clocks, f"{len(late)} of {clocks} clocks were breached"
    return late


async def _late(engine: Engine, past: Past) -> list[int]:
    """Milliseconds between the deadline and the moment of the breach, for each."""
    due = {number: matter.clocks[0].due_ms for number, matter in past.state.conversations.items()}
    late, seq, journal = list[int](), len(past.entries), engine.writer.journal
    while entries := await journal.read(seq, 5_000):
        seq = entries[-1].seq
        for event in (decode_event(entry.data) for entry in entries):
            if isinstance(event, e.ClockEnded) and event.outcome == "breached":
                late.append(event.at_ms - due[event.conversation_id])
    return late
