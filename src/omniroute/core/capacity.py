"""Capacity: what an operator can hold beside what is held already.

What lives here: the load that counts, and why a further item of a channel does not fit (invariant 10). *Active* load is
what is held, less idle items (silent chats), less what a cold transfer has taken off, and less what is interrupted:
while an operator holds an item of a channel that ``interrupts`` another, items of that other one do not count. They
count again, even beyond the capacity, when the interruption is over; then nothing new comes until it fits. What is
interrupted itself gets no room from that, or it would pile up meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omniroute.core.model import AVAILABLE, Operator, Presence, WorkItem
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


def counts(item: WorkItem) -> bool:
    """Whether a held item counts against the capacity of its operator, as far as the item itself is concerned.

    A silent customer's does not, nor does one that a cold transfer has taken off its sender.
    """
    return not (item.idle or item.lifted)


def taken(state: State, operator: Operator) -> dict[str, int]:
    """How many items an operator holds and is offered, by channel instance; see `counts`."""
    found: dict[str, int] = {}
    items = state.items
    for item_id in operator.item_ids:
        item = items[item_id]
        if counts(item):
            found[item.channel] = found.get(item.channel, 0) + 1
    for offer_id in operator.offer_ids:
        channel = items[state.offers[offer_id].work_item_id].channel
        found[channel] = found.get(channel, 0) + 1
    return found


class Holding:
    """What an operator holds and is offered; see `counts`."""

    __slots__ = ("_shadowed", "active", "offered", "taken")

    def __init__(self, state: State, operator: Operator) -> None:
        items, offers = state.items, state.offers
        self.active = [item for item_id in operator.item_ids if counts(item := items[item_id])]
        self.offered = [items[offers[offer_id].work_item_id].channel for offer_id in operator.offer_ids]
        self.taken = taken(state, operator)
        self._shadowed: dict[str, None] | None = None

    def interrupted(self, state: State, arriving: ChannelRule | None) -> int:
        """Units that do not count while what is held, and what arrives, interrupts them."""
        if not self.active:
            return 0
        shadowed = self._shadowed
        if shadowed is None:  # the same whatever arrives
            channels = state.channels
            shadowed = self._shadowed = {name: None for one in self.active for name in channels[one.channel].interrupts}
        if arriving:
            if arriving.instance in shadowed:
                return 0
            if arriving.interrupts:
                shadowed = shadowed | dict.fromkeys(arriving.interrupts)
        return sum([item.cost_units for item in self.active if item.channel in shadowed]) if shadowed else 0

    def take_back(self, channel: str) -> None:
        """Count one offer less, as if it had not been made."""
        self.offered.remove(channel)
        self.taken[channel] -= 1

    def excludes(self, state: State, rule: ChannelRule) -> bool:
        """Whether something held or offered wants the operator alone, or the arriving item does."""
        if not self.taken:
            return False
        if rule.exclusive and (self.offered or any(item.channel not in rule.interrupts for item in self.active)):
            return True
        return any(state.channels[channel].exclusive for channel, number in self.taken.items() if number)


def absent(state: State, operator: Operator, channel: str = "") -> str:
    """Why the operator gets nothing new, whatever it costs, on that channel or on any; empty if nothing is against it.

    Whoever is not on duty is so whatever they are busy with.
    """
    if operator.presence is not AVAILABLE:
        return PRESENCE_REASONS[operator.presence]
    if operator.channels and operator.channels.get(channel, AVAILABLE) is not AVAILABLE:
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
        if most and holding.taken.get(channel, 0) >= most:
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
