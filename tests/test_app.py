"""The composition root: what it tells before it serves."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from structlog.testing import capture_logs
from tests.engine.rig import turns

from omniroute import app, config, demo, plugins
from omniroute.core import events as e
from omniroute.engine.engine import running
from omniroute.journal.memory import MemoryDisk, MemoryJournal
from omniroute.testing.clock import ManualClock

COMPANY = Path(demo.__file__).parent / "company.toml"
DAY_MS = 86_400_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_doubts_about_the_configuration_are_logged_before_it_is_ready():
    company = config.read(COMPANY)
    company.server.port = 0
    company.channels = {"desk": company.channels["desk"]}
    company.classify = []
    company.departments["sales"].queues["trade"].requires = ["trade>=9"]
    with capture_logs() as logs, anyio.fail_after(20):
        async with anyio.create_task_group() as group:

            def ready(_: app.Daemon) -> None:
                logs.append({"event": "ready"})
                group.cancel_scope.cancel()

            await app.serve(company, plugins.load(), ready, journal=MemoryJournal(MemoryDisk()))
    doubts = [entry for entry in logs[: logs.index({"event": "ready"})] if entry["event"] == "configuration"]
    assert [(entry["path"], entry["log_level"]) for entry in doubts] == [
        ("departments.sales.queues.trade.requires", "warning")
    ]
    assert "nobody who serves this queue has trade>=9" in doubts[0]["finding"]


async def test_a_daemon_that_runs_for_years_goes_on_knowing_when_it_is_open():
    company, clock = config.read(COMPANY), ManualClock()
    company.channels = {"desk": company.channels["desk"]}
    company.classify = []
    made = app.setup(company, plugins.load(), MemoryJournal(MemoryDisk()), clock)
    async with running(made, clock) as engine:
        await turns()
        (before,) = engine.writer.state.config.calendars
        with anyio.fail_after(20), engine.writer.feed.listen() as commits:
            clock.set(before.until_ms - 300 * DAY_MS)
            committed = await commits.receive()
        assert isinstance(committed.events[0], e.ConfigApplied)
        (after,) = committed.events[0].config.calendars
        assert after.until_ms == before.until_ms + 501 * DAY_MS
        assert after.source == before.source
