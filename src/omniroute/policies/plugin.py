"""The built-in policies as a plugin."""

from __future__ import annotations

from collections.abc import Sequence

from omniroute.hookspecs import hookimpl
from omniroute.policies.contract import RoutingPolicy
from omniroute.policies.least_loaded import LeastLoaded
from omniroute.policies.least_skilled import LeastSkilled
from omniroute.policies.longest_idle import LongestIdle
from omniroute.policies.most_skilled import MostSkilled
from omniroute.policies.optimal import Optimal
from omniroute.policies.round_robin import RoundRobin
from omniroute.policies.slack import Slack
from omniroute.policies.sticky import Sticky
from omniroute.policies.weighted import Weighted


@hookimpl
def omniroute_policies() -> Sequence[RoutingPolicy]:
    """Register all policies of this package."""
    return [
        LongestIdle(),
        LeastLoaded(),
        RoundRobin(),
        MostSkilled(),
        LeastSkilled(),
        Sticky(),
        Weighted(),
        Slack(),
        Optimal(),
    ]
