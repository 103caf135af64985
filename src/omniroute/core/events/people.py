"""What happened to operators."""

from __future__ import annotations

from omniroute.core.events.base import Event
from omniroute.core.model import Presence


class OperatorPut(Event, tag="operator.put", frozen=True, gc=False):
    """An operator exists, with these abilities."""

    operator_id: str
    departments: tuple[str, ...]
    skills: dict[str, int]
    capacity_units: int
    queues: tuple[str, ...] = ()
    weight: int = 10


class PresenceChanged(Event, tag="operator.presence_changed", frozen=True, gc=False):
    """``cause`` is ``declared``, ``rona`` or ``lease``; ``channel`` is empty or the one instance it is about."""

    operator_id: str
    presence: Presence
    reason: str
    at_ms: int
    cause: str = "declared"
    by: str = ""
    channel: str = ""


class OperatorConnected(Event, tag="operator.connected", frozen=True, gc=False):
    """A desk is open; no lease runs."""

    operator_id: str
    at_ms: int


class LeaseStarted(Event, tag="operator.lease_started", frozen=True, gc=False):
    """The last desk is gone: forgiven until ``until_ms``."""

    operator_id: str
    at_ms: int
    until_ms: int
