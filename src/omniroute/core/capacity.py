"""Capacity: what an operator can hold beside what is held already.

What lives here: the load that counts, and why a further item of a channel does not fit (invariant 10). *Active* load is
what is held, less idle items (silent chats) and less what is interrupted: while an operator holds an item of a channel
that ``interrupts`` another, items of that other one do not count. They count again, even beyond the capacity, when the
interruption is over; then nothing new comes until it fits. What is interrupted itself gets no room from that, or it
would pile up meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.rules import ChannelRule

if TYPE_CHECKING:
    from omniroute.core.state import State

PRESENCE_REASONS = {presence: f"presence:{presence}" for presence in Presence if presence is not Presence.AVAILABLE}
"""Why an operator who is not available gets nothing."""
BUSY = (
    *PRESENCE_REASONS.values(),
    "channel_presence",
    "wrap_up",
    "offers_pending",
    "reserved",
    "channel_max",
    "exclusive",
    "capacity",
)
"""Every reason why somebody who is able gets nothing now, in the order in which explanations give them."""


class Holding:
    """What an operator holds and is offered, by channel instance; idle items are not counted."""

    __slots__ = ("items", "offered", "units")

    def __init__(self, state: State, operator: Operator) -> None:
        self.items: dict[str, int] = {}
        self.units: dict[str, int] = {}
        self.offered: dict[str, int] = {}
        for item_id in operator.item_ids:
            item = state.items[item_id]
            if not item.idle:
                self.items[item.channel] = self.items.get(item.channel, 0) + 1
                self.units[item.channel] = self.units.get(item.channel, 0) + item.cost_units
        for offer_id in operator.offer_ids:
            channel = state.items[state.offers[offer_id].work_item_id].channel
            self.offered[channel] = self.offered.get(channel, 0) + 1

    def interrupted(self, state: State, arriving: ChannelRule | None) -> int:
        """Units that do not count while what is held, and what arrives, interrupts them."""
        shadowed: dict[str, None] = {}
        for instance in self.items:
            shadowed.update(dict.fromkeys(state.channels[instance].interrupts))
        if arriving:
            if arriving.instance in shadowed:
                return 0
            shadowed.update(dict.fromkeys(arriving.interrupts))
        return sum(self.units.get(instance, 0) for instance in shadowed)

    def take_back(self, channel: str) -> None:
        """Count one offer less, as if it had not been made."""
        self.offered[channel] -= 1
        if not self.offered[channel]:
            del self.offered[channel]

    def excludes(self, state: State, rule: ChannelRule) -> bool:
        """Whether something held or offered wants the operator alone, or the arriving item does."""
        if rule.exclusive and (self.offered or any(held not in rule.interrupts for held in self.items)):
            return True
        return any(state.channels[instance].exclusive for instance in (*self.items, *self.offered))


def absent(state: State, operator: Operator, channel: str = "") -> str:
    """Why the operator gets nothing new, whatever it costs, on that channel or on any; empty if nothing is against it.

    Whoever is not on duty is so whatever they are busy with.
    """
    if operator.presence is not Presence.AVAILABLE:
        return PRESENCE_REASONS[operator.presence]
    if operator.channels and operator.channels.get(channel, Presence.AVAILABLE) is not Presence.AVAILABLE:
        return "channel_presence"
    if operator.item_ids and state.in_wrap_up(operator):
        return "wrap_up"
    if len(operator.offer_ids) >= state.config.offers_max:
        return "offers_pending"
    return ""


def full(
    state: State,
    operator: Operator,
    channel: str,
    cost_units: int,
    holding: Holding | None = None,
    *,
    by_hand: bool = False,
) -> str:
    """Why an item of that channel does not fit; empty if it does.

    ``holding`` is needed where ``state.counting``, and made where it is not given. ``by_hand``: whom the operator is
    kept free for does not count.
    """
    if operator.reserved_for and not by_hand and _kept_from(state, operator, channel, cost_units):
        return "reserved"
    free = operator.capacity_units - operator.load_units - operator.offered_units
    if state.counting:
        rule, holding = state.channels[channel], holding or Holding(state, operator)
        most = rule.items_max
        if most and holding.items.get(channel, 0) + holding.offered.get(channel, 0) >= most:
            return "channel_max"
        if state.excluding and holding.excludes(state, rule):
            return "exclusive"
        if state.interrupting:
            free += holding.interrupted(state, rule)
    return "" if cost_units <= free else "capacity"


def _kept_from(state: State, operator: Operator, channel: str, cost_units: int) -> bool:
    """Whether the operator is kept free for work of another size; what can wait keeps nobody from what cannot."""
    kept = state.items[operator.reserved_for]
    if (kept.channel, kept.cost_units) == (channel, cost_units):
        return False
    return state.channels[kept.channel].realtime or not state.channels[channel].realtime


def overfull(state: State, operator: Operator, offered: WorkItem) -> str:
    """Why an item that is offered to the operator does not fit, apart from its own offer; empty if it does."""
    holding = Holding(state, operator)
    holding.take_back(offered.channel)
    return full(state, operator, offered.channel, 0, holding, by_hand=True)  # the offer has reserved its units
