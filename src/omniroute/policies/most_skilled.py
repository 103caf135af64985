"""Most skilled: whoever is best at what the item asks for gets it."""

from __future__ import annotations

from collections.abc import Mapping

from omniroute.policies.contract import Policy, Wanted


class MostSkilled(Policy):
    """Orders by the sum of the levels in every skill that is required or preferred, greatest first, each counted once.

    Where nothing is asked for it orders nothing.
    """

    name = "most_skilled"

    def skill_weights(self, wanted: Wanted) -> Mapping[str, int]:
        return {one.skill: 1 for one in (*wanted.requirements, *wanted.preferred)}
