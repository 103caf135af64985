"""The core's benchmark runs and prints its tables; what the figures are is nobody's business here."""

from __future__ import annotations

import gc
import math
import re
from types import SimpleNamespace

import pytest
from benchmarks.core import batch, every_policy, limit, load
from benchmarks.core.plan import FULL, Shape
from benchmarks.core.timing import exponent, percentile

from benchmarks import __main__ as bench
from benchmarks import core, core_limit
from omniroute import plugins

TINY = Shape(20, 30)


@pytest.fixture(autouse=True)
def collector_as_it_was():
    yield
    gc.unfreeze()


def run(capsys: pytest.CaptureFixture[str], *options: str) -> list[list[str]]:
    """The cells of the one table that comes out; its rows are the last lines."""
    assert core.main(["--quick", "--rounds", "1", "--steps", "20", *options]) in {0, 1}
    lines = capsys.readouterr().out.rstrip().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("|"))
    table = lines[start:]
    assert all(line.startswith("| ") for n, line in enumerate(table) if n != 1)
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for n, line in enumerate(table) if n != 1]


def numbers(cell: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"-?[\d,]+(?:\.\d+)?", cell)]


def test_against_the_limit(capsys):
    headings, *rows = run(capsys, "--only", "limit")
    assert headings == list(core.against_limit.HEADINGS)
    assert len(rows) == 4
    for row in rows:
        assert all(value > 0 for cell in (row[0], row[2], row[3], row[7]) for value in numbers(cell))
        assert row[5] in {"reached", "missed"}


def test_growth(capsys):
    headings, *rows = run(capsys, "--only", "growth")
    assert headings == list(core.growth.HEADINGS)
    assert [row[0] for row in rows] == ["operators", "waiting items", "skill profiles", "requirement classes"]
    for row in rows:
        for cell in (row[1], row[2], row[5]):
            assert len(numbers(cell)) == 3
            assert all(value > 0 for value in numbers(cell))


def test_memory(capsys):
    _, *rows = run(capsys, "--only", "memory")
    assert all(numbers(row[3])[0] > 0 for row in rows)


def test_the_limit_gets_the_yardsticks_own_commands(monkeypatch):
    """What is filled once and measured in turns does the work of one run of the yardstick."""
    seen: list[list[object]] = []

    class Recording(core_limit.Core):
        def __init__(self, *world):
            super().__init__(*world)
            seen.append([])

        def handle(self, cmd):
            seen[-1].append(cmd)
            return super().handle(cmd)

    monkeypatch.setattr(core_limit, "Core", Recording)
    core_limit.run(TINY.operators, 20, TINY.classes, TINY.waiting, 60)
    side = limit.filled(TINY)
    side.send(20)
    side.send(40)
    assert seen[0] == seen[1]


def test_the_load_accepts_what_is_offered_and_keeps_count():
    world = load.filled(TINY, "longest_idle", plugins.load().policies)
    assert world.waiting == TINY.waiting
    before = world.arrived
    world.pace(25)
    assert world.own_cost(10) > 0
    assert (world.arrived, world.finished) == (before + 35, 35)
    assert {(i.work_item_id, i.operator_id) for i in world.state.items.values() if i.operator_id} == set(world.running)


def test_a_policy_that_breaks_ends_the_benchmark():
    class Broken:
        name = "broken"
        terms = ("nothing",)

        def operator_key(self, operator, item):
            raise ValueError("broken")

    with pytest.raises(load.PolicyFailed, match="broken"):
        load.filled(TINY, "broken", {"broken": Broken()})


def test_policies_need_no_list():
    kinds = {"plain": SimpleNamespace(), "sticky": SimpleNamespace(sticky=True), "optimal": SimpleNamespace(batch=True)}
    assert every_policy.names(kinds) == ["plain", "sticky+least_loaded"]


def test_growth_is_fitted_on_cost():
    assert math.isclose(exponent([10, 100, 1_000], [1_000, 100, 10]), 1)
    assert math.isclose(exponent([10, 100], [7, 7]), 0, abs_tol=1e-9)
    assert percentile(range(1, 101), 0.99) == 99


def test_classes_that_must_differ_do():
    shape = FULL.growth[-1].shapes[-1]
    assert len(set(shape.world().wanted)) == shape.classes == 5_000
    assert shape.cycle >= 8 * shape.classes


def test_the_solver_runs_alone():
    """Its process prints what ``batch`` reads, once there is such a policy."""
    if batch.POLICY not in plugins.load().policies:
        return
    assert numbers(batch._solver(10, 1, with_scipy=False)[2]) == [1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["nothing"], "there is no benchmark"), (["--quick"], "name it first"), (["core", "journal", "--quick"], "first")],
)
def test_what_cannot_be_run_is_said(arguments, message):
    with pytest.raises(SystemExit, match=message):
        bench.main(arguments)


def test_options_go_to_the_benchmark_that_is_named(monkeypatch):
    seen = []
    monkeypatch.setattr(core, "main", lambda options: seen.append(options) or 0)
    bench.main(["core", "--quick", "--only", "limit"])
    assert seen == [["--quick", "--only", "limit"]]
