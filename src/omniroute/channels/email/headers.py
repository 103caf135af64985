"""Header blocks of mail: fields, encoded words, parameters, addresses and message ids.

What lives here: linear, bounded readers that never raise on bad input except where they say so. They work on bytes
and stop at named limits, because the standard library's parsers are quadratic or recursive on hostile headers.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from email.utils import getaddresses
from itertools import islice
from urllib.parse import unquote_to_bytes

from omniroute.channels.email.charsets import codec_of, decode_short, one_line
from omniroute.errors import InvalidInput

HEADER_BYTES_MAX = 256 * 1024
HEADER_LINES_MAX = 2_000
VALUE_BYTES_MAX = 8 * 1024
"""What is read of one field; the rest is ignored (it stays in the raw message)."""
PARAMETER_BYTES_MAX = 4 * 1024
PARAMETERS_MAX = 60
ADDRESS_CHARS_MAX = 4 * 1024
ADDRESSES_MAX = 50
COMMENTS_MAX = 20
MESSAGE_ID_CHARS_MAX = 990
IDS_MAX = 50

_BLANK = re.compile(rb"\n\r?\n")
_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,60})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAM = re.compile(r""";\s*+([^\s=;]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^;]*+)""", re.DOTALL)
_CONTINUED = re.compile(r"^([^*]+)\*(\d{1,3})(\*?)$")
_SIMPLE = re.compile(r"""\s*+(?:"([^"\\]*+)"|([^"<>(),;:@\\]*+))\s*+<([^<>\s@]++@[^<>\s@]++)>\s*+""")
"""What nearly all senders write; the rest goes the slow way."""
_ADDRESS = re.compile(r"""[^\s@<>(),;:"\[\]\\\x00-\x20]{1,64}@[^\s@<>(),;:"\[\]\\\x00-\x20]{1,255}""")
_ID = re.compile(rb"<([^<>\s]{1,%d})>" % MESSAGE_ID_CHARS_MAX)
_MESSAGE_ID = re.compile(rb"(?:\A|\n)message-id[ \t]*+:((?:[^\n]|\n[ \t])*+)", re.IGNORECASE)

Headers = dict[str, list[bytes]]
"""Lower-case name → unfolded values, in order."""


def read_headers(data: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block at ``start`` and where the body begins.

    Lines that are no fields are skipped: broken gateways insert them, and the letter below is still worth reading.

    Raises:
        InvalidInput: the block is over `HEADER_BYTES_MAX` or `HEADER_LINES_MAX`.
    """
    if data[start : start + 1] == b"\n" or data[start : start + 2] == b"\r\n":
        return {}, data.index(b"\n", start) + 1
    found = _BLANK.search(data, start, min(end, start + HEADER_BYTES_MAX))
    if found is None and end - start > HEADER_BYTES_MAX:
        raise InvalidInput("the header is too long")
    stop, body = (found.start(), found.end()) if found else (end, end)
    lines = data[start:stop].split(b"\n", HEADER_LINES_MAX)
    if len(lines) > HEADER_LINES_MAX:
        raise InvalidInput("the header has too many lines")
    headers: Headers = {}
    name, parts = "", [b""]
    for line in (*lines, b"x:"):
        if line[:1] in {b" ", b"\t"}:
            parts.append(line.rstrip(b"\r"))
            continue
        if name:
            value = b"".join(parts).strip()
            newest_last = name == "references"
            value = value[-VALUE_BYTES_MAX:] if newest_last else value[:VALUE_BYTES_MAX]
            headers.setdefault(name, []).append(value)
        left, colon, rest = line.partition(b":")
        left = left.rstrip()
        name = left.decode("latin-1").lower() if colon and left and b" " not in left else ""
        parts = [rest.rstrip(b"\r")]
    return headers, body


def first(headers: Headers, name: str) -> bytes:
    """The first value of a field, or nothing."""
    values = headers.get(name)
    return values[0] if values else b""


def text_of(headers: Headers, name: str, chars_max: int) -> str:
    """A field as text in one line."""
    return one_line(decode_words(decode_short(first(headers, name))), chars_max)


