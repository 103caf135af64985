"""After a stop of seconds, minutes or days: nobody is blamed, everything that is due fires once and in order, nothing early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from tests.engine.rig import BACKOFF_MS, CONFIG, OFFER_MS, Rig, killed, life, turns, until

from omniroute.core import commands as k
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, ItemState, Presence
from omniroute.core.permissions import SYSTEM
from omniroute.core.rules import Overflow, OverflowCause, QueueRule, Relaxation, Requirement
from omniroute.core.state import State
from omniroute.engine import timekeeper
from omniroute.engine.mailbox import Urgency
from omniroute.errors import JournalFull
from omniroute.journal.codec import encode_event
from omniroute.journal.contract import Entry, Snapshot
from omniroute.journal.memory import MemoryDisk
from omniroute.policies.longest_idle import LongestIdle
from omniroute.testing.clock import START_MS, ManualClock

SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000
STOPS = {"90 s": 90 * SECOND, "20 min": 20 * MINUTE, "3 days": 3 * DAY}
CONNECT_MS, LEASE_MS, WRAP_UP_MS, SNOOZE_MS, BATCH_MS = 10 * SECOND, 30 * SECOND, 120 * SECOND, 10 * MINUTE, 5 * SECOND

GENERAL, SHOP = CONFIG.queues
BUSY = msgspec.structs.replace(
    CONFIG,
    queues=(
        msgspec.structs.replace(
            GENERAL,
            relaxations=(
                Relaxation(45 * SECOND, lower=(Requirement("tech", 5),)),
                Relaxation(15 * MINUTE, drop=("*",)),
            ),
            overflows=(Overflow(OverflowCause.WAIT, 12 * MINUTE, "support.rest"),),
        ),
        SHOP,
        QueueRule("support.rest", "support", "longest_idle", OFFER_MS, BACKOFF_MS, 0, 0, 0),
        QueueRule("support.batch", "support", "longest_idle", OFFER_MS, BACKOFF_MS, 0, 0, 0, batch_ms=BATCH_MS),
    ),
    channels=tuple(
        msgspec.structs.replace(rule, connect_ms=CONNECT_MS) if rule.connects else rule for rule in CONFIG.channels
    ),
    lease_ms=LEASE_MS,
    offers_max=9,
)


async def letter(rig: Rig, queue_id: str = "support.general", channel: str = "mail", tech: int = 0) -> Any:
    """A matter arrives; returns its item."""
    (received,) = await rig.do(k.ReceiveRaw(channel=channel))
    kind = InteractionKind.CONTACT_STARTED if channel == "phone" else InteractionKind.MESSAGE
    events = await rig.do(
        k.RegisterInteraction(
            raw_id=received.raw_id,
            channel=channel,
            kind=kind,
            classification=k.Classification(
                queue_id.split(".", maxsplit=1)[0],
                queue_id,
                requirements=(Requirement("tech", tech),) if tech else (),
            ),
            reference=f"ref-{received.raw_id}",
            session_key=f"s{received.raw_id}" if channel != "mail" else "",
        )
    )
    (queued,) = (event for event in events if isinstance(event, e.ItemQueued))
    return rig.state.items[queued.work_item_id]


async def take(rig: Rig, item: Any) -> Any:
    offer = rig.state.offers[item.offer_id]
    await rig.do(k.AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id))
    return item


async def busy(rig: Rig) -> dict[str, int]:
    """Something of everything that ends by itself; returns the items by what they wait for."""
    found: dict[str, int] = {}
    await rig.do(k.ConnectOperator(operator_id="ann"))
    await rig.do(k.ConnectOperator(operator_id="bob"))
    await rig.available("ann")
    snoozed, handed, written = [await take(rig, await letter(rig)) for _ in range(3)]
    until_ms = rig.clock.now_ms() + SNOOZE_MS
    await rig.do(k.SnoozeItem(work_item_id=snoozed.work_item_id, operator_id="ann", until_ms=until_ms))
    await rig.do(k.TransferItem(work_item_id=handed.work_item_id, operator_id="ann", department_id="sales"))
    rig.clock.advance(10)
    await rig.do(k.SetPresence(operator_id="ann", presence=Presence.AWAY))
    await rig.available("bob")
    call = await letter(rig, channel="phone")
    await take(rig, call)
    assert call.state is ItemState.CONNECTING
    refused = await letter(rig)
    await rig.do(k.DeclineOffer(offer_id=refused.offer_id, operator_id="bob"))
    await letter(rig, tech=9)
    rig.clock.advance(10)
    offered = await letter(rig)
    assert offered.state is ItemState.OFFERED
    await letter(rig, "support.batch")
    chat = await letter(rig, channel="chat")
    if chat.state is ItemState.OFFERED:
        await take(rig, chat)
        await rig.do(k.EndContact(work_item_id=chat.work_item_id, operator_id="bob"))
        assert chat.state is ItemState.WRAP_UP
    await rig.do(k.DisconnectOperator(operator_id="bob"))
    await rig.writer.barrier()
    found |= {"snoozed": snoozed.work_item_id, "handed": handed.work_item_id, "written": written.work_item_id}
    found |= {"call": call.work_item_id, "refused": refused.work_item_id, "offered": offered.work_item_id}
    return found | {"chat": chat.work_item_id}


def deadlines(state: State) -> dict[tuple[str, tuple[str, int, str]], int]:
    return {(concern, key): due for concern, index in state.deadlines.items() for key, due in index.live.items()}


def kinds(state: State) -> set[str]:
    return {key[0] for _, key in deadlines(state)}


def recorded(rig: Rig, after: int) -> Sequence[Any]:
    return rig.events()[after:]


def check_order(disk: MemoryDisk) -> None:
    times = [entry.at_ms for entry in disk.entries]
    assert times == sorted(times), "logical time went back"


async def stopped(disk: MemoryDisk, clock: ManualClock) -> tuple[dict[str, int], dict[Any, int], State]:
    """A life with everything in it that ends by itself, killed; returns what it left."""
    async with killed(disk, clock, BUSY) as rig:
        items = await busy(rig)
        left = State.decode(rig.state.encode())
    assert kinds(left) == {
        "offer", "backoff", "connect", "clock", "handoff", "wrap_up", "relax", "overflow", "parked", "lease", "batch",
    }  # fmt: skip
    return items, deadlines(left), left


@pytest.mark.parametrize("stop_ms", STOPS.values(), ids=STOPS)
async def test_a_stop_blames_nobody_and_what_is_due_takes_effect_once(stop_ms):
    disk, clock = MemoryDisk(), ManualClock()
    items, before, left = await stopped(disk, clock)
    old = len(disk.entries)
    clock.advance(stop_ms)
    now_ms = clock.now_ms()
    async with life(disk, clock, BUSY) as rig:
        await turns(200)
        await rig.writer.barrier()
        new = recorded(rig, old)

        overdue = {offer.offer_id for offer in left.offers.values() if offer.deadline_ms <= now_ms}
        revoked = [one for one in new if isinstance(one, e.OfferRevoked) and one.offer_id in left.offers]
        assert {one.offer_id for one in revoked} == overdue
        assert {one.reason for one in revoked} == {"outage"}
        assert not [one for one in new if isinstance(one, e.OfferExpired)]
        assert not [one for one in new if isinstance(one, e.PresenceChanged)]
        assert [operator.rona_count for operator in rig.state.operators.values()] == [0, 0, 0]
        for offer in revoked:
            item = rig.state.items.get(offer.work_item_id)
            assert item is None or offer.operator_id not in item.backoff

        (failed,) = [one for one in new if isinstance(one, e.ConnectFailed)]
        assert (failed.work_item_id, failed.reason, failed.backoff_until_ms) == (items["call"], "outage", 0)

        assert {one.operator_id for one in new if isinstance(one, e.LeaseStarted)} == {"ann", "bob"}
        for name in ("ann", "bob"):
            assert rig.state.operators[name].lease_until_ms == now_ms + LEASE_MS
            assert rig.state.operators[name].presence == left.operators[name].presence

        ended = [one for one in new if isinstance(one, e.ClockEnded)]
        due = sorted((at, key) for (concern, key), at in before.items() if concern == Concern.CLOCKS and at <= now_ms)
        assert [one.conversation_id for one in ended] == [key[1] for _, key in due]
        assert {one.outcome for one in ended} <= {"breached"}

        after = deadlines(rig.state)
        for (concern, key), at in before.items():
            if at <= now_ms:
                assert after.get((concern, key)) != at, f"{key} is overdue and has not taken effect"
            elif key[0] in {"clock", "handoff", "wrap_up", "parked", "backoff"}:
                assert after.get((concern, key)) == at, f"{key} fired early"
        assert all(at > now_ms for at in after.values())
        check_order(disk)


async def test_each_kind_of_deadline_has_its_effect_after_three_days():
    disk, clock = MemoryDisk(), ManualClock()
    items, _, _ = await stopped(disk, clock)
    old = len(disk.entries)
    clock.advance(3 * DAY)
    async with life(disk, clock, BUSY) as rig:
        await turns(200)
        await rig.writer.barrier()
        new = recorded(rig, old)
        closed = [one for one in new if isinstance(one, e.ItemClosed)]
        assert [(one.work_item_id, one.cause) for one in closed] == [(items["chat"], "wrap_up_expired")]
        assert [one.work_item_id for one in new if isinstance(one, e.ItemWoken)] == [items["snoozed"]]
        assert [one.reason for one in new if isinstance(one, e.HandoffReturned)] == ["timeout"]
        assert [one.work_item_id for one in new if isinstance(one, e.BackoffEnded)] == [items["refused"]]
        assert [one.queue_id for one in new if isinstance(one, e.BatchClosed)] == ["support.batch"]
        steps = [(one.work_item_id, one.step) for one in new if isinstance(one, e.ItemRelaxed)]
        assert len(steps) == len(set(steps)), "a step of relaxation was taken twice"
        for item_id in {item_id for item_id, _ in steps}:
            taken = [step for one, step in steps if one == item_id]
            assert taken == list(range(taken[0], taken[0] + len(taken))), "steps were taken out of turn"
        moved = [one.work_item_id for one in new if isinstance(one, e.ItemMoved)]
        assert moved
        assert len(moved) == len(set(moved))


async def test_a_clock_ends_once_however_often_the_engine_is_stopped():
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock) as rig:
        for gap in range(4):
            clock.advance(gap * MINUTE)
            await letter(rig)
    for stop_ms in (90 * SECOND, 2 * MINUTE, 20 * MINUTE, 3 * DAY):
        clock.advance(stop_ms)
        async with killed(disk, clock) as rig:
            await turns(100)
    async with life(disk, clock) as rig:
        ended = [(one.conversation_id, one.outcome) for one in rig.events(e.ClockEnded)]
        assert ended == [(number, "breached") for number in (1, 2, 3, 4)]
    check_order(disk)


async def test_clocks_of_other_lengths_are_breached_in_the_order_of_their_deadlines():
    long, short = (msgspec.structs.replace(GENERAL, queue_id=f"support.{n}", first_response_ms=ms) for n, ms in (("long", 9 * MINUTE), ("short", MINUTE)))  # fmt: skip
    config = msgspec.structs.replace(CONFIG, queues=(*CONFIG.queues, long, short))
    disk, clock = MemoryDisk(), ManualClock()
    async with killed(disk, clock, config) as rig:
        for queue_id in ("support.long", "support.general", "support.short", "support.long", "support.short"):
            await letter(rig, queue_id)
            clock.advance(SECOND)
    clock.advance(DAY)
    async with life(disk, clock, config) as rig:
        await turns(100)
        ended = rig.events(e.ClockEnded)
        assert [one.conversation_id for one in ended] == [3, 5, 2, 1, 4]
        assert {one.at_ms for one in ended} == {clock.now_ms()}


async def test_what_an_outage_excuses_is_decided_before_the_first_timer_fires():
    disk, clock = MemoryDisk(), ManualClock()
    await stopped(disk, clock)
    old = len(disk.entries)
    clock.advance(DAY)
    async with life(disk, clock, BUSY) as rig:
        await turns(200)
        new = recorded(rig, old)
        assert isinstance(new[0], e.StateHashed)
        excused = max(
            n for n, one in enumerate(new) if isinstance(one, e.LeaseStarted) or getattr(one, "reason", "") == "outage"
        )
        fired = e.ClockEnded | e.ItemRelaxed | e.BackoffEnded | e.HandoffReturned | e.ItemClosed | e.ItemWoken
        assert excused < min(n for n, one in enumerate(new) if isinstance(one, fired))


@pytest.mark.parametrize("back_ms", [SECOND, 20 * MINUTE])
async def test_a_wall_clock_that_went_back_fires_nothing_early_and_takes_no_time_back(back_ms):
    disk, clock = MemoryDisk(), ManualClock()
    _, before, left = await stopped(disk, clock)
    old, stopped_ms = len(disk.entries), left.now_ms
    clock.advance(-back_ms)
    async with life(disk, clock, BUSY) as rig:
        await turns(200)
        assert {type(one) for one in recorded(rig, old)} == {e.StateHashed, e.LeaseStarted}
        assert rig.state.now_ms == stopped_ms
        lease = {("presence", ("lease", 0, name)): stopped_ms + LEASE_MS for name in ("ann", "bob")}
        assert deadlines(rig.state) == before | lease
        await rig.do(k.ConnectOperator(operator_id="ann"))
        await rig.do(k.ConnectOperator(operator_id="bob"))
        await rig.wait(back_ms + CONNECT_MS - 21)
        assert not rig.events(e.ConnectFailed), "a moment before its time"
        await rig.wait(20 * MINUTE)
        await turns(200)
        assert all(at > clock.now_ms() for at in deadlines(rig.state).values())
        check_order(disk)


# ---- very many overdue timers
def drained(rig: Rig) -> bool:
    """Nothing is overdue any more."""
    return all(at > rig.clock.now_ms() for at in deadlines(rig.state).values())


def long_record(timers: int) -> MemoryDisk:
    """A record in which the clocks of so many letters run, half of them with a step of relaxation due as well."""
    state, disk = State(), MemoryDisk()
    policies = {"longest_idle": LongestIdle()}

    def do(command: k.Command) -> None:
        for event in machine.handle(state, command, START_MS, policies):
            disk.entries.append(Entry(len(disk.entries) + 1, state.now_ms, encode_event(event)))

    do(k.ApplyConfig(config=BUSY))
    for number in range(1, timers + 1):
        do(k.ReceiveRaw(channel="mail"))
        do(
            k.RegisterInteraction(
                raw_id=number,
                channel="mail",
                kind=InteractionKind.MESSAGE,
                classification=k.Classification(
                    "support", "support.general", requirements=(Requirement("tech", 9),) if number % 2 else ()
                ),
                reference=f"old-{number}",
            )
        )
    disk.epochs = [1] * len(disk.entries)
    disk.snapshots[len(disk.entries)] = Snapshot(len(disk.entries), state.encode())
    return disk


class Line:
    """What the writer decides, in order: slices of timers, and the arrivals of a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slices: list[int] = []
        self.decided = 0
        right = machine.handle

        def handle(state, command, now_ms, policies):
            events = right(state, command, now_ms, policies)
            if isinstance(command, k.FireDue):
                self.slices.append(command.limit)
            return events

        monkeypatch.setattr(machine, "handle", handle)

    async def arrives(self, rig: Rig, raw_id: int) -> int:
        """A matter arrives in the shop and is offered; returns for how many slices it waited."""
        before = len(self.slices)
        seen: list[int] = []

        def contents(events: Sequence[e.Event]) -> Sequence[Any]:
            seen.append(len(self.slices))
            assert any(isinstance(one, e.OfferMade) for one in events), "nobody got it"
            return ()

        command = k.RegisterInteraction(
            raw_id=raw_id,
            channel="mail",
            kind=InteractionKind.MESSAGE,
            classification=k.Classification("sales", "sales.shop"),
            reference=f"new-{raw_id}",
        )
        await rig.writer.submit(SYSTEM, command, contents, Urgency.NEW)
        return seen[0] - before


