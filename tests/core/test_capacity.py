"""Capacity: units and maximums, exclusive channels, interruption, and silent chats that give theirs back."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, SECOND, World, changed, free_units, with_channel, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.rules import CoreConfig
from omniroute.errors import Conflict

IDLE_MS = 2 * MINUTE
MANY_OFFERS = changed(offers_max=20)
INTERRUPTING = with_channel("phone", MANY_OFFERS, interrupts=("mail",))
EXCLUSIVE = with_channel("phone", MANY_OFFERS, exclusive=True)
IDLING = with_channel("chat", MANY_OFFERS, idle_ms=IDLE_MS)


def _world(config: CoreConfig = MANY_OFFERS, capacity: int = 10) -> World:
    world = World(config)
    world.operator("ann", capacity=capacity)
    return world


def _free(world: World, operator_id: str = "ann") -> int:
    return free_units(world.state, world.state.operators[operator_id])


def _letters(world: World, number: int) -> list[int]:
    return [world.held() for _ in range(number)]


def _chat(world: World, session: str) -> int:
    return world.write(channel="chat", session=session)


def _silent_chat(world: World, session: str = "s") -> int:
    """A chat that ann holds, has answered, and whose customer has been silent for long."""
    matter = _chat(world, session)
    world.accept()
    world.reply(matter)
    world.run(IDLE_MS)
    assert world.item(matter).idle
    return matter


# ---- units
@pytest.mark.parametrize(("channel", "number"), [("mail", 10), ("chat", 5), ("phone", 2)])
def test_as_many_items_fit_as_the_cost_of_the_channel_allows(channel, number):
    world = _world()
    for _ in range(number + 2):
        world.write(channel=channel)
    assert len(world.offered()) == number
    assert _free(world) == 0


def test_an_item_keeps_the_cost_with_which_it_came():
    world = _world(capacity=3)
    world.write(channel="chat")
    world.do(c.ApplyConfig(config=with_channel("chat", MANY_OFFERS, cost_units=1)))
    later = world.write(channel="chat")
    assert world.item(1).cost_units == 2
    assert world.offered() == [1, later]
    assert _free(world) == 0


def test_what_costs_more_than_the_operator_can_hold_waits_for_ever():
    world = _world(capacity=4)
    world.call()
    world.run(10 * MINUTE)
    assert world.item(1).state == "queued"


def test_finished_work_gives_exactly_its_units_back():
    world = _world()
    world.held(channel="chat")
    world.held()
    assert _free(world) == 7
    world.complete(1)
    assert _free(world) == 9


def test_work_that_waits_for_a_transfer_keeps_its_units():
    world = _world()
    world.held()
    world.transfer(1, "sales")
    assert _free(world) == 9


# ---- the maximum of a channel
def test_the_maximum_of_a_channel_counts_offers_and_held_work():
    world = _world(with_channel("chat", MANY_OFFERS, items_max=2))
    world.held(channel="chat")
    second, third = (world.write(channel="chat") for _ in range(2))
    assert world.offered() == [second]
    world.complete(1)
    assert world.offered() == [second, third]


def test_the_maximum_of_one_channel_stops_no_other():
    world = _world(with_channel("chat", MANY_OFFERS, items_max=1))
    world.held(channel="chat")
    world.write(channel="chat")
    letter = world.write()
    assert world.offered() == [letter]


def test_the_maximum_is_named_where_it_excludes():
    world = _world(with_channel("chat", MANY_OFFERS, items_max=1))
    world.operator("bob", capacity=10)
    world.held(channel="chat")
    world.write(channel="chat")
    assert world.just(e.OfferMade).decision.excluded == {"channel_max": 1}


def test_nothing_beyond_the_maximum_of_a_channel_is_given_by_hand():
    world = _world(with_channel("chat", MANY_OFFERS, items_max=1))
    world.held(channel="chat")
    waiting = world.write(channel="chat")
    with pytest.raises(Conflict, match="channel_max"):
        world.force(waiting)


def test_the_maximum_of_a_channel_ignores_idle_chats():
    world = _world(with_channel("chat", IDLING, items_max=1))
    _silent_chat(world, "first")
    assert world.offered() == []
    second = _chat(world, "second")
    assert world.offered() == [second]


def test_idle_chats_that_go_on_may_exceed_the_maximum_and_then_nothing_new_comes_until_it_fits():
    world = _world(with_channel("chat", IDLING, items_max=1))
    first = _silent_chat(world, "first")
    second = _chat(world, "second")
    world.accept()
    _chat(world, "first")
    third = _chat(world, "third")
    assert world.item(first).state == world.item(second).state == "assigned"
    world.complete(first)
    assert world.offered() == []
    world.complete(second)
    assert world.offered() == [third]


# ---- exclusive channels
def test_an_exclusive_item_goes_only_to_who_holds_nothing_else():
    world = _world(EXCLUSIVE)
    world.held()
    call = world.call()
    assert world.item(call).state == "queued"
    world.complete(1)
    assert world.offered() == [call]


def test_an_exclusive_item_does_not_go_to_who_is_offered_something():
    world = _world(EXCLUSIVE)
    world.write()
    call = world.call()
    assert world.item(call).state == "queued"
    world.decline()
    assert world.offered() == [call]


def test_nothing_else_goes_to_who_holds_or_is_offered_an_exclusive_item():
    world = _world(EXCLUSIVE)
    call = world.call()
    letter = world.write()
    assert world.offered() == [call]
    world.accept()
    assert world.item(letter).state == "queued"
    with pytest.raises(Conflict, match="exclusive"):
        world.pull(letter)


def test_two_exclusive_items_do_not_go_to_one_operator():
    world = _world(EXCLUSIVE)
    world.call("one")
    second = world.call("two")
    assert world.item(second).state == "queued"


def test_when_the_exclusive_item_is_finished_the_waiting_work_comes():
    world = _world(EXCLUSIVE)
    call = world.call()
    letter = world.write()
    world.accept()
    world.complete(call)
    assert world.offered() == [letter]


def test_an_exclusive_item_that_interrupts_letters_comes_beside_letters_only():
    world = _world(with_channel("phone", EXCLUSIVE, interrupts=("mail",)))
    world.held()
    call = world.call()
    assert world.offered() == [call]
    world.decline()
    world.held(channel="chat")
    world.run(MINUTE)
    assert world.item(call).state == "queued"


# ---- interruption
def test_a_call_is_offered_over_letters_though_they_fill_the_capacity():
    world = _world(INTERRUPTING, capacity=5)
    _letters(world, 5)
    call = world.call()
    assert world.offered() == [call]
    world.accept()
    assert world.item(call).state == "assigned"


def test_a_call_is_not_offered_over_a_chat():
    world = _world(INTERRUPTING, capacity=6)
    world.held(channel="chat")
    assert world.item(world.call()).state == "queued"


def test_only_the_interrupted_units_make_room_for_a_call():
    world = _world(INTERRUPTING, capacity=6)
    world.held(channel="chat")
    _letters(world, 4)
    assert world.item(world.call()).state == "queued"
    world.complete(1)
    assert world.offered() == [6]


def test_a_second_call_is_not_offered_over_the_first():
    world = _world(INTERRUPTING, capacity=5)
    _letters(world, 5)
    world.call("one")
    world.accept()
    assert world.item(world.call("two")).state == "queued"


def test_letters_that_are_only_offered_are_not_interrupted():
    world = _world(INTERRUPTING, capacity=5)
    for _ in range(5):
        world.write()
    assert world.item(world.call()).state == "queued"


def test_letters_count_again_after_the_call_and_nothing_new_comes_until_it_fits():
    world = _world(INTERRUPTING, capacity=5)
    letters = _letters(world, 5)
    call = world.call()
    world.accept()
    waiting = world.write()
    world.complete(call)
    assert world.offered() == []
    assert _free(world) == 0
    world.complete(letters[0])
    assert world.offered() == [waiting]


def test_the_interruption_makes_room_for_what_it_does_not_interrupt():
    world = _world(INTERRUPTING, capacity=7)
    _letters(world, 7)
    world.call()
    world.accept()
    chat = world.write(channel="chat")
    assert world.offered() == [chat]
    world.accept()
    assert _free(world) == 0


def test_no_letters_pile_up_during_the_call_that_interrupts_them():
    """What they do not count now, they will count when the call is over."""
    world = _world(INTERRUPTING, capacity=6)
    _letters(world, 6)
    world.call()
    world.accept()
    letter = world.write()
    assert world.item(letter).state == "queued"
    with pytest.raises(Conflict, match="capacity"):
        world.pull(letter)


def test_letters_come_during_a_call_as_far_as_they_fit_beside_it():
    world = _world(INTERRUPTING, capacity=7)
    world.call()
    world.accept()
    for _ in range(4):
        world.write()
    assert len(world.offered()) == 2
    for offer_id in list(world.state.operators["ann"].offer_ids):
        world.do(c.AcceptOffer(offer_id=offer_id, operator_id="ann"))
    assert world.offered() == []


def test_another_ability_does_not_take_back_a_call_that_is_offered_over_letters():
    world = _world(INTERRUPTING, capacity=5)
    _letters(world, 5)
    call = world.call()
    world.do(
        c.PutOperator(operator_id="ann", departments=("support",), skills={"tech": 3}, capacity_units=5),
    )
    assert not [event for event in world.last if isinstance(event, e.OfferRevoked)]
    assert world.offered() == [call]


def test_a_call_that_was_picked_by_hand_makes_room_like_one_that_was_offered():
    world = _world(INTERRUPTING, capacity=7)
    _letters(world, 7)
    call = world.call()
    world.decline()
    chat = world.write(channel="chat")
    assert world.item(chat).state == "queued"
    world.pull(call)
    assert world.offered() == [chat]


def test_a_chat_that_was_moved_makes_room_where_it_interrupts():
    config = with_channel("chat", MANY_OFFERS, interrupts=("mail",), cost_units=1)
    world = _world(with_channel("phone", config, cost_units=2), capacity=3)
    world.operator("bob", capacity=10)
    world.presence("bob", Presence.AWAY)
    _letters(world, 3)
    world.presence("bob", Presence.AVAILABLE)
    world.on_channel("ann", "chat", Presence.AWAY)
    chat = _chat(world, "s")
    world.accept("bob")
    world.presence("bob", Presence.AWAY)
    world.on_channel("ann", "chat", Presence.AVAILABLE)
    call = world.call()
    assert world.item(call).state == "queued"
    world.reassign(chat, "ann")
    assert world.offered() == [call]


# ---- idle chats
def test_an_idle_chat_gives_its_capacity_back_exactly_at_its_deadline():
    world = _world(IDLING, capacity=2)
    chat = _chat(world, "s")
    world.accept()
    waiting = world.write()
    world.reply(chat)
    world.wait(IDLE_MS - 1).fire(Concern.HELD)
    assert world.last == []
    world.wait(1).fire(Concern.HELD)
    assert world.just(e.ItemIdled) == e.ItemIdled(1, "ann", world.now_ms)
    assert world.offered() == [waiting]
    assert world.item(chat).operator_id == "ann"


def test_a_chat_that_waits_for_us_is_never_idle():
    world = _world(IDLING)
    world.held(channel="chat")
    world.run(10 * IDLE_MS)
    assert not world.events(e.ItemIdled)


def test_a_channel_without_an_idle_time_never_gives_capacity_back():
    world = _world()
    world.held(channel="chat")
    world.reply(1)
    world.run(60 * MINUTE)
    assert not world.events(e.ItemIdled)


def test_every_answer_begins_the_silence_anew():
    world = _world(IDLING)
    world.held(channel="chat")
    world.reply(1)
    world.run(IDLE_MS - 1)
    world.reply(1)
    world.run(IDLE_MS - 1)
    assert not world.events(e.ItemIdled)
    world.run(1)
    assert world.item(1).idle


def test_a_message_before_the_deadline_stops_the_silence():
    world = _world(IDLING)
    chat = _chat(world, "s")
    world.accept()
    world.reply(chat)
    world.run(IDLE_MS - 1)
    _chat(world, "s")
    world.run(IDLE_MS)
    assert not world.events(e.ItemIdled)


def test_a_customer_who_comes_back_takes_the_capacity_even_beyond_what_fits():
    world = _world(IDLING, capacity=2)
    chat = _silent_chat(world)
    letters = [world.held(), world.held()]
    _chat(world, "s")
    assert world.just(e.ItemResumed) == e.ItemResumed(1, "ann", world.now_ms)
    assert world.state.operators["ann"].load_units == 4
    waiting = world.write()
    world.complete(letters[0])
    world.complete(letters[1])
    assert world.offered() == []
    world.complete(chat)
    assert world.offered() == [waiting]


def test_the_offer_stays_live_when_a_chat_goes_on():
    world = _world(IDLING, capacity=2)
    _silent_chat(world)
    letter = world.write()
    _chat(world, "s")
    assert world.offered() == [letter]
    world.accept()
    assert world.state.operators["ann"].load_units == 3


def test_a_chat_that_goes_on_is_idle_again_after_the_next_answer():
    world = _world(IDLING)
    chat = _silent_chat(world)
    _chat(world, "s")
    assert not world.item(chat).idle
    world.reply(chat)
    world.run(IDLE_MS)
    assert world.item(chat).idle


def test_our_own_second_answer_does_not_take_the_capacity_again():
    world = _world(IDLING)
    chat = _silent_chat(world)
    world.reply(chat)
    assert world.item(chat).idle
    assert _free(world) == 10


def test_an_event_of_a_contact_is_no_message_and_resumes_nothing():
    world = _world(IDLING)
    chat = _silent_chat(world)
    world.write(channel="chat", kind=InteractionKind.CONTACT_NOT_CONNECTED, conversation_id=chat)
    assert world.item(chat).idle


def test_finishing_an_idle_chat_gives_nothing_back_twice():
    world = _world(IDLING)
    chat = _silent_chat(world)
    world.complete(chat)
    assert world.state.operators["ann"].load_units == 0
    assert _free(world) == 10


def test_an_idle_chat_that_is_given_back_counts_with_the_next_operator():
    world = _world(IDLING)
    chat = _silent_chat(world)
    world.operator("bob")
    world.release(chat)
    world.accept("bob")
    assert world.state.operators["bob"].load_units == 2
    assert not world.item(chat).idle


def test_an_idle_chat_that_is_moved_counts_with_the_next_operator():
    world = _world(IDLING)
    chat = _silent_chat(world)
    world.operator("bob")
    world.reassign(chat, "bob")
    assert world.state.operators["ann"].load_units == 0
    assert world.state.operators["bob"].load_units == 2


def test_an_idle_chat_whose_contact_is_over_still_keeps_its_operator_in_wrap_up():
    world = _world(IDLING)
    chat = _silent_chat(world)
    world.hang_up(chat)
    letter = world.write()
    assert world.item(letter).state == "queued"
    world.complete(chat)
    assert world.offered() == [letter]


def test_the_silence_of_a_chat_stands_still_during_a_transfer():
    world = _world(IDLING)
    world.operator("bob", "sales")
    chat = _chat(world, "s")
    world.accept()
    world.reply(chat)
    world.run(IDLE_MS - 1)
    handoff_id = world.transfer(chat, "sales")
    world.run(1)
    assert not world.events(e.ItemIdled)
    world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    world.run(IDLE_MS)
    assert world.item(chat).idle


def test_an_idle_chat_can_be_transferred_and_counts_with_who_takes_it():
    world = _world(IDLING)
    world.operator("bob", "sales")
    chat = _silent_chat(world)
    world.transfer(chat, "sales")
    world.accept("bob")
    assert world.state.operators["ann"].load_units == 0
    assert world.state.operators["bob"].load_units == 2


def test_a_chat_that_goes_on_and_interrupts_letters_makes_room():
    config = with_channel("chat", IDLING, interrupts=("mail",), cost_units=1)
    world = _world(with_channel("phone", config, cost_units=2), capacity=4)
    _silent_chat(world)
    _letters(world, 4)
    call = world.call()
    assert world.item(call).state == "queued"
    _chat(world, "s")
    assert world.offered() == [call]


def test_a_running_call_is_not_idle_however_long_nobody_writes():
    world = _world(with_channel("phone", MANY_OFFERS, idle_ms=IDLE_MS))
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    world.run(10 * IDLE_MS)
    assert not world.events(e.ItemIdled)
    assert _free(world) == 5


def test_an_operator_whose_only_chat_is_idle_may_get_an_exclusive_call():
    world = _world(with_channel("phone", IDLING, exclusive=True))
    _silent_chat(world)
    call = world.call()
    assert world.offered() == [call]


def test_a_new_idle_time_holds_from_the_configuration_on():
    world = _world()
    world.held(channel="chat")
    world.reply(1)
    world.run(IDLE_MS)
    world.do(c.ApplyConfig(config=IDLING))
    world.run(IDLE_MS - 1)
    assert not world.events(e.ItemIdled)
    world.run(1)
    assert world.item(1).idle


def test_a_configuration_that_changes_something_else_does_not_begin_the_silence_anew():
    world = _world(IDLING)
    world.held(channel="chat")
    world.reply(1)
    world.run(IDLE_MS - 1)
    world.do(c.ApplyConfig(config=with_queue("sales.late", IDLING, offer_ms=SECOND)))
    world.run(1)
    assert world.item(1).idle


def test_without_an_idle_time_nothing_is_due_any_more():
    world = _world(IDLING)
    world.held(channel="chat")
    world.reply(1)
    world.do(c.ApplyConfig(config=CONFIG))
    world.run(2 * IDLE_MS)
    assert not world.events(e.ItemIdled)
