"""Expected handling time: from the newest finished work of a queue and channel, beginning with what is configured.

What lives here: a bounded history for each (queue, channel instance) and its mean. As long as there are fewer than
`FULL_HISTORY` observations, the configured start value stands for the missing ones.
"""

from __future__ import annotations

from omniroute.core.model import Handling
from omniroute.core.state import State

HISTORY_MAX = 64
"""Observations that are kept for each queue and channel."""
FULL_HISTORY = 8
"""Observations from which the configured value no longer counts."""


def expected_ms(state: State, queue_id: str, channel: str) -> int:
    """How long an item of that queue and channel will keep its operator, in ms, from the accept to the end."""
    known = state.handling.get((queue_id, channel))
    if known is None or not known.recent_ms:
        return state.queues[queue_id].handling_ms
    number = len(known.recent_ms)
    if number >= FULL_HISTORY:
        return known.total_ms // number
    missing = FULL_HISTORY - number
    return (known.total_ms + missing * state.queues[queue_id].handling_ms) // FULL_HISTORY


def observe(state: State, queue_id: str, channel: str, length_ms: int) -> None:
    """An item was finished after so long (used by appliers)."""
    key = (queue_id, channel)
    known = state.handling.get(key)
    if known is None:
        known = state.handling[key] = Handling(queue_id, channel, [])
    known.recent_ms.append(length_ms)
    known.total_ms += length_ms
    if len(known.recent_ms) > HISTORY_MAX:
        known.total_ms -= known.recent_ms.pop(0)


def observations(state: State, queue_id: str, channel: str) -> list[int]:
    """The newest handling times, oldest first; the configured one stands for those that are missing."""
    known = state.handling.get((queue_id, channel))
    recent = known.recent_ms if known else []
    missing = max(0, FULL_HISTORY - len(recent))
    return [state.queues[queue_id].handling_ms] * missing + recent