async def test_who_arrives_while_very_many_timers_are_overdue_waits_for_one_slice(monkeypatch):
    disk, clock = long_record(3_000), ManualClock()
    clock.advance(DAY)
    line = Line(monkeypatch)
    waits: list[int] = []
    async with life(disk, clock, BUSY) as rig:
        await rig.available("cem")
        number = 0
        while not drained(rig):
            (received,) = await rig.do(k.ReceiveRaw(channel="mail"))
            waits.append(await line.arrives(rig, received.raw_id))
            offer_id = rig.state.operators["cem"].offer_ids[0]
            await rig.do(k.DeclineOffer(offer_id=offer_id, operator_id="cem"))
            await turns(number % 5)
            number += 1
        assert len(rig.events(e.ClockEnded)) == 3_000
        assert number >= 20, "nobody arrived meanwhile"
    assert max(waits) <= 1
    assert max(line.slices) <= timekeeper.SLICE
    assert len(line.slices) >= 4_500 / timekeeper.SLICE


async def test_slices_shrink_to_what_fits_into_their_time(monkeypatch):
    """Where each timer takes half a millisecond, few fire at once; where they take none, many."""
    disk, clock = long_record(400), ManualClock()
    clock.advance(DAY)
    line = Line(monkeypatch)
    right, fired = machine._FIRE["clock"], []

    def slow(step, key) -> None:
        fired.append(key)
        if len(fired) % 2 == 0:
            clock.advance(1)
        right(step, key)

    monkeypatch.setitem(machine._FIRE, "clock", slow)
    sizes: list[int] = []
    monkeypatch.setattr(timekeeper.SliceSize, "learn", learning(sizes))
    async with life(disk, clock, BUSY) as rig:
        await until(lambda: drained(rig))
    assert len(fired) == 400
    clocks = [size for size in sizes if size < timekeeper.SLICE_FIRST]
    assert clocks[5:]
    assert max(clocks) <= timekeeper.SLICE_FIRST
    assert timekeeper.SLICE in line.slices, "those that take no time fire many at once"


