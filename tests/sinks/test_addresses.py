"""Which addresses may be called."""

from __future__ import annotations

import pytest

from omniroute.sinks.addresses import is_loopback, why_not

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
PRIVATE = [
    "127.0.0.1",
    "127.255.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:c0a8:101",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "::7f00:1",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::",
    "::a9fe:a9fe",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_world_may_be_called(address):
    assert not why_not(address, allow_private=False)
    assert not why_not(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_only_where_they_are_meant(address):
    assert "allow_private" in why_not(address, allow_private=False)


@pytest.mark.parametrize("address", [one for one in PRIVATE if not one.startswith("2001:0")])
def test_they_may_be_meant(address):
    assert not why_not(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_nobody_is_called_there_whatever_is_allowed(address):
    assert why_not(address, allow_private=False)
    assert why_not(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE + NEVER)
def test_a_refusal_holds_no_address(address):
    assert not address or address not in why_not(address, allow_private=False)


def test_this_machine_is_known_by_its_names():
    assert all(map(is_loopback, ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("localhost.example", "10.0.0.1", "example")))
