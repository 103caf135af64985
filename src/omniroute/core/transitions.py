"""The lifecycles as tables; the diagrams in the docs are drawn from them (``omniroute.cli.diagrams``).

What lives here: for each lifecycle the states and, per event tag, which state it leaves and which it enters. The
appliers call `advance` before they change a state, so a transition that is not in a table cannot happen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from omniroute.core.model import ClockState, HandoffState, ItemState, OfferState, Presence
from omniroute.core.rules import Stage

S = TypeVar("S", bound=StrEnum)
Table = dict[str, dict[S, S]]

WORK_ITEM: Table[ItemState] = {
    "offer.made": {ItemState.QUEUED: ItemState.OFFERED},
    "offer.accepted": {ItemState.OFFERED: ItemState.ASSIGNED},
    "offer.accepted (connecting)": {ItemState.OFFERED: ItemState.CONNECTING},
    "work_item.connected": {ItemState.CONNECTING: ItemState.ASSIGNED},
    "work_item.connect_failed": {ItemState.CONNECTING: ItemState.QUEUED},
    "work_item.pulled": {ItemState.QUEUED: ItemState.ASSIGNED},
    "work_item.pulled (connecting)": {ItemState.QUEUED: ItemState.CONNECTING},
    "work_item.forced": {ItemState.QUEUED: ItemState.ASSIGNED},
    "work_item.forced (connecting)": {ItemState.QUEUED: ItemState.CONNECTING},
    "work_item.reassigned": {ItemState.ASSIGNED: ItemState.ASSIGNED},
    "work_item.snoozed": {ItemState.ASSIGNED: ItemState.PARKED},
    "work_item.woken": {ItemState.PARKED: ItemState.QUEUED},
    "handoff.accepted": {ItemState.OFFERED: ItemState.ASSIGNED},
    "offer.declined": {ItemState.OFFERED: ItemState.QUEUED},
    "offer.expired": {ItemState.OFFERED: ItemState.QUEUED},
    "offer.revoked": {ItemState.OFFERED: ItemState.QUEUED},
    "work_item.returned": {ItemState.ASSIGNED: ItemState.QUEUED},
    "work_item.wrap_up_started": {ItemState.ASSIGNED: ItemState.WRAP_UP},
    "work_item.wrap_up_extended": {ItemState.WRAP_UP: ItemState.WRAP_UP},
    "handoff.accepted (source)": {ItemState.ASSIGNED: ItemState.CLOSED, ItemState.WRAP_UP: ItemState.CLOSED},
    "handoff.returned (target)": {ItemState.QUEUED: ItemState.CLOSED},
    "handoff.cancelled (target)": {
        ItemState.QUEUED: ItemState.CLOSED,
        ItemState.ASSIGNED: ItemState.CLOSED,
        ItemState.PARKED: ItemState.CLOSED,
    },
    "work_item.closed": {
        ItemState.QUEUED: ItemState.CLOSED,
        ItemState.CONNECTING: ItemState.CLOSED,
        ItemState.PARKED: ItemState.CLOSED,
        ItemState.ASSIGNED: ItemState.CLOSED,
        ItemState.WRAP_UP: ItemState.CLOSED,
    },
}

OFFER: Table[OfferState] = {
    "offer.accepted": {OfferState.LIVE: OfferState.ACCEPTED},
    "handoff.accepted": {OfferState.LIVE: OfferState.ACCEPTED},
    "offer.declined": {OfferState.LIVE: OfferState.DECLINED},
    "offer.expired": {OfferState.LIVE: OfferState.EXPIRED},
    "offer.revoked": {OfferState.LIVE: OfferState.REVOKED},
}

HANDOFF: Table[HandoffState] = {
    "handoff.accepted": {HandoffState.PENDING: HandoffState.ACCEPTED},
    "handoff.returned": {HandoffState.PENDING: HandoffState.RETURNED},
    "handoff.cancelled": {
        HandoffState.PENDING: HandoffState.CANCELLED,
        HandoffState.ACCEPTED: HandoffState.CANCELLED,
    },
    "handoff.answered": {HandoffState.ACCEPTED: HandoffState.ANSWERED},
    "handoff.overdue": {
        HandoffState.PENDING: HandoffState.PENDING,
        HandoffState.ACCEPTED: HandoffState.ACCEPTED,
    },
}

CLOCK: Table[ClockState] = {
    "clock.paused": {ClockState.RUNNING: ClockState.PAUSED},
    "clock.resumed": {ClockState.PAUSED: ClockState.RUNNING},
    "clock.ended (met)": {ClockState.RUNNING: ClockState.MET, ClockState.PAUSED: ClockState.MET},
    "clock.ended (breached)": {ClockState.RUNNING: ClockState.BREACHED},
    "clock.ended (cancelled)": {ClockState.RUNNING: ClockState.CANCELLED, ClockState.PAUSED: ClockState.CANCELLED},
}

CONVERSATION: Table[Stage] = {
    "conversation.stage_changed": {Stage.RECEIVED: Stage.IN_PROGRESS},
    "conversation.resolved": {Stage.RECEIVED: Stage.DONE, Stage.IN_PROGRESS: Stage.DONE},
    "conversation.reopened": {Stage.DONE: Stage.IN_PROGRESS},
}

OPERATOR: Table[Presence] = {
    "operator.presence_changed (available)": dict.fromkeys(Presence, Presence.AVAILABLE),
    "operator.presence_changed (away)": dict.fromkeys(Presence, Presence.AWAY),
    "operator.presence_changed (draining)": dict.fromkeys(Presence, Presence.DRAINING),
    "operator.presence_changed (offline)": dict.fromkeys(Presence, Presence.OFFLINE),
}

LIFECYCLES: dict[str, dict[str, dict[StrEnum, StrEnum]]] = {
    "work item": WORK_ITEM,  # type: ignore[dict-item]
    "offer": OFFER,  # type: ignore[dict-item]
    "handoff": HANDOFF,  # type: ignore[dict-item]
    "clock": CLOCK,  # type: ignore[dict-item]
    "conversation": CONVERSATION,  # type: ignore[dict-item]
    "operator": OPERATOR,  # type: ignore[dict-item]
}


class IllegalTransition(AssertionError):
    """An event met a state that its table forbids: a bug of ours or a damaged journal, never a caller's fault."""


def advance(table: Table[S], tag: str, present: S) -> S:
    """The state that follows; raises `IllegalTransition` where the table has none."""
    following = table[tag].get(present)
    if following is None:
        raise IllegalTransition(f"{tag} is not allowed in state {present}")
    return following
