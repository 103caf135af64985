"""Passes: the way that a matter took by transfers, and where that way ends.

What lives here: the two reasons why an operator's transfer is refused, the hop limit and the ping-pong. A matter may
go from one department to another and back once; the third pass between the same two is refused, for each of them
believes that it is the other's. The same holds for two people. A supervisor who sends it has decided, so it goes.
"""

from __future__ import annotations

from omniroute.core.commands import TransferItem
from omniroute.core.model import Conversation, Handoff, Pass, WorkItem
from omniroute.core.state import State
from omniroute.errors import Conflict

BETWEEN_TWO_MAX = 2
"""Passes between the same two departments, or people: there, and back."""
PASSES_MAX = 64
"""Passes of one matter, whoever sends it."""


def refusal(state: State, matter: Conversation, source: WorkItem, department_id: str, command: TransferItem) -> str:
    """Why this transfer would be one too many: ``hops`` or ``ping_pong``; empty if it is not.

    Raises `Conflict` where not even a supervisor can send it.
    """
    if len(matter.passes) >= PASSES_MAX:
        raise Conflict(f"this matter has been handed over {PASSES_MAX} times; it has to be finished here")
    if command.by:
        return ""
    if matter.hops >= state.config.hops_max:
        return "hops"
    departments = {source.department_id, department_id}
    people = {command.operator_id, command.to_operator_id}
    known = matter.passes
    if len(departments) > 1 and _between(
        departments, [(one.from_department_id, one.to_department_id) for one in known]
    ):
        return "ping_pong"
    to_person = command.to_operator_id and _between(
        people, [(one.from_operator_id, one.to_operator_id) for one in known]
    )
    return "ping_pong" if to_person else ""


def _between(two: set[str], known: list[tuple[str, str]]) -> bool:
    return sum(set(pair) == two for pair in known) >= BETWEEN_TWO_MAX


def made(handoff: Handoff, operator_id: str) -> Pass:
    """A transfer that was accepted, as it is remembered."""
    return Pass(handoff.from_department_id, handoff.to_department_id, handoff.from_operator_id, operator_id, handoff.by)
