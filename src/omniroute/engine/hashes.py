"""The hash of the state, journalled from time to time; every replay compares (`recovery`).

What lives here: when. Every `HASH_EVERY` events where the state is small, and in any case after recovery and before an
orderly stop. The hash is made on the writer, just before its command is decided, so it is that of a state between two
commands; at a stop it is made when nothing runs any more. It is a check, not a fact that anybody needs: without room on
the disk it is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import structlog

from omniroute.core.commands import Command, Keep, RecordStateHash
from omniroute.core.digests import state_hash
from omniroute.core.events import Event, StateHashed
from omniroute.core.permissions import SYSTEM
from omniroute.core.state import ENCODING, State
from omniroute.engine.cells import Cells
from omniroute.engine.mailbox import Urgency
from omniroute.engine.writer import Writer
from omniroute.errors import JournalFull
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Entry

HASH_EVERY = 10_000
"""Events between two hashes."""
HASHED_RECORDS_MAX = 5_000
"""A larger state is hashed at start and stop only: about 2 ms for so many records, while everybody waits."""

log = structlog.get_logger("omniroute.hashes")


async def keep_hashing(writer: Writer) -> None:
    """Record a hash after every `HASH_EVERY` events, until cancelled."""
    counter = _Counter()
    writer.on_commit.append(counter.count)
    while True:
        await counter.reached()
        await record(writer, HASHED_RECORDS_MAX)


async def record(writer: Writer, records_max: int | None = None) -> None:
    """Record the hash of the present state, unless it has more than ``records_max`` records (None: however many)."""

    def prepare(state: State, _: Cells) -> Command:
        if records_max is not None and _records(state) > records_max:
            return Keep()
        return RecordStateHash(digest=state_hash(state))

    try:
        await writer.submit(SYSTEM, prepare, urgency=Urgency.ENGINE)
    except JournalFull:
        log.warning("state_hash_left_out", reason="journal_full")


def entry(state: State, seq: int) -> Entry:
    """The hash of the state as the entry that comes next, for when there is no writer any more."""
    return Entry(seq, state.now_ms, encode_event(StateHashed(state_hash(state), ENCODING)))


def _records(state: State) -> int:
    """How many records the state has that come and go."""
    return len(state.operators) + len(state.conversations) + len(state.items) + len(state.offers) + len(state.handoffs)


class _Counter:
    """Counts committed events; `reached` returns after every `HASH_EVERY` of them."""

    def __init__(self) -> None:
        self._events = 0
        self._bell = anyio.Event()

    def count(self, events: Sequence[Event]) -> None:
        self._events += len(events)
        if self._events >= HASH_EVERY:
            self._bell.set()

    async def reached(self) -> None:
        await self._bell.wait()
        self._events, self._bell = 0, anyio.Event()
