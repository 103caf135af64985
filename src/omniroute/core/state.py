"""The state of one contact centre: records, and indexes that follow from them.

What lives here: the container, its snapshot form and the bookkeeping that several appliers share. No decisions.
A snapshot holds the records only; indexes are rebuilt from them, and `invariants` checks that both ways agree.
"""

from __future__ import annotations

import msgspec

from omniroute.core import clocks, shapes, timing
from omniroute.core.capacity import counts
from omniroute.core.deadlines import OFFERS, WAITING, Concern, DeadlineIndex
from omniroute.core.model import (
    QUEUED,
    WRAP_UP,
    Closing,
    Conversation,
    Handling,
    Handoff,
    Offer,
    Operator,
    WorkItem,
)
from omniroute.core.plans import PlanEntry
from omniroute.core.roster import Roster
from omniroute.core.rules import Calendar, ChannelRule, CoreConfig, DepartmentRule, KindRule, QueueRule, WrapUp
from omniroute.core.targets import Promise, PromiseKey
from omniroute.core.waiting import WaitingIndex
from omniroute.errors import NotFound


class Counters(msgspec.Struct, array_like=True):
    """The last id of each kind that was given out."""

    raw: int = 0
    customer: int = 0
    conversation: int = 0
    interaction: int = 0
    work_item: int = 0
    offer: int = 0
    handoff: int = 0
    effect: int = 0
    config: int = 0
    """How often what may be promised has changed."""
    configured_ms: int = 0
    """When it did last."""


class Records(msgspec.Struct, array_like=True):
    """All that a snapshot holds; new fields go to the end and have defaults."""

    now_ms: int
    counters: Counters
    config: CoreConfig
    operators: list[Operator]
    conversations: list[Conversation]
    items: list[WorkItem]
    offers: list[Offer]
    handoffs: list[Handoff]
    pending_raws: list[int] = []
    handling: list[Handling] = []
    batches: dict[str, int] = {}
    shares: dict[str, int] = {}
    closings: list[Closing] = []
    told: dict[int, int] = {}
    told_day: int = 0
    encoding: str = ""
    """`ENCODING` of the version that made it."""


MEANING = 3
"""Raised whenever an applier makes another state of the same events than it did before; see docs/decisions/0011."""

ENCODING = f"{MEANING}.{shapes.fingerprint(Records)}"
"""Names what the bytes of a state mean: hashes and snapshots of another encoding cannot be compared with our own."""


