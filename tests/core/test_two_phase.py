"""Two-phase accept: what was accepted is being connected until the channel says that the two sides are together."""

from __future__ import annotations

import pytest
from msgspec import structs
from tests.core.centre import Centre, after, rule
from tests.core.world import (
    CHAT,
    CONFIG,
    MAIL,
    MINUTE,
    PHONE,
    SECOND,
    World,
    changed,
    free_units,
    with_channel,
    with_queue,
)

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.effects import effect_of
from omniroute.core.model import ContactState, InteractionKind, Presence
from omniroute.core.rules import CoreConfig
from omniroute.errors import CallerError, Conflict

STARTED, CONNECTED = InteractionKind.CONTACT_STARTED, InteractionKind.CONTACT_CONNECTED
NOT_CONNECTED = InteractionKind.CONTACT_NOT_CONNECTED
ENDED, ABANDONED = InteractionKind.CONTACT_ENDED, InteractionKind.CONTACT_ABANDONED
CONNECT_MS = 15 * SECOND
BACKOFF_MS = 30 * SECOND
TWO_PHASE = with_channel("phone", connect_ms=CONNECT_MS)


def _auto(config: CoreConfig = TWO_PHASE, queue_id: str = "support.first") -> CoreConfig:
    return with_queue(queue_id, config, auto_accept=True)


@pytest.fixture
def world() -> World:
    world = World(TWO_PHASE)
    world.operator("ann")
    return world


@pytest.fixture
def connecting(world: World) -> World:
    world.call()
    world.accept()
    return world


def _effects(world: World) -> list[tuple[str, str]]:
    effects = [effect for _, event in world.log if (effect := effect_of(event)) is not None]
    return [(effect.order, effect.operator_id) for effect in effects]


def _is_back_without_blame(world: World, reason: str, operator_id: str = "ann") -> None:
    """The call waits at its old place, the operator is free and as available as before."""
    failed, item, operator = world.just(e.ConnectFailed), world.item(1), world.state.operators[operator_id]
    assert failed == e.ConnectFailed(1, 1, operator_id, reason, world.now_ms, world.now_ms + BACKOFF_MS)
    assert item.rank_ms == item.enqueued_ms
    assert operator_id in item.backoff
    assert (operator.presence, operator.rona_count, operator.item_ids, operator.load_units) == (
        Presence.AVAILABLE,
        0,
        [],
        0,
    )
    assert item.operator_id == world.matter(1).owner_id == ""


# ---- accepted
def test_an_accepted_call_is_connecting_until_the_channel_says_so(world):
    world.call()
    world.accept()
    assert world.just(e.OfferAccepted) == e.OfferAccepted(
        1, 1, "ann", 1, "phone", world.now_ms, 1, world.now_ms + CONNECT_MS
    )
    assert world.item(1).state == "connecting"
    assert world.item(1).connect_due_ms == world.now_ms + CONNECT_MS


def test_accepting_orders_the_channel_to_connect_once(connecting):
    assert _effects(connecting) == [("connect", "ann")]
    connecting.contact(CONNECTED)
    assert _effects(connecting) == [("connect", "ann")]


def test_connecting_work_has_its_owner_and_takes_the_capacity(connecting):
    assert connecting.item(1).operator_id == connecting.matter(1).owner_id == "ann"
    assert free_units(connecting.state, connecting.state.operators["ann"]) == 5


def test_clock_and_stage_wait_for_the_connection(connecting):
    assert not connecting.events(e.ClockEnded)
    assert connecting.matter(1).stage == "received"
    connecting.wait(SECOND).contact(CONNECTED)
    assert connecting.just(e.ClockEnded).outcome == "met"
    assert connecting.just(e.StageChanged).stage == "in_progress"
    assert connecting.just(e.ItemConnected) == e.ItemConnected(1, 1, "ann", connecting.now_ms)
    assert connecting.item(1).state == "assigned"


def test_a_connection_that_comes_too_late_for_the_promise_is_a_breach():
    world = World(with_queue("support.first", TWO_PHASE, first_response_ms=5 * SECOND))
    world.operator()
    world.call()
    world.accept()
    world.run(6 * SECOND)
    world.contact(CONNECTED)
    (ended,) = world.events(e.ClockEnded)
    assert ended.outcome == "breached"


def test_what_is_connected_has_no_deadline_any_more(connecting):
    connecting.contact(CONNECTED)
    connecting.run(10 * MINUTE)
    assert connecting.item(1).state == "assigned"
    assert not connecting.events(e.ConnectFailed)


