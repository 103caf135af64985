"""The conformance suite for journal stores: every sentence of `omniroute.journal.contract`, as a test.

A store's author subclasses it in a pytest module and says how the storage behaves outside the contract::

    class TestMyJournal(JournalConformance):
        @pytest.fixture
        async def disk(self, tmp_path):
            async with MyDisk(tmp_path) as disk:
                yield disk

The suite imports no test framework; the tests are plain coroutine methods which take the fixture ``disk``.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import anyio
import anyio.lowlevel

from omniroute.errors import JournalCorrupt, JournalError, JournalLocked, TooLarge
from omniroute.journal.contract import CELL_VALUE_BYTES_MAX, Entry, Journal, Snapshot, Write


class JournalDisk(Protocol):
    """The storage under a store, as the suite needs it."""

    def journal(self) -> Journal:
        """Return a new store on this disk, not opened yet."""
        ...

    def crash(self) -> None:
        """End the owner's process without a close: the next store finds what is durable at this moment."""
        ...

    def damage_blob(self, digest: str) -> None:
        """Change a stored blob behind the store's back."""
        ...


def entry(seq: int, data: bytes = b"event") -> Entry:
    """Return an entry whose time and bytes follow from its number."""
    return Entry(seq, 1_700_000_000_000 + seq, data + b"-%d" % seq)


def entries(first: int, last: int) -> list[Entry]:
    """Return the entries ``first`` to ``last``."""
    return [entry(seq) for seq in range(first, last + 1)]


@contextmanager
def refused(kind: type[Exception], mention: str = "") -> Iterator[None]:
    """Assert that the block raises this kind of error, with a text in its message."""
    try:
        yield
    except kind as error:
        message = str(error)
    else:
        raise AssertionError(f"{kind.__name__} was not raised")
    assert mention in message, f"{mention!r} is not in {message!r}"


@asynccontextmanager
async def opened(disk: JournalDisk) -> AsyncIterator[Journal]:
    """Open a store for the block."""
    journal = disk.journal()
    await journal.open("conformance")
    try:
        yield journal
    finally:
        await journal.close()


