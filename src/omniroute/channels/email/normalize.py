"""A raw letter as an interaction.

What lives here: `normalize` and what it decides (who wrote, which part is the text, what answers what, what is
automatic). Pure and bounded: bytes in, `Interaction` out, or `InvalidInput`. Reading is in `headers` and `mime`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from omniroute.channels.contract import Attachment, Identity, Interaction, RawInput
from omniroute.channels.email.charsets import decode, one_line
from omniroute.channels.email.headers import (
    IDS_MAX,
    Headers,
    addresses,
    first,
    message_id,
    message_ids,
    read_headers,
    text_of,
)
from omniroute.channels.email.html import html_to_text
from omniroute.channels.email.mime import Part, split
from omniroute.channels.email.quotes import LINES_MAX, fold
from omniroute.errors import InvalidInput

MESSAGE_BYTES_MAX = 26 * 1024 * 1024
TEXT_BYTES_MAX = 512 * 1024
"""Of all text parts together; what is beyond becomes an attachment."""
GUESSES_MAX = 8
"""Parts for which a charset detector may run."""
SUBJECT_CHARS_MAX = 500
NAME_CHARS_MAX = 200
FIELD_CHARS_MAX = 1000
LANGUAGE_CHARS = 1000

_ENGLISH = re.compile(
    r"\b(the|and|is|are|my|you|your|not|to|please|hello|hi|thanks|thank|for|have|with)\b", re.IGNORECASE
)
_CYRILLIC = re.compile("[а-яёА-ЯЁ]")
_OTHER_CYRILLIC = re.compile("[іїєґўјљњћђџІЇЄҐЎЈЉЊЋЂЏ]")
_LATIN = re.compile("[A-Za-z]")
_ACCENTED = re.compile("[\u00c0-\u024f]")
_AUTOMATIC_HEADERS = ("list-id", "x-auto-response-suppress", "x-autoreply", "x-autorespond")
_DSN_FIELD = re.compile(rb"^(action|status)[ \t]*+:[ \t]*+([^\r\n]{1,40})", re.IGNORECASE | re.MULTILINE)


def normalize(raw: RawInput) -> Interaction:
    """The letter as an interaction.

    Raises:
        InvalidInput: nobody signed it, or it is out of bounds.
    """
    data = raw.data
    if len(data) > MESSAGE_BYTES_MAX:
        raise InvalidInput("the message is too large")
    headers, parts = split(data)
    senders = addresses(headers, "from")
    if not senders:
        raise InvalidInput("the sender cannot be read")
    content = _Content()
    plain = {p.alternative for p in parts if p.alternative and p.content_type == "text/plain" and p.size() > 0}
    for part in parts:
        content.add(part, plain)
    folded = fold("\n\n".join(content.texts))
    return Interaction(
        sender=Identity("email", *senders[0]),
        occurred_ms=raw.received_ms,
        account=raw.account,
        subject=text_of(headers, "subject", SUBJECT_CHARS_MAX),
        text=folded.text,
        html="\n".join(content.htmls),
        quoted=folded.quoted,
        signature=folded.signature,
        language=guess_language(folded.text),
        attachments=tuple(content.attachments),
        provider_id=message_id(first(headers, "message-id")),
        answers_to=_answers_to(headers),
        automatic=_automatic(headers, raw.meta),
        fields=_fields(headers, raw, parts),
    )


@dataclass(slots=True)
class _Content:
    """What the parts are to the reader."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    bytes_used: int = 0
    guesses: int = 0

    def add(self, part: Part, alternatives_with_text: set[int]) -> None:
        is_text = part.content_type in {"text/plain", "text/html"}
        if not is_text or part.disposition == "attachment" or part.name:
            self._attach(part)
            return
        room = TEXT_BYTES_MAX - self.bytes_used
        if part.size() > room:
            self._attach(part)
            if room < TEXT_BYTES_MAX:
                return
        body = part.body(min(part.size(), room))
        self.bytes_used += min(part.size(), room)
        self.guesses += not body.isascii()
        text = decode(body, part.params.get("charset", ""), detect=self.guesses <= GUESSES_MAX)
        if part.content_type == "text/html":
            self.htmls.append(text)
            if part.alternative in alternatives_with_text:
                return
            text = html_to_text(text)
        elif part.params.get("format", "").lower() == "flowed":
            text = _unflow(text)
        if text.strip():
            self.texts.append(text.rstrip() if part.content_type == "text/html" else text.rstrip("\n"))

    def _attach(self, part: Part) -> None:
        name = one_line(re.split(r"[/\\]", part.name)[-1], NAME_CHARS_MAX).lstrip(".")
        if not name:
            name = _DEFAULT_NAMES.get(part.content_type, "attachment")
        content_type = one_line(part.content_type, 100)
        self.attachments.append(Attachment(name, content_type, part.body()))


