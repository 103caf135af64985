"""A call on its way to an operator, and what happens where it does not arrive; a caller whom nobody can serve in time."""

from __future__ import annotations

from contextlib import aclosing

import msgspec
import pytest
from tests.engine.rig import CONFIG, Rig, life, turns, until

from omniroute.core import events as e
from omniroute.core.model import ItemState, Presence
from omniroute.core.rules import Overflow, OverflowCause
from omniroute.core.state import State
from omniroute.errors import DeliveryDeferred, DeliveryRefused

CONNECT_MS = 20_000
WAIT_MS = 60_000


def config(outcome: str = ""):
    """Calls are connected in two phases; with an outcome, a queue diverts what waits for a minute."""
    channels = [msgspec.structs.replace(one, connect_ms=CONNECT_MS if one.connects else 0) for one in CONFIG.channels]
    rules = (Overflow(OverflowCause.WAIT, WAIT_MS, outcome=outcome),) if outcome else ()
    queues = [msgspec.structs.replace(one, overflows=rules) for one in CONFIG.queues]
    return msgspec.structs.replace(CONFIG, channels=tuple(channels), queues=tuple(queues))


async def call(rig: Rig, kind: str = "contact_started", **facts: str) -> None:
    await rig.receive("phone", kind=kind, session="call", by="tel", **{"from": "+491", **facts})


async def accepted(rig: Rig) -> None:
    """A call that ann has accepted, with bob in reserve."""
    await rig.available("ann", "bob")
    await call(rig)
    offer = next(iter(rig.state.offers.values()))
    assert offer.operator_id == "ann"
    await rig.accept("ann")
    assert state(rig.state) is ItemState.CONNECTING


def state(of: State) -> ItemState:
    return of.items[1].state


def offered_to(rig: Rig) -> list[str]:
    return [offer.operator_id for offer in rig.state.offers.values()]


async def goes_to_bob(rig: Rig) -> None:
    """The call is at its old place without blame to ann, and bob gets it at once."""
    await until(lambda: rig.events(e.ConnectFailed))
    await until(lambda: offered_to(rig) == ["bob"])
    ann = rig.state.operators["ann"]
    assert (ann.presence, ann.rona_count, ann.item_ids) == (Presence.AVAILABLE, 0, [])
    await rig.accept("bob")
    await until(lambda: rig.phone.sent and rig.phone.sent[-1].operator_id == "bob")
    await call(rig, "contact_connected")
    assert (state(rig.state), rig.state.items[1].operator_id) == (ItemState.ASSIGNED, "bob")


async def test_who_is_connected_has_the_call():
    async with life(config=config()) as rig:
        await accepted(rig)
        await until(lambda: rig.phone.sent)
        await call(rig, "contact_connected")
        assert (state(rig.state), rig.state.items[1].operator_id) == (ItemState.ASSIGNED, "ann")


async def test_a_telephone_system_that_refuses_gives_the_call_to_the_next_without_a_pause():
    async with life(config=config()) as rig:
        rig.phone.send_errors = [DeliveryRefused("the telephone system answered 404")]
        began_ms = rig.clock.now_ms()
        await accepted(rig)
        await goes_to_bob(rig)
        assert rig.clock.now_ms() == began_ms


async def test_an_operator_who_is_not_reached_loses_the_call_without_blame():
    async with life(config=config()) as rig:
        await accepted(rig)
        await until(lambda: rig.phone.sent)
        await call(rig, "contact_not_connected")
        await goes_to_bob(rig)


@pytest.mark.parametrize("errors", [[DeliveryDeferred("later")] * 20, []], ids=["not reached", "no answer"])
async def test_connecting_ends_with_its_time(errors: list[Exception | None]):
    async with life(config=config()) as rig:
        rig.phone.send_errors = errors
        await accepted(rig)
        await until(lambda: rig.phone.attempts)
        await turns()
        await rig.wait(CONNECT_MS - 1)
        assert state(rig.state) is ItemState.CONNECTING
        rig.phone.send_errors = []
        await rig.wait(1)
        await goes_to_bob(rig)


async def test_whoever_cannot_be_served_in_time_is_told_and_waits_on_as_later_work():
    async with life(config=config("callback")) as rig:
        await call(rig)
        context = rig.phone.instances[-1].context
        async with aclosing(context.watch_waiting("call")) as values:
            assert (await anext(values)).staffed is False
            await rig.wait(WAIT_MS)
            assert [value async for value in values] == []
        await until(lambda: rig.phone.sent)
        (sent,) = rig.phone.sent
        assert (sent.order, sent.outcome, sent.session_key, sent.operator_id) == ("divert", "callback", "call", "")
        assert await context.waiting("call") is None
        await call(rig, "contact_abandoned")
        assert state(rig.state) is ItemState.QUEUED
        await call(rig, "message", text="It is Jonas, please call.")
        assert rig.conversations() == 1
        assert [(one.author, one.outcome) for one in await context.thread("call")] == [
            ("system", "callback"),
            ("customer", ""),
        ]
        await rig.available("ann")
        await rig.accept("ann")
        assert state(rig.state) is ItemState.ASSIGNED
        assert len(rig.phone.sent) == 1


async def test_a_letter_is_diverted_without_a_word():
    async with life(config=config("mail")) as rig:
        await rig.receive()
        await rig.wait(WAIT_MS)
        await until(lambda: rig.events(e.DeliverySucceeded))
        assert [one.order for one in rig.mail.sent] == ["divert"]
        assert state(rig.state) is ItemState.QUEUED
