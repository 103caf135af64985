"""Work that is left unanswered goes back at its deadline (invariant 16)."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, SECOND, World, changed, with_channel, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence

ANSWER_MS = 10 * MINUTE
BACKOFF_MS = 30 * SECOND
ANSWERING = with_queue("support.first", answer_ms=ANSWER_MS)
CONNECTED = InteractionKind.CONTACT_CONNECTED


@pytest.fixture
def world() -> World:
    """Ann holds a letter that waits for an answer."""
    world = World(ANSWERING)
    world.operator("ann")
    world.held()
    return world


def _lost(world: World) -> list[str]:
    """Who lost work because it was not answered."""
    return [event.operator_id for event in world.events(e.ItemReturned) if event.reason == "unanswered"]


def test_unanswered_work_goes_back_exactly_at_its_deadline(world):
    assert world.item(1).answer_due_ms == world.now_ms + ANSWER_MS
    world.wait(ANSWER_MS - 1).fire(Concern.HELD)
    assert world.last == []
    world.wait(1).fire(Concern.HELD)
    assert world.just(e.ItemReturned) == e.ItemReturned(
        1, 1, "ann", "unanswered", world.now_ms, world.now_ms + BACKOFF_MS
    )
    item, ann = world.item(1), world.state.operators["ann"]
    assert (item.state, item.operator_id, item.answer_due_ms) == ("queued", "", 0)
    assert (ann.load_units, ann.rona_count, ann.presence) == (0, 0, Presence.AVAILABLE)
    assert world.matter(1).owner_id == ""


def test_it_goes_back_to_its_old_place_and_to_a_colleague_first(world):
    rank_ms = world.item(1).rank_ms
    world.wait(ANSWER_MS).operator("bob", capacity=1)
    world.presence("ann", Presence.DRAINING)
    later = world.write()
    world.decline("bob")
    assert world.item(later).state == "queued"
    world.presence("ann", Presence.AVAILABLE)
    world.fire(Concern.HELD)
    assert world.offered("bob") == [1]
    assert world.item(1).rank_ms == rank_ms < world.item(later).rank_ms


def test_who_left_it_unanswered_is_offered_it_after_the_back_off(world):
    world.run(ANSWER_MS + BACKOFF_MS - 1)
    assert world.offered() == []
    world.run(1)
    assert world.offered() == [1]


def test_without_a_back_off_it_is_offered_again_at_once():
    world = World(with_queue("support.first", answer_ms=MINUTE, backoff_ms=0))
    world.operator()
    world.held()
    world.run(MINUTE)
    assert world.events(e.ItemReturned)[0].backoff_until_ms == 0
    assert world.offered() == [1]


def test_an_answer_in_time_stops_it(world):
    world.run(ANSWER_MS - 1)
    world.reply(1)
    assert world.item(1).answer_due_ms == 0
    world.run(10 * ANSWER_MS)
    assert world.item(1).operator_id == "ann"
    assert not _lost(world)


def test_an_answer_at_the_deadline_that_has_not_fired_counts(world):
    world.wait(ANSWER_MS).reply(1)
    world.fire(Concern.HELD)
    assert not _lost(world)


def test_a_note_is_no_answer(world):
    world.run(ANSWER_MS - 1)
    world.do(c.AddNote(conversation_id=1, operator_id="ann"))
    world.run(1)
    assert _lost(world) == ["ann"]


def test_a_new_message_starts_it_again(world):
    world.reply(1)
    world.run(ANSWER_MS)
    world.write(conversation_id=1)
    assert world.item(1).answer_due_ms == world.now_ms + ANSWER_MS
    world.run(ANSWER_MS)
    assert _lost(world) == ["ann"]


def test_a_second_message_does_not_move_the_deadline_of_the_first(world):
    due_ms = world.item(1).answer_due_ms
    world.wait(MINUTE).write(conversation_id=1)
    assert world.item(1).answer_due_ms == due_ms


def test_the_next_operator_has_the_whole_time(world):
    world.operator("bob")
    world.run(ANSWER_MS)
    world.accept("bob")
    assert world.item(1).answer_due_ms == world.now_ms + ANSWER_MS
    world.run(ANSWER_MS)
    assert _lost(world) == ["ann", "bob"]


def test_work_that_was_answered_by_the_one_is_not_due_with_the_next(world):
    world.reply(1)
    world.operator("bob")
    world.release(1)
    world.accept("bob")
    assert world.item(1).answer_due_ms == 0


def test_a_pending_transfer_pauses_it(world):
    world.run(ANSWER_MS - 1)
    handoff_id = world.transfer(1, "sales")
    assert world.held_item(1).answer_due_ms == 0
    world.run(MINUTE)
    assert world.held_item(1).operator_id == "ann"
    world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    assert world.item(1).answer_due_ms == world.now_ms + ANSWER_MS


def test_a_transfer_that_comes_back_leaves_the_whole_time_for_the_answer(world):
    world.transfer(1, "sales")
    world.run(2 * MINUTE)
    assert world.events(e.HandoffReturned)
    assert world.item(1).answer_due_ms == world.now_ms + ANSWER_MS


def test_a_message_during_a_transfer_starts_nothing(world):
    world.reply(1)
    world.transfer(1, "sales")
    world.write(conversation_id=1)
    assert all(item.answer_due_ms == 0 for item in world.state.items.values())


def test_a_transfer_that_is_accepted_is_due_by_the_rule_of_its_queue():
    world = World(with_queue("sales.orders", ANSWERING, answer_ms=MINUTE))
    world.operator("ann")
    world.operator("bob", "sales")
    world.held()
    world.transfer(1, "sales")
    world.accept("bob")
    assert world.item(1).answer_due_ms == world.now_ms + MINUTE
    world.run(MINUTE)
    assert _lost(world) == ["bob"]


def test_what_is_written_up_owes_no_answer(world):
    world.hang_up(1)
    assert world.item(1).answer_due_ms == 0
    world.run(MINUTE - 1)
    assert world.item(1).state == "wrap_up"


def test_what_is_finished_or_put_aside_owes_no_answer(world):
    world.held()
    world.complete(1)
    world.snooze(2, 60 * MINUTE)
    world.run(59 * MINUTE)
    assert not _lost(world)


def test_a_queue_without_a_time_for_it_never_takes_work_back():
    world = World()
    world.operator()
    world.held()
    world.run(24 * 60 * MINUTE)
    assert world.item(1).operator_id == "ann"


def test_who_is_away_loses_it_as_well(world):
    world.presence("ann", Presence.AWAY)
    world.run(ANSWER_MS)
    assert _lost(world) == ["ann"]


def test_a_chat_may_be_due_for_an_answer_and_idle_by_turns():
    world = World(with_channel("chat", ANSWERING, idle_ms=MINUTE))
    world.operator()
    world.held(channel="chat")
    assert (bool(world.item(1).answer_due_ms), bool(world.item(1).idle_due_ms)) == (True, False)
    world.reply(1)
    assert (bool(world.item(1).answer_due_ms), bool(world.item(1).idle_due_ms)) == (False, True)
    world.run(MINUTE)
    assert world.item(1).idle
    world.write(channel="chat", conversation_id=1)
    item = world.item(1)
    assert (item.idle, bool(item.answer_due_ms), bool(item.idle_due_ms)) == (False, True, False)
    world.run(ANSWER_MS)
    assert _lost(world) == ["ann"]
    assert world.state.operators["ann"].load_units == 0


def test_a_call_owes_no_answer_once_it_is_connected():
    world = World(ANSWERING)
    world.operator()
    world.call()
    world.accept()
    assert world.item(1).answer_due_ms == 0


def test_a_call_that_is_being_connected_owes_no_answer():
    world = World(with_channel("phone", ANSWERING, connect_ms=30 * MINUTE))
    world.operator()
    world.call()
    world.accept()
    world.write(conversation_id=1)
    assert world.item(1).answer_due_ms == 0


def test_what_the_customer_writes_during_a_call_does_not_take_the_call_away():
    world = World(ANSWERING)
    world.operator()
    world.call()
    world.accept()
    world.contact(CONNECTED)
    world.write(conversation_id=1)
    assert world.item(1).answer_due_ms == 0
    world.run(2 * ANSWER_MS)
    assert world.item(1).operator_id == "ann"
    world.contact(InteractionKind.CONTACT_ENDED)
    assert world.item(1).state == "wrap_up"


def test_a_contact_that_begins_stops_the_time_to_answer(world):
    world.run(ANSWER_MS - 1)
    world.write(channel="phone", kind=InteractionKind.CONTACT_STARTED, conversation_id=1)
    world.run(ANSWER_MS)
    assert world.item(1).operator_id == "ann"


# ---- configuration
def test_a_new_time_holds_for_held_work_from_the_configuration_on():
    world = World()
    world.operator()
    world.held()
    world.run(MINUTE)
    world.do(c.ApplyConfig(config=ANSWERING))
    assert world.item(1).answer_due_ms == world.now_ms + ANSWER_MS
    world.run(ANSWER_MS)
    assert _lost(world) == ["ann"]


def test_another_time_leaves_what_was_promised(world):
    due_ms = world.item(1).answer_due_ms
    world.wait(MINUTE).do(c.ApplyConfig(config=with_queue("support.first", answer_ms=MINUTE)))
    assert world.item(1).answer_due_ms == due_ms


def test_taking_the_time_away_ends_it(world):
    world.do(c.ApplyConfig(config=CONFIG))
    world.run(2 * ANSWER_MS)
    assert not _lost(world)


def test_many_are_given_back_in_bounded_portions():
    world = World(changed(ANSWERING, offers_max=20))
    world.operator("ann", capacity=20)
    for _ in range(10):
        world.held()
    world.wait(ANSWER_MS).fire(Concern.HELD, limit=4)
    assert len(_lost(world)) == 4
    world.fire(Concern.HELD)
    assert len(_lost(world)) == 10


def test_a_restart_keeps_the_moment(world):
    again = type(world.state).decode(world.state.encode())
    assert again.deadlines[Concern.HELD].next_ms() == world.item(1).answer_due_ms
    assert world.replayed().encode() == world.state.encode()
