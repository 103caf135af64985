"""The SQLite journal beyond the contract: crashes, foreign files, locks, full and failing disks."""

import errno
import itertools
import os
import signal
import sqlite3
import stat
import subprocess
import sys

import anyio
import apsw
import pytest

from omniroute.errors import Busy, JournalCorrupt, JournalError, JournalFull, JournalLocked
from omniroute.journal import blobs, sqlite, sqlite_writer
from omniroute.journal.contract import Snapshot, Write
from omniroute.journal.sqlite import SqliteJournal
from omniroute.testing.journal import entries, entry, opened

APPENDER = """
import sys, anyio
from omniroute.journal.contract import Entry, Write
from omniroute.journal.sqlite import SqliteJournal

async def main():
    journal = SqliteJournal(sys.argv[1])
    await journal.open("the appender")
    seq = journal.last_seq()

    async def append():
        nonlocal seq
        while True:
            seq += 1
            mine = seq
            await journal.append([Entry(mine, mine, b"%d" % mine)], [Write("mirror", "%09d" % mine, b"%d" % mine)])
            print(mine, flush=True)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(append)

anyio.run(main)
"""

HOLDER = """
import sys, anyio
from omniroute.journal.sqlite import SqliteJournal

async def main():
    await SqliteJournal(sys.argv[1]).open("the other daemon")
    print("open", flush=True)
    sys.stdin.read()

anyio.run(main)
"""


def start(script, path):
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


