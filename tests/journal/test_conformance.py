"""Both stores keep the contract, on both event loops."""

import shutil

import pytest

from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.journal.sqlite import SqliteJournal
from omniroute.testing.journal import JournalConformance


class MemoryStorage:
    def __init__(self):
        self._disk = MemoryDisk()

    def journal(self):
        return MemoryJournal(self._disk)

    def crash(self):
        self._disk.crash()

    def damage_blob(self, digest):
        self._disk.blobs[digest] = b"damaged"


class SqliteStorage:
    """A crash is a copy of the folder, taken while the old store still has it open: what the next start would find."""

    def __init__(self, root):
        self._root = root
        self._life = 0
        self._journals = []
        self._folder.mkdir()

    @property
    def _folder(self):
        return self._root / f"life-{self._life}"

    def journal(self):
        journal = SqliteJournal(self._folder / "journal.db")
        self._journals.append(journal)
        return journal

    def crash(self):
        before = self._folder
        self._life += 1
        shutil.copytree(before, self._folder, ignore=shutil.ignore_patterns("*-shm"))

    def damage_blob(self, digest):
        path = self._folder / "journal.db.blobs" / digest[:2] / digest
        path.write_bytes(b"damaged")

    async def close(self):
        for journal in self._journals:
            await journal.close()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


class TestMemoryJournal(JournalConformance):
    @pytest.fixture
    def disk(self):
        return MemoryStorage()


class TestSqliteJournal(JournalConformance):
    @pytest.fixture
    async def disk(self, tmp_path, anyio_backend):
        storage = SqliteStorage(tmp_path)
        yield storage
        await storage.close()
