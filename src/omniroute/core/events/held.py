"""What happened to work in somebody's hands."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.model import ItemState


class ItemConnected(Event, tag="work_item.connected", frozen=True, gc=False):
    """The two sides are together: what was accepted is assigned."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int


class ConnectFailed(Event, tag="work_item.connect_failed", frozen=True, gc=False):
    """The two sides did not come together: back to its old place, without blame."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    reason: str
    at_ms: int
    backoff_until_ms: int = 0


class ItemPulled(Event, tag="work_item.pulled", frozen=True, gc=False):
    """An operator took it out of turn. ``connect_due_ms`` 0: it is assigned."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    channel: str
    at_ms: int
    effect_id: int = 0
    connect_due_ms: int = 0


class ItemForced(Event, tag="work_item.forced", frozen=True, gc=False):
    """A supervisor gave it to an operator. ``connect_due_ms`` 0: it is assigned."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    channel: str
    at_ms: int
    by: str
    effect_id: int = 0
    connect_due_ms: int = 0


class ItemReassigned(Event, tag="work_item.reassigned", frozen=True, gc=False):
    """A supervisor moved it from one operator to another; one event releases and assigns."""

    work_item_id: int
    conversation_id: int
    from_operator_id: str
    operator_id: str
    at_ms: int
    by: str


class ItemSnoozed(Event, tag="work_item.snoozed", frozen=True, gc=False):
    """Put aside until ``until_ms``; its operator's capacity is free."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int
    until_ms: int
    by: str = ""


class ItemWoken(Event, tag="work_item.woken", frozen=True, gc=False):
    """It waits again at its old place: ``due``, ``message``, ``contact`` or ``taken``; ``held_for`` gets it first."""

    work_item_id: int
    conversation_id: int
    cause: str
    at_ms: int
    held_for: str = ""
    hold_until_ms: int = 0


class ItemIdled(Event, tag="work_item.idled", frozen=True, gc=False):
    """The customer has been silent for long: its capacity is given back."""

    work_item_id: int
    operator_id: str
    at_ms: int


class ItemResumed(Event, tag="work_item.resumed", frozen=True, gc=False):
    """The customer is back: its capacity is taken again, even beyond what the operator can hold."""

    work_item_id: int
    operator_id: str
    at_ms: int


class WrapUpStarted(Event, tag="work_item.wrap_up_started", frozen=True, gc=False):
    """The contact is over; notes and disposition are due. ``effect_id`` is that of parting the sides, or 0."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    channel: str
    at_ms: int
    due_ms: int
    effect_id: int = 0


class WrapUpExtended(Event, tag="work_item.wrap_up_extended", frozen=True, gc=False):
    """There is time for writing up until ``due_ms``."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    at_ms: int
    due_ms: int
    by: str = ""


class ItemClosed(Event, tag="work_item.closed", frozen=True, gc=False):
    """The work is finished: ``completed``, ``wrap_up_expired`` or ``abandoned``. ``was`` is the state it left."""

    work_item_id: int
    conversation_id: int
    operator_id: str
    was: ItemState
    disposition: str
    cause: str
    at_ms: int
    by: str = ""
