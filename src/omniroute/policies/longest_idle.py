"""Longest idle: whoever has waited longest for work gets it. The default."""

from __future__ import annotations

from omniroute.policies.contract import Policy


class LongestIdle(Policy):
    """Has no terms of its own: every key ends with the moment since which the operator is idle, earliest first.

    Guarantees that whoever can get the work and waits longest is the next.
    """

    name = "longest_idle"
