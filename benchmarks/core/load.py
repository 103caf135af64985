"""The load on the real core: the yardstick's world in the core's own commands, with everything switched on.

Each step finishes one running item (its operator gets the next) and brings in a new one. Whatever is offered is
accepted at once, also what an accept or a completion brings about; the deadlines are looked at now and then, as the
engine does. Only the public way in is used: `machine.handle`, commands, events.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from benchmarks import core_limit
from benchmarks.core.plan import Shape, World
from omniroute.core import machine
from omniroute.core.commands import (
    AcceptOffer,
    ApplyConfig,
    Classification,
    Command,
    CompleteItem,
    FireDue,
    PutOperator,
    ReceiveRaw,
    RegisterInteraction,
    SetPresence,
)
from omniroute.core.deadlines import Concern
from omniroute.core.events import Decision, Event, OfferAccepted, OfferMade
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.policy import RoutingPolicy
from omniroute.core.rules import (
    ChannelRule,
    CoreConfig,
    DepartmentRule,
    Outcome,
    Overflow,
    OverflowCause,
    QueueRule,
    Relaxation,
    Requirement,
)
from omniroute.core.state import State

CHANNELS = ("voice", "chat", "mail")
ITEMS_MAX = (1, 3, 5)
SKILLS = tuple(f"skill{bit:02}" for bit in range(core_limit.SKILLS))
HOUR_MS = 3_600_000
BATCH_MS = 600_000
STICKY_MS = 20
"""A few lifecycles: logical time goes one millisecond a command here."""
LEVEL = 3
"""What is required; an operator who has a skill at all has it at this level or better."""
LOOK_EVERY = 64
"""Arrivals between two looks at the deadlines."""
PATIENCE_S = 3.0
"""A side that needs longer than this for one round is cut short."""
CHUNK = 20
CONCERNS = tuple(Concern)

Policies = Mapping[str, RoutingPolicy]
Handle = Callable[[State, Command, int, Policies], list[Event]]


class PolicyFailed(Exception):
    """A policy broke and the default decided: what was measured is not what was asked for."""


class Arrival(NamedTuple):
    """What comes, by its place in the cycle."""

    channel: str
    requirements: tuple[Requirement, ...]
    """Shared by all arrivals of the class, as they would be by a rule of the configuration."""
    priority: int
    previous_operator_id: str


class Load:
    """One world of the core. ``staffed`` operators are there from the beginning (default: all)."""

    def __init__(self, shape: Shape, policy: str, policies: Policies, staffed: int | None = None) -> None:
        self.shape = shape
        self.state = State()
        self.now_ms = 1
        self.running: list[tuple[int, str]] = []
        self.arrived = self.finished = 0
        self._policy, self._policies = policy, policies
        self._decided: Decision | None = None
        self._handle: Handle = machine.handle
        self._world = shape.world()
        self._chance = random.Random(3)
        self._arrivals = _arrivals(shape, self._world, self._chance)
        self._do(ApplyConfig(config=_config(policy, _is_batch(policy, policies))))
        self._do(ReceiveRaw(channel=CHANNELS[0]))
        self.staff(range(shape.operators if staffed is None else staffed))

    @property
    def waiting(self) -> int:
        """How many items wait for an operator."""
        return self.arrived - self.finished - len(self.running)

    # ---- what happens
    def staff(self, numbers: range) -> None:
        """These operators are hired and available."""
        for number in numbers:
            profile = self._world.profile_of[number]
            self._do(
                PutOperator(
                    operator_id=_name(number),
                    departments=("all",),
                    skills=_levels(self._world.masks[profile], profile),
                    capacity_units=100,
                    weight=1 + number % 20,
                )
            )
            self._do(SetPresence(operator_id=_name(number), presence=Presence.AVAILABLE))

    def arrive(self) -> None:
        """A known customer writes; whoever is offered it accepts. What a channel brings in was received before."""
        self.arrived += 1
        number = self.arrived
        arrival = self._arrivals[number & (len(self._arrivals) - 1)]
        events = self._do(
            RegisterInteraction(
                raw_id=1,
                customer_id=number,
                last=False,
                channel=arrival.channel,
                kind=InteractionKind.MESSAGE,
                classification=Classification(
                    "all",
                    priority=arrival.priority,
                    requirements=arrival.requirements,
                ),
                reference=str(number),
                previous_operator_id=arrival.previous_operator_id,
            )
        )
        self.follow(events)
        if not number % LOOK_EVERY:
            for concern in CONCERNS:
                self.follow(self.fire(concern))

    def finish(self, place: int) -> None:
        """One running item is done; its operator gets the next."""
        (work_item_id, operator_id), self.running[place] = self.running[place], self.running[-1]
        self.running.pop()
        self.finished += 1
        self.follow(self._do(CompleteItem(work_item_id=work_item_id, operator_id=operator_id, disposition="solved")))

    def fire(self, concern: str) -> list[Event]:
        """Let what is due take effect."""
        return self._do(FireDue(concern=concern))

    def follow(self, events: Sequence[Event]) -> None:
        """Accept what was offered, and what comes of that, until nothing is offered any more."""
        live: dict[int, str] = {}
        for event in events:
            kind = type(event)
            if kind is OfferMade:
                self._decided = decision = event.decision  # type: ignore[attr-defined]
                if decision.failed_policy:
                    raise PolicyFailed(f"policy {self._policy} failed: {decision.policy} decided instead")
                live[event.offer_id] = event.operator_id  # type: ignore[attr-defined]
            elif kind is OfferAccepted:
                live.pop(event.offer_id, None)  # type: ignore[attr-defined]
                self.running.append((event.work_item_id, event.operator_id))  # type: ignore[attr-defined]
        for offer_id, operator_id in live.items():
            self.follow(self._do(AcceptOffer(offer_id=offer_id, operator_id=operator_id)))

    def _do(self, command: Command) -> list[Event]:
        self.now_ms += 1
        return self._handle(self.state, command, self.now_ms, self._policies)

    # ---- what is measured
    def fill(self, waiting: int | None = None) -> None:
        """Up to the steady state: half as many running as there are operators, or so many waiting."""
        depth = self.shape.waiting if waiting is None else waiting
        enough = self.arrived + depth + 20 * self.shape.operators + 1_000
        gc.disable()  # nothing that is made here is garbage
        try:
            while self.waiting < depth if depth else len(self.running) < self.shape.operators // 2:
                self.arrive()
                if self.arrived > enough:
                    raise AssertionError(f"{self.arrived} have come, {len(self.running)} of them are being served")
        finally:
            gc.enable()
        self._refuse_substitute()

    def _refuse_substitute(self) -> None:
        """A policy that is not there must not go unnoticed either."""
        asked = set(self._policy.split("+"))
        if self._decided is not None and asked.isdisjoint(self._decided.policy.split("+")):
            raise PolicyFailed(f"{self._decided.policy} decided, not {self._policy}")

    def pace(self, steps: int) -> float:
        """Lifecycles a second."""
        done, begun = 0, time.perf_counter()
        seconds = 0.0
        while done < steps and seconds < PATIENCE_S:
            chunk = min(CHUNK, steps - done)
            self._live(chunk)
            done += chunk
            seconds = time.perf_counter() - begun
        return done / seconds

    def own_cost(self, steps: int) -> float:
        """Seconds that the load itself takes for one lifecycle: the same again with the core's answers at hand."""
        answers: list[list[Event]] = []

        def recording(state: State, command: Command, now_ms: int, policies: Policies) -> list[Event]:
            answers.append(machine.handle(state, command, now_ms, policies))
            return answers[-1]

        before = (self.running.copy(), self.arrived, self.finished, self.now_ms, self._chance.getstate())
        self._handle = recording
        self._live(steps)
        self.running, self.arrived, self.finished, self.now_ms, chance = before
        self._chance.setstate(chance)
        known = iter(answers)
        self._handle = lambda _state, _command, _now_ms, _policies: next(known)
        begun = time.perf_counter()
        self._live(steps)
        seconds = time.perf_counter() - begun
        self._handle = machine.handle
        return seconds / steps

    def _live(self, steps: int) -> None:
        chance = self._chance
        for _ in range(steps):
            if self.running:  # work that is held for one operator may leave nothing to finish in a tiny world
                self.finish(chance.randrange(len(self.running)))
            self.arrive()


