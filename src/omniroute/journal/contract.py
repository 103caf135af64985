"""What every journal store owes to the engine.

A journal holds one *partition* (one contact centre) as:

* **entries**: the events, numbered from 1 without gaps; each number has one writer epoch;
* **cells**: key-value rows in named collections (contents, customers, outbox, raw input, …), written in the same
  transaction as the entries that caused them;
* **snapshots**: the encoded state at a sequence number; only the newest two are kept;
* **blobs**: immutable byte strings, named by their SHA-256, durable *before* the commit that names them.

Guarantees: `Journal.append` returns only when the entries and cells are on stable storage; it is atomic (all or
nothing after any crash) and appends are applied in the order of their calls. Cancelling a caller that waits in
`append` cancels the waiting, never the commit. Reads see committed data only, never a part of a transaction.
Nothing here blocks the event loop for the disk's sake except `get` and `scan`, which read through the page cache and
are bounded by ``limit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

CELL_VALUE_BYTES_MAX = 4 * 1024 * 1024
"""A larger cell is refused; put the bytes in a blob and its digest in the cell."""

BLOB_THRESHOLD_BYTES = 64 * 1024
"""Contents above this size belong in a blob, so that an attachment never stalls the writer."""


class Entry(msgspec.Struct, frozen=True):
    """One recorded event. ``data`` is opaque to the store."""

    seq: int
    at_ms: int
    data: bytes


class Write(msgspec.Struct, frozen=True):
    """One cell to set, or to delete where ``value`` is None. Later writes of one append win over earlier ones."""

    collection: str
    key: str
    value: bytes | None


class Snapshot(msgspec.Struct, frozen=True):
    """The encoded state after entry ``seq``."""

    seq: int
    data: bytes


class Journal(Protocol):
    """The contract; see the module's text for the guarantees."""

    async def open(self, holder: str) -> int:
        """Take ownership and return the new writer epoch (1, 2, …).

        ``holder`` is shown to whoever is refused. Raises `JournalLocked` while another process owns the journal,
        `JournalCorrupt` where the record contradicts itself. Until it has returned, nothing else may be called.
        """
        ...

    async def append(self, entries: Sequence[Entry], writes: Sequence[Write] = ()) -> None:
        """Make entries and cells durable, together.

        ``entries`` must continue the sequence without a gap (else `JournalCorrupt`, and nothing is written).
        Both may be empty. Raises `JournalFull` where there is no space (nothing is written), `JournalError`
        otherwise; after a `JournalError` that is not `JournalFull` it is unknown whether the transaction is there, and
        the owner must close and recover.
        """
        ...

    def last_seq(self) -> int:
        """The newest committed number; 0 where there is none."""
        ...

    async def read(self, after_seq: int, limit: int) -> list[Entry]:
        """At most ``limit`` committed entries with ``seq > after_seq``, in order."""
        ...

    def get(self, collection: str, key: str) -> bytes | None:
        """The committed value of a cell."""
        ...

    def scan(
        self, collection: str, prefix: str = "", *, after: str = "", limit: int = 1000, reverse: bool = False
    ) -> list[tuple[str, bytes]]:
        """Committed cells whose key starts with ``prefix``, by key (code point order; descending if ``reverse``).

        ``after`` continues a scan: only keys beyond it, in the direction of the scan.
        """
        ...

    async def put_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot (durable on return) and drop all but the newest two. ``seq`` must be committed."""
        ...

    async def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if there is one."""
        ...

    async def put_blob(self, data: bytes) -> str:
        """Keep bytes; durable on return. Idempotent. Returns their SHA-256 in hex."""
        ...

    async def get_blob(self, digest: str) -> bytes | None:
        """The bytes, checked against their digest (`JournalCorrupt` if they differ); None if there are none."""
        ...

    async def close(self) -> None:
        """Let the commits under way finish, then give ownership up. Idempotent."""
        ...
