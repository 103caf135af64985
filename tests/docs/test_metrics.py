"""The page of the metrics against the registry of a running engine."""

from __future__ import annotations

import re

from prometheus_client import Metric
from tests.docs.pages import read, rows
from tests.engine.rig import life

from omniroute.core.model import Presence
from omniroute.core.rules import Outcome, OverflowCause
from omniroute.engine.mailbox import CAPACITY, SHARE, Urgency
from omniroute.engine.metrics import COUNTERS, GAUGES, HISTOGRAMS, PREFIX

PAGE = "docs/reference/metrics.md"
ABOUT = {**COUNTERS, **GAUGES, **HISTOGRAMS}


def row(metric: Metric) -> list[str]:
    """As the page shows it."""
    labels = ABOUT[metric.name.removeprefix(PREFIX)].labels
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    return [f"`{name}`", metric.type, ", ".join(f"`{label}`" for label in labels), metric.documentation]


async def test_the_table_has_every_metric_of_the_registry() -> None:
    async with life() as rig:
        metrics = list(rig.engine.metrics.registry.collect())
    assert [cells for cells in rows(read(PAGE)) if len(cells) == 4] == [row(metric) for metric in metrics]
    for metric in metrics:
        labels = set(ABOUT[metric.name.removeprefix(PREFIX)].labels)
        assert all(sample.labels.keys() - {"le"} == labels for sample in metric.samples)


def test_the_values_of_labels_are_named() -> None:
    for value in (*OverflowCause, *Outcome, *Presence):
        assert f"`{value}`" in read(PAGE)


def test_the_warnings_ask_for_metrics_that_there_are() -> None:
    names = {row[0].strip("`") for row in rows(read(PAGE))}
    asked = [name for cells in rows(read(PAGE)) if len(cells) == 2 for name in re.findall(r"omniroute_\w+", cells[0])]
    assert asked
    assert set(asked) <= names
    assert f"at {int(CAPACITY * SHARE[Urgency.NEW])} senders" in read(PAGE)
