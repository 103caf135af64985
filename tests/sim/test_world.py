"""The simulated world: every promise is kept, the same seed gives the same hash, and a recording repeats a run.

How much runs here: see ``docs/reliability.md``. ``OMNIROUTE_LONG=20`` runs twenty times as many seeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from omniroute.core import events as e
from omniroute.sim.acts import ACTS
from omniroute.sim.bare import CoreWorld
from omniroute.sim.faults import FAULTS
from omniroute.sim.lives import EngineWorld
from omniroute.sim.options import drawn
from omniroute.sim.world import Outcome, World

LONG = int(os.environ.get("OMNIROUTE_LONG", "1"))
ENGINE_SEEDS, ENGINE_STEPS = 14 * LONG, 2_000
CORE_SEEDS, CORE_STEPS = 14 * LONG, 15_000
LEVELS: list[type[World]] = [EngineWorld, CoreWorld]


def kept(world: World) -> Outcome:
    outcome = world.run()
    assert outcome.violation == ""
    return outcome


@pytest.mark.parametrize("seed", range(ENGINE_SEEDS))
def test_the_engine_keeps_every_promise_under_faults(seed):
    outcome = kept(EngineWorld(drawn(seed, ENGINE_STEPS)))
    assert len(outcome.acts) == ENGINE_STEPS


@pytest.mark.parametrize("seed", range(1_000, 1_000 + CORE_SEEDS))
def test_the_core_keeps_every_promise(seed):
    kept(CoreWorld(drawn(seed, CORE_STEPS)))


HASH = """
from omniroute.sim.options import drawn
from omniroute.sim.lives import EngineWorld
from omniroute.sim.bare import CoreWorld
print([kind(drawn(seed, 400)).run().state_hash for kind in (EngineWorld, CoreWorld) for seed in (5, 6)])
"""


def test_the_same_seed_gives_the_same_hash_in_other_processes_with_other_hash_seeds():
    found = {
        subprocess.run(
            [sys.executable, "-c", HASH],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in (0, 1, 4711)
    }
    assert len(found) == 1
    assert len(set(found.pop().split(","))) == 4, "other seeds give other hashes"


@pytest.mark.parametrize("kind", LEVELS)
def test_a_recording_repeats_what_happened(kind):
    first = kept(kind(drawn(31, 600)))
    again = kept(kind(first.options, first.acts))
    twice = kept(kind(first.options, first.acts))
    assert again.acts == first.acts
    assert again.state_hash == twice.state_hash
    assert sum(again.events.values()) > 300


@pytest.mark.parametrize("kind", LEVELS)
def test_any_part_of_a_recording_can_be_run(kind):
    first = kept(kind(drawn(32, 400)))
    kept(kind(first.options, first.acts[::3]))
    kept(kind(first.options, []))


def test_runs_reach_every_act_every_fault_and_every_event():
    """Else the tests above would prove little."""
    kinds: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for seed in range(8):
        outcome = kept(EngineWorld(drawn(seed, 2_500)))
        kinds.update(outcome.kinds)
        tags.update(outcome.events)
    assert set(kinds) == {*ACTS, *FAULTS}
    every = {str(kind.__struct_config__.tag) for kind in e.AnyEvent.__args__}
    assert set(tags) == every - {"order.changed"}  # no kind of the simulated company has an order system yet