class Disk:
    """One folder; a new store on it each time."""

    def __init__(self, path, **options):
        self.path = path
        self.options = options

    def journal(self):
        return SqliteJournal(self.path, **self.options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture
def disk(path):
    return Disk(path)


def edit(path, statement):
    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()


class TestCrash:
    def test_nothing_acknowledged_is_lost_by_kill_9(self, path):
        for life in range(4):
            with start(APPENDER, path) as process:
                acknowledged = [int(line) for line in itertools.islice(process.stdout, 40 + 97 * life)]
                process.send_signal(signal.SIGKILL)
                acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
            anyio.run(self.check, path, acknowledged)

    async def check(self, path, acknowledged):
        async with opened(Disk(path)) as journal:
            last = journal.last_seq()
            assert last >= max(acknowledged)
            recorded = await journal.read(0, last + 1)
            assert [e.seq for e in recorded] == list(range(1, last + 1))
            mirror = [int(value) for _, value in journal.scan("mirror", limit=last + 1)]
            assert mirror == [int(e.data) for e in recorded]

    async def test_a_crash_while_the_file_is_born_is_made_good(self, path, disk):
        for suffix in (".new", ".new-journal", ".new-wal"):
            path.with_name(path.name + suffix).write_bytes(b"half a file")
        path.touch()
        async with opened(disk) as journal:
            await journal.append([entry(1)])

    async def test_half_written_blobs_are_dropped(self, path, disk):
        async with opened(disk):
            pass
        unfinished = path.with_name("journal.db.blobs") / "unfinished" / "1"
        unfinished.write_bytes(b"half")
        async with opened(disk):
            assert not unfinished.exists()


class TestOwnership:
    async def test_another_process_is_refused_until_the_owner_is_dead(self, path, disk):
        with start(HOLDER, path) as owner:
            assert owner.stdout.readline() == "open\n"
            with pytest.raises(JournalLocked) as refusal:
                await disk.journal().open("the second")
            owner.kill()
        assert f"the other daemon (pid {owner.pid})" in str(refusal.value)
        async with opened(disk) as journal:
            await journal.append([entry(1)])

    async def test_a_lock_without_a_name_in_it_still_holds(self, path, disk):
        async with opened(disk):
            path.with_name("journal.db.lock").write_bytes(b"")
            with pytest.raises(JournalLocked, match="another process"):
                await disk.journal().open("the second")

    async def test_who_lost_the_lease_writes_nothing_any_more(self, path, disk):
        async with opened(disk) as journal:
            await journal.append([entry(1)])
            edit(path, "UPDATE lease SET epoch = epoch + 1, holder = 'the usurper'")
            for _ in range(2):
                with pytest.raises(JournalLocked, match="the usurper"):
                    await journal.append([entry(2)], [Write("a", "1", b"")])
            assert journal.last_seq() == 1
            assert journal.get("a", "1") is None

    async def test_a_refused_open_leaves_no_lock_behind(self, path, disk):
        path.write_text("something else")
        with pytest.raises(JournalCorrupt):
            await disk.journal().open("test")
        path.unlink()
        async with opened(disk) as journal:
            assert journal.last_seq() == 0

    async def test_a_missing_folder_is_an_error_of_ours(self, tmp_path):
        with pytest.raises(JournalError, match="could not be opened"):
            await SqliteJournal(tmp_path / "nowhere" / "journal.db").open("test")


class TestForeignFiles:
    async def test_a_text_is_refused_and_kept(self, path, disk):
        path.write_text("Dear diary")
        with pytest.raises(JournalCorrupt, match="not an OmniRoute journal"):
            await disk.journal().open("test")
        assert path.read_text() == "Dear diary"

    async def test_another_database_is_refused_and_kept(self, path, disk):
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE journal (page)")
        connection.commit()
        connection.close()
        before = path.read_bytes()
        with pytest.raises(JournalCorrupt, match="not an OmniRoute journal"):
            await disk.journal().open("test")
        assert path.read_bytes() == before

    async def test_a_newer_schema_is_refused(self, path, disk):
        async with opened(disk):
            pass
        edit(path, "PRAGMA user_version = 99")
        with pytest.raises(JournalCorrupt, match="schema 99"):
            await disk.journal().open("test")

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            ("DELETE FROM journal WHERE seq = 3", "1 entries are missing"),
            ("DELETE FROM journal WHERE seq = 1", "begins with entry 2"),
            ("INSERT INTO snapshot VALUES ('main', 99, x'')", "snapshot of entry 99"),
        ],
    )
    async def test_a_record_that_contradicts_itself_is_refused(self, path, disk, damage, message):
        async with opened(disk) as journal:
            await journal.append(entries(1, 5))
        edit(path, damage)
        with pytest.raises(JournalCorrupt, match=message):
            await disk.journal().open("test")

    async def test_a_damaged_file_is_refused(self, path, disk):
        async with opened(disk) as journal:
            await journal.append(entries(1, 5))
        with path.open("r+b") as file:
            file.seek(100)
            file.write(b"\xff" * 8000)
        with pytest.raises(JournalCorrupt, match="damaged"):
            await disk.journal().open("test")


class TestFullDisk:
    async def test_nothing_is_written_and_reading_and_tidying_go_on(self, path):
        async with opened(Disk(path, bytes_max=200_000)) as journal:
            with pytest.raises(JournalFull):
                await self.fill(journal)
            seq = journal.last_seq()
            assert seq > 2
            assert await journal.read(0, 1000) == entries(1, seq)
            assert journal.get("content", str(seq + 1)) is None
            assert len(journal.get("content", "1")) == 20_000
            await journal.append([], [Write("content", "1", None)])
            await journal.append([entry(seq + 1)], [Write("content", "new", b"x" * 10_000)])
        async with opened(Disk(path)) as journal:
            assert journal.last_seq() == seq + 1
            await journal.append([entry(seq + 2)], [Write("content", "large", b"x" * 200_000)])

    async def fill(self, journal):
        for seq in range(1, 1000):
            await journal.append([entry(seq)], [Write("content", str(seq), b"x" * 20_000)])

    async def test_those_behind_a_refused_append_are_told_the_same(self, path):
        outcomes = []

        async def append(journal, seq, size):
            try:
                await journal.append([entry(seq)], [Write("content", str(seq), b"x" * size)])
                outcomes.append((seq, None))
            except JournalError as error:
                outcomes.append((seq, type(error)))

        async with opened(Disk(path, bytes_max=200_000)) as journal:
            async with anyio.create_task_group() as group:
                for seq in range(1, 5):
                    group.start_soon(append, journal, seq, 300_000 if seq == 1 else 10)
            assert sorted(outcomes) == [(seq, JournalFull) for seq in range(1, 5)]
            await journal.append([entry(1)])
            assert await journal.read(0, 10) == [entry(1)]

    async def test_a_blob_that_does_not_fit_leaves_nothing(self, path, disk, monkeypatch):
        def write_synced(path, data):
            path.write_bytes(data[:3])
            raise OSError(errno.ENOSPC, "no space")

        async with opened(disk) as journal:
            with monkeypatch.context() as patch:
                patch.setattr(blobs, "write_synced", write_synced)
                with pytest.raises(JournalFull):
                    await journal.put_blob(b"attachment")
            assert list((path.with_name("journal.db.blobs") / "unfinished").iterdir()) == []
            digest = await journal.put_blob(b"attachment")
            assert await journal.get_blob(digest) == b"attachment"


