"""A day of a contact centre, scene by scene, in which every type of event occurs.

The scripts are what the *present* version is asked to do when a history is recorded. They may change at will: what was
recorded is in the files, not here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from tests.core.centre import Centre, after, overflow, rule
from tests.core.rich import ALL
from tests.core.world import CHAT, MAIL, MINUTE, PHONE, SECOND, reference

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.digests import state_hash
from omniroute.core.model import Conversation, HandoffKind, InteractionKind, ItemState, Presence, WorkItem
from omniroute.core.rules import (
    ChannelRule,
    Escalation,
    KindRule,
    Outcome,
    Relaxation,
    Requirement,
    SlaRule,
    Stage,
    StageRule,
    Target,
)

ORDERS, LATER = "sales.orders", "sales.later"
CALLS = ChannelRule(
    "phone", 5, realtime=True, session=True, connects=True, connect_ms=10 * SECOND, interrupts=("mail",)
)
CHATS = ChannelRule("chat", 2, realtime=True, session=True, items_max=3, idle_ms=15 * SECOND)
TOLD = msgspec.structs.replace(MAIL, tells=True)
GOLD = SlaRule(
    "gold",
    ((Target.FIRST_RESPONSE, 6 * MINUTE), (Target.RESOLUTION, 8 * MINUTE)),
    tiers=("gold",),
    escalations=(
        Escalation(50, (Target.RESOLUTION,), ("owner", "supervisor"), 1, widen=Relaxation(0, drop=("tech",))),
        Escalation(100, (Target.RESOLUTION,), ("supervisor",), offer_to=("ann",), webhook="crm"),
    ),
)
EVERYBODY = SlaRule("all", ((Target.NEXT_RESPONSE, 5 * MINUTE), (Target.RESOLUTION, 20 * MINUTE)))
QUESTION = KindRule(
    "question",
    (
        StageRule("new", Stage.RECEIVED, ("looking", "done")),
        StageRule("looking", Stage.IN_PROGRESS, ("asked", "workshop", "done")),
        StageRule("asked", Stage.IN_PROGRESS, ("looking", "done"), waits="customer", on_message="looking"),
        StageRule("workshop", Stage.IN_PROGRESS, ("looking",), waits="part", needs=("part",), notice="part"),
        StageRule("done", Stage.DONE),
    ),
    ("received", "in_progress", "done", "reopened"),
    confirm_ms=30 * MINUTE,
    lines=True,
    order_system="erp",
)


class Day(Centre):
    """Ann and Bob (support) and Cem (sales), from the opening to the closing."""

    def __init__(self) -> None:
        super().__init__(*self.rules(), policies=ALL, channels=(MAIL, CHATS, CALLS), lease_ms=25 * SECOND)
        self.put("ann", capacity=10, tech=5)
        self.put("bob", capacity=10, weight=30)
        self.put("cem", "sales", capacity=6)
        for operator_id in ("ann", "bob", "cem"):
            self.connect(operator_id)
        self.hashed()

    @staticmethod
    def rules(**first: object):  # type: ignore[no-untyped-def]
        """The queues of the day, the first one with other fields."""
        fields: dict[str, object] = {"first_response_ms": 5 * MINUTE, "wrap_up_ms": MINUTE, "handoff_ms": 2 * MINUTE}
        return rule(**(fields | first)), rule(ORDERS), rule(LATER)

    def hashed(self) -> None:
        """What the engine does from time to time."""
        self.do(c.RecordStateHash(digest=state_hash(self.state)))

    def alone(self, *operators: str) -> None:
        """These are there, and nobody else."""
        for operator_id in ("ann", "bob", "cem"):
            there = operator_id in operators
            self.presence(operator_id, Presence.AVAILABLE if there else Presence.AWAY, "" if there else "break")

    def cleared(self) -> None:
        """Whatever is open is given to Ann, who finishes it; so that the next scene begins with an empty desk."""
        self.use(*self.rules(), channels=(MAIL, CHATS, CALLS), lease_ms=25 * SECOND)
        self.alone()
        for handoff in list(self.state.handoffs.values()):
            self.do(c.CancelHandoff(handoff_id=handoff.handoff_id, operator_id=handoff.from_operator_id))
        self.put("ann", "support", "sales", capacity=99, tech=10)
        self.presence("ann", Presence.AVAILABLE)
        while self.state.items:
            self._clear(next(iter(self.state.items.values())))
        self.put("ann", capacity=10, tech=5)

    def promise(self, *slas: SlaRule) -> None:
        """Such promises, a course for questions, and letters that tell the customer by themselves."""
        self.use(
            *self.rules(), channels=(TOLD, CHATS, CALLS), lease_ms=25 * SECOND, slas=slas, kinds=(QUESTION,)
        )  # fmt: skip

    def stage(self, conversation_id: int, stage_id: str) -> None:
        """Ann takes a matter to another stage."""
        self.do(c.ChangeStage(conversation_id=conversation_id, operator_id="ann", stage_id=stage_id))

    def done(self) -> Conversation:
        """The record of a letter that Ann has taken and finished."""
        self.finish(self.take(self.send()))
        return self.just(e.ConversationResolved).record

    def _clear(self, item: WorkItem) -> None:
        if item.state is ItemState.CONNECTING:
            self.run(10 * SECOND)
        elif item.operator_id:
            self.finish(item)
        elif item.state is ItemState.PARKED:
            self.do(c.PullItem(work_item_id=item.work_item_id, operator_id="ann"))
        elif item.offer_id:
            self.take(item)
        else:
            self.do(c.ForceItem(work_item_id=item.work_item_id, operator_id="ann", by="sue"))
        if item.state is ItemState.CONNECTING:
            matter = self.state.conversations[item.conversation_id]
            self.contact(InteractionKind.CONTACT_ENDED, matter.session_key)


# ---- the scenes
def letters(day: Day) -> None:
    """A letter is answered, the matter done, and goes on when the customer writes again; another cannot be read."""
    day.alone("ann")
    item = day.take(day.send())
    matter_id = item.conversation_id
    day.do(c.AddNote(conversation_id=matter_id, operator_id="ann"))
    day.reply(matter_id)
    sent = day.just(e.ReplySent)
    for delivered in (True, False):
        day.do(
            c.RecordDelivery(
                effect_id=sent.effect_id,
                conversation_id=matter_id,
                interaction_id=sent.interaction_id,
                delivered=delivered,
                reason="" if delivered else "refused",
            )
        )
    day.finish(item)
    record = day.just(e.ConversationResolved).record
    day.wait(3 * MINUTE).write(conversation_id=matter_id, record=record)
    day.do(c.QuarantineRaw(raw_id=day.raw(), reason="unreadable"))


def unanswered(day: Day) -> None:
    """Offers are declined, run out, and are taken back; a promise is broken; the operator is taken to be away."""
    day.alone("ann", "bob")
    day.refuse(day.send())
    for _ in range(2):
        day.send()
    day.run(MINUTE).run(6 * MINUTE)
    day.alone("ann")
    day.send()
    day.presence("ann", Presence.AWAY, "lunch")


def calls(day: Day) -> None:
    """One operator cannot be rung through, the next is connected; writing up takes longer, then runs out."""
    day.alone("ann", "bob")
    item = day.send(channel="phone", session="c1")
    day.take(item)
    day.run(10 * SECOND)
    day.take(item)
    day.contact(InteractionKind.CONTACT_CONNECTED, "c1", item.operator_id)
    day.run(90 * SECOND)
    day.contact(InteractionKind.CONTACT_ENDED, "c1")
    day.do(c.ExtendWrapUp(work_item_id=item.work_item_id, operator_id=item.operator_id))
    day.run(3 * MINUTE)
    day.contact(InteractionKind.CONTACT_STARTED, "c2")
    day.contact(InteractionKind.CONTACT_ABANDONED, "c2")


def handoffs(day: Day) -> None:
    """A transfer that nobody takes, one that is taken back, and one that is accepted."""
    day.alone("ann")
    matter_id = day.keep("ann").conversation_id
    day.transfer(matter_id, "sales")
    day.run(3 * MINUTE)
    handoff_id = day.transfer(matter_id, "sales")
    day.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    day.presence("cem", Presence.AVAILABLE)
    day.transfer(matter_id, "sales")
    day.accept("cem")


def by_hand(day: Day) -> None:
    """Work is taken, given, moved, put aside and given back by people."""
    day.alone()
    item = day.send()
    day.presence("ann", Presence.AVAILABLE)
    day.refuse(item)
    matter_id = item.conversation_id
    day.pull(matter_id)
    day.presence("bob", Presence.AVAILABLE)
    day.reassign(matter_id, "bob")
    day.snooze(matter_id, 10 * MINUTE)
    day.run(10 * MINUTE)
    day.requeue(matter_id, LATER)
    day.presence("cem", Presence.AVAILABLE)
    day.take(item)
    day.release(matter_id)
    day.force(day.send().conversation_id, "ann" if day.state.operators["ann"].offer_ids == [] else "bob")


def chats(day: Day) -> None:
    """A customer is silent for long, and comes back; desks are lost for a short and for a long time."""
    day.alone("ann")
    item = day.take(day.send(channel="chat", session="s1"))
    day.reply(item.conversation_id)
    day.run(20 * SECOND)
    day.write(channel="chat", session="s1")
    day.on_channel("ann", "phone", Presence.AWAY)
    day.on_channel("ann", "phone", Presence.AVAILABLE)
    day.disconnect("ann")
    day.run(10 * SECOND).connect("ann")
    day.disconnect("ann")
    day.run(30 * SECOND)
    day.connect("ann")


def waiting(day: Day) -> None:
    """What a queue does by itself: it widens, it overflows, it keeps work for one operator, it diverts."""
    steps = (after(10, lower=(Requirement("tech", 1),)), after(30, drop=("*",), operators=("cem",)))
    day.use(
        *day.rules(relaxations=steps, overflows=(overflow("wait", ORDERS, limit=50 * SECOND),), policy="sticky",
                   sticky_ms=20 * SECOND),
        channels=(MAIL, CHATS, CALLS),
    )  # fmt: skip
    day.alone("ann")
    day.put("ann", capacity=1, tech=5)
    day.take(day.send())
    day.send(require=(Requirement("tech", 9),))
    day.send(previous="ann")
    day.run(MINUTE)
    day.use(
        *day.rules(overflows=(overflow("wait", ORDERS, limit=10 * SECOND),), offer_ms=30 * SECOND),
        channels=(MAIL, CHATS, CALLS),
    )
    day.put("ann", capacity=10, tech=5)
    day.send()
    day.run(20 * SECOND)
    voicemail = (overflow("unstaffed", outcome=Outcome.VOICEMAIL),)
    day.use(*day.rules(overflows=voicemail), channels=(MAIL, CHATS, CALLS))
    day.alone()
    day.send(channel="phone", session="v1")


def batches(day: Day) -> None:
    """Work is collected and matched at once."""
    day.use(*day.rules(policy="optimal", batch_ms=2 * SECOND), channels=(MAIL, CHATS, CALLS))
    day.alone("ann", "bob")
    for _ in range(3):
        day.send()
    day.run(5 * SECOND)


def reservations(day: Day) -> None:
    """Somebody is kept free for a call that small work pushes back, and leaves."""
    day.use(*day.rules(offer_ms=10 * MINUTE), channels=(MAIL, CHAT, PHONE), reserve_ms=MINUTE, offers_max=9)
    day.put("ann", capacity=5)
    day.alone("ann")
    small = [day.keep("ann") for _ in range(5)]
    day.send(channel="phone", session="r1")
    day.run(MINUTE).finish(small[0])
    day.presence("ann", Presence.AWAY)
    day.presence("ann", Presence.AVAILABLE)


def promises(day: Day) -> None:
    """A letter of a better customer is hurried twice; its clock stands still for the customer; promises change."""
    day.promise(GOLD, EVERYBODY)
    day.alone()
    item = day.send(require=(Requirement("tech", 9),))
    matter_id = item.conversation_id
    day.wait(MINUTE)
    day.do(c.PrioritizeMatter(conversation_id=matter_id, operator_id="sue", priority=2, tier="gold", by="sue"))
    day.run(4 * MINUTE)
    day.alone("ann")
    day.take(item)
    day.reply(matter_id)
    day.stage(matter_id, "asked")
    day.run(10 * MINUTE).write(conversation_id=matter_id)
    day.promise(msgspec.structs.replace(GOLD, targets=((Target.RESOLUTION, 7 * MINUTE),)), EVERYBODY)
    day.run(8 * MINUTE)


def stages(day: Day) -> None:
    """A matter goes through its stages and is told of; its customer is content, is not, and says nothing."""
    day.promise(EVERYBODY)
    day.alone("ann")
    item = day.take(day.send())
    number = item.conversation_id
    day.do(c.SetFields(conversation_id=number, operator_id="ann", filled=("part",)))
    day.stage(number, "workshop")
    day.wait(MINUTE).stage(number, "looking")
    day.finish(item)
    day.do(c.ConfirmMatter(conversation_id=number, resolution=1))
    day.do(c.RateMatter(conversation_id=number, resolution=1, score=5))
    day.do(c.ReopenMatter(record=day.done(), resolution=1))
    day.done()
    day.run(31 * MINUTE)


def parts(day: Day) -> None:
    """A task is late and reports, and a matter that went to sales and back does not go there again."""
    day.alone("ann")
    matter_id = day.keep("ann").conversation_id
    item = day.held_item(matter_id)
    task = c.TransferItem(
        work_item_id=item.work_item_id,
        operator_id="ann",
        department_id="sales",
        kind=HandoffKind.TASK,
        due_ms=day.now_ms + 3 * MINUTE,
    )
    day.presence("cem", Presence.AVAILABLE)
    day.do(task)
    day.accept("cem")
    day.run(4 * MINUTE)
    (part,) = day.state.parts_of(day.matter(matter_id))
    done = c.CompleteItem(work_item_id=part.work_item_id, operator_id="cem", disposition="sent", note=True)
    day.do(done)
    day.transfer(matter_id, "sales")
    day.accept("cem")
    day.transfer(matter_id, "support")
    day.accept("ann")
    day.do(
        msgspec.structs.replace(
            task, work_item_id=day.held_item(matter_id).work_item_id, kind=HandoffKind.WARM, due_ms=0
        )
    )


def merged(day: Day) -> None:
    """A customer has written twice about one matter."""
    day.alone("ann")
    staying = day.keep("ann").conversation_id
    going = day.write(customer_id=day.matter(staying).customer_id)
    day.do(c.MergeConversations(conversation_id=going, into_id=staying, operator_id="ann"))


def orders(day: Day) -> None:
    """A customer orders two things, and asks about a third: that is another matter."""
    day.promise(EVERYBODY)
    day.alone("ann")
    matter_id = day.keep("ann").conversation_id
    day.do(c.SetOrderLines(conversation_id=matter_id, operator_id="ann", lines=2))
    day.write(conversation_id=matter_id)
    asked = day.just(e.InteractionReceived).interaction_id
    day.do(
        c.SplitConversation(
            conversation_id=matter_id, interaction_ids=(asked,), operator_id="ann", reference=reference(9_000)
        )
    )


def status(day: Day) -> None:
    """A customer asks where the matter stands; somebody else does, and is told nothing; a code is sent."""
    day.alone("ann")
    matter_id = day.keep("ann").conversation_id
    for number in (matter_id, 0):
        day.do(c.AnswerStatus(raw_id=day.raw(), channel="mail", conversation_id=number))
    day.do(c.SendStatusCode(conversation_id=matter_id, channel="mail", lifetime_ms=10 * MINUTE))


def outage(day: Day) -> None:
    """The engine is down for twenty minutes while an offer is live."""
    day.alone("ann")
    day.send()
    day.wait(20 * MINUTE).do(c.ResumeAfterOutage())


SCENES: tuple[Callable[[Day], None], ...] = (
    letters, unanswered, calls, handoffs, by_hand, chats, waiting, batches, reservations,
    promises, stages, parts, merged, orders, status, outage,
)  # fmt: skip


def whole_day() -> Day:
    """Play it."""
    day = Day()
    for scene in SCENES:
        scene(day)
        day.hashed()
        day.cleared()
    day.hashed()
    return day
