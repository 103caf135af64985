"""Recovery: state = snapshot + replay of the tail; and the taking of snapshots beside the loop.

What lives here: reading. What a restart has to decide (offers overdue by the outage, input to be registered) is done by
commands, which the engine sends once the state is there.
"""

from __future__ import annotations

from omniroute.core import machine
from omniroute.core.state import State
from omniroute.errors import JournalCorrupt
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import Journal, Snapshot

PAGE = 1_000
"""Entries applied at a time: a snapshot that is made beside a running engine never holds the loop for long."""
SNAPSHOT_EVERY = 50_000
"""Entries after which a new snapshot is worth its price."""


async def load(journal: Journal) -> State:
    """The state after the last committed entry. Raises `JournalCorrupt` where replay contradicts itself."""
    snapshot = await journal.latest_snapshot()
    state = State.decode(snapshot.data) if snapshot else State()
    seq = snapshot.seq if snapshot else 0
    await replay(journal, state, seq, journal.last_seq())
    return state


async def replay(journal: Journal, state: State, after_seq: int, last_seq: int) -> None:
    """Apply the entries ``after_seq < seq <= last_seq``."""
    while after_seq < last_seq:
        page = await journal.read(after_seq, min(PAGE, last_seq - after_seq))
        if not page:
            raise JournalCorrupt(f"entries after {after_seq} are missing; restore the journal from a backup")
        for entry in page:
            try:
                machine.apply(state, decode_event(entry.data), entry.at_ms)
            except (KeyError, AssertionError, ValueError) as error:
                raise JournalCorrupt(f"entry {entry.seq} contradicts those before it") from error
        after_seq = page[-1].seq


async def take_snapshot(journal: Journal, every: int = SNAPSHOT_EVERY) -> bool:
    """Make the next snapshot from the last one and the tail, if the tail is long enough; never from the live state.

    So a wrong replay shows here, while the old snapshot is still kept.
    """
    snapshot = await journal.latest_snapshot()
    seq, last_seq = (snapshot.seq if snapshot else 0), journal.last_seq()
    if last_seq - seq < every:
        return False
    state = State.decode(snapshot.data) if snapshot else State()
    await replay(journal, state, seq, last_seq)
    await journal.put_snapshot(Snapshot(last_seq, state.encode()))
    return True
