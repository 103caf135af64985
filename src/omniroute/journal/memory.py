"""A journal in memory: for tests and the simulator, which own its faults.

A `MemoryDisk` is the stable storage. A new `MemoryJournal` on the same disk finds what was committed, and nothing
else. An append is committed within the call, before the first await, so its order is the order of calls.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

import anyio.lowlevel

from omniroute.errors import JournalCorrupt, JournalError, JournalFull, JournalLocked
from omniroute.journal.checks import check_sequence, check_snapshot, check_writes, prefix_end
from omniroute.journal.contract import Entry, Snapshot, Write

SNAPSHOTS_KEPT = 2


class Collection:
    """Cells of one name, with their keys in code point order."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self._keys: list[str] = []

    def write(self, key: str, value: bytes | None) -> None:
        """Set a cell, or delete it where ``value`` is None."""
        if value is not None:
            if key not in self.values:
                insort(self._keys, key)
            self.values[key] = value
        elif self.values.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]

    def scan(self, prefix: str, after: str, limit: int, *, reverse: bool) -> list[tuple[str, bytes]]:
        """Return cells by key; see `omniroute.journal.contract.Journal.scan`."""
        end = prefix_end(prefix)
        first = bisect_left(self._keys, prefix)
        last = len(self._keys) if end is None else bisect_left(self._keys, end)
        if after and reverse:
            last = min(last, bisect_left(self._keys, after))
        elif after:
            first = max(first, bisect_right(self._keys, after))
        limit = max(0, limit)
        if reverse:
            keys = self._keys[max(first, last - limit) : last][::-1]
        else:
            keys = self._keys[first : min(last, first + limit)]
        return [(key, self.values[key]) for key in keys]


class MemoryDisk:
    """What survives: shared by the journals that are opened on it, one after the other.

    The fields are open to tests and to the simulator (a fault may change them); `Collection` keeps its own order.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.epochs: list[int] = []
        self.collections: dict[str, Collection] = {}
        self.snapshots: dict[int, Snapshot] = {}
        self.blobs: dict[str, bytes] = {}
        self.epoch = 0
        self.owner: MemoryJournal | None = None
        self.holder = ""

    def keep(self, entries: Sequence[Entry], writes: Sequence[Write]) -> None:
        """Make entries and cells part of what survives."""
        self.entries.extend(entries)
        self.epochs.extend([self.epoch] * len(entries))
        for write in writes:
            self.collections.setdefault(write.collection, Collection()).write(write.key, write.value)

    def crash(self) -> None:
        """The owner's process is gone, without a close; its later writes are refused."""
        self.owner = None


class MemoryJournal:
    """`omniroute.journal.contract.Journal` on a `MemoryDisk`."""

    def __init__(self, disk: MemoryDisk | None = None) -> None:
        self.disk = disk if disk is not None else MemoryDisk()
        self._open = False
        self._planned: tuple[Exception, bool] | None = None
        self._broken = False

    def fail_next(self, error: Exception, *, written: bool = False) -> None:
        """Let the next append raise ``error``.

        ``written``: it fails *after* the commit, as a broken answer would. After a `JournalError` that is not
        `JournalFull` further appends are refused until the journal is opened again, as the contract has it.
        """
        self._planned = (error, written)

    async def open(self, holder: str) -> int:
        if self.disk.owner is not None:
            raise JournalLocked(f"this journal is owned by {self.disk.holder}; stop that one first")
        check_sequence(0, self.disk.entries)
        self.disk.owner, self.disk.holder = self, holder
        self.disk.epoch += 1
        self._open, self._broken = True, False
        await anyio.lowlevel.checkpoint()
        return self.disk.epoch

    async def append(self, entries: Sequence[Entry], writes: Sequence[Write] = ()) -> None:
        disk = self._admit(entries, writes)
        failure = self._take_planned()
        if failure is None or failure[1]:
            disk.keep(entries, writes)
        if failure is not None:
            raise failure[0]
        await anyio.lowlevel.checkpoint()

    def last_seq(self) -> int:
        return len(self._readable_disk().entries)

    async def read(self, after_seq: int, limit: int) -> list[Entry]:
        first = max(0, after_seq)
        entries = self._readable_disk().entries[first : first + max(0, limit)]
        await anyio.lowlevel.checkpoint()
        return entries

    def get(self, collection: str, key: str) -> bytes | None:
        cells = self._readable_disk().collections.get(collection)
        return None if cells is None else cells.values.get(key)

    def scan(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000, reverse: bool = False
    ) -> list[tuple[str, bytes]]:
        cells = self._readable_disk().collections.get(collection)
        return [] if cells is None else cells.scan(prefix, after, limit, reverse=reverse)

    async def put_snapshot(self, snapshot: Snapshot) -> None:
        disk = self._owned_disk()
        check_snapshot(snapshot.seq, self.last_seq())
        disk.snapshots[snapshot.seq] = snapshot
        for seq in sorted(disk.snapshots)[:-SNAPSHOTS_KEPT]:
            del disk.snapshots[seq]
        await anyio.lowlevel.checkpoint()

    async def latest_snapshot(self) -> Snapshot | None:
        snapshots = self._readable_disk().snapshots
        newest = snapshots[max(snapshots)] if snapshots else None
        await anyio.lowlevel.checkpoint()
        return newest

    async def put_blob(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self._owned_disk().blobs[digest] = bytes(data)
        await anyio.lowlevel.checkpoint()
        return digest

    async def get_blob(self, digest: str) -> bytes | None:
        data = self._readable_disk().blobs.get(digest)
        await anyio.lowlevel.checkpoint()
        if data is not None and hashlib.sha256(data).hexdigest() != digest:
            raise JournalCorrupt(f"the stored bytes of blob {digest[:12]}… are not those that were kept")
        return data

    async def close(self) -> None:
        self._open = False
        if self.disk.owner is self:
            self.disk.owner = None

    def _readable_disk(self) -> MemoryDisk:
        if not self._open:
            raise JournalError("the journal is not open")
        return self.disk

    def _owned_disk(self) -> MemoryDisk:
        disk = self._readable_disk()
        if disk.owner is not self:
            raise JournalLocked("another owner has taken this journal over")
        if self._broken:
            raise JournalError("an earlier append failed: close the journal and recover")
        return disk

    def _admit(self, entries: Sequence[Entry], writes: Sequence[Write]) -> MemoryDisk:
        """The disk, if it is ours and these may be appended now."""
        disk = self._owned_disk()
        check_writes(writes)
        check_sequence(self.last_seq(), entries)
        return disk

    def _take_planned(self) -> tuple[Exception, bool] | None:
        planned, self._planned = self._planned, None
        if planned is not None and isinstance(planned[0], JournalError):
            self._broken = not isinstance(planned[0], JournalFull)
        return planned
