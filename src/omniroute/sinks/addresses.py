"""Which addresses may be called: pure functions over addresses, no network.

Whoever can make us call an address of their choice reaches what only we can reach. So a name is resolved first, and
every address that it has must be allowed; addresses that carry another one inside are judged by both.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER: tuple[Network, ...] = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "192.0.0.0/24",
        "100.100.100.200/32",  # metadata
        "168.63.129.16/32",  # metadata
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::/32",  # metadata
        "fd20:ce::254/128",  # metadata
    )
)
"""Refused whatever is configured: nobody receives webhooks there."""

PRIVATE: tuple[Network, ...] = tuple(
    ip_network(one)
    for one in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "::1/128",
        "100::/64",
        "2001:db8::/32",
        "fc00::/7",
    )
)
"""Refused unless ``allow_private``; documentation and test networks are used inside houses only."""

_MAPPED, _COMPATIBLE = IPv6Network("::ffff:0:0/96"), IPv6Network("::/96")
_NAT64, _NAT64_LOCAL = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def why_not(text: str, *, allow_private: bool) -> str:
    """Why an address may not be called; empty where it may. The words hold no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return "it has no address that we know how to read"
    for one in (address, *inside(address)):
        if _within(one, NEVER):
            return "it leads to an address that nobody may be called at"
        if not allow_private and (_within(one, PRIVATE) or not one.is_global):
            return "it leads to a private network; allow it with `allow_private = true`"
    return ""


def inside(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address carries: mapped, compatible, NAT64, 6to4, Teredo."""
    if isinstance(address, IPv4Address):
        return ()
    found = [address.sixtofour, *(address.teredo or ())]
    if address in _MAPPED or (address in _COMPATIBLE and int(address) > 1) or address in _NAT64:
        found.append(_last(address))
    if address in _NAT64_LOCAL:
        found.append(_last(address))
    return tuple(one for one in found if one is not None)


def is_loopback(text: str) -> bool:
    """Whether a host of an address is this machine, as far as its name says so."""
    try:
        return _within(ip_address(text), _LOOPBACK)
    except ValueError:
        return text == "localhost" or text.endswith(".localhost")


def _last(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
