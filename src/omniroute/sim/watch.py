"""The watch: every promise, after every step, from outside the engine.

What lives here: what is compared and when. After each decided command the invariants are asked of what it touched;
everything durable is decoded from its bytes and replayed on a follower, which is asked what must hold at the moment of
each event; every so often everything is recounted and compared with the follower. The first violation ends the run.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from omniroute.core import events as e
from omniroute.core import invariants, machine
from omniroute.core.deadlines import Concern
from omniroute.core.state import State
from omniroute.engine.writer import Writer
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import Entry
from omniroute.journal.memory import MemoryDisk
from omniroute.sim.ledger import Ledger

LATE_MS = 5_000
"""So late a deadline may fire, while the engine can write and its clock was not set."""
WRONG_MS = 5_000
"""So far the engine's clock may be from the wall, when that was not set for a while."""
NOT_AT_A_START = (e.ConfigApplied, e.OperatorPut, e.RawReceived, e.ReplySent, e.NoteAdded, e.OfferDeclined)
"""What a restart by itself never brings (invariant 32)."""


class Watch:
    """``violation`` is empty until something is wrong; then ``alarm`` is called."""

    def __init__(self, full_every: int, alarm: Callable[[], None], latest_ms: Callable[[], int]) -> None:
        self.violation = ""
        self.ledger = Ledger()
        self.follower = State()
        self.seq = 0
        self.commands = 0
        self.kinds: Counter[type[e.Event]] = Counter()
        self.starting = False
        self.began_ms = 0
        self.latest_ms = latest_ms
        """The latest moment that the wall clock has shown so far, wrong answers left out."""
        self._epoch = 0
        self._full_every = full_every
        self._alarm = alarm
        self._writer: Writer | None = None

    # ---- a life begins and ends
    def begin(self, now_ms: int) -> None:
        """A process starts; its clock shows ``now_ms``."""
        self.starting = True
        self.began_ms = now_ms

    def follow(self, writer: Writer) -> None:
        """A new life: what it recovered must be what is durable."""
        self._writer = writer
        writer.on_decide.append(lambda events: self._decided(writer, events))
        for operator in writer.state.operators.values():
            if operator.connected and operator.lease_until_ms < self.began_ms + writer.state.config.lease_ms:
                self.fail(f"13: {operator.operator_id} is believed to be connected, though the engine was down")
        self.everything()

    def leave(self) -> None:
        """The process is gone."""
        self._writer = None
        self.ledger.forget_requests()

    # ---- looking
    def _decided(self, writer: Writer, events: Sequence[e.Event]) -> None:
        if writer is self._writer:
            self.look(writer.state, events)
            if self.commands % self._full_every == 0:
                self.everything()

    def look(self, state: State, events: Sequence[e.Event]) -> None:
        """After a step: the invariants of what it touched."""
        if self.violation:
            return
        self.commands += 1
        try:
            invariants.check_touched(state, events)
        except (AssertionError, LookupError) as wrong:
            self.fail(_said(wrong))

    def durable(self, entries: Sequence[Entry], epoch: int) -> None:
        """Told by the disk, in order, of what it will never lose."""
        latest_ms = self.latest_ms()
        for entry in entries:
            if self.violation:
                return
            self._replay(entry, epoch, latest_ms)

    def _replay(self, entry: Entry, epoch: int, latest_ms: int) -> None:
        if entry.seq != self.seq + 1 or epoch < self._epoch:
            self.fail(f"30: entry {entry.seq} of epoch {epoch} follows {self.seq} of epoch {self._epoch}")
        if entry.at_ms > latest_ms:
            self.fail(f"25: entry {entry.seq} is of {entry.at_ms}, which no clock has shown for long")
        if entry.at_ms < self.follower.now_ms:
            self.fail(f"25: entry {entry.seq} is of {entry.at_ms}, earlier than {self.follower.now_ms}")
        self.seq, self._epoch = entry.seq, epoch
        event = decode_event(entry.data)
        self.kinds[type(event)] += 1
        if self.starting and isinstance(event, NOT_AT_A_START) and self._epoch > 1:
            self.fail(f"32: a restart brought {type(event).__name__}")
        offer = self.follower.offers.get(event.offer_id) if isinstance(event, e.OfferExpired) else None
        if offer is not None and offer.deadline_ms <= self.began_ms:
            self.fail(f"13: offer {offer.offer_id} ran out while the engine was down, and counts as missed")
        try:
            invariants.witness(self.follower, (event,), entry.at_ms)
        except (AssertionError, LookupError) as wrong:
            self.fail(_said(wrong))
        self.all_of(self.ledger.committed(event))

    def everything(self) -> None:
        """Recount, and compare the state with what replaying the durable bytes gives."""
        writer = self._writer
        if writer is not None:
            self.recount(writer.state, settled=writer.decided_seq == writer.committed_seq == self.seq)

    def recount(self, state: State, *, settled: bool) -> None:
        """Everything from the records anew; ``settled``: all that the state shows is durable."""
        if self.violation:
            return
        try:
            invariants.check(state)
        except (AssertionError, LookupError) as wrong:
            self.fail(_said(wrong))
        if settled and state.encode() != self.follower.encode():
            self.fail("31: the state differs from a replay of what is durable")

    def punctual(self, now_ms: int) -> None:
        """No deadline is long overdue: asked only while the engine has been able to write for a while."""
        writer = self._writer
        for concern in Concern if writer is not None else ():
            due_ms = machine.next_deadline_ms(writer.state, concern)  # type: ignore[union-attr]
            if due_ms is not None and due_ms < now_ms - LATE_MS:
                self.fail(f"a deadline of {concern} is {now_ms - due_ms} ms overdue")

    def right(self, now_ms: int, true_ms: int) -> None:
        """25: the engine's clock follows the wall."""
        if abs(now_ms - true_ms) > WRONG_MS:
            self.fail(f"25: the clock shows {now_ms}, the wall has shown {true_ms} for a while")

    def answered(self, disk: MemoryDisk) -> None:
        """Nobody has an answer that is not durable."""
        self.all_of(self.ledger.answered(len(disk.entries)))

    def all_of(self, complaints: Iterable[str]) -> None:
        """Fail for the first complaint, if there is one."""
        for complaint in complaints:
            self.fail(complaint)
            return

    def fail(self, complaint: str) -> None:
        """The first violation ends the run."""
        if not self.violation:
            self.violation = complaint
            self._alarm()

    def tags(self) -> Counter[str]:
        """How many events of each type are durable."""
        return Counter({str(kind.__struct_config__.tag): number for kind, number in self.kinds.items()})

    def state_hash(self) -> str:
        """Of everything durable: the same seed gives the same one."""
        return hashlib.sha256(self.follower.encode()).hexdigest()


def _said(wrong: Exception) -> str:
    return str(wrong) if isinstance(wrong, invariants.InvariantViolation) else f"{type(wrong).__name__}: {wrong}"
