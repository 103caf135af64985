"""What a routing policy is, under the name that plugins import; the contract's text is in `omniroute.core.policy`.

A policy never chooses and never changes anything: it gives keys, the core compares them. What it says may depend on
nothing but its arguments. Take `Policy` and override what yours is about, or give every operator a key for every item
(`KeyedPolicy`). `omniroute.testing.policy.check_policy` tries the contract out.
"""

from __future__ import annotations

from omniroute.core.policy import TERM_MAX, WEIGHT_MAX, KeyedPolicy, Policy, RoutingPolicy, Wanted, Work

__all__ = ["TERM_MAX", "WEIGHT_MAX", "KeyedPolicy", "Policy", "RoutingPolicy", "Wanted", "Work"]
