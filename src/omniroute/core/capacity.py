"""Capacity: what an operator can hold beside what is held already.

What lives here: the load that counts, and why a further item of a channel does not fit (invariant 10). *Active* load is
what is held, less idle items (silent chats) and less what is interrupted: while an operator holds an item of a channel
that ``interrupts`` another, items of that other one do not count. They count again, even beyond the capacity, when the
interruption is over; then nothing new comes until it fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omniroute.core.model import ChannelRule, Operator, Presence

if TYPE_CHECKING:
    from omniroute.core.state import State

PRESENCE_REASONS = {presence: f"presence:{presence}" for presence in Presence if presence is not Presence.AVAILABLE}
"""Why an operator who is not available gets nothing."""
BUSY = (
    *PRESENCE_REASONS.values(),
    "wrap_up",
    "offers_pending",
    "channel_presence",
    "channel_max",
    "exclusive",
    "capacity",
)
"""Every reason why somebody who is able gets nothing now, in the order in which explanations give them."""


def active_load(state: State, operator: Operator, arriving: ChannelRule | None = None) -> int:
    """Units that count against the capacity, if an item of ``arriving`` came."""
    if not state.interrupting or not operator.active_units:
        return operator.load_units
    shadowed = set(arriving.interrupts) if arriving else set[str]()
    for instance in operator.active:
        shadowed.update(state.channels[instance].interrupts)
    return operator.load_units - sum(operator.active_units.get(instance, 0) for instance in sorted(shadowed))


def free_units(state: State, operator: Operator, arriving: ChannelRule | None = None) -> int:
    """Capacity that is neither held nor reserved by a live offer; may be negative after something has resumed."""
    return operator.capacity_units - active_load(state, operator, arriving) - operator.offered_units


def absent(state: State, operator: Operator) -> str:
    """Why the operator gets nothing new on any channel; empty if nothing stands against it."""
    if operator.presence is not Presence.AVAILABLE:
        return PRESENCE_REASONS[operator.presence]
    if operator.item_ids and state.in_wrap_up(operator):
        return "wrap_up"
    if len(operator.offer_ids) >= state.config.offers_max:
        return "offers_pending"
    return ""


def full(state: State, operator: Operator, channel: str, cost_units: int) -> str:
    """Why an item of that channel does not fit; empty if it does. Presence on that channel counts as well."""
    if operator.channels and operator.channels.get(channel, Presence.AVAILABLE) is not Presence.AVAILABLE:
        return "channel_presence"
    rule = state.channels[channel]
    if rule.items_max and operator.active.get(channel, 0) + operator.offered.get(channel, 0) >= rule.items_max:
        return "channel_max"
    if state.excluding and (operator.active or operator.offered) and _excluded(state, operator, rule):
        return "exclusive"
    if cost_units > free_units(state, operator, rule):
        return "capacity"
    return ""


def _excluded(state: State, operator: Operator, rule: ChannelRule) -> bool:
    """Whether something held or offered wants the operator alone, or the arriving item does."""
    if rule.exclusive and (operator.offered or any(held not in rule.interrupts for held in operator.active)):
        return True
    return any(state.channels[instance].exclusive for instance in (*operator.active, *operator.offered))
