"""A small contact centre for tests of the core: a state, a clock that only tests move, and the invariants at each step.

``World.do`` is the machine with its promises checked: a refused command changes nothing, a step leaves the state
sound, and replaying the recorded events gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import invariants, machine, references
from omniroute.core.capacity import Holding
from omniroute.core.deadlines import Concern
from omniroute.core.model import Conversation, InteractionKind, Offer, Operator, Presence, WorkItem
from omniroute.core.policy import RoutingPolicy
from omniroute.core.rules import ChannelRule, CoreConfig, DepartmentRule, QueueRule, Requirement
from omniroute.core.state import State
from omniroute.errors import CallerError
from omniroute.policies.least_loaded import LeastLoaded
from omniroute.policies.longest_idle import LongestIdle

SECOND = 1_000
MINUTE = 60 * SECOND
START_MS = 1_800_000_000_000

E = TypeVar("E", bound=e.Event)

MAIL = ChannelRule("mail", 1)
CHAT = ChannelRule("chat", 2, realtime=True, session=True)
PHONE = ChannelRule("phone", 5, realtime=True, session=True, connects=True)


class Broken:
    """A policy that always raises."""

    name = "broken"
    terms = ("never",)

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        raise RuntimeError("this policy is broken")


POLICIES: dict[str, RoutingPolicy] = {policy.name: policy for policy in (LongestIdle(), LeastLoaded(), Broken())}


def queue(
    queue_id: str,
    *,
    policy: str = "longest_idle",
    offer_s: int = 20,
    backoff_s: int = 30,
    wrap_up_s: int = 60,
    first_response_s: int = 300,
    handoff_s: int = 120,
    priority: int = 0,
    requirements: Iterable[Requirement] = (),
) -> QueueRule:
    return QueueRule(
        queue_id,
        queue_id.split(".", maxsplit=1)[0],
        policy,
        offer_s * SECOND,
        backoff_s * SECOND,
        wrap_up_s * SECOND,
        first_response_s * SECOND,
        handoff_s * SECOND,
        priority,
        tuple(requirements),
    )


CONFIG = CoreConfig(
    departments=(
        DepartmentRule("support", "support.first"),
        DepartmentRule("sales", "sales.orders"),
        DepartmentRule("billing", "billing.money"),
    ),
    queues=(
        queue("support.first"),
        queue("support.expert", policy="least_loaded", wrap_up_s=0, requirements=[Requirement("tech", 5)]),
        queue("sales.orders", policy="least_loaded", first_response_s=0, wrap_up_s=0, priority=2),
        queue("sales.late", backoff_s=0, handoff_s=0, wrap_up_s=30),
        queue("billing.money", policy="broken", requirements=[Requirement("money")]),
        queue("billing.rest", policy="gone", offer_s=200, handoff_s=60),
    ),
    channels=(MAIL, CHAT, PHONE),
)


class World:
    """One contact centre. ``log`` has every event with its recorded time."""

    def __init__(self, config: CoreConfig = CONFIG, policies: Mapping[str, RoutingPolicy] = POLICIES) -> None:
        self.state = State()
        self.policies = dict(policies)
        self.now_ms = START_MS
        self.log: list[tuple[int, e.Event]] = []
        self.last: list[e.Event] = []
        self.witness = State()
        self._references = 0
        self.do(c.ApplyConfig(config=config))

    # ---- the machine
    def do(self, command: c.Command) -> list[e.Event]:
        """Carry a command out now; the promises of the machine are checked."""
        before = self.state.encode()
        try:
            self.last = machine.handle(self.state, command, self.now_ms, self.policies)
        except CallerError:
            assert self.state.encode() == before, "a refused command changed something"
            raise
        if not self.last:
            assert self.state.encode() == before, "a change without an event"
        invariants.check(self.state)
        invariants.check_touched(self.state, self.last)
        invariants.witness(self.witness, self.last, self.state.now_ms)
        self.log += [(self.state.now_ms, event) for event in self.last]
        return self.last

    def replayed(self) -> State:
        """A fresh state that has seen the recorded events only."""
        state = State()
        for at_ms, event in self.log:
            machine.apply(state, event, at_ms)
        return state

    def events(self, kind: type[E]) -> list[E]:
        """Everything of that type that has happened so far."""
        return [event for _, event in self.log if isinstance(event, kind)]

    def just(self, kind: type[E]) -> E:
        """The one event of that type of the last step."""
        found = [event for event in self.last if isinstance(event, kind)]
        assert len(found) == 1, f"{len(found)} of {kind.__name__} in {self.last}"
        return found[0]

    # ---- time
    def wait(self, ms: int) -> World:
        """Time passes; nothing fires."""
        self.now_ms += ms
        return self

    def fire(self, concern: Concern, limit: int = 256) -> list[e.Event]:
        """What is due of one concern takes effect."""
        return self.do(c.FireDue(concern=concern, limit=limit))

    def run(self, ms: int) -> World:
        """Time passes and every deadline takes effect at its moment."""
        end_ms = self.now_ms + ms
        while due := self._due(end_ms):
            self.now_ms = max(self.now_ms, due[0])
            self.fire(due[1])
        self.now_ms = end_ms
        return self

    def _due(self, until_ms: int) -> tuple[int, Concern] | None:
        waiting = [(machine.next_deadline_ms(self.state, concern), concern) for concern in Concern]
        due = [(at_ms, concern) for at_ms, concern in waiting if at_ms is not None and at_ms <= until_ms]
        return min(due, default=None)

    # ---- people
    def operator(
        self,
        operator_id: str = "ann",
        *departments: str,
        capacity: int = 10,
        presence: Presence = Presence.AVAILABLE,
        **skills: int,
    ) -> Operator:
        """Add an operator (of support, if nothing is said), or change one, and declare presence."""
        self.do(
            c.PutOperator(
                operator_id=operator_id,
                departments=departments or ("support",),
                skills=skills,
                capacity_units=capacity,
            )
        )
        self.presence(operator_id, presence)
        return self.state.operators[operator_id]

    def presence(self, operator_id: str, presence: Presence, reason: str = "") -> list[e.Event]:
        return self.do(c.SetPresence(operator_id=operator_id, presence=presence, reason=reason))

    def on_channel(self, operator_id: str, channel: str, presence: Presence) -> list[e.Event]:
        return self.do(c.SetPresence(operator_id=operator_id, presence=presence, channel=channel))

    def connect(self, operator_id: str = "ann") -> list[e.Event]:
        return self.do(c.ConnectOperator(operator_id=operator_id))

    def disconnect(self, operator_id: str = "ann") -> list[e.Event]:
        return self.do(c.DisconnectOperator(operator_id=operator_id))

    # ---- customers
    def raw(self, channel: str = "mail") -> int:
        """Something arrives and is durable."""
        self.do(c.ReceiveRaw(channel=channel))
        return self.just(e.RawReceived).raw_id

    def write(
        self,
        queue_id: str = "support.first",
        channel: str = "mail",
        *,
        kind: InteractionKind = InteractionKind.MESSAGE,
        conversation_id: int = 0,
        session: str = "",
        priority: int | None = None,
        requirements: Iterable[Requirement] = (),
        record: Conversation | None = None,
        operator_id: str = "",
        customer_id: int = 0,
        automatic: bool = False,
        unverified: bool = False,
        fields: tuple[str, ...] = (),
    ) -> int:
        """An interaction arrives and is registered; returns its conversation."""
        raw_id = self.raw(channel)
        self._references += 1
        self.do(
            c.RegisterInteraction(
                raw_id=raw_id,
                channel=channel,
                kind=kind,
                classification=c.Classification(
                    queue_id.split(".", maxsplit=1)[0], queue_id, priority=priority, requirements=tuple(requirements)
                ),
                reference=reference(self._references),
                conversation_id=conversation_id,
                record=record,
                session_key=session,
                operator_id=operator_id,
                customer_id=customer_id,
                automatic=automatic,
                unverified=unverified,
                fields=fields,
            )
        )
        return self.just(e.InteractionReceived).conversation_id

    def call(self, session: str = "call-1", queue_id: str = "support.first") -> int:
        """A customer rings."""
        return self.write(queue_id, "phone", kind=InteractionKind.CONTACT_STARTED, session=session)

    def contact(self, kind: InteractionKind, session: str = "call-1", operator_id: str = "") -> int:
        """A later event of the call."""
        return self.write(channel="phone", kind=kind, session=session, operator_id=operator_id)

    # ---- work
    def matter(self, conversation_id: int) -> Conversation:
        return self.state.conversations[conversation_id]

    def item(self, conversation_id: int) -> WorkItem:
        """The one open item of a matter."""
        (item_id,) = self.state.conversations[conversation_id].item_ids
        return self.state.items[item_id]

    def held_item(self, conversation_id: int) -> WorkItem:
        """The item of a matter itself that somebody holds."""
        items = self.state.work_of(self.state.conversations[conversation_id])
        (item,) = [item for item in items if item.operator_id]
        return item

    def offer(self, operator_id: str = "ann") -> Offer:
        """The one live offer of an operator."""
        (offer_id,) = self.state.operators[operator_id].offer_ids
        return self.state.offers[offer_id]

    def offered(self, operator_id: str = "ann") -> list[int]:
        """The matters that are offered to an operator."""
        offers = [self.state.offers[i] for i in self.state.operators[operator_id].offer_ids]
        return [self.state.items[offer.work_item_id].conversation_id for offer in offers]

    def accept(self, operator_id: str = "ann") -> list[e.Event]:
        return self.do(c.AcceptOffer(offer_id=self.offer(operator_id).offer_id, operator_id=operator_id))

    def decline(self, operator_id: str = "ann") -> list[e.Event]:
        return self.do(c.DeclineOffer(offer_id=self.offer(operator_id).offer_id, operator_id=operator_id))

    def complete(self, conversation_id: int, *, resolve: bool = True) -> list[e.Event]:
        item = self.held_item(conversation_id)
        return self.do(
            c.CompleteItem(
                work_item_id=item.work_item_id, operator_id=item.operator_id, disposition="solved", resolve=resolve
            )
        )

    def transfer(self, conversation_id: int, department_id: str, queue_id: str = "") -> int:
        """The owner transfers the matter; returns the handoff."""
        item = self.held_item(conversation_id)
        self.do(
            c.TransferItem(
                work_item_id=item.work_item_id,
                operator_id=item.operator_id,
                department_id=department_id,
                queue_id=queue_id,
            )
        )
        return self.just(e.HandoffRequested).handoff_id

    def release(self, conversation_id: int) -> list[e.Event]:
        item = self.held_item(conversation_id)
        return self.do(c.ReleaseItem(work_item_id=item.work_item_id, operator_id=item.operator_id))

    def pull(self, conversation_id: int, operator_id: str = "ann") -> list[e.Event]:
        item = self.item(conversation_id)
        return self.do(c.PullItem(work_item_id=item.work_item_id, operator_id=operator_id))

    def force(self, conversation_id: int, operator_id: str = "ann") -> list[e.Event]:
        """Sue, who supervises, gives waiting or offered work to somebody."""
        item = self.item(conversation_id)
        return self.do(c.ForceItem(work_item_id=item.work_item_id, operator_id=operator_id, by="sue"))

    def reassign(self, conversation_id: int, to_operator_id: str) -> list[e.Event]:
        """Sue moves held work to somebody else."""
        item = self.held_item(conversation_id)
        return self.do(
            c.ReassignItem(
                work_item_id=item.work_item_id,
                operator_id=item.operator_id,
                to_operator_id=to_operator_id,
                by="sue",
            )
        )

    def snooze(self, conversation_id: int, ms: int) -> list[e.Event]:
        """The owner puts the work aside for so long."""
        item = self.held_item(conversation_id)
        return self.do(
            c.SnoozeItem(work_item_id=item.work_item_id, operator_id=item.operator_id, until_ms=self.now_ms + ms)
        )

    def requeue(self, conversation_id: int, queue_id: str) -> list[e.Event]:
        """Sue puts the work into another queue, whoever has it."""
        item = self.item(conversation_id)
        return self.do(
            c.RequeueItem(
                work_item_id=item.work_item_id,
                queue_id=queue_id,
                operator_id=item.operator_id,
                reason="misplaced",
                by="sue",
            )
        )

    def hang_up(self, conversation_id: int) -> list[e.Event]:
        item = self.held_item(conversation_id)
        return self.do(c.EndContact(work_item_id=item.work_item_id, operator_id=item.operator_id))

    def reply(self, conversation_id: int, operator_id: str = "ann") -> list[e.Event]:
        return self.do(c.SendReply(conversation_id=conversation_id, operator_id=operator_id))

    def held(self, operator_id: str = "ann", **matter: object) -> int:
        """A mail that the operator holds already."""
        conversation_id = self.write(**matter)  # type: ignore[arg-type]
        self.accept(operator_id)
        return conversation_id


def reference(number: int) -> str:
    """The reference of that number."""
    base = len(references.ALPHABET)
    return references.from_numbers(number // base**place % base for place in range(references.LENGTH))


def changed(config: CoreConfig = CONFIG, **fields: object) -> CoreConfig:
    """The configuration with other top-level fields."""
    return msgspec.structs.replace(config, **fields)


def with_channel(instance: str, config: CoreConfig = CONFIG, **fields: object) -> CoreConfig:
    """The configuration with other fields of one channel."""
    rules = tuple(
        msgspec.structs.replace(rule, **fields) if rule.instance == instance else rule for rule in config.channels
    )
    return changed(config, channels=rules)


def with_queue(queue_id: str, config: CoreConfig = CONFIG, **fields: object) -> CoreConfig:
    """The configuration with other fields of one queue."""
    rules = tuple(
        msgspec.structs.replace(rule, **fields) if rule.queue_id == queue_id else rule for rule in config.queues
    )
    return changed(config, queues=rules)


def free_units(state: State, operator: Operator, arriving: ChannelRule | None = None) -> int:
    """Capacity that is neither held nor reserved by a live offer; may be negative after something has resumed."""
    free = operator.capacity_units - operator.load_units - operator.offered_units
    return free + Holding(state, operator).interrupted(state, arriving) if state.interrupting else free
