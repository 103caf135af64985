"""What a check looks at: everything, or what a step has touched.

What lives here: the records that a step's events name, and those that stand beside them. A check of what was touched
is quick enough for every step of a long simulation; a check of everything recounts, every so often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from omniroute.core import capacity as room
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.model import Conversation, Handoff, Offer, Operator, WorkItem
from omniroute.core.roster import LaneKey
from omniroute.core.state import State
from omniroute.core.work import apply_nothing

Id = TypeVar("Id", int, str)
T = TypeVar("T")


class Scope(NamedTuple):
    """Records to look at. ``whole``: all there are, so that recounts make sense."""

    whole: bool
    items: Sequence[WorkItem]
    operators: Sequence[Operator]
    matters: Sequence[Conversation]
    offers: Sequence[Offer]
    handoffs: Sequence[Handoff]
    standings: dict[str, dict[LaneKey, str]]
    """Recounted so far: by operator and lane what stands against giving more; see `standing`."""


def everything(state: State) -> Scope:
    """All records."""
    return Scope(
        True,
        list(state.items.values()),
        list(state.operators.values()),
        list(state.conversations.values()),
        list(state.offers.values()),
        list(state.handoffs.values()),
        {},
    )


def standing(state: State, scope: Scope, operator: Operator) -> dict[LaneKey, str]:
    """What stands against giving the operator more, in every lane that there is, by the records; empty: nothing.

    It is counted once for all who ask: nothing changes while a state is looked at.
    """
    known = scope.standings.get(operator.operator_id)
    if known is None:
        known = scope.standings[operator.operator_id] = _standing(state, operator)
    return known


def _standing(state: State, operator: Operator) -> dict[LaneKey, str]:
    lanes = state.roster.lanes
    nowhere = "" if operator.channels else room.absent(state, operator)
    if nowhere:
        return dict.fromkeys(lanes, nowhere)
    holding = room.Holding(state, operator)
    by_channel = bool(operator.channels)  # else nobody is absent from one of them alone
    return {
        key: (by_channel and room.absent(state, operator, key[0])) or room.full(state, operator, *key, holding)
        for key in lanes
    }


def touched(state: State, events: Iterable[e.Event]) -> Scope:
    """What the events name and is still there, and the items, owners and offers of it."""
    items, operators, matters, offers, handoffs = _named(events)
    for number in [*matters]:
        matter = state.conversations.get(number)
        if matter is not None:
            items.update(dict.fromkeys(matter.item_ids))
    for number in items:
        item = state.items.get(number)
        if item is not None:
            operators[item.operator_id] = offers[item.offer_id] = None
            handoffs[item.handoff_id] = handoffs[item.part_of] = None
            matters[item.conversation_id] = None
    return Scope(
        False,
        _there(state.items, items),
        _there(state.operators, operators),
        _there(state.conversations, matters),
        _there(state.offers, offers),
        _there(state.handoffs, handoffs),
        {},
    )


def _there(records: Mapping[Id, T], ids: Iterable[Id]) -> Sequence[T]:
    return [records[one] for one in ids if one in records] if ids and records else ()


def _named(events: Iterable[e.Event]) -> tuple[dict[Any, None], ...]:
    """The ids that the events name: of items, operators, matters, offers and handoffs."""
    found: tuple[dict[Any, None], ...] = ({}, {}, {}, {}, {})
    for event in events:
        for name, kind in _named_by(type(event)):
            found[kind][getattr(event, name)] = None
    return found


_KINDS = {
    "work_item_id": 0,
    "source_item_id": 0,
    "target_item_id": 0,
    "operator_id": 1,
    "from_operator_id": 1,
    "conversation_id": 2,
    "into_id": 2,
    "offer_id": 3,
    "handoff_id": 4,
}
"""Fields of events that name records, and the place of these in what `_named` returns."""
_names: dict[type[e.Event], tuple[tuple[str, int], ...]] = {}


def _named_by(kind: type[e.Event]) -> tuple[tuple[str, int], ...]:
    """The fields of an event type that name records; none, where applying the event does nothing."""
    found = _names.get(kind)
    if found is None:
        fields = () if machine.APPLIERS[kind] is apply_nothing else kind.__struct_fields__
        found = _names[kind] = tuple((name, _KINDS[name]) for name in fields if name in _KINDS)
    return found
