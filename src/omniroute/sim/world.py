"""The world: lives of the engine, one after the other, in which acts happen.

What lives here: time, chance, and the course of a run. First the storm: acts come (from the minds, or from a recording)
until so many have happened. Then the calm: faults end, nobody new comes, everybody works; all of it must come to an
end. Every promise is checked all the while by the `Watch`.
"""

from __future__ import annotations

import asyncio
import math
import random
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import anyio
from anyio.abc import TaskGroup

from omniroute.core import events as e
from omniroute.core import references
from omniroute.core.commands import Command
from omniroute.core.deadlines import Concern
from omniroute.core.permissions import Actor
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine import recovery
from omniroute.engine.classify import Classifier, Placement
from omniroute.engine.engine import ChannelSetup, Engine, Setup, running
from omniroute.engine.mailbox import Contents, Prepare
from omniroute.engine.ports import SystemClock
from omniroute.engine.writer import Writer
from omniroute.errors import Busy, JournalError, JournalFull
from omniroute.sim import company
from omniroute.sim import loop as virtual
from omniroute.sim.acts import ACTS
from omniroute.sim.channel import NoOptions
from omniroute.sim.disk import SimJournal, Storage
from omniroute.sim.faults import FAULTS
from omniroute.sim.logs import listening
from omniroute.sim.minds import Minds
from omniroute.sim.network import Network
from omniroute.sim.options import Act, Options
from omniroute.sim.spawn import VirtualSpawn
from omniroute.sim.watch import Watch
from omniroute.sim.wishes import Wishes

CALM_S_MAX = 8 * 3_600
"""Within so long after the last fault everything has come to an end; the outbox tries again every hour."""
START_AGAIN_MS = 5_000
LOOK_S = 20
UNDISTURBED_S = 80
"""After a fault deadlines may be late for so long."""


class Crash(Exception):
    """The process is gone."""


class Outcome(NamedTuple):
    """What came of a run; ``violation`` is empty where every promise was kept."""

    options: Options
    violation: str
    acts: list[Act]
    events: Counter[str]
    kinds: Counter[str]
    lives: int
    commands: int
    simulated_s: float
    state_hash: str


