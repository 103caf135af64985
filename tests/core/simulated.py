"""A contact centre under generated load and virtual time, on the real core: how well waits are foretold.

Everybody who has to wait is told an interval on arrival, and is compared with what came. Nothing is checked here beside
that, so that thousands of customers take seconds; the promises of the core are checked elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from tests.core.centre import BUILT_IN, config
from tests.core.world import START_MS, reference

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.estimates import Estimate, estimate
from omniroute.core.model import InteractionKind, ItemState, Presence
from omniroute.core.rules import QueueRule
from omniroute.core.state import State


class Stream(NamedTuple):
    """Customers of one queue: the mean time between two of them, and how long one keeps an operator."""

    queue_id: str
    between_ms: float
    length_ms: Callable[[random.Random], float]


class Told(NamedTuple):
    """What somebody was told on arrival, and how long it took."""

    guess: Estimate
    wait_ms: int

    @property
    def right(self) -> bool:
        return self.guess.low_ms <= self.wait_ms <= self.guess.high_ms


class Simulation:
    """``staff`` are operators with the queues that they serve, one customer at a time each."""

    def __init__(self, rules: Sequence[QueueRule], staff: dict[str, tuple[str, ...]], seed: int) -> None:
        self.state = State()
        self.chance = random.Random(seed)
        self.now_ms = START_MS
        self._todo: list[tuple[int, int, Callable[[], None]]] = []
        self._number = self._planned = 0
        self._lengths: dict[int, int] = {}
        self._guesses: dict[int, Estimate | None] = {}
        self.told: list[Told] = []
        self._do(c.ApplyConfig(config=config(*rules)))
        for operator_id, queues in staff.items():
            departments = tuple(dict.fromkeys(queue_id.split(".")[0] for queue_id in queues))
            self._do(
                c.PutOperator(
                    operator_id=operator_id, departments=departments, skills={}, capacity_units=1, queues=queues
                )
            )
            self._do(c.SetPresence(operator_id=operator_id, presence=Presence.AVAILABLE))

    def run(self, streams: Sequence[Stream], customers: int, warm_up: int) -> list[Told]:
        """Serve that many; what the first ``warm_up`` of those who waited were told does not count."""
        for stream in streams:
            self._later(self.chance.expovariate(1 / stream.between_ms), lambda stream=stream: self._arrive(stream))
        while self._number < customers:
            self.now_ms, _, act = heappop(self._todo)
            act()
        return self.told[warm_up:]

    def _later(self, ms: float, act: Callable[[], None]) -> None:
        self._planned += 1
        heappush(self._todo, (self.now_ms + round(ms), self._planned, act))

    def _arrive(self, stream: Stream) -> None:
        self._number += 1
        self._later(self.chance.expovariate(1 / stream.between_ms), lambda: self._arrive(stream))
        length_ms = max(1, round(stream.length_ms(self.chance)))
        item_id = self.state.counters.work_item + 1
        self._lengths[item_id] = length_ms
        self._do(c.ReceiveRaw(channel="mail"))
        self._do(
            c.RegisterInteraction(
                raw_id=self.state.counters.raw,
                channel="mail",
                kind=InteractionKind.MESSAGE,
                classification=c.Classification(stream.queue_id.split(".")[0], stream.queue_id),
                reference=reference(self._number),
            )
        )
        item = self.state.items[item_id]
        if item.state is ItemState.QUEUED:
            self._guesses[item_id] = estimate(self.state, item)

    def _do(self, command: c.Command) -> None:
        for event in machine.handle(self.state, command, self.now_ms, BUILT_IN):
            if isinstance(event, e.OfferAccepted):
                self._begun(event.work_item_id, event.operator_id)

    def _begun(self, item_id: int, operator_id: str) -> None:
        guess = self._guesses.pop(item_id, None)
        if guess is not None:
            self.told.append(Told(guess, self.now_ms - self.state.items[item_id].enqueued_ms))
        finish = c.CompleteItem(work_item_id=item_id, operator_id=operator_id, disposition="solved")
        self._later(self._lengths.pop(item_id), lambda: self._do(finish))


class Coverage(NamedTuple):
    """Shares in percent of those who waited, and the mean width of the interval by the mean wait."""

    waited: int
    inside: float
    sooner: float
    later: float
    width: float


def coverage(told: Sequence[Told]) -> Coverage:
    """How often what was told was right."""
    count = len(told)
    wait = sum(one.wait_ms for one in told) / count
    width = sum(one.guess.high_ms - one.guess.low_ms for one in told) / count
    return Coverage(
        count,
        100 * sum(one.right for one in told) / count,
        100 * sum(one.wait_ms < one.guess.low_ms for one in told) / count,
        100 * sum(one.wait_ms > one.guess.high_ms for one in told) / count,
        width / wait,
    )
