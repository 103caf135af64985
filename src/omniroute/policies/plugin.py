"""The built-in policies as a plugin."""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.core.policy import RoutingPolicy
from omniroute.hookspecs import hookimpl
from omniroute.policies.least_loaded import LeastLoaded
from omniroute.policies.longest_idle import LongestIdle


@hookimpl
def omniroute_policies() -> Sequence[RoutingPolicy]:
    """Register longest idle and least loaded."""
    return [LongestIdle(), LeastLoaded()]
