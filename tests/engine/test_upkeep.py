"""Upkeep: calendars are renewed once a night where that is due; batch policies load their solvers before the start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest
from structlog.testing import capture_logs
from tests.engine.rig import CONFIG, GatedJournal, channels, setup, turns

from omniroute.core import events as e
from omniroute.core.policy import Policy
from omniroute.core.rules import Calendar, CoreConfig
from omniroute.engine.engine import Engine, batch_policies, running
from omniroute.engine.upkeep import DAY_MS, HOUR_MS, LEFT_MIN_MS, keep_calendars, next_run_ms
from omniroute.journal.codec import decode_event
from omniroute.policies.longest_idle import LongestIdle
from omniroute.testing.clock import START_MS, ManualClock

MIDNIGHT_MS = START_MS - START_MS % DAY_MS
SPAN_MS = 800 * DAY_MS


def compiled(now_ms: int, source: str = "UTC 2026a") -> CoreConfig:
    calendar = Calendar("office", ((now_ms, now_ms + HOUR_MS),), now_ms + SPAN_MS, source)
    return msgspec.structs.replace(CONFIG, calendars=(calendar,))


class Here:
    """A Spawn whose threads are the loop's own."""

    def start(self, name: str, work: Callable[..., Any], *args: Any) -> None:
        raise AssertionError("nothing is started here")

    async def in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)


class House:
    """An engine, its clock, and what its calendars are compiled to."""

    def __init__(self, engine: Engine, clock: ManualClock, journal: GatedJournal) -> None:
        self.engine = engine
        self.clock = clock
        self.journal = journal
        self.source = "UTC 2026a"
        self.asked_ms: list[int] = []
        self.error: Exception | None = None

    def compile_at(self, now_ms: int) -> CoreConfig:
        self.asked_ms.append(now_ms)
        if self.error is not None:
            raise self.error
        return compiled(now_ms, self.source)

    def applied(self) -> int:
        events = [decode_event(entry.data) for entry in self.journal.disk.entries]
        return sum(isinstance(event, e.ConfigApplied) for event in events)

    async def sleep(self, until_ms: int) -> None:
        self.clock.set(until_ms)
        await turns()


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    journal, clock = GatedJournal(), ManualClock()
    made = setup(journal, channels(), compiled(MIDNIGHT_MS))
    async with running(made, clock) as engine, anyio.create_task_group() as group:
        one = House(engine, clock, journal)
        group.start_soon(keep_calendars, engine.writer, Here(), one.compile_at)
        await turns()
        yield one
        group.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("now_ms", "next_ms"),
    [(0, HOUR_MS), (HOUR_MS - 1, HOUR_MS), (HOUR_MS, DAY_MS + HOUR_MS), (DAY_MS - 1, DAY_MS + HOUR_MS)],
)
def test_the_next_run_is_one_hour_past_midnight(now_ms, next_ms):
    assert next_run_ms(MIDNIGHT_MS + now_ms) == MIDNIGHT_MS + next_ms


async def test_calendars_are_compiled_once_a_night_and_left_alone_while_they_reach_far():
    async with house() as one:
        assert one.asked_ms == []
        nights = [MIDNIGHT_MS + number * DAY_MS + HOUR_MS for number in (1, 2, 3)]
        for night_ms in nights:
            await one.sleep(night_ms - 1)
            await one.sleep(night_ms)
        assert one.asked_ms == nights
        assert one.applied() == 1


async def test_calendars_that_end_within_four_hundred_days_are_renewed():
    async with house() as one:
        last_good_ms = MIDNIGHT_MS + SPAN_MS - LEFT_MIN_MS - DAY_MS + HOUR_MS
        await one.sleep(last_good_ms)
        assert one.applied() == 1
        await one.sleep(last_good_ms + DAY_MS)
        assert one.applied() == 2
        (calendar,) = one.engine.writer.state.config.calendars
        assert calendar.until_ms == last_good_ms + DAY_MS + SPAN_MS
        await one.sleep(last_good_ms + 2 * DAY_MS)
        assert one.applied() == 2


async def test_calendars_from_new_data_of_the_zones_are_taken_at_once():
    async with house() as one:
        one.source = "UTC 2026b"
        await one.sleep(MIDNIGHT_MS + DAY_MS + HOUR_MS)
        assert one.engine.writer.state.config.calendars[0].source == "UTC 2026b"
        assert one.applied() == 2


async def test_a_night_that_fails_is_logged_and_the_next_one_tries_again():
    async with house() as one:
        one.source, one.error = "UTC 2026b", OSError("half an upgrade")
        with capture_logs() as logs:
            await one.sleep(MIDNIGHT_MS + DAY_MS + HOUR_MS)
        assert [(entry["event"], entry["kind"]) for entry in logs] == [("calendars_not_renewed", "OSError")]
        assert one.applied() == 1
        one.error = None
        await one.sleep(MIDNIGHT_MS + 2 * DAY_MS + HOUR_MS)
        assert one.applied() == 2


class Solver(Policy):
    """Notes what it is asked, and how much has been recorded by then; ``error`` is raised then."""

    name = "solver"
    batch = True

    def __init__(self, journal: GatedJournal, error: Exception | None = None) -> None:
        self.journal = journal
        self.error = error
        self.asked: list[tuple[Any, ...]] = []

    def match(self, items: Any, operators: Any, eligible: Any, now_ms: int) -> Sequence[tuple[int, int]]:
        self.asked.append((items, operators, eligible, now_ms, self.journal.last_seq()))
        if self.error is not None:
            raise self.error
        return []


def batching(policy: str) -> CoreConfig:
    first, *others = CONFIG.queues
    return msgspec.structs.replace(
        CONFIG, queues=(msgspec.structs.replace(first, policy=policy, batch_ms=2_000), *others)
    )


@pytest.mark.parametrize("error", [None, ImportError("secret words")])
async def test_a_batch_policy_is_loaded_before_the_engine_begins_and_its_failure_does_not_end_the_start(error):
    journal = GatedJournal()
    solver = Solver(journal, error)
    made = setup(journal, channels(), batching("solver+longest_idle"))
    made = made._replace(policies={"longest_idle": LongestIdle(), "solver": solver})
    with capture_logs() as logs:
        async with running(made, ManualClock()) as engine:
            assert solver.asked == [([], [], [], 0, 0)]
            assert engine.writer.committed_seq > 0
    failed = [(entry["policy"], entry["kind"]) for entry in logs if entry["event"] == "policy_not_loaded"]
    assert failed == ([("solver", "ImportError")] if error else [])
    assert "secret" not in str(logs)


def test_only_the_batch_policies_that_queues_use_are_loaded():
    policies = {"longest_idle": LongestIdle(), "solver": Solver(GatedJournal())}
    assert [one.name for one in batch_policies(batching("longest_idle+solver"), policies)] == ["solver"]
    assert batch_policies(CONFIG, policies) == []
    assert batch_policies(batching("gone"), policies) == []
