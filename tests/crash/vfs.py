"""The ways from the journal to a `Disk`: an apsw VFS for SQLite, and the few calls of `os` for blobs and births.

The VFS inherits the system's: locks and the shared memory of the write-ahead log are the real ones, so that the
journal runs as it is, with its readers on connections of their own. Only nothing is really synced: the `Disk` is told.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import apsw
from tests.crash.disk import FOLDER, Disk, Failed, Op

from omniroute.journal import files

CODES = {
    Op.OPEN: apsw.SQLITE_CANTOPEN,
    Op.READ: apsw.SQLITE_IOERR_READ,
    Op.WRITE: apsw.SQLITE_IOERR_WRITE,
    Op.TRUNCATE: apsw.SQLITE_IOERR_TRUNCATE,
    Op.SYNC: apsw.SQLITE_IOERR_FSYNC,
    Op.SIZE: apsw.SQLITE_IOERR_FSTAT,
    Op.LOCK: apsw.SQLITE_IOERR_LOCK,
    Op.ACCESS: apsw.SQLITE_IOERR_ACCESS,
    Op.DELETE: apsw.SQLITE_IOERR_DELETE,
}
DURABLE_NAMES = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL | apsw.SQLITE_OPEN_WAL
"""The system's VFS syncs the folder together with the first sync of a file that it made for one of these."""

_numbers = count(1)


@contextmanager
def sqlite_errors() -> Iterator[None]:
    try:
        yield
    except Failed as failed:
        code = apsw.SQLITE_FULL if failed.full else CODES[failed.op]
        raise apsw.exception_for(code) from None


@contextmanager
def os_errors() -> Iterator[None]:
    try:
        yield
    except Failed as failed:
        raise OSError(errno.ENOSPC if failed.full else errno.EIO, "a fault of the disk") from None


class DiskFile(apsw.VFSFile):
    """A file of SQLite."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        self.name = str(name.filename() if isinstance(name, apsw.URIFilename) else name)
        self.names_due = bool(flags[0] & DURABLE_NAMES and flags[0] & apsw.SQLITE_OPEN_CREATE)
        super().__init__("", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.READ)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.gate.pass_through()
        with self.disk.lock, sqlite_errors():
            try:
                self.disk.begin(Op.WRITE)
            except Failed:
                self._write_some(bytes(data), offset)
                raise
            super().xWrite(data, offset)
            self.disk.write(self.name, offset, bytes(data))

    def _write_some(self, data: bytes, offset: int) -> None:
        """What fails may have done a part."""
        if self.disk.off or self.disk.fault is None:
            return
        data = data[: self.disk.fault.chance("short write").randrange(len(data))]
        if data:
            super().xWrite(data, offset)
            self.disk.write(self.name, offset, data)

    def xTruncate(self, size: int) -> None:
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.TRUNCATE)
            super().xTruncate(size)
            self.disk.truncate(self.name, size)

    def xSync(self, flags: int) -> None:
        with self.disk.lock, sqlite_errors():
            self.disk.begin_sync(self.name)
            self.disk.of(self.name).sync()
            if self.names_due:
                self.disk.sync_names(str(Path(self.name).parent))
                self.names_due = False

    def xFileSize(self) -> int:
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.SIZE)
        return super().xFileSize()

    def xLock(self, level: int) -> None:
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.LOCK)
        super().xLock(level)


class DiskVfs(apsw.VFS):
    """A name by which SQLite finds the disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.vfs_name = f"disk-{next(_numbers)}"
        super().__init__(self.vfs_name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        if name is None:  # for SQLite's own use, never read after a crash
            return apsw.VFSFile("", name, flags)
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.OPEN)
            file = DiskFile(self.disk, name, flags)
            if not self.disk.known(file.name):
                self.disk.create(file.name)
            return file

    def xDelete(self, name: str, sync_folder: bool) -> None:
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.DELETE)
            super().xDelete(name, False)
            self.disk.delete(name)
            if sync_folder:
                self.disk.sync_names(str(Path(name).parent))

    def xAccess(self, name: str, flags: int) -> bool:
        with self.disk.lock, sqlite_errors():
            self.disk.begin(Op.ACCESS)
        return super().xAccess(name, flags)


