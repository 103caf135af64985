"""The call event: its shape on the wire, and what it means as an interaction. Pure.

Each event is read by itself and in any order; the core knows how a call stands.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from omniroute.channels.contract import Interaction, RawInput
from omniroute.channels.phone.numbers import caller_identity
from omniroute.core.model import InteractionKind
from omniroute.errors import InvalidInput

TRANSCRIPT_CHARS_MAX = 8_000
URL_CHARS_MAX = 2_048

ShortText = Annotated[str, msgspec.Meta(max_length=128)]
ReasonCode = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z|^\Z")]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

_ERROR_PATH = re.compile(r" - at `([^`]{1,128})`$")
_ERROR_KEY = re.compile(r"(?:unknown|missing required) field `([^`]{1,128})`")


class CallEventType(StrEnum):
    """What happened to a call."""

    OFFERED = "offered"
    ANSWERED = "answered"
    NOT_CONNECTED = "not_connected"
    ENDED = "ended"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"


KINDS = {
    CallEventType.OFFERED: InteractionKind.CONTACT_STARTED,
    CallEventType.ANSWERED: InteractionKind.CONTACT_CONNECTED,
    CallEventType.NOT_CONNECTED: InteractionKind.CONTACT_NOT_CONNECTED,
    CallEventType.ENDED: InteractionKind.CONTACT_ENDED,
    CallEventType.ABANDONED: InteractionKind.CONTACT_ABANDONED,
    CallEventType.VOICEMAIL: InteractionKind.MESSAGE,
}


class CallEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One event of one call, as a telephone system posts it.

    ``event_id`` may be missing: then the ``webhook-id`` header tells events apart. ``from_name`` is what
    the network says about the caller; ``operator`` who picked up or, with ``not_connected``, did not;
    ``reason`` why not, as a code (``busy``, ``no_answer``, ``rejected``). ``text`` is the transcript of a
    voicemail, ``url`` where its recording lies; one of the two is needed.
    """

    event_id: ShortText = ""
    call_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    type: CallEventType
    caller: ShortText = msgspec.field(name="from", default="")
    from_name: ShortText = ""
    to: ShortText = ""
    at_ms: Milliseconds
    operator: ShortText = ""
    reason: ReasonCode = ""
    text: Annotated[str, msgspec.Meta(max_length=TRANSCRIPT_CHARS_MAX)] = ""
    url: Annotated[str, msgspec.Meta(max_length=URL_CHARS_MAX, pattern=r"^(?:https?://[^\s<>\"]+)?\Z")] = ""

    def message(self) -> str:
        """What the caller said, as far as it can be read, and where it can be heard."""
        said = "".join(char for char in self.text if char in "\n\t" or char.isprintable()).strip()
        return "\n".join(part for part in (said, self.url) if part)


def decode_event(body: bytes) -> CallEvent:
    """Read an event strictly. Raises `InvalidInput` with the path of the mistake, without content."""
    event = _decode(body)
    if event.type is CallEventType.VOICEMAIL and not event.message():
        raise InvalidInput("a voicemail needs a text or the address of its recording", "$.text")
    return event


def _decode(body: bytes) -> CallEvent:
    try:
        return msgspec.json.decode(body, type=CallEvent)
    except msgspec.ValidationError as error:
        path = _path_of(str(error))
        raise InvalidInput(f"the event does not have the documented shape at {path}", path) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("the event is not JSON", "$") from error


def _path_of(message: str) -> str:
    """Where a validation failed; an unknown or missing key is named itself."""
    found = _ERROR_PATH.search(message)
    parent = found[1] if found else "$"
    key = _ERROR_KEY.search(message)
    return f"{parent}.{key[1]}" if key else parent


def event_key(raw: RawInput) -> str:
    """What makes two events the same; empty where the bytes tell nothing (then their hash does)."""
    try:
        event = decode_event(raw.data)
    except InvalidInput:
        return raw.meta.get("webhook_id", "")
    return event.event_id or raw.meta.get("webhook_id", "")


def interaction_of(raw: RawInput) -> Interaction:
    """The interaction that an event is. Raises `InvalidInput`."""
    event = decode_event(raw.data)
    country = raw.meta.get("default_country", "")
    facts = {"call_id": event.call_id, "to": event.to}
    if event.reason:
        facts["reason"] = event.reason
    return Interaction(
        kind=KINDS[event.type],
        sender=caller_identity(event.caller, event.from_name, event.call_id, country),
        occurred_ms=event.at_ms,
        account=raw.account,
        text=event.message() if event.type is CallEventType.VOICEMAIL else "",
        provider_id=event_key(raw),
        session_key=event.call_id,
        operator=event.operator,
        fields=facts,
    )
