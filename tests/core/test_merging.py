"""Merging: two matters of one customer become one; nothing is lost, and every reference leads to it."""

from __future__ import annotations

import pytest
from tests.core.world import MINUTE, SECOND, World, reference

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import merging
from omniroute.core.model import ClockState, InteractionKind, ItemState, Presence
from omniroute.core.permissions import Actor, Role, authorize
from omniroute.core.state import State
from omniroute.errors import Conflict, Forbidden, InvalidInput, NotFound


@pytest.fixture
def world() -> World:
    return World()


def pair(world: World, **second) -> tuple[int, int]:
    """Two matters of one customer, ten seconds apart, that wait."""
    first = world.write()
    world.wait(10 * SECOND)
    return first, world.write(customer_id=world.matter(first).customer_id, **second)


def merge(world: World, going: int, into: int, operator_id: str = "ann") -> list[e.Event]:
    return world.do(c.MergeConversations(conversation_id=going, into_id=into, operator_id=operator_id))


def same(world: World) -> None:
    """A replay and a snapshot give what is there."""
    assert world.replayed().encode() == world.state.encode()
    again = State.decode(world.state.encode())
    assert (again.by_reference, again.by_session) == (world.state.by_reference, world.state.by_session)


def test_the_one_that_goes_ends_without_loss_and_its_reference_leads_to_the_other(world):
    first, second = pair(world)
    merge(world, second, first)
    assert list(world.state.conversations) == [first]
    matter = world.matter(first)
    assert (matter.message_count, matter.interaction_count, matter.answered) == (2, 2, False)
    assert world.state.by_reference == {reference(1): first, reference(2): first}
    assert world.just(e.ItemClosed).cause == "merged"
    assert world.just(e.ClockEnded).outcome == "cancelled"
    assert world.just(e.ConversationMerged).record.reference == reference(2)
    assert world.item(first).state is ItemState.QUEUED
    same(world)


def test_waiting_work_takes_the_older_place(world):
    first, second = pair(world)
    other = world.write()
    older = world.item(first).rank_ms
    assert world.item(second).rank_ms > older
    merge(world, first, second)
    assert world.item(second).rank_ms == older
    same(world)
    world.operator("ann")
    assert world.offered("ann") == [second, other]


def test_a_younger_place_changes_nothing(world):
    first, second = pair(world)
    older = world.item(first).rank_ms
    merge(world, second, first)
    assert world.item(first).rank_ms == older


def test_offers_of_the_one_that_goes_are_taken_back(world):
    first, second = pair(world)
    world.operator("ann")
    assert world.offered("ann") == [first, second]
    merge(world, first, second)
    assert world.just(e.OfferRevoked).reason == "merged"
    assert world.offered("ann") == [second]
    same(world)


def test_own_work_parked_work_and_transfers_end(world):
    world.operator("ann")
    world.operator("bob", "sales")
    first, second = pair(world)
    world.do(c.AcceptOffer(offer_id=world.item(first).offer_id, operator_id="ann"))
    world.transfer(first, "sales")
    assert len(world.matter(first).item_ids) == 2
    merge(world, first, second)
    assert world.just(e.HandoffCancelled)
    assert not world.state.handoffs
    assert world.matter(second).item_ids == list(world.state.items)
    same(world)


def test_parked_work_of_it_ends_and_has_no_moment_left(world):
    world.operator("ann")
    first, second = pair(world)
    world.do(c.AcceptOffer(offer_id=world.item(first).offer_id, operator_id="ann"))
    world.snooze(first, 10 * MINUTE)
    merge(world, first, second)
    world.run(20 * MINUTE)
    assert list(world.state.conversations) == [second]
    same(world)


def test_an_unread_message_makes_the_other_unread_and_wakes_it(world):
    world.operator("ann")
    first, second = pair(world)
    world.do(c.AcceptOffer(offer_id=world.item(first).offer_id, operator_id="ann"))
    world.reply(first)
    world.snooze(first, 10 * MINUTE)
    assert world.matter(first).answered
    merge(world, second, first)
    assert not world.matter(first).answered
    assert world.just(e.ItemWoken).cause == "message"
    same(world)


def test_an_answered_one_leaves_it_answered(world):
    world.operator("ann")
    first, second = pair(world)
    for number in (first, second):
        world.do(c.AcceptOffer(offer_id=world.item(number).offer_id, operator_id="ann"))
        world.reply(number)
    merge(world, second, first)
    assert world.matter(first).answered
    assert world.state.operators["ann"].load_units == 1


