"""Time zones: from the package, whatever the machine has."""

from __future__ import annotations

import re
import struct
import zoneinfo
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise

import pytest
import tzdata

from omniroute.config import zones
from omniroute.errors import ConfigError


def test_the_machines_data_are_not_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    zones._load.cache_clear()
    assert zones.zone("Asia/Kathmandu", "x").key == "Asia/Kathmandu"


def test_every_zone_can_be_loaded():
    assert len(zones.names()) > 400
    for name in zones.names():
        assert zones.zone(name, "x").key == name


def test_the_version_of_the_data_is_that_of_the_package():
    year, release = version("tzdata").split(".")[:2]
    assert re.fullmatch(r"[0-9]{4}[a-z]+", zones.version())
    assert zones.version() == f"{year}{chr(ord('a') + int(release) - 1)}"


def test_data_that_were_upgraded_meanwhile_are_read_anew(monkeypatch):
    old = zones.version()
    monkeypatch.setattr(tzdata, "IANA_VERSION", "1999z")
    berlin = zones.zone("Europe/Berlin", "x")
    assert zones.version() == old
    zones.version.cache_clear()
    assert zones.version() == "1999z"
    zones.forget()
    assert zones.version() == old
    assert zones.zone("Europe/Berlin", "x") is not berlin


def test_an_unknown_zone_is_refused():
    with pytest.raises(ConfigError, match=r"x: there is no time zone 'Berlin'"):
        zones.zone("Berlin", "x")


def changes_in(name: str) -> list[int]:
    """The instants at which the offset of a zone changes, from the second block of its file (RFC 8536)."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    isut, isstd, leap, times, types, chars = struct.unpack(">6l", data[20:44])
    start = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    _, _, _, times, types, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    begin, kinds_at = start + 44, start + 44 + 8 * times
    kinds = data[kinds_at : kinds_at + times]
    offsets = [
        struct.unpack(">l", data[at : at + 4])[0] for at in range(kinds_at + times, kinds_at + times + 6 * types, 6)
    ]
    found, last = [], offsets[0]
    for second, kind in zip(struct.unpack(f">{times}q", data[begin:kinds_at]), kinds, strict=True):
        if offsets[kind] != last:
            found.append(second)
        last = offsets[kind]
    return found


def test_no_zone_changes_its_clocks_twice_in_a_step():
    for name in zones.names():
        assert all(later - earlier > 2 * zones._STEP_S for earlier, later in pairwise(changes_in(name)))


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Gaza", "Africa/Casablanca", "Pacific/Apia", "UTC"]
)
def test_stretches_are_those_between_the_changes(name):
    written = changes_in(name)
    from_ms, to_ms = -3_000_000_000_000, (written[-1] + 1) * 1000 if written else 0
    found = list(zones.stretches(zones.zone(name, "x"), from_ms, to_ms))
    assert [from_ms, *(one.to_ms for one in found)] == [*(one.from_ms for one in found), to_ms]
    changed = [later.from_ms // 1000 for earlier, later in pairwise(found) if earlier.offset_ms != later.offset_ms]
    assert changed == written


def test_after_the_last_written_change_the_rule_goes_on():
    start_ms, end_ms = (int(datetime(2150, month, 1, tzinfo=UTC).timestamp() * 1000) for month in (1, 12))
    found = zones.stretches(zones.zone("Australia/Lord_Howe", "x"), start_ms, end_ms)
    assert [one.offset_ms // 60_000 for one in found] == [660, 630, 660]
