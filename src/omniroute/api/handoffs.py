"""Handoffs as screens tell of them: what was asked of whom, and how each question or task of a matter stands.

What lives here: words, and the list that follows from the lines of a thread, so that a done matter shows it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from omniroute.api import views
from omniroute.core import events as e
from omniroute.core.model import PARTS, HandoffKind
from omniroute.core.permissions import Actor
from omniroute.engine import cells as c

if TYPE_CHECKING:
    from omniroute.api.screens import Screens

REFUSED = {
    "ping_pong": "it went there and came back already",
    "hops": "it has been handed over too often",
}
_ASKED = {
    HandoffKind.COLD: "hands it to {to}",
    HandoffKind.WARM: "asks {to} to take over",
    HandoffKind.CONSULT: "asks {to}",
    HandoffKind.TASK: "gives {to} a task",
}


def asked_text(event: e.HandoffRequested, names: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """What was asked of whom."""
    if event.stage_id:
        return (
            f"{event.title or event.stage_id}: a task for {titles.get(event.to_department_id, event.to_department_id)}"
        )
    sender, person = event.by or event.from_operator_id, event.to_operator_id
    to = names.get(person, person) if person else titles.get(event.to_department_id, event.to_department_id)
    return f"{names.get(sender, sender)} {_ASKED[event.kind].format(to=to)}"


def accepted_text(event: e.HandoffAccepted, names: Mapping[str, str]) -> str:
    """Who has taken it."""
    who, sender = (names.get(one, one) for one in (event.operator_id, event.from_operator_id))
    if event.kind in PARTS and not sender:
        return f"{who} took the task"
    if event.kind in PARTS:
        return f"{who} took the {event.kind.value} of {sender}"
    return f"{who} took over from {sender}"


def parts_of(screens: Screens, actor: Actor, events: Iterable[e.Event]) -> list[views.HandoffView]:
    """The consults and tasks of a matter from the lines of its thread, oldest first."""
    found: dict[int, views.HandoffView] = {}
    for event in events:
        if isinstance(event, e.HandoffRequested) and event.kind in PARTS:
            found[event.handoff_id] = _asked(screens, event)
        elif isinstance(event, _LATER) and event.handoff_id in found:
            _follow(screens, found[event.handoff_id], event)
    for view in found.values():
        handoff = screens.state.handoffs.get(view.handoff_id)
        matter = screens.state.conversations.get(handoff.conversation_id) if handoff else None
        if handoff is not None and matter is not None:
            senders = {handoff.from_operator_id, matter.owner_id} - {""}
            view.can_cancel = actor.operator_id in senders
            holder = screens.state.items[handoff.target_item_id].operator_id
            view.holder = screens.name(holder) if holder else ""
    return list(found.values())


_LATER = (e.HandoffAccepted, e.HandoffReturned, e.HandoffCancelled, e.HandoffAnswered, e.HandoffOverdue)


def _asked(screens: Screens, event: e.HandoffRequested) -> views.HandoffView:
    return views.HandoffView(
        handoff_id=event.handoff_id,
        to_department=screens.title(event.to_department_id),
        from_operator=screens.name(event.from_operator_id),
        deadline_ms=event.deadline_ms,
        kind=event.kind.value,
        to_operator=screens.name(event.to_operator_id) if event.to_operator_id else "",
        due_ms=event.due_ms,
        summary=event.title or screens.handoff_note(event.conversation_id, event.handoff_id),
    )


def _follow(screens: Screens, view: views.HandoffView, event: e.Event) -> None:
    journal = screens.engine.writer.journal
    match event:
        case e.HandoffAccepted():
            view.state, view.holder = "accepted", screens.name(event.operator_id)
        case e.HandoffReturned():
            key = c.reason_key(event.conversation_id, event.handoff_id)
            content = c.read(journal, c.CONTENT, key, c.ContentCell)
            view.state, view.reason = "returned", content.text if content else event.reason
        case e.HandoffCancelled():
            view.state = "cancelled"
        case e.HandoffAnswered():
            content = c.read(journal, c.CONTENT, c.number_key(event.interaction_id), c.ContentCell)
            view.state, view.holder = "answered", screens.name(event.operator_id)
            view.answer, view.disposition = content.text if content else "", event.disposition
        case e.HandoffOverdue():
            view.overdue = True
