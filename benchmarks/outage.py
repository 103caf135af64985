"""What new customers feel while 100,000 timers that ran out during an outage take effect.

The engine starts on a journal in SQLite in which clocks, steps of relaxation, overflows, snoozes and back-offs are
overdue for hours. While they drain, matters arrive in a queue of their own, 200 a second; before, they arrive in an
engine on the same journal with nothing overdue. An arrival is measured from its first command to its durable offer.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.permissions import SYSTEM
from omniroute.core.references import ALPHABET, LENGTH, from_numbers
from omniroute.core.rules import (
    ChannelRule,
    CoreConfig,
    DepartmentRule,
    Overflow,
    OverflowCause,
    QueueRule,
    Relaxation,
    Requirement,
)
from omniroute.core.state import State
from omniroute.engine.classify import Classifier
from omniroute.engine.engine import Engine, Setup, running
from omniroute.engine.mailbox import Urgency
from omniroute.engine.ports import SystemClock
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Entry, Snapshot
from omniroute.journal.sqlite import SqliteJournal
from omniroute.policies.longest_idle import LongestIdle

START_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
EVERY_S = 0.005
"""Between two arrivals."""
BEFORE = 400
"""Arrivals without anything overdue."""
DESKS = 50
DOWN_MS = 3 * HOUR_MS
GOAL_MS = 20.0
"""For the 99th percentile of arrivals, and of what holds the loop, while timers drain."""
POLICIES = {"longest_idle": LongestIdle()}
OLD = ("old.clock", "old.relax", "old.overflow", "old.snooze", "old.backoff")


def queue(queue_id: str, **fields: object) -> QueueRule:
    department_id = queue_id.split(".", maxsplit=1)[0]
    return QueueRule(queue_id, department_id, "longest_idle", 20_000, HOUR_MS, 60_000, 0, 300_000, **fields)  # type: ignore[arg-type]


CONFIG = CoreConfig(
    departments=(DepartmentRule("old", "old.clock"), DepartmentRule("new", "new.letters")),
    queues=(
        QueueRule("old.clock", "old", "longest_idle", 20_000, HOUR_MS, 60_000, HOUR_MS, 300_000),
        queue("old.relax", relaxations=tuple(Relaxation(HOUR_MS, lower=(Requirement("tech", n),)) for n in (3, 2, 1))),
        queue("old.overflow", overflows=(Overflow(OverflowCause.WAIT, HOUR_MS, "old.late"),)),
        queue("old.late"),
        queue("old.snooze"),
        queue("old.backoff"),
        queue("new.letters", auto_accept=True),
    ),
    channels=(ChannelRule("mail", 1),),
)


def letter(raw_id: int, queue_id: str) -> c.RegisterInteraction:
    base = len(ALPHABET)
    requirements = (Requirement("tech", 9),) if queue_id == "old.relax" else ()
    return c.RegisterInteraction(
        raw_id=raw_id,
        channel="mail",
        kind=InteractionKind.MESSAGE,
        classification=c.Classification(queue_id.split(".", maxsplit=1)[0], queue_id, requirements=requirements),
        reference=from_numbers(raw_id // base**place % base for place in range(LENGTH)),
    )


class Past:
    """What happened before the outage; ``entries`` are its record."""

    def __init__(self, timers: int) -> None:
        self.state = State()
        self.entries: list[Entry] = []
        self.do(c.ApplyConfig(config=CONFIG))
        self.put("olga", "old", ("old.snooze",))
        self.put("otto", "old", ("old.backoff",))
        share = timers // len(OLD)
        for queue_id in OLD:
            for _ in range(share // 3 if queue_id == "old.relax" else share):
                self.arrive(queue_id)
        for operator_id in ("olga", "otto"):
            self.do(c.SetPresence(operator_id=operator_id, presence=Presence.AWAY))
        self.put("oda", "old", capacity=5)
        for number in range(DESKS):
            self.put(f"new{number}", "new", capacity=1_000_000)

    def put(self, operator_id: str, department_id: str, queues: tuple[str, ...] = (), capacity: int = 9) -> None:
        self.do(
            c.PutOperator(
                operator_id=operator_id, departments=(department_id,), skills={}, capacity_units=capacity, queues=queues
            )
        )
        self.do(c.SetPresence(operator_id=operator_id, presence=Presence.AVAILABLE))

    def arrive(self, queue_id: str) -> None:
        self.do(c.ReceiveRaw(channel="mail"))
        events = self.do(letter(self.state.counters.raw, queue_id))
        for offer in (event for event in events if isinstance(event, e.OfferMade)):
            if queue_id == "old.backoff":
                self.do(c.DeclineOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
                continue
            self.do(c.AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
            until_ms = START_MS + HOUR_MS
            self.do(c.SnoozeItem(work_item_id=offer.work_item_id, operator_id=offer.operator_id, until_ms=until_ms))

    def do(self, command: c.Command) -> list[e.Event]:
        events = machine.handle(self.state, command, START_MS, POLICIES)
        seq = len(self.entries)
        self.entries += [Entry(seq + n, self.state.now_ms, encode_event(event)) for n, event in enumerate(events, 1)]
        return events

    async def keep(self, journal: SqliteJournal) -> None:
        await journal.open("benchmark")
        for start in range(0, len(self.entries), 5_000):
            await journal.append(self.entries[start : start + 5_000])
        await journal.put_snapshot(Snapshot(len(self.entries), self.state.encode()))
        await journal.close()


def overdue(engine: Engine) -> int:
    """How many deadlines have passed; an item has one step of relaxation at a time, though three are overdue."""
    now_ms = engine.writer.clock.now_ms()
    indexes = engine.writer.state.deadlines.values()
    return sum(due_ms <= now_ms for index in indexes for due_ms in index.live.values())


class Run(NamedTuple):
    """Milliseconds: of arrivals, of the loop's lag, and of the processor that the loop used at one go."""

    arrivals: list[float]
    lags: list[float]
    busy: list[float]
    seconds: float


