"""Recorded journals replay for ever: to the pinned states, in any process, from anywhere; shapes change on purpose only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import msgspec
import pytest
from tests.histories import pins, record
from tests.histories.day import whole_day
from tests.histories.history import FOLDER, History, hash_of, names, path_of, read, replay, write

from omniroute.core import state as states
from omniroute.core.digests import state_hash
from omniroute.core.events import Event
from omniroute.core.state import ENCODING
from omniroute.errors import JournalCorrupt
from omniroute.journal import upcasts
from omniroute.journal.codec import EVENT_TYPES, decode_event, encode_event
from omniroute.journal.contract import Entry

PINS = pins.load()
NAMES = names()


def tag_of(entry: Entry) -> str:
    tag: str = msgspec.msgpack.decode(entry.data)[0]
    return tag


# ---- the recorded histories
def test_the_recorded_files_are_those_that_were_pinned():
    assert sorted(PINS.histories) == NAMES
    assert {name: pin.file for name, pin in PINS.histories.items()} == {name: pins.file_digest(name) for name in NAMES}
    assert all(path_of(name).stat().st_size < 100_000 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_a_history_replays_to_its_pinned_state(name):
    assert len(read(name).entries) == PINS.histories[name].entries
    assert await hash_of(name) == PINS.histories[name].state, (
        "the same events make another state than they did. If that is meant, see docs/decisions/0011, then raise MEANING "
        "in core/state.py and run: python -m tests.histories.record --repin"
    )


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_states_do_not_depend_on_the_process(seed):
    done = subprocess.run(
        [sys.executable, "-m", "tests.histories.replay"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(line.split() for line in done.stdout.splitlines()) == {
        n: pin.state for n, pin in PINS.histories.items()
    }


@pytest.mark.parametrize("name", NAMES)
async def test_a_snapshot_anywhere_and_the_tail_are_the_full_replay(name):
    entries = read(name).entries
    whole = (await replay(entries)).encode()
    for part in (0.25, 0.5, 0.9):
        assert (await replay(entries, int(len(entries) * part))).encode() == whole


def test_every_type_of_event_occurs_in_the_histories():
    seen = {decode_event(entry.data).__struct_config__.tag for name in NAMES for entry in read(name).entries}
    assert seen == set(EVENT_TYPES)


# ---- the guards
def test_the_shapes_of_events_are_those_that_were_pinned():
    found = pins.changes(PINS.shapes, pins.shapes_of())
    assert not found, pins.advice(found)


def test_the_encoding_of_states_is_the_pinned_one():
    assert PINS.encoding == ENCODING, (
        "what a state is made of has changed: hashes and snapshots of earlier versions are not compared and not used by "
        "this one. See docs/decisions/0011; if it is meant: python -m tests.histories.record --repin"
    )


class Made(Event, tag="tea.made", frozen=True, gc=False):
    pot_id: int
    kind: str = "black"


class Milked(Event, tag="tea.made", frozen=True, gc=False):
    pot_id: int
    kind: str = "black"
    milk: bool = False


class Sized(Event, tag="tea.made", frozen=True, gc=False):
    pot_id: int
    cups: int
    kind: str = "black"


class Sugared(Event, tag="tea.made", frozen=True, gc=False):
    pot_id: int
    kind: str = "black"
    sugar: tuple[int, ...] | None = None


def shape(kind: type[Event]) -> dict[str, list[str]]:
    return pins.shapes_of({"tea.made": kind})


@pytest.mark.parametrize(
    ("now", "what", "safe"),
    [
        (shape(Milked), "new fields with defaults at its end: milk: bool = false", True),
        (shape(Sugared), "sugar: list(int) | none = null", True),
        (shape(Sized), "another shape", False),
        ({}, "is gone", False),
        (shape(Made) | {"tea.drunk": ["cup_id: int"]}, "is new", True),
    ],
)
def test_a_changed_shape_is_named_with_what_to_do(now, what, safe):
    (change,) = pins.changes(shape(Made), now)
    assert (what in change.what, change.safe) == (True, safe)
    assert ("upcasts.py" in pins.advice([change])) is not safe
    assert "python -m tests.histories.record NAME" in pins.advice([change])


def test_fields_that_were_taken_away_are_a_change_that_needs_lifting():
    (change,) = pins.changes(shape(Milked), shape(Made))
    assert not change.safe


# ---- recording and pinning
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The histories, to be played with."""
    for name in NAMES:
        history = read(name)
        write(name, history.release, [(entry.at_ms, entry.data) for entry in history.entries], tmp_path)
    pins.save(PINS, tmp_path)
    return tmp_path


def test_a_file_is_the_same_whenever_it_is_written(folder):
    assert {name: pins.file_digest(name, folder) for name in NAMES} == {
        n: pin.file for n, pin in PINS.histories.items()
    }


def test_a_recorded_history_is_never_written_again(folder):
    with pytest.raises(FileExistsError):
        write(NAMES[0], "9.9.9", [], folder)


