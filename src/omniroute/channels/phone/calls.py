"""Simulated calls: how each stands and which event may follow. No network, no page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import anyio

from omniroute.channels.phone.events import CallEventType

CALL_ID_PREFIX = "sim-"


class CallState(StrEnum):
    """How a simulated call stands for the caller. The last three are ends."""

    RINGING = "ringing"
    CONNECTED = "connected"
    DIVERTED = "diverted"
    """The caller hears that nobody can answer now."""
    ENDED = "ended"
    ABANDONED = "abandoned"
    REFUSED = "refused"


TRANSITIONS = {
    (CallState.RINGING, CallEventType.ANSWERED): CallState.CONNECTED,
    (CallState.RINGING, CallEventType.ABANDONED): CallState.ABANDONED,
    (CallState.RINGING, CallEventType.ENDED): CallState.ENDED,
    (CallState.RINGING, CallEventType.NOT_CONNECTED): CallState.RINGING,
    # by another operator, after a transfer
    (CallState.CONNECTED, CallEventType.ANSWERED): CallState.CONNECTED,
    (CallState.CONNECTED, CallEventType.NOT_CONNECTED): CallState.CONNECTED,
    (CallState.CONNECTED, CallEventType.ENDED): CallState.ENDED,
    # an operator became free while the caller still listened
    (CallState.DIVERTED, CallEventType.ANSWERED): CallState.CONNECTED,
    (CallState.DIVERTED, CallEventType.NOT_CONNECTED): CallState.DIVERTED,
    (CallState.DIVERTED, CallEventType.VOICEMAIL): CallState.DIVERTED,
    (CallState.DIVERTED, CallEventType.ENDED): CallState.ENDED,
}


@dataclass(eq=False)
class Bell:
    """The telephone of an operator, while it rings. ``stop`` ends that early."""

    key: str
    operator: str
    shown_operator: str
    stop: anyio.CancelScope = field(default_factory=anyio.CancelScope)


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
    outcome: str = ""
    """What the caller was told when nobody could answer."""
    unanswered: bool = False
    """The next operator who is rung does not pick up."""
    bell: Bell | None = None
    lock: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def over(self) -> bool:
        """Nothing more happens to it."""
        return self.state not in {CallState.RINGING, CallState.CONNECTED, CallState.DIVERTED}

    def allows(self, kind: CallEventType) -> bool:
        """Whether that event may follow."""
        return (self.state, kind) in TRANSITIONS

    def apply(self, kind: CallEventType) -> None:
        """Move on; the event was accepted by the intake."""
        self.state = TRANSITIONS[self.state, kind]
        if self.over:
            self.silence()

    def divert(self, outcome: str) -> None:
        """Tell the caller what will be done instead; one who speaks to somebody already is not told."""
        if self.state is CallState.RINGING:
            self.state, self.outcome = CallState.DIVERTED, outcome

    def ring(self, bell: Bell) -> bool:
        """Ring an operator instead of whoever was rung before; false where that telephone rings already."""
        if self.bell is not None and self.bell.key == bell.key:
            return False
        self.silence()
        self.bell = bell
        return True

    def silence(self) -> None:
        """No telephone of an operator rings any more."""
        if self.bell is not None:
            self.bell.stop.cancel()
            self.bell = None

    def view(self) -> dict[str, str | bool]:
        """What the page may see."""
        return {
            "call_id": self.call_id,
            "from": self.caller,
            "name": self.name,
            "to": self.to,
            "state": self.state.value,
            "operator": self.operator,
            "ended_by": self.ended_by,
            "outcome": self.outcome,
            "rung": self.bell.shown_operator if self.bell else "",
            "unanswered": self.unanswered,
        }
