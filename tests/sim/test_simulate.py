"""The command: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from omniroute.cli.simulate import simulate
from omniroute.errors import InvalidInput


def run(*arguments: object) -> Result:
    return CliRunner().invoke(simulate, [str(one) for one in arguments])


def test_a_run_ends_with_the_hash_of_its_state():
    first, again = run("--seed", 8, "--steps", 200), run("--seed", 8, "--steps", 200)
    assert first.exit_code == 0
    assert "violated nothing" in first.output
    assert "faults " in first.output
    last = first.output.splitlines()[-1]
    assert last.removeprefix("state hash: ").isalnum()
    assert len(last) == len("state hash: ") + 64
    assert last == again.output.splitlines()[-1]
    assert last != run("--seed", 9, "--steps", 200).output.splitlines()[-1]


def test_several_seeds_are_a_line_each():
    several = run("--seed", 8, "--seeds", 3, "--steps", 100, "--level", "core").output.splitlines()
    assert [line.split(":")[0] for line in several] == ["seed 8", "seed 9", "seed 10", "state hash"]


def test_a_seed_is_drawn_and_told():
    assert run("--steps", 20, "--level", "core").output.startswith("seed ")


HOSTILE = [
    ('{"seed": 1}', '[[5, "xyz", "ann"]]', "no act 'xyz'"),
    ('{"seed": 1}', '[[-5, "write", "mail-1"]]', "acts[0]"),
    ('{"seed": 1}', '[[5, "write", "nobody"]]', "no customer"),
    ('{"seed": 1}', '[[5, "refuse", "moon", 9]]', "no channel 'moon'"),
    ('{"seed": 1, "full_every": 0}', "[]", "full_every"),
    ('{"seed": 1, "operators": 0}', "[]", "operators"),
    ('{"seed": 1, "arrivals": -1}', "[]", "arrivals"),
    ('{"seed": 1, "declines_percent": 101}', "[]", "declines_percent"),
]


@pytest.mark.parametrize(("options", "acts", "named"), HOSTILE)
def test_a_recording_that_no_world_can_do_is_refused_by_name(tmp_path: Path, options: str, acts: str, named: str):
    path = tmp_path / "edited.json"
    path.write_text(f'{{"options": {options}, "level": "core", "acts": {acts}}}', encoding="utf-8")
    refused = run("--replay", path).exception
    assert isinstance(refused, InvalidInput)
    assert named in f"{refused} {refused.path}"


def test_what_is_no_recording_is_refused(tmp_path: Path):
    path = tmp_path / "none.json"
    assert isinstance(run("--replay", path).exception, InvalidInput)
    path.write_bytes(b"{}")
    assert "no recording" in str(run("--replay", path).exception)
    path.write_bytes(b'{"options": {"seed": 1}, "acts": [], "level": "moon"}')
    assert "moon" in str(run("--replay", path).exception)
    path.write_bytes(b'{"options": {"seed": 1, "speed": 9}, "acts": [], "level": "core"}')
    assert "speed" in str(run("--replay", path).exception)
