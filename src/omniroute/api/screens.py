"""What lists show: items, offers, queues, operators and the whole desk of one operator.

What lives here: reading the live state and committed cells into views. Callers wait for the writer's barrier, so
that nobody is shown what a crash could take back.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from omniroute.api import courses, promises, reasons, views, waits
from omniroute.config import Config
from omniroute.core import events as e
from omniroute.core.bits import gathered
from omniroute.core.calendars import next_open_ms
from omniroute.core.classes import ClassKey, class_of
from omniroute.core.estimates import estimate, position
from omniroute.core.model import (
    ItemState,
    Offer,
    Operator,
    Presence,
    WorkItem,
)
from omniroute.core.permissions import Actor, Role, in_reach
from omniroute.core.rules import QueueRule
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.engine import Engine
from omniroute.journal.codec import decode_event

WAITING_MAX = 200
PEOPLE_MAX = 500
NOTICES_MAX = 20
NOTICE_LIFE_MS = 3_600_000
QUARANTINE_COUNT_MAX = 1000


class Screens:
    """Views over one engine."""

    def __init__(self, engine: Engine, config: Config) -> None:
        self.engine = engine
        self.config = config
        self._origins: dict[str, tuple[str, str]] = {}
        self.titles = {name: department.title for name, department in config.departments.items()}
        queues = (f"{name}.{key}" for name, department in config.departments.items() for key in department.queues)
        self.labels = {queue_id: self.queue_title(queue_id) for queue_id in queues} | self.titles

    @property
    def state(self) -> State:
        """The live state."""
        return self.engine.writer.state

    def now_ms(self) -> int:
        """The engine's time."""
        return self.engine.writer.clock.now_ms()

    def name(self, operator_id: str) -> str:
        """The name of an operator."""
        return self.engine.names.get(operator_id, operator_id)

    def title(self, department_id: str) -> str:
        """The title of a department."""
        return self.titles.get(department_id, department_id)

    def queue_title(self, queue_id: str) -> str:
        """The title of a queue; without one, its name made readable."""
        department_id, _, name = queue_id.partition(".")
        department = self.config.departments.get(department_id)
        queue = department.queues.get(name) if department else None
        return (queue.title if queue else "") or readable(name)

    def called(self, name: str) -> str:
        """What people call a department, a queue or an operator."""
        return self.labels.get(name) or self.name(name)

    def icon(self, instance: str) -> str:
        """How a channel instance is drawn."""
        runner = self.engine.supervisor.runners.get(instance)
        return runner.capabilities.icon if runner else "mail"

    def matter(self, conversation_id: int) -> c.ConversationCell | None:
        """The committed cell of a matter."""
        return c.read(self.engine.writer.journal, c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)

    def customer_name(self, customer_id: int) -> str:
        """The name of a customer."""
        cell = c.read(self.engine.writer.journal, c.CUSTOMER, c.number_key(customer_id), c.CustomerCell)
        return cell.name if cell else ""

    # ---- rows
    def clock(self, item: WorkItem) -> views.ClockView | None:
        """The most pressing promise of an item's matter."""
        clock = promises.foremost(self.state.conversations[item.conversation_id])
        return None if clock is None else promises.clock_view(self.state, clock)

    def handoff(self, handoff_id: int) -> views.HandoffView | None:
        """A transfer under way."""
        handoff = self.state.handoffs.get(handoff_id)
        if handoff is None:
            return None
        return views.HandoffView(
            handoff_id=handoff.handoff_id,
            to_department=self.title(handoff.to_department_id),
            from_operator=self.name(handoff.from_operator_id),
            deadline_ms=handoff.deadline_ms,
            kind=handoff.kind.value,
            state="accepted" if handoff.accepted_ms else "pending",
            to_operator=self.name(handoff.to_operator_id) if handoff.to_operator_id else "",
            due_ms=handoff.due_ms,
            overdue=handoff.overdue,
            summary=handoff.title,
        )

    def item(self, item: WorkItem, operator_id: str, reason: str = "", *, whole: bool = False) -> views.ItemView:
        """A row of the work list; ``whole`` also says its place and how long it may still wait."""
        matter = self.state.conversations[item.conversation_id]
        cell = self.matter(item.conversation_id)
        expected = estimate(self.state, item) if whole else None
        return views.ItemView(
            work_item_id=item.work_item_id,
            reference=matter.reference,
            customer=self.customer_name(matter.customer_id),
            subject=cell.subject if cell else "",
            preview=cell.last_text if cell else "",
            icon=self.icon(item.channel),
            channel=item.channel,
            department=self.title(item.department_id),
            queue=item.queue_id,
            state=item.state.value,
            owner=self.name(item.operator_id) if item.operator_id else "",
            mine=bool(operator_id) and item.operator_id == operator_id,
            priority=item.priority,
            enqueued_ms=item.enqueued_ms,
            assigned_ms=item.assigned_ms,
            wrap_up_due_ms=item.wrap_up_due_ms,
            unanswered=not matter.answered,
            contact=matter.contact.value,
            clock=self.clock(item),
            handoff=self.handoff(item.handoff_id or item.part_of),
            part=self.state.handoffs[item.part_of].kind.value if item.part_of else "",
            waiting_reason=reason,
            position=position(self.state, item) if whole else 0,
            wait_low_s=expected.low_ms // 1000 if expected else 0,
            wait_high_s=-(-expected.high_ms // 1000) if expected else 0,
            wait_percent=expected.percent if expected else 0,
            parked_until_ms=item.parked_until_ms if item.state is ItemState.PARKED else 0,
            parked_by=self.name(item.parked_by) if item.state is ItemState.PARKED else "",
            outcome=item.outcome,
            idle=item.idle,
            connect_due_ms=item.connect_due_ms,
        )

    def waiting_reason(self, item: WorkItem, *, whole: bool = False) -> str:
        """Why nobody has a queued item yet; ``whole``: also for whom it is kept and what changes next."""
        if not waits.is_waiting(item):
            return ""
        view = waits.waiting(self.state, item, self.name)
        return waits.whole_text(view, self.called, self.now_ms()) if whole else waits.short_text(view)

    def _waiting(self, items: list[WorkItem], operator_id: str) -> list[views.ItemView]:
        """Rows of queued items; a reason holds for a whole class."""
        known: dict[ClassKey, str] = {}
        rows = []
        for item in items:
            key = class_of(item)
            if key not in known:
                known[key] = self.waiting_reason(item)
            rows.append(self.item(item, operator_id, known[key]))
        return rows

    def offer(self, offer: Offer) -> views.OfferView:
        """An offer as its operator sees it."""
        item = self.state.items[offer.work_item_id]
        matter = self.state.conversations[item.conversation_id]
        history = self.engine.writer.journal.scan(c.HISTORY, c.pair_prefix(matter.customer_id), limit=100)
        handoff = self.state.handoffs.get(item.handoff_id)
        return views.OfferView(
            offer_id=offer.offer_id,
            offered_ms=offer.offered_ms,
            deadline_ms=offer.deadline_ms,
            item=self.item(item, offer.operator_id, whole=True),
            earlier_count=max(0, len(history) - 1),
            why=self.why(offer),
            handoff_from=self.name(handoff.from_operator_id) if handoff else "",
            handoff_note=self.handoff_note(item.conversation_id, item.handoff_id),
            handoff_kind=handoff.kind.value if handoff else "",
            handoff_due_ms=handoff.due_ms if handoff else 0,
            packet=self.packet(item.conversation_id, item.handoff_id or item.part_of),
        )

    def why(self, offer: Offer) -> list[str]:
        """Why the offer went to its operator, from the recorded decision."""
        conversation_id = self.state.items[offer.work_item_id].conversation_id
        for _, data in self.engine.writer.journal.scan(
            c.THREAD, c.pair_prefix(conversation_id), limit=50, reverse=True
        ):
            event = decode_event(msgspec.msgpack.decode(data, type=c.ThreadCell).event)
            if isinstance(event, e.OfferMade) and event.offer_id == offer.offer_id:
                return reasons.decision_text(event.decision, event.operator_id, self.engine.names)
        return []

    def handoff_note(self, conversation_id: int, handoff_id: int) -> str:
        """What the sender wrote for whoever takes over."""
        packet = self.packet(conversation_id, handoff_id)
        if packet is not None or not handoff_id:
            return packet.summary if packet else ""
        key = c.joined_key("handoff", str(conversation_id), str(handoff_id))
        content = c.read(self.engine.writer.journal, c.CONTENT, key, c.ContentCell)
        return content.text if content else ""

    def packet(self, conversation_id: int, handoff_id: int) -> views.PacketView | None:
        """What travels with a handoff; None where there is none, or where it is of an older version."""
        key = c.pair_key(conversation_id, handoff_id)
        cell = c.read(self.engine.writer.journal, c.PACKET, key, c.PacketCell) if handoff_id else None
        if cell is None:
            return None
        return views.PacketView(summary=cell.summary, promises=cell.promises, tried=cell.tried)

    def people(self, department_id: str) -> list[views.PersonView]:
        """Who works in a department, the available first."""
        those = [one for one in self.state.operators.values() if department_id in one.departments]
        those.sort(key=lambda one: (one.presence is not Presence.AVAILABLE, self.name(one.operator_id).lower()))
        return [
            views.PersonView(operator_id=one.operator_id, name=self.name(one.operator_id), presence=one.presence.value)
            for one in those[:PEOPLE_MAX]
        ]

    def operator(self, operator: Operator) -> views.OperatorView:
        """An operator as colleagues see them."""
        return views.OperatorView(
            operator_id=operator.operator_id,
            name=self.name(operator.operator_id),
            departments=list(operator.departments),
            presence=operator.presence.value,
            reason=operator.reason,
            load_units=operator.load_units,
            offered_units=operator.offered_units,
            capacity_units=operator.capacity_units,
            item_count=len(operator.item_ids),
            channels={instance: presence.value for instance, presence in operator.channels.items()},
            connected=operator.connected,
            lease_until_ms=operator.lease_until_ms,
            queues=list(operator.queues),
            weight=operator.weight,
        )

    def departments(self) -> list[views.DepartmentView]:
        """Departments with their queues and how these stand."""
        waiting: dict[str, list[int]] = {}
        for key, line in self.state.waiting.lines().items():
            waiting.setdefault(key.queue_id, []).extend(self.state.items[item_id].enqueued_ms for _, item_id in line)
        available, now_ms = self._available(), self.now_ms()
        return [
            views.DepartmentView(
                department_id=rule.department_id,
                name=self.title(rule.department_id),
                queues=[
                    self._queue(queue, waiting.get(queue.queue_id, ()), available, now_ms)
                    for queue in self.state.config.queues
                    if queue.department_id == rule.department_id
                ],
            )
            for rule in self.state.config.departments
        ]

    def _queue(self, queue: QueueRule, since_ms: Collection[int], available: int, now_ms: int) -> views.QueueView:
        calendar = self.state.calendars.get(queue.calendar_id)
        opens_ms = now_ms if calendar is None else next_open_ms(calendar, now_ms)
        roster = self.state.roster
        able = available & roster.serving.get(queue.queue_id, 0)
        for requirement in queue.requirements:
            able &= roster.having(requirement)
        return views.QueueView(
            queue_id=queue.queue_id,
            title=self.queue_title(queue.queue_id),
            department=self.title(queue.department_id),
            waiting=len(since_ms),
            longest_wait_since_ms=min(since_ms, default=0),
            operators_available=able.bit_count(),
            open=opens_ms <= now_ms,
            opens_ms=opens_ms if opens_ms > now_ms else 0,
            takes_transfers=bool(queue.handoff_ms),
        )

    def _available(self) -> int:
        """Who is available, as the bits of the roster; looked at once for all queues of a screen."""
        operators = self.state.roster.operators
        return gathered(slot for slot, one in enumerate(operators) if one.presence is Presence.AVAILABLE)

    # ---- the desk
    def desk(self, actor: Actor) -> views.DeskView:
        """All that an operator's screen shows beside the open thread."""
        me = self.state.operator(actor.operator_id)
        waiting = [
            self.state.items[item_id]
            for item_id in self.state.waiting.ordered()
            if in_reach(self.state, me, self.state.items[item_id])
        ]
        colleagues = [op for op in self.state.operators.values() if set(op.departments) & set(me.departments)]
        return views.DeskView(
            now_ms=self.now_ms(),
            seq=self.engine.writer.committed_seq,
            me=self.operator(me),
            load=self._load(me),
            offers=[self.offer(self.state.offers[offer_id]) for offer_id in me.offer_ids],
            mine=[self.item(self.state.items[item_id], me.operator_id) for item_id in me.item_ids],
            waiting=self._waiting(waiting[:WAITING_MAX], me.operator_id),
            waiting_count=len(waiting),
            team=[self.operator(op) for op in colleagues],
            departments=self.departments(),
            dispositions=self.config.dispositions,
            away_reasons=self.config.away_reasons,
            notices=self._notices(actor),
            quarantine_count=self._quarantine_count(actor),
            parked=self._parked(me),
            channels=self._channels(),
            lease_ms=self.state.config.lease_ms,
            kinds=courses.kinds(self.config),
        )

    def _parked(self, me: Operator) -> list[views.ItemView]:
        """What somebody has put aside, in the order in which it comes back."""
        mine = (one for one in self.state.items.values() if one.parked_by == me.operator_id)
        aside = [one for one in mine if one.state is ItemState.PARKED]
        return [self.item(one, me.operator_id) for one in sorted(aside, key=lambda one: one.parked_until_ms)]

    def _channels(self) -> list[views.DeskChannelView]:
        return [
            views.DeskChannelView(instance=name, icon=self.icon(name), title=readable(name))
            for name in self.state.channels
        ]

    def _load(self, me: Operator) -> list[views.LoadShare]:
        units: dict[str, int] = {}
        for item_id in me.item_ids:
            item = self.state.items[item_id]
            icon = self.icon(item.channel)
            units[icon] = units.get(icon, 0) + item.cost_units
        return [views.LoadShare(icon=icon, units=count) for icon, count in units.items()]

    def _notices(self, actor: Actor) -> list[views.NoticeView]:
        """What concerns the operator; supervisors also get what concerns their departments."""
        found, since_ms = [], self.now_ms() - NOTICE_LIFE_MS
        for key, data in self._notice_rows(actor):
            notice = msgspec.msgpack.decode(data, type=c.NoticeCell)
            matter = self.matter(notice.conversation_id)
            if notice.at_ms >= since_ms:
                found.append(
                    views.NoticeView(
                        notice_id=int(key.rpartition("\n")[2]),
                        kind=notice.kind,
                        reference=matter.reference if matter else "",
                        detail=self._detail(notice),
                        at_ms=notice.at_ms,
                    )
                )
        return found

    def _notice_rows(self, actor: Actor) -> list[tuple[str, bytes]]:
        """What was told to somebody, and to the supervisors of a department that they answer for; the newest first."""
        chief = actor.departments if actor.role is Role.SUPERVISOR else ()
        chief = tuple(self.state.departments) if actor.role is Role.ADMIN else chief
        journal, told = self.engine.writer.journal, [actor.operator_id, *map(c.supervisors_of, chief)]
        rows = [
            row
            for one in told
            for row in journal.scan(c.NOTICE, c.joined_key(one, ""), limit=NOTICES_MAX, reverse=True)
        ]
        newest = {key.rpartition("\n")[2]: (key, data) for key, data in rows}  # both departments hear of the same
        return [newest[number] for number in sorted(newest, reverse=True)[:NOTICES_MAX]]

    def _detail(self, notice: c.NoticeCell) -> str:
        """The detail of a notice; people in it by name."""
        if notice.kind in {"item_forced", "handoff_answered", "handoff_overdue", "order_delayed"}:
            return self.name(notice.detail)
        if notice.kind == "item_reassigned":
            return " → ".join(map(self.name, notice.detail.split()))
        return notice.detail

    # ---- input that could not be read
    def sees_input(self, actor: Actor, instance: str, account: str) -> bool:
        """Whether raw input concerns the actor: what came in for a queue of their departments, for an admin all."""
        if actor.role not in {Role.OPERATOR, Role.SUPERVISOR}:
            return actor.role is Role.ADMIN
        section = self.config.channels.get(instance)
        if section is None:
            return False
        by_account = {name.lower(): queue_id for name, queue_id in section.queues_by_account.items()}
        department_id = by_account.get(account.lower(), section.queue).partition(".")[0]
        return department_id in actor.departments

    def _quarantine_count(self, actor: Actor) -> int:
        rows = self.engine.writer.journal.scan(c.QUARANTINE, limit=QUARANTINE_COUNT_MAX)
        return sum(self.sees_input(actor, *self._origin(key)) for key, _ in rows)

    def _origin(self, key: str) -> tuple[str, str]:
        """Through which instance and to which account raw input came; remembered, for reading it means its bytes."""
        if key not in self._origins:
            raw = c.read(self.engine.writer.journal, c.RAW, key, c.RawCell)
            if len(self._origins) >= 2 * QUARANTINE_COUNT_MAX:
                self._origins.clear()
            self._origins[key] = (raw.instance, raw.account) if raw else ("", "")
        return self._origins[key]


def readable(name: str) -> str:
    """A name of the configuration as people read it."""
    return name.replace("_", " ").replace("-", " ").capitalize()
