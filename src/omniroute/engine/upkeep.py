"""Upkeep: what an engine that runs for years needs once a day.

What lives here: calendars are compiled for a limited time, and beyond it a queue counts as always open; so they are
compiled anew long before, or when the data of the time zones has changed. What is compiled comes from whoever knows the
configuration.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from omniroute.core.commands import ApplyConfig
from omniroute.core.permissions import SYSTEM
from omniroute.core.rules import CoreConfig
from omniroute.engine.mailbox import Urgency
from omniroute.engine.ports import Spawn
from omniroute.engine.writer import Writer

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LEFT_MIN_MS = 400 * DAY_MS
"""Calendars that say less about the future are compiled anew."""

Compile = Callable[[int], CoreConfig]
"""The configuration with its calendars for the time around a moment; may take long."""

log = structlog.get_logger("omniroute.upkeep")


async def keep_calendars(writer: Writer, spawn: Spawn, compile_at: Compile) -> None:
    """Renew the calendars where that is due, every night."""
    while True:
        await writer.clock.sleep_until(next_run_ms(writer.clock.now_ms()))
        try:
            await _renew(writer, spawn, compile_at)
        except Exception as failure:  # what is there lasts for a year: the next night will do
            log.warning("calendars_not_renewed", kind=type(failure).__name__)


def next_run_ms(now_ms: int) -> int:
    """The next time that it is one hour past midnight (UTC)."""
    today_ms = now_ms - now_ms % DAY_MS + HOUR_MS
    return today_ms if today_ms > now_ms else today_ms + DAY_MS


async def _renew(writer: Writer, spawn: Spawn, compile_at: Compile) -> None:
    now_ms = writer.clock.now_ms()
    fresh: CoreConfig = await spawn.in_thread(compile_at, now_ms)
    if is_due(writer.state.config, fresh, now_ms):
        await writer.submit(SYSTEM, ApplyConfig(config=fresh), urgency=Urgency.ENGINE)
        log.info("calendars_renewed", calendars=len(fresh.calendars))


def is_due(present: CoreConfig, fresh: CoreConfig, now_ms: int) -> bool:
    """Whether the calendars in use say too little about the future, or come from other data than the fresh ones."""
    ending = any(one.until_ms - now_ms < LEFT_MIN_MS for one in present.calendars)
    return ending or _sources(present) != _sources(fresh)


def _sources(config: CoreConfig) -> dict[str, str]:
    return {one.calendar_id: one.source for one in config.calendars}