@pytest.mark.parametrize("operator_id", ["", "ann", "SIP/4711"])
def test_a_connection_counts_whomever_of_us_the_channel_names_or_does_not(connecting, operator_id):
    connecting.contact(CONNECTED, operator_id=operator_id)
    assert connecting.item(1).operator_id == "ann"
    assert connecting.item(1).state == "assigned"


def test_a_second_connection_changes_nothing(connecting):
    connecting.contact(CONNECTED)
    connecting.contact(CONNECTED)
    assert len(connecting.events(e.ItemConnected)) == 1


def test_picking_up_what_is_offered_is_both_phases_at_once(world):
    world.call()
    world.contact(CONNECTED, operator_id="ann")
    assert world.item(1).state == "assigned"
    assert world.just(e.OfferAccepted).connect_due_ms == world.just(e.OfferAccepted).effect_id == 0


def test_without_a_time_for_connecting_accepted_is_assigned():
    world = World()
    world.operator()
    world.call()
    world.accept()
    accepted = world.just(e.OfferAccepted)
    assert (accepted.effect_id, accepted.connect_due_ms) == (1, 0)
    assert world.item(1).state == "assigned"
    assert world.just(e.ClockEnded).outcome == "met"


def test_a_channel_that_connects_nobody_has_one_phase(world):
    world.write()
    world.accept()
    assert world.item(1).state == "assigned"


# ---- not connected
def test_connecting_ends_exactly_at_its_deadline(connecting):
    connecting.wait(CONNECT_MS - 1).fire(Concern.OFFERS)
    assert connecting.last == []
    connecting.wait(1).fire(Concern.OFFERS)
    assert connecting.item(1).state == "queued"
    _is_back_without_blame(connecting, "timeout")


def test_a_dead_order_to_connect_ends_it_at_once(connecting):
    connecting.wait(SECOND).do(
        c.RecordDelivery(effect_id=1, conversation_id=1, interaction_id=0, delivered=False, reason="unreachable")
    )
    assert connecting.just(e.DeliveryDied).reason == "unreachable"
    _is_back_without_blame(connecting, "unreachable")


@pytest.mark.parametrize("operator_id", ["", "ann"])
def test_the_channel_may_say_that_it_did_not_connect(connecting, operator_id):
    connecting.contact(NOT_CONNECTED, operator_id=operator_id)
    _is_back_without_blame(connecting, "not_connected")
    assert connecting.matter(1).contact is ContactState.WAITING


def test_that_somebody_else_was_not_connected_says_nothing_of_this_operator(connecting):
    connecting.contact(NOT_CONNECTED, operator_id="bob")
    assert connecting.item(1).state == "connecting"


def test_a_delivered_order_or_another_dead_one_changes_nothing(connecting):
    connecting.do(c.RecordDelivery(effect_id=1, conversation_id=1, interaction_id=0, delivered=True))
    connecting.do(c.RecordDelivery(effect_id=9, conversation_id=1, interaction_id=0, delivered=False, reason="x"))
    connecting.do(c.RecordDelivery(effect_id=1, conversation_id=9, interaction_id=0, delivered=False, reason="x"))
    assert connecting.item(1).state == "connecting"


def test_a_dead_order_after_the_connection_changes_nothing(connecting):
    connecting.contact(CONNECTED)
    connecting.do(c.RecordDelivery(effect_id=1, conversation_id=1, interaction_id=0, delivered=False, reason="x"))
    assert connecting.item(1).state == "assigned"


def test_the_dead_order_of_an_earlier_attempt_does_not_end_the_next(connecting):
    connecting.contact(NOT_CONNECTED)
    connecting.run(BACKOFF_MS)
    connecting.accept()
    connecting.do(c.RecordDelivery(effect_id=1, conversation_id=1, interaction_id=0, delivered=False, reason="x"))
    assert connecting.item(1).state == "connecting"
    assert connecting.item(1).connect_effect_id == 2


def test_a_call_that_was_not_connected_keeps_its_age_before_later_calls(connecting):
    connecting.presence("ann", Presence.DRAINING)
    connecting.wait(SECOND).call("call-2")
    connecting.contact(NOT_CONNECTED)
    connecting.operator("bob", capacity=5)
    assert connecting.offered("bob") == [1]


