"""29, stages, closings: the closed loop with the customer, from the configuration and the records alone.

What lives here: what must hold at the moment when a matter goes to another stage, when its customer is told something,
and when the question whether it is done is put, answered or over. Nothing of ``progress``, ``notices`` or ``closings``
is used.
"""

from __future__ import annotations

from collections.abc import Iterator

from omniroute.core import events as e
from omniroute.core.invariants.scope import Scope
from omniroute.core.model import Closing, Conversation
from omniroute.core.rules import KindRule, StageRule
from omniroute.core.stages import PLAIN
from omniroute.core.state import State

STAGES = (e.StageEntered, e.ConversationResolved)
CLOSINGS = (e.ConfirmationAsked, e.MatterConfirmed, e.MatterRated, e.ClosingEnded)
Answer = e.MatterConfirmed | e.MatterRated | e.ClosingEnded

# ---- at rest


def open_matters_are_not_asked_about(state: State, scope: Scope) -> Iterator[str]:
    """Closings: whether a matter is done is asked only while it is."""
    for matter in scope.matters if state.closings else ():
        if matter.conversation_id in state.closings:
            yield f"conversation {matter.conversation_id} goes on, and its customer is asked whether it is done"


# ---- before an event


def stages_are_earned(state: State, event: e.Event) -> Iterator[str]:
    """Stages: a matter goes by hand only where its stage leads, and nowhere without the fields that this needs."""
    match event:
        case e.StageEntered():
            matter = state.conversations[event.conversation_id]
            was = _stage(state, matter, event.was)
            if event.cause == "operator" and was is not None and event.stage_id not in was.next:
                yield f"conversation {matter.conversation_id} went from {event.was} to {event.stage_id}"
            yield from _filled_in(state, matter, event.stage_id)
        case e.ConversationResolved() if event.operator_id and event.disposition:  # somebody has finished it
            yield from _filled_in(state, event.record, event.record.stage_id)


def _filled_in(state: State, matter: Conversation, stage_id: str) -> Iterator[str]:
    stage = _stage(state, matter, stage_id)
    lacking = [name for name in stage.needs if name not in matter.fields] if stage else ["the stage itself"]
    if lacking:
        yield f"conversation {matter.conversation_id} is in {stage_id} without {', '.join(lacking)}"


def _stage(state: State, matter: Conversation, stage_id: str) -> StageRule | None:
    known = [one for one in _kind(state, matter.kind).stages if one.stage_id == stage_id]
    return known[0] if known else None


def _kind(state: State, kind: str) -> KindRule:
    return next((one for one in state.config.kinds if one.kind == kind), PLAIN)


def notices_are_wanted(state: State, event: e.Event) -> Iterator[str]:
    """29: no machine is told anything, and nobody on a channel that cannot."""
    if not isinstance(event, e.NoticeSent):
        return
    matter = state.conversations.get(event.conversation_id)
    if matter is not None and matter.quiet:
        yield f"the customer of conversation {event.conversation_id} is told {event.notice!r}, and must not be"
    if not state.channels[event.channel].tells:
        yield f"{event.channel} tells nobody anything, and was to tell {event.notice!r}"


def closings_are_answered_once(state: State, event: e.Event) -> Iterator[str]:
    """Closings: a question is about the newest resolution, is answered once, and over when its time is."""
    if isinstance(event, e.ConfirmationAsked):
        if event.conversation_id in state.closings:
            yield f"the customer of conversation {event.conversation_id} is asked twice whether it is done"
        return
    if not isinstance(event, Answer):
        return
    closing = state.closings.get(event.conversation_id)
    if closing is None or closing.resolution != event.resolution:
        yield f"{type(event).__name__}: conversation {event.conversation_id} is not asked about {event.resolution}"
        return
    for complaint in _answered(event, closing):
        yield f"{type(event).__name__}: conversation {event.conversation_id} {complaint}"


def _answered(event: Answer, closing: Closing) -> Iterator[str]:
    match event:
        case e.MatterConfirmed():
            if closing.confirmed:
                yield "was confirmed already"
            if event.cause == "silence" and event.at_ms < closing.due_ms:
                yield f"counts as confirmed at {event.at_ms}, its customer has until {closing.due_ms}"
        case e.MatterRated() if closing.score:
            yield "was rated already"
        case e.ClosingEnded() if event.at_ms < closing.due_ms or not closing.confirmed:
            yield f"is over at {event.at_ms}, due at {closing.due_ms}, confirmed: {closing.confirmed}"
