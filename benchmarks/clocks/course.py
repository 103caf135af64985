"""Clocks through the core: microseconds for each thing that happens to one, while so many others run.

Every matter has four clocks (first response, answer, department, resolution), whose business time is that of a
calendar. What a start costs is the difference between matters with promises and matters without, in turns.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from statistics import median

from benchmarks.core.table import Table
from benchmarks.core.timing import settled
from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine, targets
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.references import ALPHABET, LENGTH, from_numbers
from omniroute.core.rules import Calendar, ChannelRule, CoreConfig, DepartmentRule, QueueRule, SlaRule, Target
from omniroute.core.state import State
from omniroute.policies.longest_idle import LongestIdle

START_MS = 1_800_000_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
EACH = 4
"""Clocks of one matter."""
SAMPLE = 1_000
ROUNDS = 5
SLICE = 256
POLICIES = {"longest_idle": LongestIdle()}
OFFICE = Calendar(
    "office",
    tuple((START_MS + day * DAY_MS, START_MS + day * DAY_MS + 10 * HOUR_MS) for day in range(-7, 800)),
    START_MS + 800 * DAY_MS,
)
PROMISES = SlaRule(
    "all",
    (
        (Target.FIRST_RESPONSE, 8 * HOUR_MS),
        (Target.ANSWER, 9 * HOUR_MS),
        (Target.DEPARTMENT, 30 * HOUR_MS),
        (Target.RESOLUTION, 40 * HOUR_MS),
    ),
    queues=("desk.waiting", "desk.served"),
    calendar_id="office",
)


def _queue(name: str, *, served: bool) -> QueueRule:
    return QueueRule(f"desk.{name}", "desk", "longest_idle", 20_000, 60_000, 0, 0, 300_000, auto_accept=served)


CONFIG = CoreConfig(
    departments=(DepartmentRule("desk", "desk.waiting"),),
    queues=(
        _queue("waiting", served=False),
        _queue("plain", served=False),
        _queue("served", served=True),
    ),
    channels=(ChannelRule("chat", 1, realtime=True),),
    calendars=(OFFICE,),
    slas=(PROMISES,),
)


class Desk:
    """The core with matters that wait, one every few milliseconds, and one operator for those that are served."""

    def __init__(self) -> None:
        self.state, self.now_ms = State(), START_MS
        self.do(c.ApplyConfig(config=CONFIG))
        self.do(
            c.PutOperator(
                operator_id="ann", departments=("desk",), skills={}, capacity_units=1_000_000, queues=("desk.served",)
            )
        )
        self.do(c.SetPresence(operator_id="ann", presence=Presence.AVAILABLE))

    @property
    def clocks(self) -> int:
        """How many run."""
        return len(self.state.deadlines[Concern.CLOCKS].live)

    def do(self, command: c.Command) -> list[e.Event]:
        """One command, at the present."""
        return machine.handle(self.state, command, self.now_ms, POLICIES)

    def arrive(self, number: int, queue_id: str) -> list[int]:
        """So many new matters; their numbers."""
        first = self.state.counters.conversation + 1
        for _ in range(number):
            self.now_ms += 7
            self.do(c.ReceiveRaw(channel="chat"))
            self.do(self._message(self.state.counters.raw, queue_id))
        return list(range(first, first + number))

    @staticmethod
    def _message(raw_id: int, queue_id: str) -> c.RegisterInteraction:
        base = len(ALPHABET)
        return c.RegisterInteraction(
            raw_id=raw_id,
            channel="chat",
            kind=InteractionKind.MESSAGE,
            classification=c.Classification("desk", queue_id),
            reference=from_numbers(raw_id // base**place % base for place in range(LENGTH)),
        )

    # ---- what is measured
    def start_us(self) -> float:
        """One clock of a new matter."""
        costs = []
        for _ in range(ROUNDS):
            plain = _us(lambda: self.arrive(SAMPLE, "desk.plain"))
            promised = _us(lambda: self.arrive(SAMPLE, "desk.waiting"))
            costs.append((promised - plain) / SAMPLE / EACH)
        return median(costs)

    def pause_us(self, matters: list[int]) -> tuple[float, float]:
        """To stop the resolution of a matter, and to let it go on; the sum in business time is part of that."""
        name = str(Target.RESOLUTION)

        def pause() -> None:
            for number in matters:
                machine.apply(self.state, e.ClockPaused(number, name, "customer", self.now_ms), self.now_ms)

        def resume() -> None:
            state = self.state
            for number in matters:
                matter = state.conversations[number]
                clock = targets.clock_of(matter, name)
                assert clock is not None, "it has no such clock"
                held, pauses = targets.owed(state, matter, clock), [(clock.paused_ms, self.now_ms)]
                due_ms, next_ms = targets.moments(state, clock, held, [*targets.pauses_of(clock), *pauses])
                machine.apply(state, e.ClockResumed(number, name, self.now_ms, due_ms, next_ms), self.now_ms)

        paused = _us(pause)
        self.now_ms += 60_000
        return paused / len(matters), _us(resume) / len(matters)

    def reply_us(self) -> float:
        """A whole command: an answer that meets the first response (the answer was met when it was accepted)."""
        matters = self.arrive(SAMPLE, "desk.served")
        ended = 0

        def reply() -> None:
            nonlocal ended
            for number in matters:
                events = self.do(c.SendReply(conversation_id=number, operator_id="ann"))
                ended += sum(isinstance(event, e.ClockEnded) for event in events)

        cost = _us(reply)
        assert ended == SAMPLE, f"{ended} clocks were met"
        return cost / SAMPLE

    def fire_us(self, matters: list[int]) -> float:
        """A clock that is breached, in slices, while the others run; those of the first matters fall due first."""
        due = [self.state.conversations[number].clocks for number in matters]
        self.now_ms = max(self.now_ms, *(min(clock.due_ms for clock in clocks) for clocks in due))
        fired = 0

        def fire() -> None:
            nonlocal fired
            for _ in range(max(1, len(matters) // SLICE)):
                events = self.do(c.FireDue(concern=Concern.CLOCKS, limit=SLICE))
                fired += sum(isinstance(event, e.ClockEnded) for event in events)

        cost = _us(fire)
        assert fired, "nothing was due"
        return cost / fired


def _us(act: Callable[[], object]) -> float:
    with settled():
        begun = time.perf_counter()
        act()
        return (time.perf_counter() - begun) * 1e6


def measure(sizes: tuple[int, ...]) -> Table:
    """All of it at each size, and what a clock takes."""
    rows = [_row(size) for size in sizes]
    each = bytes_each(min(40_000, max(sizes)) // EACH)
    note = f"One clock takes {each:,.0f} bytes: its record, its name and its deadline."
    headings = ("live clocks, µs each", "running", "start", "pause", "resume", "reply that meets it", "fire")
    return Table("Clocks in the core", headings, rows, note=note)


def _row(size: int) -> list[str]:
    desk = Desk()
    matters = desk.arrive(max(1, size // EACH), "desk.waiting")
    some, running = matters[:SAMPLE], desk.clocks
    start, (pause, resume), reply = desk.start_us(), desk.pause_us(some), desk.reply_us()
    costs = (start, pause, resume, reply, desk.fire_us(some))
    return [f"{size:,}", f"{running:,}", *(f"{cost:.1f}" for cost in costs)]


def bytes_each(matters: int) -> float:
    """Matters with four clocks against matters without; the interpreter counts."""
    sizes = {queue_id: _grown(matters, queue_id) for queue_id in ("desk.plain", "desk.waiting")}
    return (sizes["desk.waiting"] - sizes["desk.plain"]) / matters / EACH


def _grown(matters: int, queue_id: str) -> int:
    desk = Desk()
    tracemalloc.start()
    try:
        desk.arrive(matters, queue_id)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
