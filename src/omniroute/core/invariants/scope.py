"""What a check looks at: everything, or what a step has touched.

What lives here: the records that a step's events name, and those that stand beside them. A check of what was touched
is quick enough for every step of a long simulation; a check of everything recounts, every so often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from omniroute.core import events as e
from omniroute.core.model import Conversation, Handoff, Offer, Operator, WorkItem
from omniroute.core.state import State


class Scope(NamedTuple):
    """Records to look at. ``whole``: all there are, so that recounts make sense."""

    whole: bool
    items: Sequence[WorkItem]
    operators: Sequence[Operator]
    matters: Sequence[Conversation]
    offers: Sequence[Offer]
    handoffs: Sequence[Handoff]


def everything(state: State) -> Scope:
    """All records."""
    return Scope(
        True,
        list(state.items.values()),
        list(state.operators.values()),
        list(state.conversations.values()),
        list(state.offers.values()),
        list(state.handoffs.values()),
    )


def touched(state: State, events: Iterable[e.Event]) -> Scope:
    """What the events name and is still there, and the items, owners and offers of it."""
    items: dict[int, None] = {}
    operators: dict[str, None] = {}
    matters: dict[int, None] = {}
    offers: dict[int, None] = {}
    handoffs: dict[int, None] = {}
    known: dict[str, dict[Any, None]] = {
        "items": items,
        "operators": operators,
        "matters": matters,
        "offers": offers,
        "handoffs": handoffs,
    }
    for event in events:
        for name, kind in _named_by(type(event)):
            known[kind][getattr(event, name)] = None
    for number in list(matters):
        matter = state.conversations.get(number)
        items.update(dict.fromkeys(matter.item_ids if matter else ()))
    for number in items:
        item = state.items.get(number)
        if item is not None:
            operators[item.operator_id] = offers[item.offer_id] = None
            handoffs[item.handoff_id] = handoffs[item.part_of] = None
            matters[item.conversation_id] = None
    return Scope(
        False,
        [state.items[number] for number in items if number in state.items],
        [state.operators[name] for name in operators if name in state.operators],
        [state.conversations[number] for number in matters if number in state.conversations],
        [state.offers[number] for number in offers if number in state.offers],
        [state.handoffs[number] for number in handoffs if number in state.handoffs],
    )


_KINDS = {
    "work_item_id": "items",
    "source_item_id": "items",
    "target_item_id": "items",
    "operator_id": "operators",
    "from_operator_id": "operators",
    "conversation_id": "matters",
    "into_id": "matters",
    "offer_id": "offers",
    "handoff_id": "handoffs",
}
_names: dict[type[e.Event], tuple[tuple[str, str], ...]] = {}


def _named_by(kind: type[e.Event]) -> tuple[tuple[str, str], ...]:
    """The fields of an event type that name records, and what each names."""
    found = _names.get(kind)
    if found is None:
        found = _names[kind] = tuple((name, _KINDS[name]) for name in kind.__struct_fields__ if name in _KINDS)
    return found
