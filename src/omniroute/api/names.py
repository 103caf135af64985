"""What screens call things: names of people, departments, icons, and the sentences of a thread.

What lives here: pure wording over records; English, the screens translate by tag where they can.
"""

from __future__ import annotations

from collections.abc import Mapping

from omniroute.core import events as e
from omniroute.core.events import Decision, Event

REASONS = {
    "department": "in another department",
    "presence:offline": "offline",
    "presence:away": "away",
    "presence:draining": "draining",
    "wrap_up": "writing up",
    "offers_pending": "with offers to answer",
    "capacity": "without room",
    "backoff": "who declined or missed it just now",
}


TOLD = {
    "voicemail": "leave a message",
    "callback": "we call you back",
    "mail": "we answer by e-mail",
}
"""What a customer hears whom nobody can serve in time."""


def reason_text(reason: str) -> str:
    """An exclusion in words."""
    if reason.startswith("skill:"):
        return f"without {reason.removeprefix('skill:')}"
    return REASONS.get(reason, reason)


def excluded_text(excluded: Mapping[str, int]) -> str:
    """Counts of exclusions in words."""
    return ", ".join(f"{count} {reason_text(reason)}" for reason, count in excluded.items())


def decision_text(decision: Decision, chosen: str, names: Mapping[str, str]) -> list[str]:
    """Why this operator, in a few sentences."""
    who = names.get(chosen, chosen)
    count = len(decision.candidates)
    policy = decision.policy.replace("_", " ")
    came = "The work was new." if decision.trigger == "item" else "Somebody had become free, and this work was next."
    first = f"{who} was the only one who could take it." if count == 1 else f"{who} came first of {count} by {policy}."
    if decision.trigger == "channel":
        return [f"{who} had picked up, as the channel told us."]
    sentences = [came, first]
    if decision.excluded:
        sentences.append(f"Not considered: {excluded_text(decision.excluded)}.")
    if decision.failed_policy:
        sentences.append(f"The policy {decision.failed_policy} failed; the default decided.")
    return sentences


def _who(operator_id: str, names: Mapping[str, str]) -> str:
    return names.get(operator_id, operator_id)


def detail_of(event: Event) -> str:
    """The tag of an event, by which screens translate its line; with the outcome where that says more."""
    tag = str(event.__struct_config__.tag)
    return f"{tag}.{event.outcome}" if isinstance(event, e.ClockEnded | e.ItemDiverted) else tag


def event_text(event: Event, names: Mapping[str, str], titles: Mapping[str, str]) -> str:  # noqa: C901, PLR0912
    """One line of a thread."""
    by = getattr(event, "by", "")
    who = _who(by or getattr(event, "operator_id", ""), names)
    match event:
        case e.ConversationOpened():
            return f"Registered as {event.reference}"
        case e.ConversationReopened():
            return "Opened again"
        case e.ConversationResolved():
            return f"Done: {event.disposition or 'no disposition'}" + (f", by {who}" if by else "")
        case e.OfferMade():
            return f"Offered to {who}"
        case e.OfferAccepted():
            return f"{who} took it"
        case e.OfferDeclined():
            return f"{who} declined" + (f": {event.reason}" if event.reason else "")
        case e.OfferExpired():
            return f"{who} did not answer in time"
        case e.OfferRevoked():
            return f"Offer to {who} withdrawn ({event.reason})"
        case e.HandoffRequested():
            to = titles.get(event.to_department_id, event.to_department_id)
            return f"{_who(by or event.from_operator_id, names)} asks {to} to take over"
        case e.HandoffAccepted():
            return f"{who} took over from {_who(event.from_operator_id, names)}"
        case e.HandoffReturned():
            return f"Transfer came back ({event.reason})"
        case e.HandoffCancelled():
            return "Transfer taken back"
        case e.ItemReturned():
            return f"{who} gave it back" + (f": {event.reason}" if event.reason else "")
        case e.ItemDiverted():
            return f"The customer was told: {TOLD.get(event.outcome, event.outcome)}"
        case e.WrapUpStarted():
            return f"{who} is writing up"
        case e.ItemClosed():
            return f"Work finished: {event.disposition or event.cause}"
        case e.ClockEnded():
            return f"First response {event.outcome}"
        case e.DeliveryDied():
            return f"An answer could not be delivered: {event.reason}"
        case _:
            return ""
