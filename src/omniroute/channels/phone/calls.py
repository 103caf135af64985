"""Simulated calls: how each stands and which event may follow. No network, no page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import anyio

from omniroute.channels.phone.events import CallEventType

CALL_ID_PREFIX = "sim-"


class CallState(StrEnum):
    """How a simulated call stands. The last three are ends."""

    RINGING = "ringing"
    CONNECTED = "connected"
    ENDED = "ended"
    ABANDONED = "abandoned"
    REFUSED = "refused"


TRANSITIONS = {
    (CallState.RINGING, CallEventType.ANSWERED): CallState.CONNECTED,
    (CallState.RINGING, CallEventType.ABANDONED): CallState.ABANDONED,
    (CallState.RINGING, CallEventType.ENDED): CallState.ENDED,
    # by another operator, after a transfer
    (CallState.CONNECTED, CallEventType.ANSWERED): CallState.CONNECTED,
    (CallState.CONNECTED, CallEventType.ENDED): CallState.ENDED,
}


@dataclass(eq=False)
class Call:
    """One call of the simulator. ``lock`` lets hanging up and answering happen one after the other."""

    call_id: str
    caller: str
    name: str
    to: str
    state: CallState = CallState.RINGING
    operator: str = ""
    ended_by: str = ""
    """``caller``, ``operator`` or empty."""
    lock: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def over(self) -> bool:
        """Nothing more happens to it."""
        return self.state not in {CallState.RINGING, CallState.CONNECTED}

    def allows(self, kind: CallEventType) -> bool:
        """Whether that event may follow."""
        return (self.state, kind) in TRANSITIONS

    def apply(self, kind: CallEventType) -> None:
        """Move on; the event was accepted by the intake."""
        self.state = TRANSITIONS[self.state, kind]

    def view(self) -> dict[str, str]:
        """What the page may see."""
        return {
            "call_id": self.call_id,
            "from": self.caller,
            "name": self.name,
            "to": self.to,
            "state": self.state.value,
            "operator": self.operator,
            "ended_by": self.ended_by,
        }
