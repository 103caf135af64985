"""Queueing: a matter gets a work item that waits in the matter's queue."""

from __future__ import annotations

from omniroute.core.events import ItemQueued
from omniroute.core.model import Conversation, Requirement
from omniroute.core.step import Step


def queue_item(step: Step, matter: Conversation, requirements: tuple[Requirement, ...] = ()) -> None:
    """New work of a matter waits in the matter's queue."""
    state = step.state
    rule, channel = state.queues[matter.queue_id], state.channels[matter.channel]
    work_item_id = state.counters.work_item + 1
    step.emit(
        ItemQueued(
            work_item_id,
            matter.conversation_id,
            rule.queue_id,
            rule.department_id,
            matter.channel,
            channel.cost_units,
            matter.priority,
            step.now_ms - state.config.priority_weight_ms * matter.priority,
            tuple(sorted({*rule.requirements, *requirements})),
            step.now_ms,
        )
    )
    step.wake_item(work_item_id)
