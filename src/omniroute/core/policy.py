"""What a routing policy is: orderings, pure; a policy never chooses and never changes anything.

The core asks for keys and compares them: the operator with the smallest key among the eligible gets the item. Keys are
tuples of whole numbers of at most 63 bits. After a policy's own terms come, for every policy alike, the moment since
which the operator is idle (earliest first) and the operator id, so that no order is left open. Who is eligible
(department, skills, presence, capacity, back-off, wrap-up) is not the policy's business.

A policy may depend on nothing but the arguments: no clock, no randomness, no memory of former calls.

`Policy` is the base class: take it, override what the policy is about, and leave the rest. Cost: `standing` is asked
when an event names the operator, and its answers are kept in order, so that a decision costs about the same among 100
operators and 10,000. `operator_key` and `match` are asked anew for every decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from omniroute.core.model import Operator, WorkItem
from omniroute.core.rules import Requirement

TERM_MAX = 2**63 - 1
"""The largest number in a key, so that every decision can be recorded."""
WEIGHT_MAX = 1_000
"""The largest weight of a skill, above or below 0."""


class Wanted(Protocol):
    """What an item asks for, as far as a policy may look at it."""

    @property
    def queue_id(self) -> str:
        """The queue in which it waits."""
        ...

    @property
    def channel(self) -> str:
        """Its channel instance."""
        ...

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What an operator must have."""
        ...

    @property
    def preferred(self) -> tuple[Requirement, ...]:
        """What an operator should have."""
        ...


class Work(NamedTuple):
    """What the place of an item in the order of work may depend on; instants and lengths in ms.

    ``due_ms`` is the deadline of its running promise (0: none), ``latest_start_ms`` that deadline less the expected
    handling time, in business time where the queue has a calendar. ``ageing_ms`` bounds what a policy may add or take.
    """

    enqueued_ms: int
    priority: int
    priority_weight_ms: int
    due_ms: int
    latest_start_ms: int
    expected_ms: int
    ageing_ms: int


class Policy:
    """See the module's text. ``terms`` names the numbers of `standing` (or of `operator_key`) for explanations."""

    name: str = ""
    terms: tuple[str, ...] = ()
    sticky: bool = False
    """Whether an item waits for its previous operator first, at most `QueueRule.sticky_ms`."""
    batch: bool = False
    """Whether the queue collects items for `QueueRule.batch_ms` and has them matched at once by `match`."""

    def standing(self, operator: Operator) -> tuple[int, ...]:  # noqa: ARG002
        """How the operator stands, whatever the work; smaller is better. Changes only by events that name them."""
        return ()

    def skill_weights(self, wanted: Wanted) -> Mapping[str, int]:  # noqa: ARG002
        """Skill → weight: whoever has the greater weighted sum of levels comes first, before `standing` is compared.

        A weight is a whole number of at most `WEIGHT_MAX`.
        """
        return {}

    def rank_ms(self, work: Work) -> int:
        """The place of an item among all waiting work: the smaller instant goes first. Asked once, when it enters.

        The default is ageing with priority: one step of priority is worth ``priority_weight_ms`` of waiting.
        """
        return work.enqueued_ms - work.priority_weight_ms * work.priority

    def match(
        self,
        items: Sequence[WorkItem],
        operators: Sequence[Operator],  # noqa: ARG002
        eligible: Sequence[Sequence[bool]],  # noqa: ARG002
        now_ms: int,  # noqa: ARG002
    ) -> Sequence[tuple[int, int]]:
        """For a ``batch`` policy: pairs (place in ``items``, place in ``operators``), nobody and nothing twice.

        ``eligible[i][o]`` says whether that pair may be; at most `batches.ITEMS_MAX` items and `batches.OPERATORS_MAX`
        operators are given. A pair that may not be counts as a failure of the policy.
        """
        raise AssertionError(f"{self.name} is a batch policy without a match for {len(items)} items")


class KeyedPolicy(Protocol):
    """The other form: any key for an operator and an item. Simple, but every eligible operator is asked each time."""

    @property
    def name(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the key, for explanations."""
        ...

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        """Smaller is better. Must not change its arguments."""
        ...


RoutingPolicy = Policy | KeyedPolicy
"""What a plugin registers."""