class BlobFile(io.FileIO):
    """What `omniroute.journal.files` writes with."""

    def __init__(self, calls: OsCalls, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._calls, self._name = calls, calls.opened.get(descriptor, "")

    def write(self, data: Any) -> int:
        disk = self._calls.disk
        with disk.lock, os_errors():
            disk.begin(Op.WRITE)
            disk.write(self._name, self.tell(), bytes(data))
            return int(super().write(data) or 0)

    def close(self) -> None:
        if not self.closed:
            self._calls.opened.pop(self.fileno(), None)
        super().close()


class OsCalls:
    """The calls of `os` and `io` that the journal makes by itself, for names inside the disk's folder."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.opened: dict[int, str] = {}
        self._inside = str(disk.folder) + "/"
        self._os = {name: getattr(os, name) for name in ("open", "close", "fsync", "rename", "unlink", "mkdir")}
        self._os |= {name: getattr(os, name) for name in ("listdir", "ftruncate", "pread", "pwrite")}
        self._io_open = io.open

    @contextmanager
    def patched(self) -> Iterator[None]:
        """They go to the disk inside the block."""
        with (
            mock.patch.multiple(os, **{name: getattr(self, name) for name in self._os}),
            mock.patch.object(io, "open", self.io_open),
            mock.patch.object(files, "open", self.file, create=True),
        ):
            yield

    def _ours(self, path: Any) -> str:
        """Its name, if it is one on this disk; the owner's lock is none: it has no contents that matter."""
        name = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        return str(name) if str(name).startswith(self._inside) or str(name) == str(self.disk.folder) else ""

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        name = self._ours(path)
        if not name:
            return int(self._os["open"](path, flags, mode, **more))
        with self.disk.lock, os_errors():
            self.disk.begin(Op.OPEN)
            descriptor: int = self._os["open"](path, flags, mode)
            self.opened[descriptor] = name
            if flags & os.O_CREAT and not self.disk.known(name):
                self.disk.create(name)
            if flags & os.O_TRUNC:
                self.disk.truncate(name, 0)
            return descriptor

    def close(self, descriptor: int) -> None:
        self.opened.pop(descriptor, None)
        self._os["close"](descriptor)

    def file(self, descriptor: int, mode: str, buffering: int = 0) -> BlobFile:
        return BlobFile(self, descriptor, mode)

    def io_open(self, path: Any, *args: Any, **more: Any) -> Any:
        if self._ours(path):
            with self.disk.lock, os_errors():
                self.disk.begin(Op.READ)
        return self._io_open(path, *args, **more)

    def fsync(self, descriptor: int) -> None:
        name = self.opened.get(descriptor)
        if name is None:
            self._os["fsync"](descriptor)
            return
        with self.disk.lock, os_errors():
            folder = name == str(self.disk.folder) or self.disk.of(name) is FOLDER
            if folder:
                self.disk.begin(Op.SYNC)
                self.disk.sync_names(name)
            else:
                self.disk.begin_sync(name)
                self.disk.of(name).sync()

    def ftruncate(self, descriptor: int, size: int) -> None:
        self._file_call(descriptor, Op.TRUNCATE, lambda name: self.disk.truncate(name, size))
        self._os["ftruncate"](descriptor, size)

    def pread(self, descriptor: int, amount: int, offset: int) -> bytes:
        self._file_call(descriptor, Op.READ, lambda _: None)
        return bytes(self._os["pread"](descriptor, amount, offset))

    def pwrite(self, descriptor: int, data: Any, offset: int) -> int:
        self._file_call(descriptor, Op.WRITE, lambda name: self.disk.write(name, offset, bytes(data)))
        return int(self._os["pwrite"](descriptor, data, offset))

    def _file_call(self, descriptor: int, op: Op, do: Callable[[str], None]) -> None:
        if descriptor in self.opened:
            with self.disk.lock, os_errors():
                self.disk.begin(op)
                do(self.opened[descriptor])

    def rename(self, old: Any, new: Any, **more: Any) -> None:
        if not self._ours(old):
            self._os["rename"](old, new, **more)
            return
        with self.disk.lock, os_errors():
            self.disk.begin(Op.RENAME)
            self._os["rename"](old, new)
            self.disk.rename(self._ours(old), self._ours(new))

    def unlink(self, path: Any, **more: Any) -> None:
        self._name_call(path, Op.DELETE, self._os["unlink"], self.disk.delete, **more)

    def mkdir(self, path: Any, mode: int = 0o777, **more: Any) -> None:
        self._name_call(path, Op.FOLDER, self._os["mkdir"], lambda name: self.disk.create(name, FOLDER), mode, **more)

    def _name_call(
        self, path: Any, op: Op, real: Callable[..., None], do: Callable[[str], None], *args: Any, **more: Any
    ) -> None:
        name = self._ours(path)
        if not name:
            real(path, *args, **more)
            return
        with self.disk.lock, os_errors():
            self.disk.begin(op)
            real(path, *args, **more)
            do(name)

    def listdir(self, path: Any = ".") -> Any:
        if self._ours(path):
            with self.disk.lock, os_errors():
                self.disk.begin(Op.LIST)
        return self._os["listdir"](path)


@contextmanager
def powered(disk: Disk) -> Iterator[str]:
    """The name of the disk's VFS, while it is switched on."""
    vfs, hook = DiskVfs(disk), sys.unraisablehook

    def known(unraisable: Any) -> None:
        """Our own errors, which SQLite got and apsw could not hand on as well, are nobody's surprise."""
        if not isinstance(unraisable.exc_value, apsw.Error):
            hook(unraisable)

    try:
        with OsCalls(disk).patched(), mock.patch.object(sys, "unraisablehook", known):
            yield vfs.vfs_name
    finally:
        vfs.unregister()
