"""Classes of work: what an item asks of an operator, and which classes an operator can serve.

What lives here: the key of a class, and the classes as bits: sets by what is asked for, made from thresholds as the
roster is made over the operators. The items of a class stand in ``waiting``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from omniroute.core.model import Operator, WorkItem
from omniroute.core.rules import Requirement

if TYPE_CHECKING:
    from omniroute.core.state import State


class ClassKey(NamedTuple):
    """What all items of one class ask for. ``excluded`` may not have them now, ``held_for`` alone may."""

    queue_id: str
    department_id: str
    channel: str
    cost_units: int
    requirements: tuple[Requirement, ...]
    preferred: tuple[Requirement, ...] = ()
    departments: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    held_for: str = ""


def class_of(item: WorkItem) -> ClassKey:
    """The class that an item waits in."""
    return tuple.__new__(  # as the class itself does it, without its call: this is done for every item
        ClassKey,
        (
            item.queue_id,
            item.department_id,
            item.channel,
            item.cost_units,
            item.requirements,
            item.preferred,
            item.departments,
            item.queues,
            item.operators,
            tuple(sorted(item.backoff)) if item.backoff else (),
            item.held_for,
        ),
    )


class ClassSets:
    """Classes as bits, by what they ask for: so that those which an operator can serve are a few unions away."""

    __slots__ = ("departments", "everywhere", "excluded", "held", "held_for", "operators", "over", "queues")

    def __init__(self) -> None:
        self.queues: dict[str, int] = {}
        self.everywhere: dict[str, int] = {}
        """Classes of any queue of a department (for who serves all of them)."""
        self.departments: dict[str, int] = {}
        """Classes to which relaxation added the whole department."""
        self.operators: dict[str, int] = {}
        self.over: dict[str, list[int]] = {}
        """For each skill and level 0-9 the classes that ask for more than that level."""
        self.excluded: dict[str, int] = {}
        self.held = 0
        self.held_for: dict[str, int] = {}

    def _named(self) -> tuple[dict[str, int], ...]:
        return self.queues, self.everywhere, self.departments, self.operators, self.excluded, self.held_for

    def add(self, state: State, key: ClassKey, bit: int) -> None:
        """A class is new."""
        for queue_id in (key.queue_id, *key.queues):
            _join(self.queues, queue_id, bit)
            rule = state.queues.get(queue_id)  # one that relaxation added may be gone by now: nobody serves it
            if rule is not None:
                _join(self.everywhere, rule.department_id, bit)
        for names, known in (
            (key.departments, self.departments),
            (key.operators, self.operators),
            (key.excluded, self.excluded),
        ):
            for name in names:
                _join(known, name, bit)
        for requirement in key.requirements:
            levels = self.over.setdefault(requirement.skill, [0] * 10)
            for level in range(requirement.level):
                levels[level] |= bit
        if key.held_for:
            self.held |= bit
            _join(self.held_for, key.held_for, bit)

    def remove(self, bit: int) -> None:
        """A class is gone; its number may be given to another one."""
        keep = ~bit
        for known in self._named():
            for name in known:
                known[name] &= keep
        for levels in self.over.values():
            levels[:] = [bits & keep for bits in levels]
        self.held &= keep

    def for_operator(self, operator: Operator, bound: Iterable[str]) -> int:
        """The classes that the operator is able to serve; ``bound`` are the queues that alone they serve."""
        found = self.operators.get(operator.operator_id, 0)
        for department_id in operator.departments:
            found |= self.departments.get(department_id, 0)
            if not operator.queues:
                found |= self.everywhere.get(department_id, 0)
        for queue_id in bound:
            found |= self.queues.get(queue_id, 0)
        lacking = self.held & ~self.held_for.get(operator.operator_id, 0)
        lacking |= self.excluded.get(operator.operator_id, 0)
        skills = operator.skills
        for skill, levels in self.over.items():
            level = skills.get(skill, 0)
            if level < 10:
                lacking |= levels[level]
        return found & ~lacking


def _join(known: dict[str, int], name: str, bit: int) -> None:
    known[name] = known.get(name, 0) | bit