def test_another_state_is_not_pinned_under_the_same_name(folder):
    wrong = pins.load(folder)
    wrong.histories[NAMES[0]].state = "0" * 64
    pins.save(wrong, folder)
    with pytest.raises(SystemExit, match="raise MEANING"):
        record.repin(folder)
    assert pins.load(folder) == wrong


def test_another_state_is_pinned_once_the_encoding_has_another_name(folder, monkeypatch):
    old = pins.load(folder)
    old.encoding, old.histories[NAMES[0]].state = "0.older", "0" * 64
    pins.save(old, folder)
    with pytest.raises(SystemExit, match="--repin"):
        record.record("later", folder)
    record.repin(folder)
    assert pins.load(folder) == PINS


def test_a_changed_file_is_not_pinned(folder):
    path_of(NAMES[0], folder).unlink()
    write(NAMES[0], "0.1.0", [(entry.at_ms, entry.data) for entry in read(NAMES[0]).entries[:-1]], folder)
    for step in (lambda: record.repin(folder), lambda: record.record("later", folder)):
        with pytest.raises(SystemExit, match="not the file that was recorded"):
            step()


def test_recording_adds_a_history_and_pins_the_present_shapes(folder, monkeypatch):
    monkeypatch.setattr(record, "WALK_STEPS", 60)
    old = pins.load(folder)
    del old.shapes["state.hashed"]
    pins.save(old, folder)
    record.record("later", folder)
    now = pins.load(folder)
    assert set(now.histories) == {*NAMES, "later-day", "later-walk"}
    assert now.shapes == PINS.shapes
    assert anyio.run(hash_of, "later-day", folder) == now.histories["later-day"].state
    assert {tag_of(entry) for entry in read("later-day", folder).entries} == set(EVENT_TYPES)


# ---- upcasting, from end to end
def older(history: History) -> list[Entry]:
    """The history as a release would have written it that called offers proposals, and ended them in seconds."""
    return [Entry(entry.seq, entry.at_ms, older_event(entry.data)) for entry in history.entries]


def older_event(data: bytes) -> bytes:
    raw = msgspec.msgpack.decode(data)
    if raw[0] != "offer.made":
        return data
    offer_id, item_id, matter_id, operator_id, cost_units, at_ms, deadline_ms, decision = raw[1:]
    length_s = (deadline_ms - at_ms) / 1_000
    return msgspec.msgpack.encode(
        ["offer.proposed", offer_id, operator_id, item_id, matter_id, decision, cost_units, at_ms, length_s]
    )


def renamed(raw: upcasts.Raw) -> upcasts.Raw:
    return ["offer.made", *raw[1:]]


def reordered(raw: upcasts.Raw) -> upcasts.Raw:
    """Present shapes under this tag stay as they are."""
    if len(raw) != 9 or isinstance(raw[2], int):
        return raw
    tag, offer_id, operator_id, item_id, matter_id, decision, cost_units, at_ms, length_s = raw
    return [
        tag,
        offer_id,
        item_id,
        matter_id,
        operator_id,
        cost_units,
        at_ms,
        at_ms + round(length_s * 1_000),
        decision,
    ]


@pytest.mark.parametrize("name", NAMES)
async def test_an_old_shape_is_lifted_to_the_same_state(name, monkeypatch):
    """Hashes that were recorded meanwhile are compared on the way."""
    entries = older(read(name))
    assert "offer.proposed" in {tag_of(entry) for entry in entries}
    with pytest.raises(JournalCorrupt, match="newer version"):
        await replay(entries)
    monkeypatch.setitem(upcasts.UPCASTS, "offer.proposed", [renamed])
    monkeypatch.setitem(upcasts.UPCASTS, "offer.made", [reordered])
    state = await replay(entries)
    assert state_hash(state) == PINS.histories[name].state
    assert (await replay(entries, len(entries) // 2)).encode() == state.encode()
    mixed = entries[: len(entries) // 2] + read(name).entries[len(entries) // 2 :]
    assert (await replay(mixed)).encode() == state.encode(), "an upgrade in the middle of the record"


async def test_a_wrong_upcast_is_found_by_the_hashes_in_the_record(monkeypatch):
    day = whole_day()  # of the present encoding: hashes of another one are not compared
    entries = [Entry(seq, at_ms, encode_event(event)) for seq, (at_ms, event) in enumerate(day.log, 1)]
    monkeypatch.setitem(upcasts.UPCASTS, "conversation.opened", [lambda raw: [*raw[:8], raw[8] + 1, *raw[9:]]])
    with pytest.raises(JournalCorrupt, match="recorded another state"):
        await replay(entries)


async def test_hashes_of_another_encoding_are_not_compared(monkeypatch):
    """A later version whose appliers do otherwise reads the record of this one."""
    name = next(name for name in NAMES if name.endswith("-day"))
    entries = read(name).entries
    assert "state.hashed" in {tag_of(entry) for entry in entries}
    monkeypatch.setitem(upcasts.UPCASTS, "conversation.opened", [lambda raw: [*raw[:8], raw[8] + 1, *raw[9:]]])
    for module in (states, sys.modules["omniroute.core.digests"]):
        monkeypatch.setattr(module, "ENCODING", "9.later")
    assert (await replay(entries)).counters.offer > 0
