"""How often somebody may try: counted in a memory that never grows, whoever comes.

What lives here: `Limit`. Each key falls by a secret hash into one of a fixed number of counters, so that nobody can
push out the count of somebody else, or choose whom to share one with. Windows are fixed: at the turn of two of them
twice as many may come.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

COUNTERS = 1 << 14
IPV6_NETWORK_BITS = 64
"""Whoever has one address of such a network has all of them."""


class Limit:
    """At most ``most`` tries for each key in ``window_ms``."""

    def __init__(self, most: int, window_ms: int) -> None:
        self._most = most
        self._window_ms = window_ms
        self._salt = secrets.token_bytes(16)
        self._windows = [0] * COUNTERS
        self._counts = [0] * COUNTERS

    def allows(self, key: str, now_ms: int) -> bool:
        """Count a try, and say whether it is one too many."""
        digest = hashlib.blake2b(key.encode(errors="replace"), digest_size=8, salt=self._salt).digest()
        place, window = int.from_bytes(digest) % COUNTERS, now_ms // self._window_ms
        if self._windows[place] != window:
            self._windows[place], self._counts[place] = window, 0
        self._counts[place] += 1
        return self._counts[place] <= self._most

    def left_s(self, now_ms: int) -> int:
        """Seconds until the window ends, at least one."""
        return max(1, -(-(self._window_ms - now_ms % self._window_ms) // 1000))


def address_key(host: str) -> str:
    """Who calls, for counting: an address, or the network that goes with it."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)
