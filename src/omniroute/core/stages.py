"""Stages: where a matter stands in the course of its kind; no decisions.

What lives here: the kinds that there are without a configuration, and what a matter's present stage says. ``stage`` of
a matter is the phase that everybody knows (received, in progress, done), ``stage_id`` the stage of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from omniroute.core.rules import KindRule, Stage, StageRule

if TYPE_CHECKING:
    from omniroute.core.model import Conversation
    from omniroute.core.state import State

IN_PROGRESS, WAITING_CUSTOMER, WAITING_PART = "in_progress", "waiting_customer", "waiting_part"
CUSTOMER, PART = "customer", "part"
PLAIN = KindRule(
    "",
    (
        StageRule("received", Stage.RECEIVED, (IN_PROGRESS, WAITING_CUSTOMER, WAITING_PART, "done")),
        StageRule(IN_PROGRESS, Stage.IN_PROGRESS, (WAITING_CUSTOMER, WAITING_PART, "done")),
        StageRule(
            WAITING_CUSTOMER,
            Stage.IN_PROGRESS,
            (IN_PROGRESS, WAITING_PART, "done"),
            waits=CUSTOMER,
            on_message=IN_PROGRESS,
        ),
        StageRule(WAITING_PART, Stage.IN_PROGRESS, (IN_PROGRESS, WAITING_CUSTOMER, "done"), waits=PART),
        StageRule("done", Stage.DONE),
    ),
)
"""The course of every kind that the configuration does not define."""


def kind_of(state: State, matter: Conversation) -> KindRule:
    """The rules of a matter's kind."""
    return state.kinds.get(matter.kind, PLAIN)


def present(state: State, matter: Conversation) -> StageRule:
    """The stage that a matter is in; the first of its phase where its kind has none of that name (any more)."""
    first = None
    for one in kind_of(state, matter).stages:
        if one.phase is matter.stage:
            if one.stage_id == matter.stage_id:
                return one
            first = first or one
    if first is None:
        raise AssertionError("a kind without a stage for every phase")
    return first


def stage_named(rule: KindRule, stage_id: str) -> StageRule | None:
    """A stage of a kind."""
    return next((one for one in rule.stages if one.stage_id == stage_id), None)


def ends(rule: KindRule, stage: StageRule) -> Iterator[StageRule]:
    """The stages in which a matter is done, that a stage leads to."""
    for one in rule.stages:
        if one.phase is Stage.DONE and one.stage_id in stage.next:
            yield one


def first_end(rule: KindRule) -> StageRule:
    """The stage of who is done without anybody's choice."""
    return next(one for one in rule.stages if one.phase is Stage.DONE)


def missing(stage: StageRule, matter: Conversation) -> list[str]:
    """The fields that have to be filled in before a matter may enter a stage."""
    return [name for name in stage.needs if name not in matter.fields]


class Progress(NamedTuple):
    """How far the tasks of a matter's stages are; ``late`` ones are open as well."""

    done: int
    open: int
    late: int


def progress(state: State, matter: Conversation) -> Progress:
    """What other departments have done for a matter, and have yet to do."""
    parts = [state.handoffs[item.part_of] for item in state.parts_of(matter)]
    late = [one.overdue for one in parts if one.stage_id]
    return Progress(matter.tasks_done, len(late), sum(late))


def waits_for(state: State, matter: Conversation) -> str:
    """Whom the stage waits for: the ``customer``, a ``part``, or nobody."""
    if not matter.stage_id:  # the first stage of a phase; only a configured kind can wait there
        return present(state, matter).waits if state.kinds else ""
    return present(state, matter).waits