def test_somebody_else_is_offered_what_was_not_connected(connecting):
    connecting.operator("bob")
    connecting.contact(NOT_CONNECTED)
    assert connecting.offered("bob") == [1]
    assert connecting.offered("ann") == []


def test_the_operator_who_was_not_connected_may_get_other_work_at_once(world):
    world.operator("ann", capacity=5)
    world.call()
    world.accept()
    other = world.call("call-2")
    assert world.item(other).state == "queued"
    world.contact(NOT_CONNECTED)
    assert world.offered() == [other]


def test_the_back_off_ends_and_the_same_operator_is_offered_it_again(connecting):
    connecting.contact(NOT_CONNECTED)
    connecting.run(BACKOFF_MS - 1)
    assert connecting.offered() == []
    connecting.run(1)
    assert connecting.offered() == [1]


def test_without_a_back_off_it_is_offered_again_at_once():
    world = World(with_queue("support.first", TWO_PHASE, backoff_ms=0))
    world.operator()
    world.call()
    world.accept()
    world.contact(NOT_CONNECTED)
    assert world.just(e.ConnectFailed).backoff_until_ms == 0
    assert world.offered() == [1]


def test_however_often_it_is_not_connected_the_operator_stays_available():
    world = World(changed(with_queue("support.first", TWO_PHASE, backoff_ms=0), rona_limit=1))
    world.operator()
    world.call()
    for _ in range(5):
        world.accept()
        world.run(CONNECT_MS)
    assert len(world.events(e.ConnectFailed)) == 5
    assert world.state.operators["ann"].presence is Presence.AVAILABLE


def test_who_leaves_while_it_is_connected_keeps_the_call(connecting):
    connecting.presence("ann", Presence.AWAY)
    connecting.contact(CONNECTED)
    assert connecting.item(1).operator_id == "ann"


# ---- the customer, and others
@pytest.mark.parametrize(("kind", "outcome"), [(ENDED, "ended_unanswered"), (ABANDONED, "abandoned")])
def test_a_customer_who_hangs_up_while_connecting_was_not_served(connecting, kind, outcome):
    connecting.contact(kind)
    closed = connecting.just(e.ItemClosed)
    assert (closed.cause, closed.was, closed.operator_id) == ("abandoned", "connecting", "ann")
    assert connecting.just(e.ConversationResolved).disposition == outcome
    assert connecting.just(e.ClockEnded).outcome == "cancelled"
    assert connecting.state.operators["ann"].load_units == 0


def test_who_was_being_connected_to_a_customer_who_hung_up_is_free_without_wrap_up(connecting):
    connecting.operator("ann", capacity=5)
    other = connecting.call("call-2")
    connecting.contact(ABANDONED)
    assert connecting.offered() == [other]


def test_a_call_that_nobody_answered_teaches_nothing_about_handling_times(connecting):
    connecting.wait(SECOND).contact(ABANDONED)
    assert connecting.state.handling == {}


def test_a_late_connection_of_a_call_that_is_over_changes_nothing(connecting):
    connecting.contact(ABANDONED)
    connecting.write(channel="phone", kind=CONNECTED, conversation_id=1, operator_id="ann")
    assert connecting.state.items == {}


def test_somebody_else_who_picks_up_gets_the_call_and_the_first_is_free(connecting):
    connecting.operator("bob")
    connecting.contact(CONNECTED, operator_id="bob")
    assert connecting.just(e.ConnectFailed).reason == "answered_elsewhere"
    assert connecting.item(1).operator_id == "bob"
    assert connecting.item(1).state == "assigned"
    assert connecting.state.operators["ann"].load_units == 0
    assert connecting.just(e.ClockEnded).outcome == "met"
    assert _effects(connecting) == [("connect", "ann")]


def test_somebody_who_is_not_able_takes_no_call_from_who_is_being_connected(connecting):
    connecting.operator("bob", "sales")
    connecting.contact(CONNECTED, operator_id="bob")
    assert connecting.item(1).operator_id == "ann"


def test_who_picks_up_after_the_time_for_connecting_gets_it_though_it_is_offered_to_another(connecting):
    connecting.operator("bob")
    connecting.run(CONNECT_MS)
    assert connecting.offered("bob") == [1]
    connecting.contact(CONNECTED, operator_id="ann")
    assert connecting.item(1).operator_id == "ann"
    assert connecting.offered("bob") == []


