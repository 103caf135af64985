"""The SQLite journal against its limits: a bare ``apsw`` loop, and a bare ``fdatasync``.

Machines are noisy, so both sides run in turns within one run, and the medians are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import apsw

from omniroute.journal.contract import Entry
from omniroute.journal.sqlite import SqliteJournal

IN_FLIGHT = 100
ROUNDS = 5
TURN = 20
DATA = b"\x92" + b"x" * 119
SYNC_BYTES = 300
THROUGHPUT_GOAL = 0.45
LATENCY_GOAL = 2.5


def bare_loop(folder: Path, events: int) -> float:
    """Events a second: the same rows by ``executemany``, a transaction for each hundred."""
    connection = apsw.Connection(str(folder / "bare.db"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS journal (partition TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL,"
        " at_ms INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (partition, seq)) STRICT, WITHOUT ROWID"
    )
    first = (connection.execute("SELECT max(seq) FROM journal").fetchone() or (0,))[0] or 0
    begun = time.perf_counter()
    for start in range(first + 1, first + events + 1, IN_FLIGHT):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?)",
            [("main", seq, 1, 1_700_000_000_000, DATA) for seq in range(start, start + IN_FLIGHT)],
        )
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return events / seconds


async def journal_throughput(journal: SqliteJournal, events: int) -> float:
    """Events a second with a hundred callers, each of which waits for its commit before it appends again."""
    seq = journal.last_seq()
    last = seq + events

    async def caller() -> None:
        nonlocal seq
        while seq < last:
            seq += 1
            await journal.append([Entry(seq, 1_700_000_000_000, DATA)])

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return events / (time.perf_counter() - begun)


def bare_sync(descriptor: int, times: int) -> list[float]:
    """Seconds of writing 300 bytes at the end of a file, and ``fdatasync``."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        os.write(descriptor, b"x" * SYNC_BYTES)
        os.fdatasync(descriptor)
        taken.append(time.perf_counter() - begun)
    return taken


async def journal_latency(journal: SqliteJournal, times: int) -> list[float]:
    """Seconds of one commit, with nobody else about."""
    taken = []
    for _ in range(times):
        entry = Entry(journal.last_seq() + 1, 1_700_000_000_000, DATA)
        begun = time.perf_counter()
        await journal.append([entry])
        taken.append(time.perf_counter() - begun)
    return taken


async def latencies(journal: SqliteJournal, folder: Path, commits: int) -> tuple[float, float]:
    """Median milliseconds of both sides, in turns of twenty."""
    bare: list[float] = []
    ours: list[float] = []
    descriptor = os.open(folder / "bare.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for _ in range(0, commits, TURN):
        bare += bare_sync(descriptor, TURN)
        ours += await journal_latency(journal, TURN)
    os.close(descriptor)
    return statistics.median(bare) * 1000, statistics.median(ours) * 1000


async def measure(folder: Path, events: int, commits: int) -> list[tuple[float, ...]]:
    """One row a round: bare events/s, ours, bare milliseconds, ours."""
    journal = SqliteJournal(folder / "journal.db")
    await journal.open("benchmark")
    await journal_throughput(journal, events)
    rows = [
        (
            bare_loop(folder, events),
            await journal_throughput(journal, events),
            *(await latencies(journal, folder, commits)),
        )
        for _ in range(ROUNDS)
    ]
    await journal.close()
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="journal", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="events a round and side")
    parser.add_argument("--commits", type=int, default=500, help="single commits a round and side")
    parser.add_argument("--folder", type=Path, default=None, help="where to write (a real disk, not tmpfs)")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="journal-", dir=options.folder) as folder:
        rows = asyncio.run(measure(Path(folder), options.events, options.commits))
    bare_rate, rate, bare_ms, ms = (statistics.median(column) for column in zip(*rows, strict=True))
    # The ratio of each round, not of the medians: the machine's mood is then the same on both sides.
    throughput = statistics.median(row[1] / row[0] for row in rows)
    latency = statistics.median(row[3] / row[2] for row in rows)
    print(f"{'what (medians of ' + str(ROUNDS) + ')':<42}{'limit':>12}{'journal':>12}{'ratio':>8}{'goal':>8}")
    print(
        f"{'events/s, 100 in flight; bare apsw loop':<42}{bare_rate:>12,.0f}{rate:>12,.0f}"
        f"{throughput:>8.2f}{'≥ ' + str(THROUGHPUT_GOAL):>8}"
    )
    print(
        f"{'commit p50 in ms, 1 in flight; fdatasync':<42}{bare_ms:>12.3f}{ms:>12.3f}"
        f"{latency:>8.2f}{'≤ ' + str(LATENCY_GOAL):>8}"
    )
    return 0 if throughput >= THROUGHPUT_GOAL and latency <= LATENCY_GOAL else 1
