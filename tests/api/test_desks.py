"""Counting open desks: coming and going in order, and a desk that closes never fails for it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from omniroute.api import desks
from omniroute.api.desks import OpenDesks
from omniroute.core.commands import Command, ConnectOperator, DisconnectOperator
from omniroute.core.permissions import SYSTEM
from omniroute.engine.mailbox import Urgency
from omniroute.errors import JournalFull


class FakeWriter:
    """Takes commands; answers at once, with an error, or not at all."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(operators={"ann": None, "bob": None})
        self.posted: list[Command] = []
        self.error: Exception | None = None
        self.silent = False

    def post(self, actor: Any, command: Command, *, urgency: Urgency) -> Any:
        assert (actor, urgency) == (SYSTEM, Urgency.ENGINE)
        self.posted.append(command)
        return SimpleNamespace(outcome=self.outcome)

    async def outcome(self) -> Sequence[Any]:
        if self.silent:
            await anyio.sleep_forever()
        if self.error is not None:
            raise self.error
        return ()


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


def counting(writer: FakeWriter) -> OpenDesks:
    return OpenDesks(writer)  # type: ignore[arg-type]


ON, OFF = ConnectOperator(operator_id="ann"), DisconnectOperator(operator_id="ann")


async def test_the_first_desk_connects_and_the_last_one_to_go_disconnects(writer):
    open_desks = counting(writer)
    async with open_desks.opened("ann"):
        async with open_desks.opened("ann"), open_desks.opened("bob"):
            pass
        assert writer.posted == [ON, ConnectOperator(operator_id="bob"), DisconnectOperator(operator_id="bob")]
    assert writer.posted[-1] == OFF
    async with open_desks.opened("ann"):
        assert writer.posted[-1] == ON


async def test_people_without_a_desk_are_not_counted(writer):
    async with counting(writer).opened("root"), counting(writer).opened(""):
        pass
    assert writer.posted == []


async def test_who_comes_back_while_the_going_is_under_way_is_connected_after_it(writer):
    open_desks = counting(writer)
    async with anyio.create_task_group() as group:

        async def first() -> None:
            async with open_desks.opened("ann"):
                pass

        async def second() -> None:
            while OFF not in writer.posted:
                await anyio.lowlevel.checkpoint()
            async with open_desks.opened("ann"):
                assert writer.posted == [ON, OFF, ON]

        group.start_soon(first)
        group.start_soon(second)


async def test_a_failure_is_logged_and_the_socket_ends_well(writer):
    open_desks = counting(writer)
    writer.error = JournalFull("no space")
    async with open_desks.opened("ann"):
        pass
    assert writer.posted == [ON, OFF]


async def test_an_engine_that_has_stopped_is_not_waited_for(writer, monkeypatch):
    monkeypatch.setattr(desks, "SUBMIT_TIMEOUT_S", 0.01)
    open_desks = counting(writer)
    writer.silent = True
    async with open_desks.opened("ann"):
        pass
    assert writer.posted == [ON, OFF]


async def test_a_socket_that_is_cancelled_still_counts_itself_out(writer):
    open_desks = counting(writer)
    with anyio.CancelScope() as scope:
        async with open_desks.opened("ann"):
            scope.cancel()
            await anyio.sleep_forever()
    assert writer.posted == [ON, OFF]


async def test_when_the_daemon_stops_nobody_has_left(writer):
    open_desks = counting(writer)
    async with open_desks.opened("ann"):
        open_desks.stop()
    assert writer.posted == [ON]
