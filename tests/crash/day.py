"""A day of the whole engine on a `Disk`: customers whose inputs are acknowledged, operators who accept and answer.

The journal is the real one, on one thread: its writer works when it is called, so that a seed gives the same operations
in the same order every time. A life ends with the power; the next one, on what is left, must know everything that was
acknowledged: each input once, each effect waiting or delivered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import anyio
import anyio.to_thread
import msgspec
from tests.crash.canonical import Lost, integrity
from tests.crash.disk import Disk
from tests.crash.vfs import powered
from tests.engine.rig import FakeChannel, Rig, channels, reference_source, setup, turns, until

from omniroute.channels.contract import RawInput
from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import invariants
from omniroute.core.permissions import SYSTEM
from omniroute.engine import cells as c
from omniroute.engine import engine as engines
from omniroute.engine import recovery
from omniroute.engine.engine import running
from omniroute.errors import JournalError
from omniroute.journal import sqlite, sqlite_writer
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import BLOB_THRESHOLD_BYTES
from omniroute.journal.sqlite import SqliteJournal
from omniroute.testing.clock import ManualClock

ROUNDS = 3
CHECKPOINT_PAGES = 30
CELLS_MAX = 1_000


class _NoThread:
    """Stands where the writer's thread would be."""

    def start(self) -> None: ...

    def join(self) -> None: ...


class InlineWriter(sqlite_writer.Writer):
    """Settles each wave when it is submitted."""

    def start(self) -> None:
        self._thread = _NoThread()  # type: ignore[assignment]
        super().start()

    def submit(self, wave: sqlite_writer.Wave) -> None:
        super().submit(wave)
        self._waves.put(None)
        self._run()


async def inline(work: Callable[..., Any], *args: Any, **_: Any) -> Any:
    """In place of a thread."""
    return work(*args)


@contextmanager
def one_thread() -> Iterator[None]:
    """The journal and the engine on the thread of the loop, with references in order."""
    with (
        mock.patch.object(sqlite, "Writer", InlineWriter),
        mock.patch.object(anyio.to_thread, "run_sync", inline),
        mock.patch.object(engines, "new_reference", reference_source()),
        mock.patch.multiple(sqlite_writer, CHECKPOINT_PAGES=CHECKPOINT_PAGES, CHECKPOINT_PAGES_MAX=CHECKPOINT_PAGES),
    ):
        yield


@dataclass
class Promises:
    """What people outside were told, over all lives."""

    inputs: dict[str, RawInput] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    accepted: set[tuple[int, str]] = field(default_factory=set)
    replies: set[str] = field(default_factory=set)
    replied: set[str] = field(default_factory=set)
    delivered: list[tuple[str, str]] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    disk_failed: bool = False

    def hear(self, kinds: dict[str, FakeChannel]) -> None:
        """What has left the house stays out of it."""
        for channel in kinds.values():
            self.delivered += [(one.key, one.text) for one in channel.sent if one.order == "reply"]


class Day:
    """One life's worth of work; words are unique over all lives."""

    def __init__(self, rig: Rig, promises: Promises, life: int) -> None:
        self.rig, self.promises, self.life = rig, promises, life
        self._rounds = 0

    async def work(self) -> None:
        """Send again what was not acknowledged, then a few rounds of everything."""
        for word in [word for word in self.promises.inputs if word not in self.promises.acknowledged]:
            await self.receive(word)
        await self.rig.available("ann", "bob")
        for _ in range(ROUNDS):
            await self.round()

    async def round(self) -> None:
        self._rounds += 1
        words = [self._input(*one) for one in self._mixture()]
        async with anyio.create_task_group() as group:
            for word in words:
                group.start_soon(self.receive, word)
        for word in words:
            await self.rig.registered(self.promises.acknowledged[word])
        for operator in ("ann", "bob"):
            for offer_id in list(self.rig.state.operators[operator].offer_ids):
                await self._accept(offer_id, operator)
        await turns()

    def _mixture(self) -> list[tuple[str, str, dict[str, Any]]]:
        session = f"s{self.life}"
        return [
            ("mail", "letter", {"files": ["a.txt"], "from": f"kim{self._rounds}@example.org"}),
            ("mail", "long", {"subject": "x" * BLOB_THRESHOLD_BYTES, "from": f"lou{self.life}@example.org"}),
            ("mail", "garbage", {}),
            ("chat", "chat", {"session": session, "from": f"visitor-{self.life}", "by": "chat"}),
            ("phone", "call", {"session": f"{session}-{self._rounds}", "from": f"+49{self._rounds}", "by": "phone"}),
        ]

    def _input(self, instance: str, what: str, facts: dict[str, Any]) -> str:
        word = f"{what}-{self.life}-{self._rounds}-word"
        data = word.encode() if what == "garbage" else None
        if what == "garbage":
            self.promises.unreadable.add(word)
        self.promises.inputs[word] = self.rig.raw(instance, data, word, text=word, **facts)
        return word

    async def receive(self, word: str) -> None:
        self.promises.acknowledged[word] = await self.rig.engine.intake.receive(self.promises.inputs[word])

    async def _accept(self, offer_id: int, operator: str) -> None:
        item = self.rig.state.items[self.rig.state.offers[offer_id].work_item_id]
        await self.rig.do(k.AcceptOffer(offer_id=offer_id, operator_id=operator))
        self.promises.accepted.add((offer_id, operator))
        await self._reply(item.conversation_id, operator)

    async def _reply(self, conversation_id: int, operator: str) -> None:
        cell = c.read(self.rig.journal, c.CONVERSATION, c.number_key(conversation_id), c.ConversationCell)
        assert cell is not None
        word = f"reply-{self.life}-{len(self.promises.replies)}-word"
        content = c.ContentCell(text=word, sender=cell.to)
        self.promises.replies.add(word)
        await self.rig.writer.submit(
            SYSTEM,
            k.SendReply(conversation_id=conversation_id, operator_id=operator),
            lambda events: [c.put(c.CONTENT, c.number_key(events[0].interaction_id), content)],
        )
        self.promises.replied.add(word)