def learning(sizes: list[int]):
    right = timekeeper.SliceSize.learn

    def learn(self, took_ms: int) -> None:
        right(self, took_ms)
        sizes.append(self.limit)

    return learn


def test_a_slice_halves_when_it_was_slow_and_doubles_when_it_was_quick():
    size = timekeeper.SliceSize()
    assert size.limit == timekeeper.SLICE_FIRST
    size.learn(timekeeper.SLICE_MS)
    assert size.limit == timekeeper.SLICE_FIRST
    for _ in range(20):
        size.learn(0)
    assert size.limit == timekeeper.SLICE
    size.learn(timekeeper.SLICE_MS + 1)
    assert size.limit == timekeeper.SLICE // 2
    for _ in range(20):
        size.learn(1_000)
    assert size.limit == 1
    size.learn(-5_000)
    assert size.limit == 2, "the wall clock was set back meanwhile"


async def test_a_full_disk_in_the_middle_of_a_long_line_of_timers_loses_none_and_repeats_none():
    disk, clock = long_record(300), ManualClock()
    clock.advance(DAY)
    async with life(disk, clock, BUSY) as rig:
        await until(lambda: rig.events(e.ClockEnded))
        rig.journal.fail_next(JournalFull("no space"))
        await turns(50)
        await rig.wait(timekeeper.FULL_DISK_PAUSE_MS)
        await until(lambda: drained(rig))
        ended = [one.conversation_id for one in rig.events(e.ClockEnded)]
        assert ended == list(range(1, 301))