def test_a_chain_leads_to_its_end_and_survives_closing_and_reopening(world):
    first, second = pair(world)
    third = world.write(customer_id=1)
    merge(world, first, second)
    merge(world, second, third)
    assert set(world.state.by_reference.values()) == {third}
    assert len(world.state.by_reference) == 3
    same(world)
    world.operator("ann")
    world.accept()
    world.complete(third)
    assert world.state.by_reference == {}
    record = world.just(e.ConversationResolved).record
    assert [one.reference for one in record.aliases] == [reference(1), reference(2)]
    world.write(conversation_id=third, record=record, customer_id=1)
    assert set(world.state.by_reference) == {reference(number) for number in (1, 2, 3)}
    same(world)


def test_the_session_of_a_chat_goes_on_in_the_other(world):
    first, second = pair(world, channel="chat", session="v1")
    merge(world, second, first)
    assert world.write(channel="chat", session="v1") == first
    assert world.matter(first).message_count == 3
    same(world)


def test_a_session_that_is_anothers_by_now_stays_there(world):
    first, second = pair(world, channel="chat", session="v1")
    merge(world, second, first)
    world.operator("ann")
    world.accept()
    world.complete(first)
    record = world.just(e.ConversationResolved).record
    newer = world.write(channel="chat", session="v1")
    world.write(conversation_id=first, record=record, customer_id=1)
    assert world.state.by_session == {("chat", "v1"): newer}
    same(world)


def test_what_is_late_of_a_call_does_not_touch_the_others_contact(world):
    world.operator("ann")
    call = world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    other = world.write(customer_id=1)
    with pytest.raises(Conflict, match="running contact"):
        merge(world, call, other)
    world.contact(InteractionKind.CONTACT_ENDED)
    merge(world, call, other)
    assert world.state.by_session == {}
    world.write(channel="phone", kind=InteractionKind.CONTACT_ABANDONED, session="call-1", conversation_id=call)
    assert list(world.state.conversations) == [other]
    same(world)


def test_what_cannot_be_merged(world):
    first, second = pair(world)
    strange = world.write()
    for going, into, error in (
        (first, first, InvalidInput),
        (first, strange, Conflict),
        (first, 99, NotFound),
        (99, first, NotFound),
    ):
        with pytest.raises(error):
            merge(world, going, into)
    world.operator("bob")
    world.do(c.AcceptOffer(offer_id=world.item(second).offer_id, operator_id="bob"))
    with pytest.raises(Conflict, match="somebody else"):
        merge(world, second, first, "ann")


def test_a_matter_takes_in_so_many(world, monkeypatch):
    monkeypatch.setattr(merging, "ALIASES_MAX", 1)
    first, second = pair(world)
    third = world.write(customer_id=1)
    merge(world, second, first)
    with pytest.raises(Conflict, match="can take in"):
        merge(world, third, first)


def test_who_may(world):
    world.operator("ann")
    world.operator("bob", presence=Presence.AWAY)
    world.operator("cem", "sales")
    first, second = pair(world)
    command = c.MergeConversations(conversation_id=first, into_id=second, operator_id="bob")
    bob = Actor(Role.OPERATOR, "bob", ("support",))
    authorize(world.state, bob, command)  # it waits
    with pytest.raises(Forbidden):
        authorize(world.state, Actor(Role.OPERATOR, "cem", ("sales",)), command)
    with pytest.raises(Forbidden):
        authorize(world.state, Actor(Role.OPERATOR, "ann", ("support",)), command)
    world.do(c.AcceptOffer(offer_id=world.item(first).offer_id, operator_id="ann"))
    with pytest.raises(Forbidden):
        authorize(world.state, bob, command)
    authorize(
        world.state,
        Actor(Role.SUPERVISOR, "sue", ("support",)),
        c.MergeConversations(conversation_id=first, into_id=second, operator_id="sue"),
    )
    mine = c.MergeConversations(conversation_id=first, into_id=second, operator_id="ann")
    with pytest.raises(Forbidden):  # the other is nobody's
        authorize(world.state, Actor(Role.OPERATOR, "ann", ("support",)), mine)
    world.do(c.AcceptOffer(offer_id=world.item(second).offer_id, operator_id="ann"))
    authorize(world.state, Actor(Role.OPERATOR, "ann", ("support",)), mine)


def test_an_overdue_promise_is_breached_all_the_same(world):
    first, second = pair(world)
    world.wait(300 * SECOND)
    merge(world, first, second)
    outcomes = [event.outcome for event in world.last if isinstance(event, e.ClockEnded)]
    assert outcomes == [ClockState.BREACHED]
