"""The supervisor: whoever breaks is restarted alone."""

from __future__ import annotations

import pytest
from tests.engine.rig import FakeChannel, FakeOptions, life, turns, until
from tests.engine.test_outbox import owned, reply

from omniroute.channels.contract import Delivery, Health
from omniroute.core import events as e
from omniroute.engine import breaker, supervisor
from omniroute.engine.supervisor import ChannelRunner, Supervisor
from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.testing.clock import ManualClock


def runner(channel: FakeChannel, clock: ManualClock) -> ChannelRunner:
    return ChannelRunner("one", channel, FakeOptions(), clock, lambda _runner: None)


def delivery(instance: str = "one") -> Delivery:
    return Delivery(key="e1", order="reply", instance=instance, conversation_id=1, interaction_id=1, reference="")


async def test_an_instance_that_raises_starts_again_with_growing_pauses():
    async with life() as rig:
        mail = rig.engine.supervisor.runners["mail"]
        for pause_ms in (500, 1_000, 2_000):
            rig.mail.instances[-1].crash.set()
            await turns()
            assert mail.health == Health("down", "RuntimeError")
            number = len(rig.mail.instances)
            await rig.wait(pause_ms - 1)
            assert len(rig.mail.instances) == number
            await rig.wait(1)
            assert len(rig.mail.instances) == number + 1
            assert mail.health.state == "up"
        assert mail.restarts == 3


async def test_who_ran_steadily_begins_with_the_short_pause():
    async with life() as rig:
        for _ in range(4):
            rig.mail.instances[-1].crash.set()
            await turns()
            await rig.wait(supervisor.RESTART_MAX_MS)
        await rig.wait(supervisor.STEADY_MS)
        rig.mail.instances[-1].crash.set()
        await turns()
        number = len(rig.mail.instances)
        await rig.wait(supervisor.RESTART_FIRST_MS)
        assert len(rig.mail.instances) == number + 1


async def test_the_others_are_not_affected():
    async with life() as rig:
        rig.mail.instances[-1].crash.set()
        await rig.receive("chat", session="v", by="visitor", **{"from": "v"})
        assert rig.conversations() == 1
        assert rig.engine.supervisor.runners["chat"].health.state == "up"


async def test_an_instance_that_cannot_even_be_made_again_stops_nobody():
    async with life() as rig:
        rig.mail.open_errors = [ValueError("the certificate is gone"), ValueError("still")]
        rig.mail.instances[-1].crash.set()
        await turns()
        await rig.wait(500)
        assert rig.engine.supervisor.runners["mail"].health == Health("down", "ValueError")
        await rig.receive("chat", session="v", by="visitor", **{"from": "v"})
        await rig.wait(1_000)
        await rig.wait(2_000)
        assert rig.engine.supervisor.runners["mail"].health.state == "up"


async def test_an_instance_that_fails_at_its_start_is_tried_again():
    async with life() as rig:
        rig.mail.serve_errors = [OSError("the port is taken"), ExceptionGroup("two", [ValueError("x")])]
        rig.mail.instances[-1].crash.set()
        await turns()
        await rig.wait(500)
        assert rig.engine.supervisor.runners["mail"].health == Health("down", "OSError: the port is taken")
        await rig.wait(1_000)
        assert rig.engine.supervisor.runners["mail"].health == Health("down", "ValueError")
        await rig.wait(2_000)
        assert rig.engine.supervisor.runners["mail"].health.state == "up"


async def test_repeated_failures_open_the_breaker_and_a_success_closes_it():
    channel, clock = FakeChannel(), ManualClock()
    one = runner(channel, clock)
    one.health = Health("up")
    channel.send_errors = [DeliveryDeferred("later")] * breaker.BREAKER_FAILURES
    for _ in range(breaker.BREAKER_FAILURES):
        with pytest.raises(DeliveryDeferred, match="later"):
            await one.send(delivery())
    assert one.health.state == "degraded"
    with pytest.raises(DeliveryDeferred, match="pauses"):
        await one.send(delivery())
    assert len(channel.attempts) == breaker.BREAKER_FAILURES  # nothing was tried
    clock.advance(breaker.BREAKER_PAUSE_MS)
    await one.send(delivery())
    assert one.health.state == "up"


async def test_a_refusal_or_a_success_in_between_is_no_failure_of_the_channel():
    channel = FakeChannel()
    one = runner(channel, ManualClock())
    for number in range(breaker.BREAKER_FAILURES * 2):
        channel.send_errors = [DeliveryRefused("no") if number % 2 else DeliveryDeferred("later")]
        with pytest.raises((DeliveryRefused, DeliveryDeferred)):
            await one.send(delivery())
        channel.send_errors = []
        await one.send(delivery())
    assert one.health.state == "down"  # as it was before its start: never degraded


async def test_a_bug_while_sending_is_a_delay_not_the_end():
    async with life() as rig:
        number = await owned(rig)
        rig.mail.send_errors = [ZeroDivisionError("bug")]
        await reply(rig, number)
        await until(lambda: rig.mail.attempts)
        await turns()
        await rig.wait(2_000)
        await until(lambda: rig.events(e.DeliverySucceeded))


async def test_a_delivery_for_a_channel_that_is_gone_waits():
    with pytest.raises(DeliveryDeferred):
        await Supervisor([]).send(delivery("gone"))
