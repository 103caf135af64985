"""A reply as the bytes of a letter.

What lives here: composing and checking what was composed. Pure: the same delivery gives the same Message-ID and date,
so a repeated attempt is the same letter. No I/O.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from omniroute.channels.contract import Delivery
from omniroute.channels.email.charsets import clean, decode, one_line
from omniroute.channels.email.headers import addresses, ascii_domain, first, message_ids, text_of, valid_address
from omniroute.channels.email.mime import split
from omniroute.channels.email.normalize import SUBJECT_CHARS_MAX
from omniroute.errors import DeliveryRefused

REFERENCES_MAX = 30
KEY_CHARS_MAX = 60
NAME_CHARS_MAX = 100

_REPLY = re.compile(r"(re|aw|sv|antw|rif|ответ|отв)(\[\d{1,3}\])?\s?:", re.IGNORECASE)
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]")
_IDS = ("message-id", "in-reply-to", "references")


class _Policy(EmailPolicy):
    """Folds what the library folds wrongly.

    It makes encoded words of long ids, which breaks threads, loses spaces between encoded words, and leaves words that
    only look encoded as they are.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _IDS:
            return f"{name}: ".encode() + b"\r\n ".join(str(value).encode("ascii").split()) + b"\r\n"
        if name.lower() == "subject":
            return f"{name}: {_encoded(str(value), name)}\r\n".encode("ascii")
        if name.lower() == "from" and not (address := value.addresses[0]).display_name.isascii():
            return f"{name}: {_encoded(address.display_name, name)} <{address.addr_spec}>\r\n".encode()
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", max_line_length=SMTP.max_line_length)
_POLICY_UTF8 = _POLICY.clone(utf8=True)


def message_id_for(key: str, domain: str, secret: bytes) -> str:
    """Our Message-ID for a delivery key: stable, unique by its MAC, and not to be guessed without the secret."""
    mac = hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:16]
    return f"<omni.{_UNSAFE.sub('-', key)[:KEY_CHARS_MAX]}.{mac}@{domain}>"


def reply_subject(subject: str, reference: str) -> str:
    """``Re:`` once."""
    line = one_line(subject, SUBJECT_CHARS_MAX - 4) or one_line(reference, 100)
    return line if _REPLY.match(line) else f"Re: {line}".strip()


def compose(delivery: Delivery, *, sender: str, sender_name: str, secret: bytes) -> tuple[str, bytes]:
    """The Message-ID and the bytes of the reply.

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
    plain = sender.isascii() and to.isascii()
    message = EmailMessage(policy=_POLICY if plain else _POLICY_UTF8)
    try:
        message["From"] = Address(one_line(sender_name, NAME_CHARS_MAX), addr_spec=sender)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = _encoded(subject, "", maxlinelen=0)  # the library decodes what it is given
        message["Date"] = datetime.fromtimestamp(delivery.at_ms / 1000, UTC)
        message["Message-ID"] = ours
        if theirs:
            message["In-Reply-To"] = theirs[-1]
            message["References"] = " ".join(theirs)
        message.set_content(text, charset="utf-8", cte="quoted-printable")
        data = message.as_bytes()
    except (ValueError, LookupError, TypeError, UnicodeError) as error:
        raise DeliveryRefused("the answer cannot be written as a letter") from error
    expected = (sender, to, subject, [ours], theirs, text)
    if _read_back(data) != expected or len(message.keys()) != _count_headers(data):
        raise DeliveryRefused("the answer cannot be written as a letter")
    return ours, data


def _encoded(text: str, name: str, maxlinelen: int = 76) -> str:
    plain = text.isascii() and "=?" not in text and len(text) <= 60
    return text if plain else Header(text, "utf-8", header_name=name).encode("", maxlinelen, "\r\n")


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


def _count_headers(data: bytes) -> int:
    block = data.partition(b"\r\n\r\n")[0]
    return sum(line[:1] not in {b" ", b"\t"} for line in block.split(b"\r\n"))