# ---- commands
@pytest.mark.parametrize(
    "command",
    [
        c.EndContact(work_item_id=1, operator_id="ann"),
        c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"),
        c.ReleaseItem(work_item_id=1, operator_id="ann"),
        c.SnoozeItem(work_item_id=1, operator_id="ann", until_ms=1_900_000_000_000),
        c.TransferItem(work_item_id=1, operator_id="ann", department_id="sales"),
        c.RequeueItem(work_item_id=1, operator_id="ann", queue_id="sales.orders"),
        c.ReassignItem(work_item_id=1, operator_id="ann", to_operator_id="bob"),
        c.ForceItem(work_item_id=1, operator_id="bob"),
        c.PullItem(work_item_id=1, operator_id="bob"),
        c.AcceptOffer(offer_id=1, operator_id="ann"),
        c.DeclineOffer(offer_id=1, operator_id="ann"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_can_be_done_with_a_call_that_is_being_connected(connecting, command):
    connecting.operator("bob")
    with pytest.raises(CallerError):
        connecting.do(command)


def test_the_refusals_say_that_the_two_sides_are_not_together(connecting):
    for command in (
        c.EndContact(work_item_id=1, operator_id="ann"),
        c.ReleaseItem(work_item_id=1, operator_id="ann"),
        c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved"),
    ):
        with pytest.raises(Conflict, match="not together yet"):
            connecting.do(command)


def test_whatever_happens_to_a_restart_connecting_goes_on_where_it_was(connecting):
    again = type(connecting.state).decode(connecting.state.encode())
    assert again.deadlines[Concern.OFFERS].live == connecting.state.deadlines[Concern.OFFERS].live
    assert connecting.replayed().encode() == connecting.state.encode()


# ---- by hand
@pytest.mark.parametrize("how", ["pull", "force"])
def test_a_call_that_is_given_by_hand_is_connected_in_two_phases(world, how):
    world.call()
    world.decline()
    getattr(world, how)(1, "ann")
    event = world.just(e.ItemPulled if how == "pull" else e.ItemForced)
    assert (event.effect_id, event.connect_due_ms) == (1, world.now_ms + CONNECT_MS)
    assert world.item(1).state == "connecting"
    assert _effects(world) == [("connect", "ann")]
    assert not world.events(e.StageChanged)
    world.contact(CONNECTED)
    assert world.just(e.StageChanged).stage == "in_progress"


@pytest.mark.parametrize("how", ["pull", "force"])
def test_a_call_that_was_given_by_hand_and_not_connected_goes_back(world, how):
    world.call()
    world.decline()
    getattr(world, how)(1, "ann")
    world.run(CONNECT_MS)
    assert world.events(e.ConnectFailed)[0].reason == "timeout"
    assert world.item(1).operator_id == ""


@pytest.mark.parametrize("how", ["pull", "force"])
def test_a_call_by_hand_on_a_channel_of_one_phase_meets_the_clock_at_once(how):
    world = World()
    world.operator()
    world.call()
    world.decline()
    getattr(world, how)(1, "ann")
    assert world.item(1).state == "assigned"
    assert world.just(e.ClockEnded).outcome == "met"
    assert _effects(world) == [("connect", "ann")]


# ---- handoffs
def test_the_target_of_a_transfer_is_assigned_at_once_and_connected_anew(connecting):
    connecting.operator("bob", "sales")
    connecting.contact(CONNECTED)
    connecting.transfer(1, "sales")
    connecting.accept("bob")
    assert connecting.just(e.HandoffAccepted).effect_id == 2
    assert connecting.item(1).operator_id == "bob"
    assert connecting.item(1).state == "assigned"
    assert _effects(connecting) == [("connect", "ann"), ("connect", "bob")]
    connecting.run(10 * MINUTE)
    assert connecting.item(1).operator_id == "bob"


# ---- automatic accept
def test_an_automatic_accept_needs_no_command_and_says_so():
    world = World(_auto(CONFIG))
    world.operator()
    world.write()
    assert [type(event) for event in world.last[-3:]] == [e.OfferMade, e.OfferAccepted, e.StageChanged]
    assert world.just(e.OfferAccepted).auto
    assert world.item(1).state == "assigned"
    assert world.state.operators["ann"].offered_units == 0


def test_an_accept_by_hand_is_not_automatic(world):
    world.call()
    world.accept()
    assert not world.just(e.OfferAccepted).auto


def test_an_automatic_accept_of_a_call_is_connected_in_two_phases():
    world = World(_auto())
    world.operator()
    world.call()
    accepted = world.just(e.OfferAccepted)
    assert (accepted.auto, accepted.effect_id, accepted.connect_due_ms) == (True, 1, world.now_ms + CONNECT_MS)
    assert world.item(1).state == "connecting"
    world.contact(CONNECTED)
    assert world.item(1).state == "assigned"


def test_an_automatic_accept_that_is_not_connected_goes_to_the_next_operator():
    world = World(_auto())
    world.operator("ann", capacity=5)
    world.operator("bob", capacity=5)
    world.call()
    first = world.item(1).operator_id
    world.contact(NOT_CONNECTED)
    assert {first, world.item(1).operator_id} == {"ann", "bob"}


def test_automatic_accepts_stop_at_the_capacity():
    world = World(_auto(CONFIG))
    world.operator(capacity=3)
    for _ in range(5):
        world.write()
    assert world.state.operators["ann"].load_units == 3
    assert [item.state for item in world.state.items.values()] == ["assigned"] * 3 + ["queued"] * 2
    world.complete(1)
    assert world.item(4).state == "assigned"
    assert world.item(5).state == "queued"


def test_automatic_accepts_of_waiting_work_fill_the_capacity_beyond_the_bound_on_offers():
    world = World(_auto(changed(offers_max=1)))
    for _ in range(5):
        world.write()
    world.operator(capacity=4)
    assert world.state.operators["ann"].load_units == 4
    assert world.item(5).state == "queued"


def test_an_automatic_accept_waits_while_as_many_offers_are_live_as_can_be_read():
    world = World(_auto(changed(offers_max=1), "support.expert"))
    world.operator(tech=5)
    world.write()
    automatic = world.write("support.expert")
    assert world.item(automatic).state == "queued"
    world.accept()
    assert world.item(automatic).state == "assigned"


def test_an_automatic_accept_spreads_over_the_operators():
    world = World(_auto(CONFIG))
    world.operator("ann")
    world.operator("bob")
    for _ in range(4):
        world.wait(1).write()
    assert [len(world.state.operators[who].item_ids) for who in ("ann", "bob")] == [2, 2]


def test_a_transfer_into_a_queue_of_automatic_accepts_moves_in_one_step():
    world = World(_auto(CONFIG, "sales.orders"))
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    world.transfer(1, "sales")
    assert world.just(e.HandoffAccepted).operator_id == "bob"
    assert world.matter(1).owner_id == "bob"


def test_an_automatic_accept_ends_a_row_of_unanswered_offers():
    world = World(_auto(queue_id="support.expert"))
    world.operator(tech=5)
    world.write()
    world.run(20 * SECOND)
    assert world.state.operators["ann"].rona_count == 1
    world.write("support.expert")
    assert world.state.operators["ann"].rona_count == 0


def test_an_automatic_accept_that_makes_room_lets_the_oldest_in_first():
    """The call interrupts ann's letters; of two chats that fit now, the one that waits longer is hers."""
    channels = (MAIL, structs.replace(CHAT, cost_units=4), structs.replace(PHONE, cost_units=1, interrupts=("mail",)))
    late = rule("sales.late", auto_accept=True, relaxations=(after(60, departments=("support",)),))
    world = Centre(rule(auto_accept=True), late, channels=channels, reserve_ms=0)
    world.join("ann", capacity=5)
    for _ in range(5):
        world.send()
    first = world.send(channel="chat")
    call = world.wait(1).send("sales.late", "phone")
    second = world.send("sales.late", "chat")
    world.run(60 * SECOND)
    assert [world.whose(item) for item in (call, first, second)] == ["ann", "ann", ""]


def test_a_caller_who_hung_up_while_connecting_remembers_nobody(connecting):
    connecting.contact(ABANDONED)
    assert connecting.just(e.ConversationResolved).record.last_operator_id == ""


def test_a_voicemail_without_a_running_call_connects_nobody(world: World) -> None:
    """Found by the simulator: it was connected, which nothing could answer, failed, and was offered again, for ever."""
    matter = world.write("support.first", "phone", session="call-1")
    assert world.matter(matter).contact is ContactState.NONE
    world.accept()
    assert world.item(matter).state == "assigned"
    assert _effects(world) == []
    assert not world.matter(matter).answered
    world.do(c.EndContact(work_item_id=world.item(matter).work_item_id, operator_id="ann"))
    assert _effects(world) == [], "nothing to part either"
