"""Bytes to text, whatever the sender claims about them.

What lives here: decoding that never raises and never takes more than linear time, and cleaning of what comes out.
Nothing about mail structure.
"""

from __future__ import annotations

import codecs
import re

import charset_normalizer

SAMPLE_BYTES = 2048
"""Guessing looks at so much; more is slower and hardly better."""

_ALIASES = {
    "iso-8859-1": "cp1252",  # what is called latin-1 in mail is windows-1252 in truth
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-6-i": "iso8859_6",
    "utf8mb4": "utf-8",
}
_DENIED = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7", "mbcs", "oem"}
"""Codecs that are no charset, are quadratic, or make lone surrogates."""
_GUESSES = ["cp1251", "koi8_r", "cp1252", "iso8859_5", "iso8859_2", "cp866", "gb18030", "cp932"]
_HIGH = re.compile(rb"[\x80-\xff]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\ud800-\udfff]")
_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def codec_of(charset: str) -> str:
    """The name of a codec that may be used, or an empty string for an unknown or unfit one."""
    name = charset.strip().strip("\"'").lower()[:60]
    name = _ALIASES.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return ""
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name.replace("-", "_") not in _DENIED else ""


def decode(data: bytes, charset: str, *, detect: bool = True) -> str:
    """Text of a body: as claimed, else UTF-8, else a guess; what cannot be read becomes U+FFFD.

    Without ``detect`` the guess is a cheap one.
    """
    codec = codec_of(charset) if charset else ""
    if codec and codec != "ascii":
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 50 <= len(text):
            return clean(text)
    try:
        return clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(data.decode(_guess(data) if detect else _guess_short(data[:SAMPLE_BYTES]), "replace"))


def decode_short(data: bytes, codec: str = "") -> str:
    """Text of a header or name; the guess is our own, because detectors need more text."""
    for attempt in (codec, "utf-8"):
        if attempt:
            try:
                return data.decode(attempt)
            except UnicodeDecodeError:
                continue
    return data.decode(_guess_short(data), "replace")


def clean(text: str) -> str:
    """Newlines made equal; control characters and lone surrogates removed."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, chars_max: int) -> str:
    """Fit for a name or a subject: one line, nothing invisible that turns the direction, bounded."""
    return _ONE_LINE.sub(" ", text[: chars_max * 2]).strip()[:chars_max]


def _guess(data: bytes) -> str:
    high = _HIGH.search(data)
    start = max(0, high.start() - 64) if high else 0
    sample = data[start : start + SAMPLE_BYTES]
    found = charset_normalizer.from_bytes(sample, steps=3, chunk_size=512, cp_isolation=_GUESSES).best()
    name = codec_of(found.encoding) if found is not None else ""
    return name or _guess_short(sample)


def _guess_short(data: bytes) -> str:
    """By where the letters lie: lower case is C0-DF in koi8-r and E0-FF in windows-1251."""
    low = sum(0xC0 <= byte <= 0xDF for byte in data)
    high = sum(byte >= 0xE0 for byte in data)
    latin = sum(byte < 0x80 and chr(byte).isalpha() for byte in data)
    if (low + high) * 2 < latin:
        return "cp1252"
    return "koi8_r" if low > high else "cp1251"
