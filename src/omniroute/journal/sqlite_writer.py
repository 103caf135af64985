"""The one thread that writes: it commits whatever waits, as a group, then tells those who wait.

A `Wave` holds the appends that were called in one turn of the event loop; the thread takes all waves that are there
when it becomes free into one transaction. Nobody can cancel it: a waiter that goes away leaves its request behind.

Reading, opening and closing files are not here; neither is anything of the event loop apart from `Wakeup`.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple

import apsw
import msgspec
import structlog

from omniroute.errors import JournalCorrupt, JournalError, JournalFull, JournalLocked
from omniroute.journal.checks import check_sequence, check_snapshot
from omniroute.journal.contract import Entry, Snapshot, Write
from omniroute.journal.sqlite_statements import delete_cells, insert_entries, keep_snapshot, set_cells
from omniroute.journal.wakeup import Wakeup

GROUP_REQUESTS_MAX = 512
"""A transaction takes no further wave beyond this, so that the first in a crowd does not wait for the last."""

CHECKPOINT_PAGES = 1_000
"""The write-ahead log is moved into the main file from this size on, between two groups, when nothing waits …"""

CHECKPOINT_PAGES_MAX = 4_000
"""… and from this size on in any case, so that it stays bounded."""


class Failure(NamedTuple):
    """Why a request failed: an error for each waiter, since a raised one carries its waiter's traceback."""

    kind: type[JournalError]
    message: str
    cause: Exception | None
    final: bool = False

    def error(self) -> JournalError:
        """Return the error to raise."""
        error = self.kind(self.message)
        error.__cause__ = self.cause
        return error


class Request(msgspec.Struct):
    """What one caller wants to be durable; ``failure`` is set before its promise is kept."""

    entries: Sequence[Entry] = ()
    writes: Sequence[Write] = ()
    snapshot: Snapshot | None = None
    failure: Failure | None = None


class Wave:
    """The requests of one turn of the event loop, in the order of the calls, and a promise for each.

    ``requests_max``: it is submitted at once when it has so many.
    """

    __slots__ = ("promises", "requests", "requests_max", "wakeup")

    def __init__(self, wakeup: Wakeup, requests_max: int) -> None:
        self.requests: list[Request] = []
        self.promises: list[Awaitable[None]] = []
        self.requests_max = requests_max
        self.wakeup = wakeup