class State:
    """Mutable, owned by one writer. ``now_ms`` is logical time: it never goes back."""

    __slots__ = (
        "arrivals",
        "batch_queues",
        "batches",
        "by_reference",
        "by_session",
        "calendars",
        "channels",
        "closings",
        "config",
        "conversations",
        "counters",
        "counting",
        "deadlines",
        "departments",
        "excluding",
        "handling",
        "handoffs",
        "interrupting",
        "items",
        "kinds",
        "moments",
        "now_ms",
        "offers",
        "operators",
        "pending_raws",
        "plans",
        "promises",
        "queues",
        "roster",
        "shares",
        "told",
        "told_day",
        "waiting",
    )

    def __init__(self) -> None:
        self.now_ms = 0
        self.counters = Counters()
        self.operators: dict[str, Operator] = {}
        self.conversations: dict[int, Conversation] = {}
        self.items: dict[int, WorkItem] = {}
        self.offers: dict[int, Offer] = {}
        self.handoffs: dict[int, Handoff] = {}
        self.pending_raws: dict[int, None] = {}
        self.handling: dict[tuple[str, str], Handling] = {}
        self.batches: dict[str, int] = {}
        """Queues whose batch is being collected, and until when."""
        self.shares: dict[str, int] = {}
        """For each queue the passes of whoever had most when chosen: where newcomers to it begin."""
        self.closings: dict[int, Closing] = {}
        self.told: dict[int, int] = {}
        """Customers who had notices on ``told_day`` (days since 1970, UTC), and how many."""
        self.told_day = 0
        self.deadlines = {concern: DeadlineIndex() for concern in Concern}
        self.by_reference: dict[str, int] = {}
        self.by_session: dict[tuple[str, str], int] = {}
        self.use(CoreConfig((), (), ()))

    # ---- configuration
    def use(self, config: CoreConfig) -> None:
        """Take a configuration, and index work and operators by it anew."""
        self.config = config
        self.promises: dict[PromiseKey, Promise | None] = {}
        self.departments: dict[str, DepartmentRule] = {rule.department_id: rule for rule in config.departments}
        self.queues: dict[str, QueueRule] = {rule.queue_id: rule for rule in config.queues}
        self.channels: dict[str, ChannelRule] = {rule.instance: rule for rule in config.channels}
        self.kinds: dict[str, KindRule] = {one.kind: one for one in config.kinds}
        self.calendars: dict[str, Calendar] = {one.calendar_id: one for one in config.calendars}
        self.interrupting = any(rule.interrupts for rule in config.channels)
        self.excluding = any(rule.exclusive for rule in config.channels)
        self.counting = any(rule.interrupts or rule.exclusive or rule.items_max for rule in config.channels)
        self.moments = {rule.queue_id: timing.moments_of(rule, self.calendars) for rule in config.queues}
        self.arrivals = {rule.queue_id for rule in config.queues if timing.matters_on_arrival(rule)}
        self.index_routing()

    def index_routing(self) -> None:
        """Derive the indexes of routing from the records anew."""
        self.plans: dict[str, PlanEntry] = {}
        self.roster = Roster()
        self.waiting = WaitingIndex(self)
        for operator in self.operators.values():
            self.roster.learn(self, operator)
        for item in self.items.values():
            if item.state is QUEUED:
                self.waiting.add(item)

    # ---- look-ups that refuse
    def conversation(self, conversation_id: int) -> Conversation:
        """An open conversation; raises `NotFound`."""
        found = self.conversations.get(conversation_id)
        if found is None:
            raise NotFound("there is no such open conversation")
        return found

    def item(self, work_item_id: int) -> WorkItem:
        """An open work item; raises `NotFound`."""
        found = self.items.get(work_item_id)
        if found is None:
            raise NotFound("there is no such open work item")
        return found

    def operator(self, operator_id: str) -> Operator:
        """An operator; raises `NotFound`."""
        found = self.operators.get(operator_id)
        if found is None:
            raise NotFound("there is no such operator")
        return found

    def work_of(self, matter: Conversation) -> list[WorkItem]:
        """The open items of a matter itself, without its consults and tasks."""
        return [self.items[item_id] for item_id in matter.item_ids if not self.items[item_id].part_of]

    def parts_of(self, matter: Conversation) -> list[WorkItem]:
        """The open consults and tasks of a matter."""
        return [self.items[item_id] for item_id in matter.item_ids if self.items[item_id].part_of]

    # ---- bookkeeping shared by appliers
    def add_item(self, item: WorkItem) -> None:
        """A new item waits."""
        self.items[item.work_item_id] = item
        self.conversations[item.conversation_id].item_ids.append(item.work_item_id)
        timing.arm(self, item)
        self.waiting.add(item)

    def requeue(self, item: WorkItem, held_for: str = "", hold_until_ms: int = 0) -> None:
        """Back to its old place: the rank has not changed; an earlier reservation for one operator is over."""
        item.offer_id = 0
        handoff = self.handoffs.get(item.handoff_id)
        if handoff is not None:  # as long as it lasts, the person alone may have it
            held_for = handoff.to_operator_id
        if item.hold_until_ms and not hold_until_ms:
            self.deadlines[WAITING].clear(("hold", item.work_item_id, ""))
        item.operator_id, item.held_for, item.hold_until_ms = "", held_for, hold_until_ms
        timing.arm(self, item)
        self.waiting.add(item)

    def dequeue(self, item: WorkItem) -> None:
        """The item leaves the queue; whoever was kept free for it is free for others."""
        self.waiting.remove(item)
        self.unreserve(item)

    def unreserve(self, item: WorkItem) -> None:
        """Nobody is kept free for the item any more."""
        if item.reserved_by:
            self.operators[item.reserved_by].reserved_for = 0
            self.roster.release(item.reserved_by)
            item.reserved_by = ""

    def set_backoff(self, item: WorkItem, operator_id: str, until_ms: int) -> None:
        """Do not offer the item to that operator before ``until_ms`` (0: at once)."""
        if not until_ms:
            return
        with self.rekeyed(item):
            item.backoff[operator_id] = until_ms
        self.deadlines[OFFERS].set(("backoff", item.work_item_id, operator_id), until_ms)

    def rekeyed(self, item: WorkItem) -> Rekeyed:
        """Around a change of what an item asks for: it changes its class if it waits."""
        return Rekeyed(self.waiting, item)

    def hold(self, item: WorkItem, operator_id: str, at_ms: int) -> None:
        """The operator owns the item from now on."""
        operator = self.operators[operator_id]
        operator.item_ids.append(item.work_item_id)
        operator.load_units += item.cost_units
        self.roster.touch(operator_id)
        item.operator_id = operator_id
        item.assigned_ms = at_ms
        timing.disarm(self, item)
        if not item.part_of:
            self.conversations[item.conversation_id].owner_id = operator_id

    def let_go(self, item: WorkItem, at_ms: int, *, worked: bool = True) -> None:
        """The operator no longer owns the item; the capacity is free.

        Whoever has not ``worked`` on it, because the two sides never came together, is not the matter's last operator.
        """
        operator = self.operators[item.operator_id]
        operator.item_ids.remove(item.work_item_id)
        self.roster.touch(item.operator_id)
        if counts(item):
            operator.load_units -= item.cost_units
        item.idle = item.lifted = False
        operator.idle_since_ms = at_ms
        self.end_held_deadlines(item)
        if item.part_of:
            return
        conversation = self.conversations[item.conversation_id]
        if worked:
            conversation.last_operator_id = item.operator_id
        if conversation.owner_id == item.operator_id:
            conversation.owner_id = ""

    def load(self, item: WorkItem, sign: int) -> None:
        """The item counts (1) or no longer counts (-1) against the capacity of its operator."""
        operator = self.operators[item.operator_id]
        operator.load_units += sign * item.cost_units
        self.roster.touch(operator.operator_id)

    def set_held_deadlines(
        self,
        item: WorkItem,
        *,
        idle_due_ms: int | None = None,
        answer_due_ms: int | None = None,
        connect_due_ms: int | None = None,
    ) -> None:
        """What happens to held work by itself: silence, a due answer, connecting (0: nothing; None: as it is)."""
        held, number = self.deadlines[Concern.HELD], item.work_item_id
        if idle_due_ms is not None and idle_due_ms != item.idle_due_ms:
            item.idle_due_ms = idle_due_ms
            held.set(("idle", number, ""), idle_due_ms)
        if answer_due_ms is not None and answer_due_ms != item.answer_due_ms:
            item.answer_due_ms = answer_due_ms
            held.set(("answer", number, ""), answer_due_ms)
        if connect_due_ms is not None and connect_due_ms != item.connect_due_ms:
            item.connect_due_ms = connect_due_ms
            self.deadlines[OFFERS].set(("connect", number, ""), connect_due_ms)

    def end_held_deadlines(self, item: WorkItem) -> None:
        """Nothing is due of the item any more while it is held."""
        if item.idle_due_ms or item.answer_due_ms or item.connect_due_ms:
            self.set_held_deadlines(item, idle_due_ms=0, answer_due_ms=0, connect_due_ms=0)

    def end_offer(self, offer_id: int) -> Offer:
        """Forget an offer and give its reserved capacity back."""
        offer = self.offers.pop(offer_id)
        operator = self.operators[offer.operator_id]
        operator.offer_ids.remove(offer_id)
        operator.offered_units -= offer.cost_units
        self.roster.touch(offer.operator_id)
        self.deadlines[OFFERS].clear(("offer", offer_id, ""))
        return offer

    def forget_item(self, item: WorkItem) -> None:
        """The item is closed: no index mentions it any more."""
        del self.items[item.work_item_id]
        self.conversations[item.conversation_id].item_ids.remove(item.work_item_id)
        timing.disarm(self, item)
        self.end_held_deadlines(item)
        if item.wrap_up_due_ms:
            self.deadlines[Concern.WRAP_UPS].clear(("wrap_up", item.work_item_id, ""))
        for operator_id in item.backoff:
            self.deadlines[OFFERS].clear(("backoff", item.work_item_id, operator_id))

    def enter_aliases(self, matter: Conversation) -> None:
        """References and sessions of what a matter has taken in lead to it."""
        for one in matter.aliases:
            self.by_reference[one.reference] = matter.conversation_id
            if one.session_key:
                self.by_session[(one.channel, one.session_key)] = matter.conversation_id

    def in_wrap_up(self, operator: Operator) -> bool:
        """Whether the operator is kept from new work by writing up a contact.

        A matter that waits for a transfer does not count, nor does one whose queue leaves it to the operator.
        """
        for item_id in operator.item_ids:
            item = self.items[item_id]
            if item.state is WRAP_UP and not item.handoff_id:
                rule = self.queues.get(item.queue_id)
                if rule is None or rule.wrap_up is WrapUp.FORCED:
                    return True
        return False

    def forget_closing(self, conversation_id: int) -> None:
        """Nobody is asked any more whether the matter is done."""
        if self.closings.pop(conversation_id, None) is not None:
            self.deadlines[Concern.CLOSINGS].clear(("closing", conversation_id, ""))

    def is_batch(self, queue_id: str) -> bool:
        """Whether work of that queue is matched in batches."""
        rule = self.queues.get(queue_id)
        return rule is not None and rule.batch_ms > 0

    # ---- snapshots
    def records(self) -> Records:
        """What a snapshot holds (shared, not copied: encode it before the next command)."""
        return Records(
            self.now_ms,
            self.counters,
            self.config,
            list(self.operators.values()),
            list(self.conversations.values()),
            list(self.items.values()),
            list(self.offers.values()),
            list(self.handoffs.values()),
            list(self.pending_raws),
            list(self.handling.values()),
            self.batches,
            self.shares,
            list(self.closings.values()),
            self.told,
            self.told_day,
            ENCODING,
        )

    def encode(self) -> bytes:
        """The snapshot form; equal states give equal bytes."""
        return msgspec.msgpack.encode(self.records())

    @staticmethod
    def is_own(data: bytes) -> bool:
        """Whether a snapshot form was made by this encoding, and so is what a full replay gives."""
        return data.endswith(msgspec.msgpack.encode(ENCODING))

    @classmethod
    def decode(cls, data: bytes) -> State:
        """A state from its snapshot form; indexes are rebuilt."""
        records = msgspec.msgpack.decode(data, type=Records)
        state = cls()
        state.now_ms, state.counters = records.now_ms, records.counters
        state.operators = {operator.operator_id: operator for operator in records.operators}
        state.conversations = {matter.conversation_id: matter for matter in records.conversations}
        state.items = {item.work_item_id: item for item in records.items}
        state.offers = {offer.offer_id: offer for offer in records.offers}
        state.handoffs = {handoff.handoff_id: handoff for handoff in records.handoffs}
        state.pending_raws = dict.fromkeys(records.pending_raws)
        state.handling = {(one.queue_id, one.channel): one for one in records.handling}
        state.batches, state.shares = records.batches, records.shares
        state.closings = {one.conversation_id: one for one in records.closings}
        state.told, state.told_day = records.told, records.told_day
        state.use(records.config)
        state.rebuild_indexes()
        return state

    def rebuild_indexes(self) -> None:
        """Derive the deadlines and the look-ups from the records anew."""
        self.deadlines = {concern: DeadlineIndex() for concern in Concern}
        self.by_reference = {matter.reference: key for key, matter in self.conversations.items()}
        self.by_session = {
            (matter.channel, matter.session_key): key
            for key, matter in self.conversations.items()
            if matter.session_key
        }
        for matter in self.conversations.values():
            self.enter_aliases(matter)
        for item in self.items.values():
            self._index_item(item)
        for offer in self.offers.values():
            self.deadlines[OFFERS].set(("offer", offer.offer_id, ""), offer.deadline_ms)
        for handoff in self.handoffs.values():
            pending, late = not handoff.accepted_ms, handoff.overdue
            due = self.deadlines[Concern.HANDOFFS]
            due.set(("handoff", handoff.handoff_id, ""), handoff.deadline_ms if pending else 0)
            due.set(("task", handoff.handoff_id, ""), 0 if late else handoff.due_ms)
        for matter in self.conversations.values():
            clocks.index(self, matter)
        for closing in self.closings.values():
            self.deadlines[Concern.CLOSINGS].set(("closing", closing.conversation_id, ""), closing.due_ms)
        for operator in self.operators.values():
            self.deadlines[Concern.PRESENCE].set(("lease", 0, operator.operator_id), operator.lease_until_ms)
        for queue_id, due_ms in self.batches.items():
            self.deadlines[Concern.BATCHES].set(("batch", 0, queue_id), due_ms)

    def _index_item(self, item: WorkItem) -> None:
        number = item.work_item_id
        timing.index(self, item)
        offers, held = self.deadlines[OFFERS], self.deadlines[Concern.HELD]
        for operator_id, until_ms in item.backoff.items():
            offers.set(("backoff", number, operator_id), until_ms)
        offers.set(("connect", number, ""), item.connect_due_ms)
        held.set(("idle", number, ""), item.idle_due_ms)
        held.set(("answer", number, ""), item.answer_due_ms)
        held.set(("parked", number, ""), item.parked_until_ms)
        self.deadlines[Concern.WRAP_UPS].set(("wrap_up", number, ""), item.wrap_up_due_ms)


class Rekeyed:
    """See `State.rekeyed`."""

    __slots__ = ("_item", "_waiting", "_waits")

    def __init__(self, waiting: WaitingIndex, item: WorkItem) -> None:
        self._waiting = waiting
        self._item = item
        self._waits = waiting.waits(item)

    def __enter__(self) -> None:
        if self._waits:
            self._waiting.remove(self._item)

    def __exit__(self, *_: object) -> None:
        if self._waits:
            self._waiting.add(self._item)
