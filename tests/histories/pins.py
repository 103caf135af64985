"""What is pinned beside the histories: the states they replay to, and the shapes of all events.

``pins.json`` changes by `tests.histories.record` only, and its difference is part of what a reviewer reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.histories.history import FOLDER, hash_of, names, path_of, read

from omniroute import __version__
from omniroute.core import shapes
from omniroute.core.events import Event
from omniroute.core.state import ENCODING
from omniroute.journal.codec import EVENT_TYPES

FILE = "pins.json"


class Pin(msgspec.Struct):
    """``file`` is the SHA-256 of the file, ``state`` the hash of the state after the last entry."""

    entries: int
    file: str
    state: str


class Pins(msgspec.Struct):
    """``encoding`` is that of the hashes, ``release`` the one whose shapes these are."""

    release: str
    encoding: str
    histories: dict[str, Pin]
    shapes: dict[str, list[str]]


def load(folder: Path = FOLDER) -> Pins:
    return msgspec.json.decode((folder / FILE).read_bytes(), type=Pins)


def save(pins: Pins, folder: Path = FOLDER) -> None:
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(pins, order="deterministic"), indent=1) + b"\n")


def file_digest(name: str, folder: Path = FOLDER) -> str:
    return hashlib.sha256(path_of(name, folder).read_bytes()).hexdigest()


async def present(folder: Path = FOLDER, types: Mapping[str, type[Event]] = EVENT_TYPES) -> Pins:
    """What this version makes of the histories, and its own shapes."""
    histories = {
        name: Pin(len(read(name, folder).entries), file_digest(name, folder), await hash_of(name, folder))
        for name in names(folder)
    }
    return Pins(__version__, ENCODING, histories, shapes_of(types))


def shapes_of(types: Mapping[str, type[Event]] = EVENT_TYPES) -> dict[str, list[str]]:
    return {tag: shapes.fields(kind) for tag, kind in types.items()}


class Change(NamedTuple):
    """How the shape of one event differs; ``safe``: by its kind the old bytes still decode, and mean the same."""

    tag: str
    what: str
    safe: bool


def changes(pinned: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> list[Change]:
    """Every difference between the pinned shapes and those of now."""
    found = [Change(tag, "is new", True) for tag in now if tag not in pinned]
    found += [Change(tag, "is gone", False) for tag in pinned if tag not in now]
    both = [tag for tag in pinned if tag in now and pinned[tag] != now[tag]]
    return found + [_change(tag, pinned[tag], now[tag]) for tag in both]


def _change(tag: str, old: list[str], new: list[str]) -> Change:
    grown = new[: len(old)] == old
    added = new[len(old) :]
    if grown and all(" = " in field for field in added):
        return Change(tag, f"has new fields with defaults at its end: {'; '.join(added)}", True)
    other = [f"{before!r} became {after!r}" for before, after in zip(old, new, strict=False) if before != after]
    return Change(tag, "has another shape: " + "; ".join(other or ["fields came or went"]), False)


def advice(found: Iterable[Change]) -> str:
    """What to do about changed shapes."""
    found = list(found)
    lines = ["The recorded shape of events has changed:", *(f"  {one.tag} {one.what}" for one in found)]
    if any(not one.safe for one in found):
        lines.append(
            "  Journals of earlier releases hold the old shape. New fields with defaults at the end of a part of an"
        )
        lines.append(
            "  event are read as they are; for anything else add a function to journal/upcasts.py that lifts it."
        )
    lines.append("Then record a history of the new shape: python -m tests.histories.record NAME")
    return "\n".join(lines)
