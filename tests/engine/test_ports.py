"""The clock of the daemon (small corrections at once, jumps once they are confirmed) and the clock of tests."""

from __future__ import annotations

import anyio
import pytest
from tests.engine.rig import turns

from omniroute.engine.ports import CONFIRM_MS, JUMP_MS, SystemClock
from omniroute.testing.clock import ManualClock

HOUR_MS = 3_600_000


class Times:
    """What the two clocks of the machine say."""

    def __init__(self) -> None:
        self.wall_ms, self.steady_ms = 1_000_000_000, 50

    def pass_ms(self, duration_ms: int) -> None:
        self.wall_ms += duration_ms
        self.steady_ms += duration_ms


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def clock(times: Times) -> SystemClock:
    return SystemClock(lambda: times.wall_ms, lambda: times.steady_ms)


@pytest.mark.parametrize("drift_ms", [-JUMP_MS, -1, 0, 1, JUMP_MS])
def test_small_corrections_are_followed_at_once(times, clock, drift_ms):
    times.wall_ms += drift_ms
    assert clock.now_ms() == times.wall_ms


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, JUMP_MS + 1, HOUR_MS])
def test_a_jump_is_believed_once_it_has_lasted(times, clock, jump_ms):
    before_ms = clock.now_ms()
    times.wall_ms += jump_ms
    assert clock.now_ms() == before_ms
    times.pass_ms(CONFIRM_MS - 1)
    assert clock.now_ms() == before_ms + CONFIRM_MS - 1
    times.pass_ms(1)
    assert clock.now_ms() == times.wall_ms


def test_a_jump_that_is_taken_back_is_forgotten(times, clock):
    before_ms = clock.now_ms()
    times.wall_ms += HOUR_MS
    clock.now_ms()
    times.wall_ms -= HOUR_MS
    times.pass_ms(CONFIRM_MS)
    assert clock.now_ms() == before_ms + CONFIRM_MS
    times.wall_ms += HOUR_MS
    assert clock.now_ms() == before_ms + CONFIRM_MS


def test_each_new_jump_has_to_last(times, clock):
    """A wall clock that shows now this, now that is never believed."""
    before_ms = clock.now_ms()
    times.wall_ms += HOUR_MS
    clock.now_ms()
    times.pass_ms(CONFIRM_MS - 1)
    times.wall_ms += 100 * HOUR_MS
    clock.now_ms()
    times.pass_ms(1)
    assert clock.now_ms() == before_ms + CONFIRM_MS


async def test_the_system_clock_never_returns_early():
    clock = SystemClock()
    due_ms = clock.now_ms() + 15
    await clock.sleep_until(due_ms)
    assert clock.now_ms() >= due_ms


async def test_sleepers_of_the_manual_clock_wake_at_their_time_and_in_order():
    clock, woken = ManualClock(0), []

    async def sleep(due_ms: int) -> None:
        await clock.sleep_until(due_ms)
        woken.append((due_ms, clock.now_ms()))

    async with anyio.create_task_group() as group:
        for due_ms in (30, 10, 20):
            group.start_soon(sleep, due_ms)
        await turns()
        assert clock.next_due_ms() == 10
        clock.advance(9)
        await turns()
        assert not woken
        clock.advance(1)
        await turns()
        assert woken == [(10, 10)]
        clock.set(100)
    assert woken == [(10, 10), (20, 100), (30, 100)]
    assert clock.next_due_ms() is None


async def test_a_cancelled_sleeper_no_longer_counts():
    clock = ManualClock(0)
    async with anyio.create_task_group() as group:
        group.start_soon(clock.sleep_until, 10)
        await turns()
        group.cancel_scope.cancel()
    assert clock.next_due_ms() is None


async def test_a_moment_that_has_come_is_not_waited_for():
    await ManualClock(5).sleep_until(5)
