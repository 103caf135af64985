"""A disk with a volatile cache: what was not synced may be lost, torn or out of order when the power is cut.

The files in the folder are the cache: whoever reads sees every write. Beside them stands what is *stable*: bytes get
there by the sync of their file, names by the sync of their folder. A power cut keeps what is stable and, of every write
since, by seed nothing, all, or some of its sectors, in any combination. A sync that fails has dropped what it should
have written, as Linux does: the cache still shows it, no later sync brings it back.

Every operation has a number, and a `Fault` says what becomes of one of them. No SQLite and no journal here.
"""

from __future__ import annotations

import random
import shutil
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SECTOR_BYTES = 512


class Op(StrEnum):
    """What a program asks a disk for."""

    OPEN = "open"
    READ = "read"
    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    SIZE = "file size"
    LOCK = "lock"
    ACCESS = "access"
    DELETE = "delete"
    RENAME = "rename"
    FOLDER = "make folder"
    LIST = "list folder"


class Kind(StrEnum):
    """What becomes of the operation."""

    ERROR = "error once"
    FULL = "full once"
    ERROR_CUT = "error, then power cut"
    CUT = "power cut"


@dataclass(frozen=True)
class Fault:
    """The operation ``number`` (from 1) fails; ``seed`` decides what chance decides."""

    kind: Kind
    number: int
    seed: int = 0

    def chance(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{self.kind}/{self.number}/{what}")


class Failed(Exception):
    """The operation failed; ``full`` for want of space."""

    def __init__(self, op: Op, *, full: bool = False) -> None:
        super().__init__(op)
        self.op, self.full = op, full


@dataclass(frozen=True)
class Change:
    """Bytes at an offset; without bytes, the file ends there."""

    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        if self.data is None:
            del content[self.offset :]
            content.extend(bytes(max(0, self.offset - len(content))))
            return
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def torn(self, chance: random.Random) -> list[Change]:
        """Nothing, all, or some sectors of it."""
        match chance.randrange(3), self.data:
            case 0, _:
                return []
            case 2, bytes(data):
                end = self.offset + len(data)
                first = self.offset - self.offset % SECTOR_BYTES
                sectors = [
                    (max(at, self.offset), min(at + SECTOR_BYTES, end)) for at in range(first, end, SECTOR_BYTES)
                ]
                kept = [one for one in sectors if chance.random() < 0.5]
                return [Change(low, data[low - self.offset : high - self.offset]) for low, high in kept]
            case _:
                return [self]


@dataclass
class File:
    """What is stable of one file, and what was written since, in order."""

    stable: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            change.apply(self.stable)
        self.pending.clear()

    def lose(self, chance: random.Random) -> None:
        """Chance decides what of the pending changes is stable; the rest never will be."""
        mode = chance.randrange(4)
        for change in self.pending:
            for part in [] if mode == 0 else [change] if mode == 1 else change.torn(chance):
                part.apply(self.stable)
        self.pending.clear()


FOLDER = File()
"""Stands in the names for every folder."""


@dataclass(frozen=True)
class Renaming:
    """A name is there from now on, or (without a file) no more; ``old`` goes with it."""

    name: str
    file: File | None
    old: str = ""

    def apply(self, names: dict[str, File]) -> None:
        names.pop(self.old, None)
        if self.file is None:
            names.pop(self.name, None)
        else:
            names[self.name] = self.file


class Disk:
    """One folder on such a disk, from power on to power cut; ``fault`` strikes once."""

    def __init__(self, folder: Path, fault: Fault | None = None) -> None:
        self.folder = folder
        self.fault = fault
        self.off = False
        self.done: list[Op] = []
        self.lock = threading.RLock()
        self.gate = Gate()
        self._cut_at = fault.number if fault and fault.kind is Kind.CUT else 0
        self._names: dict[str, File] = {}
        self._stable_names: dict[str, File] = {}
        self._pending_names: list[Renaming] = []
        for path in sorted(folder.rglob("*")):
            self._names[str(path)] = FOLDER if path.is_dir() else File(bytearray(path.read_bytes()))
        self._stable_names.update(self._names)

    def strike(self, fault: Fault) -> None:
        """Another fault, on the same system: the cache is as it was."""
        self.fault = fault
        self._cut_at = fault.number if fault.kind is Kind.CUT else 0

    @property
    def number(self) -> int:
        """Of the last operation."""
        return len(self.done)

    # ---- what happens to an operation
    def begin(self, op: Op) -> None:
        """Count the operation. Raises `Failed` where it is to fail."""
        self.done.append(op)
        if self.number == self._cut_at:
            self.off = True
        if self.off:
            raise Failed(op)
        fault = self.fault
        if fault is None or fault.number != self.number:
            return
        if fault.kind is Kind.ERROR_CUT:
            self._cut_at = self.number + fault.chance("delay").choice((1, 2, 5, 12, 40, 80, 160))
        if fault.kind is not Kind.FULL or op is Op.WRITE:
            raise Failed(op, full=fault.kind is Kind.FULL)

    def begin_sync(self, name: str) -> None:
        """As `begin`; a failing sync drops what it should have written."""
        try:
            self.begin(Op.SYNC)
        except Failed:
            if not self.off and self.fault is not None and self.of(name) is not FOLDER:
                self.of(name).lose(self.fault.chance("failed sync"))
            raise

    # ---- what it does
    def of(self, name: str) -> File:
        return self._names[name]

    def known(self, name: str) -> bool:
        return name in self._names

    def write(self, name: str, offset: int, data: bytes) -> None:
        self.of(name).pending.append(Change(offset, data))

    def truncate(self, name: str, size: int) -> None:
        self.of(name).pending.append(Change(size, None))

    def create(self, name: str, file: File | None = None) -> None:
        self._rename(Renaming(name, file or File()))

    def delete(self, name: str) -> None:
        if name in self._names:
            self._rename(Renaming(name, None))

    def rename(self, old: str, name: str) -> None:
        self._rename(Renaming(name, self.of(old), old))

    def _rename(self, one: Renaming) -> None:
        one.apply(self._names)
        self._pending_names.append(one)

    def sync_names(self, folder: str) -> None:
        """The names in one folder are stable from now on."""
        here = [one for one in self._pending_names if str(Path(one.name).parent) == folder]
        for one in here:
            one.apply(self._stable_names)
            self._pending_names.remove(one)

    # ---- the power cut
    def cut(self, seed: int = 0) -> None:
        """Leave in the folder what the disk has when the power comes back; nobody may have files open."""
        self.off = True
        chance = self.fault.chance("cut") if self.fault else random.Random(seed)
        self._keep_names(chance)
        files = {id(file): file for file in self._stable_names.values() if file is not FOLDER}
        for file in files.values():
            file.lose(chance)
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for name, file in sorted(self._stable_names.items()):
            path = Path(name)
            if not path.parent.is_dir():
                continue  # its folder's own name is lost
            if file is FOLDER:
                path.mkdir()
            else:
                path.write_bytes(file.stable)

    def _keep_names(self, chance: random.Random) -> None:
        mode = chance.randrange(3)
        for one in self._pending_names:
            if mode == 1 or (mode == 2 and chance.random() < 0.5):
                one.apply(self._stable_names)
        self._pending_names.clear()


class Gate:
    """Holds the next write up, so that the order of threads is the test's choice and not the scheduler's."""

    def __init__(self) -> None:
        self._open, self._reached = threading.Event(), threading.Event()
        self._open.set()

    def shut(self) -> None:
        self._reached.clear()
        self._open.clear()

    def open(self) -> None:
        """Also for those who wait for somebody that will never come."""
        self._open.set()
        self._reached.set()

    def reached(self) -> None:
        """Wait until somebody stands at it, or it is open."""
        self._reached.wait()

    def pass_through(self) -> None:
        self._reached.set()
        self._open.wait()
