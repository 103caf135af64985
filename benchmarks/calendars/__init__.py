"""Business time: random questions about a year in 20 zones against brute force, and how many lines a second.

The sums must be right in every case. The speed stands beside that of reading the same lines as JSON and writing an
answer of the same form, the least that any program must do.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from statistics import median

import msgspec

from benchmarks.calendars import oracle
from omniroute.cli import batch

ROUNDS = 5


def main(argv: list[str]) -> int:
    """Print both; 1 if a sum was wrong."""
    parser = argparse.ArgumentParser("calendars", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="questions for each zone")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--lines", type=int, default=20_000, help="lines of a turn")
    options = parser.parse_args(argv)
    wrong = sum(_wrong(zone, options.seed, options.cases) for zone in oracle.ZONES)
    print(f"{len(oracle.ZONES)} zones, {len(oracle.ZONES) * options.cases} cases, {wrong} wrong")
    for name, apart in (("calendars that come again", 0), ("every line with its own", 1)):
        ours, limit = _speeds(_lines(options.lines, apart=apart))
        print(f"{name}: {ours:,.0f} lines/s, JSON alone {limit:,.0f}, ratio {ours / limit:.3f}")
    return min(wrong, 1)


def _wrong(zone: str, seed: int, cases: int) -> int:
    wrong = 0
    for question in oracle.questions(zone, seed, cases):
        (answer,) = _answers([json.dumps(question).encode()])
        if answer != oracle.answer(question):
            wrong += 1
            print(f"wrong: {json.dumps(question)}: {answer} for {oracle.answer(question)}")
    oracle.forget()
    return wrong


def _answers(lines: list[bytes]) -> list[object]:
    out = io.StringIO()
    batch.run(lines, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def _lines(number: int, *, apart: int) -> list[bytes]:
    """The questions of all zones; each calendar of its own, if wanted, by a holiday long ago."""
    found: list[bytes] = []
    for place in range(number):
        if place % 1000 == 0:
            zone = list(oracle.ZONES)[place // 1000 % len(oracle.ZONES)]
            source = oracle.questions(zone, place, 1000)
        question = next(source)
        if apart:
            past = f"{1000 + place // 336:04}-{place // 28 % 12 + 1:02}-{place % 28 + 1:02}"
            question["calendar"] = {**question["calendar"], "holidays": [*question["calendar"]["holidays"], past]}
        found.append(json.dumps(question).encode())
    return found


def _speeds(lines: list[bytes]) -> tuple[float, float]:
    """Lines a second of ours and of the limit, in turns; medians."""
    ours, limit = [], []
    for _ in range(ROUNDS):
        batch._compiled.cache_clear()
        ours.append(_rate(lambda: batch.run(lines, io.StringIO()), len(lines)))
        limit.append(_rate(lambda: _json_alone(lines), len(lines)))
    return median(ours), median(limit)


def _rate(work: Callable[[], object], number: int) -> float:
    begun = time.perf_counter()
    work()
    return number / (time.perf_counter() - begun)


def _json_alone(lines: list[bytes]) -> None:
    out = io.StringIO()
    for line in lines:
        question = msgspec.json.decode(line)
        out.write(msgspec.json.encode({"id": question["id"], "due": question["start"]}).decode())
        out.write("\n")
