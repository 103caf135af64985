"""Sticky: a customer's work goes to whoever served the matter before, if they can have it soon."""

from __future__ import annotations

from omniroute.policies.contract import Policy


class Sticky(Policy):
    """Has no order of its own: it makes the core hold an item for its previous operator, at most `QueueRule.sticky_ms`.

    Put it before the policy that decides about everything else: ``sticky+least_loaded``.
    """

    name = "sticky"
    sticky = True
