"""The SQLite file of a journal: its tables, its birth, its checks when it is opened, its lease.

Called by the store before the writer thread starts. Statements of the daily work (append, read) are not here.

A file is born whole: it is built under another name and renamed, so that a journal's own header is always on its
first page and any other file is recognised, and refused, before SQLite touches it.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import cast

import apsw

from omniroute.errors import JournalCorrupt, JournalError
from omniroute.journal.files import create_private, sync_folder, write_again_synced

APPLICATION_ID = 0x4F6D5274
"""``OmRt``, in the header of the file."""

SCHEMA_VERSION = 1
"""In the header as ``user_version``. A newer one is refused, an older one will be migrated here."""

BUSY_TIMEOUT_MS = 5_000
CACHE_KIB = 16 * 1024

_TABLES = """
CREATE TABLE journal (
    partition TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, at_ms INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (partition, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE cell (
    partition TEXT NOT NULL, collection TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, collection, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot (
    partition TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (partition, seq)
) STRICT;
CREATE TABLE lease (
    partition TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT NOT NULL
) STRICT;
"""

_HEADER = struct.Struct(">16s 44x i 4x I")  # magic, user_version at 60, application_id at 68
_MAGIC = b"SQLite format 3\x00"


def create_if_missing(path: Path, vfs: str | None) -> None:
    """Bring a new journal into being; leave any other file as it is.

    Raises:
        JournalCorrupt: the file is something else.
    """
    if path.exists() and path.stat().st_size > 0:
        _check_header(path)
        return
    unborn = path.with_name(path.name + ".new")
    for suffix in ("", "-journal", "-wal", "-shm"):
        unborn.with_name(unborn.name + suffix).unlink(missing_ok=True)
    create_private(unborn)
    connection = apsw.Connection(str(unborn), vfs=vfs)
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute(_TABLES)
        use_log(connection)
    finally:
        connection.close()
    write_again_synced(unborn)  # closing the connection does not tell of a sync that failed
    unborn.rename(path)
    sync_folder(path.parent)


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    if len(header) == _HEADER.size:
        magic, _version, application_id = _HEADER.unpack(header)
        if magic == _MAGIC and application_id == APPLICATION_ID:
            return
    raise JournalCorrupt(
        "the file is not an OmniRoute journal; it was left as it is: name another file in the configuration"
    )


def use_log(connection: apsw.Connection) -> None:
    """Have commits go to a write-ahead log; without one, ``synchronous=FULL`` is less than the contract needs.

    Raises:
        JournalError: it cannot be; SQLite itself says so in the answer only.
    """
    if connection.pragma("journal_mode", "wal") != "wal":
        raise JournalError("the journal's file cannot have a write-ahead log")


def secure_log(path: Path) -> None:
    """Make durable what the write-ahead log of an earlier life shows, before anybody relies on it.

    A commit whose sync failed may show there without being on the disk; what is committed behind it would be lost with
    it.
    """
    write_again_synced(path.with_name(path.name + "-wal"))


def connect_writer(path: Path, vfs: str | None, bytes_max: int | None) -> apsw.Connection:
    """Open the connection that writes, with the sync that the contract needs."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        # A journal whose sync has failed must not be "tidied up" by closing it; a healthy one does that itself.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.execute(f"PRAGMA synchronous = FULL; PRAGMA cache_size = -{CACHE_KIB}")
        _check_version(connection)
        use_log(connection)
        if bytes_max is not None:
            pages_max = max(1, bytes_max // connection.pragma("page_size"))
            connection.pragma("max_page_count", pages_max)
    except BaseException:  # cancelled as well: nobody else would close it
        connection.close()
        raise
    return connection


def _check_version(connection: apsw.Connection) -> None:
    version = connection.pragma("user_version")
    if version != SCHEMA_VERSION:
        raise JournalCorrupt(
            f"the journal has schema {version}, this version knows {SCHEMA_VERSION}: start a version that fits"
        )


def connect_reader(path: Path, vfs: str | None) -> apsw.Connection:
    """Open a connection that sees committed data only and cannot write."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.execute(f"PRAGMA query_only = 1; PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def verify(connection: apsw.Connection, partition: str) -> int:
    """Check the sequence and return the newest number (0 where there is none).

    Counted are the entries that recovery may need, those after the oldest kept snapshot, so that opening costs no
    more than replaying.

    Raises:
        JournalCorrupt: the record contradicts itself.
    """
    lowest = _first(connection, "SELECT min(seq) FROM journal WHERE partition = ?1", partition)
    last = _first(connection, "SELECT max(seq) FROM journal WHERE partition = ?1", partition) or 0
    oldest = _first(connection, "SELECT min(seq) FROM snapshot WHERE partition = ?1", partition)
    newest = _first(connection, "SELECT max(seq) FROM snapshot WHERE partition = ?1", partition)
    if lowest not in (None, 1):
        raise JournalCorrupt(f"the record begins with entry {lowest}: restore it from a backup")
    if (newest or 0) > last:
        raise JournalCorrupt(f"there is a snapshot of entry {newest}, but the record ends with {last}")
    start = oldest or 0
    counted = "SELECT count(*) FROM journal WHERE partition = ?1 AND seq > ?2"
    missing = last - start - (_first(connection, counted, partition, start) or 0)
    if missing:
        raise JournalCorrupt(f"{missing} entries are missing between {start + 1} and {last}")
    return last


def _first(connection: apsw.Connection, statement: str, *values: str | int) -> int | None:
    # All rows, for a statement that writes commits only at its end, and only there is its error raised.
    rows = connection.execute(statement, values).fetchall()
    return cast("int | None", rows[0][0]) if rows else None


def take_lease(connection: apsw.Connection, partition: str, holder: str) -> int:
    """Begin a new writer epoch, which fences every older one; return it."""
    statement = (
        "INSERT INTO lease (partition, epoch, holder) VALUES (?1, 1, ?2)"
        " ON CONFLICT (partition) DO UPDATE SET epoch = epoch + 1, holder = excluded.holder RETURNING epoch"
    )
    epoch = _first(connection, statement, partition, holder)
    assert epoch is not None
    return epoch