class World:
    """One run. ``recorded``: the acts to repeat; without it the minds decide."""

    loop: virtual.VirtualLoop

    def __init__(self, options: Options, recorded: Sequence[Act] | None = None) -> None:
        self.options = options
        self.recorded = recorded
        self.chance = self._random("minds")
        self.network_chance = self._random("network")
        self._references = self._random("references")
        self.watch = Watch(options.full_every, self._end, self._latest_ms)
        self.storage = Storage(self._random("disk"), self.watch.durable)
        self.moody = company.Moody()
        self.people = company.operators(options.operators)
        self.network = Network(self)
        self.minds = Minds(self)
        self.history: list[Act] = []
        self.kinds: Counter[str] = Counter()
        self.engine: Engine | None = None
        self.clients: TaskGroup | None = None
        self.calm = self.over = False
        self.wall_offset_ms = self.greatest_offset_ms = self.glitch_ms = 0
        self.lives = 0
        self._stage = 0
        self._disturbed_s = 0.0
        self._downtime_ms = 0
        self._up_again_s = 0.0
        self._crashed = False
        self._ended = anyio.Event()
        self._due: deque[Callable[[], None]] = deque()
        self._woken: asyncio.Future[None] | None = None

    def _random(self, purpose: str) -> random.Random:
        return random.Random(f"{self.options.seed}/{purpose}")  # noqa: S311 - a simulated world, nothing secret

    # ---- what acts and minds use
    @property
    def writer(self) -> Writer:
        """Of the present life."""
        if self.engine is None:
            raise AssertionError("the engine is down")
        return self.engine.writer

    @property
    def state(self) -> State:
        """Of the present life."""
        return self.writer.state

    def down_s(self) -> float:
        """How long the engine will still be down."""
        return max(0.0, self._up_again_s - self.loop.time()) if self.engine is None else 0.0

    def wall_ms(self) -> int:
        """What the wall clock shows."""
        return self.true_ms() + self.glitch_ms

    def true_ms(self) -> int:
        """The same without a wrong answer of the time server, which is taken back soon."""
        return company.START_MS + self.loop.steady_ms() + self.wall_offset_ms

    def _latest_ms(self) -> int:
        return company.START_MS + self.loop.steady_ms() + self.greatest_offset_ms

    def set_clock(self, by_ms: int) -> None:
        """Somebody sets the wall clock, and it stays so."""
        self.wall_offset_ms += by_ms
        self.greatest_offset_ms = max(self.greatest_offset_ms, self.wall_offset_ms)

    def correct_clock(self) -> None:
        """The wrong answer is taken back."""
        self.glitch_ms = 0

    def plan(self, in_s: float, kind: str, who: str, a: int = 0, b: int = 0) -> None:
        """Somebody will do this; in a repeated storm it stands in the recording already."""
        if self.recorded is None or self.calm:
            self._later(in_s, lambda: self._perform(Act(self.loop.steady_ms(), kind, who, a, b)))

    def think(self, in_s: float, then: Callable[[], None]) -> None:
        """Somebody will decide something."""
        if self.recorded is None or self.calm:
            self._later(in_s, then)

    def after(self, ms: int, then: Callable[[], None]) -> None:
        """A fault ends by itself."""
        self.disturb(ms / 1000)
        self.loop.call_later(ms / 1000, then)

    def order(
        self, actor: Actor, command: Command | Prepare, contents: Contents | None = None, *, forbidden: bool = False
    ) -> None:
        """Send a command; whoever sent it relies on the answer, and a ``forbidden`` one must be refused."""
        try:
            request = self.writer.post(actor, command, contents)
        except Busy:
            return
        self.watch.ledger.expect(request, self.loop.time(), forbidden=forbidden)

    def disturb(self, for_s: float = 0.0) -> None:
        """Deadlines may be late for a while."""
        self._disturbed_s = max(self._disturbed_s, self.loop.time() + for_s + UNDISTURBED_S)

    def cheer_up(self) -> None:
        """The plugin's policy works again."""
        self.moody.bad = False

    def end_life(self, downtime_ms: int, *, crashed: bool) -> None:
        """The engine stops here and now; another life begins after a while."""
        self._downtime_ms, self._crashed = downtime_ms, crashed
        if crashed:
            self._depart()
        self._ended.set()

    # ---- the course of a run
    def run(self) -> Outcome:
        """From the first act to the last check."""
        with listening(self.watch.fail):
            try:
                virtual.run(self._main, self._random("order"))
            except virtual.Deadlock as stuck:
                self.watch.fail(f"deadlock: {stuck}")
        return Outcome(
            self.options,
            self.watch.violation,
            self.history,
            self.watch.tags,
            self.kinds,
            self.lives,
            self.watch.commands,
            self.loop.time(),
            self.watch.state_hash(),
        )

    async def _main(self) -> None:
        loop = anyio.lowlevel.current_token().native_token
        if not isinstance(loop, virtual.VirtualLoop):
            raise TypeError("the world needs its own loop")
        self.loop = loop
        async with anyio.create_task_group() as group:
            group.start_soon(self._let_happen)
            self._begin()
            while not self.over:
                await self._life()
                self._up_again_s = self.loop.time() + self._downtime_ms / 1000
                await anyio.sleep(self._downtime_ms / 1000)
            group.cancel_scope.cancel()
        if not self.watch.violation:
            await self._audit()

    async def _let_happen(self) -> None:
        """What was planned and thought, at its time: in a task, because a timer's callback may not start one."""
        while True:
            if not self._due:
                self._woken = self.loop.create_future()
                await self._woken
            self._due.popleft()()

    def _wake(self, then: Callable[[], None]) -> None:
        self._due.append(then)
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def _begin(self) -> None:
        self.minds.start()
        for act in self.recorded or ():
            self.loop.call_at(act.at_ms / 1000, self._wake, partial(self._perform, act))
        if self.recorded is not None:
            last_ms = max((act.at_ms for act in self.recorded), default=0)
            self.loop.call_at(last_ms / 1000 + 1, self._wake, self._calm_down)

    def _later(self, in_s: float, then: Callable[[], None]) -> None:
        stage = self._stage

        def come() -> None:
            if stage == self._stage and not self.over:
                then()

        due_ms = self.loop.steady_ms() + math.ceil(in_s * 1000)  # whole milliseconds, as recordings have them
        self.loop.call_at(due_ms / 1000, self._wake, come)

    def _perform(self, act: Act) -> None:
        if self.over:
            return
        self.kinds[act.kind] += 1
        if not self.calm:
            self.history.append(act)
        if act.kind in FAULTS:
            self.disturb()
            FAULTS[act.kind](self, act)
        else:
            ACTS[act.kind](self, act)
        if self.recorded is None and not self.calm and len(self.history) >= self.options.steps:
            self._calm_down()

    # ---- one life
    async def _life(self) -> None:
        self.lives += 1
        self._ended, self._crashed, self._downtime_ms = anyio.Event(), False, 0
        self.watch.starting = True
        self.disturb()
        failed = self.storage.sync_failures
        try:
            self.correct_clock()
            clock = SystemClock(self.wall_ms, self.loop.steady_ms)
            self.watch.begin(clock.now_ms())
            spawn_chance = self._random(f"threads/{self.lives}")
            async with running(self._setup(), clock, lambda group: VirtualSpawn(group, spawn_chance)) as engine:
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
            self.storage.disk.crash()

    async def _live(self, engine: Engine) -> None:
        await engine.writer.settled()
        async with anyio.create_task_group() as clients:
            self.engine, self.clients = engine, clients
            self.watch.starting = False
            self.watch.follow(engine.writer)
            self._undisturbed(engine)
            engine.writer.on_commit.append(self._committed)
            await self._ended.wait()
            clients.cancel_scope.cancel()
        self._depart()
        if self._crashed:
            raise Crash

    def _undisturbed(self, engine: Engine) -> None:
        """Look again and again whether deadlines are kept, where nothing stands in their way."""
        if engine is self.engine and not self.over:
            if self.loop.time() > self._disturbed_s:
                self.watch.punctual(engine.writer.clock.now_ms())
                self.watch.all_of(self.watch.ledger.kept_waiting(self.loop.time()))
            if self.loop.time() > self._disturbed_s + LOOK_S:
                self.watch.right(engine.writer.clock.now_ms(), self.true_ms())
            self.loop.call_later(LOOK_S, self._undisturbed, engine)

    def _depart(self) -> None:
        self.watch.answered(self.storage.disk)
        self.engine = self.clients = None
        self.watch.leave()

    def _committed(self, events: Sequence[e.Event]) -> None:
        if self.engine is None:
            return
        self.watch.answered(self.storage.disk)
        self.minds.hear(events)

    def _setup(self) -> Setup:
        channels = self.network.plug_in()
        placements = {name: Placement("support.first") for name in channels}
        return Setup(
            SimJournal(self.storage),
            company.config(),
            company.policies(self.moody),
            lambda _secret: [ChannelSetup(name, channel, NoOptions()) for name, channel in channels.items()],
            Classifier(placements, {}, (), {"wishes": Wishes()}),
            (*self.people, company.chief()),
            {},
            new_reference=self._new_reference,
        )

    def _new_reference(self) -> str:
        signs = len(references.ALPHABET)
        return references.from_numbers(self._references.randrange(signs) for _ in range(references.LENGTH))

    # ---- the end
    def _calm_down(self) -> None:
        """The faults are over."""
        if self.calm or self.over:
            return
        self.calm = True
        self._stage += 1
        self.storage.free()
        self.storage.hurry()
        self.storage.sync_error = False
        self.cheer_up()
        for channel in self.network.refusing_until_s:
            self.network.refusing_until_s[channel] = self.network.hanging_until_s[channel] = 0.0
        self.minds.calm_down()
        self._look(self.loop.time() + self.down_s() + CALM_S_MAX)

    def _look(self, until_s: float) -> None:
        """Whether everything has come to an end."""
        left = self._left() if self.engine is not None else "the engine is down"
        if not left:
            self.watch.everything()
            self._end()
        elif self.loop.time() > until_s:
            self.watch.fail(f"after the faults not everything came to an end: {left}")
        else:
            if self.engine is not None:
                self.minds.close_the_day()
            self._later(LOOK_S, lambda: self._look(until_s))

    def _left(self) -> str:
        """What has not come to an end yet."""
        state, disk = self.state, self.storage.disk
        open_items = [f"item {item.work_item_id} is {item.state}" for item in state.items.values()]
        timers = [f"{n} of {concern}" for concern in Concern if (n := len(state.deadlines[concern].live))]
        outbox = disk.collections.get(c.OUTBOX)
        effects = [f"effect {key} waits" for key in outbox.values] if outbox else []
        raws = [f"input {raw_id} is not registered" for raw_id in state.pending_raws]
        down = [f"channel {name} does not serve" for name, one in self.network.channels.items() if one.context is None]
        quiet = self.loop.time() > self._disturbed_s + 2 * LOOK_S
        return ", ".join([*open_items, *timers, *effects, *raws, *down][:5]) or ("" if quiet else "too early to say")

    def _end(self) -> None:
        """Nothing more happens."""
        self.over = True
        self._ended.set()

    async def _audit(self) -> None:
        """The disk as it is in the end, read by a process that has just begun."""
        ledger, disk = self.watch.ledger, self.storage.disk
        self.watch.all_of(ledger.kept(disk))
        self.watch.all_of(ledger.finished(disk))
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
