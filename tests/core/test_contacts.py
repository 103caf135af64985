"""Calls and visits: whatever order their events come in, everybody knows in the end that it is over."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.core.world import SECOND, World, free_units

from omniroute.core import events as e
from omniroute.core.model import ContactState, InteractionKind, Presence

STARTED, CONNECTED = InteractionKind.CONTACT_STARTED, InteractionKind.CONTACT_CONNECTED
ENDED, ABANDONED = InteractionKind.CONTACT_ENDED, InteractionKind.CONTACT_ABANDONED


@pytest.fixture
def world() -> World:
    world = World()
    world.operator("ann")
    return world


def test_a_call_waits_is_connected_and_ends_in_wrap_up(world):
    world.call()
    assert world.matter(1).contact is ContactState.WAITING
    world.accept()
    world.contact(CONNECTED)
    assert world.matter(1).contact is ContactState.CONNECTED
    world.contact(ENDED)
    assert world.matter(1).contact is ContactState.OVER
    assert world.item(1).state == "wrap_up"


def test_picking_up_accepts_the_offer(world):
    world.call()
    world.contact(CONNECTED, operator_id="ann")
    assert world.item(1).operator_id == "ann"


def test_picking_up_accepts_even_if_the_channel_names_nobody(world):
    world.call()
    world.contact(CONNECTED)
    assert world.item(1).operator_id == "ann"


def test_picking_up_at_the_deadline_is_too_late(world):
    world.call()
    world.wait(20 * SECOND).contact(CONNECTED, operator_id="ann")
    assert world.item(1).state == "offered"


def test_a_connection_without_a_name_does_not_take_a_transfer_from_its_owner(world):
    """The sender's own line was connected: that is no acceptance by the other department."""
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    world.transfer(1, "sales")
    world.contact(CONNECTED)
    assert world.matter(1).owner_id == "ann"
    world.contact(CONNECTED, operator_id="bob")
    assert world.matter(1).owner_id == "bob"


@pytest.mark.parametrize("kind", [ENDED, ABANDONED])
def test_a_customer_who_leaves_while_waiting_is_closed_and_frees_the_operator(world, kind):
    world.call()
    world.contact(kind)
    assert world.just(e.OfferRevoked).reason == "abandoned"
    assert world.just(e.ItemClosed).cause == "abandoned"
    assert world.just(e.ClockEnded).outcome == "cancelled"
    resolved = world.just(e.ConversationResolved)
    assert resolved.disposition == ("abandoned" if kind is ABANDONED else "ended_unanswered")
    assert free_units(world.state, world.state.operators["ann"]) == 10


def test_an_abandoned_call_that_was_only_queued_is_closed():
    world = World()
    world.call()
    world.contact(ABANDONED)
    assert world.state.items == world.state.conversations == {}


def test_the_end_may_come_before_the_beginning():
    world = World()
    world.operator("ann")
    world.contact(ENDED)
    assert world.just(e.ConversationResolved).disposition == "ended_unanswered"
    assert not world.events(e.ItemQueued)
    assert not world.events(e.OfferMade)


def test_a_late_beginning_does_not_bring_a_call_back(world):
    world.call()
    world.accept()
    world.contact(ENDED)
    world.contact(STARTED)
    world.contact(CONNECTED)
    assert world.matter(1).contact is ContactState.OVER


def test_a_call_that_was_given_back_and_then_left_is_done(world):
    """Somebody had it, nobody has it now: it must not stay open without work."""
    world.call()
    world.accept()
    world.release(1)
    world.contact(ABANDONED)
    assert world.just(e.ConversationResolved).disposition == "abandoned"
    assert world.state.conversations == {}


@pytest.mark.parametrize("order", list(permutations([STARTED, CONNECTED, ENDED])))
def test_any_order_ends_in_the_same_contact_state(order):
    """A matter that somebody holds, so that it stays."""
    world = World()
    world.operator("ann", capacity=20)
    world.held()
    for kind in order:
        world.write(channel="phone", kind=kind, conversation_id=1)
    assert world.matter(1).contact is ContactState.OVER
    assert world.item(1).state == "wrap_up"


def test_hanging_up_parts_the_sides_once(world):
    world.call()
    world.accept()
    world.contact(CONNECTED)
    world.hang_up(1)
    assert world.just(e.WrapUpStarted).effect_id == 2
    world.contact(ENDED)
    assert not any(isinstance(event, e.WrapUpStarted) for event in world.last)


def test_the_customers_own_end_parts_nothing(world):
    world.call()
    world.accept()
    world.contact(ENDED)
    assert world.just(e.WrapUpStarted).effect_id == 0


def test_a_connected_call_met_its_clock(world):
    world.call()
    world.accept()
    assert world.just(e.ClockEnded).outcome == "met"


def test_an_operator_who_leaves_keeps_the_call(world):
    world.call()
    world.accept()
    world.presence("ann", Presence.AWAY)
    assert world.item(1).operator_id == "ann"


def test_an_end_that_comes_twice_is_followed_once(world):
    world.call()
    world.accept()
    world.contact(ENDED)
    world.contact(ENDED)
    assert world.item(1).state == "wrap_up"


def test_somebody_else_who_picked_up_gets_the_work(world):
    world.operator("bob")
    world.call()
    other = {"ann": "bob", "bob": "ann"}[world.offer().operator_id]
    world.contact(CONNECTED, operator_id=other)
    assert world.item(1).operator_id == other
    assert world.just(e.OfferRevoked).reason == "answered_elsewhere"


def test_who_lacks_the_ability_gets_nothing_by_picking_up(world):
    world.operator("bob", "sales")
    world.call()
    world.contact(CONNECTED, operator_id="bob")
    assert world.item(1).state == "offered"


def test_a_name_that_nobody_has_says_nothing(world):
    world.call()
    world.contact(CONNECTED, operator_id="SIP/4711")
    assert world.item(1).operator_id == "ann"


def test_picked_up_before_it_was_offered_is_not_offered_to_a_colleague(world):
    world.operator("bob")
    world.contact(CONNECTED, operator_id="bob")
    world.call()
    assert world.item(1).operator_id == "bob"
    world.contact(ENDED)
    assert world.item(1).state == "wrap_up"
