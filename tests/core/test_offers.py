"""Offers: accepted, declined, expired, revoked; each exactly once, and both sides freed by one event."""

from __future__ import annotations

import pytest
from tests.core.world import SECOND, World, changed, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import Presence
from omniroute.errors import Conflict

OFFER_MS = 20 * SECOND
BACKOFF_MS = 30 * SECOND


@pytest.fixture
def world() -> World:
    world = World()
    world.operator("ann")
    return world


def test_an_accepted_offer_becomes_load(world):
    world.write()
    world.accept()
    ann = world.state.operators["ann"]
    assert (ann.load_units, ann.offered_units, ann.offer_ids) == (1, 0, [])
    assert world.item(1).operator_id == world.matter(1).owner_id == "ann"


def test_acceptance_moves_the_matter_in_progress_once(world):
    world.held()
    assert world.just(e.StageChanged).stage == "in_progress"
    world.release(1)
    world.run(BACKOFF_MS)
    world.accept()
    assert not any(isinstance(event, e.StageChanged) for event in world.last)


def test_accept_just_before_the_deadline_counts(world):
    world.write()
    world.wait(OFFER_MS - 1).accept()
    assert world.item(1).state == "assigned"


def test_accept_exactly_at_the_deadline_is_refused(world):
    world.write()
    world.wait(OFFER_MS)
    with pytest.raises(Conflict, match="run out"):
        world.accept()


def test_an_offer_expires_exactly_at_its_deadline(world):
    world.write()
    world.wait(OFFER_MS - 1).fire(Concern.OFFERS)
    assert world.last == []
    world.wait(1).fire(Concern.OFFERS)
    assert world.just(e.OfferExpired).at_ms == world.now_ms
    assert world.state.operators["ann"].offered_units == 0


def test_only_one_accept_wins(world):
    world.write()
    offer_id = world.offer().offer_id
    world.accept()
    with pytest.raises(Conflict, match="ended"):
        world.do(c.AcceptOffer(offer_id=offer_id, operator_id="ann"))


def test_an_offer_is_for_one_operator_only(world):
    world.operator("bob", presence=Presence.AWAY)
    world.write()
    with pytest.raises(Conflict):
        world.do(c.AcceptOffer(offer_id=world.offer().offer_id, operator_id="bob"))


def test_a_declined_offer_goes_to_the_next(world):
    world.wait(1).operator("bob")
    world.write()
    world.decline("ann")
    assert world.offered("bob") == [1]


def test_a_declined_item_comes_back_when_the_back_off_ends(world):
    world.write()
    world.decline()
    assert world.offered() == []
    world.run(BACKOFF_MS - 1)
    assert world.offered() == []
    world.run(1)
    assert world.offered() == [1]


def test_a_back_off_ends_by_its_event_and_never_by_time_alone(world):
    world.write()
    world.decline()
    world.wait(BACKOFF_MS + 1)
    other = world.write()
    assert world.offered() == [other]
    world.fire(Concern.OFFERS)
    assert world.offered() == [other, 1]


def test_no_back_off_means_at_once():
    world = World(with_queue("support.first", backoff_ms=0))
    world.operator()
    world.write()
    world.decline()
    assert world.just(e.OfferDeclined).backoff_until_ms == 0
    assert world.offered() == [1]


def test_a_back_off_concerns_one_item_only(world):
    world.write()
    world.decline()
    other = world.write()
    assert world.offered() == [other]


def test_declined_and_expired_work_keeps_its_place(world):
    world.operator("ann", capacity=1)
    old = world.write()
    world.wait(1).write()
    rank_ms = world.item(old).rank_ms
    world.decline()
    world.run(BACKOFF_MS)
    world.operator("bob", capacity=1)
    assert world.item(old).rank_ms == rank_ms


def test_as_many_unanswered_in_a_row_as_the_limit_and_the_operator_is_away(world):
    world.write()
    world.run(OFFER_MS)
    assert world.state.operators["ann"].presence == "available"
    world.write()
    world.run(OFFER_MS)
    changed_to = world.events(e.PresenceChanged)[-1]
    assert (changed_to.presence, changed_to.reason, changed_to.cause) == ("away", "no_answer", "rona")


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answer_ends_the_row_of_unanswered_offers(world, answer):
    world.write()
    world.run(OFFER_MS)
    world.write()
    getattr(world, answer)()
    assert world.state.operators["ann"].rona_count == 0


def test_who_is_taken_to_be_away_keeps_no_offers():
    world = World(changed(rona_limit=1))
    world.operator("ann")
    world.write()
    world.wait(1).write()
    world.run(OFFER_MS - 1)
    assert [event.offer_id for event in world.events(e.OfferExpired)] == [1]
    assert [(event.offer_id, event.reason) for event in world.events(e.OfferRevoked)] == [(2, "presence")]
    assert world.state.operators["ann"].offer_ids == []


def test_coming_back_is_a_new_beginning():
    world = World(changed(rona_limit=1))
    world.operator("ann")
    world.write()
    world.run(OFFER_MS + BACKOFF_MS)
    world.presence("ann", Presence.AVAILABLE)
    assert world.state.operators["ann"].rona_count == 0
    assert world.offered() == [1]


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.DRAINING, Presence.OFFLINE])
def test_leaving_takes_offers_back_without_blame_or_back_off(world, presence):
    world.write()
    world.presence("ann", presence)
    assert world.just(e.OfferRevoked).reason == "presence"
    assert world.state.operators["ann"].rona_count == 0
    world.presence("ann", Presence.AVAILABLE)
    assert world.offered() == [1]


def test_after_an_outage_overdue_offers_are_revoked_without_blame(world):
    world.write()
    world.wait(1).write()
    world.wait(OFFER_MS - 1).do(c.ResumeAfterOutage())
    revoked = world.just(e.OfferRevoked)
    assert (revoked.offer_id, revoked.reason) == (1, "outage")
    assert world.state.operators["ann"].rona_count == 0
    assert world.just(e.OfferMade).deadline_ms == world.now_ms + OFFER_MS


def test_firing_is_bounded_and_goes_on(world):
    for _ in range(3):
        world.write()
    world.wait(OFFER_MS).fire(Concern.OFFERS, limit=1)
    assert world.just(e.OfferExpired).offer_id == 1


def test_a_realtime_contact_is_connected_on_acceptance(world):
    world.call()
    world.accept()
    assert world.just(e.OfferAccepted).effect_id == world.state.counters.effect == 1


def test_a_mail_connects_nobody(world):
    world.held()
    assert world.just(e.OfferAccepted).effect_id == 0


def test_a_decline_at_the_deadline_is_refused_like_an_accept():
    world = World()
    world.operator()
    world.write()
    world.wait(world.offer().deadline_ms - world.now_ms)
    with pytest.raises(Conflict, match="run out"):
        world.decline()
    world.run(0)
    assert world.state.operators["ann"].rona_count == 1
