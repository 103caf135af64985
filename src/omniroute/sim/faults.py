"""What goes wrong: the process dies, the disk fails, clocks jump, providers and plugins break.

What lives here: `FAULTS`, an act for each kind of fault, and `Trouble`, which decides when they come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from omniroute.engine import recovery
from omniroute.engine.ports import Disk
from omniroute.errors import JournalError
from omniroute.sim.options import Act

if TYPE_CHECKING:
    from omniroute.sim.lives import EngineWorld
    from omniroute.sim.world import World

HOUR_S = 3_600
OUTAGES_MS = (200, 1_000, 5_000, 20_000, 60_000, 400_000, 3_600_000, 3 * 24 * 3_600_000)
"""How long the engine is down; the longest are rare."""
GLITCH_MS = 4_000
GLITCHES_MS = (60_000, 4_000_000)
JUMPS_MS = (-90_000, -3_000, 4_000, 20_000, 100_000, 300_000)


def crash(world: EngineWorld, act: Act) -> None:
    """The process dies at once; it is started again after ``a`` ms."""
    if world.engine is not None:
        world.storage.crash()
        world.end_life(act.a, crashed=True)


def stop(world: EngineWorld, act: Act) -> None:
    """Somebody stops the daemon in good order, and starts it after ``a`` ms."""
    if world.engine is not None:
        world.end_life(act.a, crashed=False)


def full(world: EngineWorld, act: Act) -> None:
    """The disk is full for ``a`` ms: at once, or after ``b`` more appends."""
    world.storage.fill(act.b)
    world.after(act.a, world.storage.free)


def slow(world: EngineWorld, act: Act) -> None:
    """The disk is slow for ``a`` ms."""
    world.storage.slow = True
    world.after(act.a, world.storage.hurry)


def sync_error(world: EngineWorld, _: Act) -> None:
    """The next sync fails: the process ends, and nobody knows what is on the disk."""
    if world.engine is not None:
        world.storage.sync_error = True


def jump(world: EngineWorld, act: Act) -> None:
    """The wall clock is set by ``a`` ms."""
    world.set_clock(act.a)


def glitch(world: EngineWorld, act: Act) -> None:
    """A time server gives a wrong answer (by ``a`` ms), which is taken back soon: nothing may come of it."""
    if world.engine is not None and not world.glitch_ms:
        world.glitch_ms = act.a
        world.after(GLITCH_MS, world.correct_clock)


def refuse(world: EngineWorld, act: Act) -> None:
    """A provider refuses whatever is sent for ``a`` ms."""
    world.network.refusing_until_s[act.who] = world.now_s() + act.a / 1000


def hang(world: EngineWorld, act: Act) -> None:
    """A provider does not answer for ``a`` ms."""
    world.network.hanging_until_s[act.who] = world.now_s() + act.a / 1000


def break_channel(world: EngineWorld, act: Act) -> None:
    """The channel's plugin raises; its supervisor starts it again."""
    if world.engine is not None:
        world.network.channels[act.who].context = None
        world.network.channels[act.who].broken.set()


def mood(world: EngineWorld, act: Act) -> None:
    """A plugin's policy raises for ``a`` ms."""
    world.moody.bad = True
    world.after(act.a, world.cheer_up)


def snapshot(world: EngineWorld, _: Act) -> None:
    """A snapshot is made beside the running engine."""
    engine, clients = world.engine, world.clients
    if engine is not None and clients is not None:
        clients.start_soon(_snapshot, engine.writer.journal)


async def _snapshot(journal: Disk) -> None:
    try:
        await recovery.take_snapshot(journal, every=1)
    except JournalError:
        return  # the process ended in the middle of it: there is none


FAULTS: dict[str, Callable[[EngineWorld, Act], None]] = {
    "crash": crash,
    "stop": stop,
    "full": full,
    "slow": slow,
    "sync_error": sync_error,
    "jump": jump,
    "glitch": glitch,
    "refuse": refuse,
    "hang": hang,
    "break": break_channel,
    "mood": mood,
    "snapshot": snapshot,
}


class Trouble:
    """Decides which fault comes when."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance

    def start(self) -> None:
        """Each kind in its own rhythm."""
        options, plan = self._world.options, self._world.plan
        chance, channels = self._chance, ("mail", "chat", "phone")
        lengths = (2_000, 10_000, 40_000)
        self._every(options.crashes, lambda: plan(0, "crash", "world", self._outage_ms()))
        self._every(options.stops, lambda: plan(0, "stop", "world", self._outage_ms()))
        self._every(options.full_disks, lambda: plan(0, "full", "world", chance.choice(lengths), chance.randrange(4)))
        self._every(options.slow_disks, lambda: plan(0, "slow", "world", chance.choice(lengths)))
        self._every(options.sync_errors, lambda: plan(0, "sync_error", "world"))
        self._every(options.jumps, lambda: plan(0, "jump", "world", chance.choice(JUMPS_MS)))
        self._every(options.jumps, lambda: plan(0, "glitch", "world", chance.randrange(*GLITCHES_MS)))
        self._every(options.channel_failures, lambda: plan(0, "break", chance.choice(channels)))
        self._every(
            options.channel_failures, lambda: plan(0, "refuse", chance.choice(channels), chance.choice(lengths))
        )
        self._every(
            options.channel_failures / 2, lambda: plan(0, "hang", chance.choice(channels), chance.choice(lengths))
        )
        self._every(options.moods, lambda: plan(0, "mood", "world", chance.choice(lengths)))
        self._every(options.snapshots, lambda: plan(0, "snapshot", "world"))

    def _outage_ms(self) -> int:
        longest = len(OUTAGES_MS) if self._chance.random() < 0.1 else len(OUTAGES_MS) - 2
        return OUTAGES_MS[self._chance.randrange(longest)]

    def _every(self, per_hour: float, happen: Callable[[], None]) -> None:
        if per_hour > 0:
            self._world.think(self._chance.expovariate(per_hour / HOUR_S), lambda: self._again(per_hour, happen))

    def _again(self, per_hour: float, happen: Callable[[], None]) -> None:
        happen()
        self._every(per_hour, happen)
