"""Round robin: in turn, whoever was offered something longest ago."""

from __future__ import annotations

from omniroute.core.model import Operator
from omniroute.policies.contract import Policy


class RoundRobin(Policy):
    """Orders by the operator's last offer; offers are numbered in the order in which they are made, 0 is none so far.

    Guarantees that among operators who can always get the work nobody is offered a second item before everybody has
    been offered one, whether they accept or not.
    """

    name = "round_robin"
    terms = ("last_offer_id",)

    def standing(self, operator: Operator) -> tuple[int, ...]:
        return (operator.last_offer_id,)
