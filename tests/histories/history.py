"""A history: a recorded journal in one file, and its replay through the code of the present version.

The file is gzip (without a time) around one MessagePack array ``[format, release, [[at_ms, data], …]]``: ``data`` is an
entry as a journal holds it, entries are numbered from 1 without gaps.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from omniroute.core.digests import state_hash
from omniroute.core.state import State
from omniroute.engine import recovery
from omniroute.journal.contract import Entry, Snapshot
from omniroute.journal.memory import MemoryDisk, MemoryJournal

FOLDER = Path(__file__).parent
SUFFIX = ".journal"
FORMAT = 1


class File(msgspec.Struct, array_like=True):
    format: int
    release: str
    entries: list[tuple[int, bytes]]


class History(NamedTuple):
    """``release`` recorded it."""

    release: str
    entries: list[Entry]


def names(folder: Path = FOLDER) -> list[str]:
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))


def path_of(name: str, folder: Path = FOLDER) -> Path:
    return folder / f"{name}{SUFFIX}"


def read(name: str, folder: Path = FOLDER) -> History:
    file = msgspec.msgpack.decode(gzip.decompress(path_of(name, folder).read_bytes()), type=File)
    assert file.format == FORMAT, f"{name} is of format {file.format}"
    return History(file.release, [Entry(seq, at_ms, data) for seq, (at_ms, data) in enumerate(file.entries, 1)])


def write(name: str, release: str, entries: Iterable[tuple[int, bytes]], folder: Path = FOLDER) -> None:
    """Make a new file; a history that is there stays as it is (`FileExistsError`)."""
    data = msgspec.msgpack.encode(File(FORMAT, release, list(entries)))
    with path_of(name, folder).open("xb") as file:
        file.write(gzip.compress(data, 9, mtime=0))


async def replay(entries: list[Entry], cut: int = 0) -> State:
    """The state after all entries, as the engine recovers it; with ``cut`` by a snapshot after that entry."""
    disk = MemoryDisk()
    disk.entries = entries[:cut]
    disk.epochs = [1] * cut
    journal = MemoryJournal(disk)
    await journal.open("test")
    if cut:
        await journal.put_snapshot(Snapshot(cut, (await recovery.load(journal)).encode()))
    await journal.append(entries[cut:])
    return await recovery.load(journal)


async def hash_of(name: str, folder: Path = FOLDER) -> str:
    """The hash of the state to which a history replays."""
    return state_hash(await replay(read(name, folder).entries))
