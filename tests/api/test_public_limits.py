"""Limits of the public pages: they count in a memory that does not grow."""

from __future__ import annotations

import pytest

from omniroute.api.public.limits import COUNTERS, Limit, address_key


def test_so_many_in_a_window_and_again_in_the_next():
    limit = Limit(3, 1_000)
    assert [limit.allows("a", 0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert limit.allows("b", 999)
    assert limit.allows("a", 1_000)


def test_a_flood_of_others_does_not_push_out_a_count():
    limit = Limit(1, 1_000)
    limit.allows("guessed at", 0)
    for number in range(3 * COUNTERS):
        limit.allows(str(number), 0)
    assert not limit.allows("guessed at", 999)
    assert len(limit._counts) == COUNTERS


def test_who_shares_a_counter_is_not_foreseeable():
    def neighbours() -> set[int]:
        limit = Limit(1, 1_000)
        limit.allows("victim", 0)
        return {number for number in range(5_000) if not limit.allows(f"n{number}", 0)}

    assert neighbours() != neighbours()


@pytest.mark.parametrize(("now_ms", "left_s"), [(0, 1), (1, 1), (999, 1)])
def test_what_is_left_of_a_window_is_at_least_a_second(now_ms, left_s):
    assert Limit(1, 1_000).left_s(now_ms) == left_s


def test_what_is_left_of_an_hour():
    assert Limit(1, 3_600_000).left_s(3_600_000 + 60_000) == 3_540


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_counts_with_its_network(host, key):
    assert address_key(host) == key
