"""The roster: all operators as bits, by what they are able for and by what stands against giving them more.

What lives here: an index that follows from the records, never part of a snapshot. A *lane* is a channel instance at a
cost; for each lane every operator stands under exactly one reason, and those under `OPEN` can be given an item of it
now. Appliers `touch` the operators whom an event names; `refresh` moves these before the next look.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from omniroute.core.capacity import BUSY, Holding, absent, full, taken
from omniroute.core.model import Operator
from omniroute.core.rules import Requirement

if TYPE_CHECKING:
    from omniroute.core.state import State

OPEN = ""
LEVELS = range(1, 11)
LaneKey = tuple[str, int]
"""Channel instance and cost in units."""
ABSENCES = ("presence:offline", "presence:away", "presence:draining", "channel_presence")
"""Reasons of those who are not on duty."""


class Lane:
    """A channel at a cost. ``bits[reason]`` are the operators under that reason, ``of[slot]`` is the reason of each."""

    __slots__ = ("bits", "busy", "channel", "cost_units", "items_max", "of")

    def __init__(self, key: LaneKey, items_max: int) -> None:
        self.channel, self.cost_units = key
        self.items_max = items_max
        self.busy: list[str] = []
        """Reasons other than `OPEN` under which anybody ever stood, in the order of `capacity.BUSY`."""
        self.bits: dict[str, int] = {OPEN: 0}
        self.of: list[str | None] = []

    def move(self, slot: int, reason: str) -> None:
        """The operator of that slot, who stood elsewhere, stands under ``reason`` from now on."""
        known, bit = self.of[slot], 1 << slot
        if known is not None:
            self.bits[known] ^= bit
        self.of[slot] = reason
        if reason in self.bits:
            self.bits[reason] |= bit
        else:
            self.bits[reason] = bit
            self.busy = [one for one in BUSY if one in self.bits]

    def on_duty(self) -> int:
        """Everybody who is available on the channel, busy or not."""
        duty = 0
        for reason, bits in self.bits.items():
            if reason not in ABSENCES:
                duty |= bits
        return duty


class Roster:
    """See the module's text. Slots are given in the order in which operators came."""

    __slots__ = (
        "_planes",
        "_touched",
        "departments",
        "everyone",
        "generation",
        "idle",
        "lanes",
        "operators",
        "orders",
        "released",
        "serving",
        "skills",
        "slots",
    )

    def __init__(self) -> None:
        self.generation = 0
        """Changes whenever somebody's abilities do."""
        self.slots: dict[str, int] = {}
        self.operators: list[Operator] = []
        self.everyone = 0
        self.departments: dict[str, int] = {}
        self.serving: dict[str, int] = {}
        """Who serves a queue: works in its department, and is not bound to other queues."""
        self.skills: dict[str, list[int]] = {}
        """For each skill and level 1-10 (place 0: level 1) those who have it at that level or better."""
        self._planes: dict[str, list[int]] = {}
        self.lanes: dict[LaneKey, Lane] = {}
        self.idle: list[bool] = []
        """Whether an operator can be given anything at all, in any lane."""
        self.released: dict[str, None] = {}
        """Who was kept free for an item and is no longer; the next matching looks at them."""
        self._touched: dict[str, None] = {}
        self.orders: dict[str, dict[int, None]] = {}
        """Slots that are out of date in the order of each plan; see ``plans``."""

    def touch(self, operator_id: str) -> None:
        """An event has named the operator."""
        self._touched[operator_id] = None

    def release(self, operator_id: str) -> None:
        """The operator need not be kept free any more."""
        self.released[operator_id] = None
        self.touch(operator_id)

    # ---- abilities
    def learn(self, state: State, operator: Operator) -> None:
        """An operator is new or has other abilities."""
        self.generation += 1
        self._planes.clear()
        slot = self.slots.setdefault(operator.operator_id, len(self.operators))
        if slot == len(self.operators):
            self.operators.append(operator)
            self.idle.append(False)
            self.everyone |= 1 << slot
            for lane in self.lanes.values():
                lane.of.append(None)
        else:
            self._forget(1 << slot)
        self._enter(state, operator, 1 << slot)
        self.touch(operator.operator_id)

    def _forget(self, bit: int) -> None:
        for known in (self.departments, self.serving):
            for name in known:
                known[name] &= ~bit
        for levels in self.skills.values():
            levels[:] = [bits & ~bit for bits in levels]

    def _enter(self, state: State, operator: Operator, bit: int) -> None:
        for department_id in operator.departments:
            self.departments[department_id] = self.departments.get(department_id, 0) | bit
        for rule in state.config.queues:
            if rule.department_id in operator.departments and rule.queue_id in (operator.queues or (rule.queue_id,)):
                self.serving[rule.queue_id] = self.serving.get(rule.queue_id, 0) | bit
        for skill, level in operator.skills.items():
            levels = self.skills.setdefault(skill, [0] * len(LEVELS))
            for place in range(level):
                levels[place] |= bit

    def having(self, requirement: Requirement) -> int:
        """Those who have the skill at that level or better."""
        levels = self.skills.get(requirement.skill)
        return levels[requirement.level - 1] if levels else 0

    def level_planes(self, skill: str) -> list[int]:
        """Everybody's level in a skill, bit by bit (see ``bits``): from the thresholds, by parity."""
        known = self._planes.get(skill)
        if known is None:
            levels = self.skills.get(skill, [0] * len(LEVELS))
            known = [_parity(levels[step - 1 :: step]) for step in (1, 2, 4, 8)]
            self._planes[skill] = known
        return known

    # ---- what stands against giving somebody more
    def lane(self, state: State, key: LaneKey) -> Lane:
        """The lane, up to date."""
        if self._touched:
            self.refresh(state)
        lane = self.lanes.get(key)
        if lane is None:
            rule = state.channels.get(key[0])
            lane = self.lanes[key] = Lane(key, rule.items_max if rule else 0)
            lane.of = [None] * len(self.operators)
            for slot in range(len(self.operators)):
                self._place(state, slot)
            for stale in self.orders.values():  # who is open in no other lane has no place in an order so far
                stale.update(dict.fromkeys(range(len(self.operators))))
        return lane

    def refresh(self, state: State) -> None:
        """Put everybody whom an event has named where they belong now."""
        for operator_id in self._touched:
            slot = self.slots[operator_id]
            self._place(state, slot)
            for stale in self.orders.values():
                stale[slot] = None
        self._touched.clear()

    def _place(self, state: State, slot: int) -> None:
        operator = self.operators[slot]
        if operator.channels or operator.reserved_for or state.excluding or state.interrupting:
            self._place_by_lane(state, slot, operator)
            return
        reason = absent(state, operator)
        counts = taken(state, operator) if state.counting and not reason else {}
        free = operator.capacity_units - operator.load_units - operator.offered_units
        idle = False
        for lane in self.lanes.values():
            now = reason
            if not now:  # the part of `full` that is left
                if lane.items_max and counts.get(lane.channel, 0) >= lane.items_max:
                    now = "channel_max"
                elif lane.cost_units > free:
                    now = "capacity"
                else:
                    idle = True
            if lane.of[slot] != now:
                lane.move(slot, now)
        self.idle[slot] = idle

    def _place_by_lane(self, state: State, slot: int, operator: Operator) -> None:
        nowhere = "" if operator.channels else absent(state, operator)
        holding = Holding(state, operator) if state.counting and not nowhere else None
        self.idle[slot] = False
        for lane in self.lanes.values():
            now = nowhere or (absent(state, operator, lane.channel) if operator.channels else OPEN)
            now = now or full(state, operator, lane.channel, lane.cost_units, holding)
            if now == OPEN:
                self.idle[slot] = True
            if lane.of[slot] != now:
                lane.move(slot, now)

    def open_lanes(self, state: State, slot: int, among: Iterable[LaneKey]) -> list[LaneKey]:
        """The lanes in which the operator can be given something now."""
        if self._touched:
            self.refresh(state)
        lanes = self.lanes
        for key in among:
            if key not in lanes:
                self.lane(state, key)
        return [key for key in among if lanes[key].of[slot] == OPEN]


def _parity(sets: list[int]) -> int:
    odd = 0
    for bits in sets:
        odd ^= bits
    return odd
