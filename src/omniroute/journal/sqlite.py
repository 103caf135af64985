"""The journal in one SQLite file: the embedded default.

Beside ``<path>`` stand ``<path>.lock`` (who owns it) and ``<path>.blobs/``. Write-ahead log, ``synchronous=FULL``, one
writer thread with group commit (``sqlite_writer``), readers that see committed data only (``sqlite_reads``).

What lives here: the life of an open journal and the meeting of event loop and threads. SQL is in the other modules.

A commit whose sync failed ends the writing until the journal is opened again: what the kernel still holds of it is
unknown, so the next open writes the log once more before it reads it. A full disk ends nothing: the transaction is
taken back, and the next may fit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from pathlib import Path

import anyio
import anyio.to_thread
import apsw
import structlog

from omniroute.errors import Busy, JournalCorrupt, JournalError, JournalFull
from omniroute.journal.blobs import BlobFolder
from omniroute.journal.checks import check_writes
from omniroute.journal.contract import Entry, Snapshot, Write
from omniroute.journal.ownership import OwnershipLock
from omniroute.journal.sqlite_reads import CellReader, RecordReader
from omniroute.journal.sqlite_schema import connect_writer, create_if_missing, secure_log, take_lease, verify
from omniroute.journal.sqlite_writer import GROUP_REQUESTS_MAX, Request, Wave, Writer
from omniroute.journal.wakeup import Wakeup, current_wakeup

PENDING_REQUESTS_MAX = 65_536
"""Appends that may wait; the callers' mailboxes are far smaller, so more is a caller that does not wait at all."""


class _Opened:
    """Everything that exists between open and close; built and torn down in a thread."""

    def __init__(self, journal: SqliteJournal, holder: str) -> None:
        path, vfs, partition = journal.path, journal.vfs, journal.partition
        with ExitStack() as undo:
            lock = OwnershipLock.take(path.with_name(path.name + ".lock"), holder)
            undo.callback(lock.release)
            create_if_missing(path, vfs)
            secure_log(path)
            self.connection = connect_writer(path, vfs, journal.bytes_max)
            undo.callback(self.connection.close)
            last_seq = verify(self.connection, partition)
            self.blobs = BlobFolder(path.with_name(path.name + ".blobs"))
            self.blobs.open()
            self.cells = CellReader(path, vfs, partition)
            undo.callback(self.cells.close)
            self.record = RecordReader(path, vfs, partition)
            undo.callback(self.record.close)
            self.epoch = take_lease(self.connection, partition, holder)
            self.writer = Writer(self.connection, partition, self.epoch, last_seq)
            self.writer.start()
            self._teardown = undo.pop_all()

    def close(self) -> None:
        with self._teardown:
            self.writer.stop()
            if not self.writer.broken:
                _empty_log(self.connection)


def _empty_log(connection: apsw.Connection) -> None:
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error as error:
        # Nothing is lost: all of it is durable in the log, which the next open takes over.
        structlog.get_logger("omniroute.journal").warning("journal.log_not_emptied", error=str(error))


class SqliteJournal:
    """`omniroute.journal.contract.Journal` in the file ``path``.

    Args:
        path: the file; created where there is none, with its folder present.
        partition: the contact centre.
        bytes_max: the file does not grow beyond this (`JournalFull`); None where the disk is the limit.
        vfs: the name of a registered `apsw.VFS`; the fault tests bring theirs.
    """

    def __init__(
        self, path: Path | str, *, partition: str = "main", bytes_max: int | None = None, vfs: str | None = None
    ) -> None:
        self.path = Path(path)
        self.partition = partition
        self.bytes_max = bytes_max
        self.vfs = vfs
        self._opened: _Opened | None = None
        self._wakeup: Wakeup | None = None
        self._wave: Wave | None = None
        self._submitted_requests = 0
        self._last_wave_requests = 0

    async def open(self, holder: str) -> int:
        wakeup = current_wakeup()
        opened = await anyio.to_thread.run_sync(self._open_in_thread, holder)
        self._wakeup, self._submitted_requests = wakeup, 0
        return opened.epoch

    def _open_in_thread(self, holder: str) -> _Opened:
        try:
            opened = _Opened(self, holder)
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise JournalCorrupt("the journal's file is damaged: restore it from a backup") from error
        except apsw.FullError as error:
            raise JournalFull("there is no space left to open the journal") from error
        except (apsw.Error, OSError) as error:
            raise JournalError(f"the journal could not be opened: {type(error).__name__}") from error
        # Here and not after the await, so that close() finds it even if the opener was cancelled meanwhile.
        self._opened = opened
        return opened

    async def append(self, entries: Sequence[Entry], writes: Sequence[Write] = ()) -> None:
        if writes:
            check_writes(writes)
        request = Request(entries, writes)
        await self._submit(request)
        if request.failure is not None:
            raise request.failure.error()

    async def put_snapshot(self, snapshot: Snapshot) -> None:
        request = Request(snapshot=snapshot)
        await self._submit(request)
        if request.failure is not None:
            raise request.failure.error()

    def _submit(self, request: Request) -> Awaitable[None]:
        """Put a request into the wave of this turn and return what its caller awaits."""
        wave = self._wave or self._begin_wave()
        promise = wave.wakeup.promise()
        wave.requests.append(request)
        wave.promises.append(promise)
        if len(wave.requests) >= wave.requests_max:
            self._submit_wave()
        return promise

    def _begin_wave(self) -> Wave:
        writer, wakeup = self._current().writer, self._wakeup
        assert wakeup is not None
        in_flight = self._submitted_requests - writer.settled_requests
        if in_flight >= PENDING_REQUESTS_MAX:
            raise Busy("too many commits are waiting")
        if in_flight == 0 and self._last_wave_requests <= 1:
            # Who came alone last time comes alone again, most likely: it need not wait for the turn to end.
            self._wave = Wave(wakeup, 1)
        else:
            # What the other ready tasks append in this turn shares the sync.
            self._wave = Wave(wakeup, GROUP_REQUESTS_MAX)
            wakeup.call_soon(self._submit_wave)
        return self._wave

    def _submit_wave(self) -> None:
        wave, self._wave = self._wave, None
        if wave is not None:
            self._last_wave_requests = len(wave.requests)
            self._submitted_requests += len(wave.requests)
            self._current().writer.submit(wave)

    def last_seq(self) -> int:
        return self._current().writer.last_seq

    async def read(self, after_seq: int, limit: int) -> list[Entry]:
        return await anyio.to_thread.run_sync(self._current().record.entries, after_seq, limit)

    def get(self, collection: str, key: str) -> bytes | None:
        return self._current().cells.get(collection, key)

    def scan(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000, reverse: bool = False
    ) -> list[tuple[str, bytes]]:
        return self._current().cells.scan(collection, prefix, after, limit, reverse=reverse)

    async def latest_snapshot(self) -> Snapshot | None:
        return await anyio.to_thread.run_sync(self._current().record.latest_snapshot)

    async def put_blob(self, data: bytes) -> str:
        return await anyio.to_thread.run_sync(self._current().blobs.put, data)

    async def get_blob(self, digest: str) -> bytes | None:
        return await anyio.to_thread.run_sync(self._current().blobs.get, digest)

    async def close(self) -> None:
        self._submit_wave()
        opened, self._opened = self._opened, None
        if opened is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(opened.close)

    def _current(self) -> _Opened:
        if self._opened is None:
            raise JournalError("the journal is not open")
        return self._opened