@asynccontextmanager
async def life_on(disk: Disk, promises: Promises, clock: ManualClock) -> AsyncIterator[Rig]:
    """An engine on this disk; what its channels sent is noted whatever ends it."""
    kinds = channels()
    with powered(disk) as vfs:
        journal: Any = SqliteJournal(disk.folder / "journal.db", vfs=vfs)
        try:
            async with running(setup(journal, kinds), clock) as engine:
                rig = Rig(engine, clock, journal, kinds)
                await turns(10)
                yield rig
        finally:
            promises.hear(kinds)
            await journal.close()


async def doomed_life(disk: Disk, promises: Promises, life: int, clock: ManualClock) -> None:
    """Work until the disk fails or the power is cut (or the day ends)."""
    try:
        async with life_on(disk, promises, clock) as rig:
            await Day(rig, promises, life).work()
            await rig.writer.settled()
    except* JournalError:
        if disk.fault is None or disk.number < disk.fault.number:
            raise


async def last_life(folder: Path, promises: Promises, clock: ManualClock) -> None:
    """A healthy disk: everything must be there, and what the senders repeat is known."""
    async with life_on(Disk(folder), promises, clock) as rig:
        await until(lambda: not rig.state.pending_raws)
        await until(lambda: not rig.engine.outbox.waiting())
        await rig.writer.barrier()
        early = await _recorded(rig)
        _check_inputs(rig, promises, early, set(promises.acknowledged))
        day = Day(rig, promises, 99)
        for word in list(promises.inputs):
            await day.receive(word)
        await until(lambda: not rig.state.pending_raws)
        await rig.writer.barrier()
        recorded = await _recorded(rig)
        _check_inputs(rig, promises, recorded, set(promises.inputs))
        _check_work(rig, promises, recorded)
        await rig.writer.settled()
        invariants.check(rig.state)
        if (await recovery.load(rig.journal)).encode() != rig.state.encode():
            raise Lost("the live state is not its replay")
    _check_effects(promises)
    for answer in integrity(folder / "journal.db"):
        raise Lost(f"the file is damaged: {answer}")


async def _recorded(rig: Rig) -> list[e.Event]:
    return [decode_event(entry.data) for entry in await rig.journal.read(0, rig.journal.last_seq())]


def _check_inputs(rig: Rig, promises: Promises, recorded: list[e.Event], needed: set[str]) -> None:
    """Each that is needed is there once, registered or in quarantine; none is there twice."""
    raws = [
        (int(key), msgspec.msgpack.decode(cell, type=c.RawCell).meta["id"])
        for key, cell in rig.journal.scan(c.RAW, limit=CELLS_MAX)
    ]
    contents = [msgspec.msgpack.decode(cell, type=c.ContentCell).text for cell in rig.cells(c.CONTENT)]
    quarantined = {event.raw_id for event in recorded if isinstance(event, e.RawQuarantined)}
    received = Counter(word for _, word in raws)
    registered, set_aside = Counter(contents), Counter(word for raw_id, word in raws if raw_id in quarantined)
    for word in promises.inputs:
        right = [(1, 0, 1)] if word in promises.unreadable else [(1, 1, 0)]
        if promises.disk_failed:  # an attachment that could not be stored
            right.append((1, 0, 1))
        if word not in needed:
            right.append((0, 0, 0))
        found = received[word], registered[word], set_aside[word]
        if found not in right:
            raise Lost(f"{word} is received, registered, quarantined {found} times")
    if not {(promises.acknowledged[word], word) for word in needed} <= set(raws):
        raise Lost("an acknowledged input has another number")


def _check_work(rig: Rig, promises: Promises, recorded: list[e.Event]) -> None:
    accepted = {(one.offer_id, one.operator_id) for one in recorded if isinstance(one, e.OfferAccepted)}
    if not promises.accepted <= accepted:
        raise Lost(f"accepts are lost: {promises.accepted - accepted}")
    if rig.cells(c.DEAD):
        raise Lost("a reply is in the dead letters")


def _check_effects(promises: Promises) -> None:
    """What was acknowledged has been delivered by now; a repetition has the same key."""
    delivered = {text for _, text in promises.delivered}
    if not promises.replied <= delivered:
        raise Lost(f"replies are lost: {promises.replied - delivered}")
    if not delivered <= promises.replies:
        raise Lost("something was sent that nobody wrote")
    keys = {(key, text) for key, text in promises.delivered}
    if len(keys) != len(delivered):
        raise Lost("a repeated delivery has another key")
