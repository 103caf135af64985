"""The whole engine in the simulated world: one life after the other, on a virtual loop and a disk with faults.

What lives here: `EngineWorld`: from the start of a life, with what the disk has kept, to its orderly or sudden end.
"""

from __future__ import annotations

import asyncio
import heapq
import traceback
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import anyio
from anyio.abc import TaskGroup

from omniroute.core import events as e
from omniroute.core.commands import Command
from omniroute.core.model import Conversation, InteractionKind
from omniroute.core.permissions import Actor
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine import recovery, splitting
from omniroute.engine.classify import Classifier, Placement
from omniroute.engine.engine import ChannelSetup, Engine, Setup, running
from omniroute.engine.mailbox import Contents, Prepare
from omniroute.engine.ports import SystemClock
from omniroute.engine.sinks import SinkSetup
from omniroute.engine.writer import Writer
from omniroute.errors import Busy, JournalError, JournalFull
from omniroute.journal.contract import Write
from omniroute.sim import company, promises
from omniroute.sim import loop as virtual
from omniroute.sim.channel import NoOptions, SimSink
from omniroute.sim.disk import SimJournal, Storage
from omniroute.sim.faults import FAULTS
from omniroute.sim.logs import listening
from omniroute.sim.network import Network
from omniroute.sim.options import Act, Options
from omniroute.sim.post import Sent
from omniroute.sim.spawn import VirtualSpawn
from omniroute.sim.wishes import Wishes
from omniroute.sim.world import LOOK_S, Outcome, World

START_AGAIN_MS = 5_000


class Crash(Exception):
    """The process is gone."""


