"""Operators and supervisors: they accept, decline, miss, answer, finish, hand over, take breaks and lose connections.

What lives here: what each of them does next, by what has just been committed. In calm times (when the faults are over)
everybody is diligent, so that everything comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from omniroute.core import events as e
from omniroute.core.model import Presence

if TYPE_CHECKING:
    from omniroute.sim.world import World

HOUR_S = 3_600
AVAILABLE = tuple(Presence).index(Presence.AVAILABLE)
OWNED = (
    e.OfferAccepted, e.ItemConnected, e.HandoffAccepted, e.ItemPulled, e.ItemForced, e.ItemReassigned, e.ItemResumed,
    e.HandoffReturned,
)  # fmt: skip
OFFER_S = 20
"""How long an offer stands."""
HABIT_S = 45
"""How often everybody looks at what they hold, whatever has happened."""
_CALM = ("complete", "complete", "reply", "end", "stage")
_REST = (
    "reply",
    "complete",
    "complete",
    "note",
    "release",
    "transfer",
    "transfer",
    "snooze",
    "extend",
    "cancel",
    "end",
    "pull",
    "meddle",
    "merge",
    "split",
    "stage",
    "stage",
)
_BOSS = (
    "turn_down", "send", "force", "reassign", "requeue", "force", "retrain", "retrain", "prioritize", "prioritize",
    "promise", "merge", "split", "confirm", "rate", "rate", "reopen",
)  # fmt: skip


class Operators:
    """All of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance
        self._names = [one.operator_id for one in world.people]
        self._reactions: dict[type[e.Event], Callable[[Any], None]] = {
            e.OfferMade: self._offered,
            e.ConversationOpened: lambda event: self._tidy(event.conversation_id),
            e.InteractionReceived: self._written_to,
            e.ReplySent: self._answered,
            e.WrapUpStarted: self._writes_up,
            e.PresenceChanged: self._sent_away,
            **dict.fromkeys(OWNED, self._took),
        }

    def start(self) -> None:
        """Everybody comes to work; habits, breaks and interventions begin."""
        options, chance = self._world.options, self._chance
        for name in self._names:
            self._world.plan(chance.random() * 5, "connect", name)
            self._world.plan(chance.random() * 5, "presence", name, AVAILABLE)
            self._world.think(chance.random() * HABIT_S, partial(self._habit, name))
            if options.breaks:
                self._world.think(self._break_s(), partial(self._take_break, name))
        if options.interventions:
            self._world.think(chance.expovariate(options.interventions / HOUR_S), self._intervene)

    # ---- by themselves
    def _habit(self, name: str) -> None:
        chance, calm = self._chance, self._world.calm
        kind = chance.choice(_CALM) if calm else chance.choice(_REST)
        if self._world.up:
            self._world.plan(0, kind, name, chance.randrange(100), chance.randrange(100))
        self._world.think(
            self._world.down_s() + HABIT_S * (0.2 if calm else 0.5 + chance.random()), lambda: self._habit(name)
        )

    def _break_s(self) -> float:
        return self._chance.expovariate(self._world.options.breaks / HOUR_S)

    def _take_break(self, name: str) -> None:
        chance, plan = self._chance, self._world.plan
        back_s = 5 + chance.random() * 90
        match chance.randrange(4):
            case 0:
                plan(0, "disconnect", name)
                plan(back_s, "connect", name)
            case 1:
                plan(0, "presence", name, AVAILABLE + 1, 3 + chance.randrange(3))
                plan(back_s, "presence", name, AVAILABLE, 3)
                plan(back_s, "presence", name, AVAILABLE, 4)
                plan(back_s, "presence", name, AVAILABLE, 5)
            case _:
                plan(0, "presence", name, AVAILABLE + 1 + chance.randrange(3))
        plan(back_s, "presence", name, AVAILABLE)
        self._world.think(self._break_s(), lambda: self._take_break(name))

    def _intervene(self) -> None:
        chance, options = self._chance, self._world.options
        kind, who = chance.choice(_BOSS), chance.choice(self._names)
        self._world.plan(
            0, kind, who if kind == "retrain" else "boss", chance.randrange(1_000), chance.randrange(1_000)
        )
        self._world.think(chance.expovariate(options.interventions / HOUR_S), self._intervene)

    # ---- by what happens
    def hear(self, events: Sequence[e.Event]) -> None:
        """Something is committed: whoever it concerns does something about it, soon."""
        for event in events:
            react = self._reactions.get(type(event))
            if react is not None:
                react(event)

    def _written_to(self, event: e.InteractionReceived) -> None:
        matter = self._world.state.conversations.get(event.conversation_id)
        if matter is not None and matter.owner_id:
            self._soon("reply", matter.owner_id, 25)

    def _tidy(self, number: int) -> None:
        """Whoever sees that a customer has several matters may make them one, or two again."""
        matters = self._world.state.conversations
        matter = matters.get(number)
        if matter and sum([one.customer_id == matter.customer_id for one in matters.values()]) > 1:
            for name in (self._chance.choice(self._names), "boss"):
                self._soon("merge", name, 40)
            if not self._world.calm and self._chance.random() < 0.25:  # seldom: a split opens what is tidied again
                self._soon("split", "boss", 120)

    def _answered(self, event: e.ReplySent) -> None:
        self._tidy(event.conversation_id)
        if self._chance.random() < 0.6:
            self._soon("complete", event.operator_id, 60)

    def _writes_up(self, event: e.WrapUpStarted) -> None:
        if self._chance.random() < 0.7:
            self._soon("complete", event.operator_id, 20)

    def _sent_away(self, event: e.PresenceChanged) -> None:
        if event.cause != "declared" and event.operator_id in self._names:
            self._world.plan(10 + self._chance.random() * 40, "connect", event.operator_id)
            self._world.plan(10 + self._chance.random() * 50, "presence", event.operator_id, AVAILABLE)

    def _offered(self, event: e.OfferMade) -> None:
        name = event.operator_id
        chance, options, calm = self._chance, self._world.options, self._world.calm
        how = 100 if calm else chance.random() * 100
        if how < options.ignored_percent:
            return
        if not calm and chance.random() < 0.04:  # offered something, and gone from one channel
            channel = 3 + chance.randrange(3)
            self._world.plan(1 + chance.random() * 10, "presence", name, AVAILABLE + 1, channel)
            self._world.plan(40, "presence", name, AVAILABLE, channel)
        if not calm and chance.random() < 0.1:  # at the last moment, or one too late
            self._world.plan(OFFER_S + (chance.random() - 0.5) / 50, "accept", name, chance.randrange(8))
            return
        kind = "decline" if how < options.ignored_percent + options.declines_percent else "accept"
        self._world.plan(1 + chance.random() * (4 if calm else 14), kind, name, chance.randrange(8))

    def _took(self, event: e.Event) -> None:
        name = getattr(event, "operator_id", "") or getattr(event, "from_operator_id", "")
        self._soon("reply", name, 40)
        if self._chance.random() < 0.3:
            self._soon("end", name, 150)
        if self._chance.random() < 0.25:
            self._soon("transfer", name, 30)
        if isinstance(event, e.HandoffAccepted) and self._chance.random() < 0.5:
            self._soon("send_back", name, 15)

    def _soon(self, kind: str, name: str, within_s: float) -> None:
        chance = self._chance
        self._world.plan(2 + chance.random() * within_s, kind, name, chance.randrange(16), chance.randrange(16))

    def calm_down(self) -> None:
        """The faults are over: everybody works."""
        for name in [*self._names, "zoe"]:
            self._world.think(1 + self._chance.random(), partial(self._habit, name))

    def come_back(self) -> None:
        """Whoever is not there comes."""
        for operator in self._world.state.operators.values():
            if not operator.connected:
                self._world.plan(0, "connect", operator.operator_id)
            if operator.presence is not Presence.AVAILABLE or operator.channels:
                for channel in (0, 3, 4, 5):
                    self._world.plan(0, "presence", operator.operator_id, AVAILABLE, channel)
