"""One owner at a time: a kernel lock on a file beside the journal, which holds who the owner is.

The kernel drops the lock with the process, however that ends, so a crash needs no cleaning up. The file itself is
never removed: removing it would let two owners lock two files of one name. What the lock cannot see (the same
journal on another machine through a network file system) the lease's epoch catches at the next append.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec

from omniroute.errors import JournalLocked
from omniroute.journal.files import FILE_MODE

HOLDER_CHARS_MAX = 200
_TEXT_BYTES_MAX = 4096


class Owner(msgspec.Struct, frozen=True):
    """Who holds the journal, as shown to whoever is refused."""

    holder: str
    pid: int


class OwnershipLock:
    """A held lock. Two locks exclude each other in one process, too."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, holder: str) -> OwnershipLock:
        """Take the lock and write down who has it.

        Raises:
            JournalLocked: somebody else has it; the message names them.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            text = msgspec.json.encode(Owner(holder[:HOLDER_CHARS_MAX], os.getpid()))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, text, 0)
        except BlockingIOError as error:
            text = os.pread(descriptor, _TEXT_BYTES_MAX, 0)
            os.close(descriptor)
            raise JournalLocked(f"this journal is owned by {_describe(text)}; stop that one first") from error
        except OSError:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Give the lock up."""
        os.close(self._descriptor)


def _describe(text: bytes) -> str:
    try:
        owner = msgspec.json.decode(text, type=Owner)
    except msgspec.DecodeError:
        # The owner is between taking the lock and writing its name down.
        return "another process"
    return f"{owner.holder} (pid {owner.pid})"
