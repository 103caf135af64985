"""Presence by channel, leases of dropped connections, and what an outage forgives."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, SECOND, World, changed, with_channel, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.effects import effect_of
from omniroute.core.model import ContactState, InteractionKind, Presence
from omniroute.core.rules import Overflow, OverflowCause
from omniroute.errors import Conflict, InvalidInput, NotFound

LEASE_MS = 30 * SECOND
BACKOFF_MS = 30 * SECOND
CONNECT_MS = 15 * SECOND
AVAILABLE, AWAY, DRAINING, OFFLINE = Presence.AVAILABLE, Presence.AWAY, Presence.DRAINING, Presence.OFFLINE
NOT_AVAILABLE = [AWAY, DRAINING, OFFLINE]


@pytest.fixture
def world() -> World:
    world = World()
    world.operator("ann", capacity=20)
    return world


@pytest.fixture
def leased(world: World) -> World:
    """Ann has a desk."""
    world.connect()
    return world


def _lose(world: World, operator_id: str = "ann") -> None:
    world.disconnect(operator_id)
    world.run(LEASE_MS)


# ---- by channel
@pytest.mark.parametrize("presence", NOT_AVAILABLE)
def test_who_leaves_one_channel_loses_the_offers_of_that_channel_only(world, presence):
    letter, chat = world.write(), world.write(channel="chat")
    world.on_channel("ann", "chat", presence)
    revoked = world.just(e.OfferRevoked)
    assert (revoked.conversation_id, revoked.reason) == (chat, "presence")
    assert world.offered() == [letter]
    assert world.state.operators["ann"].presence is AVAILABLE
    assert world.state.operators["ann"].rona_count == 0


def test_presence_on_a_channel_is_recorded_with_who_declared_it(world):
    world.do(c.SetPresence(operator_id="ann", presence=AWAY, reason="headset", channel="phone", by="sue"))
    assert world.just(e.PresenceChanged) == e.PresenceChanged(
        "ann", AWAY, "headset", world.now_ms, "declared", "sue", "phone"
    )


@pytest.mark.parametrize("presence", NOT_AVAILABLE)
def test_who_is_not_there_for_a_channel_gets_nothing_of_it_and_everything_else(world, presence):
    world.on_channel("ann", "chat", presence)
    chat, letter = world.write(channel="chat"), world.write()
    assert world.item(chat).state == "queued"
    assert world.offered() == [letter]


def test_held_work_stays_with_who_leaves_its_channel(world):
    world.held(channel="chat")
    world.on_channel("ann", "chat", AWAY)
    assert world.item(1).operator_id == "ann"


def test_who_comes_back_to_a_channel_gets_its_waiting_work(world):
    world.on_channel("ann", "chat", AWAY)
    chat = world.write(channel="chat")
    world.on_channel("ann", "chat", AVAILABLE)
    assert world.offered() == [chat]
    assert world.state.operators["ann"].channels == {}


def test_being_away_in_all_wins_over_a_channel(world):
    world.presence("ann", AWAY)
    world.on_channel("ann", "chat", AVAILABLE)
    assert world.last == []
    world.write(channel="chat")
    assert world.item(1).state == "queued"


def test_being_away_on_a_channel_outlasts_being_away_in_all(world):
    world.on_channel("ann", "chat", AWAY)
    chat, letter = world.write(channel="chat"), world.write()
    world.presence("ann", AWAY)
    assert world.offered() == []
    world.presence("ann", AVAILABLE)
    assert world.offered() == [letter]
    assert world.item(chat).state == "queued"


def test_the_same_presence_on_a_channel_again_is_no_event(world):
    world.on_channel("ann", "chat", AWAY)
    assert world.on_channel("ann", "chat", AWAY) == []
    assert world.on_channel("ann", "phone", AVAILABLE) == []


def test_there_is_no_presence_on_an_unknown_channel(world):
    with pytest.raises(InvalidInput) as caught:
        world.on_channel("ann", "pigeon", AWAY)
    assert caught.value.path == "channel"


def test_coming_back_to_a_channel_does_not_go_to_the_end_of_the_line(world):
    idle_ms = world.state.operators["ann"].idle_since_ms
    world.on_channel("ann", "chat", AWAY)
    world.wait(SECOND).on_channel("ann", "chat", AVAILABLE)
    assert world.state.operators["ann"].idle_since_ms == idle_ms


def test_nobody_is_given_work_by_hand_on_a_channel_that_they_left(world):
    world.on_channel("ann", "chat", AWAY)
    world.write(channel="chat")
    with pytest.raises(Conflict, match="channel_presence"):
        world.force(1)


def test_absence_on_a_channel_is_named_where_it_excludes(world):
    world.operator("bob")
    world.on_channel("ann", "chat", AWAY)
    world.write(channel="chat")
    assert world.just(e.OfferMade).decision.excluded == {"channel_presence": 1}


def test_work_that_is_kept_for_somebody_is_freed_when_they_leave_its_channel(world):
    world.operator("ann", capacity=1)
    world.held()
    world.snooze(1, MINUTE)
    world.held()
    world.run(MINUTE)
    assert world.item(1).held_for == "ann"
    world.on_channel("ann", "mail", AWAY)
    assert world.item(1).held_for == ""


def test_leaving_one_channel_does_not_free_what_is_kept_on_another(world):
    world.operator("ann", capacity=1)
    world.held()
    world.snooze(1, MINUTE)
    world.held()
    world.run(MINUTE)
    world.on_channel("ann", "phone", AWAY)
    assert world.item(1).held_for == "ann"


def test_work_overflows_when_the_last_one_leaves_its_channel():
    rule = Overflow(OverflowCause.UNSTAFFED, queue_id="sales.orders")
    world = World(with_queue("support.first", overflows=(rule,)))
    world.operator("ann", capacity=2)
    world.held(channel="chat")
    waiting = world.write(channel="chat")
    world.on_channel("ann", "phone", AWAY)
    assert world.item(waiting).queue_id == "support.first"
    world.on_channel("ann", "chat", AWAY)
    assert world.item(waiting).queue_id == "sales.orders"


# ---- leases
def test_a_dropped_connection_starts_a_lease(leased):
    leased.disconnect()
    assert leased.just(e.LeaseStarted) == e.LeaseStarted("ann", leased.now_ms, leased.now_ms + LEASE_MS)
    assert leased.state.operators["ann"].lease_until_ms == leased.now_ms + LEASE_MS


def test_who_comes_back_within_the_lease_has_lost_nothing(leased):
    leased.held(channel="chat")
    leased.disconnect()
    leased.wait(LEASE_MS - 1).connect()
    assert leased.just(e.OperatorConnected) == e.OperatorConnected("ann", leased.now_ms)
    assert leased.item(1).operator_id == "ann"
    leased.run(1)
    ann = leased.state.operators["ann"]
    assert (ann.presence, ann.lease_until_ms, ann.connected) == (AVAILABLE, 0, True)


def test_during_the_lease_offers_stand_and_are_made(leased):
    letter = leased.write()
    leased.disconnect()
    later = leased.write()
    assert leased.offered() == [letter, later]


def test_the_lease_ends_exactly_at_its_deadline(leased):
    leased.disconnect()
    leased.wait(LEASE_MS - 1).fire(Concern.PRESENCE)
    assert leased.last == []
    leased.wait(1).fire(Concern.PRESENCE)
    assert leased.just(e.PresenceChanged) == e.PresenceChanged(
        "ann", OFFLINE, "connection_lost", leased.now_ms, "lease"
    )
    ann = leased.state.operators["ann"]
    assert (ann.presence, ann.reason, ann.connected, ann.lease_until_ms) == (OFFLINE, "connection_lost", False, 0)


def test_the_end_of_a_lease_revokes_offers_without_blame(leased):
    leased.disconnect()
    leased.wait(LEASE_MS).write()
    leased.fire(Concern.PRESENCE)
    assert leased.just(e.OfferRevoked).reason == "presence"
    assert leased.item(1).backoff == {}
    assert leased.state.operators["ann"].rona_count == 0


def test_connecting_and_disconnecting_twice_is_no_event(leased):
    assert leased.connect() == []
    leased.disconnect()
    assert leased.wait(SECOND).disconnect() == []
    _lose(leased)
    assert leased.disconnect() == []


def test_who_never_had_a_desk_has_no_lease(world):
    assert world.disconnect() == []
    world.run(10 * LEASE_MS)
    assert world.state.operators["ann"].presence is AVAILABLE


@pytest.mark.parametrize(
    "command", [c.ConnectOperator(operator_id="nobody"), c.DisconnectOperator(operator_id="nobody")]
)
def test_an_unknown_operator_has_no_desk(command):
    with pytest.raises(NotFound):
        World().do(command)


def test_who_comes_back_after_the_lease_is_offline_until_they_say_otherwise(leased):
    _lose(leased)
    leased.connect()
    assert leased.state.operators["ann"].presence is OFFLINE
    leased.write()
    leased.presence("ann", AVAILABLE)
    assert leased.offered() == [1]


def test_without_forgiveness_the_lease_ends_at_once():
    world = World(changed(lease_ms=0))
    world.operator()
    world.connect()
    world.disconnect()
    world.run(0)
    assert world.state.operators["ann"].presence is OFFLINE


def test_a_lease_ends_for_who_is_away_as_well(leased):
    leased.held(channel="chat")
    leased.presence("ann", AWAY, "lunch")
    _lose(leased)
    assert leased.state.operators["ann"].presence is OFFLINE
    assert leased.item(1).state == "queued"


def test_a_lost_chat_goes_back_to_its_old_place_and_is_offered_to_others(leased):
    first = leased.held(channel="chat")
    leased.presence("ann", DRAINING)
    second = leased.wait(SECOND).write(channel="chat")
    _lose(leased)
    returned = leased.events(e.ItemReturned)[0]
    assert (returned.operator_id, returned.reason, returned.backoff_until_ms) == ("ann", "lease", 0)
    assert leased.item(first).rank_ms < leased.item(second).rank_ms
    leased.operator("bob", capacity=2)
    assert leased.offered("bob") == [first]


def test_a_lost_chat_is_offered_to_a_colleague_in_the_same_step(leased):
    chat = leased.held(channel="chat")
    leased.operator("bob")
    leased.disconnect()
    leased.wait(LEASE_MS).fire(Concern.PRESENCE)
    assert leased.offered("bob") == [chat]
    assert leased.matter(chat).owner_id == ""


def test_letters_stay_with_who_was_lost(leased):
    leased.held()
    leased.operator("bob")
    _lose(leased)
    assert leased.item(1).operator_id == "ann"
    assert leased.state.operators["ann"].load_units == 1


def test_an_idle_chat_goes_back_as_well_and_gives_nothing_back_twice():
    world = World(with_channel("chat", idle_ms=SECOND))
    world.operator()
    world.connect()
    world.held(channel="chat")
    world.reply(1)
    world.run(SECOND)
    _lose(world)
    assert world.item(1).state == "queued"
    assert world.state.operators["ann"].load_units == 0


def test_what_is_written_up_stays_with_who_was_lost(leased):
    leased.held(channel="chat")
    leased.hang_up(1)
    _lose(leased)
    assert leased.item(1).state == "wrap_up"
    assert leased.item(1).operator_id == "ann"


def test_what_is_put_aside_is_not_kept_for_who_was_lost(leased):
    leased.held()
    leased.snooze(1, MINUTE)
    _lose(leased)
    leased.run(MINUTE)
    assert leased.item(1).state == "queued"
    assert leased.item(1).held_for == ""


def test_a_running_call_waits_again_and_is_connected_to_the_next_operator(leased):
    leased.operator("bob")
    leased.presence("bob", AWAY)
    leased.call()
    leased.accept("ann")
    leased.contact(InteractionKind.CONTACT_CONNECTED)
    _lose(leased)
    assert leased.matter(1).contact is ContactState.WAITING
    assert leased.item(1).state == "queued"
    leased.presence("bob", AVAILABLE)
    leased.accept("bob")
    assert leased.just(e.OfferAccepted).effect_id == 2
    leased.contact(InteractionKind.CONTACT_CONNECTED)
    assert leased.matter(1).contact is ContactState.CONNECTED
    assert leased.item(1).operator_id == "bob"
    orders = [effect.operator_id for _, event in leased.log if (effect := effect_of(event)) is not None]
    assert orders == ["ann", "bob"]


def test_a_running_call_of_two_phases_is_connecting_with_the_next_operator():
    world = World(with_channel("phone", connect_ms=CONNECT_MS))
    world.operator("ann")
    world.connect()
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    _lose(world)
    world.operator("bob")
    world.accept("bob")
    assert world.item(1).state == "connecting"
    world.contact(InteractionKind.CONTACT_CONNECTED, operator_id="bob")
    assert world.item(1).state == "assigned"


def test_a_running_call_whose_operator_was_lost_and_whose_customer_leaves_is_over(leased):
    leased.call()
    leased.accept()
    leased.contact(InteractionKind.CONTACT_CONNECTED)
    _lose(leased)
    leased.contact(InteractionKind.CONTACT_ABANDONED)
    assert leased.state.items == {}


def test_a_call_that_is_being_connected_fails_with_the_lease():
    world = World(with_channel("phone", changed(lease_ms=SECOND), connect_ms=CONNECT_MS))
    world.operator("ann")
    world.connect()
    world.call()
    world.accept()
    world.disconnect()
    world.operator("bob")
    world.wait(SECOND).fire(Concern.PRESENCE)
    failed = world.just(e.ConnectFailed)
    assert (failed.operator_id, failed.reason) == ("ann", "lease")
    assert world.offered("bob") == [1]


def test_a_lost_chat_in_a_transfer_is_taken_back_first(leased):
    leased.operator("bob", "sales")
    leased.operator("cem")
    leased.presence("cem", AWAY)
    chat = leased.held(channel="chat")
    leased.transfer(chat, "sales")
    assert leased.offered("bob") == [chat]
    leased.disconnect()
    leased.wait(LEASE_MS).fire(Concern.PRESENCE)
    assert leased.just(e.HandoffCancelled).from_operator_id == "ann"
    assert leased.just(e.ItemReturned).reason == "lease"
    assert leased.offered("bob") == []
    assert leased.state.handoffs == {}
    assert leased.item(chat).queue_id == "support.first"
    leased.presence("cem", AVAILABLE)
    assert leased.offered("cem") == [chat]


def test_a_letter_in_a_transfer_stays_in_the_transfer(leased):
    leased.held()
    leased.transfer(1, "sales")
    _lose(leased)
    leased.operator("bob", "sales")
    leased.accept("bob")
    assert leased.matter(1).owner_id == "bob"


def test_a_transfer_that_is_offered_to_who_is_lost_goes_on_to_a_colleague(leased):
    leased.operator("bob", "sales")
    leased.connect("bob")
    leased.held()
    leased.disconnect("bob")
    leased.wait(LEASE_MS).transfer(1, "sales")
    leased.operator("cem", "sales")
    leased.fire(Concern.PRESENCE)
    assert leased.just(e.OfferRevoked).operator_id == "bob"
    assert leased.offered("cem") == [1]
    assert leased.matter(1).owner_id == "ann"


def test_several_are_lost_at_once_and_their_chats_go_to_who_is_left(leased):
    leased.operator("bob")
    leased.connect("bob")
    for number in range(4):
        leased.write(channel="chat", session=str(number))
    for operator_id in ("ann", "bob"):
        for offer_id in list(leased.state.operators[operator_id].offer_ids):
            leased.do(c.AcceptOffer(offer_id=offer_id, operator_id=operator_id))
    leased.disconnect("ann")
    leased.disconnect("bob")
    leased.operator("cem", capacity=20)
    leased.wait(LEASE_MS).fire(Concern.PRESENCE)
    assert len(leased.offered("cem")) == CONFIG.offers_max
    assert not leased.state.operators["ann"].item_ids
    assert not leased.state.operators["bob"].item_ids


# ---- outage
def test_after_an_outage_every_desk_has_its_full_grace_again(leased):
    leased.operator("bob")
    leased.disconnect()
    leased.wait(10 * MINUTE).do(c.ResumeAfterOutage())
    assert leased.just(e.LeaseStarted) == e.LeaseStarted("ann", leased.now_ms, leased.now_ms + LEASE_MS)
    leased.run(LEASE_MS - 1)
    assert leased.state.operators["ann"].presence is AVAILABLE
    leased.run(1)
    assert leased.state.operators["ann"].presence is OFFLINE
    assert leased.state.operators["bob"].presence is AVAILABLE


def test_after_an_outage_a_desk_that_was_open_has_to_come_back(leased):
    """The engine was down, so every connection is gone though nobody could say so."""
    leased.wait(10 * MINUTE).do(c.ResumeAfterOutage())
    assert leased.state.operators["ann"].lease_until_ms == leased.now_ms + LEASE_MS
    leased.wait(SECOND).connect()
    leased.run(LEASE_MS)
    assert leased.state.operators["ann"].presence is AVAILABLE


def test_after_an_outage_overdue_offers_are_revoked_and_made_again(leased):
    letter = leased.write()
    leased.wait(10 * MINUTE).do(c.ResumeAfterOutage())
    assert leased.just(e.OfferRevoked).reason == "outage"
    assert leased.offered() == [letter]
    assert leased.offer().offered_ms == leased.now_ms
    assert leased.state.operators["ann"].rona_count == 0
    assert leased.item(letter).backoff == {}


def test_after_an_outage_offers_that_are_not_overdue_stand(leased):
    leased.write()
    deadline_ms = leased.offer().deadline_ms
    leased.wait(SECOND).do(c.ResumeAfterOutage())
    assert leased.offer().deadline_ms == deadline_ms


def test_after_an_outage_a_lease_that_was_lost_before_stays_lost(leased):
    _lose(leased)
    leased.do(c.ResumeAfterOutage())
    assert leased.last == []


def test_a_call_whose_connecting_ran_out_during_an_outage_goes_back_without_blame():
    world = World(with_channel("phone", connect_ms=CONNECT_MS))
    world.operator()
    world.call()
    world.accept()
    world.wait(10 * MINUTE).do(c.ResumeAfterOutage())
    failed = world.just(e.ConnectFailed)
    assert (failed.reason, failed.backoff_until_ms) == ("outage", 0)
    assert world.state.operators["ann"].presence is AVAILABLE
    assert world.just(e.OfferMade).operator_id == "ann"


def test_a_call_that_is_still_being_connected_after_an_outage_goes_on():
    world = World(with_channel("phone", connect_ms=CONNECT_MS))
    world.operator()
    world.call()
    world.accept()
    world.wait(CONNECT_MS - 1).do(c.ResumeAfterOutage())
    assert world.last == []
    world.wait(1).fire(Concern.OFFERS)
    assert world.just(e.ConnectFailed).reason == "timeout"