class FaultyFile(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        self.vfs = vfs
        self.is_log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xWrite(self, data, offset):
        if self.is_log:
            self.vfs.calls.append("write")
            if self.vfs.full:
                raise apsw.FullError("no space")
        super().xWrite(data, offset)

    def xSync(self, flags):
        if self.is_log:
            self.vfs.calls.append("sync")
            if self.vfs.broken:
                raise apsw.IOError("fsync failed")
        super().xSync(flags)


class FaultyVfs(apsw.VFS):
    def __init__(self, name):
        self.calls = []
        self.full = self.broken = False
        super().__init__(name, "")

    def xOpen(self, name, flags):
        return FaultyFile(self, name, flags)


class TestFaults:
    @pytest.fixture
    def vfs(self):
        vfs = FaultyVfs("faulty")
        yield vfs
        vfs.unregister()

    @pytest.fixture
    def faulty(self, path, vfs):
        return Disk(path, vfs="faulty")

    async def test_every_acknowledgement_follows_a_sync(self, faulty, vfs):
        async with opened(faulty) as journal:
            for seq in range(1, 20):
                vfs.calls.clear()
                await journal.append([entry(seq)], [Write("a", "1", b"%d" % seq)])
                assert "write" in vfs.calls
                assert vfs.calls[-1] == "sync"

    async def test_a_full_disk_is_survived(self, faulty, vfs):
        async with opened(faulty) as journal:
            await journal.append([entry(1)])
            vfs.full = True
            for _ in range(2):
                with pytest.raises(JournalFull):
                    await journal.append([entry(2)], [Write("a", "1", b"")])
            assert await journal.read(0, 10) == [entry(1)]
            vfs.full = False
            await journal.append([entry(2)])
            assert await journal.read(0, 10) == entries(1, 2)
            assert journal.get("a", "1") is None

    async def test_a_failed_sync_ends_the_writing_until_the_next_open(self, faulty, vfs):
        async with opened(faulty) as journal:
            await journal.append([entry(1)])
            vfs.broken = True
            with pytest.raises(JournalError, match="disk failed"):
                await journal.append([entry(2)])
            vfs.broken = False
            for call in (journal.append([entry(2)]), journal.put_snapshot(Snapshot(1, b""))):
                with pytest.raises(JournalError, match="disk failed"):
                    await call
            assert await journal.read(0, 10) == [entry(1)]
        async with opened(faulty) as journal:
            last = journal.last_seq()
            assert last in (1, 2), "it is unknown whether the commit whose sync failed is there"
            await journal.append([entry(last + 1)])

    async def test_an_entry_of_a_wrong_type_fails_alone(self, disk):
        async with opened(disk) as journal:
            with pytest.raises(JournalError):
                await journal.append([], [Write("a", "1", "no bytes")])
            await journal.append([entry(1)])


class TestUpkeep:
    async def test_only_we_may_read_it(self, path, tmp_path):
        before = os.umask(0)
        try:
            async with opened(Disk(path)) as journal:
                await journal.append([entry(1)])
                await journal.put_blob(b"attachment")
                found = list(tmp_path.rglob("*"))
                modes = {stat.S_IMODE(p.stat().st_mode) for p in found if p.is_file()}
                folder_modes = {stat.S_IMODE(p.stat().st_mode) for p in found if p.is_dir()}
        finally:
            os.umask(before)
        assert {p.name for p in found} >= {"journal.db", "journal.db-wal", "journal.db.lock", "journal.db.blobs"}
        assert modes == {0o600}
        assert folder_modes == {0o700}

    async def test_the_log_stays_bounded_and_is_emptied_by_a_close(self, path, disk, monkeypatch):
        monkeypatch.setattr(sqlite_writer, "CHECKPOINT_PAGES", 50)
        monkeypatch.setattr(sqlite_writer, "CHECKPOINT_PAGES_MAX", 80)  # when the next append is there already
        log = path.with_name("journal.db-wal")
        async with opened(disk) as journal:
            for seq in range(1, 101):
                await journal.append([entry(seq)], [Write("content", str(seq % 7), b"x" * 20_000)])
                assert log.stat().st_size < 100 * 4200
        assert not log.exists() or log.stat().st_size == 0
        async with opened(disk) as journal:
            assert journal.last_seq() == 100

    async def test_two_snapshots_are_kept(self, path, disk):
        async with opened(disk) as journal:
            await journal.append(entries(1, 9))
            for seq in (2, 5, 9):
                await journal.put_snapshot(Snapshot(seq, b"state"))
        connection = apsw.Connection(str(path))
        assert connection.execute("SELECT seq FROM snapshot ORDER BY seq").fetchall() == [(5,), (9,)]
        connection.close()

    async def test_every_number_has_the_epoch_that_wrote_it(self, path, disk):
        for seq in (1, 2, 3):
            async with opened(disk) as journal:
                await journal.append([entry(seq)])
        connection = apsw.Connection(str(path))
        assert connection.execute("SELECT seq, epoch FROM journal ORDER BY seq").fetchall() == [(1, 1), (2, 2), (3, 3)]
        connection.close()

    async def test_the_same_blob_is_stored_once(self, path, disk):
        async with opened(disk) as journal:
            digest = await journal.put_blob(b"attachment")
            file = path.with_name("journal.db.blobs") / digest[:2] / digest
            before = file.stat().st_ino
            await journal.put_blob(b"attachment")
            assert file.stat().st_ino == before

    async def test_partitions_are_apart(self, path):
        for partition in ("north", "south"):
            async with opened(Disk(path, partition=partition)) as journal:
                assert journal.last_seq() == 0
                await journal.append([entry(1)], [Write("a", "1", partition.encode())])
        async with opened(Disk(path, partition="north")) as journal:
            assert journal.scan("a") == [("1", b"north")]

    async def test_a_writer_that_broke_refuses_and_lets_nobody_wait(self, disk, monkeypatch):
        def broken(writer):
            raise ValueError("a mistake of ours")

        monkeypatch.setattr(sqlite_writer.Writer, "_checkpoint_if_due", broken)
        async with opened(disk) as journal:
            await journal.append([entry(1)])
            for _ in range(2):
                with pytest.raises(JournalError):
                    await journal.append([entry(2)])
            assert await journal.read(0, 10) == [entry(1)]

    async def test_too_many_waiting_appends_are_refused(self, disk, monkeypatch):
        monkeypatch.setattr(sqlite, "PENDING_REQUESTS_MAX", 0)
        async with opened(disk) as journal:
            with pytest.raises(Busy):
                await journal.append([entry(1)])
            monkeypatch.undo()
            await journal.append([entry(1)])
