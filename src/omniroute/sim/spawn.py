"""The Spawn port of the simulator: tasks on the virtual loop; what would run in a thread takes virtual time instead."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from anyio.abc import TaskGroup

THREAD_MS_MAX = 20


class VirtualSpawn:
    """`omniroute.engine.ports.Spawn` without threads."""

    def __init__(self, group: TaskGroup, chance: random.Random) -> None:
        self._group = group
        self._chance = chance

    def start(self, name: str, work: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        self._group.start_soon(work, *args, name=name)

    async def in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        await anyio.sleep(self._chance.randrange(THREAD_MS_MAX) / 1000)
        result = work(*args)
        await anyio.sleep(self._chance.randrange(THREAD_MS_MAX) / 1000)
        return result
