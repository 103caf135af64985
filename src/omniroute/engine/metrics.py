"""Metrics in the form of Prometheus, on a registry of their own.

What lives here: the table of all metrics, and their values at the moment of a scrape: counters from ``tally``, gauges
from the state. Whoever answers with them waits for `Writer.barrier` between looking and answering, so that they show
what is committed. Labels are names of queues, channel instances, policies and classifiers; no people, no contents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from omniroute.core.model import Presence
from omniroute.core.rules import CoreConfig
from omniroute.engine.classify import Classifier
from omniroute.engine.tally import BUCKETS_S, Tally, Waits
from omniroute.engine.writer import Writer

PREFIX = "omniroute_"

Values = Mapping[tuple[str, ...], float]
"""A number for each combination of labels."""


class About(NamedTuple):
    """What a metric is."""

    text: str
    labels: tuple[str, ...] = ()


COUNTERS = {
    "items_queued": About("Work items that came into a queue as new work", ("queue", "channel")),
    "items_relaxed": About("Steps of relaxation that were taken", ("queue",)),
    "items_overflowed": About("Items that their queue could not serve in time, by cause", ("queue", "cause")),
    "items_diverted": About(
        "Items that overflowed to no other queue and wait as work for later, by outcome", ("queue", "outcome")
    ),
    "items_returned": About("Items that an operator gave back or lost", ("queue",)),
    "offers_made": About("Offers to operators", ("queue",)),
    "offers_ended": About("Offers that are over: accepted, declined, expired or revoked", ("queue", "outcome")),
    "policy_failures": About("Times that a routing policy failed and the default decided", ("policy",)),
    "classifier_failures": About("Times that a plugin classifier failed and the default decided", ("classifier",)),
}
GAUGES = {
    "waiting_items": About("Items that wait and are offered to nobody", ("queue",)),
    "longest_wait_seconds": About("How long the item that waits longest has waited; 0 where none waits", ("queue",)),
    "live_offers": About("Offers that somebody can accept"),
    "operators": About("Operators by the presence that they have declared", ("presence",)),
    "mailbox_requests": About("Requests that wait for the writer"),
    "committed_seq": About("Number of the newest committed event"),
}
HISTOGRAMS = {
    "queued_to_accepted_seconds": About("From the queue to the first operator who accepted, in wall time", ("queue",)),
}


class Metrics(Collector):
    """All of them, over one engine. Made before anything is committed, so that nothing is missed."""

    def __init__(self, writer: Writer, core: CoreConfig, classifier: Classifier) -> None:
        self._writer = writer
        self._classifier = classifier
        self._tally = Tally(writer.state, core)
        self.registry = CollectorRegistry()
        self.registry.register(self)
        writer.on_commit.append(self._tally.hear)

    def collect(self) -> Iterator[Metric]:
        """For a scrape."""
        counts: dict[str, Values] = dict(self._tally.counts)
        counts["classifier_failures"] = {(name,): count for name, count in self._classifier.failures.items()}
        for name, about in COUNTERS.items():
            yield _filled(CounterMetricFamily(PREFIX + name, about.text, labels=about.labels), counts[name])
        present = self._present()
        for name, about in GAUGES.items():
            yield _filled(GaugeMetricFamily(PREFIX + name, about.text, labels=about.labels), present[name])
        for name, about in HISTOGRAMS.items():
            yield _histogram(HistogramMetricFamily(PREFIX + name, about.text, labels=about.labels), self._tally.waits)

    def _present(self) -> dict[str, Values]:
        """The gauges."""
        state, writer = self._writer.state, self._writer
        presence = Counter(operator.presence for operator in state.operators.values())
        waiting = {rule.queue_id: self._enqueued_ms(rule.queue_id) for rule in state.config.queues}
        now_ms = writer.clock.now_ms()
        return {
            "waiting_items": {(queue_id,): len(since) for queue_id, since in waiting.items()},
            "longest_wait_seconds": {
                (queue_id,): max(0, now_ms - min(since, default=now_ms)) / 1000 for queue_id, since in waiting.items()
            },
            "live_offers": {(): len(state.offers)},
            "operators": {(one.value,): presence[one] for one in Presence},
            "mailbox_requests": {(): len(writer.mailbox)},
            "committed_seq": {(): writer.committed_seq},
        }

    def _enqueued_ms(self, queue_id: str) -> list[int]:
        """Since when the items of a queue wait."""
        state = self._writer.state
        classes = state.waiting.by_queue.get(queue_id, {}).values()
        return [state.items[item_id].enqueued_ms for one in classes for _, item_id in one.line.places()]


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> CounterMetricFamily | GaugeMetricFamily:
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _histogram(family: HistogramMetricFamily, waits: Mapping[str, Waits]) -> HistogramMetricFamily:
    ends = [*map(float, BUCKETS_S), float("inf")]
    for queue_id, one in waits.items():
        family.add_metric([queue_id], _named(ends, accumulate(one.buckets)), one.total_ms / 1000)
    return family


def _named(ends: Iterable[float], counts: Iterable[int]) -> list[tuple[str, float]]:
    """Buckets as the format writes them: each with everything below its upper end."""
    return [("+Inf" if end == float("inf") else str(end), count) for end, count in zip(ends, counts, strict=True)]
