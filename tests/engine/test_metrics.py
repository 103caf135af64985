"""Metrics: counted from what is committed, gauges of the moment, and no label that names a person."""

from __future__ import annotations

import msgspec
from prometheus_client import generate_latest
from tests.engine.rig import CONFIG, OFFER_MS, Rig, life, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core.model import Presence
from omniroute.core.permissions import SYSTEM
from omniroute.core.rules import Overflow, OverflowCause, Relaxation
from omniroute.engine.metrics import COUNTERS, GAUGES, HISTOGRAMS
from omniroute.engine.tally import BUCKETS_S, COUNTED, Tally
from omniroute.journal.memory import MemoryDisk

GENERAL, SHOP = "support.general", "sales.shop"


def value(rig: Rig, name: str, **labels: str) -> float | None:
    found: float | None = rig.engine.metrics.registry.get_sample_value(f"omniroute_{name}", labels)
    return found


def ended(rig: Rig, queue: str = GENERAL) -> dict[str, float | None]:
    outcomes = ("accepted", "declined", "expired", "revoked")
    return {one: value(rig, "offers_ended_total", queue=queue, outcome=one) for one in outcomes}


async def configured(rig: Rig, **changes: object) -> None:
    """The general queue with changes."""
    first, *others = CONFIG.queues
    queues = (msgspec.structs.replace(first, **changes), *others)
    await rig.do(k.ApplyConfig(config=msgspec.structs.replace(CONFIG, queues=queues)))


async def test_everything_begins_with_zero_where_it_is_certain_to_be_asked_for():
    async with life() as rig:
        assert value(rig, "offers_made_total", queue=SHOP) == 0
        assert ended(rig, SHOP) == {"accepted": 0, "declined": 0, "expired": 0, "revoked": 0}
        assert value(rig, "policy_failures_total", policy="longest_idle") == 0
        assert value(rig, "waiting_items", queue=SHOP) == 0
        assert value(rig, "longest_wait_seconds", queue=SHOP) == 0
        assert value(rig, "queued_to_accepted_seconds_count", queue=SHOP) == 0


