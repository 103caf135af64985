"""The explanation of a matter: every decision as recorded, every other step, and why not somebody.

What lives here: reading the recorded events of one thread. A record is bounded: it holds the best candidates, counts of
the others, and a few of them by name; what it does not hold is said to be unknown, never guessed.
"""

from __future__ import annotations

from omniroute.api import names, reasons, views, waits
from omniroute.api.screens import Screens
from omniroute.core import events as e
from omniroute.core.eligibility import why_not
from omniroute.core.events import Decision, Event
from omniroute.core.model import Conversation, WorkItem
from omniroute.core.permissions import Actor, Role
from omniroute.engine import cells as c
from omniroute.errors import InvalidInput

OUTCOMES = {
    e.OfferAccepted: "accepted",
    e.HandoffAccepted: "accepted",
    e.OfferDeclined: "declined",
    e.OfferExpired: "expired",
    e.OfferRevoked: "revoked",
}
STEPS = (
    e.ItemQueued,
    e.ItemRelaxed,
    e.ItemMoved,
    e.ItemReserved,
    e.ItemDiverted,
    e.ItemReturned,
    e.ConnectFailed,
    e.ItemPulled,
    e.ItemForced,
    e.ItemReassigned,
    e.ItemSnoozed,
    e.ItemWoken,
)
"""What is no offer and changes who may have the work."""

Lines = list[tuple[c.ThreadCell, Event]]


def explain(
    screens: Screens, cell: c.ConversationCell, record: Conversation, lines: Lines, operator_id: str = ""
) -> views.ExplanationView:
    """All of it; with ``operator_id`` also why not that one."""
    state = screens.state
    items = [state.items[i] for i in record.item_ids if i in state.items and waits.is_waiting(state.items[i])]
    waiting = [waits.waiting(state, item, screens.name) for item in items]
    return views.ExplanationView(
        reference=cell.reference,
        decisions=_decisions(screens, lines),
        waiting_reason="; ".join(waits.whole_text(one, screens.called, screens.now_ms()) for one in waiting),
        waiting=waiting,
        steps=_steps(screens, lines),
        about=_about(screens, lines, items, operator_id) if operator_id else None,
    )


def find_operator(screens: Screens, actor: Actor, name: str) -> str:
    """The id of an operator by id or name, whom the actor may know of. Raises `InvalidInput`."""
    for one in screens.state.operators.values():
        known = actor.role is Role.ADMIN or set(one.departments) & set(actor.departments)
        named = name.lower() in {one.operator_id.lower(), screens.name(one.operator_id).lower()}
        if named and (known or one.operator_id == actor.operator_id):
            return one.operator_id
    raise InvalidInput("there is no such operator in your departments", "operator")


# ---- decisions
def _decisions(screens: Screens, lines: Lines) -> list[views.DecisionView]:
    outcomes = {
        event.offer_id: OUTCOMES[type(event)]  # type: ignore[attr-defined]
        for _, event in lines
        if type(event) in OUTCOMES
    }
    return [
        _decision(screens, line, event, outcomes.get(event.offer_id, "live"))
        for line, event in lines
        if isinstance(event, e.OfferMade)
    ]


def _decision(screens: Screens, line: c.ThreadCell, event: e.OfferMade, outcome: str) -> views.DecisionView:
    item, reason = screens.state.items.get(event.work_item_id), event.decision
    return views.DecisionView(
        at_ms=line.at_ms,
        work_item_id=event.work_item_id,
        queue=item.queue_id if item else "",
        policy=reason.policy,
        chosen=screens.name(event.operator_id),
        outcome=outcome,
        sentence=" ".join(reasons.decision_text(reason, event.operator_id, screens.engine.names)),
        terms=list(reason.terms),
        candidates=[
            views.CandidateView(operator=screens.name(one.operator_id), terms=list(one.terms))
            for one in reason.candidates
        ],
        excluded=reason.excluded,
        offer_id=event.offer_id,
        eligible=reason.eligible or len(reason.candidates),
        expected_ms=reason.expected_ms,
        waited_ms=reason.waited_ms,
        relaxed=reason.relaxed,
        failed_policy=reason.failed_policy,
        named=[views.ExcludedView(operator=screens.name(who), reason=why) for who, why in reason.named],
        trigger=reason.trigger,
    )


def _steps(screens: Screens, lines: Lines) -> list[views.StepView]:
    return [
        views.StepView(
            at_ms=line.at_ms,
            kind=names.detail_of(event),
            text=names.event_text(event, screens.engine.names, screens.labels),
            operator=_about_whom(screens, event),
        )
        for line, event in lines
        if isinstance(event, STEPS)
    ]


def _about_whom(screens: Screens, event: Event) -> str:
    operator_id = getattr(event, "operator_id", "") or getattr(event, "held_for", "")
    return screens.name(operator_id) if operator_id else ""


# ---- why not this one
def _about(screens: Screens, lines: Lines, items: list[WorkItem], operator_id: str) -> views.AboutView:
    operator = screens.state.operators[operator_id]
    now = dict.fromkeys(filter(None, (why_not(screens.state, operator, item) for item in items)))
    return views.AboutView(
        operator=screens.name(operator_id),
        decisions=[
            _about_decision(screens, line.at_ms, event, operator_id)
            for line, event in lines
            if isinstance(event, e.OfferMade)
        ],
        now=reasons.listed(map(reasons.reason_text, now)),
        reasons=list(now),
    )


def _about_decision(screens: Screens, at_ms: int, event: e.OfferMade, operator_id: str) -> views.AboutDecisionView:
    decision = event.decision
    ranked = [one.operator_id for one in decision.candidates]
    place = ranked.index(operator_id) + 1 if operator_id in ranked else 0
    return views.AboutDecisionView(
        offer_id=event.offer_id,
        at_ms=at_ms,
        chosen=screens.name(event.operator_id),
        place=place,
        terms=list(decision.candidates[place - 1].terms) if place else [],
        reason=_standing(screens, at_ms, event, operator_id) if place else _missing(decision, operator_id),
        excluded=dict(decision.named).get(operator_id, ""),
    )


def _standing(screens: Screens, at_ms: int, event: e.OfferMade, operator_id: str) -> str:
    """How a candidate stood against whoever was chosen."""
    if operator_id == event.operator_id:
        return "chosen"
    terms = {one.operator_id: one.terms for one in event.decision.candidates}
    if event.decision.trigger == "batch" or event.operator_id not in terms:
        return "the queue's work was matched together, not one by one"
    who = screens.name(event.operator_id)
    return reasons.difference(event.decision.terms, terms[operator_id], terms[event.operator_id], who, at_ms)


def _missing(decision: Decision, operator_id: str) -> str:
    """Why somebody is not among the recorded candidates, as far as the record goes."""
    named = dict(decision.named)
    if operator_id in named:
        return reasons.reason_text(named[operator_id])
    if decision.trigger == "channel":
        return "the channel told us who had picked up"
    others = dict(decision.excluded)
    for reason in named.values():
        others[reason] = others.get(reason, 0) - 1
    return _bounded(decision, {reason: count for reason, count in others.items() if count > 0})


def _bounded(decision: Decision, others: dict[str, int]) -> str:
    best, eligible = len(decision.candidates), decision.eligible or len(decision.candidates)
    excluded = f"one of: {reasons.excluded_text(others)}" if others else ""
    if eligible > best:
        behind = f"not among the best {best} of {eligible} eligible"
        return f"{behind}, or {excluded}" if excluded else behind
    return excluded or "not there yet, as far as was recorded"
