"""The canonical run of a journal, the client's log of what was acknowledged, and the judgement after a fault.

The run uses everything a store owes: single appends, several in flight, cells set and deleted, blobs, snapshots,
checkpoints, close and reopen. The client does what the engine does: after `JournalFull` it tries again, after any other
error it closes and recovers. It keeps every attempt in the order of the calls, so that the judge knows what an exact
prefix is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import apsw
from tests.crash.disk import Disk

from omniroute.errors import JournalError, JournalFull
from omniroute.journal.contract import Entry, Snapshot, Write
from omniroute.journal.sqlite import SqliteJournal

TRIES_MAX = 6
"""Far more than a single fault can cost: beyond it the journal does not come back."""
READ_MAX = 10_000
BLOB = "blob"
BLOB_NAMES = "attachment"
CELLS = "cell"


class Lost(AssertionError):
    """What was promised does not hold."""


class Gone(Exception):
    """The power is off."""


@dataclass
class Attempt:
    """One append, in the order of the calls."""

    epoch: int
    entries: list[Entry]
    writes: list[Write]
    acknowledged: bool = False


@dataclass
class Log:
    """What the client knows."""

    attempts: list[Attempt] = field(default_factory=list)
    epoch: int = 0
    snapshots: list[Snapshot] = field(default_factory=list)
    snapshot_acknowledged: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict)
    recoveries: int = 0

    @property
    def acknowledged(self) -> int:
        return sum(attempt.acknowledged for attempt in self.attempts)


class Client:
    """Drives one journal through the run; ``log`` is what it was told."""

    def __init__(self, path: Path, disk: Disk, vfs: str) -> None:
        self.disk = disk
        self.journal = SqliteJournal(path, vfs=vfs)
        self.log = Log()
        self._made = 0

    async def run(self) -> None:
        """The canonical run. Raises `Gone` when the power is cut."""
        try:
            await self.recover()
            await self._first_life()
            await self.close()
            await self.recover()
            await self._second_life()
            await self.close()
        except Gone:
            await self.close(gone=True)
            raise

    async def _first_life(self) -> None:
        await self.append(3)
        await self.append(0)  # cells only
        await self.append(1, blob=b"a letter " * 9_000)
        await self.several()
        await self.snapshot()
        await self.append(2, size=3_000)  # past a checkpoint
        await self.append(2)

    async def _second_life(self) -> None:
        await self.append(2, blob=b"a letter " * 9_000)  # the same content again
        await self.several()
        await self.append(1, size=6_000)
        await self.append(1)  # the log begins anew, over what was moved
        await self.append(1, blob=b"a picture " * 7_000)
        await self.snapshot()

    # ---- its steps: each is done when the journal says so, and then it is quiet
    async def append(self, entries: int, *, size: int = 40, blob: bytes = b"") -> None:
        """One append; again after an error that left nothing of it."""
        digest = await self.put_blob(blob) if blob else ""
        self._made += 1
        mark = self._made
        for _ in range(TRIES_MAX):
            attempt = self._attempt(entries, size, digest, mark)
            try:
                await self._try(attempt)
            except JournalFull:
                continue
            except JournalError:
                await self.recover()
                if attempt in self.log.attempts:
                    return
                continue
            await self.quiet()
            return
        raise Lost("an append never succeeds")

    async def several(self) -> None:
        """One append on its way to the disk, and four more behind it in one group."""
        self.disk.gate.shut()
        async with anyio.create_task_group() as group:
            group.start_soon(self._several_first)
            await anyio.to_thread.run_sync(self.disk.gate.reached)
            for _ in range(4):
                group.start_soon(self._several_one)
            await anyio.lowlevel.checkpoint()
            self.disk.gate.open()
        self._check_power()
        if any(not attempt.acknowledged for attempt in self.log.attempts):
            await self.recover()
        await self.quiet()

    async def _several_first(self) -> None:
        try:
            await self._several_one()
        finally:
            self.disk.gate.open()

    async def _several_one(self) -> None:
        self._made += 1
        attempt = self._attempt(1, 200, "", self._made)
        try:
            await self._try(attempt)
        except (JournalError, Gone):
            return  # whoever comes after it knows

    async def snapshot(self) -> None:
        for _ in range(TRIES_MAX):
            snapshot = Snapshot(self.journal.last_seq(), b"state %d " % self.journal.last_seq() * 300)
            self.log.snapshots.append(snapshot)
            try:
                await self.journal.put_snapshot(snapshot)
            except JournalFull:
                self._check_power()
            except JournalError:
                await self.recover()
            else:
                self.log.snapshot_acknowledged = snapshot.seq
                await self.quiet()
                return
        raise Lost("a snapshot never succeeds")

    async def put_blob(self, data: bytes) -> str:
        for _ in range(TRIES_MAX):
            try:
                digest = await self.journal.put_blob(data)
            except JournalError:
                self._check_power()
                continue
            self.log.blobs[digest] = data
            return digest
        raise Lost("a blob is never stored")

    async def recover(self) -> None:
        """Close, open, and see what is there: it must be what the log says."""
        for _ in range(TRIES_MAX):
            await self.close()
            try:
                self.log.epoch = await check_epoch(self.journal, self.log.epoch)
                await judge(self.journal, self.log)
            except JournalError:
                self._check_power()
                continue
            self.log.recoveries += 1
            return
        raise Lost("the journal does not open any more")

    async def close(self, *, gone: bool = False) -> None:
        await self.journal.close()
        if not gone:
            self._check_power()

    async def quiet(self) -> None:
        """Until the writer thread is idle: what it does after an acknowledgement must not race with what follows."""
        try:
            await self.journal.append([])
        except JournalError:
            await self.recover()

    def _check_power(self) -> None:
        if self.disk.off:
            raise Gone

    async def _try(self, attempt: Attempt) -> None:
        self.log.attempts.append(attempt)
        try:
            await self.journal.append(attempt.entries, attempt.writes)
        except JournalFull:
            self.log.attempts.remove(attempt)  # the contract: nothing is written
            self._check_power()
            raise
        except JournalError:
            self._check_power()
            raise
        attempt.acknowledged = True

    def _attempt(self, entries: int, size: int, digest: str, mark: int) -> Attempt:
        behind = [entry for attempt in self.log.attempts for entry in attempt.entries]
        first = behind[-1].seq + 1 if behind else 1
        data = b"%d of epoch %d " % (mark, self.log.epoch)
        made = [Entry(first + at, 1_000 * mark + at, (data * size)[:size]) for at in range(entries)]
        writes = [Write(CELLS, f"{mark % 5}", data), Write(CELLS, f"{mark}", data * 3)]
        if mark % 3 == 0:
            writes.append(Write(CELLS, f"{mark - 1}", None))
        if digest:
            writes.append(Write(BLOB_NAMES, f"{mark}", digest.encode()))
        return Attempt(self.log.epoch, made, writes)


# ---- the judgement
async def check_epoch(journal: SqliteJournal, before: int) -> int:
    epoch = await journal.open("the campaign")
    if epoch <= before:
        raise Lost(f"epoch {epoch} follows {before}")
    return epoch


async def judge(journal: SqliteJournal, log: Log) -> None:
    """What is recovered must be an exact prefix of the attempts, with everything acknowledged; the log is cut to it."""
    recovered = await journal.read(0, READ_MAX)
    epochs = await anyio.to_thread.run_sync(_epochs, journal)
    found = dict(journal.scan(CELLS, limit=READ_MAX)), dict(journal.scan(BLOB_NAMES, limit=READ_MAX))
    prefixes = [
        count for count in range(len(log.attempts) + 1) if _holds(log.attempts[:count], recovered, epochs, found)
    ]
    needed = max((at + 1 for at, one in enumerate(log.attempts) if one.acknowledged), default=0)
    if not prefixes:
        raise Lost(f"{len(recovered)} entries and {len(found[0])} cells are no prefix of {len(log.attempts)} appends")
    if max(prefixes) < needed:
        raise Lost(f"{needed} appends were acknowledged, {max(prefixes)} are there")
    log.attempts = log.attempts[: max(prefixes)]
    for attempt in log.attempts:
        attempt.acknowledged = True  # what was read once is there for ever
    await _judge_snapshots(journal, log)
    for digest in {*log.blobs, *(value.decode() for value in found[1].values())}:
        if await journal.get_blob(digest) != log.blobs.get(digest):
            raise Lost("a blob is lost")


def _holds(
    attempts: Sequence[Attempt],
    recovered: Sequence[Entry],
    epochs: Sequence[int],
    found: tuple[dict[str, bytes], dict[str, bytes]],
) -> bool:
    if [entry for attempt in attempts for entry in attempt.entries] != list(recovered):
        return False
    if [attempt.epoch for attempt in attempts for _ in attempt.entries] != list(epochs):
        return False
    cells: dict[str, dict[str, bytes]] = {CELLS: {}, BLOB_NAMES: {}}
    for write in (write for attempt in attempts for write in attempt.writes):
        if write.value is None:
            cells[write.collection].pop(write.key, None)
        else:
            cells[write.collection][write.key] = write.value
    return (cells[CELLS], cells[BLOB_NAMES]) == found


def _epochs(journal: SqliteJournal) -> list[int]:
    connection = apsw.Connection(str(journal.path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        return [epoch for (epoch,) in connection.execute("SELECT epoch FROM journal ORDER BY seq")]
    finally:
        connection.close()


async def _judge_snapshots(journal: SqliteJournal, log: Log) -> None:
    newest = await journal.latest_snapshot()
    if newest is not None and newest not in log.snapshots:
        raise Lost("a snapshot is not what was handed in")
    if (newest.seq if newest else 0) < log.snapshot_acknowledged:
        raise Lost("a snapshot is lost")
    if newest is not None:
        log.snapshot_acknowledged = newest.seq


async def judge_afterwards(path: Path, log: Log) -> None:
    """After the fault, on a healthy disk: sound, complete, and it goes on."""
    for again in (False, True):
        journal = SqliteJournal(path)
        try:
            log.epoch = await check_epoch(journal, log.epoch)
            await judge(journal, log)
            if not again:
                await _go_on(journal, log)
        finally:
            await journal.close()
    for answer in await anyio.to_thread.run_sync(partial(integrity, path)):
        raise Lost(f"the file is damaged: {answer}")


async def _go_on(journal: SqliteJournal, log: Log) -> None:
    behind = [entry for attempt in log.attempts for entry in attempt.entries]
    more = Attempt(log.epoch, [Entry(len(behind) + 1, 0, b"it goes on")], [Write(CELLS, "after", b"all")], True)
    await journal.append(more.entries, more.writes)
    log.attempts.append(more)


def integrity(path: Path) -> Iterator[str]:
    """What SQLite finds wrong with the file."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        answers = [answer for (answer,) in connection.execute("PRAGMA integrity_check")]
        mode = connection.pragma("journal_mode")
    finally:
        connection.close()
    if mode != "wal":
        answers.append(f"it is in mode {mode}")
    return iter([answer for answer in answers if answer != "ok"])
