"""``omniroute sla``: business time by a calendar of the configuration, or of each line of a file, without a daemon."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from omniroute import config
from omniroute.cli import batch, instants
from omniroute.config.business import YEARS_MAX, BusinessTime, Part, Reason
from omniroute.config.hours import opening_hours
from omniroute.config.lengths import length_ms
from omniroute.core.calendars import merged
from omniroute.errors import InvalidInput, NotFound

_CALENDAR = click.option("--calendar", required=True, metavar="NAME", help="A calendar of the configuration.")
_CONFIG = click.option(
    "--config", "path", type=click.Path(path_type=Path), default=Path("omniroute.toml"), show_default=True
)
_PAUSE = click.option("--pause", "pauses", multiple=True, metavar="FROM/TO", help="Does not count; may be repeated.")
_EXPLAIN = click.option("--explain", is_flag=True, help="Say also which parts were counted, and why not.")


@click.group()
def sla() -> None:
    """Calculate with business time; instants are like 2026-11-28T23:00Z."""


@sla.command()
@_CALENDAR
@_CONFIG
@click.option("--start", required=True, help="When the time begins to run.")
@click.option("--duration", required=True, help="How much of it there is, like 90m or 4h.")
@_PAUSE
@_EXPLAIN
def due(calendar: str, path: Path, start: str, duration: str, pauses: tuple[str, ...], *, explain: bool) -> None:
    """Print the deadline: when so much business time has passed."""
    known, paused = _business(path, calendar), _paused(pauses)
    start_ms = instants.read(start, "--start")
    due_ms = known.due_ms(start_ms, length_ms(duration, "--duration"), paused)
    _print(instants.written(due_ms), known.explained(start_ms, due_ms, paused) if explain else ())


@sla.command()
@_CALENDAR
@_CONFIG
@click.option("--start", required=True, help="From when.")
@click.option("--end", required=True, help="Until when.")
@_PAUSE
@_EXPLAIN
def elapsed(calendar: str, path: Path, start: str, end: str, pauses: tuple[str, ...], *, explain: bool) -> None:
    """Print the business time between two instants, in seconds."""
    known, paused = _business(path, calendar), _paused(pauses)
    start_ms, end_ms = instants.read(start, "--start"), instants.read(end, "--end")
    counted_ms = known.elapsed_ms(start_ms, end_ms, paused)
    _print(str(instants.seconds(counted_ms)), known.explained(start_ms, end_ms, paused) if explain else ())


@sla.command("open")
@_CALENDAR
@_CONFIG
@click.option("--at", default="", help="The instant; else now.")
def is_open(calendar: str, path: Path, at: str) -> None:
    """Say whether it is open, and until when."""
    known = _business(path, calendar)
    at_ms = instants.read(at, "--at") if at else time.time_ns() // 1_000_000
    open_now = known.is_open(at_ms)
    until_ms = known.next_close_ms(at_ms) if open_now else known.next_open_ms(at_ms)
    until = f"for {YEARS_MAX} years at least" if until_ms is None else f"until {instants.written(until_ms)}"
    click.echo(f"{'open' if open_now else 'closed'} {until}")


@sla.command("batch")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def lines(file: Path) -> None:
    """Answer each JSON line of FILE (- for standard input) with one; the exit code is 1 if one was wrong."""
    with ExitStack() as closing:
        source: BinaryIO = sys.stdin.buffer
        if str(file) != "-":
            try:
                source = closing.enter_context(file.open("rb"))
            except OSError as failure:
                raise InvalidInput(f"{file} cannot be read: {failure.strerror}") from failure
        wrong = batch.run(source, sys.stdout)
    sys.exit(1 if wrong else 0)


def _business(path: Path, name: str) -> BusinessTime:
    found = config.read(path).calendars
    if name not in found:
        raise NotFound(f"the configuration has no calendar {name!r}; it has {', '.join(sorted(found)) or 'none'}")
    return BusinessTime(opening_hours(found[name], f"calendars.{name}"))


def _paused(texts: Iterable[str]) -> list[tuple[int, int]]:
    return merged(_pause(text) for text in texts)


def _pause(text: str) -> tuple[int, int]:
    from_text, slash, to_text = text.partition("/")
    if not slash:
        raise InvalidInput("--pause is written FROM/TO, like 2026-11-27T09:00Z/2026-11-28T09:00Z")
    return instants.span(from_text, to_text, "--pause")


def _print(answer: str, parts: Iterable[Part]) -> None:
    click.echo(answer)
    for part in parts:
        counted = "counted    " if part.reason is Reason.OPEN else "not counted"
        why = f"{part.reason}: {part.name}" if part.name else part.reason
        click.echo(f"{instants.written(part.from_ms)}  {instants.written(part.to_ms)}  {counted}  {why}")
