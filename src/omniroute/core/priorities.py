"""Priorities: how urgent a matter is, and which tier its customer is of; its place and its promises follow."""

from __future__ import annotations

from omniroute.core import queueing
from omniroute.core.commands import PrioritizeMatter
from omniroute.core.events import ItemRanked, MatterPrioritized
from omniroute.core.intake import PRIORITY_MAX, TIER_CHARS_MAX
from omniroute.core.model import Conversation
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import InvalidInput

# ---- decide


def command(step: Step, wanted: PrioritizeMatter) -> None:
    """Somebody says how urgent it is."""
    matter = step.state.conversation(wanted.conversation_id)
    if wanted.priority is not None and abs(wanted.priority) > PRIORITY_MAX:
        raise InvalidInput(f"a priority is between -{PRIORITY_MAX} and {PRIORITY_MAX}", "priority")
    if wanted.tier is not None and len(wanted.tier) > TIER_CHARS_MAX:
        raise InvalidInput(f"the name of a tier has at most {TIER_CHARS_MAX} characters", "tier")
    priority = matter.priority if wanted.priority is None else wanted.priority
    prioritize(step, matter, priority, matter.tier if wanted.tier is None else wanted.tier, "operator", wanted.by)


def prioritize(step: Step, matter: Conversation, priority: int, tier: str, cause: str, by: str = "") -> None:
    """Take another priority and tier; waiting work changes its place, and clocks their targets."""
    priority = max(-PRIORITY_MAX, min(PRIORITY_MAX, priority))
    if (priority, tier) == (matter.priority, matter.tier):
        return
    step.emit(MatterPrioritized(matter.conversation_id, priority, tier, cause, step.now_ms, by))
    queueing.review(step, matter)
    queueing.rank_again(step, matter)


# ---- apply


def apply_prioritized(state: State, event: MatterPrioritized) -> None:
    """Its work gets its new place by events of its own."""
    matter = state.conversations[event.conversation_id]
    matter.priority, matter.tier = event.priority, event.tier


def apply_ranked(state: State, event: ItemRanked) -> None:
    """It has another place, where it waits or would wait."""
    item = state.items[event.work_item_id]
    with state.rekeyed(item):
        item.priority, item.rank_ms = event.priority, event.rank_ms


HANDLERS: dict[type, Handler] = {PrioritizeMatter: command}
APPLIERS: dict[type, Applier] = {MatterPrioritized: apply_prioritized, ItemRanked: apply_ranked}
