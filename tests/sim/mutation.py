"""The test of the tests: plant a bug, simulate, and see whether a promise is found broken.

    python -m tests.sim.mutation [NAME …] [--seeds K] [--steps M] [--write-table]

Each bug of ``tests/sim/mutants.py`` gets a process of its own, which loads omniroute through an import hook: the text of
one module is changed on its way to the compiler, no file is touched and no byte code is kept. Then seeds are simulated one
after the other until a violation is found. Ends with 1 where a bug survives.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from tests.sim.mutants import MUTANTS, SEEDS, Mutant

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "omniroute"
STEPS = 600
PATIENCE_S = 60
"""A bug that makes the engine run in circles is ended after so long; that does not count as found."""
PAGE = ROOT / "docs" / "reliability.md"
TABLE = re.compile(r"(<!-- planted:begin -->\n).*?(<!-- planted:end -->)", re.DOTALL)


class StalePatch(Exception):
    """The text that a mutant replaces is not in its file exactly once: adapt the mutant."""


class Found(NamedTuple):
    """How a mutant ended. ``violation`` is empty where it survived; ``commands`` were decided in the last run."""

    name: str
    violation: str
    seeds: int
    commands: int

    @property
    def by(self) -> str:
        """The promise that caught it, in short."""
        return promise(self.violation)


def named(name: str) -> Mutant:
    """The mutant of that name; raises `KeyError`."""
    return {one.name: one for one in MUTANTS}[name]


def mutated(mutant: Mutant) -> str:
    """The text of its module with the bug in it. Raises `StalePatch`."""
    text = (PACKAGE / mutant.file).read_text(encoding="utf-8")
    found = text.count(mutant.old)
    if found != 1:
        raise StalePatch(f"mutant {mutant.name}: its old text is {found} times in {mutant.file}, not once")
    return text.replace(mutant.old, mutant.new)


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles another text than that of the file, and keeps nothing of it."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


class Planter(importlib.abc.MetaPathFinder):
    """Finds one module, before anybody else does."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = "omniroute." + mutant.file.removesuffix(".py").replace("/", ".")
        self._path = str(PACKAGE / mutant.file)
        self._text = mutated(mutant)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Loader(fullname, self._path, self._text)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


def promise(violation: str) -> str:
    """The number of the promise at the beginning of a violation, or the first words."""
    first = violation.split("\n", 1)[0]
    match = re.match(r"(?:invariant )?([0-9][0-9, -]*|links|stages|closings)(?: \((\w+)\))?:", first)
    if match:
        return match[1]
    for words in _WORDS:
        if words in first:
            return words
    return first[:60]


_WORDS = ("the engine logged command_failed", "the engine ended by a bug", "the engine ended by itself", "deadlock")


def simulate(mutant: Mutant | None, seeds: int, steps: int) -> Found:
    """In a child process: plant the bug, and run seeds until a violation is found."""
    if mutant is not None:
        if any(name.startswith("omniroute") for name in sys.modules):
            raise AssertionError("omniroute is loaded already: the bug would not be in it")
        sys.meta_path.insert(0, Planter(mutant))
    from omniroute.sim.lives import EngineWorld
    from omniroute.sim.options import drawn

    name = mutant.name if mutant else ""
    for seed in range(1, seeds + 1):
        outcome = EngineWorld(drawn(seed, steps)).run()
        if outcome.violation:
            return Found(name, outcome.violation, seed, outcome.commands)
    return Found(name, "", seeds, 0)


def in_child(name: str, seeds: int = 0, steps: int = STEPS) -> Found:
    """Simulate a mutant (or, by the empty name, the code as it is) in a process of its own; 0: as many as it has."""
    seeds = seeds or (named(name).seeds if name else SEEDS)
    command = [sys.executable, "-m", "tests.sim.mutation", "--child", name or "-"]
    command += ["--seeds", str(seeds), "--steps", str(steps)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return Found(name, "", 0, 0)
    if done.returncode:
        raise RuntimeError(f"mutant {name} could not be simulated:\n{done.stderr[-4000:]}")
    return Found(*json.loads(done.stdout))


def table(found: Sequence[Found]) -> str:
    """For the documentation."""
    lines = ["| bug | what is broken, and who suffers | invariant | found by | seeds |", "|---|---|---|---|---|"]
    for one in found:
        mutant = named(one.name)
        place = mutant.file.removesuffix(".py")
        lines.append(f"| `{one.name}` | `{place}`: {mutant.harm} | {mutant.breaks} | {one.by} | {one.seeds} |")
    return "\n".join(lines) + "\n"


def _say(one: Found) -> None:
    how = (
        f"{one.seeds:2} seeds, {one.commands:5} commands: {one.violation[:150].splitlines()[0]}"
        if one.violation
        else "SURVIVES"
    )
    print(f"{one.name:34} {named(one.name).breaks:10} {how}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.mutation")
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants; all of them where none is named")
    parser.add_argument("--seeds", type=int, default=0, help="instead of those that each has")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--write-table", action="store_true", help=f"write {PAGE.relative_to(ROOT)} anew")
    parser.add_argument("--child", metavar="NAME", help=argparse.SUPPRESS)
    given: Any = parser.parse_args(arguments)
    if given.child:
        mutant = None if given.child == "-" else named(given.child)
        print(json.dumps(simulate(mutant, given.seeds, given.steps)))
        return 0
    names = given.names or [one.name for one in MUTANTS]
    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for one in pool.map(lambda name: in_child(name, given.seeds, given.steps), names):
            _say(one)
            found.append(one)
    if given.write_table:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(TABLE.sub(lambda place: place[1] + table(found) + place[2], page), encoding="utf-8")
    survivors = [one.name for one in found if not one.violation]
    print(f"{len(found) - len(survivors)} of {len(found)} found" + (f"; survived: {survivors}" if survivors else ""))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
