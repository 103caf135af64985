"""Files that must survive a power failure and that nobody else may read.

What lives here: the few calls of the operating system that the SQLite store and the blobs share. What must not:
anything that knows what is in the files.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700
CHUNK_BYTES = 1024 * 1024


def create_private(path: Path) -> None:
    """Create an empty file that only we may read, if there is none."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))


def create_private_folder(path: Path) -> None:
    """Create a folder that only we may enter, if there is none; durable on return.

    Whoever made it may have failed, or died, before its name was synced: so it is synced in any case.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=FOLDER_MODE)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: a synced file without its name is lost all the same."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_again_synced(path: Path) -> None:
    """Write the bytes that a file shows once more, in place, and make them durable.

    After a sync that failed, the system goes on showing bytes that are not on the disk, to the next process as well,
    and no later sync brings them there unless they are written again. A file that is missing is left so.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with open(descriptor, "r+b", buffering=0) as file:  # noqa: PTH123 - Path.open() knows no descriptors
        at = 0
        while data := os.pread(descriptor, CHUNK_BYTES, at):
            file.seek(at)
            at += file.write(data)
        os.fsync(descriptor)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new private file and make its bytes durable; its name is the caller's affair."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - Path.open() knows no descriptors
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(descriptor)
