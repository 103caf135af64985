"""Instants and spans as they are written: ISO 8601, to the millisecond, in UTC where nothing else is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from omniroute.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def read(text: str, path: str) -> int:
    """``"2026-11-28T23:00:00Z"`` in ms. Raises `InvalidInput`, also where a millisecond is not fine enough."""
    try:
        moment = datetime.fromisoformat(text)
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError) as failure:
        raise InvalidInput(f"{path}: {text!r} is no instant; write it like 2026-11-28T23:00:00Z", path) from failure
    if since % _MILLISECOND:
        raise InvalidInput(f"{path}: {text!r} is finer than a millisecond", path)
    return since // _MILLISECOND


def span(from_text: str, to_text: str, path: str) -> tuple[int, int]:
    """Two instants of which the second is not earlier. Raises `InvalidInput`."""
    from_ms, to_ms = read(from_text, path), read(to_text, path)
    if to_ms < from_ms:
        raise InvalidInput(f"{path}: {to_text!r} is before {from_text!r}", path)
    return from_ms, to_ms


def written(at_ms: int) -> str:
    """An instant in UTC, with milliseconds where there are any."""
    text = (_EPOCH + at_ms * _MILLISECOND).replace(tzinfo=None)
    return text.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def seconds(length_ms: int) -> int | float:
    """A length of time in seconds, whole where it is."""
    return length_ms / 1000 if length_ms % 1000 else length_ms // 1000
