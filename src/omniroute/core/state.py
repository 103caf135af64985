"""The state of one contact centre: records, and indexes that follow from them.

What lives here: the container, its snapshot form and the bookkeeping that several appliers share. No decisions.
A snapshot holds the records only; indexes are rebuilt from them, and `invariants` checks that both ways agree.
"""

from __future__ import annotations

import msgspec

from omniroute.core.deadlines import Concern, DeadlineIndex
from omniroute.core.model import (
    ChannelRule,
    ClockState,
    Conversation,
    CoreConfig,
    DepartmentRule,
    Handoff,
    ItemState,
    Offer,
    Operator,
    Presence,
    QueueRule,
    WorkItem,
)
from omniroute.core.waiting import ClassKey, WaitingIndex
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


class State:
    """Mutable, owned by one writer. ``now_ms`` is logical time: it never goes back."""

    __slots__ = (
        "able",
        "by_reference",
        "by_session",
        "channels",
        "config",
        "conversations",
        "counters",
        "deadlines",
        "departments",
        "handoffs",
        "items",
        "now_ms",
        "offers",
        "operators",
        "pending_raws",
        "queues",
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
        self.waiting = WaitingIndex()
        self.deadlines = {concern: DeadlineIndex() for concern in Concern}
        self.by_reference: dict[str, int] = {}
        self.by_session: dict[tuple[str, str], int] = {}
        self.use(CoreConfig((), (), ()))

    # ---- configuration
    def use(self, config: CoreConfig) -> None:
        """Take a configuration and index it."""
        self.config = config
        # Remembered by `routing.able`; never part of a snapshot.
        self.able: dict[ClassKey, tuple[dict[str, Operator], dict[str, int]]] = {}
        self.departments: dict[str, DepartmentRule] = {rule.department_id: rule for rule in config.departments}
        self.queues: dict[str, QueueRule] = {rule.queue_id: rule for rule in config.queues}
        self.channels: dict[str, ChannelRule] = {rule.instance: rule for rule in config.channels}

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

    # ---- bookkeeping shared by appliers
    def add_item(self, item: WorkItem) -> None:
        """A new item waits."""
        self.items[item.work_item_id] = item
        self.conversations[item.conversation_id].item_ids.append(item.work_item_id)
        self.waiting.add(item)

    def requeue(self, item: WorkItem) -> None:
        """Back to its old place: the rank has not changed."""
        item.offer_id = 0
        item.operator_id = ""
        self.waiting.add(item)

    def set_backoff(self, item: WorkItem, operator_id: str, until_ms: int) -> None:
        """Do not offer the item to that operator before ``until_ms`` (0: at once)."""
        if until_ms:
            item.backoff[operator_id] = until_ms
            self.deadlines[Concern.OFFERS].set(("backoff", item.work_item_id, operator_id), until_ms)

    def hold(self, item: WorkItem, operator_id: str, at_ms: int) -> None:
        """The operator owns the item from now on."""
        operator = self.operators[operator_id]
        operator.item_ids.append(item.work_item_id)
        operator.load_units += item.cost_units
        item.operator_id = operator_id
        item.assigned_ms = at_ms
        self.conversations[item.conversation_id].owner_id = operator_id

    def let_go(self, item: WorkItem, at_ms: int) -> None:
        """The operator no longer owns the item; the capacity is free."""
        operator = self.operators[item.operator_id]
        operator.item_ids.remove(item.work_item_id)
        operator.load_units -= item.cost_units
        operator.idle_since_ms = at_ms
        conversation = self.conversations[item.conversation_id]
        conversation.last_operator_id = item.operator_id
        if conversation.owner_id == item.operator_id:
            conversation.owner_id = ""

    def end_offer(self, offer_id: int) -> Offer:
        """Forget an offer and give its reserved capacity back."""
        offer = self.offers.pop(offer_id)
        operator = self.operators[offer.operator_id]
        operator.offer_ids.remove(offer_id)
        operator.offered_units -= offer.cost_units
        self.deadlines[Concern.OFFERS].clear(("offer", offer_id, ""))
        return offer

    def forget_item(self, item: WorkItem) -> None:
        """The item is closed: no index mentions it any more."""
        del self.items[item.work_item_id]
        self.conversations[item.conversation_id].item_ids.remove(item.work_item_id)
        self.deadlines[Concern.WRAP_UPS].clear(("wrap_up", item.work_item_id, ""))
        for operator_id in item.backoff:
            self.deadlines[Concern.OFFERS].clear(("backoff", item.work_item_id, operator_id))

    def in_wrap_up(self, operator: Operator) -> bool:
        """Whether the operator is writing up a contact (a matter that waits for a transfer does not count)."""
        for item_id in operator.item_ids:
            item = self.items[item_id]
            if item.state is ItemState.WRAP_UP and not item.handoff_id:
                return True
        return False

    def free_units(self, operator: Operator) -> int:
        """Capacity that is neither held nor reserved by a live offer."""
        return operator.capacity_units - operator.load_units - operator.offered_units

    def is_available(self, operator: Operator) -> bool:
        """Whether anything at all may be offered to the operator."""
        return (
            operator.presence is Presence.AVAILABLE
            and len(operator.offer_ids) < self.config.offers_max
            and not self.in_wrap_up(operator)
        )

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
        )

    def encode(self) -> bytes:
        """The snapshot form; equal states give equal bytes."""
        return msgspec.msgpack.encode(self.records())

    @classmethod
    def decode(cls, data: bytes) -> State:
        """A state from its snapshot form; indexes are rebuilt."""
        records = msgspec.msgpack.decode(data, type=Records)
        state = cls()
        state.now_ms, state.counters = records.now_ms, records.counters
        state.use(records.config)
        state.operators = {operator.operator_id: operator for operator in records.operators}
        state.conversations = {matter.conversation_id: matter for matter in records.conversations}
        state.items = {item.work_item_id: item for item in records.items}
        state.offers = {offer.offer_id: offer for offer in records.offers}
        state.handoffs = {handoff.handoff_id: handoff for handoff in records.handoffs}
        state.pending_raws = dict.fromkeys(records.pending_raws)
        state.rebuild_indexes()
        return state

    def rebuild_indexes(self) -> None:
        """Derive every index from the records anew."""
        self.waiting = WaitingIndex()
        self.deadlines = {concern: DeadlineIndex() for concern in Concern}
        self.by_reference = {matter.reference: key for key, matter in self.conversations.items()}
        self.by_session = {
            (matter.channel, matter.session_key): key
            for key, matter in self.conversations.items()
            if matter.session_key
        }
        for item in self.items.values():
            if item.state is ItemState.QUEUED:
                self.waiting.add(item)
            for operator_id, until_ms in item.backoff.items():
                self.deadlines[Concern.OFFERS].set(("backoff", item.work_item_id, operator_id), until_ms)
            self.deadlines[Concern.WRAP_UPS].set(("wrap_up", item.work_item_id, ""), item.wrap_up_due_ms)
        for offer in self.offers.values():
            self.deadlines[Concern.OFFERS].set(("offer", offer.offer_id, ""), offer.deadline_ms)
        for handoff in self.handoffs.values():
            self.deadlines[Concern.HANDOFFS].set(("handoff", handoff.handoff_id, ""), handoff.deadline_ms)
        for matter in self.conversations.values():
            if matter.clock and matter.clock.state is ClockState.RUNNING:
                self.deadlines[Concern.CLOCKS].set(("clock", matter.conversation_id, ""), matter.clock.due_ms)
