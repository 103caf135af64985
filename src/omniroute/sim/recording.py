"""A run that can be repeated, as a file: what is read from one is checked, for people edit them.

What lives here: the recording, its JSON, and the refusal of what no world can do.
"""

from __future__ import annotations

from typing import Any

import msgspec

from omniroute.errors import InvalidInput
from omniroute.sim import company
from omniroute.sim.acts import ACTS
from omniroute.sim.faults import FAULTS
from omniroute.sim.options import Act, Options
from omniroute.sim.post import channel_of

NAMES_A_CHANNEL = ("refuse", "hang", "break")
NAMES_A_CUSTOMER = ("write", "quote", "ring", "through", "no_answer", "hang_up", "leave")


class Recording(msgspec.Struct, frozen=True):
    """A run that can be repeated: its options, and its acts where they do not follow from the seed."""

    options: Options
    acts: list[Act]
    level: str
    violation: str = ""


def decode_recording(data: bytes) -> Recording:
    """A recording from its JSON. Raises `InvalidInput`."""
    try:
        recording = msgspec.json.decode(data, type=Recording)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"this is no recording of a simulation: {error}") from error
    for number, act in enumerate(recording.acts):
        if act.kind not in ACTS and act.kind not in FAULTS:
            raise InvalidInput(f"there is no act {act.kind!r}", f"acts[{number}]")
        if act.kind in NAMES_A_CHANNEL and act.who not in company.CHANNELS:
            raise InvalidInput(f"there is no channel {act.who!r}", f"acts[{number}]")
        if act.kind in NAMES_A_CUSTOMER and channel_of(act.who) not in company.CHANNELS:
            raise InvalidInput(f"{act.who!r} is no customer: they are called like mail-7", f"acts[{number}]")
    return recording


def encode_recording(recording: Recording) -> bytes:
    """The JSON of a recording, one act a line."""
    head: dict[str, Any] = {"options": recording.options, "level": recording.level, "violation": recording.violation}
    acts = b",\n".join(msgspec.json.encode(act) for act in recording.acts)
    return msgspec.json.encode(head)[:-1] + b',"acts":[\n' + acts + b"\n]}\n"
