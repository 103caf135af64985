"""The single writer: one command after another, durable before anybody hears of it.

What lives here: authorize → decide → apply in memory → collect; and the commit of what was collected, while the next
commands are decided already. Answers, feed and outbox come after the commit. If an append fails, what was decided
since the last commit is void: the state is discarded and reloaded from the journal.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import anyio
import anyio.lowlevel
import structlog

from omniroute.core import machine
from omniroute.core.commands import Command, Keep
from omniroute.core.deadlines import Concern
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM, Actor, authorize
from omniroute.core.policy import RoutingPolicy
from omniroute.core.state import State
from omniroute.engine.cells import Cells
from omniroute.engine.feed import Committed, Feed
from omniroute.engine.mailbox import Contents, Mailbox, Prepare, Request, Urgency
from omniroute.engine.ports import Clock, Disk
from omniroute.engine.projection import writes_of
from omniroute.errors import CallerError, JournalError, JournalFull, OmniRouteError
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Entry, Write

BATCH_EVENTS_MAX = 4096
"""Decided but uncommitted events; the writer waits for the disk beyond this."""

log = structlog.get_logger("omniroute.writer")


class Alarm:
    """Until when a timekeeper sleeps (None: for good), and the bell that wakes it earlier."""

    __slots__ = ("bell", "due_ms")

    def __init__(self) -> None:
        self.due_ms: int | None = None
        self.bell = anyio.Event()

    def ring(self) -> None:
        """Wake whoever sleeps; the next one gets a new bell."""
        self.bell.set()
        self.bell = anyio.Event()


Also = Callable[[Sequence[Event], State, Cells], Iterable[Write]]


def _nothing(_: Sequence[Event], __: State, ___: Cells) -> Iterable[Write]:
    return ()


class Batch:
    """What one commit will hold."""

    __slots__ = ("entries", "events", "requests", "writes")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.writes: list[Write] = []
        self.events: list[Event] = []
        self.requests: list[Request] = []


class Writer:
    """Owns the state. `run` is its task; `submit` is for everybody else."""

    def __init__(
        self,
        state: State,
        journal: Disk,
        clock: Clock,
        policies: Mapping[str, RoutingPolicy],
        reload: Callable[[], Awaitable[State]],
    ) -> None:
        self.state = state
        self.journal = journal
        self.clock = clock
        self.policies = policies
        self.cells = Cells(journal)
        self.mailbox = Mailbox()
        self.feed = Feed()
        self.alarms = {concern: Alarm() for concern in Concern}
        self.timers_turn = anyio.Lock()
        """Held by the timekeeper that has a slice on its way: whoever comes meanwhile waits for one only."""
        self.also: Also = _nothing
        """The writes that follow from a command's events and all that it wrote; what is told to customers."""
        self.on_commit: list[Callable[[Sequence[Event]], None]] = []
        self.on_decide: list[Callable[[Sequence[Event]], None]] = []
        """Told of every command's events before they are durable: for checks, which look at the state just then."""
        self._reload = reload
        self._seq = journal.last_seq()
        self._batch = Batch()
        self._collected = anyio.Event()
        self._committed = anyio.Event()
        self._lives = 0
        self.committed_seq = self._seq

    # ---- for everybody else
    async def submit(
        self,
        actor: Actor,
        command: Command | Prepare,
        contents: Contents | None = None,
        urgency: Urgency = Urgency.INSIDE,
    ) -> Sequence[Event]:
        """Have a command carried out; returns its events once they are durable.

        Raises `Busy` (not taken), a `CallerError` (refused), or a `JournalError` (not durable: unknown to everybody).
        """
        return await self.post(actor, command, contents, urgency).outcome()

    def post(
        self,
        actor: Actor,
        command: Command | Prepare,
        contents: Contents | None = None,
        urgency: Urgency = Urgency.INSIDE,
    ) -> Request:
        """Like `submit`, without waiting; commands are decided in the order of posting."""
        prepare = (lambda _state, _cells: command) if isinstance(command, Command) else command
        request = Request(actor, prepare, contents)
        self.mailbox.put(request, urgency)
        return request

    @property
    def decided_seq(self) -> int:
        """The number of the last entry that has been decided; beyond ``committed_seq`` it is not durable yet."""
        return self._seq

    async def barrier(self) -> int:
        """Wait until everything that the present state shows is durable; returns its number.

        Readers call it between looking and answering, so that nobody is shown what a crash could take back. Raises
        `JournalFull` where the disk had no room for it: what was looked at has never happened.
        """
        seq, life = self._seq, self._lives
        while self._lives == life and self.committed_seq < seq:
            await self._committed.wait()
        if self._lives != life:
            raise JournalFull("no space is left; look again")
        return seq

    def at_rest(self) -> bool:
        """Whether the state is exactly what the journal holds."""
        return self._seq == self.journal.last_seq()

    async def settled(self) -> None:
        """Wait until nothing is uncommitted, be it that a full disk made it void."""
        with contextlib.suppress(JournalFull):
            await self.barrier()

    # ---- the tasks
    async def run(self) -> None:
        """Decide and commit until cancelled; ends with an error when the disk cannot be trusted any more."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._decide_forever)
            group.start_soon(self._commit_forever)

    async def _decide_forever(self) -> None:
        while True:
            request = await self.mailbox.take()
            try:
                self._decide(request)
            except Exception as bug:  # the state may be half changed: nothing of it may stay
                await self._recover_from_bug(request, bug)
            if len(self._batch.entries) >= BATCH_EVENTS_MAX:
                await self.settled()
            elif len(self.mailbox) % 64 == 0:
                await anyio.lowlevel.checkpoint()  # let the others run now and then while the line is long

    def _decide(self, request: Request) -> None:
        now_ms = self.clock.now_ms()
        try:
            command = request.prepare(self.state, self.cells)
            authorize(self.state, request.actor, command)
            events = machine.handle(self.state, command, now_ms, self.policies)
        except CallerError as refused:
            request.finish(refused)
            return
        request.events = events
        self._collect(request, events)
        for look in self.on_decide:
            look(events)

    async def _recover_from_bug(self, request: Request, bug: Exception) -> None:
        """A command that fails in the middle is our bug: reload what is certain and go on without the command."""
        log.error("command_failed", exc_info=bug)
        await self.settled()
        self._use(await self._reload())
        request.finish(OmniRouteError("an internal error; the command was not carried out"))

    def _use(self, state: State) -> None:
        """Go on from a reloaded state, without anything that was decided since."""
        self.state = state
        self.cells = Cells(self.journal)
        self._ring_alarms()

    def _collect(self, request: Request, events: Sequence[Event]) -> None:
        """Put a decided command into the batch: whole, or not at all if its contents cannot be made."""
        at_ms, batch, seq = self.state.now_ms, self._batch, self._seq
        entries: list[Entry] = []
        writes: list[Write] = []
        for event in events:
            seq += 1
            entries.append(Entry(seq, at_ms, encode_event(event)))
            made = list(writes_of(event, seq, at_ms, self.state, self.cells))
            self.cells.stage(made)
            writes += made
        if request.contents is not None:
            made = list(request.contents(events))
            self.cells.stage(made)
            writes += made
        made = list(self.also(events, self.state, self.cells))
        self.cells.stage(made)
        writes += made
        self._seq = request.seq = seq
        batch.entries += entries
        batch.writes += writes
        batch.events += events
        batch.requests.append(request)
        self._ring_alarms()
        self._collected.set()

    def _ring_alarms(self) -> None:
        """Wake the timekeepers that have to get up earlier now."""
        for concern, alarm in self.alarms.items():
            due_ms = machine.next_deadline_ms(self.state, concern)
            if due_ms is not None and (alarm.due_ms is None or due_ms < alarm.due_ms):
                alarm.ring()

    async def _commit_forever(self) -> None:
        while True:
            if not self._batch.requests:
                self._collected = anyio.Event()
                await self._collected.wait()
            batch, self._batch = self._batch, Batch()
            await self._commit(batch)

    async def _commit(self, batch: Batch) -> None:
        try:
            if batch.entries or batch.writes:
                await self.journal.append(batch.entries, batch.writes)
        except JournalFull as full:
            await self._start_over(batch, full)
            return
        except JournalError as broken:
            self._void(batch, broken)
            raise
        self.cells.settle(batch.writes)
        if batch.entries:
            self.committed_seq = batch.entries[-1].seq
        self._announce()
        for request in batch.requests:
            request.finish()
        for hear in self.on_commit:
            hear(batch.events)
        if batch.events:
            self.feed.publish(Committed(self.committed_seq, batch.events))

    def _announce(self) -> None:
        """Tell everybody at the barrier to look again."""
        self._committed.set()
        self._committed = anyio.Event()

    async def _start_over(self, batch: Batch, error: JournalFull) -> None:
        """The disk is full: nothing since the last commit has happened; go on from there.

        What is decided while the state is being reloaded still rests on the old one, so it is void as well.
        """
        state = await self._reload()
        self._use(state)
        self._seq = self.committed_seq = self.journal.last_seq()
        self._lives += 1
        log.error("journal_full", lost_commands=self._void(batch, error))
        self._announce()

    def _void(self, batch: Batch, error: JournalError) -> int:
        """Tell everybody whose command has not happened; returns how many."""
        void = batch.requests + self._batch.requests + self.mailbox.drain()
        self._batch = Batch()
        for request in void:
            request.finish(error)
        return len(void)

    async def write_cells(self, writes: Sequence[Write], urgency: Urgency = Urgency.INSIDE) -> None:
        """Commit cells that belong to no event (accounts, sessions, attempts of the outbox)."""
        await self.submit(SYSTEM, Keep(), lambda _events: writes, urgency)