def _name(number: int) -> str:
    return f"operator{number:05}"


def _levels(mask: int, profile: int) -> dict[str, int]:
    """The skills of a profile, at levels that differ from profile to profile."""
    return {
        skill: LEVEL + (3 * profile + 7 * bit) % (11 - LEVEL) for bit, skill in enumerate(SKILLS) if mask >> bit & 1
    }


def _arrivals(shape: Shape, world: World, chance: random.Random) -> list[Arrival]:
    """The yardstick's draws in its order; who worked for the customer last is drawn apart, among those who could."""
    classes = [chance.randrange(shape.classes) for _ in range(shape.cycle)]
    priorities = [chance.randrange(10) for _ in range(shape.cycle)]
    requirements = [
        tuple(Requirement(skill, LEVEL) for bit, skill in enumerate(SKILLS) if mask >> bit & 1)
        for mask, _ in world.wanted
    ]
    able = [[p for p, has in enumerate(world.masks) if has & mask == mask] for mask, _ in world.wanted]
    faces, profiles = random.Random(5), len(world.masks)
    found = []
    for number, priority in zip(classes, priorities, strict=True):
        known = range(faces.choice(able[number]), shape.operators, profiles)
        previous = _name(faces.choice(known)) if known else ""
        found.append(Arrival(CHANNELS[world.wanted[number][1]], requirements[number], priority, previous))
    return found


def _is_batch(policy: str, policies: Policies) -> bool:
    return any(getattr(policies.get(part), "batch", False) for part in policy.split("+"))


def _config(policy: str, batch: bool) -> CoreConfig:
    """One queue with everything that a queue can have, short of what would change who gets what."""
    lower = tuple(Requirement(skill) for skill in SKILLS)
    rule = QueueRule(
        "all.all",
        "all",
        policy,
        offer_ms=20_000,
        backoff_ms=30_000,
        wrap_up_ms=60_000,
        first_response_ms=HOUR_MS,
        handoff_ms=HOUR_MS,
        sticky_ms=STICKY_MS,
        batch_ms=BATCH_MS if batch else 0,
        relaxations=(Relaxation(HOUR_MS, lower=lower), Relaxation(2 * HOUR_MS, drop=SKILLS)),
        overflows=(Overflow(OverflowCause.WAIT, 5 * HOUR_MS, outcome=Outcome.CALLBACK),),
    )
    channels = tuple(
        ChannelRule(name, cost, items_max=most)
        for name, cost, most in zip(CHANNELS, core_limit.COST, ITEMS_MAX, strict=True)
    )
    return CoreConfig((DepartmentRule("all", "all.all"),), (rule,), channels, reserve_ms=HOUR_MS)


def filled(shape: Shape, policy: str, policies: Policies) -> Load:
    """The core in its steady state, ready to be timed."""
    load = Load(shape, policy, policies)
    load.fill()
    return load
