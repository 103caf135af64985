"""One step of the machine: the command's time, the events so far, and what they have set free.

What lives here: the object that deciding functions get. `Step.emit` applies an event at once, so that whoever decides
next sees its effect, and notes which items and operators may be matched now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from omniroute.core.events import Event
from omniroute.core.model import Clock, Conversation

if TYPE_CHECKING:
    from omniroute.core.policy import RoutingPolicy
    from omniroute.core.state import State

Applier = Callable[["State", Any], None]
Handler = Callable[["Step", Any], None]


class Breach(NamedTuple):
    """A clock that this command has breached, as it was then."""

    matter: Conversation
    clock: Clock


class Step(msgspec.Struct, gc=False):
    """See the module's text. ``now_ms`` is logical time, already advanced."""

    state: State
    now_ms: int
    policies: Mapping[str, RoutingPolicy]
    appliers: Mapping[type[Event], Applier]
    events: list[Event] = []
    queued: dict[int, None] = {}
    freed: dict[str, None] = {}
    arrived: dict[int, None] = {}
    left: dict[str, None] = {}
    breached: list[Breach] = []

    def emit(self, event: Event) -> None:
        """Record a fact and apply it."""
        state = self.state
        self.appliers[type(event)](state, event)
        self.events.append(event)
        released = state.roster.released
        if released:
            self.freed.update(released)
            released.clear()

    def wake_item(self, work_item_id: int) -> None:
        """The item waits and may find an operator when the step settles."""
        self.queued[work_item_id] = None

    def arrive(self, work_item_id: int) -> None:
        """The item has come into a queue: what the queue cannot serve in time may overflow."""
        self.arrived[work_item_id] = None
        self.queued[work_item_id] = None

    def leave(self, operator_id: str) -> None:
        """The operator is no longer there for new work: nobody should wait for them."""
        self.left[operator_id] = None

    def wake_operator(self, operator_id: str) -> None:
        """The operator may find an item when the step settles."""
        if operator_id:
            self.freed[operator_id] = None