class Writer:
    """Owns the writing connection from `start` to `stop`."""

    def __init__(self, connection: apsw.Connection, partition: str, epoch: int, last_seq: int) -> None:
        self.last_seq = last_seq
        self.settled_requests = 0
        self._connection = connection
        self._partition = partition
        self._epoch = epoch
        self._refused_seq = 0
        self._broken: Failure | None = None
        self._wal_pages = 0
        self._waves: SimpleQueue[Wave | None] = SimpleQueue()
        # A daemon thread: a program that forgets to close must be able to end; that is a crash, which we survive.
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)

    @property
    def broken(self) -> bool:
        """Whether it refuses everything since the disk failed or the ownership was lost."""
        return self._broken is not None

    def start(self) -> None:
        """Begin to take waves."""
        self._connection.wal_autocheckpoint(0)
        self._connection.set_wal_hook(self._note_wal_size)
        self._thread.start()

    def submit(self, wave: Wave) -> None:
        """Hand a wave over; it will be settled, whatever happens to those who wait."""
        self._waves.put(wave)

    def stop(self) -> None:
        """Settle what was submitted, then end the thread."""
        self._waves.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            waves, running = self._next_group()
            requests = [request for wave in waves for request in wave.requests]
            self._settle(requests)
            self.settled_requests += len(requests)
            for wave in waves:
                wave.wakeup.keep(wave.promises)
            try:
                self._checkpoint_if_due()
            except Exception as error:
                # A thread that died would let everybody wait for ever; one that refuses is noticed.
                self._broken = _explain(error)

    def _next_group(self) -> tuple[list[Wave], bool]:
        """Wait for a wave and take all others that are there; False when `stop` was called."""
        waves: list[Wave] = []
        requests = 0
        queue = self._waves
        while requests < GROUP_REQUESTS_MAX:
            wave = queue.get()
            if wave is None:
                return waves, False
            waves.append(wave)
            requests += len(wave.requests)
            if queue.empty():
                break
        return waves, True

    def _settle(self, requests: Sequence[Request]) -> None:
        failure = self._commit(requests)
        if failure is None:
            return
        if len(requests) == 1 or failure.final or failure.kind is JournalFull:
            for request in requests:
                request.failure = failure
            return
        # One of them is at fault: it shall not take the others with it.
        for request in requests:
            request.failure = self._commit([request])

    def _commit(self, requests: Sequence[Request]) -> Failure | None:
        if self._broken is not None:
            return self._broken
        entries = [entry for request in requests for entry in request.entries]
        try:
            self._check(requests, entries)
            self._transact(requests, entries)
        except Exception as error:
            # Whatever it is: the thread serves everybody, so it reports and goes on.
            failure = self._roll_back(_explain(error))
            if failure.kind is JournalFull:
                self._refused_seq = entries[-1].seq if entries else 0
            if failure.final:
                self._broken = failure
            return failure
        if entries:
            self.last_seq = entries[-1].seq
            self._refused_seq = 0
        return None

    def _check(self, requests: Sequence[Request], entries: Sequence[Entry]) -> None:
        if entries and 0 < self._refused_seq == entries[0].seq - 1 != self.last_seq:
            # It was called before its predecessor was refused: that is no gap of its own making.
            raise JournalFull("there was no space left for the entry before this one")
        check_sequence(self.last_seq, entries)
        for request in requests:
            if request.snapshot is not None:
                check_snapshot(request.snapshot.seq, self.last_seq)

    def _transact(self, requests: Sequence[Request], entries: Sequence[Entry]) -> None:
        cells = {(write.collection, write.key): write.value for request in requests for write in request.writes}
        snapshots = [request.snapshot for request in requests if request.snapshot is not None]
        if not (entries or cells or snapshots):
            return
        connection, partition = self._connection, self._partition
        connection.execute("BEGIN IMMEDIATE")
        self._check_lease()
        insert_entries(connection, partition, self._epoch, entries)
        if cells:
            set_cells(connection, partition, cells)
            delete_cells(connection, partition, cells)
        for snapshot in snapshots:
            keep_snapshot(connection, partition, snapshot)
        connection.execute("COMMIT")

    def _check_lease(self) -> None:
        row = self._connection.execute(
            "SELECT epoch, holder FROM lease WHERE partition = ?1", (self._partition,)
        ).fetchone()
        if row is None or row[0] != self._epoch:
            owner = "nobody" if row is None else f"{row[1]} (epoch {row[0]})"
            raise JournalLocked(f"this journal was taken over: its owner is {owner}")

    def _roll_back(self, failure: Failure) -> Failure:
        if not self._connection.in_transaction:
            return failure
        try:
            self._connection.execute("ROLLBACK")
        except apsw.Error as error:
            return Failure(JournalError, "a failed commit could not be taken back", error, final=True)
        return failure

    def _note_wal_size(self, _connection: apsw.Connection, _database: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint_if_due(self) -> None:
        due = CHECKPOINT_PAGES if self._waves.empty() else CHECKPOINT_PAGES_MAX
        if self._wal_pages < due or self._broken is not None:
            return
        self._wal_pages = 0
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            failure = _explain(error)
            if failure.final:
                self._broken = failure
            # Otherwise nothing is lost, the log only grows; the next group asks again.
            structlog.get_logger("omniroute.journal").warning("journal.checkpoint_failed", error=str(error))


_EXPLANATIONS: list[tuple[type[Exception], Callable[[Exception], Failure]]] = [
    (apsw.FullError, lambda e: Failure(JournalFull, "there is no space left for the record", e)),
    (apsw.IOError, lambda e: Failure(JournalError, "the disk failed while the record was written", e, final=True)),
    (apsw.CorruptError, lambda e: Failure(JournalCorrupt, "the journal's file is damaged", e, final=True)),
    (apsw.NotADBError, lambda e: Failure(JournalCorrupt, "the journal's file is damaged", e, final=True)),
    (apsw.BusyError, lambda e: Failure(JournalError, "another program holds a lock on the journal's file", e)),
    (JournalLocked, lambda e: Failure(JournalLocked, str(e), None, final=True)),
    (JournalFull, lambda e: Failure(JournalFull, str(e), None)),
    (JournalCorrupt, lambda e: Failure(JournalCorrupt, str(e), None)),
]


def _explain(error: Exception) -> Failure:
    for kind, explain in _EXPLANATIONS:
        if isinstance(error, kind):
            return explain(error)
    return Failure(JournalError, "the record could not be written", error)
