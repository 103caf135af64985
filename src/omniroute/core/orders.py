"""Orders: matters of a kind with lines; a system that carries them out may be told of every change.

What lives here: that lines were set, and whom that concerns. What is ordered, and for how much, are contents and never
come here; a kind names its order system (``KindRule.order_system``), which a plugin connects.
"""

from __future__ import annotations

from omniroute.core.commands import SetOrderLines
from omniroute.core.events import OrderChanged, OrderLinesSet
from omniroute.core.model import Conversation
from omniroute.core.stages import kind_of, present
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import Conflict, InvalidInput

LINES_MAX = 200
"""Lines of one order."""

# ---- decide


def set_lines(step: Step, command: SetOrderLines) -> None:
    """Take down that the lines are others."""
    matter = step.state.conversation(command.conversation_id)
    if not kind_of(step.state, matter).lines:
        raise Conflict(f"a matter of the kind {matter.kind} has no order lines")
    if not 0 <= command.lines <= LINES_MAX:
        raise InvalidInput(f"an order has at most {LINES_MAX} lines", "lines")
    by = command.by or command.operator_id
    step.emit(OrderLinesSet(matter.conversation_id, command.lines, step.now_ms, by))
    tell(step, matter, "lines")


def tell(step: Step, matter: Conversation, what: str) -> None:
    """Tell the order system of the kind, if there is one, that ``what`` (lines or stage) is another."""
    system = kind_of(step.state, matter).order_system
    if system:
        stage_id, effect_id = present(step.state, matter).stage_id, step.state.counters.effect + 1
        step.emit(OrderChanged(matter.conversation_id, effect_id, system, what, stage_id, step.now_ms))


# ---- apply


def apply_lines(_: State, __: OrderLinesSet) -> None:
    """They are contents."""


def apply_changed(state: State, event: OrderChanged) -> None:
    """Only the number is the core's."""
    state.counters.effect = event.effect_id


HANDLERS: dict[type, Handler] = {SetOrderLines: set_lines}
APPLIERS: dict[type, Applier] = {OrderLinesSet: apply_lines, OrderChanged: apply_changed}
