"""Notices: what the customer is told by itself, at each stage; never to who must not be, and never without an end.

What lives here: whether a notice goes out. What it says is rendered at the edge, once, and stored with the event. A
machine is never answered, nor an address that somebody merely stated (invariant 29); a customer gets so many a day.
"""

from __future__ import annotations

from omniroute.core.events import NoticeSent
from omniroute.core.model import Conversation
from omniroute.core.stages import kind_of
from omniroute.core.state import State
from omniroute.core.step import Applier, Step

RECEIVED, IN_PROGRESS, DONE, REOPENED = "received", "in_progress", "done", "reopened"
PHASES = (RECEIVED, IN_PROGRESS, DONE, REOPENED)
"""What a kind may tell beside the notices of its own stages."""
HURRIED = (RECEIVED, IN_PROGRESS)
"""Where somebody waits at the other end they see that themselves."""
DAY_MS = 86_400_000

# ---- decide


def tell(step: Step, matter: Conversation, notice: str) -> None:
    """Tell the customer, if the kind does, the channel can, and they may be told."""
    state = step.state
    channel = state.channels[matter.channel]
    if not channel.tells or matter.quiet or (channel.realtime and notice in HURRIED):
        return
    if notice in PHASES and notice not in kind_of(state, matter).notices:
        return
    if told_today(state, matter.customer_id, step.now_ms) >= state.config.notices_max:
        return
    step.emit(
        NoticeSent(
            state.counters.interaction + 1,
            matter.conversation_id,
            matter.customer_id,
            matter.channel,
            notice,
            state.counters.effect + 1,
            step.now_ms,
            matter.resolution,
        )
    )


def told_today(state: State, customer_id: int, now_ms: int) -> int:
    """How many notices a customer has had today (UTC)."""
    return state.told.get(customer_id, 0) if state.told_day == now_ms // DAY_MS else 0


# ---- apply


def apply_sent(state: State, event: NoticeSent) -> None:
    """It is counted; yesterday's counts are forgotten."""
    state.counters.interaction, state.counters.effect = event.interaction_id, event.effect_id
    day = event.at_ms // DAY_MS
    if day != state.told_day:
        state.told_day, state.told = day, {}
    state.told[event.customer_id] = state.told.get(event.customer_id, 0) + 1
    matter = state.conversations.get(event.conversation_id)
    if matter is not None:
        matter.interaction_count += 1


APPLIERS: dict[type, Applier] = {NoticeSent: apply_sent}