class EngineWorld(World):
    """Core, writer, intake, outbox, timekeepers, recovery and journal code, as the daemon runs them."""

    loop: virtual.VirtualLoop

    def __init__(self, options: Options, recorded: Sequence[Act] | None = None) -> None:
        super().__init__(options, recorded)
        self.storage = Storage(self.random("disk"), self.watch.durable)
        self.network = Network(self)
        self.engine: Engine | None = None
        self.clients: TaskGroup | None = None
        self._downtime_ms = 0
        self._up_again_s = 0.0
        self._crashed = False
        self._ended = anyio.Event()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._woken: asyncio.Future[None] | None = None

    # ---- what acts and minds use
    @property
    def writer(self) -> Writer:
        """Of the present life."""
        if self.engine is None:
            raise AssertionError("the engine is down")
        return self.engine.writer

    @property
    def state(self) -> State:
        return self.writer.state

    @property
    def up(self) -> bool:
        return self.engine is not None

    def now_s(self) -> float:
        return self.loop.time()

    def down_s(self) -> float:
        return max(0.0, self._up_again_s - self.loop.time()) if self.engine is None else 0.0

    def at(self, due_s: float, then: Callable[[], None]) -> None:
        earliest = not self._agenda or due_s < self._agenda[0][0]
        heapq.heappush(self._agenda, (due_s, next(self._order), then))
        if earliest:
            self.loop.call_at(due_s, self._wake)

    def order(
        self, actor: Actor, command: Command | Prepare, contents: Contents | None = None, *, forbidden: str = ""
    ) -> None:
        try:
            request = self.writer.post(actor, command, contents)
        except Busy:
            return
        self.watch.ledger.expect(request, self.now_s(), forbidden=forbidden)

    def record_of(self, conversation_id: int) -> Conversation | None:
        if self.engine is None:  # a link is pressed while the last commands are still decided
            return None
        cell = self.writer.cells.get(c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
        return cell.record if cell else None

    def messages_of(self, cells: c.Cells, conversation_id: int) -> list[int]:
        return list(splitting.messages_of(cells, conversation_id))

    def words_for(self, conversation_id: int) -> Contents | None:
        cell = self.writer.cells.get(c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
        if cell is None:
            return None
        content = c.ContentCell(text="an answer", sender=cell.to, account=cell.account)

        def contents(events: Sequence[e.Event]) -> list[Write]:
            replies = [event for event in events if isinstance(event, e.ReplySent)]
            return [c.put(c.CONTENT, c.number_key(one.interaction_id), content) for one in replies]

        return contents

    def hand_in(
        self,
        act: Act,
        kind: InteractionKind,
        *,
        fault: str = "",
        answers_to: tuple[str, ...] = (),
        quotes: Sent | None = None,
        asks: str = "",
    ) -> None:
        self.network.hand_in(act, kind, fault, answers_to, quotes, asks)

    def want_code(self, reference: str) -> None:
        if self.engine is not None:
            self.engine.status.codes.ask(reference, "en")

    def fault(self, act: Act) -> bool:
        happen = FAULTS.get(act.kind)
        if happen is None:
            return False
        self.disturb()
        happen(self, act)
        return True

    def mend(self) -> None:
        self.storage.free()
        self.storage.hurry()
        self.storage.sync_error = False
        self.network.mend()

    def end(self) -> None:
        self.over = True
        self._ended.set()

    def end_life(self, downtime_ms: int, *, crashed: bool) -> None:
        """The engine stops here and now; another life begins after a while."""
        self._downtime_ms, self._crashed = downtime_ms, crashed
        if crashed:
            self._depart()
        self._ended.set()

    def unfinished(self) -> list[str]:
        outbox = self.storage.disk.collections.get(c.OUTBOX)
        waiting = [f"effect {key} waits" for key in outbox.values] if outbox else []
        channels = self.network.channels.items()
        return waiting + [f"channel {name} does not serve" for name, one in channels if one.context is None]

    # ---- the course of a run
    def run(self) -> Outcome:
        with listening(self.watch.fail):
            try:
                virtual.run(self._main, self.options.seed)
            except virtual.Deadlock as stuck:
                self.watch.fail(f"deadlock: {stuck}")
        return self.outcome()

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, virtual.VirtualLoop):
            raise TypeError("the world needs its own loop")
        self.loop = loop
        async with anyio.create_task_group() as group:
            group.start_soon(self._let_happen)
            self.begin()
            while not self.over:
                await self._life()
                self._up_again_s = loop.time() + self._downtime_ms / 1000
                await anyio.sleep(self._downtime_ms / 1000)
            group.cancel_scope.cancel()
        if not self.watch.violation:
            await self._audit()

    async def _let_happen(self) -> None:
        """What was planned and thought, in order: in a task, because a timer's callback may not start one."""
        while True:
            while self._agenda and self._agenda[0][0] <= self.loop.time():
                heapq.heappop(self._agenda)[2]()
            if self._agenda:
                self.loop.call_at(self._agenda[0][0], self._wake)
            self._woken = self.loop.create_future()
            await self._woken

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    # ---- one life
    async def _life(self) -> None:
        self.lives += 1
        self._ended, self._crashed, self._downtime_ms = anyio.Event(), False, 0
        self.disturb()
        failed = self.storage.sync_failures
        try:
            self.correct_clock()
            clock = SystemClock(self.wall_ms, self.loop.steady_ms)
            self.watch.begin(clock.now_ms())
            chance = self.random(f"threads/{self.lives}")
            async with running(self._setup(), clock, lambda group: VirtualSpawn(group, chance)) as engine:
                await self._live(engine)
        except* JournalFull:
            self._downtime_ms = START_AGAIN_MS  # no room to begin: whoever runs the daemon starts it again
        except* (Crash, JournalError) as ended:
            if not self._crashed and self.storage.sync_failures == failed:
                self.watch.fail(f"the engine ended by itself: {_trace(ended)}")
        except* Exception as bug:
            self.watch.fail(f"the engine ended by a bug: {_trace(bug)}")
        finally:
            self._depart()
            self.storage.crash()

    async def _live(self, engine: Engine) -> None:
        await engine.writer.settled()
        async with anyio.create_task_group() as clients:
            self.engine, self.clients = engine, clients
            self.watch.starting = False
            self.watch.follow(engine.writer)
            self._look_at_deadlines(engine)
            engine.writer.on_commit.append(self._committed)
            await self._ended.wait()
            clients.cancel_scope.cancel()
        self._depart()
        if self._crashed:
            raise Crash

    def _look_at_deadlines(self, engine: Engine) -> None:
        """Again and again: whether they are kept, where nothing stands in their way."""
        if engine is self.engine and not self.over:
            if self.now_s() > self.disturbed_s:
                self.watch.punctual(engine.writer.clock.now_ms())
                self.watch.all_of(self.watch.ledger.kept_waiting(self.now_s()))
            if self.now_s() > self.disturbed_s + LOOK_S:
                self.watch.right(engine.writer.clock.now_ms(), self.true_ms())
            self.at(self.now_s() + LOOK_S, lambda: self._look_at_deadlines(engine))

    def _depart(self) -> None:
        self.watch.answered(self.storage.disk)
        self.engine = self.clients = None
        self.watch.leave()
        self.network.hang_up()

    def _committed(self, events: Sequence[e.Event]) -> None:
        if self.engine is not None:
            self.watch.answered(self.storage.disk)
            self.minds.hear(events)

    def _setup(self) -> Setup:
        channels = self.network.plug_in()
        placements = {name: Placement("support.first") for name in channels}
        return Setup(
            SimJournal(self.storage),
            self.watch.follower.config if self.watch.seq else company.config(),  # the file as it was left
            company.policies(self.moody),
            lambda _secret: [ChannelSetup(name, channel, NoOptions()) for name, channel in channels.items()],
            Classifier(placements, {}, (), {"wishes": Wishes()}),
            (*self.people, company.chief()),
            {},
            new_reference=self.new_reference,
            sinks=[SinkSetup(promises.SINK, SimSink(self.network.hear), NoOptions())],
        )

    async def _audit(self) -> None:
        """The disk as it is in the end, read by a process that has just begun."""
        ledger, disk = self.watch.ledger, self.storage.disk
        self.watch.all_of(ledger.kept(disk))
        self.watch.all_of(ledger.threaded(disk))
        self.watch.all_of(ledger.placed(disk))
        self.watch.all_of(ledger.finished())
        journal = SimJournal(self.storage)
        await journal.open("audit")
        state = await recovery.load(journal)
        await journal.close()
        if state.encode() != self.watch.follower.encode():
            self.watch.fail("31: a snapshot and the tail give another state than a replay of everything")


def _trace(group: BaseExceptionGroup[Any]) -> str:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return "".join(traceback.format_exception(first)[-8:])
