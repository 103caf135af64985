"""The world: time, chance, and the course of a run; what runs in it is in ``lives`` and ``bare``.

What lives here: `World`. First comes the storm: acts come (from the minds, or from a recording) until so many have
happened. Then the calm: faults end, nobody new comes, everybody works; all of it must come to an end. Every promise is
checked all the while by the `Watch`.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from omniroute.core import references
from omniroute.core.commands import Command
from omniroute.core.deadlines import Concern
from omniroute.core.model import Conversation, InteractionKind
from omniroute.core.permissions import Actor
from omniroute.core.state import State
from omniroute.engine.cells import Cells
from omniroute.engine.mailbox import Contents, Prepare
from omniroute.sim import company
from omniroute.sim.acts import ACTS
from omniroute.sim.minds import Minds
from omniroute.sim.options import Act, Options
from omniroute.sim.post import Post, Sent
from omniroute.sim.watch import Watch

CALM_S_MAX = 3 * 3_600
"""Within so long after the last fault everything has come to an end; the outbox tries again every hour."""
LOOK_S = 20
UNDISTURBED_S = 80
"""After a fault deadlines may be late for so long."""


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


class World(ABC):
    """One run. ``recorded``: the acts to repeat; without it the minds decide."""

    def __init__(self, options: Options, recorded: Sequence[Act] | None = None) -> None:
        self.options = options
        self.recorded = recorded
        self.chance = self.random("minds")
        self.watch = Watch(options.full_every, self.end, self._latest_ms)
        self.post = Post(self.watch.ledger)
        self.moody = company.Moody()
        self.people = company.operators(options.operators)
        self.minds = Minds(self)
        self.history: list[Act] = []
        self.kinds: Counter[str] = Counter()
        self.calm = self.over = False
        self.lives = 0
        self.wall_offset_ms = self.greatest_offset_ms = self.glitch_ms = 0
        self.disturbed_s = 0.0
        self._references = self.random("references")
        self._stage = 0

    def random(self, purpose: str) -> random.Random:
        """A source of chance of its own for each purpose, so that one does not move the others."""
        return random.Random(f"{self.options.seed}/{purpose}")  # noqa: S311 - a simulated world, nothing secret

    # ---- what a kind of world brings
    @abstractmethod
    def run(self) -> Outcome:
        """From the first act to the last check."""

    @property
    @abstractmethod
    def state(self) -> State:
        """The state of the engine; only while it is ``up``."""

    @property
    @abstractmethod
    def up(self) -> bool:
        """Whether the engine runs."""

    @abstractmethod
    def now_s(self) -> float:
        """Seconds since the beginning, by a clock that nobody sets."""

    @abstractmethod
    def at(self, due_s: float, then: Callable[[], None]) -> None:
        """Call it at that moment."""

    @abstractmethod
    def order(
        self, actor: Actor, command: Command | Prepare, contents: Contents | None = None, *, forbidden: str = ""
    ) -> None:
        """Send a command; whoever sent it relies on the answer; one that is ``forbidden`` (by what) must be refused."""

    @abstractmethod
    def record_of(self, conversation_id: int) -> Conversation | None:
        """The record of a matter that is done."""

    def messages_of(self, cells: Cells, conversation_id: int) -> list[int]:  # noqa: ARG002 - the core alone has none
        """The customer's messages in a matter."""
        return self.watch.ledger.messages_of(conversation_id)

    @abstractmethod
    def words_for(self, conversation_id: int) -> Contents | None:
        """The contents of a reply."""

    @abstractmethod
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
        """A customer gives something to a channel; it ``asks`` for the status of a reference, or is about anything."""

    @abstractmethod
    def want_code(self, reference: str) -> None:
        """Somebody has typed a reference on the status page, whoever's it is."""

    @abstractmethod
    def fault(self, act: Act) -> bool:
        """Let something go wrong, if the act is about that."""

    @abstractmethod
    def mend(self) -> None:
        """Nothing is broken any more."""

    @abstractmethod
    def end(self) -> None:
        """Nothing more happens."""

    def down_s(self) -> float:
        """How long the engine will still be down."""
        return 0.0

    def unfinished(self) -> list[str]:
        """What is left to do outside the core."""
        return []

    # ---- what acts and minds use
    def steady_ms(self) -> int:
        """Milliseconds since the beginning."""
        return int(self.now_s() * 1000 + 0.001)

    def wall_ms(self) -> int:
        """What the wall clock shows."""
        return self.true_ms() + self.glitch_ms

    def true_ms(self) -> int:
        """The same without a wrong answer of the time server, which is taken back soon."""
        return company.START_MS + self.steady_ms() + self.wall_offset_ms

    def _latest_ms(self) -> int:
        return company.START_MS + self.steady_ms() + self.greatest_offset_ms

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
            self._later(in_s, lambda: self._perform(Act(self.steady_ms(), kind, who, a, b)))

    def think(self, in_s: float, then: Callable[[], None]) -> None:
        """Somebody will decide something; while the engine is down everybody waits, and comes when it is back."""
        if self.recorded is None or self.calm:
            self._later(in_s, lambda: then() if self.up else self.think(self.down_s() + 0.5, then))

    def after(self, ms: int, then: Callable[[], None]) -> None:
        """A fault ends by itself."""
        self.disturb(ms / 1000)
        self.at(self.now_s() + ms / 1000, then)

    def disturb(self, for_s: float = 0.0) -> None:
        """Deadlines may be late for a while."""
        self.disturbed_s = max(self.disturbed_s, self.now_s() + for_s + UNDISTURBED_S)

    def cheer_up(self) -> None:
        """The plugin's policy works again."""
        self.moody.bad = False

    def new_reference(self) -> str:
        """A foreseeable one."""
        signs = len(references.ALPHABET)
        return references.from_numbers(self._references.randrange(signs) for _ in range(references.LENGTH))

    # ---- the course of a run
    def begin(self) -> None:
        """The storm begins."""
        self.minds.start()
        for act in self.recorded or ():
            self.at(act.at_ms / 1000, partial(self._perform, act))
        if self.recorded is not None:
            last_ms = max((act.at_ms for act in self.recorded), default=0)
            self.at(last_ms / 1000 + 1, self._calm_down)

    def outcome(self) -> Outcome:
        """How it stands."""
        return Outcome(
            self.options,
            self.watch.violation,
            self.history,
            self.watch.tags(),
            self.kinds,
            self.lives,
            self.watch.commands,
            self.now_s(),
            self.watch.state_hash(),
        )

    def _later(self, in_s: float, then: Callable[[], None]) -> None:
        stage = self._stage

        def come() -> None:
            if stage == self._stage and not self.over:
                then()

        # whole milliseconds, as recordings have them
        self.at((self.steady_ms() + math.ceil(in_s * 1000)) / 1000, come)

    def _perform(self, act: Act) -> None:
        if self.over:
            return
        self.kinds[act.kind] += 1
        if not self.calm:
            self.history.append(act)
        if not self.fault(act):
            ACTS[act.kind](self, act)
        if self.recorded is None and not self.calm and len(self.history) >= self.options.steps:
            self._calm_down()

    def _calm_down(self) -> None:
        """The faults are over."""
        if self.calm or self.over:
            return
        self.calm = True
        self._stage += 1
        self.cheer_up()
        self.mend()
        self.minds.calm_down()
        self._look(self.now_s() + self.down_s() + CALM_S_MAX)

    def _look(self, until_s: float) -> None:
        """Whether everything has come to an end."""
        left = self._left() if self.up else "the engine is down"
        if not left:
            self.watch.everything()
            self.end()
        elif self.now_s() > until_s:
            self.watch.fail(f"after the faults not everything came to an end: {left}")
        else:
            if self.up:
                self.minds.close_the_day()
            self._later(LOOK_S, lambda: self._look(until_s))

    def _left(self) -> str:
        """What has not come to an end yet."""
        state = self.state
        open_items = [f"item {item.work_item_id} is {item.state}" for item in state.items.values()]
        timers = [f"{n} of {concern}" for concern in Concern if (n := len(state.deadlines[concern].live))]
        raws = [f"input {raw_id} is not registered" for raw_id in state.pending_raws]
        quiet = self.now_s() > self.disturbed_s + 2 * LOOK_S
        return ", ".join([*open_items, *timers, *raws, *self.unfinished()][:5]) or ("" if quiet else "too early to say")
