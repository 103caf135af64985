"""What screens call things: the sentences of a thread, with names of people, departments and queues.

What lives here: pure wording over events; English, the screens translate by tag where they can.
"""

from __future__ import annotations

from collections.abc import Mapping

from omniroute.api import handoffs
from omniroute.api.reasons import duration, listed
from omniroute.core import events as e
from omniroute.core.events import Event
from omniroute.core.rules import Target
from omniroute.core.targets import target_of

CAUSES = {
    "overflow:wait": "it had waited too long",
    "overflow:length": "too many were waiting",
    "overflow:estimate": "the wait would have been too long",
    "overflow:unstaffed": "nobody was on duty",
    "overflow:closed": "it was closed",
}
PROMISED = {
    Target.FIRST_RESPONSE: "First response",
    Target.NEXT_RESPONSE: "Next response",
    Target.RESOLUTION: "Resolution",
    Target.ANSWER: "Time to answer",
    Target.HANDOFF: "Time to take over",
    Target.DEPARTMENT: "Department's time",
}
TOLD = {
    "voicemail": "leave a message",
    "callback": "we call you back",
    "mail": "we answer by e-mail",
}
"""What a customer hears whom nobody can serve in time."""
WAKING = {"due": "its time has come", "message": "the customer has written", "taken": "taken by hand"}


def _who(operator_id: str, names: Mapping[str, str]) -> str:
    return names.get(operator_id, operator_id)


def detail_of(event: Event) -> str:
    """The tag of an event, by which screens translate its line; with the outcome or cause where that says more."""
    tag = str(event.__struct_config__.tag)
    match event:
        case e.ItemDiverted():
            return f"{tag}.{event.outcome}"
        case e.ClockEnded():
            return f"{tag}.{target_of(event.name)}.{event.outcome}"
        case e.NoticeSent():
            return f"{tag}.{event.notice}"
        case e.MatterConfirmed():
            return f"{tag}.{event.cause}"
        case e.ClockEscalated():
            return f"{tag}.{target_of(event.name)}"
        case e.ItemMoved() | e.ItemWoken():
            return f"{tag}.{event.cause.partition(':')[0]}"
        case _:
            return tag


def event_text(event: Event, names: Mapping[str, str], titles: Mapping[str, str]) -> str:  # noqa: C901, PLR0912
    """One line of a thread."""
    by = getattr(event, "by", "")
    who = _who(by or getattr(event, "operator_id", ""), names)
    match event:
        case e.ConversationOpened():
            return f"Registered as {event.reference}"
        case e.ConversationReopened():
            return "Opened again"
        case e.StageEntered():
            return f"Stage {event.was} → {event.stage_id}" + (f", by {who}" if by else "")
        case e.OrderLinesSet():
            return f"The order has {event.lines} lines now, by {who}"
        case e.NoticeSent():
            return f"The customer was told: {event.notice.replace('_', ' ')}"
        case e.MatterConfirmed():
            return "The customer is content" if event.cause == "customer" else "Confirmed by silence"
        case e.MatterRated():
            return f"Rated {event.score} of 5"
        case e.StatusAnswered():
            return "The customer was told where it stands"
        case e.StatusCodeSent():
            return "The customer was sent a code for the status page"
        case e.ConversationMerged():
            return f"{event.record.reference} was merged into this matter by {who}"
        case e.ConversationSplit():
            count = len(event.interaction_ids)
            words = "1 message" if count == 1 else f"{count} messages"
            return f"{words} of {event.from_reference} moved to {event.reference} by {who}"
        case e.ConversationResolved():
            return f"Done: {event.disposition or 'no disposition'}" + (f", by {who}" if by else "")
        case e.OfferMade():
            return f"Offered to {who}"
        case e.OfferAccepted():
            return f"{who} took it" + (", connecting" if event.connect_due_ms else "")
        case e.OfferDeclined():
            return f"{who} declined" + (f": {event.reason}" if event.reason else "")
        case e.OfferExpired():
            return f"{who} did not answer in time"
        case e.OfferRevoked():
            return f"Offer to {who} withdrawn ({event.reason})"
        case e.HandoffRequested():
            return handoffs.asked_text(event, names, titles)
        case e.HandoffAccepted():
            return handoffs.accepted_text(event, names)
        case e.HandoffReturned():
            return f"It came back ({event.reason}" + (f", {_who(event.by, names)})" if event.by else ")")
        case e.HandoffCancelled():
            return "Taken back"
        case e.HandoffAnswered():
            asker = _who(event.from_operator_id, names) if event.from_operator_id else "the task"
            return f"{who} answered {asker}" + (f": {event.disposition}" if event.disposition else "")
        case e.HandoffOverdue():
            return "A task is overdue" + (f", {who} has it" if event.operator_id else ", nobody has it yet")
        case e.HandoffRefused():
            to = titles.get(event.to_department_id, event.to_department_id)
            return f"Not handed over to {to}: {handoffs.REFUSED[event.reason]}; the supervisors know"
        case e.ItemReturned(reason="lease"):
            return f"{who} lost the connection; it waits again at its old place"
        case e.ItemReturned():
            return f"{who} gave it back" + (f": {event.reason}" if event.reason else "")
        case e.WrapUpStarted():
            return f"{who} is writing up"
        case e.WrapUpExtended():
            return f"{who} extended the time for writing up"
        case e.ItemClosed():
            return f"Work finished: {event.disposition or event.cause}"
        case e.ClockEnded():
            return f"{PROMISED[target_of(event.name)]} {event.outcome}"
        case e.ClockEscalated():
            return f"{PROMISED[target_of(event.name)]}: {event.percent} % of the time have passed"
        case e.MatterPrioritized():
            tier = f", tier {event.tier}" if event.tier else ""
            return f"Priority {event.priority}{tier}" + (f", by {who}" if by else "")
        case e.DeliveryDied():
            return f"An answer could not be delivered: {event.reason}"
        case _:
            return _work_text(event, names, titles)


