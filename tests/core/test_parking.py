"""Parking: put aside until an exact moment, back at the old place, and first for who put it aside."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, SECOND, World, changed, with_channel, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.parking import SNOOZE_MS_MAX
from omniroute.core.rules import CoreConfig
from omniroute.errors import Conflict, Forbidden, InvalidInput, NotFound

SNOOZE_MS = 10 * MINUTE
RETURN_MS = 60 * SECOND
DAY_MS = 24 * 60 * MINUTE


def _world(config: CoreConfig = CONFIG, capacity: int = 10) -> World:
    world = World(config)
    world.operator("ann", capacity=capacity)
    return world


@pytest.fixture
def world() -> World:
    return _world()


@pytest.fixture
def parked(world: World) -> World:
    world.held()
    world.snooze(1, SNOOZE_MS)
    return world


# ---- put aside
def test_what_is_put_aside_has_no_owner_and_takes_no_capacity(world):
    world.held()
    world.do(c.SnoozeItem(work_item_id=1, operator_id="ann", until_ms=world.now_ms + SNOOZE_MS, by="sue"))
    assert world.just(e.ItemSnoozed) == e.ItemSnoozed(1, 1, "ann", world.now_ms, world.now_ms + SNOOZE_MS, "sue")
    item, ann = world.item(1), world.state.operators["ann"]
    assert (item.state, item.operator_id, item.parked_by) == ("parked", "", "ann")
    assert (ann.item_ids, ann.load_units) == ([], 0)
    assert world.matter(1).owner_id == ""


def test_putting_aside_makes_room_for_the_next():
    world = _world(capacity=1)
    world.held()
    waiting = world.write()
    world.snooze(1, SNOOZE_MS)
    assert world.offered() == [waiting]


def test_what_is_put_aside_is_offered_to_nobody(parked):
    parked.operator("bob")
    parked.run(SNOOZE_MS - 1)
    assert parked.item(1).state == "parked"
    assert parked.offered("ann") == parked.offered("bob") == []


@pytest.mark.parametrize("ms", [0, -1, SNOOZE_MS_MAX + 1])
def test_work_is_put_aside_for_a_bounded_time_that_is_to_come(world, ms):
    world.held()
    with pytest.raises(InvalidInput) as caught:
        world.snooze(1, ms)
    assert caught.value.path == "until_ms"


@pytest.mark.parametrize("ms", [1, SNOOZE_MS_MAX])
def test_the_bounds_of_the_time_are_allowed(world, ms):
    world.held()
    world.snooze(1, ms)
    assert world.item(1).parked_until_ms == world.now_ms + ms


@pytest.mark.parametrize("operator_id", ["", "bob"])
def test_only_the_owner_puts_work_aside(world, operator_id):
    world.operator("bob", "sales")
    world.held()
    with pytest.raises(Forbidden):
        world.do(c.SnoozeItem(work_item_id=1, operator_id=operator_id, until_ms=world.now_ms + 1))


def test_what_waits_or_is_offered_or_put_aside_already_cannot_be_put_aside(parked):
    parked.write()
    for work_item_id in (1, 2):
        with pytest.raises(Forbidden):
            parked.do(c.SnoozeItem(work_item_id=work_item_id, operator_id="ann", until_ms=parked.now_ms + 1))
    with pytest.raises(NotFound):
        parked.do(c.SnoozeItem(work_item_id=9, operator_id="ann", until_ms=parked.now_ms + 1))


def test_a_running_contact_cannot_be_put_aside(world):
    world.call()
    world.accept()
    with pytest.raises(Conflict, match="running contact"):
        world.snooze(1, SNOOZE_MS)
    world.contact(InteractionKind.CONTACT_CONNECTED)
    with pytest.raises(Conflict, match="running contact"):
        world.snooze(1, SNOOZE_MS)


def test_what_is_being_transferred_or_written_up_cannot_be_put_aside(world):
    world.held()
    world.transfer(1, "sales")
    with pytest.raises(Conflict, match="transfer"):
        world.snooze(1, SNOOZE_MS)
    world.held()
    world.hang_up(2)
    with pytest.raises(Conflict, match="only assigned"):
        world.snooze(2, SNOOZE_MS)


def test_nobody_answers_or_finishes_what_is_put_aside(parked):
    with pytest.raises(Forbidden):
        parked.reply(1)
    with pytest.raises(Forbidden):
        parked.do(c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"))


def test_the_deadlines_of_held_work_end_when_it_is_put_aside():
    world = _world(with_queue("support.first", with_channel("mail", idle_ms=SECOND), answer_ms=5 * SECOND))
    world.held()
    world.snooze(1, SNOOZE_MS)
    world.run(SNOOZE_MS - 1)
    assert world.item(1).state == "parked"
    assert not world.events(e.ItemReturned)


def test_an_idle_chat_that_is_put_aside_gives_nothing_back_twice():
    world = _world(with_channel("chat", idle_ms=SECOND))
    world.held(channel="chat")
    world.reply(1)
    world.run(SECOND)
    world.snooze(1, SNOOZE_MS)
    assert world.state.operators["ann"].load_units == 0


# ---- it comes back
def test_it_comes_back_exactly_at_its_moment_and_is_offered_to_who_put_it_aside(parked):
    parked.operator("bob")
    parked.wait(SNOOZE_MS - 1).fire(Concern.HELD)
    assert parked.last == []
    parked.wait(1).fire(Concern.HELD)
    assert parked.just(e.ItemWoken) == e.ItemWoken(1, 1, "due", parked.now_ms, "ann", parked.now_ms + RETURN_MS)
    assert parked.offered("ann") == [1]


def test_it_is_kept_for_who_put_it_aside_and_then_for_everybody():
    world = _world(capacity=1)
    world.held()
    world.snooze(1, SNOOZE_MS)
    world.held()
    world.operator("bob")
    world.run(SNOOZE_MS)
    assert world.item(1).state == "queued"
    assert world.item(1).held_for == "ann"
    world.run(RETURN_MS - 1)
    assert world.offered("bob") == []
    world.run(1)
    assert world.offered("bob") == [1]


def test_who_becomes_free_in_time_gets_what_was_kept():
    world = _world(capacity=1)
    world.held()
    world.snooze(1, SNOOZE_MS)
    other = world.held()
    world.operator("bob")
    world.run(SNOOZE_MS)
    world.complete(other)
    assert world.offered("ann") == [1]


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE, Presence.DRAINING])
def test_it_is_not_kept_for_who_is_not_there(parked, presence):
    parked.operator("bob")
    parked.presence("ann", presence)
    parked.run(SNOOZE_MS)
    assert parked.events(e.ItemWoken)[0].held_for == ""
    assert parked.offered("bob") == [1]


def test_it_is_not_kept_for_who_left_its_channel(parked):
    parked.operator("bob")
    parked.on_channel("ann", "mail", Presence.AWAY)
    parked.run(SNOOZE_MS)
    assert parked.offered("bob") == [1]


def test_it_is_not_kept_for_who_is_not_able_any_more(parked):
    parked.operator("bob")
    parked.operator("ann", "sales")
    parked.run(SNOOZE_MS)
    assert parked.offered("bob") == [1]


def test_it_is_not_kept_for_who_may_not_be_offered_it():
    """Ann declined it and took it all the same: her back-off still runs."""
    world = _world(with_queue("support.first", backoff_ms=20 * MINUTE))
    world.operator("bob", capacity=1)
    world.presence("bob", Presence.AWAY)
    world.write()
    world.decline()
    world.pull(1)
    world.snooze(1, SNOOZE_MS)
    world.presence("bob", Presence.AVAILABLE)
    world.run(SNOOZE_MS)
    assert world.offered("bob") == [1]


def test_who_leaves_while_it_is_kept_for_them_leaves_it_to_everybody():
    world = _world(capacity=1)
    world.held()
    world.snooze(1, SNOOZE_MS)
    world.held()
    world.operator("bob")
    world.run(SNOOZE_MS)
    world.presence("ann", Presence.AWAY)
    assert world.offered("bob") == [1]


def test_without_a_time_for_it_nothing_is_kept():
    world = _world(changed(return_ms=0))
    world.operator("bob")
    world.held()
    world.snooze(1, SNOOZE_MS)
    world.run(SNOOZE_MS)
    assert (world.item(1).held_for, world.item(1).hold_until_ms) == ("", 0)
    assert world.item(1).state == "offered"


def test_what_came_back_and_is_declined_is_for_everybody(parked):
    parked.operator("bob")
    parked.run(SNOOZE_MS)
    parked.decline("ann")
    assert parked.offered("bob") == [1]


def test_what_came_back_and_is_not_answered_counts_like_any_other(parked):
    parked.operator("bob")
    parked.run(SNOOZE_MS)
    parked.run(20 * SECOND)
    assert parked.events(e.OfferExpired)[0].operator_id == "ann"
    assert parked.state.operators["ann"].rona_count == 1
    assert parked.offered("bob") == [1]


def test_it_comes_back_at_its_old_place():
    world = _world(changed(return_ms=0), capacity=1)
    world.held()
    world.snooze(1, SNOOZE_MS)
    world.held()
    later = world.wait(SECOND).write()
    world.run(SNOOZE_MS)
    assert world.item(1).rank_ms < world.item(later).rank_ms
    world.complete(2)
    assert world.offered() == [1]


def test_it_keeps_its_queue_and_its_requirements(parked):
    before = parked.item(1).queue_id, parked.item(1).requirements
    parked.run(SNOOZE_MS)
    assert (parked.item(1).queue_id, parked.item(1).requirements) == before


def test_a_message_brings_it_back_earlier(parked):
    parked.operator("bob")
    parked.wait(SECOND).write(conversation_id=1)
    assert parked.just(e.ItemWoken) == e.ItemWoken(1, 1, "message", parked.now_ms, "ann", parked.now_ms + RETURN_MS)
    assert parked.offered("ann") == [1]
    parked.accept()
    parked.run(SNOOZE_MS)
    assert len(parked.events(e.ItemWoken)) == 1


def test_a_customer_who_calls_brings_it_back_earlier(parked):
    parked.write(channel="phone", kind=InteractionKind.CONTACT_STARTED, conversation_id=1)
    assert parked.just(e.ItemWoken).cause == "contact"
    assert parked.offered() == [1]


def test_a_customer_who_is_put_through_to_who_put_it_aside_gives_them_the_work(parked):
    parked.write(channel="phone", kind=InteractionKind.CONTACT_CONNECTED, conversation_id=1, operator_id="ann")
    assert parked.item(1).state == "assigned"
    assert parked.item(1).operator_id == "ann"


@pytest.mark.parametrize("kind", [InteractionKind.CONTACT_ENDED, InteractionKind.CONTACT_ABANDONED])
def test_the_end_of_a_contact_brings_nothing_back_and_closes_nothing(parked, kind):
    parked.write(channel="phone", kind=kind, conversation_id=1)
    assert parked.item(1).state == "parked"


def test_a_message_in_another_matter_wakes_nothing(parked):
    parked.write()
    assert parked.item(1).state == "parked"


def test_the_clock_runs_on_while_work_is_put_aside():
    world = _world(with_queue("support.first", first_response_ms=5 * MINUTE))
    world.held()
    world.snooze(1, SNOOZE_MS)
    world.run(5 * MINUTE)
    assert world.just(e.ClockEnded).outcome == "breached"
    assert world.item(1).state == "parked"


def test_two_items_come_back_each_at_its_own_moment(world):
    world.held()
    world.held()
    world.snooze(1, 2 * MINUTE)
    world.snooze(2, MINUTE)
    world.run(MINUTE)
    assert world.offered() == [2]
    assert world.item(1).state == "parked"
    world.accept()
    world.run(MINUTE)
    assert world.offered() == [1]


def test_two_items_of_one_moment_come_back_in_order_of_rank():
    world = _world(changed(offers_max=1))
    world.held()
    world.wait(SECOND).held()
    world.snooze(2, SNOOZE_MS)
    world.snooze(1, SNOOZE_MS)
    world.run(SNOOZE_MS)
    assert world.offered() == [1]
    assert world.item(2).state == "queued"


def test_it_can_be_put_aside_again(parked):
    parked.run(SNOOZE_MS)
    parked.accept()
    parked.snooze(1, SNOOZE_MS)
    parked.run(SNOOZE_MS)
    assert len(parked.events(e.ItemWoken)) == 2
    assert parked.offered() == [1]


def test_who_put_it_aside_may_take_it_back_at_any_time(parked):
    parked.wait(SECOND).pull(1)
    assert parked.just(e.ItemWoken).cause == "taken"
    assert parked.item(1).operator_id == "ann"
    assert parked.item(1).parked_until_ms == 0
    parked.run(SNOOZE_MS)
    assert parked.item(1).operator_id == "ann"


def test_a_restart_brings_it_back_at_the_same_moment(parked):
    again = type(parked.state).decode(parked.state.encode())
    assert again.deadlines[Concern.HELD].next_ms() == parked.now_ms + SNOOZE_MS
    assert parked.replayed().encode() == parked.state.encode()


def test_a_moment_that_passed_during_an_outage_takes_effect_at_once(parked):
    parked.wait(DAY_MS).do(c.ResumeAfterOutage())
    parked.fire(Concern.HELD)
    assert parked.just(e.ItemWoken).at_ms == parked.now_ms
    assert parked.offered() == [1]


def test_a_configuration_leaves_what_is_put_aside_alone(parked):
    parked.do(c.ApplyConfig(config=changed(return_ms=SECOND)))
    assert parked.item(1).parked_until_ms == parked.now_ms + SNOOZE_MS
    parked.run(SNOOZE_MS)
    assert parked.events(e.ItemWoken)[0].hold_until_ms == parked.now_ms + SECOND
    with pytest.raises(Conflict, match="open work"):
        parked.do(c.ApplyConfig(config=changed(queues=CONFIG.queues[1:])))
