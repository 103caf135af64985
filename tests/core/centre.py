"""A `World` for tests of routing: the built-in policies, small configurations, and all that a classification can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.core.world import CHAT, MAIL, PHONE, SECOND, World, queue, reference

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import InteractionKind, Presence, WorkItem
from omniroute.core.policy import RoutingPolicy
from omniroute.core.rules import (
    Calendar,
    ChannelRule,
    CoreConfig,
    DepartmentRule,
    Overflow,
    OverflowCause,
    QueueRule,
    Relaxation,
    Requirement,
)
from omniroute.policies.plugin import omniroute_policies

BUILT_IN: dict[str, RoutingPolicy] = {policy.name: policy for policy in omniroute_policies()}
HOUR = 3_600 * SECOND


def rule(queue_id: str = "support.first", **fields: object) -> QueueRule:
    """A queue without a promise and without wrap-up, with other fields."""
    plain = queue(queue_id, wrap_up_s=0, first_response_s=0)
    return QueueRule(**{name: getattr(plain, name) for name in plain.__struct_fields__} | fields)  # type: ignore[arg-type]


def config(
    *rules: QueueRule,
    channels: tuple[ChannelRule, ...] = (MAIL, CHAT, PHONE),
    calendars: tuple[Calendar, ...] = (),
    **fields: object,
) -> CoreConfig:
    """A configuration of these queues; the first of a department is its default."""
    rules = rules or (rule(),)
    first: dict[str, str] = {}
    for one in rules:
        first.setdefault(one.department_id, one.queue_id)
    departments = tuple(DepartmentRule(name, queue_id) for name, queue_id in first.items())
    return CoreConfig(departments, rules, channels, calendars=calendars, **fields)  # type: ignore[arg-type]


def skills(**levels: int) -> tuple[Requirement, ...]:
    """Requirements by skill."""
    return tuple(Requirement(skill, level) for skill, level in levels.items())


def after(seconds: float, **fields: object) -> Relaxation:
    """A step of relaxation."""
    return Relaxation(int(seconds * SECOND), **fields)  # type: ignore[arg-type]


def overflow(cause: str, to: str = "", *, limit: int = 0, outcome: str = "") -> Overflow:
    """A rule of overflow."""
    return Overflow(OverflowCause(cause), limit, to, outcome)


class Centre(World):
    """A contact centre with the built-in policies and those that a test brings."""

    def __init__(
        self, *rules: QueueRule, policies: Mapping[str, RoutingPolicy] | None = None, **fields: object
    ) -> None:
        super().__init__(config(*rules, **fields), {**BUILT_IN, **(policies or {})})  # type: ignore[arg-type]

    def use(self, *rules: QueueRule, **fields: object) -> list[e.Event]:
        """Another configuration."""
        return self.do(c.ApplyConfig(config=config(*rules, **fields)))  # type: ignore[arg-type]

    def put(
        self,
        operator_id: str,
        *departments: str,
        capacity: int = 10,
        queues: Iterable[str] = (),
        weight: int = 10,
        **levels: int,
    ) -> None:
        """Add or change an operator; presence stays."""
        self.do(
            c.PutOperator(
                operator_id=operator_id,
                departments=departments or ("support",),
                skills=levels,
                capacity_units=capacity,
                queues=tuple(queues),
                weight=weight,
            )
        )

    def join(self, operator_id: str, *departments: str, **fields: object) -> None:
        """Add an operator who is available."""
        self.put(operator_id, *departments, **fields)  # type: ignore[arg-type]
        self.presence(operator_id, Presence.AVAILABLE)

    def on_channel(self, operator_id: str, channel: str, presence: Presence) -> list[e.Event]:
        return self.do(c.SetPresence(operator_id=operator_id, presence=presence, channel=channel))

    def send(
        self,
        queue_id: str = "support.first",
        channel: str = "mail",
        *,
        require: tuple[Requirement, ...] = (),
        prefer: tuple[Requirement, ...] = (),
        previous: str = "",
        priority: int | None = None,
        session: str = "",
        fields: tuple[str, ...] = (),
    ) -> WorkItem:
        """A new matter arrives; returns its work item."""
        raw_id = self.raw(channel)
        self._references += 1
        kind = InteractionKind.CONTACT_STARTED if channel == "phone" else InteractionKind.MESSAGE
        self.do(
            c.RegisterInteraction(
                raw_id=raw_id,
                channel=channel,
                kind=kind,
                classification=c.Classification(
                    queue_id.split(".", maxsplit=1)[0],
                    queue_id,
                    priority=priority,
                    requirements=require,
                    preferred=prefer,
                ),
                reference=reference(self._references),
                session_key=session or (f"session-{raw_id}" if channel != "mail" else ""),
                fields=fields,
                previous_operator_id=previous,
            )
        )
        return self.state.items[self.just(e.ItemQueued).work_item_id]

    def take(self, item: WorkItem) -> WorkItem:
        """Whoever is offered the item accepts it."""
        offer = self.state.offers[item.offer_id]
        self.do(c.AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
        return item

    def finish(self, item: WorkItem) -> list[e.Event]:
        """Its operator completes it."""
        return self.do(
            c.CompleteItem(work_item_id=item.work_item_id, operator_id=item.operator_id, disposition="solved")
        )

    def give_back(self, item: WorkItem) -> list[e.Event]:
        """Its operator returns it to the queue."""
        return self.do(c.ReleaseItem(work_item_id=item.work_item_id, operator_id=item.operator_id))

    def to_queue(self, item: WorkItem, queue_id: str) -> list[e.Event]:
        """A supervisor puts it into another queue."""
        return self.do(
            c.RequeueItem(work_item_id=item.work_item_id, queue_id=queue_id, operator_id=item.operator_id, by="boss")
        )

    def refuse(self, item: WorkItem) -> list[e.Event]:
        """Whoever is offered the item declines."""
        offer = self.state.offers[item.offer_id]
        return self.do(c.DeclineOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))

    def whose(self, item: WorkItem) -> str:
        """Who is offered the item, or holds it; empty if nobody."""
        offer = self.state.offers.get(item.offer_id)
        return offer.operator_id if offer else item.operator_id

    def keep(self, operator_id: str, queue_id: str = "support.first", channel: str = "mail") -> WorkItem:
        """Something that the operator holds, whoever else is there."""
        item = self.send(queue_id, channel)
        if self.whose(item) == operator_id:
            return self.take(item)
        self.do(c.ForceItem(work_item_id=item.work_item_id, operator_id=operator_id, by="boss"))
        return item
