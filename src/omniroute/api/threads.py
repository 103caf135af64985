"""One matter with its thread, its customer and its history; and the explanation of its decisions."""

from __future__ import annotations

from typing import TypeGuard

import msgspec

from omniroute.api import handoffs, names, ordered, promises, views, waits
from omniroute.api.courses import progress
from omniroute.api.explanations import explain, find_operator
from omniroute.api.screens import Screens
from omniroute.channels.contract import Identity
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import references
from omniroute.core.events import Event
from omniroute.core.model import (
    PARTS,
    RUNNING,
    ContactState,
    Conversation,
    InteractionKind,
    ItemState,
    WorkItem,
)
from omniroute.core.permissions import Actor, authorize, in_reach, is_chief, may_read
from omniroute.core.work import no_extension
from omniroute.engine import cells as c
from omniroute.engine.registration import EVIDENCE
from omniroute.errors import Forbidden, NotFound
from omniroute.journal.codec import decode_event

ENTRIES_MAX = 1000
EARLIER_MAX = 50
SEARCH_DEPTH = 5000
SEARCH_RESULTS_MAX = 50
_FREE = {ItemState.QUEUED, ItemState.PARKED}
_MOVABLE = {ItemState.QUEUED, ItemState.OFFERED, ItemState.ASSIGNED, ItemState.PARKED}


def _is_transfer(event: Event) -> TypeGuard[e.HandoffAccepted]:
    return isinstance(event, e.HandoffAccepted) and event.kind not in PARTS


def _came_by(event: Event, matter: c.ConversationCell) -> bool:
    """Whether the matter was made by this split, rather than left by its messages."""
    return isinstance(event, e.ConversationSplit) and event.conversation_id not in {
        matter.conversation_id,
        *matter.merged,
    }


def _other_end(event: e.ConversationSplit, matter: c.ConversationCell) -> str:
    return event.from_reference if _came_by(event, matter) else event.reference