_DEFAULT_NAMES = {
    "message/rfc822": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "headers.txt",
    "text/plain": "text.txt",
    "text/html": "text.html",
    "text/calendar": "invitation.ics",
    "image/png": "image.png",
    "image/jpeg": "image.jpg",
    "image/gif": "image.gif",
}


def guess_language(text: str) -> str:
    """``ru``, ``en`` or nothing: by script, and for English by its commonest words."""
    sample = text[:LANGUAGE_CHARS]
    if sample.isascii():
        return "en" if _ENGLISH.search(sample) else ""
    cyrillic, latin = len(_CYRILLIC.findall(sample)), len(_LATIN.findall(sample))
    if cyrillic > latin:
        return "" if len(_OTHER_CYRILLIC.findall(sample)) * 50 > cyrillic else "ru"
    if latin and len(_ACCENTED.findall(sample)) * 100 <= latin and _ENGLISH.search(sample):
        return "en"
    return ""


def _answers_to(headers: Headers) -> tuple[str, ...]:
    ids = message_ids(headers, "in-reply-to") + message_ids(headers, "references")[::-1]
    return tuple(dict.fromkeys(ids))[:IDS_MAX]


def _automatic(headers: Headers, meta: dict[str, str]) -> bool:
    """Whether a machine or a list wrote it (RFC 3834): such mail is never answered automatically."""
    submitted = first(headers, "auto-submitted").partition(b";")[0].strip().lower()
    precedence = first(headers, "precedence").strip().lower()
    return (
        submitted not in {b"", b"no"}
        or precedence in {b"bulk", b"list", b"junk", b"auto_reply"}
        or any(name in headers for name in _AUTOMATIC_HEADERS)
        or meta.get("mail_from") == ""
        or first(headers, "return-path").strip() == b"<>"
        or first(headers, "content-type").lower().startswith(b"multipart/report")
    )


def _fields(headers: Headers, raw: RawInput, parts: list[Part]) -> dict[str, str]:
    fields = {name: ", ".join(a for a, _ in addresses(headers, name)) for name in ("to", "cc")}
    reply_to = addresses(headers, "reply-to")
    fields["reply_to"] = reply_to[0][0] if reply_to else ""
    fields["message_id"] = message_id(first(headers, "message-id"))
    fields["date"] = text_of(headers, "date", 100)
    fields["list_id"] = text_of(headers, "list-id", 200)
    fields["envelope_from"] = raw.meta.get("mail_from", "")
    if first(headers, "content-type").lower().startswith(b"multipart/report"):
        fields.update(_delivery_report(parts))
    return {name: value[:FIELD_CHARS_MAX] for name, value in fields.items() if value}


def _delivery_report(parts: list[Part]) -> dict[str, str]:
    """What a bounce says, and of which of our letters (RFC 3464)."""
    found: dict[str, str] = {}
    for part in parts:
        if part.content_type == "message/delivery-status":
            for name, value in _DSN_FIELD.findall(part.body(64 * 1024)):
                found.setdefault(f"dsn_{name.decode().lower()}", one_line(value.decode("latin-1"), 40))
        elif part.content_type in {"message/rfc822", "text/rfc822-headers"}:
            returned, _ = read_headers(part.body(64 * 1024), 0, 64 * 1024)
            found["dsn_message_id"] = message_id(first(returned, "message-id"))
    return found


def _unflow(text: str) -> str:
    """RFC 3676: a line that ends in a space goes on; quoted lines stay as they are."""
    if text.count("\n") > LINES_MAX:
        return text
    lines: list[list[str]] = []
    flowing = False
    for line in text.split("\n"):
        unstuffed = line.removeprefix(" ")
        if flowing and not unstuffed.startswith(">") and unstuffed.rstrip() != "--":
            lines[-1].append(unstuffed)
        else:
            lines.append([unstuffed])
        flowing = unstuffed.endswith(" ") and unstuffed != "-- " and not unstuffed.startswith(">")
    return "\n".join("".join(line) for line in lines)
