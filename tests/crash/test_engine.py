"""The whole engine on a disk that forgets: whatever moment the power is cut at, the next life keeps every promise."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.crash.campaign import fresh
from tests.crash.canonical import Lost
from tests.crash.day import Promises, doomed_life, last_life, one_thread
from tests.crash.disk import Disk, Fault, Kind, Op
from tests.crash.test_campaign import normal_sync, trusted_log, unsynced_blobs

from omniroute.errors import OmniRouteError
from omniroute.testing.clock import ManualClock

DAYS = int(os.environ.get("OMNIROUTE_DAYS", "60"))
"""Days with two power cuts each, and half as many with a failed sync; more in the long run."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with one_thread(), structlog.testing.capture_logs():
        yield


async def a_day(folder: Path) -> list[Op]:
    """The operations of a day without faults."""
    disk, promises = Disk(fresh(folder)), Promises()
    await doomed_life(disk, promises, 1, ManualClock())
    await last_life(folder, promises, ManualClock())
    assert len(promises.acknowledged) == 15
    assert len(promises.replied) >= 9
    return disk.done


async def two_cuts(folder: Path, operations: int, seed: int) -> Promises:
    """A day that ends with a power cut, another that does, and the judgement."""
    chance, promises, clock = random.Random(seed), Promises(), ManualClock()
    fresh(folder)
    for life in (1, 2):
        disk = Disk(folder, Fault(Kind.CUT, chance.randint(1, operations), seed))
        await doomed_life(disk, promises, life, clock)
        disk.cut()
    await last_life(folder, promises, clock)
    return promises


async def a_failed_sync(folder: Path, operations: list[Op], seed: int) -> None:
    """A sync fails and ends the engine; the next one runs on the same system, until the power is cut."""
    chance, promises, clock = random.Random(seed), Promises(disk_failed=True), ManualClock()
    syncs = [number for number, op in enumerate(operations, 1) if op is Op.SYNC]
    disk = Disk(fresh(folder), Fault(Kind.ERROR, chance.choice(syncs), seed))
    await doomed_life(disk, promises, 1, clock)
    disk.strike(Fault(Kind.CUT, disk.number + chance.randint(1, len(operations)), seed))
    await doomed_life(disk, promises, 2, clock)
    disk.cut()
    await last_life(folder, promises, clock)


async def many_cuts(folder: Path, operations: int) -> tuple[int, int]:
    """How many inputs and replies were acknowledged."""
    inputs = replies = 0
    for seed in range(DAYS):
        promises = await two_cuts(folder, operations, seed)
        inputs, replies = inputs + len(promises.acknowledged), replies + len(promises.replied)
    return inputs, replies


async def many_failed_syncs(folder: Path, operations: list[Op]) -> None:
    for seed in range(DAYS // 2):
        await a_failed_sync(folder, operations, seed)


async def test_a_day_is_the_same_every_time(tmp_path: Path):
    assert await a_day(tmp_path / "disk") == await a_day(tmp_path / "disk")


async def test_what_was_acknowledged_is_kept_over_power_cuts(tmp_path: Path):
    operations = len(await a_day(tmp_path / "disk"))
    inputs, replies = await many_cuts(tmp_path / "disk", operations)
    assert inputs > 10 * DAYS
    assert replies > 5 * DAYS


async def test_what_was_acknowledged_after_a_failed_sync_is_kept(tmp_path: Path):
    operations = await a_day(tmp_path / "disk")
    await many_failed_syncs(tmp_path / "disk", operations)


def losses(failed: BaseException) -> list[str]:
    """What the judge or the journal itself had to say, wherever in the engine's task groups it was raised."""
    if isinstance(failed, BaseExceptionGroup):
        return [loss for one in failed.exceptions for loss in losses(one)]
    assert isinstance(failed, Lost | OmniRouteError), repr(failed)
    return [str(failed)]


@pytest.mark.parametrize("weakness", [normal_sync, unsynced_blobs])
async def test_an_engine_on_a_weaker_journal_is_found_out(tmp_path: Path, weakness):
    with weakness():
        operations = len(await a_day(tmp_path / "disk"))
        with pytest.raises((Lost, OmniRouteError, ExceptionGroup)) as found:
            await many_cuts(tmp_path / "disk", operations)
    assert losses(found.value)


async def test_an_engine_that_trusts_its_log_is_found_out(tmp_path: Path):
    with trusted_log():
        operations = await a_day(tmp_path / "disk")
        with pytest.raises((Lost, OmniRouteError, ExceptionGroup)) as found:
            await many_failed_syncs(tmp_path / "disk", operations)
    assert losses(found.value)
