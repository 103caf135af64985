"""Recovery: state = snapshot + replay of the tail; and the taking of snapshots beside the loop.

What lives here: reading. What a restart has to decide (offers overdue by the outage, input to be registered) is done by
commands, which the engine sends once the state is there. Wherever the record says what the state was (`StateHashed`),
replaying compares.
"""

from __future__ import annotations

import contextlib

from omniroute.core import digests, machine
from omniroute.core.events import StateHashed
from omniroute.core.state import State
from omniroute.errors import JournalCorrupt, JournalFull
from omniroute.journal.codec import decode_event
from omniroute.journal.contract import Entry, Journal, Snapshot

PAGE = 1_000
"""Entries applied at a time: a snapshot that is made beside a running engine never holds the loop for long."""
SNAPSHOT_EVERY = 50_000
"""Entries after which a new snapshot is worth its price."""


async def load(journal: Journal) -> State:
    """The state after the last committed entry. Raises `JournalCorrupt` where replay contradicts itself."""
    state, seq = await _begin(journal)
    await replay(journal, state, seq, journal.last_seq())
    return state


async def replay(journal: Journal, state: State, after_seq: int, last_seq: int) -> None:
    """Apply the entries ``after_seq < seq <= last_seq``; raises `JournalCorrupt`, which names the entry."""
    while after_seq < last_seq:
        page = await journal.read(after_seq, min(PAGE, last_seq - after_seq))
        if not page:
            raise JournalCorrupt(f"entries after {after_seq} are missing; restore the journal from a backup")
        for entry in page:
            _apply(state, entry)
        after_seq = page[-1].seq


def _apply(state: State, entry: Entry) -> None:
    try:
        event = decode_event(entry.data)
    except JournalCorrupt as unreadable:
        raise JournalCorrupt(f"entry {entry.seq}: {unreadable}") from unreadable
    if isinstance(event, StateHashed) and digests.contradicts(state, event):
        raise JournalCorrupt(
            f"entry {entry.seq} recorded another state than the entries before it give: one of them was changed (then "
            "restore the journal from a backup), or this version replays them wrongly (then start the version that "
            "wrote them, and report it)"
        )
    try:
        machine.apply(state, event, entry.at_ms)
    except (KeyError, AssertionError, ValueError) as error:
        raise JournalCorrupt(f"entry {entry.seq} contradicts those before it") from error


async def own_snapshot(journal: Journal) -> Snapshot | None:
    """The newest snapshot, if this encoding made it.

    Another one's may hold what a replay would not give (a field that it did not know, what an applier did otherwise),
    and what rests on it could not be replayed from the beginning.
    """
    snapshot = await journal.latest_snapshot()
    return snapshot if snapshot is not None and State.is_own(snapshot.data) else None


async def _begin(journal: Journal) -> tuple[State, int]:
    """The state to go on from, and the number of its last entry."""
    snapshot = await own_snapshot(journal)
    return (State.decode(snapshot.data), snapshot.seq) if snapshot else (State(), 0)


async def take_snapshot(journal: Journal, every: int = SNAPSHOT_EVERY) -> bool:
    """Make the next snapshot from the last one and the tail, if the tail is long enough; never from the live state.

    So a wrong replay shows here, while the old snapshot is still kept.
    """
    snapshot, last_seq = await own_snapshot(journal), journal.last_seq()
    if last_seq - (snapshot.seq if snapshot else 0) < every:
        return False
    state, seq = await _begin(journal)
    await replay(journal, state, seq, last_seq)
    await journal.put_snapshot(Snapshot(last_seq, state.encode()))
    return True


async def keep_loaded(journal: Journal, state: State, every: int = SNAPSHOT_EVERY) -> bool:
    """Make a snapshot of a state that was just loaded, where a long replay was needed for it (after an upgrade).

    A full disk is no harm: the next start replays again.
    """
    snapshot, last_seq = await own_snapshot(journal), journal.last_seq()
    if last_seq - (snapshot.seq if snapshot else 0) < every:
        return False
    with contextlib.suppress(JournalFull):
        await journal.put_snapshot(Snapshot(last_seq, state.encode()))
        return True
    return False
