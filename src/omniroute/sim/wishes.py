"""A plugin's classifier: each customer's wish decides where the matter belongs."""

from __future__ import annotations

import msgspec

from omniroute.classifiers.contract import Facts
from omniroute.core.commands import Classification
from omniroute.sim.company import wish_of


class Wishes:
    """`omniroute.classifiers.contract.PluginClassifier`."""

    name = "wishes"

    def classify(self, facts: Facts) -> Classification | None:
        """By the name of the sender alone."""
        wish = wish_of(facts.interaction.sender.address)
        return msgspec.structs.replace(
            facts.default,
            department_id=facts.queues[wish.queue_id],
            queue_id=wish.queue_id,
            priority=wish.priority,
            requirements=wish.requirements,
            preferred=wish.preferred,
            tier=wish.tier,
            kind=wish.kind,
        )
