"""The parts of a letter, found without trusting it.

What lives here: a splitter that works on offsets with the speed of ``bytes.find``, bounded in parts, depth and bytes
looked at, and the decoding of transfer encodings. It replaces the standard library's parser, which goes line by line
(seconds for 25 MiB) and recurses. Nothing about customers or conversations.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field

from omniroute.channels.email.headers import Headers, decode_base64, first, parameters, read_headers
from omniroute.errors import InvalidInput

PARTS_MAX = 200
DEPTH_MAX = 20
HEADER_BYTES_TOTAL_MAX = 256 * 1024
SCANNED_BYTES_MAX = 120 * 1024 * 1024
"""Every level of nesting looks through its bytes again; the sum is bounded."""
FALSE_BOUNDARIES_MAX = 20_000
BOUNDARY_CHARS_MAX = 200


@dataclass(slots=True)
class Part:
    """A leaf: its headers, what it claims to be, and where its bytes are."""

    headers: Headers
    content_type: str
    params: dict[str, str]
    disposition: str
    name: str
    alternative: int
    """The multipart/alternative that it stands in; 0: none."""
    data: bytes
    start: int
    end: int

    def size(self) -> int:
        """Bytes before decoding."""
        return self.end - self.start

    def body(self, bytes_max: int | None = None) -> bytes:
        """The content, transfer encoding undone; ``bytes_max`` limits what is read of the encoded bytes."""
        end = self.end if bytes_max is None else min(self.end, self.start + bytes_max)
        encoding = first(self.headers, "content-transfer-encoding").strip().lower()
        if encoding == b"base64":
            return decode_base64(self.data, self.start, end)
        raw = self.data[self.start : end]
        if encoding == b"quoted-printable":
            return binascii.a2b_qp(raw)
        return raw


@dataclass(slots=True)
class _Walk:
    data: bytes
    parts: list[Part] = field(default_factory=list)
    nodes: int = 0
    scanned: int = 0
    false_boundaries: int = 0
    header_bytes: int = 0
    alternatives: int = 0


def split(data: bytes) -> tuple[Headers, list[Part]]:
    """The headers of the letter and its leaves in order.

    Raises:
        InvalidInput: out of bounds.
    """
    walk = _Walk(data)
    headers, body = read_headers(data, 0, len(data))
    _visit(walk, headers, body, len(data), depth=0, alternative=0)
    return headers, walk.parts


def _visit(walk: _Walk, headers: Headers, start: int, end: int, *, depth: int, alternative: int) -> None:
    walk.nodes += 1
    if walk.nodes > PARTS_MAX:
        raise InvalidInput("too many parts")
    if depth > DEPTH_MAX:
        raise InvalidInput("parts are nested too deeply")
    content_type, params = parameters(first(headers, "content-type"))
    boundary = params.get("boundary", "")
    if content_type.startswith("multipart/") and 0 < len(boundary) <= BOUNDARY_CHARS_MAX:
        if content_type == "multipart/alternative":
            walk.alternatives += 1
            alternative = walk.alternatives
        ranges = _ranges(walk, boundary.encode("utf-8", "replace"), start, end)
        if ranges:
            for part_start, part_end in ranges:
                inner, body = read_headers(walk.data, part_start, part_end)
                walk.header_bytes += body - part_start
                if walk.header_bytes > HEADER_BYTES_TOTAL_MAX:
                    raise InvalidInput("the parts have too many headers")
                _visit(walk, inner, min(body, part_end), part_end, depth=depth + 1, alternative=alternative)
            return
        content_type = "text/plain"  # a multipart without parts: what is there is text
    disposition, disposed = parameters(first(headers, "content-disposition"))
    name = disposed.get("filename") or params.get("name") or ""
    walk.parts.append(
        Part(
            headers=headers,
            content_type=content_type if "/" in content_type else "text/plain",
            params=params,
            disposition=disposition,
            name=name,
            alternative=alternative,
            data=walk.data,
            start=start,
            end=end,
        )
    )


def _ranges(walk: _Walk, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where the parts between the delimiter lines are; a missing last delimiter is forgiven."""
    data, needle = walk.data, b"--" + boundary
    walk.scanned += end - start
    if walk.scanned > SCANNED_BYTES_MAX:
        raise InvalidInput("parts are nested too deeply")
    ranges: list[tuple[int, int]] = []
    opened, position = -1, start
    while True:
        at = data.find(needle, position, end)
        if at < 0:
            break
        position = at + len(needle)
        line_end = data.find(b"\n", position, position + 200)
        line_end = min(end, position + 200) if line_end < 0 else line_end
        tail = data[position:line_end].strip()
        if (at > start and data[at - 1 : at] != b"\n") or tail not in {b"", b"--"}:
            walk.false_boundaries += 1
            if walk.false_boundaries > FALSE_BOUNDARIES_MAX:
                raise InvalidInput("too many broken part boundaries")
            continue
        if opened >= 0:
            ranges.append((opened, _before_newline(data, opened, at)))
            if len(ranges) > PARTS_MAX:
                raise InvalidInput("too many parts")
        opened, position = min(end, line_end + 1), line_end
        if tail == b"--":
            return ranges
    if opened >= 0:
        ranges.append((opened, end))
    return ranges


def _before_newline(data: bytes, start: int, at: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    if at > start and data[at - 1 : at] == b"\n":
        at -= 1
        if at > start and data[at - 1 : at] == b"\r":
            at -= 1
    return at
