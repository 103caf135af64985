"""Deadlines under a clock that only the test moves: on time, never early, woken by whatever comes sooner."""

from __future__ import annotations

import pytest
from tests.engine.rig import FIRST_RESPONSE_MS, OFFER_MS, killed, life, turns, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.model import Presence
from omniroute.core.permissions import SYSTEM
from omniroute.engine import timekeeper
from omniroute.errors import Conflict, JournalFull
from omniroute.journal.memory import MemoryDisk
from omniroute.testing.clock import ManualClock


async def test_an_offer_expires_exactly_at_its_deadline():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        (offer,) = rig.state.offers.values()
        await rig.wait(OFFER_MS - 1)
        assert offer.offer_id in rig.state.offers
        await rig.wait(1)
        (expired,) = rig.events(e.OfferExpired)
        assert expired.at_ms == offer.deadline_ms
        assert expired.operator_id == "ann"


async def test_an_expired_offer_goes_to_somebody_else():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        await rig.available("bob")
        await rig.wait(OFFER_MS)
        assert [offer.operator_id for offer in rig.state.offers.values()] == ["bob"]


async def test_an_earlier_deadline_wakes_the_timekeeper():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        rig.clock.advance(OFFER_MS // 2)
        await rig.available("cem")
        assert rig.clock.next_due_ms() == next(iter(rig.state.offers.values())).deadline_ms
        await rig.do(k.DeclineOffer(offer_id=1, operator_id="ann"))  # now the back-off is the next deadline
        await rig.available("bob")  # and now the offer to bob, which ends sooner
        await turns()
        (offer,) = rig.state.offers.values()
        await rig.wait(OFFER_MS)
        assert [one.at_ms for one in rig.events(e.OfferExpired)] == [offer.deadline_ms]


@pytest.mark.parametrize("gap", range(6))
async def test_no_wake_up_is_lost_however_the_tasks_interleave(gap):
    """A command may come between the timekeeper's look at the deadlines and its falling asleep."""
    async with life() as rig:
        await rig.available("ann", "bob")
        await rig.receive()
        (first,) = rig.state.offers.values()
        decline = rig.writer.post(SYSTEM, k.DeclineOffer(offer_id=first.offer_id, operator_id=first.operator_id))
        await turns(gap)
        accept = rig.writer.post(SYSTEM, k.SetPresence(operator_id=first.operator_id, presence=Presence.AWAY))
        await turns(gap)
        other = rig.writer.post(SYSTEM, k.ReceiveRaw(channel="mail"))
        for request in (decline, accept, other):
            await request.outcome()
        await rig.do(k.QuarantineRaw(raw_id=2, reason="test"))
        (offer,) = rig.state.offers.values()
        await rig.wait(OFFER_MS)
        assert [one.offer_id for one in rig.events(e.OfferExpired)] == [offer.offer_id]


async def test_an_accept_at_the_deadline_is_too_late():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        (offer,) = rig.state.offers.values()
        rig.clock.advance(OFFER_MS)
        with pytest.raises(Conflict):
            await rig.do(k.AcceptOffer(offer_id=offer.offer_id, operator_id="ann"))
        await turns()
        assert len(rig.events(e.OfferExpired)) == 1


async def test_clocks_and_transfers_have_timekeepers_of_their_own():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        await rig.accept("ann")
        (item,) = rig.state.items.values()
        await rig.do(k.TransferItem(work_item_id=item.work_item_id, operator_id="ann", department_id="sales"))
        (handoff,) = rig.state.handoffs.values()
        await rig.wait(FIRST_RESPONSE_MS)
        assert [one.outcome for one in rig.events(e.ClockEnded)] == ["breached"]
        await rig.wait(handoff.deadline_ms - rig.clock.now_ms())
        assert [one.reason for one in rig.events(e.HandoffReturned)] == ["timeout"]
        assert rig.state.items[item.work_item_id].operator_id == "ann"


async def test_many_overdue_deadlines_come_in_slices(monkeypatch):
    monkeypatch.setattr(timekeeper, "SLICE", 3)
    async with life() as rig:
        for _ in range(8):
            await rig.receive()
        await rig.wait(FIRST_RESPONSE_MS)
        await until(lambda: len(rig.events(e.ClockEnded)) == 8)


async def test_a_full_disk_delays_a_deadline_and_loses_none():
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        rig.journal.fail_next(JournalFull("no space"))
        await rig.wait(OFFER_MS)
        assert not rig.events(e.OfferExpired)
        await rig.wait(timekeeper.FULL_DISK_PAUSE_MS)
        assert len(rig.events(e.OfferExpired)) == 1


async def test_a_deadline_that_comes_back_by_a_reload_is_kept():
    """The accept that would have ended the offer never happened: the offer runs out on time."""
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        await rig.do(k.SetPresence(operator_id="ann", presence=Presence.AWAY))
        await rig.available("ann")
        (offer,) = rig.state.offers.values()
        rig.journal.hold()
        request = rig.writer.post(SYSTEM, k.AcceptOffer(offer_id=offer.offer_id, operator_id="ann"))
        await until(lambda: rig.journal.waiting)
        await turns()
        rig.clock.advance(OFFER_MS)  # the timekeeper looks: there is no such offer, so it goes to sleep for good
        await turns()
        rig.journal.fail_next(JournalFull("no space"))
        rig.journal.release()
        with pytest.raises(JournalFull):
            await request.outcome()
        await turns()
        assert [one.offer_id for one in rig.events(e.OfferExpired)] == [offer.offer_id]


async def test_offers_and_clocks_stand_where_they_were_after_a_restart():
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock) as rig:
        await rig.available("ann")
        await rig.receive()
        deadline_ms = rig.state.offers[1].deadline_ms
        due_ms = rig.state.conversations[1].clocks[0].due_ms
    clock.advance(OFFER_MS // 2)
    async with life(disk, clock) as rig:
        assert rig.state.offers[1].deadline_ms == deadline_ms
        assert rig.state.conversations[1].clocks[0].due_ms == due_ms
        await rig.wait(OFFER_MS // 2)
        assert [one.at_ms for one in rig.events(e.OfferExpired)] == [deadline_ms]


async def test_what_ran_out_during_an_outage_is_nobodys_fault():
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock) as rig:
        await rig.available("ann")
        await rig.receive()
    clock.advance(OFFER_MS * 2)
    async with life(disk, clock) as rig:
        assert [one.reason for one in rig.events(e.OfferRevoked)] == ["outage"]
        assert not rig.events(e.OfferExpired)
        assert [offer.operator_id for offer in rig.state.offers.values()] == ["ann"]


def break_offer(rig, offer_id: int, monkeypatch) -> None:
    """The end of one offer fails by a bug."""
    right = machine._FIRE["offer"]

    def fire(step, key) -> None:
        if key[1] == offer_id:
            raise ZeroDivisionError
        right(step, key)

    monkeypatch.setitem(machine._FIRE, "offer", fire)


async def test_a_deadline_that_fails_by_a_bug_holds_up_no_earlier_one_and_pauses_longer_each_time(monkeypatch):
    async with life() as rig:
        await rig.available("ann", "bob")
        await rig.receive()
        rig.clock.advance(1)
        await rig.receive(**{"from": "lou@example.org"})
        first, second = rig.state.offers.values()
        break_offer(rig, second.offer_id, monkeypatch)
        bugs = []
        monkeypatch.setattr(rig.writer, "_recover_from_bug", counted(rig.writer._recover_from_bug, bugs))
        await rig.wait(OFFER_MS)
        await until(lambda: rig.events(e.OfferExpired))
        assert [one.offer_id for one in rig.events(e.OfferExpired)] == [first.offer_id]
        await until(lambda: len(bugs) == 2)  # in the slice, then alone
        for number, pause_ms in enumerate((1_000, 2_000, 4_000), 3):
            await rig.wait(pause_ms - 1)
            assert len(bugs) == number - 1
            await rig.wait(1)
            await until(lambda number=number: len(bugs) == number)
        monkeypatch.undo()
        await rig.wait(8_000)
        await until(lambda: len(rig.events(e.OfferExpired)) >= 2)
        assert second.offer_id in {one.offer_id for one in rig.events(e.OfferExpired)}


async def test_other_concerns_go_on_while_one_pauses(monkeypatch):
    async with life() as rig:
        await rig.available("ann")
        await rig.receive()
        break_offer(rig, 1, monkeypatch)
        await rig.wait(FIRST_RESPONSE_MS)
        await until(lambda: rig.events(e.ClockEnded))
        assert not rig.events(e.OfferExpired)


def counted(work, calls: list):
    async def call(*args) -> None:
        calls.append(args)
        await work(*args)

    return call
