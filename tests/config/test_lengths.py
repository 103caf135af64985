"""Lengths of time and numbers with bounds."""

from __future__ import annotations

import pytest

from omniroute import config
from omniroute.config.lengths import LENGTH_DAYS_MAX, bounded, some_length_ms
from omniroute.errors import ConfigError

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [("0s", 0), ("1ms", 1), ("20s", 20_000), (" 5m ", 300_000), ("4h", 14_400_000), ("1d", DAY_MS)],
)
def test_lengths_of_time(text, length_ms):
    assert config.length_ms(text, "x") == length_ms


@pytest.mark.parametrize("text", ["", "5", "5 m", "-5m", "5min", "1.5h", "٣s", "9" * 20 + "s"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(ConfigError, match='write it like "20s"'):
        config.length_ms(text, "x")


def test_ten_years_are_the_longest():
    assert config.length_ms(f"{LENGTH_DAYS_MAX}d", "x") == LENGTH_DAYS_MAX * DAY_MS
    with pytest.raises(ConfigError, match='at most "3660d"'):
        config.length_ms("999999999d", "x")


def test_some_time_is_not_none():
    assert some_length_ms("1ms", "x", "an offer") == 1
    with pytest.raises(ConfigError, match="an offer needs some time"):
        some_length_ms("0h", "x", "an offer")


def test_bounds_are_inside():
    assert [bounded(value, 1, 3, "x") for value in (1, 3)] == [1, 3]
    for value in (0, 4, 10**30):
        with pytest.raises(ConfigError, match=r"x: a level is between 1 and 3"):
            bounded(value, 1, 3, "x", "a level")
