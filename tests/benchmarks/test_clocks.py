"""The benchmark of clocks runs and prints its tables; and its sides do the same, so that the comparison means something."""

from __future__ import annotations

import random
import re

import pytest
import structlog
from benchmarks.clocks import course, lateness, timers

from benchmarks import clocks

FEW = ["--timers", "400", "--rounds", "1", "--clocks", "1200", "--due", "30"]


@pytest.fixture(autouse=True)
def logging_as_it_was():
    yield
    structlog.reset_defaults()


def test_the_first_two_tables_are_printed(capsys: pytest.CaptureFixture[str]):
    assert clocks.main([*FEW, "--only", "timers", "--only", "core"]) in {0, 1}
    out = capsys.readouterr().out
    assert len(re.findall(r"^\| (?:index|bare heap|buckets of 100 ms), ", out, re.MULTILINE)) == 6
    assert re.search(r"^\| 1,200 +\| +1,200 \|(?: +-?[\d.]+ \|){5}$", out, re.MULTILINE)
    assert re.search(r"^One clock takes \d+ bytes", out, re.MULTILINE)


def test_every_side_fires_the_same_and_the_exact_ones_in_order():
    known = list(timers.arriving(400))
    random.Random(3).shuffle(known)
    fired = {}
    for name, make in timers.SIDES.items():
        side = make()
        for key, due_ms in known:
            side.set(key, due_ms)
        for key, _ in known[::3]:
            side.clear(key)
        ends = sorted(due_ms for _, due_ms in known)
        fired[name] = [side.fire(now_ms, 10_000) for now_ms in ends]
        assert side.fire(ends[-1] + timers.BUCKET_MS, 10_000) + sum(fired[name]) == len(known) - len(known[::3])
    assert fired["index"] == fired["bare heap"]


def test_what_is_measured_in_the_core_happens():
    desk = course.Desk()
    matters = desk.arrive(300, "desk.waiting")
    assert desk.clocks == 300 * course.EACH
    desk.pause_us(matters[:10])
    assert [
        len(clock.pauses) for clock in desk.state.conversations[matters[0]].clocks if clock.name == "resolution"
    ] == [2]
    assert desk.arrive(10, "desk.plain")
    assert desk.clocks == 300 * course.EACH
    before = desk.clocks
    assert desk.fire_us(matters[:300]) > 0
    assert before - 300 <= desk.clocks < before


@pytest.mark.parametrize("size", [40])
def test_a_matter_with_promises_is_larger(size):
    assert course.bytes_each(size) > 100


def test_every_clock_of_the_engine_is_breached_and_none_early(capsys, monkeypatch, tmp_path):
    for name, length_ms in (("SPAN_MS", 200), ("BEFORE_MS", 100), ("AFTER_MS", 1_000)):
        monkeypatch.setattr(lateness, name, length_ms)
    table = lateness.measure(30, tmp_path)
    assert [row[1] for row in table.rows if row[0].startswith("a breach")] == ["30", "30"]
    assert all(int(row[2]) >= 0 for row in table.rows)
