"""The tally: what committed events have added up to since the start, as plain numbers.

What lives here: counting, and the one warning that a failed policy gets. An event that does not name its queue finds
it in what is kept here of every open item, because the live state may be ahead of what is committed. Labels are names
of the configuration, never of people and never texts. How the numbers are shown is the business of ``metrics``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog

from omniroute.core import events as e
from omniroute.core.events import Event
from omniroute.core.model import PARTS
from omniroute.core.rules import CoreConfig
from omniroute.core.state import State

BUCKETS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400)
"""The upper ends of the histogram of waits."""
WARNING_EVERY_MS = 60_000
"""A policy that goes on failing is logged once in so long for each kind of place."""
ENDS = {
    e.OfferAccepted: "accepted",
    e.HandoffAccepted: "accepted",
    e.OfferDeclined: "declined",
    e.OfferExpired: "expired",
    e.OfferRevoked: "revoked",
}
"""How offers end."""
COUNTED = (
    "items_queued",
    "items_relaxed",
    "items_overflowed",
    "items_diverted",
    "items_returned",
    "offers_made",
    "offers_ended",
    "policy_failures",
)

log = structlog.get_logger("omniroute.routing")


class Open(NamedTuple):
    """An open item: its queue, and since when it waits for its first operator (0: it has had one)."""

    queue_id: str
    since_ms: int


class Waits:
    """Lengths of waiting, by bucket (the last one has no end), and their sum."""

    __slots__ = ("buckets", "total_ms")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS_S) + 1)
        self.total_ms = 0

    def observe(self, length_ms: int) -> None:
        """One more."""
        self.buckets[bisect_left(BUCKETS_S, length_ms / 1000)] += 1
        self.total_ms += length_ms


class Tally:
    """Hears every commit. ``counts`` has a number for each combination of labels, by the name of the counter."""

    def __init__(self, state: State, core: CoreConfig) -> None:
        self.counts: dict[str, dict[tuple[str, ...], int]] = {name: {} for name in COUNTED}
        self.waits: dict[str, Waits] = {}
        self._items = {
            number: Open(item.queue_id, 0 if item.assigned_ms else item.enqueued_ms)
            for number, item in state.items.items()
        }
        self._quiet_until_ms: dict[tuple[str, str], int] = {}
        self._begin(core)

    def _begin(self, core: CoreConfig) -> None:
        """What is certain to be asked for begins with 0, so that its first increase is seen."""
        for rule in core.queues:
            self.waits[rule.queue_id] = Waits()
            for name in ("items_relaxed", "items_returned", "offers_made"):
                self.counts[name][rule.queue_id,] = 0
            for outcome in ENDS.values():
                self.counts["offers_ended"][rule.queue_id, outcome] = 0
            for policy in rule.policy.split("+"):
                self.counts["policy_failures"][policy,] = 0

    def hear(self, events: Sequence[Event]) -> None:
        """Count what has been committed."""
        for event in events:
            count = _COUNT.get(type(event))
            if count is not None:
                count(self, event)

    def _add(self, name: str, *labels: str) -> None:
        counts = self.counts[name]
        counts[labels] = counts.get(labels, 0) + 1

    def _queue_of(self, work_item_id: int) -> str:
        known = self._items.get(work_item_id)
        return known.queue_id if known else ""

    # ---- items
    def _queued(self, event: e.ItemQueued) -> None:
        self._items[event.work_item_id] = Open(event.queue_id, event.enqueued_ms or event.at_ms)
        self._add("items_queued", event.queue_id, event.channel)
        if event.failed_policy:
            self._failed(event.failed_policy, "order of work", event.queue_id, event.at_ms)

    def _relaxed(self, event: e.ItemRelaxed) -> None:
        self._add("items_relaxed", self._queue_of(event.work_item_id))

    def _moved(self, event: e.ItemMoved) -> None:
        known = self._items.get(event.work_item_id)
        self._items[event.work_item_id] = Open(event.queue_id, known.since_ms if known else 0)
        self._overflowed(event.from_queue_id, event.cause)
        if event.failed_policy:
            self._failed(event.failed_policy, "order of work", event.queue_id, event.at_ms)

    def _diverted(self, event: e.ItemDiverted) -> None:
        queue_id = self._queue_of(event.work_item_id)
        self._overflowed(queue_id, event.cause)
        self._add("items_diverted", queue_id, event.outcome)

    def _overflowed(self, queue_id: str, cause: str) -> None:
        kind, _, why = cause.partition(":")
        if kind == "overflow":
            self._add("items_overflowed", queue_id, why)

    def _returned(self, event: e.ItemReturned) -> None:
        self._add("items_returned", self._queue_of(event.work_item_id))

    def _taken(self, event: e.ItemPulled | e.ItemForced) -> None:
        """Without an offer: how long it waited says nothing about offers."""
        self._items[event.work_item_id] = Open(self._queue_of(event.work_item_id), 0)

    def _closed(self, event: e.ItemClosed) -> None:
        self._items.pop(event.work_item_id, None)

    def _target_closed(self, event: e.HandoffReturned | e.HandoffCancelled) -> None:
        self._items.pop(event.target_item_id, None)

    # ---- offers
    def _made(self, event: e.OfferMade) -> None:
        queue_id = self._queue_of(event.work_item_id)
        self._add("offers_made", queue_id)
        if event.decision.failed_policy:
            self._failed(event.decision.failed_policy, "decision", queue_id, event.at_ms)

    def _ended(self, event: e.OfferDeclined | e.OfferExpired | e.OfferRevoked) -> None:
        self._add("offers_ended", self._queue_of(event.work_item_id), ENDS[type(event)])

    def _accepted(self, event: e.OfferAccepted) -> None:
        self._first(event.work_item_id, event.at_ms)

    def _handed_over(self, event: e.HandoffAccepted) -> None:
        if event.kind not in PARTS:
            self._items.pop(event.source_item_id, None)
        self._first(event.target_item_id, event.at_ms)

    def _first(self, work_item_id: int, at_ms: int) -> None:
        """An offer was accepted; how long the item waited counts once, for its first operator."""
        known = self._items.get(work_item_id, Open("", 0))
        self._add("offers_ended", known.queue_id, "accepted")
        if known.since_ms:
            self.waits.setdefault(known.queue_id, Waits()).observe(at_ms - known.since_ms)
            self._items[work_item_id] = Open(known.queue_id, 0)

    # ---- policies
    def _failed(self, policy: str, place: str, queue_id: str, at_ms: int) -> None:
        """Count it, and warn now and then: a policy that fails does so for every item."""
        self._add("policy_failures", policy)
        if at_ms >= self._quiet_until_ms.get((policy, place), 0):
            self._quiet_until_ms[policy, place] = at_ms + WARNING_EVERY_MS
            log.warning("policy_failed", policy=policy, place=place, queue=queue_id)


_COUNT: Mapping[type[Event], Callable[[Tally, Any], None]] = {
    e.ItemQueued: Tally._queued,
    e.ItemRelaxed: Tally._relaxed,
    e.ItemMoved: Tally._moved,
    e.ItemDiverted: Tally._diverted,
    e.ItemReturned: Tally._returned,
    e.ItemPulled: Tally._taken,
    e.ItemForced: Tally._taken,
    e.ItemClosed: Tally._closed,
    e.HandoffReturned: Tally._target_closed,
    e.HandoffCancelled: Tally._target_closed,
    e.OfferMade: Tally._made,
    e.OfferDeclined: Tally._ended,
    e.OfferExpired: Tally._ended,
    e.OfferRevoked: Tally._ended,
    e.OfferAccepted: Tally._accepted,
    e.HandoffAccepted: Tally._handed_over,
}