class AppendConformance:
    """What `Journal.append` and `Journal.read` owe."""

    async def test_a_new_journal_is_empty(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            assert journal.last_seq() == 0
            assert await journal.read(0, 10) == []
            assert await journal.latest_snapshot() is None
            assert journal.get("customer", "1") is None
            assert journal.scan("customer") == []

    async def test_appended_entries_are_read_in_order(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append(entries(1, 3))
            await journal.append([entry(4)])
            assert journal.last_seq() == 4
            assert await journal.read(0, 10) == entries(1, 4)

    async def test_read_is_bounded_at_both_ends(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append(entries(1, 9))
            assert await journal.read(2, 3) == entries(3, 5)
            assert await journal.read(8, 3) == [entry(9)]
            assert await journal.read(9, 3) == []
            assert await journal.read(0, 0) == []

    async def test_a_large_append_is_whole(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append(entries(1, 777))
            assert await journal.read(0, 1000) == entries(1, 777)

    async def test_any_bytes_come_back(self, disk: JournalDisk) -> None:
        odd = [Entry(1, 0, b""), Entry(2, 2**53, bytes(range(256))), Entry(3, -1, b"x" * 100_000)]
        async with opened(disk) as journal:
            await journal.append(odd, [Write("odd", "", b""), Write("odd", "\0", bytes(range(256)))])
            assert await journal.read(0, 10) == odd
            assert journal.scan("odd") == [("", b""), ("\0", bytes(range(256)))]

    async def test_entries_and_writes_may_be_empty(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append([])
            await journal.append([], [Write("customer", "1", b"Ada")])
            assert journal.last_seq() == 0
            assert journal.get("customer", "1") == b"Ada"

    async def test_a_gap_is_refused_and_nothing_is_written(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append([entry(1)])
            for wrong in ([entry(3)], [entry(1)], [entry(2), entry(4)], [entry(2), entry(2)], [entry(0)]):
                with refused(JournalCorrupt):
                    await journal.append(wrong, [Write("customer", "1", b"Ada")])
            assert journal.last_seq() == 1
            assert await journal.read(0, 10) == [entry(1)]
            assert journal.get("customer", "1") is None

    async def test_it_goes_on_after_a_refusal(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            with refused(JournalCorrupt):
                await journal.append([entry(2)])
            await journal.append([entry(1)])
            assert journal.last_seq() == 1

    async def test_concurrent_appends_keep_the_order_of_the_calls(self, disk: JournalDisk) -> None:
        called = 0

        async def append_next() -> None:
            nonlocal called
            called += 1
            mine = called
            await journal.append([entry(mine)], [Write("last", "seq", b"%d" % mine)])
            assert journal.last_seq() >= mine

        async with opened(disk) as journal:
            async with anyio.create_task_group() as group:
                for _ in range(300):
                    group.start_soon(append_next)
            assert await journal.read(0, 1000) == entries(1, 300)
            assert journal.get("last", "seq") == b"300"

    async def test_one_bad_append_does_not_fail_the_others(self, disk: JournalDisk) -> None:
        called = 0
        failed = 0

        async def append_next() -> None:
            nonlocal called, failed
            called += 1
            if called % 7 == 0:
                called -= 1
                try:
                    await journal.append([entry(9999)], [Write("bad", "1", b"bad")])
                except JournalCorrupt:
                    failed += 1
                return
            await journal.append([entry(called)])

        async with opened(disk) as journal:
            await journal.append([])
            async with anyio.create_task_group() as group:
                for _ in range(6):
                    group.start_soon(append_next)
                group.start_soon(append_next)
            assert failed == 1
            assert await journal.read(0, 100) == entries(1, 6)
            assert journal.get("bad", "1") is None

    async def test_cancelling_a_waiter_does_not_cancel_its_commit(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            async with anyio.create_task_group() as group:
                group.start_soon(journal.append, [entry(1)], [Write("customer", "1", b"Ada")])
                await anyio.lowlevel.checkpoint()
                group.start_soon(journal.append, [entry(2)])
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            await journal.append([entry(3)])
            assert await journal.read(0, 10) == entries(1, 3)
            assert journal.get("customer", "1") == b"Ada"

    async def test_close_lets_the_commits_under_way_finish(self, disk: JournalDisk) -> None:
        journal = disk.journal()
        await journal.open("conformance")
        async with anyio.create_task_group() as group:
            group.start_soon(journal.append, [entry(1)])
            await anyio.wait_all_tasks_blocked()
            await journal.close()
        async with opened(disk) as journal:
            assert await journal.read(0, 10) == [entry(1)]


class CellConformance:
    """What cells owe."""

    async def test_set_replace_delete(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append([], [Write("customer", "1", b"Ada"), Write("customer", "2", b"Bob")])
            await journal.append([], [Write("customer", "1", b"Ada Lovelace"), Write("customer", "2", None)])
            assert journal.get("customer", "1") == b"Ada Lovelace"
            assert journal.get("customer", "2") is None
            assert journal.scan("customer") == [("1", b"Ada Lovelace")]

    async def test_collections_are_apart(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append([], [Write("customer", "1", b"Ada"), Write("outbox", "1", b"mail")])
            await journal.append([], [Write("outbox", "1", None)])
            assert journal.get("customer", "1") == b"Ada"
            assert journal.scan("outbox") == []

    async def test_deleting_nothing_is_allowed(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append([entry(1)], [Write("customer", "nobody", None)])
            assert journal.get("customer", "nobody") is None

    async def test_later_writes_of_one_append_win(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append(
                [],
                [
                    Write("a", "set-delete", b"1"),
                    Write("a", "set-delete", None),
                    Write("a", "delete-set", None),
                    Write("a", "delete-set", b"2"),
                    Write("a", "set-set", b"3"),
                    Write("a", "set-set", b"4"),
                ],
            )
            assert journal.scan("a") == [("delete-set", b"2"), ("set-set", b"4")]

    async def test_scans_go_by_code_point(self, disk: JournalDisk) -> None:
        keys = [
            "",
            "10",
            "2",
            "B",
            "a",
            "a\0",
            "aa",
            "ä",
            "я",
            "\ud7ff",
            "\ue000",
            "\uffff",
            "\U0001f600",
            "\U0010ffff",
        ]
        async with opened(disk) as journal:
            await journal.append([], [Write("words", key, key.encode()) for key in reversed(keys)])
            assert [key for key, _ in journal.scan("words")] == sorted(keys) == keys
            assert [key for key, _ in journal.scan("words", reverse=True)] == keys[::-1]

    async def test_prefixes_hold_at_the_edges_of_unicode(self, disk: JournalDisk) -> None:
        prefixes = ["a", "я", "\ud7ff", "\uffff", "\U0010ffff", "a\U0010ffff", "\U0010ffff\U0010ffff"]
        keys = sorted(
            {p + tail for p in prefixes for tail in ("", "\0", "x", "\ue000", "\uffff", "\U0010ffff")} | {"b"}
        )
        async with opened(disk) as journal:
            await journal.append([], [Write("words", key, b"") for key in keys])
            for prefix in prefixes:
                wanted = [key for key in keys if key.startswith(prefix)]
                assert [key for key, _ in journal.scan("words", prefix)] == wanted
                assert [key for key, _ in journal.scan("words", prefix, reverse=True)] == wanted[::-1]
                assert journal.scan("words", prefix + "none of these") == []

    async def test_a_scan_goes_on_after_a_key(self, disk: JournalDisk) -> None:
        keys = ["c/1", "c/2", "c/3", "c/4", "d/1"]
        async with opened(disk) as journal:
            await journal.append([], [Write("mail", key, b"") for key in ["b/9", *keys]])

            def found(**options: object) -> list[str]:
                return [key for key, _ in journal.scan("mail", "c/", **options)]  # type: ignore[arg-type]

            assert found(limit=2) == ["c/1", "c/2"]
            assert found(limit=2, after="c/2") == ["c/3", "c/4"]
            assert found(after="c/25") == ["c/3", "c/4"]
            assert found(after="c/4") == []
            assert found(after="b/9") == keys[:4]
            assert found(after="z") == []
            assert found(limit=0) == []
            assert found(limit=2, reverse=True) == ["c/4", "c/3"]
            assert found(limit=2, reverse=True, after="c/3") == ["c/2", "c/1"]
            assert found(reverse=True, after="c/1") == []
            assert found(reverse=True, after="z") == keys[:4][::-1]
            assert found(reverse=True, after="b/9") == []
            assert [key for key, _ in journal.scan("mail", after="c/4")] == ["d/1"]

    async def test_the_largest_cell_is_kept_and_a_larger_one_is_refused(self, disk: JournalDisk) -> None:
        largest = b"x" * CELL_VALUE_BYTES_MAX
        async with opened(disk) as journal:
            await journal.append([entry(1)], [Write("content", "1", largest)])
            with refused(TooLarge):
                await journal.append([entry(2)], [Write("content", "2", largest + b"x")])
            assert journal.get("content", "1") == largest
            assert journal.last_seq() == 1
            assert journal.get("content", "2") is None

    async def test_reads_see_whole_transactions_only(self, disk: JournalDisk) -> None:
        seen: set[bytes] = set()
        done = False

        async def watch() -> None:
            while not done:
                pair = journal.scan("pair")
                assert len({value for _, value in pair}) == 1, "a part of a transaction was read"
                seen.add(pair[0][1])
                assert len(await journal.read(0, 1000)) >= int(pair[0][1])

        async with opened(disk) as journal:
            await journal.append([], [Write("pair", "a", b"0"), Write("pair", "b", b"0")])
            async with anyio.create_task_group() as group:
                group.start_soon(watch)
                for seq in range(1, 51):
                    value = b"%d" % seq
                    await journal.append([entry(seq)], [Write("pair", "a", value), Write("pair", "b", value)])
                done = True
            assert seen


class RecoveryConformance:
    """What ownership, snapshots, blobs and crashes owe."""

    async def test_epochs_count_up(self, disk: JournalDisk) -> None:
        for epoch in (1, 2, 3):
            journal = disk.journal()
            assert await journal.open("conformance") == epoch
            await journal.close()

    async def test_a_second_owner_is_refused_and_told_who_has_it(self, disk: JournalDisk) -> None:
        first, second = disk.journal(), disk.journal()
        await first.open("the night shift")
        with refused(JournalLocked, "the night shift"):
            await second.open("the intruder")
        await second.close()
        await first.append([entry(1)])
        await first.close()
        assert await second.open("the day shift") == 2
        assert second.last_seq() == 1
        await second.close()

    async def test_a_second_open_of_one_object_is_refused(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            with refused(JournalLocked):
                await journal.open("again")
            await journal.append([entry(1)])

    async def test_everything_is_there_after_a_close(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            digest = await self._fill(journal)
        await self._check(disk, digest)

    async def test_everything_acknowledged_is_there_after_a_crash(self, disk: JournalDisk) -> None:
        journal = disk.journal()
        await journal.open("conformance")
        digest = await self._fill(journal)
        disk.crash()
        await self._check(disk, digest)

    async def _fill(self, journal: Journal) -> str:
        await journal.append(entries(1, 5), [Write("customer", "1", b"Ada"), Write("customer", "2", b"Bob")])
        digest = await journal.put_blob(b"attachment")
        await journal.put_snapshot(Snapshot(3, b"state"))
        await journal.append([entry(6)], [Write("customer", "2", None)])
        return digest

    async def _check(self, disk: JournalDisk, digest: str) -> None:
        journal = disk.journal()
        assert await journal.open("conformance") == 2
        assert journal.last_seq() == 6
        assert await journal.read(0, 10) == entries(1, 6)
        assert journal.scan("customer") == [("1", b"Ada")]
        assert await journal.latest_snapshot() == Snapshot(3, b"state")
        assert await journal.get_blob(digest) == b"attachment"
        await journal.append([entry(7)])
        await journal.close()

    async def test_close_is_idempotent_and_ends_everything(self, disk: JournalDisk) -> None:
        journal = disk.journal()
        await journal.close()
        await journal.open("conformance")
        await journal.append([entry(1)])
        await journal.close()
        await journal.close()
        with refused(JournalError):
            await journal.append([entry(2)])
        with refused(JournalError):
            journal.get("customer", "1")
        with refused(JournalError):
            journal.last_seq()

    async def test_one_object_may_be_opened_again(self, disk: JournalDisk) -> None:
        journal = disk.journal()
        for seq in (1, 2):
            assert await journal.open("conformance") == seq
            await journal.append([entry(seq)])
            await journal.close()

    async def test_the_newest_snapshot_is_found(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append(entries(1, 9))
            for seq in (2, 5, 9):
                await journal.put_snapshot(Snapshot(seq, b"state %d" % seq))
            assert await journal.latest_snapshot() == Snapshot(9, b"state 9")
            await journal.put_snapshot(Snapshot(9, b"again"))
            assert await journal.latest_snapshot() == Snapshot(9, b"again")
            await journal.put_snapshot(Snapshot(4, b"late"))
            assert await journal.latest_snapshot() == Snapshot(9, b"again")

    async def test_a_snapshot_of_the_future_is_refused(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            await journal.append([entry(1)])
            with refused(JournalCorrupt):
                await journal.put_snapshot(Snapshot(2, b"state"))
            assert await journal.latest_snapshot() is None

    async def test_blobs_are_named_by_their_content(self, disk: JournalDisk) -> None:
        content = bytes(range(256)) * 1000
        async with opened(disk) as journal:
            digest = await journal.put_blob(content)
            assert digest == hashlib.sha256(content).hexdigest()
            assert await journal.put_blob(content) == digest
            assert await journal.get_blob(digest) == content
            empty = await journal.put_blob(b"")
            assert await journal.get_blob(empty) == b""
            assert await journal.get_blob("0" * 64) is None
            assert await journal.get_blob("../../etc/passwd") is None

    async def test_a_damaged_blob_is_noticed_and_mended(self, disk: JournalDisk) -> None:
        async with opened(disk) as journal:
            digest = await journal.put_blob(b"attachment")
            disk.damage_blob(digest)
            with refused(JournalCorrupt):
                await journal.get_blob(digest)
            await journal.put_blob(b"attachment")
            assert await journal.get_blob(digest) == b"attachment"


class JournalConformance(AppendConformance, CellConformance, RecoveryConformance):
    """The whole suite; a subclass gives the fixture ``disk`` (a `JournalDisk`)."""
