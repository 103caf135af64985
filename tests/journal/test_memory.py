"""What the memory journal offers beyond the contract: faults by appointment."""

import pytest

from omniroute.errors import JournalError, JournalFull, JournalLocked
from omniroute.journal.contract import Write
from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.testing.journal import entry


async def test_a_planned_full_disk_writes_nothing_and_passes():
    journal = MemoryJournal()
    await journal.open("test")
    journal.fail_next(JournalFull("full"))
    with pytest.raises(JournalFull):
        await journal.append([entry(1)], [Write("a", "1", b"")])
    assert journal.last_seq() == 0
    assert journal.scan("a") == []
    await journal.append([entry(1)])


@pytest.mark.parametrize("written", [False, True])
async def test_after_a_planned_disk_failure_only_opening_again_helps(written):
    disk = MemoryDisk()
    journal = MemoryJournal(disk)
    await journal.open("test")
    journal.fail_next(JournalError("broken"), written=written)
    with pytest.raises(JournalError, match="broken"):
        await journal.append([entry(1)])
    with pytest.raises(JournalError, match="recover"):
        await journal.append([entry(1)])
    await journal.close()
    journal = MemoryJournal(disk)
    await journal.open("test")
    assert journal.last_seq() == int(written)


async def test_who_lived_through_a_crash_is_fenced():
    disk = MemoryDisk()
    before, after = MemoryJournal(disk), MemoryJournal(disk)
    await before.open("before")
    disk.crash()
    await after.open("after")
    with pytest.raises(JournalLocked):
        await before.append([entry(1)])
    await before.close()
    await after.append([entry(1)])
    assert disk.epochs == [2]
