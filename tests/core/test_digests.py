"""Hashes of the state: equal where the states are, recorded as they were, compared in the own encoding only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import msgspec
import pytest
from tests.core.world import World

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine, shapes
from omniroute.core.digests import contradicts, state_hash
from omniroute.core.model import Presence
from omniroute.core.state import ENCODING, MEANING, Records, State

WALK = "from tests.core.test_state_machine import _walk; from omniroute.core.digests import state_hash;"
WALK += "print(state_hash(_walk(7, 150).state))"


def busy() -> World:
    world = World()
    world.operator("ann")
    world.held()
    return world


def test_equal_states_have_equal_hashes_and_others_do_not() -> None:
    world = busy()
    assert state_hash(world.state) == state_hash(world.replayed())
    assert state_hash(world.state) == state_hash(State.decode(world.state.encode()))
    before = state_hash(world.state)
    assert before == hashlib.sha256(world.state.encode()).hexdigest()
    world.state.operators["ann"].rona_count += 1
    assert state_hash(world.state) != before


def test_a_hash_is_of_the_state_before_its_event_time_included() -> None:
    world = busy()
    before = state_hash(world.state)
    world.wait(5_000).do(c.RecordStateHash(digest=before))
    hashed = world.just(e.StateHashed)
    assert hashed == e.StateHashed(before, ENCODING)
    assert world.state.now_ms == world.now_ms
    again = State()
    for at_ms, event in world.log[:-1]:
        machine.apply(again, event, at_ms)
    assert not contradicts(again, hashed)
    machine.apply(again, hashed, world.log[-1][0])
    assert again.encode() == world.state.encode()
    assert contradicts(again, hashed), "logical time has gone on"


def test_it_changes_nothing_but_logical_time() -> None:
    world = busy()
    before = msgspec.msgpack.decode(world.state.encode())
    world.wait(5_000).do(c.RecordStateHash(digest="anything"))
    after = msgspec.msgpack.decode(world.state.encode())
    assert after[0] == before[0] + 5_000
    assert after[1:] == before[1:]


def test_a_hash_of_another_encoding_says_nothing() -> None:
    state = busy().state
    assert contradicts(state, e.StateHashed("0" * 64, ENCODING))
    assert not contradicts(state, e.StateHashed("0" * 64, "of an older version"))


def test_a_snapshot_form_names_its_encoding() -> None:
    data = busy().state.encode()
    assert State.is_own(data)
    records = msgspec.msgpack.decode(data)
    assert records[-1] == ENCODING
    assert not State.is_own(msgspec.msgpack.encode(records[:-1])), "before there were encodings"
    assert not State.is_own(msgspec.msgpack.encode([*records[:-1], f"{MEANING + 1}.{ENCODING.split('.')[1]}"]))


def test_the_hash_does_not_depend_on_the_process() -> None:
    found = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", WALK],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
    assert len(found.pop()) == 64


# ---- the shapes behind the name of an encoding
class Small(msgspec.Struct, array_like=True):
    number: int
    names: tuple[str, ...] = ()


class Grown(msgspec.Struct, array_like=True):
    number: int
    names: tuple[str, ...] = ()
    presence: Presence | None = None


class Renamed(msgspec.Struct, array_like=True):
    count: int
    names: tuple[str, ...] = ()


class Retyped(msgspec.Struct, array_like=True):
    number: int
    names: dict[str, int] = {}


def test_a_shape_is_fields_types_and_defaults() -> None:
    assert shapes.shape(Small) == "array(number: int, names: list(str) = [])"
    assert shapes.fields(Grown)[2] == "presence: enum(available, away, draining, offline) | none = null"
    kinds = (Small, Grown, Renamed, Retyped, list[Small], tuple[Small, int], dict[str, Small])
    assert len({shapes.fingerprint(kind) for kind in kinds}) == len(kinds)


def test_a_change_deep_in_the_records_is_another_encoding() -> None:
    assert f"{MEANING}.{shapes.fingerprint(Records)}" == ENCODING
    for part in ("rona_count: int = 0", "parked_until_ms: int = 0", "after_ms: int", "interaction: int = 0"):
        assert part in shapes.shape(Records)


def test_what_cannot_be_recorded_has_no_shape() -> None:
    with pytest.raises(TypeError, match="FloatType"):
        shapes.shape(float)