def _work_text(event: Event, names: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """What became of work beside offers and transfers."""
    who = _who(getattr(event, "operator_id", ""), names)
    by = _who(getattr(event, "by", ""), names)
    match event:
        case e.ItemQueued(held_for=held_for) if held_for:
            return f"Kept for {_who(held_for, names)} for up to {duration(event.hold_until_ms - event.at_ms)}"
        case e.ItemRelaxed():
            return _relaxed_text(event, names, titles)
        case e.ItemMoved():
            return _moved_text(event, titles, by)
        case e.ItemReserved():
            return f"{who} is kept free for it, which smaller work has pushed back"
        case e.ItemDiverted():
            told = TOLD.get(event.outcome, event.outcome)
            return f"The customer was told: {told}, because {CAUSES.get(event.cause, event.cause)}"
        case e.ConnectFailed():
            return f"{who} could not be connected" + (f" ({event.reason})" if event.reason else "")
        case e.ItemPulled():
            return f"{who} picked it"
        case e.ItemForced():
            return f"{by} gave it to {who}"
        case e.ItemReassigned():
            return f"{by} moved it from {_who(event.from_operator_id, names)} to {who}"
        case e.ItemSnoozed():
            return f"{by or who} put it aside for {duration(event.until_ms - event.at_ms)}"
        case e.ItemWoken():
            kept = f", kept for {_who(event.held_for, names)} at first" if event.held_for else ""
            return f"Back from being put aside: {WAKING.get(event.cause, event.cause)}{kept}"
        case _:
            return ""


def _relaxed_text(event: e.ItemRelaxed, names: Mapping[str, str], titles: Mapping[str, str]) -> str:
    needs = ", ".join(map(str, event.requirements)) or "no skill"
    opened = [titles.get(one, one) for one in (*event.departments, *event.queues)]
    to = [*opened, *(_who(one, names) for one in event.operators)]
    return f"Waited long enough for step {event.step}: needs {needs}" + (f", open to {listed(to)}" if to else "")


def _moved_text(event: e.ItemMoved, titles: Mapping[str, str], by: str) -> str:
    to = f"{titles.get(event.department_id, event.department_id)}, {titles.get(event.queue_id, event.queue_id)}"
    cause = CAUSES.get(event.cause, "" if event.cause == "requeue" else event.cause)
    return listed((f"Moved to {to}", f"by {by}" if by else "", cause and f"because {cause}", event.reason))
