"""Splitting: some messages of a matter become a new matter of the same customer, with a reference of its own.

What lives here: the decision, and what the new matter takes from the old one. The core counts messages; which they are
is checked where the thread is known (``engine/splitting``). What led to the old matter leads there as before.
"""

from __future__ import annotations

from omniroute.core import sla
from omniroute.core.commands import SplitConversation
from omniroute.core.events import ConversationOpened, ConversationSplit
from omniroute.core.model import RUNNING, Conversation
from omniroute.core.queueing import queue_item
from omniroute.core.rules import QueueRule
from omniroute.core.state import State
from omniroute.core.step import Applier, Handler, Step
from omniroute.errors import Conflict, InvalidInput

MESSAGES_MAX = 50
"""Messages that can be split off at once."""

# ---- decide


def split(step: Step, command: SplitConversation) -> None:
    """Open the new matter, move the messages, and let its work wait like that of every new matter."""
    state = step.state
    matter = state.conversation(command.conversation_id)
    _refuse(state, matter, command)
    rule = _queue(state, matter, command.queue_id)
    into_id = state.counters.conversation + 1
    step.emit(
        ConversationOpened(
            into_id,
            command.reference,
            matter.customer_id,
            matter.channel,
            rule.department_id,
            rule.queue_id,
            command.kind or matter.kind,
            matter.priority,
            matter.language,
            "",  # the session goes on in the old matter
            step.now_ms,
            matter.tags,
            "",
            matter.tier,
        )
    )
    step.emit(
        ConversationSplit(
            matter.conversation_id,
            into_id,
            matter.reference,
            command.reference,
            command.interaction_ids,
            command.operator_id,
            step.now_ms,
        )
    )
    sla.opened(step, state.conversations[into_id])
    queue_item(step, state.conversations[into_id])


def _refuse(state: State, matter: Conversation, command: SplitConversation) -> None:
    moved = command.interaction_ids
    if not moved or len(moved) > MESSAGES_MAX:
        raise InvalidInput(f"between 1 and {MESSAGES_MAX} messages can be split off", "messages")
    if len(set(moved)) != len(moved) or not all(0 < one <= state.counters.interaction for one in moved):
        raise InvalidInput("each message is named once, by its number", "messages")
    if command.reference in state.by_reference:
        raise Conflict("this reference is taken")
    if matter.contact in RUNNING:
        raise Conflict("a running contact cannot be split: it ends first")
    if state.channels[matter.channel].connects:
        raise Conflict("a matter of this channel lives by its contacts and cannot be split")
    if len(moved) >= matter.message_count:
        raise Conflict("a matter keeps at least one message")


def _queue(state: State, matter: Conversation, queue_id: str) -> QueueRule:
    """Where the new matter waits; another queue has to be one that work can be transferred into."""
    rule = state.queues.get(queue_id or matter.queue_id)
    if rule is None:
        raise InvalidInput(f"there is no queue {queue_id}", "queue")
    if rule.queue_id != matter.queue_id and not rule.handoff_ms:
        raise InvalidInput("that queue takes no transfers", "queue")
    return rule


# ---- apply


def apply_split(state: State, event: ConversationSplit) -> None:
    """The messages count in the new matter, unanswered, and no more in the old one, which stays as it is."""
    old, new = state.conversations[event.conversation_id], state.conversations[event.into_id]
    count = len(event.interaction_ids)
    old.message_count = max(0, old.message_count - count)
    old.interaction_count = max(0, old.interaction_count - count)
    new.message_count, new.interaction_count, new.quiet = count, count, old.quiet


HANDLERS: dict[type, Handler] = {SplitConversation: split}
APPLIERS: dict[type, Applier] = {ConversationSplit: apply_split}
