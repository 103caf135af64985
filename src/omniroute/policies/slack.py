"""Slack: work goes first that must be begun first to keep its promise; nobody waits for ever for that."""

from __future__ import annotations

from omniroute.policies.contract import Policy, Work


class Slack(Policy):
    """Orders work by its latest safe start; operators it leaves alone.

    ``rank_ms = start_ms - priority_weight_ms * priority``, where ``start_ms`` is ``latest_start_ms`` of work with a
    promise, otherwise ``enqueued_ms + ageing_ms``, and in either case kept between ``enqueued_ms - ageing_ms`` and
    ``enqueued_ms + ageing_ms``.

    Guarantees against starvation: nothing that arrives ``2 * ageing_ms + priority_weight_ms * (p - own priority)`` or
    more after an item goes before it, where ``p`` is the highest priority of what arrives later. (The rank of the item
    is at most its arrival + ``ageing_ms`` less the worth of its priority, that of the later one at least its arrival -
    ``ageing_ms`` less the worth of its own; of equal ranks the older item goes first.)
    """

    name = "slack"

    def rank_ms(self, work: Work) -> int:
        earliest_ms, latest_ms = work.enqueued_ms - work.ageing_ms, work.enqueued_ms + work.ageing_ms
        start_ms = min(max(work.latest_start_ms, earliest_ms), latest_ms) if work.due_ms else latest_ms
        return start_ms - work.priority_weight_ms * work.priority
