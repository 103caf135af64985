"""The outage's benchmark runs, has timers of every kind overdue, and prints its table; the figures are nobody's business here."""

from __future__ import annotations

import asyncio
import re

import pytest
import structlog

from benchmarks import outage
from omniroute.core.deadlines import Concern


@pytest.fixture(autouse=True)
def logging_as_it_was():
    yield
    structlog.reset_defaults()


def test_it_runs_and_prints_its_table(capsys: pytest.CaptureFixture[str], tmp_path):
    assert outage.main(["--timers", "150", "--arrivals", "3", "--folder", str(tmp_path)]) in {0, 1}
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"133 items, 130 overdue deadlines", lines[0])
    assert len([line for line in lines if re.search(r"( +[\d.,]+){4}$", line)]) == 6
    assert lines[-1].startswith("drained in ")


def test_timers_of_many_kinds_are_overdue():
    past = outage.Past(50)
    due = {key[0] for index in past.state.deadlines.values() for key in index.live}
    assert due == {"offer", "clock", "relax", "overflow", "parked", "backoff"}
    assert len([concern for concern in Concern if past.state.deadlines[concern].live]) == 4


def test_an_arrival_is_offered(tmp_path):
    before, after = asyncio.run(outage.measure(tmp_path / "outage.db", 50, 3))
    assert len(before.arrivals) == 3
    assert all(took > 0 for took in before.arrivals + after.arrivals)