def decode_words(text: str) -> str:
    """RFC 2047. Neighbours of one charset are joined first: senders cut in the middle of a character."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, codec, position = b"", "", 0
    for word in _WORD.finditer(text):
        between = text[position : word.start()]
        position = word.end()
        this = codec_of(word[1])
        if pending and (between.strip() or this != codec):
            out.append(decode_short(pending, codec))
            pending = b""
        if between.strip() or (not out and not pending):
            out.append(between)
        pending, codec = pending + _word_bytes(word[2], word[3]), this
    out.append(decode_short(pending, codec))
    out.append(text[position:])
    return "".join(out)


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """``text/plain; charset=x`` as the lower-case value and its parameters; RFC 2231 pieces are joined and decoded."""
    text = decode_short(value[:PARAMETER_BYTES_MAX])
    head, semicolon, rest = text.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in islice(_PARAM.finditer(semicolon + rest), PARAMETERS_MAX):
        name, content = found[1].lower(), found[2].strip()
        if content[:1] == '"':
            content = re.sub(r"\\(.)", r"\1", content.strip('"'))
        continued = _CONTINUED.match(name)
        if continued:
            pieces.setdefault(continued[1], {})[int(continued[2])] = (content, bool(continued[3]))
        elif name.endswith("*"):
            pieces.setdefault(name[:-1], {})[0] = (content, True)
        else:
            plain.setdefault(name, decode_words(content))
    for name, numbered in pieces.items():
        plain[name] = _join_pieces([numbered[n] for n in sorted(numbered)])
    return head.strip().lower(), plain


def addresses(headers: Headers, name: str) -> list[tuple[str, str]]:
    """The (address, display name) pairs of a field: valid ones only, lower case, at most `ADDRESSES_MAX`."""
    found: list[tuple[str, str]] = []
    for value in headers.get(name, ())[:4]:
        text = decode_short(value)[:ADDRESS_CHARS_MAX]
        simple = _SIMPLE.fullmatch(text)
        if simple and (canonical := canonical_address(simple[3])):
            found.append((canonical, one_line(decode_words((simple[1] or simple[2] or "").strip()), 200)))
            continue
        if text.count("(") > COMMENTS_MAX:  # the library's comment reader recurses
            continue
        for display, address in getaddresses([text])[:ADDRESSES_MAX]:
            canonical = canonical_address(address)
            if canonical and f"{address}@" not in text:  # a@b@c is nobody
                found.append((canonical, one_line(decode_words(display), 200)))
        if not found:  # "Firm, Inc." without quotes and the like: an address that stands alone is still clear
            alone = {canonical_address(a) for a in _ADDRESS.findall(text) if f"{a}@" not in text} - {""}
            found.extend((a, "") for a in alone if len(alone) == 1)
    return found[:ADDRESSES_MAX]


def canonical_address(address: str) -> str:
    """Lower case and NFC, or empty if it is no address that can be answered."""
    folded = unicodedata.normalize("NFC", address.strip()).lower()
    return folded if valid_address(folded) else ""


def valid_address(address: str) -> bool:
    """Whether it is a plain address: no quoting, nothing invisible, at most 254 characters."""
    printable = len(address) <= 254 and address.isprintable()
    return printable and _ADDRESS.fullmatch(address) is not None and ".." not in address.rpartition("@")[2]


def ascii_domain(address: str) -> str:
    """The domain of an address as DNS and Message-IDs write it."""
    try:
        return address.rpartition("@")[2].encode("idna").decode("ascii")
    except UnicodeError:
        return "localhost"


def message_id(value: bytes) -> str:
    """A Message-ID as ``<id>``, or empty where there is none or a hopeless one."""
    found = _ID.search(value)
    bare = found[1] if found else value.strip().strip(b"<>")
    if not bare or len(bare) > MESSAGE_ID_CHARS_MAX or re.search(rb"[\x00-\x20\x7f]", bare):
        return ""
    return f"<{bare.decode('latin-1')}>"


def scan_message_id(data: bytes, bytes_max: int) -> str:
    """The Message-ID without reading the letter: a scan of the header block, at most ``bytes_max`` of it."""
    block = data[:bytes_max]
    if block[:1] == b"\n" or block[:2] == b"\r\n":
        return ""
    blank = _BLANK.search(block)
    found = _MESSAGE_ID.search(block, 0, blank.start() if blank else len(block))
    if found is None:
        return ""
    return message_id(found[1].replace(b"\n", b"").replace(b"\r", b"").strip()[:VALUE_BYTES_MAX])


def message_ids(headers: Headers, name: str) -> list[str]:
    """All ids of a field in order."""
    ids: list[str] = []
    for value in headers.get(name, ())[:4]:
        ids.extend(f"<{found.decode('latin-1')}>" for found in _ID.findall(value))
    return ids


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(raw)
    return binascii.a2b_qp(raw, header=True)


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_CHUNK_BYTES = 64 * 1024
PADDINGS_MAX = 50
"""In one chunk; with more it is no base64 that anybody wrote, and they are skipped."""


def decode_base64(data: bytes, start: int = 0, end: int | None = None) -> bytes:
    """Lenient: foreign bytes are skipped, a cut end is completed, and what follows a padding is read on.

    In chunks that stay in the processor's cache: over all of 25 MiB at once it takes twice as long.
    """
    end = len(data) if end is None else end
    decoded: list[bytes] = []
    carry = b""
    for position in range(start, end, _CHUNK_BYTES):
        chunk = carry + data[position : min(end, position + _CHUNK_BYTES)].translate(None, _NOT_BASE64)
        if chunk.count(b"=") > PADDINGS_MAX:
            chunk = chunk.replace(b"=", b"")
        *closed, chunk = chunk.split(b"=")
        decoded.extend(binascii.a2b_base64(_padded(segment)) for segment in closed if segment)
        whole = len(chunk) & ~3
        decoded.append(binascii.a2b_base64(chunk[:whole]))
        carry = chunk[whole:]
    decoded.append(binascii.a2b_base64(_padded(carry)))
    return b"".join(decoded)


def _padded(segment: bytes) -> bytes:
    rest = len(segment) % 4
    return segment[:-1] if rest == 1 else segment + b"=" * (-rest % 4)


def _join_pieces(pieces: list[tuple[str, bool]]) -> str:
    codec, data = "", b""
    for index, (content, encoded) in enumerate(pieces):
        if encoded and index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)  # noqa: PLW2901
            codec = codec_of(charset)
        raw = content.encode("utf-8", "replace")
        data += unquote_to_bytes(raw) if encoded else raw
    return decode_short(data, codec)