class Threads:
    """Views of matters, each after asking whether the actor may read it."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._journal = screens.engine.writer.journal

    # ---- finding
    def find(self, actor: Actor, reference: str) -> tuple[c.ConversationCell, Conversation]:
        """The cell and the record, open or closed. Raises `NotFound` also where the actor may not know of it."""
        number = c.lead(self._journal, int(self._journal.get(c.REFERENCE, references.parse(reference) or "") or b"0"))
        cell = self._screens.matter(number) if number else None
        record = self._screens.state.conversations.get(number) or (cell.record if cell else None)
        if cell is None or record is None or not may_read(self._screens.state, actor, record):
            raise NotFound("there is no conversation of this reference")
        return cell, record

    def search(self, actor: Actor, query: str) -> list[views.EarlierView]:
        """Matters by reference, name, address or subject, newest first."""
        wanted, found = query.strip().lower(), []
        reference = references.parse(query)
        if not wanted:
            return []
        for _, data in self._journal.scan(c.CONVERSATION, limit=SEARCH_DEPTH, reverse=True):
            cell = msgspec.msgpack.decode(data, type=c.ConversationCell)
            address = cell.to.address if cell.to else ""
            texts = (cell.subject, address, self._screens.customer_name(cell.customer_id))
            if cell.reference == reference and cell.merged_into:
                cell = self._screens.matter(c.lead(self._journal, cell.conversation_id)) or cell
                texts = (wanted, wanted, wanted)
            if cell.reference == reference or any(wanted in text.lower() for text in texts):
                record = self._screens.state.conversations.get(cell.conversation_id) or cell.record
                if record is not None and may_read(self._screens.state, actor, record):
                    found.append(self._earlier(cell, record))
                    if len(found) >= SEARCH_RESULTS_MAX:
                        break
        return found

    def events(self, conversation_id: int) -> list[tuple[c.ThreadCell, Event]]:
        """The recorded lines of a thread and of what was merged into it, oldest first; the newest `ENTRIES_MAX`."""
        matter = self._screens.matter(conversation_id)
        lines = c.thread(self._journal, matter, ENTRIES_MAX) if matter else []
        return [(line, decode_event(line.event)) for line in lines]

    # ---- views
    def conversation(self, actor: Actor, reference: str) -> views.ConversationView:
        """One matter whole."""
        cell, record = self.find(actor, reference)
        item, screens = self._item(actor, record), self._screens
        lines = self.events(cell.conversation_id)
        events = [event for _, event in lines]
        customer = self._customer(record, cell)
        targets = self._merging(actor, record, customer)
        offer = screens.state.offers.get(item.offer_id) if item else None
        mine = offer is not None and offer.operator_id == actor.operator_id
        channel = screens.engine.supervisor.runners.get(record.channel)
        can = channel.capabilities if channel else None
        return views.ConversationView(
            now_ms=screens.now_ms(),
            reference=record.reference,
            subject=cell.subject,
            kind=record.kind,
            stage=record.stage.value,
            department=screens.title(record.department_id),
            queue=record.queue_id,
            owner=screens.name(record.owner_id) if record.owner_id else "",
            language=record.language,
            opened_ms=record.opened_ms,
            disposition=record.disposition,
            contact=record.contact.value,
            clock=screens.clock(item) if item else None,
            clocks=promises.clocks(screens.state, record),
            priority=record.priority,
            tier=record.tier,
            progress=progress(screens.config, screens.state, self._journal, record),
            resolution=record.resolution,
            confirmed=cell.confirmed,
            score=cell.score,
            item=self._whole(item, actor.operator_id) if item else None,
            offer=screens.offer(offer) if offer and mine else None,
            actions=self._actions(actor, record, item)
            + (["merge"] if targets else [])
            + (["split"] if self._splits(actor, record) else []),
            message_count=record.message_count,
            reply_icon=can.icon if can else "mail",
            reply_to=cell.to.address if cell.to and cell.to.kind in {"email", "tel"} else "",
            text_max_chars=can.text_max_chars if can else 0,
            entries=[entry for line in lines if (entry := self._entry(actor, cell, *line))],
            parts=handoffs.parts_of(screens, actor, events),
            packet=self._packet(record, item, events),
            promises=promises.open_to_customer(screens.state, record),
            customer=customer,
            tags=list(record.tags),
            merge_into=targets,
            related=self._related(actor, cell),
            order=ordered.view(screens.engine.writer.journal, screens.state, record),
            waiting=waits.waiting(screens.state, item, screens.name) if item and waits.is_waiting(item) else None,
        )

    def _packet(self, record: Conversation, item: WorkItem | None, events: list[Event]) -> views.PacketView | None:
        """What came with the part that is shown, the transfer under way, or the last one that was accepted."""
        number = (item.part_of or item.handoff_id) if item else 0
        done = (event.handoff_id for event in reversed(events) if _is_transfer(event))
        return self._screens.packet(record.conversation_id, number or next(done, 0))

    def _whole(self, item: WorkItem, operator_id: str) -> views.ItemView:
        reason = self._screens.waiting_reason(item, whole=True)
        return self._screens.item(item, operator_id, reason, whole=True)

    def _item(self, actor: Actor, record: Conversation) -> WorkItem | None:
        """The open item that concerns the actor most: held, offered, then any."""
        state = self._screens.state
        items = [state.items[item_id] for item_id in record.item_ids if item_id in state.items]
        items.sort(key=lambda item: item.part_of)  # the matter itself before its parts
        mine = [item for item in items if item.operator_id == actor.operator_id]
        offered = [i for i in items if i.offer_id and state.offers[i.offer_id].operator_id == actor.operator_id]
        return next(iter(mine + offered + items), None) if actor.operator_id else next(iter(items), None)

    def _actions(self, actor: Actor, record: Conversation, item: WorkItem | None) -> list[str]:
        """What the actor may do now; dispatch decides all the same."""
        state, actions = self._screens.state, []
        if record.conversation_id in state.conversations and actor.operator_id:
            actions.append("note")
        if item is None:
            return actions
        offer = state.offers.get(item.offer_id)
        if offer is not None and offer.operator_id == actor.operator_id:
            actions += ["accept", "decline"]
        if actor.operator_id and item.operator_id == actor.operator_id and item.state is not ItemState.CONNECTING:
            actions += self._owner_actions(record, item)
        return actions + self._hand_actions(actor, item)

    def _merging(self, actor: Actor, record: Conversation, customer: views.CustomerView) -> list[str]:
        """The open matters of its customer that it can become a part of."""
        state, number = self._screens.state, record.conversation_id
        items = [state.items[one] for one in record.item_ids if one in state.items]
        busy = any(one.operator_id not in {"", actor.operator_id} or one.state is ItemState.CONNECTING for one in items)
        if number not in state.conversations or busy or record.contact in RUNNING:
            return []
        wanted = [(one.reference, state.by_reference.get(one.reference, 0)) for one in customer.earlier]
        return [
            reference
            for reference, into in wanted
            if into not in {0, number}
            and self._may(
                actor, k.MergeConversations(conversation_id=number, into_id=into, operator_id=actor.operator_id)
            )
        ]

    def _splits(self, actor: Actor, record: Conversation) -> bool:
        """Whether some of its messages can become another matter."""
        state, number = self._screens.state, record.conversation_id
        rule = state.channels.get(record.channel)
        if number not in state.conversations or record.contact in RUNNING or rule is None or rule.connects:
            return False
        command = k.SplitConversation(
            conversation_id=number, interaction_ids=(), operator_id=actor.operator_id, reference=""
        )
        return record.message_count > 1 and self._may(actor, command)

    def _may(self, actor: Actor, command: k.Command) -> bool:
        try:
            authorize(self._screens.state, actor, command)
        except Forbidden:
            return False
        return True

    def _related(self, actor: Actor, cell: c.ConversationCell) -> list[views.EarlierView]:
        found = []
        for other in c.related(self._journal, cell):
            record = self._screens.state.conversations.get(other.conversation_id) or other.record
            if record is not None and may_read(self._screens.state, actor, record):
                found.append(self._earlier(other, record))
        return found

    def where(self, record: Conversation, interaction_id: int) -> str:
        """The reference of the matter that was split off from one with this message."""
        cell = self._screens.matter(record.conversation_id)
        for other in c.related(self._journal, cell) if cell else ():
            if any(
                getattr(event, "interaction_id", 0) == interaction_id for _, event in self.events(other.conversation_id)
            ):
                return other.reference
        return record.reference

    def _owner_actions(self, record: Conversation, item: WorkItem) -> list[str]:
        """What whoever holds the work may do."""
        if item.part_of:
            return ["answer", "release"] if item.state is ItemState.ASSIGNED else ["answer"]
        actions = ["complete", "cancel_handoff" if item.handoff_id else "transfer", "stage", "fields"]
        if self._can_reply(record):
            actions.append("reply")
        live = record.contact in {ContactState.WAITING, ContactState.CONNECTED}
        if item.state is ItemState.ASSIGNED and live:
            actions.append("end_contact")
        if not no_extension(self._screens.state, item):
            actions.append("extend_wrap_up")
        if item.state is ItemState.ASSIGNED and not item.handoff_id:
            actions += ["release"] if live else ["release", "snooze", "requeue"]
        return actions

    def _hand_actions(self, actor: Actor, item: WorkItem) -> list[str]:
        """What may be done by hand with work that somebody else holds, or nobody."""
        state, actions = self._screens.state, []
        me, chief = state.operators.get(actor.operator_id), is_chief(actor, (item.department_id,))
        if me is not None and item.state in _FREE and not item.handoff_id and in_reach(state, me, item):
            actions.append("pull")
        aside = item.state is ItemState.PARKED and bool(actor.operator_id) and item.parked_by == actor.operator_id
        mine = bool(actor.operator_id) and item.operator_id == actor.operator_id
        handoff = state.handoffs.get(item.handoff_id)
        if handoff is not None and item.work_item_id == handoff.target_item_id:
            if actor.operator_id == handoff.to_operator_id != "" or chief:
                actions.append("decline_handoff")
        elif chief and item.state in {ItemState.QUEUED, ItemState.OFFERED}:
            actions.append("force")
        if chief and item.state is ItemState.ASSIGNED and not item.handoff_id:
            actions.append("reassign")
        if (aside or (chief and not mine)) and item.state in _MOVABLE and not item.handoff_id:
            actions.append("requeue")
        return actions

    def _can_reply(self, record: Conversation) -> bool:
        runner = self._screens.engine.supervisor.runners.get(record.channel)
        return runner is not None and runner.capabilities.outbound and not runner.capabilities.connects

    def _customer(self, record: Conversation, present: c.ConversationCell) -> views.CustomerView:
        screens, customer_id = self._screens, record.customer_id
        identities = [
            msgspec.msgpack.decode(data, type=Identity)
            for _, data in self._journal.scan(c.CUSTOMER_IDENTITY, c.pair_prefix(customer_id), limit=50)
        ]
        earlier = []
        for key, _ in self._journal.scan(c.HISTORY, c.pair_prefix(customer_id), limit=EARLIER_MAX, reverse=True):
            cell = screens.matter(int(key.partition("/")[2]))
            other = (screens.state.conversations.get(cell.conversation_id) or cell.record) if cell else None
            if cell is not None and other is not None and cell.conversation_id != present.conversation_id:
                earlier.append(self._earlier(cell, other))
        return views.CustomerView(
            customer_id=customer_id,
            name=screens.customer_name(customer_id),
            identities=[
                views.IdentityView(kind=one.kind, address=one.address)
                for one in identities
                if one.kind in EVIDENCE or one.address != screens.customer_name(customer_id)
            ],
            earlier=earlier,
        )

    def _earlier(self, cell: c.ConversationCell, record: Conversation) -> views.EarlierView:
        return views.EarlierView(
            reference=cell.reference,
            customer=self._screens.customer_name(cell.customer_id),
            subject=cell.subject,
            icon=self._screens.icon(cell.channel),
            stage=record.stage.value,
            at_ms=cell.closed_ms or cell.opened_ms,
            disposition=record.disposition,
            confirmed=cell.confirmed,
            score=cell.score,
        )

    # ---- lines
    def _entry(
        self, actor: Actor, matter: c.ConversationCell, line: c.ThreadCell, event: Event
    ) -> views.ThreadEntryView | None:
        match event:
            case e.StatusAsked():
                return self._spoken(actor, matter, line, event, "message")
            case e.InteractionReceived():
                kind = "message" if event.kind is InteractionKind.MESSAGE else "contact"
                return self._spoken(actor, matter, line, event, kind)
            case e.ReplySent():
                return self._spoken(actor, matter, line, event, "reply")
            case e.NoteAdded():
                return self._spoken(actor, matter, line, event, "note")
            case _:
                operator_id = getattr(event, "operator_id", "")
                return views.ThreadEntryView(
                    entry_id=str(line.seq),
                    kind="system",
                    icon="",
                    author=self._screens.name(operator_id) if operator_id else "",
                    mine=bool(operator_id) and operator_id == actor.operator_id,
                    at_ms=line.at_ms,
                    text=names.event_text(event, self._screens.engine.names, self._screens.labels),
                    quoted=_other_end(event, matter)
                    if isinstance(event, e.ConversationSplit)
                    else self._words_of(event),
                    detail=names.detail_of(event) + (".off" if _came_by(event, matter) else ""),
                )

    def _words_of(self, event: Event) -> str:
        """What belongs to a line of the system; never a code, which is for the customer alone."""
        match event:
            case e.HandoffRequested():
                return self._screens.handoff_note(event.conversation_id, event.handoff_id)
            case e.HandoffReturned():
                return self._text(c.reason_key(event.conversation_id, event.handoff_id))
            case e.ConversationMerged():
                return event.record.reference
            case e.StatusAnswered() | e.NoticeSent():
                return self._text(c.number_key(event.interaction_id))
            case _:
                return ""

    def _text(self, key: str) -> str:
        content = c.read(self._journal, c.CONTENT, key, c.ContentCell)
        return content.text if content else ""

    def _spoken(
        self,
        actor: Actor,
        matter: c.ConversationCell,
        line: c.ThreadCell,
        event: e.InteractionReceived | e.ReplySent | e.NoteAdded | e.StatusAsked,
        kind: str,
    ) -> views.ThreadEntryView:
        number = event.interaction_id
        content = c.read(self._journal, c.CONTENT, c.number_key(number), c.ContentCell) or c.ContentCell()
        delivery = c.read(self._journal, c.DELIVERY, c.number_key(number), c.DeliveryCell)
        operator_id = event.operator_id if isinstance(event, e.ReplySent | e.NoteAdded) else ""
        channel = "" if isinstance(event, e.NoteAdded) else event.channel
        return views.ThreadEntryView(
            entry_id=str(line.seq),
            interaction_id=number,
            kind=kind,
            icon=self._screens.icon(channel) if channel else "",
            author=self._screens.name(operator_id) if operator_id else content.author,
            mine=bool(operator_id) and operator_id == actor.operator_id,
            at_ms=line.at_ms,
            text=content.text,
            detail=event.kind.value if isinstance(event, e.InteractionReceived) else "",
            subject=content.subject,
            account=content.account,
            quoted=content.quoted,
            signature=content.signature,
            delivery=delivery.state if delivery else "",
            delivery_reason=delivery.reason if delivery else "",
            attachments=[
                views.AttachmentView(
                    name=part.name,
                    content_type=part.content_type,
                    size_bytes=part.size_bytes,
                    url=f"/api/v1/conversations/{matter.reference}/attachments/{number}/{place}",
                )
                for place, part in enumerate(content.attachments)
            ],
            has_html=bool(content.html),
            html_url=f"/api/v1/conversations/{matter.reference}/html/{number}" if content.html else "",
        )

    # ---- explanation
    def promises(self, actor: Actor, reference: str) -> list[views.PromiseView]:
        """Every clock of a matter, with what counted."""
        _, record = self.find(actor, reference)
        return promises.explained(self._screens.state, record, self._screens.now_ms())

    def explanation(self, actor: Actor, reference: str, name: str = "") -> views.ExplanationView:
        """Every decision as recorded, with what became of its offer; and why not the operator who is named."""
        cell, record = self.find(actor, reference)
        operator_id = find_operator(self._screens, actor, name) if name else ""
        return explain(self._screens, cell, record, self.events(cell.conversation_id), operator_id)
