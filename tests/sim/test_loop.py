"""The virtual loop: time that passes at once, an order that follows from the seed, and no waiting for ever."""

from __future__ import annotations

import time

import anyio
import pytest

from omniroute.sim.loop import Deadlock, VirtualLoop, run


def test_a_day_passes_at_once():
    began_s = time.monotonic()

    async def sleep() -> float:
        await anyio.sleep(86_400)
        return anyio.current_time()

    assert run(sleep, 1) == pytest.approx(86_400)
    assert time.monotonic() - began_s < 5


def test_timers_come_in_the_order_of_their_times():
    order: list[int] = []

    async def nap(seconds: int) -> None:
        await anyio.sleep(seconds)
        order.append(seconds)

    async def together() -> None:
        async with anyio.create_task_group() as group:
            for seconds in (30, 10, 20, 86_400):
                group.start_soon(nap, seconds)

    run(together, 1)
    assert order == [10, 20, 30, 86_400]


def test_limits_of_time_work():
    async def wait() -> bool:
        with anyio.move_on_after(5) as scope:
            await anyio.sleep(3_600)
        return scope.cancelled_caught

    assert run(wait, 1)


def _order(seed: int) -> list[int]:
    order: list[int] = []

    async def turn(number: int) -> None:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
            order.append(number)

    async def together() -> None:
        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(turn, number)

    run(together, seed)
    return order


def test_what_is_ready_at_once_goes_on_in_an_order_that_follows_from_the_seed():
    orders = [_order(seed) for seed in range(20)]
    assert orders == [_order(seed) for seed in range(20)]
    assert len({tuple(order) for order in orders}) > 10


def test_waiting_for_ever_is_an_error():
    async def wait() -> None:
        await anyio.Event().wait()

    with pytest.raises(Deadlock):
        run(wait, 1)


def test_time_in_whole_milliseconds_never_lags_behind():
    loop = VirtualLoop(1)
    try:
        for ms in (1, 7, 999, 86_400_001):
            loop._pass(ms / 1000)
        assert loop.steady_ms() == 1 + 7 + 999 + 86_400_001
    finally:
        loop.close()
