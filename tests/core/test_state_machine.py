"""The machine under random commands of every kind: whatever comes, the promises hold after every step.

``Rig`` turns a name and three numbers into a command that mostly fits the state, so that Hypothesis can shrink a
failure and a seeded walk can go far. ``OMNIROUTE_LONG=20`` runs twenty times as much.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.core.rich import ALL, BROKEN, RICH
from tests.core.world import CONFIG, SECOND, START_MS, changed, queue, reference, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import invariants, machine
from omniroute.core.deadlines import Concern
from omniroute.core.digests import contradicts, state_hash
from omniroute.core.effects import effect_of
from omniroute.core.model import Conversation, HandoffKind, InteractionKind, Presence, WorkItem
from omniroute.core.permissions import RULES
from omniroute.core.rules import Requirement
from omniroute.core.state import State
from omniroute.core.targets import clock_of
from omniroute.errors import CallerError
from omniroute.journal.codec import decode_event, encode_event

T = TypeVar("T")

LONG = int(os.environ.get("OMNIROUTE_LONG", "1"))
OPERATORS = ("ann", "bob", "cem", "dan", "eve", "fay")
DEPARTMENTS = ("support", "sales", "billing")
QUEUES = tuple(rule.queue_id for rule in CONFIG.queues)
CHANNELS = ("mail", "chat", "phone")
STEPS_AT_ONCE = 4
"""More than any queue has steps of relaxation."""
SESSIONS = ("", "s1", "s2", "s3", "s4")
JUMPS_MS = (1, 999, 5 * SECOND, 20 * SECOND, 30 * SECOND, 61 * SECOND, 120 * SECOND, 400 * SECOND, -50 * SECOND)
BASE = changed(hops_max=1)
CONFIGS = (
    BASE,
    changed(BASE, offers_max=1, rona_limit=1, priority_weight_ms=1_000),
    changed(BASE, channels=CONFIG.channels[:2]),
    changed(BASE, queues=CONFIG.queues[:-1]),
    changed(BASE, queues=(*CONFIG.queues, queue("sales.new", policy="least_loaded"))),
    with_queue("support.first", BASE, backoff_ms=0, wrap_up_ms=0, first_response_ms=0, offer_ms=5 * SECOND),
    with_queue("sales.late", BASE, backoff_ms=10 * SECOND, handoff_ms=10 * SECOND),
    RICH,
    RICH,
    RICH,
    BROKEN,
)


def pick(things: Sequence[T], number: int) -> T:
    return things[number % len(things)]


class Rig:
    """A contact centre, and beside it a follower that sees the recorded bytes only."""

    def __init__(self) -> None:
        self.state, self.follower = State(), State()
        self.twin: State | None = None
        self.now_ms = START_MS
        self.journal: list[tuple[int, bytes]] = []
        self.closed: dict[int, Conversation] = {}
        self.sessions: dict[tuple[str, str], int] = {}
        self.references = 0
        self.running: dict[tuple[int, str], str] = {}
        self.live_offers: set[int] = set()
        self.effects: list[int] = []
        self.refused: dict[str, int] = {}
        self.done: dict[str, int] = {}
        self.do(c.ApplyConfig(config=RICH))
        for number, operator_id in enumerate(OPERATORS[:4]):
            self.put_operator(number, number, 9)
            self.do(c.SetPresence(operator_id=operator_id, presence=Presence.AVAILABLE))

    # ---- one step, with every promise checked
    def do(self, command: c.Command) -> list[e.Event]:
        before, name = self.state.encode(), type(command).__name__
        try:
            events = machine.handle(self.state, command, self.now_ms, ALL)
        except CallerError as error:
            assert self.state.encode() == before, f"refused and changed something: {command}"
            self._twin_refuses(command, type(error))
            self.refused[name] = self.refused.get(name, 0) + 1
            return []
        self.done[name] = self.done.get(name, 0) + 1
        assert events or self.state.encode() == before, "a change without an event"
        invariants.check(self.state)
        for event in events:
            self._record(event)
        after = self.state.encode()
        assert self.follower.encode() == after, "replaying gives another state"
        if self.twin is not None:
            again = machine.handle(self.twin, command, self.now_ms, ALL)
            assert again == events, "a snapshot goes on differently"
            assert self.twin.encode() == after
        return events

    def _twin_refuses(self, command: c.Command, error: type[CallerError]) -> None:
        if self.twin is not None:
            with pytest.raises(error):
                machine.handle(self.twin, command, self.now_ms, ALL)

    def _record(self, event: e.Event) -> None:
        data = encode_event(event)
        again = decode_event(data)
        assert again == event
        assert self.follower.now_ms <= self.state.now_ms, "time went back"
        self._check_before(event)
        invariants.witness(self.follower, [again], self.state.now_ms)
        self.journal.append((self.state.now_ms, data))
        self._note(event)

    def _check_before(self, event: e.Event) -> None:
        """What must hold in the very moment of the event."""
        state = self.follower
        assert not (isinstance(event, e.StateHashed) and contradicts(state, event)), "a hash is of another state"
        state.now_ms = self.state.now_ms
        if isinstance(event, e.OfferAccepted | e.HandoffAccepted):
            assert state.offers[event.offer_id].deadline_ms > state.now_ms, "accepted too late"
        elif isinstance(event, e.OfferExpired):
            assert state.offers[event.offer_id].deadline_ms <= state.now_ms, "expired too early"
        elif isinstance(event, e.ClockEnded):
            clock = clock_of(state.conversations[event.conversation_id], event.name)
            assert clock is not None
            overdue = clock.due_ms <= state.now_ms
            assert overdue if event.outcome == "breached" else clock.due_ms >= state.now_ms or clock.paused_ms
        elif isinstance(event, e.ReplySent):
            assert state.conversations[event.conversation_id].owner_id == event.operator_id != ""

    def _note(self, event: e.Event) -> None:
        """What happens at most once, or exactly once."""
        effect = effect_of(event)
        if effect is not None:
            assert effect.effect_id not in self.effects[-1:]
            assert effect.effect_id > max(self.effects[-1:], default=0), "effect ids grow"
            self.effects.append(effect.effect_id)
        if isinstance(event, e.ClockStarted):
            assert (event.conversation_id, event.name) not in self.running
            self.running[event.conversation_id, event.name] = "running"
        elif isinstance(event, e.ClockEnded):
            assert self.running.pop((event.conversation_id, event.name), "") == "running", "a clock ended twice"
        elif isinstance(event, e.OfferMade):
            self.live_offers.add(event.offer_id)
        elif isinstance(event, e.OfferAccepted | e.OfferDeclined | e.OfferExpired | e.OfferRevoked | e.HandoffAccepted):
            self.live_offers.remove(event.offer_id)
        elif isinstance(event, e.ConversationResolved):
            assert event.record.conversation_id not in [number for number, _ in self.running], (
                "a clock outlived its matter"
            )
            assert event.record.stage == "done"
            self.closed[event.record.conversation_id] = event.record
        elif isinstance(event, e.ConversationReopened):
            del self.closed[event.record.conversation_id]

    # ---- people and configuration
    def put_operator(self, a: int, b: int, x: int) -> None:
        departments = tuple(name for bit, name in enumerate(DEPARTMENTS) if (b + 1) >> bit & 1)
        skills = {name: level for name, level in (("tech", x % 11), ("money", b % 3)) if level}
        self.do(
            c.PutOperator(
                operator_id=pick(OPERATORS, a),
                departments=departments,
                skills=skills,
                capacity_units=x % 13,
                queues=pick(((), (), (), ("support.first",), ("sales.late", "billing.rest")), a + x),
                weight=pick((10, 1, 50, 0), b),
            )
        )

    def set_presence(self, a: int, b: int, x: int) -> None:
        presence = pick((*Presence, *[Presence.AVAILABLE] * 9), b)
        operator_id, channel = pick((*OPERATORS, "nobody"), a), pick(("", "", "", *CHANNELS, "no"), x)
        self.do(c.SetPresence(operator_id=operator_id, presence=presence, reason="x" * (x % 2), channel=channel))

    def connect(self, a: int, b: int, x: int) -> None:
        self.do(c.ConnectOperator(operator_id=pick((*OPERATORS, "nobody"), a)))

    def disconnect(self, a: int, b: int, x: int) -> None:
        self.do(c.DisconnectOperator(operator_id=pick((*OPERATORS, "nobody"), a)))

    def apply_config(self, a: int, b: int, x: int) -> None:
        self.do(c.ApplyConfig(config=pick(CONFIGS, a)))

    # ---- customers
    def receive(self, a: int, b: int, x: int) -> None:
        self.do(c.ReceiveRaw(channel=pick((*CHANNELS, "nowhere"), a), known_raw_id=int(b % 9 == 0)))

    def quarantine(self, a: int, b: int, x: int) -> None:
        self.do(c.QuarantineRaw(raw_id=pick([*self.state.pending_raws, 999], a), reason="unreadable"))

    def register(self, a: int, b: int, x: int) -> None:
        """A message, mostly of a matter that is unknown; or of a session."""
        channel = pick(CHANNELS[:2], a)
        self._register(channel, InteractionKind.MESSAGE, pick(SESSIONS, b) if channel == "chat" else "", a, x)

    def answer(self, a: int, b: int, x: int) -> None:
        """A message in a known matter, open or closed (then with its record)."""
        silent = [item.conversation_id for item in self.state.items.values() if item.idle]
        known = silent if silent and x % 2 else [*self.state.conversations, *self.closed]
        conversation_id = pick([*known, 999], a)
        record = self.closed.get(conversation_id) if x % 13 else pick([*self.closed.values(), None], a)
        self._register(pick(CHANNELS, b), InteractionKind.MESSAGE, "", b, x, conversation_id, record)

    def contact(self, a: int, b: int, x: int) -> None:
        """An event of a call in any order, late, or twice; the edge knows closed sessions."""
        kinds = [kind for kind in InteractionKind if kind is not InteractionKind.MESSAGE]
        session, kind = pick(SESSIONS[1:], a), pick(kinds, b)
        ringing = [item.conversation_id for item in self.state.items.values() if item.connect_due_ms]
        if ringing and x % 3:
            session = self.state.conversations[pick(ringing, a)].session_key or session
            kind = pick((InteractionKind.CONTACT_CONNECTED, kind), b)
        conversation_id = self.sessions.get(("phone", session), 0) if x % 5 else 0
        operator_id = pick(("", *OPERATORS), x)
        self._register("phone", kind, session, x, x, conversation_id, operator_id=operator_id)

    def _register(
        self,
        channel: str,
        kind: InteractionKind,
        session: str,
        a: int,
        x: int,
        conversation_id: int = 0,
        record: Conversation | None = None,
        operator_id: str = "",
    ) -> None:
        queue_id = pick(QUEUES, x)
        requirements = pick(((), (), (Requirement("tech", 3),), (Requirement("tech", 3), Requirement("money"))), a)
        if x % 4:
            self.do(c.ReceiveRaw(channel=channel))
        raw_id = self.state.counters.raw if x % 7 else a
        self.references += 1
        events = self.do(
            c.RegisterInteraction(
                raw_id=raw_id,
                channel=channel,
                kind=kind,
                classification=c.Classification(
                    queue_id.split(".")[0],
                    queue_id if x % 3 else "",
                    priority=pick((None, 0, 1, 5), x),
                    requirements=requirements,
                    preferred=pick(((), (Requirement("tech", 7),)), a + x),
                    tags=("",) if x % 31 == 0 else ("one", "two"),
                    tier=pick(("", "gold", "x" * 65), a + x if x % 17 else 2),
                ),
                reference=reference(self.references if x % 11 else 1),
                customer_id=a % 3,
                conversation_id=conversation_id,
                record=record,
                session_key=session,
                operator_id=operator_id,
                last=x % 6 > 0,
                previous_operator_id=pick(("", *OPERATORS, "nobody"), a + x),
                automatic=x % 23 == 0,
                unverified=x % 29 == 0,
            )
        )
        for event in events:
            if isinstance(event, e.InteractionReceived):
                matter = self.state.conversations.get(event.conversation_id)
                somebody = bool(matter and matter.item_ids) or x % 23 == 0  # what a machine wrote may be nobody's
                assert kind is not InteractionKind.MESSAGE or somebody, "nobody has this message"
                if session:
                    self.sessions[channel, session] = event.conversation_id

    def ask_status(self, a: int, b: int, x: int) -> None:
        """A question for a status: of an open matter, a closed one, or none; mostly of an input that has just come."""
        channel = pick((*CHANNELS, "nowhere"), a)
        if x % 4:
            self.do(c.ReceiveRaw(channel=channel))
        raw_id = self.state.counters.raw if x % 7 else b
        number = pick([*self.state.conversations, *self.closed, 0, 0, 10**9], b)
        before = [msgspec.msgpack.encode(one) for one in self.state.conversations.values()]
        self.do(
            c.AnswerStatus(raw_id=raw_id, channel=channel, conversation_id=number, answer=x % 5 > 0, last=x % 6 > 0)
        )
        assert [msgspec.msgpack.encode(one) for one in self.state.conversations.values()] == before, "asking did more"

    def send_status_code(self, a: int, b: int, x: int) -> None:
        number = pick([*self.state.conversations, *self.closed, 0], a)
        channel = pick((*CHANNELS, "nowhere"), b)
        self.do(c.SendStatusCode(conversation_id=number, channel=channel, lifetime_ms=pick((600_000, 0), x)))

    # ---- work
    def _owner_of(self, work_item_id: int, x: int) -> str:
        item = self.state.items.get(work_item_id)
        return pick(OPERATORS, x) if x % 8 == 0 else item.operator_id if item else ""

    def _item(self, a: int, x: int) -> int:
        held = [item_id for item_id, item in self.state.items.items() if item.operator_id]
        return pick([*held, *held, *self.state.items, 999], a) if x % 9 else pick([*self.state.items, 999], a)

    def accept(self, a: int, b: int, x: int) -> None:
        offer_id = pick([*self.state.offers, 999], a)
        offer = self.state.offers.get(offer_id)
        if offer and x % 10 == 0:
            self.now_ms = max(self.now_ms, offer.deadline_ms - x % 20 // 10)  # at the deadline, or just before it
        self.do(c.AcceptOffer(offer_id=offer_id, operator_id=offer.operator_id if offer and b % 9 else "bob"))

    def decline(self, a: int, b: int, x: int) -> None:
        offer_id = pick([*self.state.offers, 999], a)
        offer = self.state.offers.get(offer_id)
        self.do(c.DeclineOffer(offer_id=offer_id, operator_id=offer.operator_id if offer and b % 9 else "bob"))

    def reply(self, a: int, b: int, x: int) -> None:
        conversation_id = pick([*self.state.conversations, 999], a)
        matter = self.state.conversations.get(conversation_id)
        operator_id = matter.owner_id if matter and b % 9 else "bob"
        channel = "" if x % 5 else pick((*CHANNELS, "no"), x)
        self.do(c.SendReply(conversation_id=conversation_id, operator_id=operator_id, channel=channel))

    def note(self, a: int, b: int, x: int) -> None:
        self.do(c.AddNote(conversation_id=pick([*self.state.conversations, 999], a), operator_id=pick(OPERATORS, b)))

    def transfer(self, a: int, b: int, x: int) -> None:
        item_id, queue_id = self._item(a, x), pick((*QUEUES, "no.queue"), b)
        moved = [one.work_item_id for one in self.state.items.values() if one.operator_id and self._has_moved(one)]
        item_id = pick(moved, a) if moved and x % 2 else item_id
        kind = pick(tuple(HandoffKind), a + b + x)
        person = pick((*OPERATORS, "nobody"), a + x) if b % 3 == 0 else ""
        self.do(
            c.TransferItem(
                work_item_id=item_id,
                operator_id=self._owner_of(item_id, x),
                department_id="" if person and x % 4 else queue_id.split(".")[0],
                queue_id=queue_id if x % 3 and not person else "",
                by="boss" if x % 5 == 0 else "",
                kind=kind,
                to_operator_id=person,
                due_ms=self.now_ms + pick(JUMPS_MS, b) if kind is HandoffKind.TASK else x % 17 // 16,
            )
        )

    def _has_moved(self, item: WorkItem) -> bool:
        return bool(self.state.conversations[item.conversation_id].hops)

    def decline_handoff(self, a: int, b: int, x: int) -> None:
        self.do(c.DeclineHandoff(handoff_id=pick([*self.state.handoffs, 999], a), operator_id=pick(OPERATORS, b)))

    def cancel(self, a: int, b: int, x: int) -> None:
        handoff_id = pick([*self.state.handoffs, 999], a)
        handoff = self.state.handoffs.get(handoff_id)
        sender = handoff.from_operator_id if handoff and x % 8 else ""
        self.do(c.CancelHandoff(handoff_id=handoff_id, operator_id=sender))

    def end_contact(self, a: int, b: int, x: int) -> None:
        item_id = self._item(a, x)
        self.do(c.EndContact(work_item_id=item_id, operator_id=self._owner_of(item_id, x)))

    def complete(self, a: int, b: int, x: int) -> None:
        item_id = self._item(a, x)
        disposition = "solved" if x % 8 != 1 else ""
        self.do(
            c.CompleteItem(
                work_item_id=item_id,
                operator_id=self._owner_of(item_id, x),
                disposition=disposition,
                resolve=b % 4 > 0,
                note=b % 3 > 0,
                cancel_parts=x % 3 == 0,
            )
        )

    def extend_wrap_up(self, a: int, b: int, x: int) -> None:
        writing = [i for i, item in self.state.items.items() if item.state == "wrap_up"]
        item_id = pick(writing, a) if writing and x % 5 else self._item(a, x)
        self.do(c.ExtendWrapUp(work_item_id=item_id, operator_id=self._owner_of(item_id, x)))

    def release(self, a: int, b: int, x: int) -> None:
        item_id = self._item(a, x)
        self.do(c.ReleaseItem(work_item_id=item_id, operator_id=self._owner_of(item_id, x)))

    def record_delivery(self, a: int, b: int, x: int) -> None:
        ringing = [item for item in self.state.items.values() if item.connect_effect_id]
        if ringing and x % 3:
            item = pick(ringing, a)
            a, b = item.connect_effect_id, item.conversation_id
        self.do(c.RecordDelivery(effect_id=a, conversation_id=b, interaction_id=x, delivered=x % 2 == 0, reason="r"))

    # ---- by hand
    def _waiting(self, a: int) -> int:
        waits = [i for i, item in self.state.items.items() if not item.operator_id]
        return pick([*waits, 999], a)

    def pull(self, a: int, b: int, x: int) -> None:
        self.do(c.PullItem(work_item_id=self._waiting(a), operator_id=pick(OPERATORS, b)))

    def force(self, a: int, b: int, x: int) -> None:
        item_id = self._waiting(a) if x % 4 else self._item(a, x)
        self.do(c.ForceItem(work_item_id=item_id, operator_id=pick((*OPERATORS, "nobody"), b), by="helga"))

    def reassign(self, a: int, b: int, x: int) -> None:
        item_id = self._item(a, x)
        owner, other = self._owner_of(item_id, x), pick((*OPERATORS, "nobody"), b)
        self.do(c.ReassignItem(work_item_id=item_id, operator_id=owner, to_operator_id=other, by="helga"))

    def snooze(self, a: int, b: int, x: int) -> None:
        item_id = self._item(a, x)
        until_ms = max(self.now_ms, self.state.now_ms) + pick((30 * SECOND, 1, 0, 10**12, 5 * SECOND), b)
        self.do(c.SnoozeItem(work_item_id=item_id, operator_id=self._owner_of(item_id, x), until_ms=until_ms))

    def change_stage(self, a: int, b: int, x: int) -> None:
        number = pick([*self.state.conversations, 999], a)
        stage = pick(("looking", "asked", "workshop", "done", "waiting_customer", "in_progress", "none"), b)
        self.do(c.ChangeStage(conversation_id=number, operator_id="ann", stage_id=stage))

    def set_fields(self, a: int, b: int, x: int) -> None:
        number = pick([*self.state.conversations, 999], a)
        self.do(
            c.SetFields(conversation_id=number, operator_id="ann", filled=pick(((), ("part",), ("amount", "part")), b))
        )

    def set_lines(self, a: int, b: int, x: int) -> None:
        number = pick([*self.state.conversations, 999], a)
        self.do(c.SetOrderLines(conversation_id=number, operator_id="ann", lines=b % 4 * 67))

    def _asked(self, a: int, x: int) -> tuple[int, int]:
        closing = pick([*self.state.closings.values(), None], a)
        return (closing.conversation_id, closing.resolution - (x % 7 == 0)) if closing else (999, 1)

    def confirm(self, a: int, b: int, x: int) -> None:
        number, resolution = self._asked(a, x)
        self.do(c.ConfirmMatter(conversation_id=number, resolution=resolution))

    def rate(self, a: int, b: int, x: int) -> None:
        number, resolution = self._asked(a, x)
        self.do(c.RateMatter(conversation_id=number, resolution=resolution, score=b % 7))

    def reopen(self, a: int, b: int, x: int) -> None:
        record = pick([*self.closed.values(), None], a)
        if record is not None:
            self.do(c.ReopenMatter(record=record, resolution=record.resolution - (x % 7 == 0)))

    def prioritize(self, a: int, b: int, x: int) -> None:
        self.do(
            c.PrioritizeMatter(
                conversation_id=pick([*self.state.conversations, 999], a),
                operator_id="helga",
                priority=pick((None, 0, 3, 10, 11, -2), b),
                tier=pick((None, "", "gold", "x" * 65), x),
                by="helga",
            )
        )

    def merge(self, a: int, b: int, x: int) -> None:
        matters = self.state.conversations
        going = pick(list(matters) or [0], a)
        matter = matters.get(going)
        alike = [number for number, one in matters.items() if matter and one.customer_id == matter.customer_id]
        staying = pick(alike if alike and x % 4 else list(matters) or [0], b)
        owner = matter.owner_id if matter else ""
        self.do(
            c.MergeConversations(
                conversation_id=going, into_id=staying, operator_id=owner if owner and x % 3 else pick(OPERATORS, x)
            )
        )

    def split(self, a: int, b: int, x: int) -> None:
        number = pick([*self.state.conversations, 999], a)
        matter = self.state.conversations.get(number)
        last = self.state.counters.interaction
        wanted = min(last, (matter.message_count if matter else 1) - (x % 4 > 0) or 1)
        owner = matter.owner_id if matter else ""
        self.references += 1
        self.do(
            c.SplitConversation(
                conversation_id=number,
                interaction_ids=tuple(range(last - wanted + 1, last + 1)),
                operator_id=owner or pick(OPERATORS, x),
                reference=reference(self.references if x % 11 else 1),
                queue_id=pick(("", "", *QUEUES, "no.queue"), b),
            )
        )

    def requeue(self, a: int, b: int, x: int) -> None:
        item_id = self._item(a, x) if x % 2 else self._waiting(a)
        queue_id = pick((*QUEUES, "no.queue"), b)
        self.do(c.RequeueItem(work_item_id=item_id, queue_id=queue_id, operator_id=self._owner_of(item_id, x)))

    # ---- time
    def advance(self, a: int, b: int, x: int) -> None:
        """The wall clock jumps (also back); sometimes exactly to the next deadline."""
        next_ms = machine.next_deadline_ms(self.state, pick(list(Concern), b)) if x % 2 else None
        self.now_ms = next_ms or self.now_ms + pick(JUMPS_MS, a)

    def fire(self, a: int, b: int, x: int) -> None:
        concern = pick([*Concern, "tea"], a)
        self.do(c.FireDue(concern=concern, limit=pick((1, 2, 256, 0), b)))

    def fire_all(self, a: int, b: int, x: int) -> None:
        """With room enough, nothing that was due is left, whatever order the concerns come in."""
        concerns = list(Concern)
        for concern in concerns[a % 4 :] + concerns[: a % 4]:
            for _ in range(STEPS_AT_ONCE):  # a step of relaxation may make the next one due
                self.do(c.FireDue(concern=concern))
            next_ms = machine.next_deadline_ms(self.state, concern)
            now_ms = max(self.now_ms, self.state.now_ms)
            assert next_ms is None or next_ms > now_ms, f"{concern} is overdue after it was fired"
            if concern is Concern.OFFERS:
                assert all(offer.deadline_ms > now_ms for offer in self.state.offers.values())

    def resume(self, a: int, b: int, x: int) -> None:
        self.do(c.ResumeAfterOutage())
        now_ms = max(self.now_ms, self.state.now_ms)
        assert all(offer.deadline_ms > now_ms for offer in self.state.offers.values())

    def keep(self, a: int, b: int, x: int) -> None:
        assert self.do(c.Keep()) == []

    def record_hash(self, a: int, b: int, x: int) -> None:
        self.do(c.RecordStateHash(digest=state_hash(self.state)))

    def snapshot(self, a: int, b: int, x: int) -> None:
        """From here on a state from a snapshot does the same."""
        self.twin = State.decode(self.state.encode())

    # ---- at the end
    def finish(self) -> None:
        fresh = State()
        for at_ms, data in self.journal:
            machine.apply(fresh, decode_event(data), at_ms)
        assert fresh.encode() == self.state.encode(), "a full replay gives another state"
        assert self.live_offers == set(self.state.offers)


ACTIONS: dict[str, Callable[[Rig, int, int, int], None]] = {
    name: getattr(Rig, name)
    for name in (
        "register", "answer", "contact", "accept", "accept", "decline", "advance", "fire", "fire_all", "complete",
        "reply", "transfer", "cancel", "end_contact", "release", "set_presence", "put_operator", "apply_config",
        "receive", "quarantine", "note", "record_delivery", "resume", "keep", "snapshot", "connect", "disconnect",
        "pull", "force", "reassign", "snooze", "requeue", "prioritize", "extend_wrap_up", "record_hash",
        "ask_status", "send_status_code", "change_stage", "change_stage", "set_fields", "set_lines", "confirm", "rate", "reopen",
        "decline_handoff",
        "merge", "split",
    )
}  # fmt: skip
WEIGHTS = {"register": 4, "contact": 4, "accept": 8, "advance": 3, "fire_all": 2, "complete": 3, "transfer": 3}
WEIGHTS |= {"reply": 4, "answer": 3, "reassign": 4, "end_contact": 2, "change_stage": 4}
WEIGHTS |= {"complete": 4, "transfer": 4}


class CoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig()

    @rule(
        action=st.sampled_from(list(ACTIONS)),
        a=st.integers(0, 999),
        b=st.integers(0, 999),
        x=st.integers(0, 999),
    )
    def act(self, action: str, a: int, b: int, x: int) -> None:
        ACTIONS[action](self.rig, a, b, x)

    def teardown(self) -> None:
        self.rig.finish()


def test_machine_keeps_its_promises_under_any_commands() -> None:
    run_state_machine_as_test(
        CoreMachine,
        settings=settings(
            derandomize=True,
            deadline=None,
            database=None,
            max_examples=60 * LONG,
            stateful_step_count=50,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _walk(seed: int, steps: int) -> Rig:
    chance = random.Random(seed)
    names = list(ACTIONS)
    weights = [WEIGHTS.get(name, 1) for name in names]
    rig = Rig()
    for name in chance.choices(names, weights, k=steps):
        ACTIONS[name](rig, chance.randrange(1000), chance.randrange(1000), chance.randrange(1000))
    rig.finish()
    return rig


@pytest.mark.parametrize("seed", range(12 * LONG))
def test_long_walks_keep_the_promises(seed: int) -> None:
    _walk(seed, 500)


def test_walks_reach_every_command_and_every_event() -> None:
    """Else the tests above would prove little."""
    done: set[str] = set()
    refused: set[str] = set()
    tags: set[str] = set()
    never_refused = {"DeclineOffer", "RecordDelivery", "QuarantineRaw", "ResumeAfterOutage", "Keep", "RecordStateHash"}
    every = {kind.__struct_config__.tag for kind in e.AnyEvent.__args__}
    for seed in range(100, 190):
        rig = _walk(seed, 600)
        done |= rig.done.keys()
        refused |= rig.refused.keys()
        tags |= {msgspec.msgpack.decode(data)[0] for _, data in rig.journal}
        if tags == every and refused | never_refused >= {kind.__name__ for kind in RULES}:
            break
    assert done >= {kind.__name__ for kind in RULES}
    assert refused | never_refused >= {kind.__name__ for kind in RULES}
    assert tags == every
