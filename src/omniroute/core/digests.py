"""State hashes: from time to time the record says what the state was, so that every replay can be checked.

What lives here: the hash, and the event that carries it. The event changes nothing. Its digest is that of the state
just *before* it, logical time included, so whoever replays compares before applying it; and only if ``encoding`` is the
own one, because another version may encode the same state differently (`state.ENCODING`).
"""

from __future__ import annotations

import hashlib

from omniroute.core.commands import RecordStateHash
from omniroute.core.events import StateHashed
from omniroute.core.state import ENCODING, State
from omniroute.core.step import Applier, Handler, Step


def state_hash(state: State) -> str:
    """The SHA-256 of the snapshot form, in hex; equal states have equal hashes, whatever the process."""
    return hashlib.sha256(state.encode()).hexdigest()


def contradicts(state: State, event: StateHashed) -> bool:
    """Whether the state is not the one that was there when the event was recorded; asked before it is applied."""
    return event.encoding == ENCODING and event.digest != state_hash(state)


def record(step: Step, command: RecordStateHash) -> None:
    """Take the digest down."""
    step.emit(StateHashed(command.digest, ENCODING))


def apply_hashed(state: State, event: StateHashed) -> None:
    """It says what was; nothing changes."""


HANDLERS: dict[type, Handler] = {RecordStateHash: record}
APPLIERS: dict[type, Applier] = {StateHashed: apply_hashed}
