"""The core alone in the simulated world: the same customers and operators without engine and disk, for long runs.

What lives here: `CoreWorld`: commands go straight into the machine, events through their recorded bytes to the
follower, effects straight to the customers, and deadlines fire at their very moment. A crash is a state that is read
back from its snapshot.
"""

from __future__ import annotations

import heapq
import traceback
from collections.abc import Callable, Sequence
from itertools import count

from omniroute.channels.contract import Delivery
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.deadlines import Concern
from omniroute.core.effects import Effect, effect_of
from omniroute.core.model import Conversation, InteractionKind
from omniroute.core.permissions import SYSTEM, Actor, Role, authorize
from omniroute.core.state import State
from omniroute.engine.cells import Cells
from omniroute.engine.mailbox import Contents, Prepare
from omniroute.engine.status.codes import CODE_LIFE_MS
from omniroute.errors import CallerError
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Entry
from omniroute.journal.memory import MemoryJournal
from omniroute.sim import company
from omniroute.sim.channel import Letter
from omniroute.sim.options import Act, Options
from omniroute.sim.post import SESSIONS, Sent, channel_of
from omniroute.sim.world import Outcome, World

SLICE = 64
BRINGS = 5
"""Of so many interactions one brings a field along."""
_NO_CELLS = Cells(MemoryJournal())


