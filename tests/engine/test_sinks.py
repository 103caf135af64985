"""Webhooks through the outbox: in order, with retries and dead letters, holding nobody else up."""

from __future__ import annotations

import msgspec
import pytest
from tests.engine.rig import Rig, life, turns, until
from tests.engine.test_outbox import owned, reply

from omniroute.core import effects
from omniroute.core import events as e
from omniroute.engine import breaker, outbox
from omniroute.engine import cells as c
from omniroute.engine.sinks import SinkRunner, SinkSetup
from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.sinks.contract import SinkDelivery


class Options(msgspec.Struct, forbid_unknown_fields=True):
    """None."""


class FakeSink:
    """Raises ``errors`` one after the other, then takes everything."""

    name, options_type = "fake", Options

    def __init__(self) -> None:
        self.attempts: list[SinkDelivery] = []
        self.told: list[SinkDelivery] = []
        self.errors: list[Exception] = []

    def open(self, _options, _now_ms):
        return self

    async def deliver(self, delivery: SinkDelivery) -> None:
        self.attempts.append(delivery)
        if self.errors:
            raise self.errors.pop(0)
        self.told.append(delivery)


def plugged(rig: Rig, name: str = "crm") -> FakeSink:
    sink = FakeSink()
    rig.engine.sinks.runners[f"webhook:{name}"] = SinkRunner(SinkSetup(name, sink, Options()), rig.clock)
    return sink


async def call(rig: Rig, effect_id: int, conversation_id: int = 1, name: str = "crm") -> None:
    """What the commit of an event that calls a webhook does."""
    effect = effects.Effect(
        effect_id,
        effects.WEBHOOK,
        conversation_id,
        f"webhook:{name}",
        rig.clock.now_ms(),
        event="clock.escalated",
        facts={"percent": 80},
    )
    cell = c.OutboxCell(effect)
    await rig.writer.write_cells([c.put(c.OUTBOX, c.number_key(effect_id), cell)])
    rig.engine.outbox._add(cell)


async def test_a_sink_is_told_what_happened_and_no_contents():
    async with life() as rig:
        sink = plugged(rig)
        await rig.receive(subject="secret", text="words")
        await call(rig, 900)
        await until(lambda: rig.events(e.DeliverySucceeded))
        (told,) = sink.told
        matter = rig.state.conversations[1]
        assert told == SinkDelivery(
            key="e900",
            event="clock.escalated",
            at_ms=rig.clock.now_ms(),
            conversation_id=1,
            reference=matter.reference,
            facts={"percent": 80},
        )
        assert not rig.cells(c.OUTBOX)


async def test_calls_of_one_matter_stay_in_order_and_hold_no_other_matter_and_no_reply():
    async with life() as rig:
        sink = plugged(rig)
        first = await owned(rig)
        await rig.receive(**{"from": "lou@example.org"})
        sink.errors = [DeliveryDeferred("later")]
        for number in (900, 901):
            await call(rig, number, first)
        await call(rig, 902, 2)
        await reply(rig, first)
        await until(lambda: rig.mail.sent and sink.told)
        assert [one.key for one in sink.told] == ["e902"]
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: len(sink.told) == 3)
        assert [one.key for one in sink.told] == ["e902", "e900", "e901"]


@pytest.mark.parametrize(
    ("wanted_s", "pause_ms"), [(0, 2_000), (1, 2_000), (90, 90_000), (10**9, outbox.BACKOFF_MAX_MS)]
)
async def test_it_comes_again_when_it_is_asked_to_within_bounds(wanted_s, pause_ms):
    async with life() as rig:
        sink = plugged(rig)
        await rig.receive()
        sink.errors = [DeliveryDeferred("later", wanted_s)]
        await call(rig, 900)
        await until(lambda: sink.attempts)
        await turns()
        await rig.wait(pause_ms - 1)
        assert not sink.told
        await rig.wait(1)
        await until(lambda: sink.told)


async def test_a_refusal_is_a_dead_letter_that_troubles_no_operator():
    async with life() as rig:
        sink = plugged(rig)
        number = await owned(rig)
        sink.errors = [DeliveryRefused("the receiver says that it is gone (410)")]
        await call(rig, 900, number)
        await until(lambda: rig.events(e.DeliveryDied))
        (died,) = rig.events(e.DeliveryDied)
        assert (died.order, died.reason) == ("webhook", "the receiver says that it is gone (410)")
        (dead,) = [msgspec.msgpack.decode(data, type=c.DeadCell) for data in rig.cells(c.DEAD)]
        assert dead.effect.channel == "webhook:crm"
        assert not rig.cells(c.NOTICE)
        assert b"delivery.died" not in b"".join(rig.cells(c.THREAD))


async def test_a_sink_that_raises_is_tried_again_and_its_words_are_not_kept():
    async with life() as rig:
        sink = plugged(rig)
        await rig.receive()
        sink.errors = [ValueError("whsec_secret")] * 2
        await call(rig, 900)
        await until(lambda: sink.attempts)
        await turns()
        await rig.wait(outbox.backoff_ms(1))
        await turns()
        await rig.wait(outbox.backoff_ms(2))
        await until(lambda: sink.told)


async def test_after_failures_in_a_row_a_sink_is_left_alone_for_a_while():
    async with life() as rig:
        sink = plugged(rig)
        for number in range(breaker.BREAKER_FAILURES + 1):
            await rig.receive(**{"from": f"kim{number}@example.org"})
        sink.errors = [DeliveryDeferred("later")] * breaker.BREAKER_FAILURES
        for number in range(breaker.BREAKER_FAILURES):
            await call(rig, 900 + number, number + 1)
            await until(lambda number=number: len(sink.attempts) == number + 1)
        await turns()
        await call(rig, 950, breaker.BREAKER_FAILURES + 1)
        await turns()
        assert len(sink.attempts) == breaker.BREAKER_FAILURES
        await rig.wait(breaker.BREAKER_PAUSE_MS)
        await until(lambda: sink.told)


async def test_a_webhook_that_is_not_configured_waits_for_it():
    async with life() as rig:
        await rig.receive()
        await call(rig, 900)
        await turns()
        assert rig.cells(c.OUTBOX)
        sink = plugged(rig)
        await rig.wait(outbox.backoff_ms(1))
        await until(lambda: sink.told)


async def test_a_matter_that_was_erased_is_not_told():
    async with life() as rig:
        sink = plugged(rig)
        await rig.receive()
        await rig.writer.write_cells([c.drop(c.CONVERSATION, c.number_key(1))])
        await call(rig, 900)
        await until(lambda: rig.events(e.DeliveryDied))
        assert not sink.attempts
