"""The real core against the least that any indexed matcher must do (``core_limit``), in one run.

Both get the same load: each step finishes one running item (its operator gets the next) and brings in a new one;
offers are accepted at once. The real core does it with everything switched on: levels, capacity, clocks, back-offs,
explanations, validation. Machines are noisy, so the sides take turns, and the medians are compared.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Sequence

from benchmarks import core_limit
from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.model import (
    ChannelRule,
    CoreConfig,
    DepartmentRule,
    InteractionKind,
    Presence,
    QueueRule,
    Requirement,
)
from omniroute.core.routing import RoutingPolicy
from omniroute.core.state import State
from omniroute.policies.longest_idle import LongestIdle

GOAL = 0.2
ROUNDS = 3
PROFILES, CLASSES = {100: 20, 1_000: 100}, 50
SHAPES = ((100, 0), (100, 1_000), (1_000, 0), (1_000, 1_000))
LIMIT_STEPS, CORE_STEPS = 20_000, 1_000
POLICIES: dict[str, RoutingPolicy] = {"longest_idle": LongestIdle()}
CHANNELS = ("voice", "chat", "mail")
HOUR_MS = 3_600_000


class Load:
    """The world of the yardstick, in the words of the real core."""

    def __init__(self, operators: int) -> None:
        self.state = State()
        self.now_ms = 1
        self.running: list[tuple[int, str]] = []
        self._number = 0
        masks, self._wanted, profile_of = core_limit.world(operators, PROFILES[operators], CLASSES)
        self._do(c.ApplyConfig(config=_config()))
        for number, profile in enumerate(profile_of):
            name = f"operator{number:05}"
            skills = dict.fromkeys(_names(masks[profile]), 5)
            self._do(c.PutOperator(operator_id=name, departments=("all",), skills=skills, capacity_units=100))
            self._do(c.SetPresence(operator_id=name, presence=Presence.AVAILABLE))
        chance = random.Random(3)
        self._classes = [chance.randrange(CLASSES) for _ in range(4096)]
        self._priorities = [chance.randrange(10) for _ in range(4096)]

    def fill(self, operators: int, depth: int) -> None:
        """Up to the steady state: half of the operators busy, or so many waiting."""
        while len(self.state.items) - len(self.running) < depth if depth else len(self.running) < operators // 2:
            self.arrive()

    def arrive(self) -> None:
        """Somebody writes; whoever is offered it accepts."""
        self._number += 1
        mask, channel = self._wanted[self._classes[self._number & 4095]]
        self._do(c.ReceiveRaw(channel=CHANNELS[channel]))
        events = self._do(
            c.RegisterInteraction(
                raw_id=self._number,
                channel=CHANNELS[channel],
                kind=InteractionKind.MESSAGE,
                classification=c.Classification(
                    "all",
                    priority=self._priorities[self._number & 4095],
                    requirements=tuple(Requirement(skill, 3) for skill in _names(mask)),
                ),
                reference=str(self._number),
            )
        )
        self._accept(events)

    def finish(self, place: int) -> None:
        """One running item is done; its operator gets the next."""
        (work_item_id, operator_id), self.running[place] = self.running[place], self.running[-1]
        self.running.pop()
        self._accept(self._do(c.CompleteItem(work_item_id=work_item_id, operator_id=operator_id, disposition="solved")))

    def _accept(self, events: list[e.Event]) -> None:
        offers = [event for event in events if isinstance(event, e.OfferMade)]
        for offer in offers:
            more = self._do(c.AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
            self.running.append((offer.work_item_id, offer.operator_id))
            offers += [event for event in more if isinstance(event, e.OfferMade)]

    def _do(self, command: c.Command) -> list[e.Event]:
        self.now_ms += 1
        return machine.handle(self.state, command, self.now_ms, POLICIES)


def _names(mask: int) -> list[str]:
    return [f"skill{bit:02}" for bit in range(core_limit.SKILLS) if mask >> bit & 1]


def _config() -> CoreConfig:
    rule = QueueRule("all.all", "all", "longest_idle", 20_000, 30_000, 60_000, HOUR_MS, HOUR_MS)
    channels = tuple(ChannelRule(name, cost) for name, cost in zip(CHANNELS, core_limit.COST, strict=True))
    return CoreConfig((DepartmentRule("all", "all.all"),), (rule,), channels)


def lifecycles(operators: int, depth: int, steps: int) -> float:
    """Lifecycles a second through the real core."""
    load = Load(operators)
    load.fill(operators, depth)
    chance = random.Random(3)
    gc.collect()
    begun = time.perf_counter()
    for _ in range(steps):
        load.finish(chance.randrange(len(load.running)))
        load.arrive()
    return steps / (time.perf_counter() - begun)


def main(argv: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=CORE_STEPS)
    options = parser.parse_args(argv)
    print(f"{'operators':>9} {'waiting':>8} {'limit /s':>10} {'core /s':>10} {'ratio':>7}   goal >= {GOAL}")
    for operators, depth in SHAPES:
        limits, cores = [], []
        for _ in range(options.rounds):
            limits.append(core_limit.run(operators, PROFILES[operators], CLASSES, depth, LIMIT_STEPS))
            cores.append(lifecycles(operators, depth, options.steps))
        limit, core = statistics.median(limits), statistics.median(cores)
        ratio = core / limit
        verdict = "reached" if ratio >= GOAL else "missed"
        print(f"{operators:>9} {depth:>8} {limit:>10,.0f} {core:>10,.0f} {ratio:>7.3f}   {verdict}")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
