"""The ledger: what the world was promised, kept outside the engine, and compared with what is there.

What lives here: everything acknowledged to customers and operators, every effect and clock with its end, and the
questions that are asked at the end of a run. The numbers are those of ``docs/reference/invariants.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from omniroute.core import events as e
from omniroute.core.effects import effect_of
from omniroute.core.model import ContactState, InteractionKind
from omniroute.engine import cells as c
from omniroute.engine.mailbox import Request
from omniroute.journal.codec import decode_event
from omniroute.journal.memory import MemoryDisk
from omniroute.sim.questions import Questions

SESSION_GOES_ON_MS = 23 * 3_600_000
"""A finished chat goes on within a day; clocks that were set may make it a little less."""
PATIENCE_S = 30
DAY_MS = 86_400_000
ATTEMPTS = 14
"""So often an effect is tried that nobody refuses and that does not age."""


def _values(disk: MemoryDisk, collection: str) -> list[bytes]:
    return list(disk.collections[collection].values.values()) if collection in disk.collections else []


class Ledger:
    """``committed`` hears of every durable event, in order, over all lives."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, int] = {}
        """Inputs by their key in the cells, with the id that their sender was told."""
        self.belongs: dict[str, int] = {}
        """Inputs that answer a reply that their sender got: they belong to its conversation."""
        self.strangers: dict[str, int] = {}
        """Inputs that quote a reply that their sender never got: they must not reach its conversation."""
        self.effects: dict[int, str] = {}
        self.sent: dict[str, int] = {}
        self.open_sessions: dict[tuple[str, str], int] = {}
        self._clocks: dict[tuple[int, str], None] = {}
        self._escalated: dict[tuple[int, str], set[int]] = {}
        self._sessions: dict[int, list[tuple[str, str]]] = {}
        self._merged_into: dict[int, int] = {}
        self._places: dict[int, int] = {}
        """Messages of customers, with the matter that each is in."""
        self._moved: dict[int, None] = {}
        """Inputs whose message was split off from where it had come."""
        self._raws: dict[int, int] = {}
        self._received: dict[int, None] = {}
        self._registered: dict[int, None] = {}
        self._interactions: dict[int, None] = {}
        self._requests: list[tuple[Request, float, str]] = []
        self.refused: dict[str, None] = {}
        """Effects that the provider refused for good."""
        self._expires: dict[int, int] = {}
        self._closed: dict[tuple[str, str], tuple[int, int]] = {}
        self.questions = Questions()
        self._closings: dict[int, int] = {}
        """By conversation: which resolution its customer is asked about."""
        self._machines: dict[int, bool] = {}
        """By conversation: whether a machine wrote last while it was open."""
        self._done: dict[int, None] = {}
        self._told: dict[tuple[int, int], int] = {}
        """Notices by customer and day."""
        self._notices_max = 0
        self._follow: dict[type[e.Event], Callable[[Any], Iterator[str]]] = {
            e.DeliverySucceeded: self._ended,
            e.DeliveryDied: self._ended,
            e.ClockStarted: self._clock_started,
            e.ClockEnded: self._clock_ended,
            e.ClockEscalated: self._clock_escalated,
            e.RawReceived: self._raw_received,
            e.RawRegistered: self._raw_ended,
            e.RawQuarantined: self._raw_ended,
            e.InteractionReceived: self._interaction,
            e.ConversationOpened: self._opened,
            e.ConversationReopened: self._reopened,
            e.ConversationResolved: self._resolved,
            e.ConversationMerged: self._merged,
            e.ConfigApplied: self._configured,
            e.NoticeSent: self._noticed,
            e.ConfirmationAsked: self._asked,
            e.ClosingEnded: self._closing_ended,
            e.ConversationSplit: self._split,
        }

    # ---- commands
    def expect(self, request: Request, now_s: float, *, forbidden: str = "") -> None:
        """A command is on its way; its sender waits for an answer. ``forbidden`` (by what): for a refusal."""
        self._requests.append((request, now_s, forbidden))

    def kept_waiting(self, now_s: float) -> Iterator[str]:
        """1: whoever sends a command gets an answer; asked while nothing stands in the way."""
        for request, since_s, _ in self._requests:
            if not request.done.is_set() and now_s - since_s > PATIENCE_S:
                yield f"1: a command has had no answer for {now_s - since_s:.0f} s"

    def answered(self, last_seq: int) -> Iterator[str]:
        """1: whoever has got an answer may rely on it: it is durable."""
        waiting = []
        for request, since_s, forbidden in self._requests:
            if not request.done.is_set():
                waiting.append((request, since_s, forbidden))
            elif request.error is None and forbidden:
                yield f"{forbidden}: {request.events}"
            elif request.error is None and request.seq > last_seq:
                yield f"a command was acknowledged up to {request.seq}, but only {last_seq} is durable"
        self._requests = waiting

    def forget_requests(self) -> None:
        """The process is gone, and with it everybody who waited."""
        self._requests = []

    # ---- events
    def committed(self, event: e.Event) -> Iterator[str]:
        """What must be true of the whole history of a thing when one more event of it is recorded."""
        effect = effect_of(event)
        if effect is not None:
            if effect.effect_id in self.effects:
                yield f"26: effect {effect.effect_id} was ordered twice"
            self.effects[effect.effect_id] = "ordered"
            self._expires[effect.effect_id] = effect.expires_ms
        for room in (self._follow, self.questions.follow):
            follow = room.get(type(event))
            if follow is not None:
                yield from follow(event)

    def _ended(self, event: e.DeliverySucceeded | e.DeliveryDied) -> Iterator[str]:
        if self.effects.get(event.effect_id) != "ordered":
            yield f"26: effect {event.effect_id} ended while it was {self.effects.get(event.effect_id)}"
        if isinstance(event, e.DeliverySucceeded) and f"e{event.effect_id}" not in self.sent:
            yield f"26: effect {event.effect_id} counts as delivered, but nobody got it"
        self.effects[event.effect_id] = "ended"

    def _clock_started(self, event: e.ClockStarted) -> Iterator[str]:
        clock = (event.conversation_id, event.name)
        if clock in self._clocks:
            yield f"23: conversation {event.conversation_id} has a second clock {event.name}"
        self._clocks[clock] = None
        self._escalated[clock] = set()

    def _clock_ended(self, event: e.ClockEnded) -> Iterator[str]:
        if self._clocks.pop((event.conversation_id, event.name), 0) is not None:
            yield f"23: the clock {event.name} of conversation {event.conversation_id} ended twice"

    def _clock_escalated(self, event: e.ClockEscalated) -> Iterator[str]:
        done = self._escalated[event.conversation_id, event.name]
        if event.percent in done:
            yield f"23: the clock {event.name} of conversation {event.conversation_id} was escalated twice"
        done.add(event.percent)

    def _raw_received(self, event: e.RawReceived) -> Iterator[str]:
        if event.raw_id in self._received:
            yield f"2: input {event.raw_id} was received twice"
        self._received[event.raw_id] = None

    def _raw_ended(self, event: e.RawRegistered | e.RawQuarantined) -> Iterator[str]:
        if event.raw_id in self._registered:
            yield f"2: input {event.raw_id} was registered twice"
        self._registered[event.raw_id] = None

    def _interaction(self, event: e.InteractionReceived) -> Iterator[str]:
        if event.raw_id in self._interactions:
            yield f"2: input {event.raw_id} became two interactions"
        self._interactions[event.raw_id] = None
        if event.kind is InteractionKind.MESSAGE and event.conversation_id not in self._done:
            self._machines[event.conversation_id] = event.quiet
        if event.kind is InteractionKind.MESSAGE:
            self._places[event.interaction_id] = event.conversation_id
            self._raws[event.interaction_id] = event.raw_id

    def _opened(self, event: e.ConversationOpened) -> Iterator[str]:
        earlier, closed_ms = self._closed.get((event.channel, event.session_key), (0, 0))
        if earlier and event.at_ms - closed_ms < SESSION_GOES_ON_MS:
            yield f"27: session {event.session_key!r} began anew, though conversation {earlier} has just ended"
        yield from self._session(event.conversation_id, event.channel, event.session_key)

    def _reopened(self, event: e.ConversationReopened) -> Iterator[str]:
        record = event.record
        self._closings.pop(record.conversation_id, None)
        self._done.pop(record.conversation_id, None)
        yield from self._session(record.conversation_id, record.channel, record.session_key)
        for one in record.aliases:
            if (one.channel, one.session_key) not in self.open_sessions:
                yield from self._session(record.conversation_id, one.channel, one.session_key)

    def _resolved(self, event: e.ConversationResolved) -> Iterator[str]:
        number = event.record.conversation_id
        self._done[number] = None
        for session in self._sessions.pop(number, []):
            self.open_sessions.pop(session, None)
            self._closed[session] = (number, event.at_ms)
        for name in [name for matter, name in self._clocks if matter == number]:
            yield f"23: the clock {name} of conversation {number} outlived it"

    def _configured(self, event: e.ConfigApplied) -> Iterator[str]:
        self._notices_max = event.config.notices_max
        yield from ()

    def _noticed(self, event: e.NoticeSent) -> Iterator[str]:
        """29: nobody is told more than so much a day, and a machine nothing."""
        told = event.customer_id, event.at_ms // DAY_MS
        self._told[told] = self._told.get(told, 0) + 1
        if self._told[told] > self._notices_max:
            yield f"29: customer {event.customer_id} got {self._told[told]} notices on one day"
        if self._machines.get(event.conversation_id):
            yield f"29: {event.notice!r} was told to a machine, which wrote last in {event.conversation_id}"

    def _asked(self, event: e.ConfirmationAsked) -> Iterator[str]:
        number = event.conversation_id
        if number in self._closings:
            yield f"closings: conversation {number} is asked about {event.resolution}, {self._closings[number]} is open"
        self._closings[number] = event.resolution

    def _closing_ended(self, event: e.ClosingEnded) -> Iterator[str]:
        if self._closings.pop(event.conversation_id, 0) != event.resolution:
            yield f"closings: the question about conversation {event.conversation_id} ended twice"

    def _merged(self, event: e.ConversationMerged) -> Iterator[str]:
        """27: whatever led to the one that goes leads to the one that stays; a call ends with its matter."""
        record, into = event.record, event.into_id
        self._merged_into[record.conversation_id] = into
        for session in self._sessions.pop(record.conversation_id, []):
            del self.open_sessions[session]
            if record.contact is ContactState.NONE or session != (record.channel, record.session_key):
                yield from self._session(into, *session)
        for name in [name for matter, name in self._clocks if matter == record.conversation_id]:
            yield f"23: the clock {name} of conversation {record.conversation_id} outlived it"

    def _split(self, event: e.ConversationSplit) -> Iterator[str]:
        """27: what is split off was in that matter, and is in the new one from now on."""
        for number in event.interaction_ids:
            where = self._places.get(number, 0)
            if self.lead(where) != event.conversation_id:
                yield f"27: message {number} was split off from {event.conversation_id}, but is in {where}"
            self._places[number] = event.into_id
            self._moved[self._raws.get(number, 0)] = None

    def messages_of(self, number: int) -> list[int]:
        """The messages of a matter and of its parts, oldest first."""
        return [message for message, where in self._places.items() if self.lead(where) == number]

    def lead(self, number: int) -> int:
        """The matter that another has become a part of, or itself."""
        while number in self._merged_into:
            number = self._merged_into[number]
        return number

    def _session(self, number: int, channel: str, session_key: str) -> Iterator[str]:
        """4: one open conversation for each session."""
        if not session_key:
            return
        session = channel, session_key
        self._sessions.setdefault(number, []).append(session)
        if session in self.open_sessions:
            yield f"4: session {session} has conversations {self.open_sessions[session]} and {number}"
        self.open_sessions[session] = number

    def recorded(self, key: str, now_ms: int) -> Iterator[str]:
        """26: what is sent was recorded before, has not ended, and is still of use."""
        number = int(key[1:])
        if number not in self.effects:
            yield f"26: effect {key} was carried out before it was durable"
        elif self.effects[number] == "ended":
            yield f"26: effect {key} was carried out again after it had ended"
        elif self._expires[number] and now_ms >= self._expires[number]:
            yield f"26: effect {key} was carried out {now_ms - self._expires[number]} ms after it was of any use"

    def ended(self, key: str) -> bool:
        """Whether the end of an effect is recorded."""
        return self.effects.get(int(key[1:])) == "ended"

    def carried(self, key: str) -> None:
        """The provider has it."""
        self.sent[key] = self.sent.get(key, 0) + 1

    def told(self, key: str, raw_id: int, customer: str) -> Iterator[str]:
        """1: an input is acknowledged after it is durable."""
        self.acknowledged[key] = raw_id
        self.questions.wrote(raw_id, customer)
        if raw_id not in self._received:
            yield f"1: input {raw_id} was acknowledged before it was durable"

    # ---- the whole
    def kept(self, disk: MemoryDisk) -> Iterator[str]:
        """1, 2: everything acknowledged is on the disk under the id that was told, and nothing is there twice."""
        known = disk.collections.get(c.DEDUP)
        for key, raw_id in self.acknowledged.items():
            found = known.values.get(key) if known else None
            if found is None or int(found) != raw_id:
                yield f"1: input {key!r} was acknowledged as {raw_id}; the disk has {found!r}"
        seen: dict[tuple[str, str], str] = {}
        for number, data in disk.collections[c.RAW].values.items() if c.RAW in disk.collections else ():
            cell = msgspec.msgpack.decode(data, type=c.RawCell)
            if seen.setdefault((cell.instance, cell.meta["key"]), number) != number:
                yield f"2: input {cell.meta['key']} was kept twice"

    def placed(self, disk: MemoryDisk) -> Iterator[str]:
        """1, 26-28: everything acknowledged has become something, where it belongs; nothing was given up early."""
        matters = disk.collections.get(c.RAW_MATTER)
        where = matters.values if matters else {}
        for key, raw_id in self.acknowledged.items():
            if raw_id not in self._registered:
                yield f"1: input {key!r} was acknowledged and never registered or quarantined"
            number = self.lead(int(where.get(c.number_key(raw_id), b"0")))
            if raw_id not in self._moved and key in self.belongs and number and number != self.lead(self.belongs[key]):
                yield f"27: input {key!r} belongs to conversation {self.belongs[key]}, but is in {number}"
            if self.lead(self.strangers.get(key, -1)) == number:
                yield f"28: a stranger reached conversation {number} by quoting a reply"
        for cell in [msgspec.msgpack.decode(data, type=c.DeadCell) for data in _values(disk, c.DEAD)]:
            given_up = f"e{cell.effect.effect_id}" not in self.refused and not cell.effect.expires_ms
            if given_up and cell.attempts < ATTEMPTS:
                yield f"26: effect {cell.effect.effect_id} was given up after {cell.attempts} attempts: {cell.reason}"

    def threaded(self, disk: MemoryDisk) -> Iterator[str]:
        """27: each message is in one thread, that of its matter, and so says what is kept of its input."""
        seen: dict[int, int] = {}
        threads = disk.collections.get(c.THREAD)
        for key, data in threads.values.items() if threads else ():
            event = decode_event(msgspec.msgpack.decode(data, type=c.ThreadCell).event)
            if isinstance(event, e.InteractionReceived) and event.interaction_id in self._places:
                number = int(key.partition("/")[0])
                if seen.setdefault(event.interaction_id, number) != number:
                    yield f"27: message {event.interaction_id} is in the threads of {number} and another matter"
        matters = disk.collections.get(c.RAW_MATTER)
        where = matters.values if matters else {}
        for message, number in self._places.items():
            if self.lead(seen.get(message, 0)) != self.lead(number):
                yield f"27: message {message} is of {number}, and stands in the thread of {seen.get(message, 0)}"
            kept = int(where.get(c.number_key(self._raws[message]), b"0"))
            if self.lead(kept) != self.lead(number):
                yield f"27: message {message} is of {number}, and its input of {kept}"

    def finished(self) -> Iterator[str]:
        """1, 23, 26, 28: once the faults are over and everybody has worked, nothing is left."""
        yield from self.questions.finished(self.acknowledged, self._interactions)
        open_effects = [number for number, how in self.effects.items() if how != "ended"]
        if open_effects:
            yield f"26: effects {open_effects[:5]} have neither been delivered nor given up"
        if self._clocks:
            yield f"23: the clocks of conversations {list(self._clocks)[:5]} never ended"
        if self._closings:
            yield f"closings: the questions about conversations {list(self._closings)[:5]} never ended"
