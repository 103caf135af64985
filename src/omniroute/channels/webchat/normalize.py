"""From the stored bytes of a chat message to an interaction.

What lives here: pure functions over bounded input, linear in its size. No I/O, no clock, no options: what was
stored under other options must still be readable.
"""

from __future__ import annotations

import unicodedata

import msgspec

from omniroute.channels.contract import Identity, Interaction, RawInput
from omniroute.channels.webchat.options import TEXT_CHARS_MAX
from omniroute.errors import InvalidInput

_KEPT_CONTROLS = "\n\t"
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a text read otherwise than it is written; no honest chat message needs them."""

_NAME_CHARS_MAX = 120
_EMAIL_CHARS_MAX = 254
_NOT_IN_EMAIL = frozenset('<>,;:"()[]\\')
_GUESS_CHARS_MAX = 2000
_OTHER_CYRILLIC = frozenset("іїєґўђћјљњџ")


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of one message; the verified visitor stands beside it, in ``RawInput.meta``."""

    id: str
    text: str
    name: str = ""
    email: str = ""


_decoder = msgspec.json.Decoder(ChatMessage)


def store(message: ChatMessage) -> bytes:
    """The bytes that are kept: equal messages give equal bytes."""
    return msgspec.json.encode(message)


def dedup_key(raw: RawInput) -> str:
    """The visitor and the page's own id of the message; empty when it cannot be read."""
    try:
        message = _decoder.decode(raw.data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    visitor = raw.meta.get("visitor", "")
    return f"{visitor}:{message.id}" if visitor and message.id else ""


def normalize(raw: RawInput) -> tuple[Interaction, ...]:
    """One message of a visitor. Raises `InvalidInput` for what no page of ours can have sent."""
    try:
        message = _decoder.decode(raw.data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput("the stored message cannot be read") from error
    visitor = raw.meta.get("visitor", "")
    text = clean_text(message.text)
    if not visitor or not message.id:
        raise InvalidInput("a message without its visitor or id")
    if not text or len(text) > TEXT_CHARS_MAX:
        raise InvalidInput("the text is empty or too long", "text")
    email = plausible_email(message.email)
    return (
        Interaction(
            sender=Identity("visitor", visitor, clean_line(message.name)[:_NAME_CHARS_MAX]),
            occurred_ms=raw.received_ms,
            account=raw.account,
            text=text,
            language=guess_language(text),
            provider_id=message.id,
            session_key=visitor,
            fields={"email": email} if email else {},
        ),
    )


def clean_text(text: str) -> str:
    """Without control characters, with plain line ends and no space around."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in plain if _is_text(c)).strip()


def clean_line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean_text(text).split())


def plausible_email(text: str) -> str:
    """The address with its domain in small letters, or empty; it is a claim and need only look right."""
    text = text.strip()
    local, at, domain = text.rpartition("@")
    shaped = at and local and "@" not in local and "." in domain.strip(".") and ".." not in domain
    clean = all(c.isprintable() and not c.isspace() and c not in _NOT_IN_EMAIL for c in text)
    if not shaped or not clean or len(text) > _EMAIL_CHARS_MAX:
        return ""
    return f"{local}@{domain.lower()}"


def guess_language(text: str) -> str:
    """``ru`` or ``en`` where the script alone suggests it, else empty; good enough to choose a queue."""
    letters = [c for c in text[:_GUESS_CHARS_MAX].lower() if c.isalpha()]
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in letters)
    ascii_letters = sum(c.isascii() for c in letters)
    if cyrillic * 3 > len(letters):  # names and brands stay Latin in Russian text
        return "" if any(c in _OTHER_CYRILLIC for c in letters) else "ru"
    return "en" if letters and ascii_letters == len(letters) else ""


def _is_text(char: str) -> bool:
    if char in _KEPT_CONTROLS:
        return True
    return char not in _BIDI_CONTROLS and unicodedata.category(char) not in {"Cc", "Cs"}
