"""What every store refuses, and the bounds of a scan: the rules of the contract that need no storage.

Pure functions over the contract's records, shared by the stores so that they agree. No I/O here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omniroute.errors import InvalidInput, JournalCorrupt, TooLarge
from omniroute.journal.contract import CELL_VALUE_BYTES_MAX, Entry, Write

_SURROGATES_FIRST = 0xD800
_SURROGATES_LAST = 0xDFFF
_CODE_POINT_MAX = 0x10FFFF


def check_writes(writes: Iterable[Write]) -> None:
    """Refuse cells that no store can keep.

    Raises:
        TooLarge: a value is over `CELL_VALUE_BYTES_MAX`.
        InvalidInput: a key is no Unicode text (it holds half of a surrogate pair).
    """
    for write in writes:
        if write.value is not None and len(write.value) > CELL_VALUE_BYTES_MAX:
            raise TooLarge(f"a cell holds at most {CELL_VALUE_BYTES_MAX} bytes: put the content in a blob")
        if not (write.key.isascii() and write.collection.isascii()):
            _check_text(write.collection)
            _check_text(write.key)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("the name of a cell must be Unicode text") from error


def check_sequence(last_seq: int, entries: Sequence[Entry]) -> int:
    """Return the number after which the next entry must follow.

    Raises:
        JournalCorrupt: an entry does not continue the sequence.
    """
    for entry in entries:
        if entry.seq != last_seq + 1:
            raise JournalCorrupt(f"entry {entry.seq} does not continue the record, which ends with {last_seq}")
        last_seq = entry.seq
    return last_seq


def check_snapshot(seq: int, last_seq: int) -> None:
    """Refuse a snapshot of what is not recorded."""
    if seq > last_seq:
        raise JournalCorrupt(f"a snapshot of entry {seq} was offered, but the record ends with {last_seq}")


def prefix_end(prefix: str) -> str | None:
    """Return the least text above every text with this prefix, by code point; None where nothing is above."""
    for length in range(len(prefix), 0, -1):
        code_point = ord(prefix[length - 1])
        if code_point < _CODE_POINT_MAX:
            above = code_point + 1
            if _SURROGATES_FIRST <= above <= _SURROGATES_LAST:
                above = _SURROGATES_LAST + 1
            return prefix[: length - 1] + chr(above)
    return None
