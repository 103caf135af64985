"""What channels may tell of waiting: the own session, committed states, and each change soon enough."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio
import pytest
from tests.engine.rig import Rig, life, turns, until

from omniroute.channels.contract import Waiting
from omniroute.core import events as e
from omniroute.core.estimates import Estimate
from omniroute.engine import cells as c
from omniroute.engine import waiting
from omniroute.engine.waiting import WAITING_EVERY_MS
from omniroute.errors import JournalFull
from omniroute.journal.codec import encode_event


def context(rig: Rig, instance: str = "phone") -> Any:
    return getattr(rig, instance).instances[-1].context


async def call(rig: Rig, session: str, kind: str = "contact_started") -> None:
    await rig.receive("phone", kind=kind, session=session, by="tel", **{"from": f"+49{session[-1]}"})


class Watcher:
    """Listens in a task of its own; ``ended`` is true after the last value."""

    def __init__(self, rig: Rig, session: str, raw_id: int = 0) -> None:
        self.heard: list[Waiting] = []
        self.ended = False
        self._values = context(rig).watch_waiting(session, raw_id)

    async def run(self) -> None:
        async with aclosing(self._values) as values:
            async for value in values:
                self.heard.append(value)
        self.ended = True

    @property
    def places(self) -> list[int]:
        return [value.position for value in self.heard]


async def test_a_session_knows_its_place_and_nobody_elses():
    async with life() as rig:
        await call(rig, "call-1")
        await call(rig, "call-2")
        assert (await context(rig).waiting("call-1")).position == 1
        assert (await context(rig).waiting("call-2")).position == 2
        assert await context(rig).waiting("call-3") is None
        assert await context(rig).waiting("") is None
        assert await context(rig, "chat").waiting("call-1") is None


async def test_who_is_offered_is_next_and_who_is_served_does_not_wait():
    async with life() as rig:
        await rig.available("ann")
        await call(rig, "call-1")
        assert await context(rig).waiting("call-1") == Waiting(1)
        await rig.accept("ann")
        assert await context(rig).waiting("call-1") is None


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (Estimate(3, 240_500, 540_001, 80, 2, 2.5), Waiting(3, 240, 541, 80)),
        (Estimate(3, 0, 999, 80, 2, 2.0), Waiting(3, 0, 1, 80)),
        (None, Waiting(1, staffed=False)),
    ],
)
async def test_seconds_are_rounded_outwards_and_nothing_is_promised_without_ground(monkeypatch, found, shown):
    monkeypatch.setattr(waiting, "estimate", lambda _state, _item: found)
    async with life() as rig:
        await call(rig, "call-1")
        assert await context(rig).waiting("call-1") == shown


async def test_a_watch_tells_the_present_then_each_change_and_ends_with_the_waiting():
    async with life() as rig, anyio.create_task_group() as group:
        await call(rig, "call-1")
        await call(rig, "call-2")
        watcher = Watcher(rig, "call-2")
        group.start_soon(watcher.run)
        await until(lambda: watcher.heard)
        await call(rig, "call-1", "contact_abandoned")
        await rig.wait(WAITING_EVERY_MS)
        await until(lambda: len(watcher.heard) == 2)
        await rig.wait(WAITING_EVERY_MS)
        await call(rig, "call-3")  # nothing of this changes what call-2 sees
        await turns()
        assert watcher.places == [2, 1]
        await call(rig, "call-2", "contact_abandoned")
        await rig.wait(WAITING_EVERY_MS)
        await until(lambda: watcher.ended)
        assert watcher.places == [2, 1]
        assert not rig.writer.feed._listeners


async def test_several_changes_within_two_seconds_are_one():
    async with life() as rig, anyio.create_task_group() as group:
        for number in range(1, 5):
            await call(rig, f"call-{number}")
        watcher = Watcher(rig, "call-4")
        group.start_soon(watcher.run)
        await until(lambda: watcher.heard)
        for number in range(1, 3):
            await call(rig, f"call-{number}", "contact_abandoned")
        await rig.wait(WAITING_EVERY_MS - 1)
        assert watcher.places == [4]
        await rig.wait(1)
        await until(lambda: len(watcher.heard) == 2)
        assert watcher.places == [4, 2]
        group.cancel_scope.cancel()


async def test_a_watch_waits_until_the_message_has_become_work():
    async with life() as rig, anyio.create_task_group() as group:
        raw = rig.raw("phone", kind="contact_started", session="call-1", by="tel", **{"from": "+491"})
        raw_id = await rig.engine.intake.receive(raw)
        watcher = Watcher(rig, "call-1", raw_id)
        group.start_soon(watcher.run)
        await until(lambda: watcher.heard)
        assert watcher.places == [1]
        group.cancel_scope.cancel()


async def test_a_session_without_waiting_work_ends_its_watch_at_once():
    async with life() as rig, anyio.create_task_group() as group:
        watcher = Watcher(rig, "nobody", 0)
        group.start_soon(watcher.run)
        await until(lambda: watcher.ended)
        assert watcher.heard == []


async def test_nobody_is_told_what_is_not_committed():
    async with life() as rig, anyio.create_task_group() as group:
        await call(rig, "call-1")
        told: list[Waiting | None] = []

        async def ask() -> None:
            told.append(await context(rig).waiting("call-1"))

        rig.journal.hold()
        group.start_soon(rig.available, "ann")
        await until(lambda: rig.state.offers)
        group.start_soon(ask)
        await turns()
        assert told == []
        rig.journal.release()
        await until(lambda: told)
        assert told == [Waiting(1)]


async def test_what_a_full_disk_made_void_was_never_seen():
    async with life() as rig, anyio.create_task_group() as group:
        await call(rig, "call-1")
        await call(rig, "call-2")
        told: list[Waiting | None] = []

        async def ask() -> None:
            told.append(await context(rig).waiting("call-2"))

        async def fail() -> None:
            with pytest.raises(JournalFull):
                await rig.available("ann")

        rig.journal.hold()
        rig.journal.fail_next(JournalFull("no space"))
        group.start_soon(fail)
        await until(lambda: rig.state.offers)
        group.start_soon(ask)
        await turns()
        rig.journal.release()
        await until(lambda: told)
        assert told == [Waiting(2, staffed=False)]


async def test_a_diversion_is_a_line_of_the_thread_behind_what_was_said():
    async with life() as rig:
        await rig.receive("chat", session="v1", by="visitor", **{"from": "v1"})
        event = e.ItemDiverted(1, 1, "mail", "overflow:wait", "chat", rig.clock.now_ms(), 9)
        line = c.ThreadCell(500, rig.clock.now_ms(), encode_event(event))
        await rig.writer.write_cells([c.put(c.THREAD, c.pair_key(1, 500), line)])
        said, told = await context(rig, "chat").thread("v1")
        assert (told.author, told.outcome, told.key, told.text) == ("system", "mail", "e9", "")
        assert told.interaction_id == said.interaction_id
        assert await context(rig, "chat").thread("v1", said.interaction_id) == [told]
        assert await context(rig, "chat").thread("v1", said.interaction_id + 1) == []


async def test_who_was_diverted_no_longer_waits():
    async with life() as rig:
        await call(rig, "call-1")
        item = rig.state.items[1]
        item.outcome = "callback"
        assert await context(rig).waiting("call-1") is None
        item.outcome = ""
