"""Intake: from what a channel received to a conversation.

What lives here: making raw input durable (`receive`), then normalizing it and registering its interactions, in order
of arrival. Between the two a crash loses nothing: unregistered raw input is taken up again at start. What cannot be
read is quarantined and blocks nobody.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import anyio
import structlog

from omniroute.channels.contract import Channel, Interaction, RawInput
from omniroute.core import events as e
from omniroute.core.commands import Command, QuarantineRaw, ReceiveRaw
from omniroute.core.events import Event
from omniroute.core.permissions import SYSTEM, Actor, Role
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.classify import Classifier
from omniroute.engine.fields import FieldRules
from omniroute.engine.mailbox import Request, Urgency
from omniroute.engine.ports import Spawn
from omniroute.engine.registration import Registration
from omniroute.engine.status.desk import StatusDesk
from omniroute.engine.status.question import StatusQuestion
from omniroute.engine.writer import Writer
from omniroute.errors import Busy, InvalidInput, JournalCorrupt, JournalError, JournalFull, OmniRouteError, TooLarge
from omniroute.journal.contract import BLOB_THRESHOLD_BYTES, Write

RAW_BYTES_MAX = 64 * 1024 * 1024
"""No channel may hand in more than this as one input."""
THREAD_BYTES_MIN = 64 * 1024
"""Input above this size is normalized beside the loop."""
BACKLOG_MAX = 2048
"""Received but unregistered inputs; `Busy` beyond."""
RETRY_MS = 1_000
RETRY_MAX_MS = 60_000
REGISTRATION_PATIENCE_S = 10

log = structlog.get_logger("omniroute.intake")


class _Pending(NamedTuple):
    raw_id: int
    raw: RawInput


class Intake:
    """One for all channels. ``kinds`` maps an instance to its channel."""

    def __init__(
        self,
        writer: Writer,
        spawn: Spawn,
        kinds: Mapping[str, Channel],
        classifier: Classifier,
        new_reference: Callable[[], str],
        status: StatusDesk,
        fields: FieldRules,
    ) -> None:
        self._writer = writer
        self._spawn = spawn
        self._kinds = kinds
        self._classifier = classifier
        self._new_reference = new_reference
        self._status = status
        self._fields = fields
        self._line: deque[_Pending] = deque()  # bounded by admission: BACKLOG_MAX, and what the mailbox holds then
        self._arrived = anyio.Event()
        self._received: dict[int, RawInput] = {}
        writer.on_commit.append(self._hear)

    async def receive(self, raw: RawInput) -> int:
        """See `ChannelContext.receive`."""
        if len(raw.data) > RAW_BYTES_MAX:
            raise TooLarge("the input is too large")
        urgency = Urgency.OPEN if self._belongs_to_open(raw) else Urgency.NEW
        self._writer.mailbox.admit(urgency)
        if len(self._line) >= BACKLOG_MAX // (1 if urgency is Urgency.OPEN else 2):
            raise Busy
        key = self._dedup_key(raw)
        cell = await self._raw_cell(raw)
        known = 0

        def prepare(_: State, cells: c.Cells) -> Command:
            nonlocal known
            known = cells.number(c.DEDUP, key)
            return ReceiveRaw(channel=raw.instance, known_raw_id=known)

        def contents(events: Sequence[Event]) -> Sequence[Write]:
            ids = [event.raw_id for event in events if isinstance(event, e.RawReceived)]
            self._received.update(dict.fromkeys(ids, raw))
            return [w for n in ids for w in (c.put(c.RAW, c.number_key(n), cell), c.put_number(c.DEDUP, key, n))]

        actor = Actor(Role.CHANNEL, instance=raw.instance)
        events = await self._writer.submit(actor, prepare, contents, urgency)
        return next((event.raw_id for event in events if isinstance(event, e.RawReceived)), known)

    def _hear(self, events: Sequence[Event]) -> None:
        """What is durable is registered, whether or not its sender still waits for the answer."""
        for event in events:
            if isinstance(event, e.RawReceived) and event.raw_id in self._received:
                self._put(_Pending(event.raw_id, self._received.pop(event.raw_id)))

    def _put(self, pending: _Pending) -> None:
        self._line.append(pending)
        self._arrived.set()

    async def run(self) -> None:
        """Register what comes in, in order; first what an earlier life left behind."""
        for raw_id in list(self._writer.state.pending_raws):
            await self._take_up(raw_id)
        while True:
            while not self._line:
                self._arrived = anyio.Event()
                await self._arrived.wait()
            await self._register(self._line.popleft())

    async def _take_up(self, raw_id: int) -> None:
        try:
            raw = await self.load(raw_id)
        except JournalCorrupt as damaged:
            log.warning("raw_damaged", raw_id=raw_id)
            await self._quarantine(raw_id, str(damaged))
            return
        if raw is None:
            await self._quarantine(raw_id, "its bytes are missing")
        else:
            await self._register(_Pending(raw_id, raw))

    async def load(self, raw_id: int) -> RawInput | None:
        """Raw input as it came; None if there is none."""
        cell = c.read(self._writer.journal, c.RAW, c.number_key(raw_id), c.RawCell)
        if cell is None:
            return None
        data = await self._writer.journal.get_blob(cell.digest) if cell.digest else cell.data
        return RawInput(
            instance=cell.instance,
            account=cell.account,
            received_ms=cell.received_ms,
            data=data or b"",
            meta=cell.meta,
        )

    async def reference_of(self, raw_id: int) -> str:
        """The reference of the matter that an input became; waits for its registration.

        Raises `InvalidInput` where it was quarantined, `Busy` where it takes too long.
        """
        journal, key = self._writer.journal, c.number_key(raw_id)
        with self._writer.feed.listen() as commits, anyio.move_on_after(REGISTRATION_PATIENCE_S):
            while not (number := int(journal.get(c.RAW_MATTER, key) or b"0")):
                if journal.get(c.QUARANTINE, key) is not None:
                    raise InvalidInput("it could not be read; it is kept in quarantine")
                await commits.receive()
        matter = c.read(journal, c.CONVERSATION, c.number_key(c.lead(journal, number)), c.ConversationCell)
        if matter is None:
            raise Busy("it has been received, and will be registered shortly")
        return matter.reference

    def _belongs_to_open(self, raw: RawInput) -> bool:
        return bool(raw.session_key) and (raw.instance, raw.session_key) in self._writer.state.by_session

    def _dedup_key(self, raw: RawInput) -> str:
        key = self._kinds[raw.instance].dedup_key(raw) or hashlib.sha256(raw.data).hexdigest()
        return c.joined_key(raw.instance, raw.account, key)

    async def _raw_cell(self, raw: RawInput) -> c.RawCell:
        cell = c.RawCell(raw.instance, raw.account, raw.received_ms, dict(raw.meta), len(raw.data))
        if len(raw.data) > BLOB_THRESHOLD_BYTES:
            cell.digest = await self._writer.journal.put_blob(raw.data)
        else:
            cell.data = raw.data
        return cell

    async def _register(self, pending: _Pending) -> None:
        """Normalize and register; whatever goes wrong with one input ends in quarantine, not in the loop."""
        while True:
            try:
                interactions = await self._normalize(pending.raw)
                registrations = [await self._prepare(pending, i, interactions) for i in interactions]
                requests = [r.post(self._writer) for r in registrations]
            except (InvalidInput, TooLarge) as unreadable:
                await self._quarantine(pending.raw_id, str(unreadable))
            except (Busy, JournalFull):
                await self._pause()
                continue
            except JournalError:
                raise  # the disk failed, not the input: it is durable, and the next start takes it up again
            except Exception as bug:
                # the text of the error may hold contents: only its kind is logged
                log.warning("normalize_failed", raw_id=pending.raw_id, kind=type(bug).__name__)
                await self._quarantine(pending.raw_id, f"the channel failed to read it ({type(bug).__name__})")
            else:
                for request in requests:
                    self._spawn.start("registration", self._confirm, pending, request)
            return

    async def _normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        channel = self._kinds[raw.instance]
        if len(raw.data) > THREAD_BYTES_MIN:
            interactions = await self._spawn.in_thread(channel.normalize, raw)
        else:
            interactions = channel.normalize(raw)
        if not interactions:
            raise InvalidInput("there is nothing in it")
        return tuple(interactions)

    async def _prepare(
        self, pending: _Pending, one: Interaction, among: Sequence[Interaction]
    ) -> Registration | StatusQuestion:
        attachments = [
            c.AttachmentCell(
                part.name, part.content_type, len(part.data), await self._writer.journal.put_blob(part.data)
            )
            for part in one.attachments
        ]
        question = self._status.question(pending.raw.instance, one)
        if question is not None:
            return self._status.registration(
                pending.raw_id, pending.raw, one, attachments, question, last=one is among[-1]
            )
        return Registration(
            pending.raw_id,
            pending.raw,
            one,
            attachments,
            self._classifier,
            self._new_reference,
            self._fields,
            last=one is among[-1],
        )

    async def _confirm(self, pending: _Pending, request: Request) -> None:
        try:
            await request.outcome()
        except JournalFull:
            await self._pause()
            self._put(pending)
        except OmniRouteError as refused:
            log.warning("registration_refused", raw_id=pending.raw_id, code=refused.code)
            await self._quarantine(pending.raw_id, str(refused))

    async def _quarantine(self, raw_id: int, reason: str) -> None:
        """Set an input aside; where a bug prevents it, it is tried again beside the line and holds nobody up."""
        if not await self._set_aside(raw_id, reason):
            self._spawn.start("quarantine", self._quarantine_later, raw_id, reason)

    async def _quarantine_later(self, raw_id: int, reason: str) -> None:
        pause_ms = RETRY_MS
        await self._pause(pause_ms)
        while not await self._set_aside(raw_id, reason):
            pause_ms = min(pause_ms * 2, RETRY_MAX_MS)
            await self._pause(pause_ms)

    async def _set_aside(self, raw_id: int, reason: str) -> bool:
        """Whether it was possible; waits for room on the disk."""
        while True:
            try:
                await self._writer.submit(SYSTEM, QuarantineRaw(raw_id=raw_id, reason=reason), urgency=Urgency.ENGINE)
            except JournalFull:
                await self._pause()
            except JournalError:
                raise
            except OmniRouteError as bug:
                log.warning("quarantine_failed", raw_id=raw_id, code=bug.code)  # the writer has logged where
                return False
            else:
                return True

    async def _pause(self, duration_ms: int = RETRY_MS) -> None:
        await self._writer.clock.sleep_until(self._writer.clock.now_ms() + duration_ms)
