"""Invariant 8, in two strengths: everything recounted, and what a step has touched.

What lives here: the comparison of every index with the records that it is derived from.
"""

from __future__ import annotations

from collections.abc import Iterator

from omniroute.core.classes import class_of
from omniroute.core.deadlines import HELD, OFFERS, WAITING, WRAP_UPS, Concern
from omniroute.core.eligibility import unable
from omniroute.core.invariants.scope import Scope, standing
from omniroute.core.model import ItemState, Operator, WorkItem
from omniroute.core.roster import Roster
from omniroute.core.state import State


def indexes_recount(state: State, scope: Scope) -> Iterator[str]:
    """8: every index equals a recount from the records."""
    for operator in scope.operators:
        yield from _loads(state, operator)
    yield from _lanes(state, scope)
    if scope.whole:
        yield from _recount(state)
        return
    for item in scope.items:
        yield from _waiting(state, item)
        yield from _deadlines_of_item(state, item)


def _recount(state: State) -> Iterator[str]:
    again = State.decode(state.encode())
    if again.waiting.lines() != state.waiting.lines():
        yield "the waiting index differs"
    for concern in Concern:
        if again.deadlines[concern].live != state.deadlines[concern].live:
            yield f"the deadlines of {concern} differ"
        if again.deadlines[concern].next_ms() != state.deadlines[concern].next_ms():
            yield f"the next deadline of {concern} differs"
    if again.by_reference != state.by_reference or again.by_session != state.by_session:
        yield "the look-up by reference or session differs"
    for known in state.handling.values():
        if known.total_ms != sum(known.recent_ms):
            yield f"the handling times of {known.queue_id} are {sum(known.recent_ms)} ms together, not {known.total_ms}"
    yield from _heads(state)
    yield from _roster(state, again.roster)


# ---- of one record


def _loads(state: State, operator: Operator) -> Iterator[str]:
    held = [state.items[i] for i in operator.item_ids]
    units = sum([item.cost_units for item in held if not item.idle and not item.lifted])
    reserved = sum([state.offers[i].cost_units for i in operator.offer_ids])
    if units != operator.load_units:
        yield f"{operator.operator_id} holds {units} units, not {operator.load_units}"
    if reserved != operator.offered_units:
        yield f"{operator.operator_id} is offered {reserved} units, not {operator.offered_units}"


def _lanes(state: State, scope: Scope) -> Iterator[str]:
    """Where the roster says that somebody stands in each lane, against the records."""
    roster = state.roster
    roster.refresh(state)
    for operator in scope.operators:
        slot = roster.slots[operator.operator_id]
        for key, reason in standing(state, scope, operator).items():
            lane = roster.lanes[key]
            if reason != lane.of[slot] or not lane.bits[reason] >> slot & 1:
                yield f"{operator.operator_id} stands under {lane.of[slot]!r} in {key}, not {reason!r}"


def _waiting(state: State, item: WorkItem) -> Iterator[str]:
    """An item that waits stands in the line of its class, and the first of a line among the first of its lane."""
    one = state.waiting.class_of_item.get(item.work_item_id)
    if (one is not None) != (item.state is ItemState.QUEUED):
        yield f"item {item.work_item_id} is {item.state}, waiting: {one is not None}"
    elif one is not None:
        if one.key != class_of(item) or state.waiting.classes.get(one.key) is not one:
            yield f"item {item.work_item_id} waits in another class than its own"
        if (*one.line.first(), one.slot) not in one.heads.entries():
            yield f"the first item of {one.key} is not among the first ones"


def _deadlines_of_item(state: State, item: WorkItem) -> Iterator[str]:
    number, deadlines = item.work_item_id, state.deadlines
    offers, held, waiting = deadlines[OFFERS].live, deadlines[HELD].live, deadlines[WAITING].live
    due_ms = (
        item.connect_due_ms,
        item.idle_due_ms,
        item.answer_due_ms,
        item.parked_until_ms,
        item.wrap_up_due_ms,
        item.relax_due_ms,
        item.overflow_due_ms,
        item.hold_until_ms,
    )
    found_ms = (
        offers.get(("connect", number, ""), 0),
        held.get(("idle", number, ""), 0),
        held.get(("answer", number, ""), 0),
        held.get(("parked", number, ""), 0),
        deadlines[WRAP_UPS].live.get(("wrap_up", number, ""), 0),
        waiting.get(("relax", number, ""), 0),
        waiting.get(("overflow", number, ""), 0),
        waiting.get(("hold", number, ""), 0),
    )
    if found_ms != due_ms:
        yield f"the deadlines {_DUE} of item {number} are {found_ms}, not {due_ms}"
    for operator_id, until_ms in item.backoff.items():
        if offers.get(("backoff", number, operator_id), 0) != until_ms:
            yield f"the back-off of {operator_id} from item {number} does not end at {until_ms}"


_DUE = ("connect", "idle", "answer", "parked", "wrap_up", "relax", "overflow", "hold")


# ---- of everything


def _heads(state: State) -> Iterator[str]:
    heads = {key: (places[0], state.waiting.classes[key]) for key, places in state.waiting.lines().items()}
    wanted = sorted((*place, one.slot) for place, one in heads.values())
    shown = sorted(
        entry for lane in state.waiting.heads.values() for r in (lane.single, lane.batch) for entry in r.entries()
    )
    if wanted != shown:
        yield f"the first items of the classes are {wanted}, not {shown}"
    for operator in state.operators.values():
        served = state.waiting.serves(operator)
        for key, (_, one) in heads.items():
            able = not unable(state, operator, key) and operator.operator_id not in key.excluded
            able = able and key.held_for in {"", operator.operator_id}
            slot = state.roster.slots[operator.operator_id]
            if not able == bool(served >> one.slot & 1) == bool(one.able(state.roster) >> slot & 1):
                yield f"{operator.operator_id} and {key}: able is {able}, the indexes say otherwise"


def _roster(state: State, again: Roster) -> Iterator[str]:
    for name in ("departments", "serving", "skills"):
        mine, other = (
            {k: v for k, v in getattr(r, name).items() if v and any([v] if isinstance(v, int) else v)}
            for r in (state.roster, again)
        )
        if mine != other:
            yield f"the roster's {name} differ"
    for key, lane in state.roster.lanes.items():
        if sum(bits.bit_count() for bits in lane.bits.values()) != len(state.roster.operators):
            yield f"somebody stands under two reasons in {key}"
    for operator_id, slot in state.roster.slots.items():
        if state.roster.operators[slot] is not state.operators[operator_id]:
            yield f"the roster knows another {operator_id}"
