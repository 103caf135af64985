"""The index of waiting work: what is queued, in its order, by requirement class.

What lives here: the items of each class (``classes``) in their order, and the search for the next one. What holds for
one item of a class holds for all, and only the first of a class can be next. The first ones of all classes of a lane
stand in order in `Ranked`.

An item is in one class at a time; back-off, reservation and relaxation move it to another. Classes that are empty are
kept for a while, because work of the same kind comes again. An item is put into its line when somebody looks at the
lines: what is offered as soon as it comes never stands in one.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from typing import TYPE_CHECKING

from omniroute.core.bits import members
from omniroute.core.classes import ClassKey, ClassSets, class_of
from omniroute.core.model import Operator, WorkItem
from omniroute.core.ordering import Line, Place, Ranked
from omniroute.core.roster import LaneKey, Roster

if TYPE_CHECKING:
    from omniroute.core.state import State

NEW_MAX = 64
"""Items that have come and are in no line so far; a crowd is not left to the step that looks at the lines."""
EMPTY_CLASSES_MAX = 4096
"""Empty classes that are kept."""


class WaitingClass:
    """One class: its items in order, and who is able to serve them (remembered until abilities change)."""

    __slots__ = (
        "_able",
        "_capable",
        "_generation",
        "_index",
        "_lacking",
        "batch",
        "heads",
        "key",
        "lane",
        "lined",
        "size",
        "slot",
    )

    def __init__(self, key: ClassKey, slot: int, index: WaitingIndex, heads: Ranked, *, batch: bool) -> None:
        self._index = index
        self.key = key
        self.heads = heads
        self.lane: LaneKey = (key.channel, key.cost_units)
        self.slot = slot
        self.batch = batch
        self.lined = Line()
        """Its items but for the new ones; see `WaitingIndex.line_up`."""
        self.size = 0
        self._generation = -1
        self._able = 0
        self._capable = 0
        self._lacking: dict[str, int] = {}

    @property
    def line(self) -> Line:
        """All its items in order."""
        self._index.line_up()
        return self.lined

    def able(self, roster: Roster) -> int:
        """Those who could have its items at some hour, as bits."""
        if self._generation != roster.generation:
            self._generation = roster.generation
            self._able, self._capable, self._lacking = _sieve(roster, self.key)
        return self._able

    def capable(self, roster: Roster) -> int:
        """The same and those in back-off, who are there all the same and may have the item again soon."""
        self.able(roster)
        return self._capable

    def staff(self, state: State) -> int:
        """Who is able for it and available on its channel, busy or in back-off or not."""
        return self.capable(state.roster) & state.roster.lane(state, self.lane).on_duty()

    def sieved(self, roster: Roster) -> tuple[int, dict[str, int]]:
        """Those who could, and how many could not, by the first reason."""
        return self.able(roster), self._lacking


def _sieve(roster: Roster, key: ClassKey) -> tuple[int, int, dict[str, int]]:
    """Who passes membership, skills, reservation and back-off, in that order, and how many each of them stops.

    In the middle: who passes all but the back-off.
    """
    counts: dict[str, int] = {}
    left = roster.everyone

    def keep(those: int, reason: str) -> int:
        stopped = (left & ~those).bit_count()
        if stopped:
            counts[reason] = stopped
        return left & those

    left = keep(_members(roster, key), "department")
    for requirement in key.requirements:
        left = keep(roster.having(requirement), f"skill:{requirement}")
    if key.held_for:
        left = keep(_bits(roster, (key.held_for,)), "sticky_hold")
    capable = left
    if key.excluded:
        left = keep(~_bits(roster, key.excluded), "backoff")
    return left, capable, counts


def _members(roster: Roster, key: ClassKey) -> int:
    found = roster.serving.get(key.queue_id, 0)
    for queue_id in key.queues:
        found |= roster.serving.get(queue_id, 0)
    for department_id in key.departments:
        found |= roster.departments.get(department_id, 0)
    return found | _bits(roster, key.operators) if key.operators else found


def _bits(roster: Roster, operator_ids: tuple[str, ...]) -> int:
    found = 0
    for operator_id in operator_ids:
        slot = roster.slots.get(operator_id)
        if slot is not None:
            found |= 1 << slot
    return found


class Heads:
    """The first items of the classes of one lane: of ordinary queues, and of those that are matched in batches."""

    __slots__ = ("batch", "single")

    def __init__(self) -> None:
        self.single = Ranked()
        self.batch = Ranked()


class WaitingIndex:
    """Queued items by class."""

    __slots__ = (
        "_by_slot",
        "_empty",
        "_free",
        "_in_line",
        "_new",
        "_serves",
        "batching",
        "class_of_item",
        "classes",
        "generation",
        "heads",
        "sets",
        "state",
    )

    def __init__(self, state: State) -> None:
        self.state = state
        self.classes: dict[ClassKey, WaitingClass] = {}
        self.class_of_item: dict[int, WaitingClass] = {}
        self.heads: dict[LaneKey, Heads] = {}
        self.sets = ClassSets()
        self.batching = any(rule.batch_ms for rule in state.queues.values())
        self.generation = 0
        self._by_slot: dict[int, WaitingClass] = {}
        self._empty: dict[ClassKey, None] = {}
        self._free: list[int] = []
        self._in_line: dict[str, dict[ClassKey, WaitingClass]] = {}
        self._new: dict[int, Place] = {}
        """Items that have come and are in no line so far."""
        self._serves: dict[str, tuple[int, int, int]] = {}

    def __len__(self) -> int:
        return len(self.class_of_item)

    def add(self, item: WorkItem) -> None:
        """Put an item at its place, which depends on its class and rank only."""
        key = class_of(item)
        one = self.classes.get(key) or self._begin(key)
        self.class_of_item[item.work_item_id] = one
        self._new[item.work_item_id] = (item.rank_ms, item.work_item_id)
        if not one.size:
            self._empty.pop(key, None)
        one.size += 1
        if len(self._new) > NEW_MAX:
            self.line_up()

    def remove(self, item: WorkItem) -> None:
        """Take an item out; it must be in, and must not have changed since."""
        one = self.class_of_item.pop(item.work_item_id)
        one.size -= 1
        place = (item.rank_ms, item.work_item_id)
        new = self._new.pop(item.work_item_id, None)
        if new is None:
            self._leave_line(one, place)
        elif new != place:
            raise AssertionError(f"work item {item.work_item_id} is not at its place")
        if not one.size:
            self._end(one)

    def line_up(self) -> None:
        """Put whatever is new into its line; whoever looks at lines or heads does that first."""
        if not self._new:
            return
        for item_id, place in self._new.items():
            one = self.class_of_item[item_id]
            one.lined.add(place)
            if len(one.lined) == 1:
                self._in_line.setdefault(one.key.queue_id, {})[one.key] = one
            if one.lined.first() is place:
                one.heads.put((*place, one.slot))
        self._new.clear()

    def _leave_line(self, one: WaitingClass, place: Place) -> None:
        one.lined.remove(place)
        if len(one.lined):
            one.heads.put((*one.lined.first(), one.slot))
        else:
            one.heads.drop(one.slot)
            del self._in_line[one.key.queue_id][one.key]

    @property
    def by_queue(self) -> dict[str, dict[ClassKey, WaitingClass]]:
        """Classes that hold something, by queue."""
        self.line_up()
        return self._in_line

    def waits(self, item: WorkItem) -> bool:
        """Whether the item is in."""
        return item.work_item_id in self.class_of_item

    def _begin(self, key: ClassKey) -> WaitingClass:
        slot = self._free.pop() if self._free else len(self._by_slot)
        batch = self.state.is_batch(key.queue_id)
        lane = self.heads.setdefault((key.channel, key.cost_units), Heads())
        one = WaitingClass(key, slot, self, lane.batch if batch else lane.single, batch=batch)
        self.classes[key] = self._by_slot[slot] = one
        self.sets.add(self.state, key, 1 << slot)
        self.generation += 1
        return one

    def _end(self, one: WaitingClass) -> None:
        self._empty[one.key] = None
        if len(self._empty) > EMPTY_CLASSES_MAX:
            oldest = self.classes.pop(next(iter(self._empty)))
            del self._empty[oldest.key], self._by_slot[oldest.slot]
            self.sets.remove(1 << oldest.slot)
            self._free.append(oldest.slot)
            self.generation += 1

    # ---- looking for work
    def serves(self, operator: Operator) -> int:
        """The classes that an operator is able to serve, as bits; remembered until abilities or classes change.

        A queue that the operator is bound to may belong to another department by now, or to none.
        """
        known = self._serves.get(operator.operator_id)
        abilities = self.state.roster.generation
        if known is None or known[0] != self.generation or known[1] != abilities:
            rules = [self.state.queues.get(queue_id) for queue_id in operator.queues]
            bound = [rule.queue_id for rule in rules if rule and rule.department_id in operator.departments]
            known = (self.generation, abilities, self.sets.for_operator(operator, bound))
            self._serves[operator.operator_id] = known
        return known[2]

    def first_for(self, operator: Operator, lanes: Iterable[LaneKey]) -> Place | None:
        """The first item of these lanes that the operator is able to serve, outside batch queues."""
        self.line_up()
        served, best = self.serves(operator), None
        for lane in lanes:
            heads = self.heads.get(lane)
            entry = heads.single.first(served) if heads else None
            if entry is not None and (best is None or entry < best):
                best = entry
        return None if best is None else best[:2]

    def batches_for(self, operator: Operator, lane: LaneKey) -> list[WaitingClass]:
        """The classes of batch queues in a lane that the operator is able to serve and that hold something."""
        self.line_up()
        heads = self.heads.get(lane)
        if heads is None or not len(heads.batch):
            return []
        return [self._by_slot[entry[-1]] for entry in heads.batch.best(self.serves(operator), len(heads.batch))]

    def held_for(self, operator_id: str) -> list[int]:
        """The items that are kept for an operator, in order."""
        held = [self._by_slot[slot] for slot in members(self.sets.held_for.get(operator_id, 0))]
        return [item_id for _, item_id in merge(*(one.line.places() for one in held))]

    def stranded(self, queue_id: str) -> list[int]:
        """The items of a queue for which nobody is there, in order."""
        classes = [one for one in self.by_queue.get(queue_id, {}).values() if not one.staff(self.state)]
        return [item_id for _, item_id in sorted(place for one in classes for place in one.line.places())]

    # ---- for screens, estimates and invariants
    def ordered(self) -> list[int]:
        """Ids of all waiting items in order of rank; for screens, not for decisions."""
        return [item_id for _, item_id in sorted(place for line in self.lines().values() for place in line)]

    def lines(self) -> dict[ClassKey, list[Place]]:
        """The items of every class that holds any."""
        return {key: one.line.places() for key, one in self.classes.items() if one.size}

    def firsts(self, served: int = -1) -> list[int]:
        """Ids of the first items of the classes in ``served`` (as bits; all, if nothing is said), queue by queue."""
        classes = [one for lines in self.by_queue.values() for one in lines.values() if served >> one.slot & 1]
        return [one.lined.first()[1] for one in classes]

    def length(self, queue_id: str) -> int:
        """How many items wait in a queue."""
        return sum(one.size for one in self.by_queue.get(queue_id, {}).values())
