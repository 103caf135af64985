"""Shrinking, and what a failing run tells: with a promise that is planted, and broken after the second snooze."""

from __future__ import annotations

from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from omniroute.cli.simulate import simulate
from omniroute.core import events as e
from omniroute.core import invariants
from omniroute.core.state import State
from omniroute.sim.bare import CoreWorld
from omniroute.sim.options import drawn
from omniroute.sim.recording import decode_recording
from omniroute.sim.shrink import kind_of, shrunk


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may have put more than one thing aside."""

    def one_at_most(state: State, event: e.Event):
        parked = Counter(item.parked_by for item in state.items.values() if item.parked_until_ms)
        if isinstance(event, e.ItemSnoozed) and sum(parked.values()) >= 1:
            yield f"{event.operator_id} is the second"

    monkeypatch.setitem(invariants.MOMENTS, "99", one_at_most)


@pytest.mark.usefixtures("planted")
def test_a_shrunk_history_is_short_and_fails_in_the_same_way():
    outcome = CoreWorld(drawn(3, 4_000)).run()
    assert outcome.violation.startswith("invariant 99")
    asked = count()
    acts = shrunk(CoreWorld, outcome.options, outcome.acts, outcome.violation, lambda: next(asked) > 80)
    assert kind_of(CoreWorld(outcome.options, acts).run().violation) == kind_of(outcome.violation)
    assert len(acts) < len(outcome.acts) / 4
    assert sum(act.kind == "snooze" for act in acts) >= 2


@pytest.mark.usefixtures("planted")
def test_shrinking_stops_when_it_has_taken_long_enough():
    outcome = CoreWorld(drawn(3, 4_000)).run()
    assert shrunk(CoreWorld, outcome.options, outcome.acts, outcome.violation, lambda: True) == outcome.acts


@pytest.mark.usefixtures("planted")
def test_a_failing_run_says_how_to_repeat_it(tmp_path: Path):
    arguments = ["--seed", "3", "--level", "core", "--steps", "4000", "--folder", str(tmp_path), "--shrink", "2"]
    failed = CliRunner().invoke(simulate, arguments)
    assert failed.exit_code == 1
    assert "seed 3," in failed.output
    assert '"crashes":' in failed.output
    assert "violated invariant 99 (one_at_most)" in failed.output
    path = tmp_path / "simulation-3.json"
    assert f"repeat it: omniroute simulate --replay {path}" in failed.output
    assert failed.output.splitlines()[-1].startswith("state hash: ")
    recording = decode_recording(path.read_bytes())
    assert (recording.options.seed, recording.level) == (3, "core")
    again = CliRunner().invoke(simulate, ["--replay", str(path)])
    assert again.exit_code == 1
    assert "violated invariant 99 (one_at_most)" in again.output


def test_kinds_of_violations():
    first = "invariant 18 (work_conserving): ann is free for waiting item 12"
    assert kind_of(first) == kind_of(first.replace("ann", "bob").replace("12", "7"))
    assert kind_of(first) != kind_of("invariant 9 (one_owner): item 3 names 'ann', held by 2")
    assert kind_of("32: a restart brought X") != kind_of("31: the state differs from a replay of what is durable")
