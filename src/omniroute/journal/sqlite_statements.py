"""The statements that write, each for many rows at once.

Rows go in chunks of a power of two, so that few distinct statements exist (they stay prepared) and few calls are
made: every call gives the interpreter's lock away and has to get it back from a busy event loop.

No transactions here: the writer begins and ends them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import apsw

from omniroute.journal.contract import Entry, Snapshot

CHUNK_ROWS_MAX = 64
SNAPSHOTS_KEPT = 2


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """Cut ``count`` rows into (start, rows), the largest first."""
    start, rows = 0, CHUNK_ROWS_MAX
    while start < count:
        while rows > count - start:
            rows //= 2
        yield start, rows
        start += rows


@cache
def _insert_entries_sql(rows: int) -> str:
    values = ", ".join(f"(?1, ?{3 * row + 3}, ?2, ?{3 * row + 4}, ?{3 * row + 5})" for row in range(rows))
    return f"INSERT INTO journal (partition, seq, epoch, at_ms, data) VALUES {values}"  # noqa: S608 - numbers only


@cache
def _set_cells_sql(rows: int) -> str:
    values = ", ".join(f"(?1, ?{3 * row + 2}, ?{3 * row + 3}, ?{3 * row + 4})" for row in range(rows))
    return f"INSERT OR REPLACE INTO cell (partition, collection, key, value) VALUES {values}"  # noqa: S608


def insert_entries(connection: apsw.Connection, partition: str, epoch: int, entries: Sequence[Entry]) -> None:
    """Add entries at the end."""
    for start, rows in _chunks(len(entries)):
        values: list[str | int | bytes] = [partition, epoch]
        for entry in entries[start : start + rows]:
            values += (entry.seq, entry.at_ms, entry.data)
        connection.execute(_insert_entries_sql(rows), values)


def set_cells(connection: apsw.Connection, partition: str, cells: Mapping[tuple[str, str], bytes | None]) -> None:
    """Set the cells that have a value."""
    rows_to_set = [(collection, key, value) for (collection, key), value in cells.items() if value is not None]
    for start, rows in _chunks(len(rows_to_set)):
        values: list[str | bytes] = [partition]
        for row in rows_to_set[start : start + rows]:
            values += row
        connection.execute(_set_cells_sql(rows), values)


def delete_cells(connection: apsw.Connection, partition: str, cells: Mapping[tuple[str, str], bytes | None]) -> None:
    """Delete the cells that have none."""
    rows = [(partition, collection, key) for (collection, key), value in cells.items() if value is None]
    if rows:
        connection.executemany("DELETE FROM cell WHERE partition = ?1 AND collection = ?2 AND key = ?3", rows)


def keep_snapshot(connection: apsw.Connection, partition: str, snapshot: Snapshot) -> None:
    """Keep a snapshot and drop all but the newest."""
    connection.execute(
        "INSERT OR REPLACE INTO snapshot (partition, seq, data) VALUES (?1, ?2, ?3)",
        (partition, snapshot.seq, snapshot.data),
    )
    connection.execute(
        "DELETE FROM snapshot WHERE partition = ?1 AND seq NOT IN"
        " (SELECT seq FROM snapshot WHERE partition = ?1 ORDER BY seq DESC LIMIT ?2)",
        (partition, SNAPSHOTS_KEPT),
    )