async def arrive(engine: Engine) -> float:
    """Milliseconds from the arrival to its durable offer."""
    writer, begun = engine.writer, time.perf_counter()
    (received,) = await writer.submit(SYSTEM, c.ReceiveRaw(channel="mail"), urgency=Urgency.NEW)
    assert isinstance(received, e.RawReceived)
    events = await writer.submit(SYSTEM, letter(received.raw_id, "new.letters"))
    assert any(isinstance(event, e.OfferMade) for event in events), "nobody got it"
    return (time.perf_counter() - begun) * 1_000


async def measured(engine: Engine, finished: Callable[[int], bool]) -> Run:
    """Let matters arrive until it is finished; looks at the loop meanwhile."""
    arrivals: list[asyncio.Task[float]] = []
    lags: list[float] = []
    busy: list[float] = []
    watching = asyncio.create_task(watch(lags, busy))
    begun = time.perf_counter()
    while not finished(len(arrivals)):
        arrivals.append(asyncio.create_task(arrive(engine)))
        await asyncio.sleep(EVERY_S)
    seconds = time.perf_counter() - begun
    took = await asyncio.gather(*arrivals)
    watching.cancel()
    return Run(list(took), lags, busy, seconds)


async def watch(lags: list[float], busy: list[float]) -> None:
    """How late a nap of a millisecond ends; and how much of that is the loop's own work, whoever else runs here."""
    while True:
        begun, used = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        lags.append((time.perf_counter() - begun) * 1_000 - 1)
        busy.append((time.thread_time() - used) * 1_000)


def clock_from(start_ms: int) -> SystemClock:
    """The machine's clock, moved so that it is ``start_ms`` now."""
    offset_ms = start_ms - time.monotonic_ns() // 1_000_000
    return SystemClock(lambda: offset_ms + time.monotonic_ns() // 1_000_000)


def setup(path: Path) -> Setup:
    return Setup(SqliteJournal(path), CONFIG, POLICIES, lambda _: (), Classifier({}, {}), (), {})


async def measure(path: Path, timers: int, arrivals: int) -> tuple[Run, Run]:
    """Without and with overdue timers."""
    past = Past(timers)
    await past.keep(SqliteJournal(path))
    async with running(setup(path), clock_from(START_MS)) as engine:
        assert overdue(engine) == 0
        before = await measured(engine, lambda done: done >= arrivals)
    async with running(setup(path), clock_from(START_MS + DOWN_MS)) as engine:
        print(f"{len(engine.writer.state.items):,} items, {overdue(engine):,} overdue deadlines")
        after = await measured(engine, lambda _: _drained(engine))
    return before, after


def _drained(engine: Engine) -> bool:
    now_ms = engine.writer.clock.now_ms()
    nexts = [machine.next_deadline_ms(engine.writer.state, concern) for concern in Concern]
    return all(due_ms is None or due_ms > now_ms for due_ms in nexts)


def percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def row(name: str, values: Sequence[float]) -> str:
    return f"{name:<42}{len(values):>8,}" + "".join(f"{percentile(values, p):>9.1f}" for p in (0.5, 0.99, 1.0))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 if the goal was missed."""
    parser = argparse.ArgumentParser(prog="outage", description=__doc__)
    parser.add_argument("--timers", type=int, default=100_000, help="how many are overdue")
    parser.add_argument("--arrivals", type=int, default=BEFORE, help="how many matters arrive before")
    parser.add_argument("--folder", type=Path, default=None, help="where to write (a real disk, not tmpfs)")
    options = parser.parse_args(argv)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="outage-", dir=options.folder) as folder:
        before, after = asyncio.run(measure(Path(folder) / "outage.db", options.timers, options.arrivals))
    print(f"{'milliseconds':<42}{'number':>8}{'p50':>9}{'p99':>9}{'max':>9}")
    for when, run in (("nothing overdue", before), ("timers drain", after)):
        print(row(f"arrival to durable offer, {when}", run.arrivals))
        print(row(f"lag of the loop, {when}", run.lags))
        print(row(f"the loop's own work at one go, {when}", run.busy))
    worst = max(percentile(after.arrivals, 0.99), percentile(after.busy, 0.99))
    print(f"drained in {after.seconds:.1f} s; goal: p99 of arrivals and of the loop's work at most {GOAL_MS:.0f} ms")
    return int(worst > GOAL_MS)
