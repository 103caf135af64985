"""The crash campaign in its quick form, and the proof that the rig bites: each weakened journal must be found out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import apsw
import pytest
from tests.crash.campaign import Outcome, campaign, count, small_checkpoints, strike
from tests.crash.disk import Change, Disk, Fault, Kind, Op

from omniroute.journal import blobs, files, sqlite, sqlite_schema
from omniroute.journal.sqlite_writer import Request, Writer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "disk"


# ---- the campaign
@pytest.mark.parametrize("kinds", [(Kind.CUT, Kind.ERROR_CUT), (Kind.ERROR, Kind.FULL)], ids=["cut", "go on"])
async def test_no_fault_of_any_operation_loses_what_was_acknowledged(folder: Path, kinds: tuple[Kind, ...]):
    outcome = await campaign(folder, kinds=kinds)
    assert outcome.losses == []
    assert outcome.faults[kinds[0]] == sum(outcome.operations.values())
    assert set(outcome.operations) == set(Op)
    assert min(outcome.acknowledged[kind] for kind in kinds) > 1_000


async def test_the_run_is_the_same_every_time(folder: Path):
    first = await count(folder, Outcome())
    second = await count(folder, Outcome())
    assert first.done == second.done


# ---- what it finds
STEPS = {Kind.CUT: 7, Kind.ERROR: 1, Kind.ERROR_CUT: 1}
"""Much is lost by cuts: every so-manieth operation is enough to find it."""


@contextmanager
def normal_sync() -> Iterator[None]:
    """The log is synced at checkpoints only."""
    connect = sqlite_schema.connect_writer

    def weak(*args: object) -> apsw.Connection:
        connection = connect(*args)  # type: ignore[arg-type]
        connection.pragma("synchronous", "NORMAL")
        return connection

    with mock.patch.object(sqlite, "connect_writer", weak):
        yield


@contextmanager
def early_acknowledgement() -> Iterator[None]:
    """A group is acknowledged before its COMMIT, which comes with the next group."""

    class Late:
        """A connection that commits one group late."""

        def __init__(self, connection: apsw.Connection) -> None:
            self.real = connection

        def __getattr__(self, name: str) -> object:
            return getattr(self.real, name)

        def execute(self, statement: str, *values: object) -> object:
            if statement == "COMMIT":
                return None
            if statement == "BEGIN IMMEDIATE" and self.real.in_transaction:
                self.real.execute("COMMIT")
            return self.real.execute(statement, *values)  # type: ignore[arg-type]

    transact, stop = Writer._transact, Writer.stop

    def late(writer: Writer, requests: list[Request], entries: list[object]) -> None:
        if not isinstance(writer._connection, Late):
            writer._connection = Late(writer._connection)  # type: ignore[assignment]
        transact(writer, requests, entries)  # type: ignore[arg-type]

    def stop_late(writer: Writer) -> None:
        stop(writer)
        if not writer.broken and writer._connection.in_transaction:
            writer._connection.real.execute("COMMIT")  # type: ignore[attr-defined]

    with mock.patch.multiple(Writer, _transact=late, stop=stop_late):
        yield


@contextmanager
def unsynced_blobs() -> Iterator[None]:
    """A blob is named before its bytes are synced."""
    with mock.patch.object(blobs, "write_synced", write_unsynced):
        yield


def write_unsynced(path: Path, data: bytes) -> None:
    """As `files.write_synced`, without its point."""
    with mock.patch.object(files.os, "fsync"):
        files.write_synced(path, data)


@contextmanager
def unsynced_blob_names() -> Iterator[None]:
    """The bytes are synced, their name is not."""
    with mock.patch.object(blobs, "sync_folder"):
        yield


@contextmanager
def trusted_log() -> Iterator[None]:
    """What the log shows after a failed sync is believed."""
    with mock.patch.object(sqlite, "secure_log"):
        yield


@contextmanager
def unfinished_lease() -> Iterator[None]:
    """The lease is read before it is committed."""

    def first(connection: apsw.Connection, statement: str, *values: str | int) -> int | None:
        row = connection.execute(statement, values).fetchone()
        return None if row is None else row[0]

    with mock.patch.object(sqlite_schema, "_first", first):
        yield


@contextmanager
def any_mode_at_birth() -> Iterator[None]:
    """A write-ahead log is asked for when the file is born, and the answer is not looked at."""

    def ask(connection: apsw.Connection) -> None:
        if connection.filename.endswith(".new"):
            connection.execute("PRAGMA journal_mode = WAL")

    with mock.patch.object(sqlite_schema, "use_log", ask):
        yield


@pytest.mark.parametrize(
    ("weakness", "kind", "only", "what"),
    [
        (normal_sync, Kind.CUT, set(Op), "were acknowledged"),
        (early_acknowledgement, Kind.CUT, set(Op), "were acknowledged"),
        (unsynced_blobs, Kind.CUT, set(Op), "blob"),
        (unsynced_blob_names, Kind.CUT, set(Op), "a blob is lost"),
        (any_mode_at_birth, Kind.ERROR, {Op.SYNC}, "in mode delete"),
        (trusted_log, Kind.ERROR_CUT, {Op.SYNC}, ""),
        (unfinished_lease, Kind.ERROR, {Op.WRITE, Op.SYNC}, "epoch"),
    ],
)
async def test_a_weaker_journal_is_found_out(folder: Path, weakness, kind: Kind, only: set[Op], what: str):
    with weakness(), small_checkpoints():
        outcome = Outcome()
        operations = (await strike(folder, None, outcome)).done
        assert not outcome.losses, "without a fault nobody can tell"
        for seed in range(8):
            for number, op in list(enumerate(operations, 1))[:: STEPS[kind]]:
                if op in only and not found(outcome, what):
                    await strike(folder, Fault(kind, number, seed), outcome)
    assert found(outcome, what), f"never found: {outcome.losses}"


def found(outcome: Outcome, what: str) -> bool:
    return any(what in loss for _, loss in outcome.losses)


# ---- the disk itself
def test_what_is_not_synced_may_be_lost_or_torn_and_what_is_synced_never(tmp_path: Path):
    seen: set[bytes] = set()
    for seed in range(60):
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "file"
        path.write_bytes(b"old")
        disk = Disk(folder)
        disk.write(str(path), 0, b"new" + b"A" * 1200)
        disk.of(str(path)).sync()
        disk.write(str(path), 0, b"B" * 1203)
        disk.write(str(path), 1203, b"C" * 10)
        disk.create(str(folder / "unsynced"))
        disk.cut(seed)
        content = path.read_bytes()
        seen.add(content)
        assert len(content) in {1203, 1213}
        for start in range(0, 1203, 512):  # whole sectors of either
            assert content[start : start + 512] in {
                (b"new" + b"A" * 1200)[start : start + 512],
                (b"B" * 1203)[start : start + 512],
            } or content[start : start + 512].endswith(b"C" * 10)
    assert len(seen) > 6, "prefixes, suffixes and holes"


def test_a_sync_that_failed_has_dropped_its_bytes_for_good(tmp_path: Path):
    path = tmp_path / "disk" / "file"
    path.parent.mkdir()
    lost = 0
    for seed in range(20):
        path.write_bytes(b"old")
        disk = Disk(path.parent, Fault(Kind.ERROR_CUT, 1, seed))
        disk.write(str(path), 0, b"new")
        with pytest.raises(Exception, match="sync"):
            disk.begin_sync(str(path))
        disk.of(str(path)).sync()
        disk.cut()
        lost += path.read_bytes() == b"old"
    assert 0 < lost < 20


def test_a_write_beyond_the_end_leaves_zeros_before_it():
    content = bytearray(b"ab")
    Change(4, b"c").apply(content)
    assert content == b"ab\0\0c"
    Change(1, None).apply(content)
    assert content == b"a"