async def test_offers_are_counted_by_queue_and_by_how_they_end():
    async with life() as rig:
        await rig.available("ann", "bob")
        await rig.receive()
        (offer,) = rig.state.offers.values()
        await rig.do(k.DeclineOffer(offer_id=offer.offer_id, operator_id=offer.operator_id, reason="kim is rude"))
        await rig.wait(OFFER_MS)
        assert ended(rig) == {"accepted": 0, "declined": 1, "expired": 1, "revoked": 0}
        await rig.wait(60_000)
        (offer,) = rig.state.offers.values()
        await rig.do(k.SetPresence(operator_id=offer.operator_id, presence=Presence.AWAY))
        (offer,) = rig.state.offers.values()
        await rig.do(k.AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
        assert ended(rig) == {"accepted": 1, "declined": 1, "expired": 1, "revoked": 1}
        assert value(rig, "offers_made_total", queue=GENERAL) == len(rig.events(e.OfferMade)) == 4
        assert value(rig, "live_offers") == 0
        assert value(rig, "items_queued_total", queue=GENERAL, channel="mail") == 1


async def test_the_wait_counts_once_for_the_first_operator():
    async with life() as rig:
        await rig.receive()
        await rig.wait(15_000)
        assert value(rig, "longest_wait_seconds", queue=GENERAL) == 15
        assert value(rig, "waiting_items", queue=GENERAL) == 1
        await rig.available("ann")
        await rig.accept("ann")
        sample = "queued_to_accepted_seconds"
        assert value(rig, f"{sample}_bucket", queue=GENERAL, le="10.0") == 0
        assert value(rig, f"{sample}_bucket", queue=GENERAL, le="20.0") == 1
        assert value(rig, f"{sample}_sum", queue=GENERAL) == 15
        (item_id,) = rig.state.items
        await rig.wait(600_000)
        await rig.do(k.ReleaseItem(work_item_id=item_id, operator_id="ann", reason="lunch"))
        await rig.wait(60_000)
        await rig.accept("ann")
        assert value(rig, f"{sample}_count", queue=GENERAL) == 1
        assert value(rig, "items_returned_total", queue=GENERAL) == 1
        assert ended(rig)["accepted"] == 2


async def test_a_transfer_counts_in_the_queue_it_goes_to():
    async with life() as rig:
        await rig.available("ann", "cem")
        await rig.receive()
        await rig.accept("ann")
        (item_id,) = rig.state.items
        await rig.do(k.TransferItem(work_item_id=item_id, operator_id="ann", department_id="sales"))
        await rig.wait(3_000)
        await rig.accept("cem")
        assert ended(rig, SHOP)["accepted"] == 1
        assert value(rig, "queued_to_accepted_seconds_sum", queue=SHOP) == 3
        assert set(rig.engine.metrics._tally._items) == set(rig.state.items)


async def test_relaxation_overflow_and_diversion_are_counted():
    async with life() as rig:
        await configured(
            rig,
            relaxations=(Relaxation(1_000, departments=("sales",)),),
            overflows=(Overflow(OverflowCause.WAIT, 2_000, SHOP),),
        )
        await rig.receive()
        await rig.wait(1_000)
        await rig.wait(1_000)
        assert value(rig, "items_relaxed_total", queue=GENERAL) == 1
        assert value(rig, "items_overflowed_total", queue=GENERAL, cause="wait") == 1
        assert value(rig, "waiting_items", queue=SHOP) == 1
        await configured(rig, overflows=(Overflow(OverflowCause.UNSTAFFED, outcome="callback"),))
        await rig.receive()
        assert value(rig, "items_overflowed_total", queue=GENERAL, cause="unstaffed") == 1
        assert value(rig, "items_diverted_total", queue=GENERAL, outcome="callback") == 1


async def test_what_is_not_committed_is_not_counted():
    async with life() as rig:
        await rig.available("ann")
        before = value(rig, "committed_seq")
        rig.journal.hold()
        request = rig.writer.post(SYSTEM, k.SetPresence(operator_id="bob", presence=Presence.AVAILABLE))
        await until(lambda: rig.journal.waiting)
        assert value(rig, "committed_seq") == before
        rig.journal.release()
        await request.outcome()
        assert value(rig, "committed_seq") == rig.writer.committed_seq > (before or 0)
        assert value(rig, "operators", presence="available") == 2
        assert value(rig, "operators", presence="offline") == 1


async def test_a_second_life_knows_the_queues_of_open_items_and_who_was_served():
    disk = MemoryDisk()
    async with life(disk) as rig:
        await rig.available("ann")
        await rig.receive()
        await rig.accept("ann")
        await rig.receive()
        clock = rig.clock
    async with life(disk, clock) as rig:
        assert value(rig, "offers_made_total", queue=GENERAL) == 0
        assert value(rig, "live_offers") == 1
        await rig.accept("ann")
        assert ended(rig)["accepted"] == 1
        assert value(rig, "queued_to_accepted_seconds_count", queue=GENERAL) == 1
        assert set(rig.engine.metrics._tally._items) == set(rig.state.items)


async def test_no_label_and_no_name_comes_from_a_person():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive(text="my secret words", subject="private")
        (offer,) = rig.state.offers.values()
        await rig.do(k.DeclineOffer(offer_id=offer.offer_id, operator_id="ann", reason="kim is rude"))
        text = generate_latest(rig.engine.metrics.registry).decode()
        assert "omniroute_offers_ended_total" in text
        assert not any(word in text for word in ("kim", '"ann"', "Ann", "secret", "private", "rude"))


async def test_an_event_of_an_unknown_item_does_no_harm():
    async with life() as rig:
        tally = Tally(rig.state, CONFIG)
        tally.hear([e.OfferExpired(1, 99, 1, "ann", 0, 0), e.OfferAccepted(1, 99, "ann", 1, "mail", 0)])
        assert tally.counts["offers_ended"]["", "expired"] == tally.counts["offers_ended"]["", "accepted"] == 1


def test_the_tables_are_whole():
    assert set(COUNTED) | {"classifier_failures"} == set(COUNTERS)
    assert not COUNTERS.keys() & GAUGES.keys() & HISTOGRAMS.keys()
    assert list(BUCKETS_S) == sorted(set(BUCKETS_S))
