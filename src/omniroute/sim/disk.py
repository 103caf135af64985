"""The Disk port of the simulator: a journal whose storage is slow, fails, fills up, and loses what was not synced.

What lives here: `SimJournal`, the memory journal with latency and faults. An append that is under way when the process
dies is on the disk or it is not, whole; that is what SQLite's log makes of a torn write (``tests/crash`` tears it byte
by byte).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import anyio

from omniroute.errors import JournalError, JournalFull
from omniroute.journal.contract import Entry, Snapshot, Write
from omniroute.journal.memory import MemoryDisk, MemoryJournal

APPEND_MS_MAX = 3
SLOW_MS = 400
"""What an append takes while the disk is slow."""
KEPT_OF_16 = 8
"""How many of 16 appends that were under way at a crash are on the disk afterwards."""


class Storage:
    """What outlives the process: the disk, its faults, and who is told of everything that is durable."""

    def __init__(self, chance: random.Random, durable: Callable[[Sequence[Entry], int], None]) -> None:
        self.disk = MemoryDisk()
        self.chance = chance
        self.full = False
        self.room = 0
        """Appends until the disk is full; 0 or less: it does not fill."""
        self.slow = False
        self.sync_error = False
        self.sync_failures = 0
        self._durable = durable
        self._under_way: tuple[Sequence[Entry], Sequence[Write]] | None = None

    def fill(self, appends: int) -> None:
        """After so many appends there is no room."""
        self.room, self.full = appends, not appends

    def begin(self, entries: Sequence[Entry], writes: Sequence[Write]) -> None:
        """The bytes are written, the sync has begun."""
        if self._under_way is not None:
            raise AssertionError("the engine appends while an append is under way: their order is no longer certain")
        self._under_way = (entries, writes)
        self.room -= 1
        self.full = self.full or self.room == 0

    def settle(self) -> None:
        """The sync has ended: what was written is durable."""
        if self._under_way is None:
            return
        entries, writes = self._under_way
        self._under_way = None
        self.disk.keep(entries, writes)
        if entries:
            self._durable(entries, self.disk.epoch)

    def drop(self) -> None:
        """What was written is gone."""
        self._under_way = None

    def crash(self) -> None:
        """The process dies: what was under way is on the disk, or it is not."""
        if self.chance.getrandbits(4) < KEPT_OF_16:
            self.settle()
        self.drop()
        self.disk.crash()

    def free(self) -> None:
        """There is room again."""
        self.full, self.room = False, 0

    def hurry(self) -> None:
        """The disk is quick again."""
        self.slow = False

    def latency_s(self) -> float:
        """How long the next sync takes."""
        return (SLOW_MS if self.slow else 0) / 1000 + self.chance.randrange(APPEND_MS_MAX + 1) / 1000


class SimJournal(MemoryJournal):
    """`omniroute.journal.contract.Journal` on a `Storage`; a new one for each life."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage.disk)
        self._storage = storage

    async def append(self, entries: Sequence[Entry], writes: Sequence[Write] = ()) -> None:
        storage = self._storage
        self._admit(entries, writes)
        if storage.full and (entries or writes):
            await anyio.sleep(storage.latency_s())
            raise JournalFull("no space is left on the simulated disk")
        storage.begin(entries, writes)
        with anyio.CancelScope(shield=True):  # cancelling who waits does not cancel the commit
            await anyio.sleep(storage.latency_s())
        self._admit(entries, writes)  # it may be another owner's by now
        if storage.sync_error:
            self._fail_to_sync()
        storage.settle()

    def _fail_to_sync(self) -> None:
        """Whether the bytes are there nobody knows; nothing more is written until the journal is opened again."""
        storage = self._storage
        storage.sync_error = False
        storage.sync_failures += 1
        if storage.chance.getrandbits(1):
            storage.settle()
        storage.drop()
        self._broken = True
        raise JournalError("the simulated disk failed while it synced")

    async def put_snapshot(self, snapshot: Snapshot) -> None:
        await anyio.sleep(self._storage.latency_s())
        await super().put_snapshot(snapshot)

    async def put_blob(self, data: bytes) -> str:
        await anyio.sleep(self._storage.latency_s())
        return await super().put_blob(data)
