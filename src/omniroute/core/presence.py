"""Presence: what operators declare, in all and for single channels, and the lease of a dropped connection.

What lives here: whoever is not available keeps no live offers; held work stays. A desk that is gone is forgiven for
`CoreConfig.lease_ms`. When that has run out the operator is offline: chats and calls go back to their place, work
that can wait stays with its operator.
"""

from __future__ import annotations

from omniroute.core import offers, parking
from omniroute.core.commands import ConnectOperator, DisconnectOperator, SetPresence
from omniroute.core.deadlines import Concern
from omniroute.core.eligibility import serves
from omniroute.core.events import LeaseStarted, OperatorConnected, PresenceChanged
from omniroute.core.model import ItemState, Operator, Presence
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import InvalidInput

# ---- decide


def set_presence(step: Step, command: SetPresence) -> None:
    """Declare presence, for all channels or for one."""
    operator = step.state.operator(command.operator_id)
    if command.channel:
        _set_on_channel(step, operator, command)
        return
    if operator.presence is command.presence and operator.reason == command.reason:
        return
    step.emit(PresenceChanged(operator.operator_id, command.presence, command.reason, step.now_ms, by=command.by))
    if command.presence is Presence.AVAILABLE:
        step.wake_operator(operator.operator_id)
    else:
        _gone(step, operator)


def _set_on_channel(step: Step, operator: Operator, command: SetPresence) -> None:
    if command.channel not in step.state.channels:
        raise InvalidInput(f"there is no channel {command.channel}", "channel")
    if operator.channels.get(command.channel, Presence.AVAILABLE) is command.presence:
        return
    step.emit(
        PresenceChanged(
            operator.operator_id,
            command.presence,
            command.reason,
            step.now_ms,
            by=command.by,
            channel=command.channel,
        )
    )
    if command.presence is Presence.AVAILABLE:
        step.wake_operator(operator.operator_id)
        return
    for offer_id in list(operator.offer_ids):
        if step.state.items[step.state.offers[offer_id].work_item_id].channel == command.channel:
            offers.revoke(step, offer_id, "presence")
    step.leave(operator.operator_id)


def _gone(step: Step, operator: Operator) -> None:
    offers.revoke_all(step, operator.operator_id, "presence")
    step.leave(operator.operator_id)


def connect(step: Step, command: ConnectOperator) -> None:
    """A desk is open."""
    operator = step.state.operator(command.operator_id)
    if not operator.connected or operator.lease_until_ms:
        step.emit(OperatorConnected(operator.operator_id, step.now_ms))


def disconnect(step: Step, command: DisconnectOperator) -> None:
    """The last desk is gone."""
    operator = step.state.operator(command.operator_id)
    if operator.connected and not operator.lease_until_ms:
        start_lease(step, operator)


def start_lease(step: Step, operator: Operator) -> None:
    """Forgive the absence from now on, for the whole time."""
    until_ms = step.now_ms + step.state.config.lease_ms
    step.emit(LeaseStarted(operator.operator_id, step.now_ms, until_ms))


def end_lease(step: Step, operator_id: str) -> None:
    """It was not a short absence."""
    operator = step.state.operators[operator_id]
    step.emit(PresenceChanged(operator_id, Presence.OFFLINE, "connection_lost", step.now_ms, "lease"))
    _gone(step, operator)
    for item in [step.state.items[item_id] for item_id in operator.item_ids]:
        if step.state.channels[item.channel].realtime and item.state in {ItemState.ASSIGNED, ItemState.CONNECTING}:
            parking.return_to_queue(step, item, "lease")


# ---- apply


def apply_presence_changed(state: State, event: PresenceChanged) -> None:
    """Who becomes available goes to the end of the line of the idle, and begins with the others' share."""
    operator = state.operators[event.operator_id]
    state.roster.touch(event.operator_id)
    if event.channel:
        if event.presence is Presence.AVAILABLE:
            operator.channels.pop(event.channel, None)
        else:
            operator.channels[event.channel] = event.presence
        return
    if event.presence is Presence.AVAILABLE and operator.presence is not Presence.AVAILABLE:
        operator.idle_since_ms = event.at_ms
        operator.rona_count = 0
        operator.passes = max(operator.passes, share_of(state, operator))
    operator.presence, operator.reason = event.presence, event.reason
    if event.cause == "lease":
        operator.connected = False
        _set_lease(state, operator, 0)


def share_of(state: State, operator: Operator) -> int:
    """The greatest share that anybody had when chosen, in the queues that the operator serves."""
    return max((passes for queue_id, passes in state.shares.items() if serves(state, operator, queue_id)), default=0)


def apply_connected(state: State, event: OperatorConnected) -> None:
    """No lease runs."""
    operator = state.operators[event.operator_id]
    operator.connected = True
    _set_lease(state, operator, 0)


def apply_lease_started(state: State, event: LeaseStarted) -> None:
    """Until then nothing changes."""
    _set_lease(state, state.operators[event.operator_id], event.until_ms)


def _set_lease(state: State, operator: Operator, until_ms: int) -> None:
    operator.lease_until_ms = until_ms
    state.roster.touch(operator.operator_id)
    state.deadlines[Concern.PRESENCE].set(("lease", 0, operator.operator_id), until_ms)


HANDLERS: dict[type, Handler] = {
    SetPresence: set_presence,
    ConnectOperator: connect,
    DisconnectOperator: disconnect,
}
APPLIERS: dict[type, Applier] = {
    PresenceChanged: apply_presence_changed,
    OperatorConnected: apply_connected,
    LeaseStarted: apply_lease_started,
}
