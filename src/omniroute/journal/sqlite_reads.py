"""What a journal in SQLite is asked: cells on the calling thread, entries and snapshots in any other.

Each connection serves one thread at a time and sees committed data only. No statement here writes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import apsw

from omniroute.errors import JournalCorrupt, JournalError
from omniroute.journal.checks import prefix_end
from omniroute.journal.contract import Entry, Snapshot
from omniroute.journal.sqlite_schema import connect_reader


@contextmanager
def reading() -> Iterator[None]:
    """Turn SQLite's errors into the journal's."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise JournalCorrupt("the journal's file is damaged") from error
    except apsw.Error as error:
        raise JournalError("the record could not be read") from error


class CellReader:
    """Reads cells through the page cache, on the thread of the event loop."""

    def __init__(self, path: Path, vfs: str | None, partition: str) -> None:
        self._connection = connect_reader(path, vfs)
        self._partition = partition

    def get(self, collection: str, key: str) -> bytes | None:
        """Return the committed value of a cell."""
        with reading():
            row = self._connection.execute(
                "SELECT value FROM cell WHERE partition = ?1 AND collection = ?2 AND key = ?3",
                (self._partition, collection, key),
            ).fetchone()
        return None if row is None else row[0]

    def scan(self, collection: str, prefix: str, after: str, limit: int, *, reverse: bool) -> list[tuple[str, bytes]]:
        """Return cells by key; see `omniroute.journal.contract.Journal.scan`."""
        end = prefix_end(prefix)
        # One bound at each end, so that a scan which goes on begins where it goes on.
        lower = f"key {'>' if not reverse and after >= prefix and after else '>='} ?3"
        low = after if not reverse and after >= prefix else prefix
        if reverse and after and (end is None or after < end):
            end = after
        upper = "" if end is None else "AND key < ?5"
        order = "DESC" if reverse else "ASC"
        statement = (
            f"SELECT key, value FROM cell WHERE partition = ?1 AND collection = ?2 AND {lower} {upper}"  # noqa: S608
            f" ORDER BY key {order} LIMIT ?4"
        )
        values: tuple[str | int, ...] = (self._partition, collection, low, max(0, limit))
        with reading():
            rows = self._connection.execute(statement, values if end is None else (*values, end)).fetchall()
        return cast("list[tuple[str, bytes]]", rows)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


class RecordReader:
    """Reads entries and snapshots, one caller at a time, in whatever thread."""

    def __init__(self, path: Path, vfs: str | None, partition: str) -> None:
        self._connection = connect_reader(path, vfs)
        self._partition = partition
        self._one_at_a_time = threading.Lock()

    def entries(self, after_seq: int, limit: int) -> list[Entry]:
        """Return at most ``limit`` entries beyond ``after_seq``, in order."""
        with self._one_at_a_time, reading():
            rows = self._connection.execute(
                "SELECT seq, at_ms, data FROM journal WHERE partition = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                (self._partition, after_seq, max(0, limit)),
            )
            return [Entry(seq, at_ms, data) for seq, at_ms, data in rows]

    def latest_snapshot(self) -> Snapshot | None:
        """Return the newest snapshot."""
        with self._one_at_a_time, reading():
            row = self._connection.execute(
                "SELECT seq, data FROM snapshot WHERE partition = ?1 ORDER BY seq DESC LIMIT 1", (self._partition,)
            ).fetchone()
        return None if row is None else Snapshot(row[0], row[1])

    def close(self) -> None:
        """Let the reader at work finish, then give the connection back."""
        with self._one_at_a_time:
            self._connection.close()
