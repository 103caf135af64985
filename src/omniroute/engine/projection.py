"""Projections: what screens read, derived from events in the same transaction.

What lives here: for every event, the cells that follow from it alone. Contents come from whoever knows them (intake,
replies); this module never sees a text except to carry it over from one cell of a matter to its next version.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omniroute.core import events as e
from omniroute.core.effects import WEBHOOK, effect_of
from omniroute.core.state import State
from omniroute.core.targets import CUSTOMERS, target_of
from omniroute.engine import cells as c
from omniroute.engine import splitting
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Write

IN_THREAD = (
    e.ConversationOpened,
    e.ConversationReopened,
    e.ConversationResolved,
    e.ConversationMerged,
    e.ConversationSplit,
    e.InteractionReceived,
    e.ReplySent,
    e.NoteAdded,
    e.OfferMade,
    e.OfferAccepted,
    e.OfferDeclined,
    e.OfferExpired,
    e.OfferRevoked,
    e.HandoffRequested,
    e.HandoffAccepted,
    e.HandoffReturned,
    e.HandoffCancelled,
    e.HandoffAnswered,
    e.HandoffOverdue,
    e.HandoffRefused,
    e.ItemReturned,
    e.ItemRelaxed,
    e.ItemMoved,
    e.ItemReserved,
    e.ItemDiverted,
    e.ConnectFailed,
    e.ItemPulled,
    e.ItemForced,
    e.ItemReassigned,
    e.ItemSnoozed,
    e.ItemWoken,
    e.WrapUpStarted,
    e.WrapUpExtended,
    e.ItemClosed,
    e.ClockEnded,
    e.ClockEscalated,
    e.MatterPrioritized,
    e.DeliveryDied,
    e.StageEntered,
    e.OrderLinesSet,
    e.NoticeSent,
    e.MatterConfirmed,
    e.MatterRated,
    e.StatusAsked,
    e.StatusAnswered,
    e.StatusCodeSent,
)
"""The events that are lines of a thread."""


def in_thread(event: e.Event) -> bool:
    """Whether the event is a line of a thread.

    That work waits is one only where it is kept for somebody; a promise between departments only where it was broken;
    that a status was sent only where there is a matter. For whom a handoff is kept, its request says.
    """
    if isinstance(event, e.ClockEnded):
        return event.outcome == "breached" or target_of(event.name) in CUSTOMERS
    if isinstance(event, e.StatusAnswered) and not event.conversation_id:
        return False
    if isinstance(event, e.DeliveryDied) and event.order == WEBHOOK:  # it concerns whoever runs the system
        return False
    return isinstance(event, IN_THREAD) or (isinstance(event, e.ItemQueued) and bool(event.hold_until_ms))


def conversation_of(event: e.Event) -> int:
    """The conversation an event belongs to; 0 for none."""
    if isinstance(event, e.ConversationMerged):
        return event.into_id
    if isinstance(event, e.ConversationReopened | e.ConversationResolved):
        return event.record.conversation_id
    return getattr(event, "conversation_id", 0)


def writes_of(event: e.Event, seq: int, at_ms: int, state: State, cells: c.Cells) -> Iterator[Write]:
    """All cells that follow from one event."""
    if in_thread(event):
        conversation_id = conversation_of(event)
        yield c.put(c.THREAD, c.pair_key(conversation_id, seq), c.ThreadCell(seq, at_ms, encode_event(event)))
    effect = effect_of(event)
    if effect is not None:
        yield c.put(c.OUTBOX, c.number_key(effect.effect_id), c.OutboxCell(effect))
    if isinstance(event, e.ConversationSplit):
        yield from splitting.writes_of(event, seq, at_ms, cells, encode_event(event))
    yield from _matter(event, cells)
    yield from _delivery(event)
    yield from _notices(event, seq, at_ms, state, cells)


def _matter(event: e.Event, cells: c.Cells) -> Iterator[Write]:
    match event:
        case e.ConversationOpened():
            key = c.number_key(event.conversation_id)
            yield c.put_number(c.REFERENCE, event.reference, event.conversation_id)
            yield c.put_number(c.HISTORY, c.pair_key(event.customer_id, event.conversation_id), event.conversation_id)
            if event.session_key:
                yield c.put_number(c.SESSION, c.joined_key(event.channel, event.session_key), event.conversation_id)
            yield c.put(
                c.CONVERSATION,
                key,
                c.ConversationCell(
                    event.conversation_id,
                    event.reference,
                    event.customer_id,
                    event.channel,
                    "",
                    event.at_ms,
                    session_key=event.session_key,
                ),
            )
        case e.ConversationResolved(record=record) | e.ConversationReopened(record=record):
            cell = cells.get(c.CONVERSATION, c.number_key(record.conversation_id), c.ConversationCell)
            if cell is not None:
                done = isinstance(event, e.ConversationResolved)
                cell.record, cell.closed_ms = (record, event.at_ms) if done else (None, 0)
                cell.confirmed, cell.score = "", 0
                yield c.put(c.CONVERSATION, c.number_key(record.conversation_id), cell)
        case e.MatterConfirmed() | e.MatterRated():
            cell = cells.get(c.CONVERSATION, c.number_key(event.conversation_id), c.ConversationCell)
            if cell is not None:
                cell.confirmed = event.cause if isinstance(event, e.MatterConfirmed) else cell.confirmed
                cell.score = event.score if isinstance(event, e.MatterRated) else cell.score
                yield c.put(c.CONVERSATION, c.number_key(event.conversation_id), cell)
        case e.ConversationMerged():
            yield from _merged(event, cells)
        case e.InteractionReceived(raw_id=0):  # written on a page of ours: there is no raw input
            return
        case e.InteractionReceived() | e.StatusAsked():
            yield c.put_number(c.RAW_MATTER, c.number_key(event.raw_id), event.conversation_id)
        case e.RawQuarantined():
            yield c.put(c.QUARANTINE, c.number_key(event.raw_id), c.QuarantineCell(event.reason, event.at_ms))


def _merged(event: e.ConversationMerged, cells: c.Cells) -> Iterator[Write]:
    """The one that goes leads to the one that stays, which lists of matters show alone."""
    number = event.record.conversation_id
    going = cells.get(c.CONVERSATION, c.number_key(number), c.ConversationCell)
    staying = cells.get(c.CONVERSATION, c.number_key(event.into_id), c.ConversationCell)
    if going is None or staying is None:
        return
    going.merged_into = event.into_id
    staying.merged = [*staying.merged, *going.merged, number]
    yield c.put(c.CONVERSATION, c.number_key(number), going)
    yield c.put(c.CONVERSATION, c.number_key(event.into_id), staying)
    yield c.drop(c.HISTORY, c.pair_key(event.record.customer_id, number))


def _delivery(event: e.Event) -> Iterator[Write]:
    match event:
        case e.ReplySent() | e.StatusAnswered() | e.StatusCodeSent() | e.NoticeSent():
            yield c.put(c.DELIVERY, c.number_key(event.interaction_id), c.DeliveryCell("sending", "", event.at_ms))
        case e.DeliverySucceeded(interaction_id=number) if number:
            yield c.put(c.DELIVERY, c.number_key(number), c.DeliveryCell("delivered", "", event.at_ms))
        case e.DeliveryDied(interaction_id=number) if number:
            yield c.put(c.DELIVERY, c.number_key(number), c.DeliveryCell("dead", event.reason, event.at_ms))


def _notices(event: e.Event, seq: int, at_ms: int, state: State, cells: c.Cells) -> Iterator[Write]:
    """What somebody should know without having asked."""
    number = conversation_of(event)
    if isinstance(event, e.DeliveryDied) and number:  # it may have been ordered before a merge
        number = cells.lead(number)
        event = msgspec.structs.replace(event, conversation_id=number)
    for operator_id, kind, detail in _told(event, state):
        if operator_id:
            cell = c.NoticeCell(kind, number, detail, at_ms)
            yield c.put(c.NOTICE, c.joined_key(operator_id, c.number_key(seq)), cell)


def _told(event: e.Event, state: State) -> list[tuple[str, str, str]]:
    """Who is told, of what kind, and the detail; people in a detail are ids."""
    match event:
        case e.HandoffReturned():
            return [(one, "handoff_returned", event.reason) for one in _askers(state, event)]
        case e.OfferExpired():
            return [(event.operator_id, "offer_expired", "")]
        case e.OfferRevoked():
            return [(event.operator_id, "offer_revoked", event.reason)]
        case e.DeliveryDied(order=order) if order != WEBHOOK:
            return [(_owner(state, event.conversation_id), "delivery_died", event.reason)]
        case e.ClockEnded(outcome="breached"):
            return [(_owner(state, event.conversation_id), "clock_breached", target_of(event.name))]
        case e.ClockEscalated():
            detail = f"{target_of(event.name)} {event.percent}"
            return [(name, "clock_escalated", detail) for name in event.notify]
        case e.PresenceChanged(cause="lease"):
            return [(event.operator_id, "lease_lost", "")]
        case _:
            return _told_of_work(event, state)


def _told_of_work(event: e.Event, state: State) -> list[tuple[str, str, str]]:
    match event:
        case e.ConnectFailed():
            return [(event.operator_id, "connect_failed", event.reason)]
        case e.ItemForced():
            return [(event.operator_id, "item_forced", event.by)]
        case e.ItemReassigned():
            both = f"{event.from_operator_id} {event.operator_id}"
            return [(one, "item_reassigned", both) for one in both.split()]
        case e.HandoffAnswered():
            return [(one, "handoff_answered", event.operator_id) for one in _askers(state, event)]
        case e.HandoffOverdue():
            kind = "order_delayed" if event.stage_id else "handoff_overdue"
            return [(one, kind, event.operator_id) for one in _all_of(state, event)]
        case e.HandoffCancelled():
            return [(event.operator_id, "handoff_cancelled", "")]
        case e.HandoffRefused():
            concerned = dict.fromkeys((event.from_department_id, event.to_department_id))
            return [(c.supervisors_of(one), "handoff_refused", event.reason) for one in concerned]
        case e.ItemWoken(cause=cause) if cause != "taken":
            return [(_parked_by(state, event), "item_woken", cause)]
        case _:
            return []


def _askers(state: State, event: e.HandoffReturned | e.HandoffAnswered | e.HandoffOverdue) -> list[str]:
    """Who sent the handoff, and who has the matter by now."""
    return list(dict.fromkeys((event.from_operator_id, _owner(state, event.conversation_id))))


def _all_of(state: State, event: e.HandoffOverdue) -> list[str]:
    """The same, and who works on the task."""
    return list(dict.fromkeys((*_askers(state, event), event.operator_id)))


def _parked_by(state: State, event: e.ItemWoken) -> str:
    """Who had put the work aside: nobody has held it since."""
    matter = state.conversations.get(event.conversation_id)
    return event.held_for or (matter.last_operator_id if matter else "")


def _owner(state: State, conversation_id: int) -> str:
    matter = state.conversations.get(conversation_id)
    return matter.owner_id if matter else ""