class CoreWorld(World):
    """See the module's text."""

    def __init__(self, options: Options, recorded: Sequence[Act] | None = None) -> None:
        super().__init__(options, recorded)
        self._state = State()
        self._policies = company.policies(self.moody)
        self._now_s = 0.0
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._seq = 0
        self._raws: dict[str, int] = {}
        self._customers: dict[str, int] = {}
        self._closed: dict[int, Conversation] = {}
        self._sessions: dict[str, int] = {}
        self._ours: dict[str, tuple[str, int]] = {}
        self._names: dict[int, str] = {}
        self._askers: dict[int, str] = {}
        self._under_way: dict[int, None] = {}

    # ---- what acts and minds use
    @property
    def state(self) -> State:
        return self._state

    @property
    def up(self) -> bool:
        return True

    def now_s(self) -> float:
        return self._now_s

    def at(self, due_s: float, then: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (due_s, next(self._order), then))

    def words_for(self, conversation_id: int) -> Contents | None:  # noqa: ARG002 - contents are the engine's
        return None

    def end(self) -> None:
        self.over = True

    def unfinished(self) -> list[str]:
        return [f"effect {number} is under way" for number in self._under_way]

    def mend(self) -> None:
        self.set_clock(max(0, -self.wall_offset_ms))

    def fault(self, act: Act) -> bool:
        """Of the engine's faults those that the core can feel."""
        match act.kind:
            case "crash" | "stop":
                self._state = State.decode(self._state.encode())
                self.lives += 1
                self._do(SYSTEM, k.ResumeAfterOutage())
            case "jump":
                self.set_clock(act.a)
            case "mood":
                self.moody.bad = True
                self.after(act.a, self.cheer_up)
            case "full" | "glitch" | "slow" | "sync_error" | "refuse" | "hang" | "break" | "snapshot":
                pass
            case _:
                return False
        return True

    def order(
        self,
        actor: Actor,
        command: k.Command | Prepare,
        contents: Contents | None = None,  # noqa: ARG002 - contents are the engine's
        *,
        forbidden: str = "",
    ) -> None:
        if not isinstance(command, k.Command):
            try:
                command = command(self._state, _NO_CELLS)
            except CallerError:
                return
        events = self._do(actor, command)
        if events and forbidden:
            self.watch.fail(f"{forbidden}: {events}")

    def record_of(self, conversation_id: int) -> Conversation | None:
        return self._closed.get(conversation_id)

    # ---- customers
    def hand_in(
        self,
        act: Act,
        kind: InteractionKind,
        *,
        fault: str = "",
        answers_to: tuple[str, ...] = (),
        quotes: Sent | None = None,
        asks: str = "",
    ) -> None:
        channel, key = channel_of(act.who), f"{act.who}/{kind}/{act.a}"
        letter = self.post.letter(act, kind, key, fault, answers_to, quotes, asks)
        known = self._raws.get(key, 0)
        self._do(Actor(Role.CHANNEL, instance=channel), k.ReceiveRaw(channel=channel, known_raw_id=known))
        if known:
            return
        raw_id = self._raws[key] = self._state.counters.raw
        self.watch.all_of(self.watch.ledger.told(key, raw_id, act.who))
        if letter.fault:
            self._do(SYSTEM, k.QuarantineRaw(raw_id=raw_id, reason="garbage"))
        elif letter.asks:
            self._answer(raw_id, letter, channel)
        else:
            self._register(raw_id, letter, channel)

    def _answer(self, raw_id: int, letter: Letter, channel: str) -> None:
        """A question is answered: about one's own matter, or the same as all others."""
        questions = self.watch.ledger.questions
        number = questions.matters.get(letter.asks, 0)
        own = number if questions.owner(number) == letter.customer else 0
        for event in self._do(SYSTEM, k.AnswerStatus(raw_id=raw_id, channel=channel, conversation_id=own)):
            if isinstance(event, e.StatusAnswered):
                self._askers[event.interaction_id] = letter.customer

    def _register(self, raw_id: int, letter: Letter, channel: str) -> None:
        number = self._sessions.get(letter.session, 0) if letter.session else self._answered(letter)
        if letter.kind is InteractionKind.MESSAGE:
            number = self.watch.ledger.lead(number)
        record = self._closed.get(number)
        wish = company.wish_of(letter.customer)
        events = self._do(
            SYSTEM,
            k.RegisterInteraction(
                raw_id=raw_id,
                channel=channel,
                kind=letter.kind,
                classification=k.Classification(
                    wish.queue_id.split(".")[0],
                    wish.queue_id,
                    priority=wish.priority,
                    requirements=wish.requirements,
                    preferred=wish.preferred,
                    tier=wish.tier,
                    kind=wish.kind,
                ),
                reference=self.new_reference(),
                customer_id=self._customers.get(letter.customer, 0),
                conversation_id=number,
                record=record if letter.kind is InteractionKind.MESSAGE else None,
                session_key=letter.session,
                previous_operator_id=record.last_operator_id if record else "",
                automatic=letter.automatic,
                fields=() if raw_id % BRINGS else ("part",),
            ),
        )
        for event in events:
            if isinstance(event, e.CustomerCreated):
                self._customers[letter.customer] = event.customer_id
            elif isinstance(event, e.InteractionReceived):
                self._names[event.conversation_id] = letter.customer
                if letter.session:
                    self._sessions[letter.session] = event.conversation_id

    def _answered(self, letter: Letter) -> int:
        """The conversation whose reply this answers, where its customer wrote it."""
        for provider_id in letter.answers_to:
            customer, number = self._ours.get(provider_id, ("", 0))
            if customer == letter.customer:
                return number
        return 0

    def want_code(self, reference: str) -> None:
        number = self.watch.ledger.questions.matters.get(reference, 0)
        record = self._state.conversations.get(number) or self._closed.get(number)
        if record is not None and record.channel != company.PHONE:
            life_ms = CODE_LIFE_MS
            self._do(SYSTEM, k.SendStatusCode(conversation_id=number, channel=record.channel, lifetime_ms=life_ms))

    # ---- the machine
    def _do(self, actor: Actor, command: k.Command) -> list[e.Event]:
        """One step, with every promise checked; a refusal is no event."""
        now_ms = self.wall_ms()
        try:
            authorize(self._state, actor, command)
            events = machine.handle(self._state, command, now_ms, self._policies)
        except CallerError:
            return []
        watch = self.watch
        watch.look(self._state, events)
        watch.durable(self._entries(events), 1)
        if watch.commands % self.options.full_every == 0:
            watch.recount(self._state, settled=True)
        for event in events:
            self._follow(event)
        self.minds.hear(events)
        return events

    def _entries(self, events: Sequence[e.Event]) -> list[Entry]:
        first, self._seq = self._seq + 1, self._seq + len(events)
        at_ms = self._state.now_ms
        return [Entry(seq, at_ms, encode_event(event)) for seq, event in enumerate(events, first)]

    def _follow(self, event: e.Event) -> None:
        """What the engine keeps beside the core: closed matters, and effects on their way."""
        if isinstance(event, e.ConversationResolved):
            self._closed[event.record.conversation_id] = event.record
        elif isinstance(event, e.ConversationReopened):
            self._closed.pop(event.record.conversation_id, None)
        elif isinstance(event, e.ConversationSplit):
            self._names[event.into_id] = self._names[event.conversation_id]
        effect = effect_of(event)
        if effect is not None:
            self._under_way[effect.effect_id] = None
            self.at(self._now_s + 0.02, lambda: self._carry(effect))

    def _carry(self, effect: Effect) -> None:
        self._under_way.pop(effect.effect_id, None)
        customer, key = self._askers.get(effect.interaction_id, ""), f"e{effect.effect_id}"
        customer = customer or self._names[effect.conversation_id]
        delivery = Delivery(
            key=key,
            order=effect.order,
            instance=effect.channel,
            conversation_id=effect.conversation_id,
            interaction_id=effect.interaction_id,
            reference="",
            session_key=customer if effect.channel in SESSIONS else "",
            operator_id=effect.operator_id,
        )
        self.watch.ledger.carried(key)
        if effect.order == "reply":
            self._ours[self.post.arrived(key, effect.conversation_id, customer)] = (customer, effect.conversation_id)
        self.minds.delivered(delivery, customer)
        self._do(
            SYSTEM,
            k.RecordDelivery(
                effect_id=effect.effect_id,
                conversation_id=effect.conversation_id,
                interaction_id=effect.interaction_id,
                delivered=True,
            ),
        )

    # ---- the course of a run
    def run(self) -> Outcome:
        self.lives = 1
        self._do(SYSTEM, k.ApplyConfig(config=company.config()))
        for operator in (*self.people, company.chief()):
            self._do(SYSTEM, operator)
        self.begin()
        try:
            while not self.over:
                self._next()
        except Exception as bug:
            self.watch.fail(f"the core failed: {traceback.format_exc()[-1_500:]}")
            if not isinstance(bug, LookupError | AssertionError | ValueError):
                raise
        if not self.watch.violation:
            self.watch.all_of(self.watch.ledger.finished())
        return self.outcome()

    def _next(self) -> None:
        """The next deadline or the next thing on the agenda, whichever comes first."""
        if not self._agenda:
            raise AssertionError("nothing will ever happen")
        due_s = self._agenda[0][0]
        deadline = self._next_deadline()
        if deadline is not None:
            fires_s = max(self._now_s, (deadline[0] - company.START_MS - self.wall_offset_ms) / 1000)
            if fires_s <= due_s:
                self._now_s = fires_s
                self._do(SYSTEM, k.FireDue(concern=deadline[1], limit=SLICE))
                return
        self._now_s = max(self._now_s, due_s)
        heapq.heappop(self._agenda)[2]()

    def _next_deadline(self) -> tuple[int, Concern] | None:
        first: tuple[int, Concern] | None = None
        for concern, index in self._state.deadlines.items():
            due_ms = index.next_ms() if index.live else None
            if due_ms is not None and (first is None or due_ms < first[0]):
                first = (due_ms, concern)
        return first
