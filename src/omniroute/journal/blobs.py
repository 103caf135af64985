"""Blobs as files: ``<folder>/ab/<sha256>``, written beside, synced, then renamed.

A blob is durable before the commit that names it; a crash between the two leaves an unnamed blob, which harms
nobody. Calls block: the store runs them in a thread. No SQLite here.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import re
from pathlib import Path

from omniroute.errors import JournalCorrupt, JournalError, JournalFull
from omniroute.journal.files import create_private_folder, sync_file, sync_folder, write_synced

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class BlobFolder:
    """The blobs of one journal. Only the journal's owner may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / "unfinished"
        self._counter = itertools.count(1)

    def open(self) -> None:
        """Create the folders, and drop what a crash left half written."""
        create_private_folder(self._folder)
        create_private_folder(self._unfinished)
        for path in self._unfinished.iterdir():
            path.unlink()

    def put(self, data: bytes) -> str:
        """Keep bytes, durably, and return their digest. What is there and sound is not written again.

        Raises:
            JournalFull: there is no space; nothing is kept.
            JournalError: the disk failed.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        try:
            self._keep(path, data)
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise JournalFull("there is no space left for an attachment") from error
            raise JournalError("an attachment could not be stored") from error
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return the bytes, checked; None where there are none (or where this is no digest).

        Raises:
            JournalCorrupt: the bytes are not those that were kept.
        """
        if _DIGEST.fullmatch(digest) is None:
            return None
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise JournalError("an attachment could not be read") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise JournalCorrupt(f"the stored bytes of blob {digest[:12]}… are not those that were kept")
        return data

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _keep(self, path: Path, data: bytes) -> None:
        create_private_folder(path.parent)
        if path.exists() and path.read_bytes() == data:
            # Somebody else may have renamed it a moment ago and not synced the name yet.
            sync_file(path)
        else:
            self._write(path, data)
        sync_folder(path.parent)

    def _write(self, path: Path, data: bytes) -> None:
        unfinished = self._unfinished / f"{next(self._counter)}"
        try:
            write_synced(unfinished, data)
            unfinished.rename(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
