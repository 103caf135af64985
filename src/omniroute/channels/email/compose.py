"""A reply as the bytes of a letter.

What lives here: composing and checking what was composed. Pure: the same delivery gives the same Message-ID and date,
so a repeated attempt is the same letter. No I/O.

Written out by hand: the standard library's ``EmailMessage`` takes 2 ms, makes encoded words of long ids (which breaks
threads) and loses spaces between encoded words. Whatever is written is read back before it goes.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

from omniroute.channels.contract import Delivery
from omniroute.channels.email.charsets import clean, decode, one_line
from omniroute.channels.email.headers import addresses, ascii_domain, first, message_ids, text_of, valid_address
from omniroute.channels.email.mime import split
from omniroute.channels.email.normalize import SUBJECT_CHARS_MAX
from omniroute.errors import DeliveryRefused

REFERENCES_MAX = 30
KEY_CHARS_MAX = 60
NAME_CHARS_MAX = 100
ASCII_CHARS_MAX = 60
"""A longer subject is folded, which needs encoded words to be exact."""

_REPLY = re.compile(r"(re|aw|sv|antw|rif|ответ|отв)(\[\d{1,3}\])?\s?:", re.IGNORECASE)
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]")
_AUTOMATIC = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
_MIME_FIELDS = {
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "quoted-printable",
}


def message_id_for(key: str, domain: str, secret: bytes) -> str:
    """Our Message-ID for a delivery key: stable, unique by its MAC, and not to be guessed without the secret."""
    mac = hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:16]
    return f"<omni.{_UNSAFE.sub('-', key)[:KEY_CHARS_MAX]}.{mac}@{domain}>"


def reply_subject(subject: str, reference: str) -> str:
    """``Re:`` once."""
    line = one_line(subject, SUBJECT_CHARS_MAX - 4) or one_line(reference, 100)
    return line if _REPLY.match(line) else f"Re: {line}".strip()


def compose(delivery: Delivery, *, sender: str, sender_name: str, secret: bytes) -> tuple[str, bytes]:
    """The Message-ID and the bytes of the reply, or of a notice, which says that a machine wrote it.

    Raises:
        DeliveryRefused: there is no address to write to, or the result does not read back as what was meant.
    """
    if delivery.to is None or delivery.to.kind != "email" or not valid_address(delivery.to.address):
        raise DeliveryRefused("there is no mail address to answer to")
    to = delivery.to.address
    subject = reply_subject(delivery.subject, delivery.reference)
    text = clean(delivery.text).rstrip("\n") + "\n"
    ours = message_id_for(delivery.key, ascii_domain(sender), secret)
    theirs = [found for found in delivery.answers_to if _ID.fullmatch(found)][-REFERENCES_MAX:]
    fields = {
        "From": f"{_phrase(one_line(sender_name, NAME_CHARS_MAX))}<{sender}>",
        "To": to,
        "Subject": _encoded(subject, "Subject"),
        "Date": format_datetime(datetime.fromtimestamp(delivery.at_ms / 1000, UTC)),
        "Message-ID": ours,
    }
    if theirs:
        fields |= {"In-Reply-To": theirs[-1], "References": "\r\n ".join(theirs)}
    if delivery.order == "notice":  # RFC 3834: no machine answers it
        fields |= _AUTOMATIC
    fields |= _MIME_FIELDS
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    data = f"{head}\r\n".encode() + binascii.b2a_qp(text.replace("\n", "\r\n").encode())
    expected = (sender, to, subject, [ours], theirs, text)
    if _read_back(data) != expected or _names(data) != list(fields):
        raise DeliveryRefused("the answer cannot be written as a letter")
    return ours, data


def _phrase(name: str) -> str:
    """A display name in front of ``<address>``."""
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" ' if name else ""
    return f"{_encoded(name, 'From')}\r\n "


def _encoded(text: str, field: str) -> str:
    if text.isascii() and "=?" not in text and len(text) <= ASCII_CHARS_MAX:
        return text
    return Header(text, "utf-8", header_name=field).encode(linesep="\r\n")


def _read_back(data: bytes) -> tuple[str, str, str, list[str], list[str], str]:
    """What a receiver would read; compared with what was meant, it excludes injected headers."""
    headers, parts = split(data)
    return (
        "".join(address for address, _ in addresses(headers, "from")),
        "".join(address for address, _ in addresses(headers, "to")),
        text_of(headers, "subject", SUBJECT_CHARS_MAX),
        message_ids(headers, "message-id"),
        message_ids(headers, "references") if first(headers, "in-reply-to") else [],
        decode(parts[0].body(), "utf-8") if len(parts) == 1 else "",
    )


def _names(data: bytes) -> list[str]:
    block = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return [line.partition(b":")[0].decode("latin-1") for line in block if line[:1] not in {b" ", b"\t"}]
