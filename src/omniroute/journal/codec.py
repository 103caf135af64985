"""Events to bytes and back: one MessagePack array ``[tag, field, …]`` each.

What lives here: the recorded form of events, and the errors of reading one. Stores do not look inside; old shapes are
lifted by ``upcasts``. Snapshots have a codec of their own, beside the state.
"""

from __future__ import annotations

from typing import Any, NoReturn, cast

import msgspec

from omniroute.core import events
from omniroute.core.events import Event
from omniroute.errors import JournalCorrupt
from omniroute.journal.upcasts import UPCASTS, Upcasts, lift

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(cast("Any", events.AnyEvent))
_RAW_DECODER = msgspec.msgpack.Decoder()

EVENT_TYPES: dict[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in events.AnyEvent.__args__}
"""Every event type by its recorded tag."""


def encode_event(event: Event) -> bytes:
    """Return the recorded form."""
    return _ENCODER.encode(event)


def decode_event(data: bytes, *, upcasts: Upcasts = UPCASTS) -> Event:
    """Return the event, in its present shape.

    Args:
        data: the recorded form, of this release or any before it.
        upcasts: what lifts old shapes; the tests bring their own.

    Raises:
        JournalCorrupt: the tag is unknown, or the bytes are no such event.
    """
    try:
        event = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _decode_lifted(data, upcasts, error)
    if upcasts and str(event.__struct_config__.tag) in upcasts:
        # The old shape may fit the new types by chance: whoever changed it decides, not the types.
        return _decode_lifted(data, upcasts, None)
    return event


def _decode_lifted(data: bytes, upcasts: Upcasts, error: Exception | None) -> Event:
    try:
        raw = _RAW_DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as raw_error:
        raise JournalCorrupt("a recorded event is not readable at all: restore it from a backup") from raw_error
    if not isinstance(raw, list) or not raw or not isinstance(raw[0], str):
        raise JournalCorrupt("a recorded event has no tag: restore it from a backup") from error
    lifted = lift(raw, upcasts)
    try:
        return _DECODER.decode(_ENCODER.encode(lifted))
    except msgspec.DecodeError as lifted_error:
        _refuse(lifted[0], lifted_error)


def _refuse(tag: str, error: Exception) -> NoReturn:
    if tag not in EVENT_TYPES:
        raise JournalCorrupt(
            f"the record holds an event {tag!r}, which this version does not know: "
            "a newer version wrote it, so start that version (or a later one) on this journal"
        ) from error
    raise JournalCorrupt(f"a recorded event {tag!r} has a shape that no release wrote: {error}") from error
