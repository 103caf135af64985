"""Time zones, from the data of the package ``tzdata`` and not from the machine's.

What lives here: a zone by its name, with the version of its data, so that the same lock file gives the same opening
hours on every machine, and a recorded calendar can say what it was made from.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module, reload
from importlib.resources import files
from zoneinfo import ZoneInfo

from omniroute.config.names import check_known

_DATA = "tzdata"


@cache
def names() -> tuple[str, ...]:
    """Every zone that there is."""
    return tuple(files(_DATA).joinpath("zones").read_text(encoding="ascii").split())


@cache
def version() -> str:
    """The release of the data, like ``2026a``."""
    return str(import_module(_DATA).IANA_VERSION)


@cache
def _load(name: str) -> ZoneInfo:
    with files(_DATA).joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def forget() -> None:
    """Read the data anew from now on: its package may have been upgraded while the program runs."""
    for kept in (names, version, _load):
        kept.cache_clear()
    reload(import_module(_DATA))


def zone(name: str, path: str) -> ZoneInfo:
    """The zone of that name. Raises `ConfigError`."""
    return _load(check_known("time zone", name, names(), path))
