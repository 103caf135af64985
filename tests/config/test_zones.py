"""Time zones: from the package, whatever the machine has."""

from __future__ import annotations

import re
import zoneinfo
from importlib.metadata import version

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
