"""Somebody is kept free for work that smaller work would push back for ever."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.centre import Centre, rule
from tests.core.world import CHAT, MAIL, MINUTE, PHONE, SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.eligibility import why_not
from omniroute.core.model import InteractionKind, Presence, WorkItem
from omniroute.core.state import State


def centre(**fields: object) -> Centre:
    return Centre(rule(offer_ms=10 * MINUTE), channels=(MAIL, CHAT, PHONE), reserve_ms=MINUTE, offers_max=9, **fields)


def full_of_letters(world: Centre) -> list[WorkItem]:
    """Ann, who can hold five units, has five letters; a call of five waits."""
    world.join("ann", capacity=5)
    return [world.keep("ann") for _ in range(5)]


@pytest.fixture
def waiting() -> tuple[Centre, list[WorkItem], WorkItem]:
    world = centre()
    letters = full_of_letters(world)
    return world, letters, world.send(channel="phone")


def test_before_the_time_what_fits_goes_first(waiting):
    world, letters, call = waiting
    world.run(MINUTE - 1)
    small = world.send()
    world.finish(letters[0])
    assert (world.whose(small), world.whose(call)) == ("ann", "")
    assert world.events(e.ItemReserved) == []


def test_after_it_somebody_is_kept_free_until_it_fits(waiting):
    world, letters, call = waiting
    world.run(MINUTE)
    assert world.events(e.ItemReserved) == []
    world.finish(letters.pop())
    assert world.just(e.ItemReserved).operator_id == "ann"
    for letter in letters:
        small = world.send()
        assert world.whose(call) == ""
        world.finish(letter)
        assert world.whose(small) == ""
    assert world.whose(call) == "ann"
    assert (world.state.operators["ann"].reserved_for, call.reserved_by) == (0, "")


def test_nobody_starves_while_smaller_work_comes_without_end():
    """Whatever ends is followed by something new; the call has its operator when what was held at its time has ended."""
    world = centre()
    letters = full_of_letters(world)
    call = world.send(channel="phone")
    for _ in range(60):
        world.run(10 * SECOND)
        world.send()
        if world.whose(call):
            break
        world.finish(letters.pop(0))
        offered = [world.state.offers[i].work_item_id for i in world.state.operators["ann"].offer_ids]
        letters += [world.take(world.state.items[i]) for i in offered if i != call.work_item_id]
    assert world.whose(call) == "ann"
    assert world.now_ms - call.enqueued_ms <= MINUTE + 6 * 10 * SECOND


def test_the_reserved_are_named(waiting):
    world, letters, call = waiting
    world.run(MINUTE).finish(letters[0])
    small = world.send()
    ann = world.state.operators["ann"]
    assert (why_not(world.state, ann, small), why_not(world.state, ann, call)) == ("reserved", "capacity")


def test_whoever_has_room_takes_it_and_sets_free_who_was_kept(waiting):
    world, letters, call = waiting
    world.run(MINUTE).finish(letters[0])
    small = world.send()
    world.join("bob", capacity=5)
    assert (world.whose(call), world.whose(small)) == ("bob", "ann")


def test_who_is_kept_free_and_leaves_is_kept_no_longer(waiting):
    world, letters, call = waiting
    world.run(MINUTE).finish(letters[0])
    world.presence("ann", Presence.AWAY)
    assert world.just(e.ReservationEnded).operator_id == "ann"
    assert (world.state.operators["ann"].reserved_for, call.reserved_by) == (0, "")
    world.presence("ann", Presence.AVAILABLE)
    assert call.reserved_by == "ann"


def test_only_one_is_kept_free_for_one_item(waiting):
    world, letters, call = waiting
    world.join("bob", capacity=6)
    assert world.whose(call) == "bob"
    other = world.send(channel="phone", session="s2")
    world.run(MINUTE).finish(letters[0])
    assert other.reserved_by == "ann"
    world.put("bob", capacity=7)
    assert world.state.operators["bob"].reserved_for == 0


def test_when_it_goes_elsewhere_the_others_come_at_once(waiting):
    world, letters, call = waiting
    world.run(MINUTE).finish(letters[0])
    small = world.send()
    assert world.whose(small) == ""
    world.contact(
        InteractionKind.CONTACT_ABANDONED, session=world.state.conversations[call.conversation_id].session_key
    )
    assert world.whose(small) == "ann"


def test_a_supervisor_may_give_small_work_all_the_same(waiting):
    world, letters, _ = waiting
    world.run(MINUTE).finish(letters[0])
    small = world.send()
    world.do(c.ForceItem(work_item_id=small.work_item_id, operator_id="ann", by="sue"))
    assert world.whose(small) == "ann"


def test_what_can_wait_keeps_nobody_from_what_cannot():
    world = Centre(
        rule(offer_ms=10 * MINUTE),
        channels=(msgspec.structs.replace(MAIL, cost_units=5), CHAT),
        reserve_ms=MINUTE,
    )
    world.join("ann", capacity=6)
    chats = [world.keep("ann", channel="chat") for _ in range(3)]
    letter = world.send()
    world.run(MINUTE).finish(chats[0])
    assert letter.reserved_by == "ann"
    assert world.whose(world.send(channel="chat")) == "ann"


def test_zero_keeps_nobody_free():
    world = Centre(rule(offer_ms=10 * MINUTE), channels=(MAIL, PHONE), reserve_ms=0)
    letters = full_of_letters(world)
    world.send(channel="phone")
    world.run(10 * MINUTE).finish(letters[0])
    assert world.events(e.ItemReserved) == []


def test_it_survives_a_snapshot(waiting):
    world, letters, call = waiting
    world.run(MINUTE).finish(letters.pop())
    world.state = State.decode(world.state.encode())
    for letter in letters:
        world.finish(world.state.items[letter.work_item_id])
    assert world.whose(world.state.items[call.work_item_id]) == "ann"
    assert world.replayed().encode() == world.state.encode()
