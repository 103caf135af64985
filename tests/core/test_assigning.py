"""Work by hand: picked out of turn, given by a supervisor, moved to somebody else, put into another queue."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, SECOND, World, changed, with_channel, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence
from omniroute.core.rules import CoreConfig, Relaxation, Requirement
from omniroute.errors import Conflict, Forbidden, InvalidInput, NotFound

BACKOFF_MS = 30 * SECOND
STICKY = with_queue("support.first", sticky_ms=MINUTE, policy="longest_idle")
NOT_AVAILABLE = [Presence.AWAY, Presence.DRAINING, Presence.OFFLINE]


def _two(config: CoreConfig = CONFIG, capacity: int = 10) -> World:
    """Ann and bob of support; everything is offered to ann first, because bob comes later."""
    world = World(config)
    world.operator("ann", capacity=capacity)
    world.wait(1).operator("bob", capacity=capacity)
    return world


@pytest.fixture
def world() -> World:
    return _two()


@pytest.fixture
def queued() -> World:
    """A letter that nobody is offered: ann and bob have declined it."""
    world = _two()
    world.write()
    world.decline("ann")
    world.decline("bob")
    assert world.item(1).state == "queued"
    return world


@pytest.fixture
def held(world: World) -> World:
    """A letter that ann holds."""
    world.held()
    return world


def _units(world: World) -> list[int]:
    return [world.state.operators[who].load_units for who in ("ann", "bob")]


# ---- pull
def test_an_operator_takes_waiting_work_in_spite_of_the_back_off(queued):
    queued.wait(SECOND).pull(1, "bob")
    assert queued.just(e.ItemPulled) == e.ItemPulled(1, 1, "bob", "mail", queued.now_ms)
    assert queued.item(1).operator_id == queued.matter(1).owner_id == "bob"
    assert queued.item(1).assigned_ms == queued.now_ms
    assert _units(queued) == [0, 1]


def test_what_was_taken_is_in_progress(queued):
    queued.pull(1, "bob")
    assert queued.just(e.StageChanged).stage == "in_progress"
    assert not queued.events(e.ClockEnded)


def test_work_is_taken_out_of_turn():
    world = World()
    world.do(c.ApplyConfig(config=changed(offers_max=1)))
    first, second = world.write(), world.wait(SECOND).write()
    world.operator("ann")
    assert world.offered() == [first]
    world.pull(second)
    assert world.item(second).operator_id == "ann"
    assert world.offered() == [first]


def test_taking_what_is_offered_to_oneself_is_accepting_it(world):
    world.write()
    world.pull(1, "ann")
    assert world.just(e.OfferAccepted).operator_id == "ann"
    assert not world.events(e.ItemPulled)


def test_taking_the_own_offer_at_its_deadline_is_refused(world):
    world.write()
    world.wait(20 * SECOND)
    with pytest.raises(Conflict, match="run out"):
        world.pull(1, "ann")


def test_nobody_takes_what_is_offered_to_another(world):
    world.write()
    with pytest.raises(Conflict, match="offered"):
        world.pull(1, "bob")


def test_nobody_takes_what_another_has_accepted(held):
    with pytest.raises(Conflict, match="somebody else"):
        held.pull(1, "bob")
    held.hang_up(1)
    with pytest.raises(Conflict, match="somebody else"):
        held.pull(1, "bob")


def test_nobody_takes_what_they_have(held):
    with pytest.raises(Conflict):
        held.pull(1, "ann")


def test_nobody_takes_what_they_are_not_able_for(queued):
    queued.operator("cem", "sales")
    with pytest.raises(Conflict, match="department"):
        queued.pull(1, "cem")
    expert = queued.write("support.expert")
    with pytest.raises(Conflict, match="skill:tech>=5"):
        queued.pull(expert, "bob")


@pytest.mark.parametrize("presence", NOT_AVAILABLE)
def test_nobody_takes_work_who_is_not_available(queued, presence):
    queued.presence("bob", presence)
    with pytest.raises(Conflict, match=f"presence:{presence}"):
        queued.pull(1, "bob")


def test_nobody_takes_more_than_fits():
    world = _two(capacity=1)
    world.held()
    world.write()
    world.decline("bob")
    with pytest.raises(Conflict, match="capacity"):
        world.pull(2, "ann")
    world.pull(2, "bob")


def test_live_offers_leave_no_room_for_what_is_taken():
    world = _two(capacity=1)
    world.write()
    world.write()
    waiting = world.write()
    with pytest.raises(Conflict, match="capacity"):
        world.pull(waiting, "ann")


def test_the_bound_on_offers_does_not_stop_taking():
    world = World(changed(offers_max=1))
    world.operator()
    world.write()
    second = world.write()
    world.pull(second)
    assert world.item(second).operator_id == "ann"


def test_nobody_takes_a_second_thing_beside_what_is_exclusive():
    world = World(with_channel("phone", exclusive=True))
    world.operator()
    world.call()
    world.accept()
    letter = world.write()
    with pytest.raises(Conflict, match="exclusive"):
        world.pull(letter)


def test_nobody_takes_work_out_of_wrap_up(queued):
    queued.held()
    holder = queued.item(2).operator_id
    queued.hang_up(2)
    with pytest.raises(Conflict, match="wrap_up"):
        queued.pull(1, holder)


def test_what_is_kept_for_another_may_be_taken_by_hand():
    world = _two(STICKY, capacity=1)
    world.held()
    world.snooze(1, MINUTE)
    world.held()
    world.run(MINUTE)
    assert world.item(1).held_for == "ann"
    world.pull(1, "bob")
    assert world.item(1).operator_id == "bob"
    assert (world.item(1).held_for, world.item(1).hold_until_ms) == ("", 0)
    world.run(10 * MINUTE)
    assert world.item(1).operator_id == "bob"


def test_what_was_put_aside_may_be_taken_by_anybody(held):
    held.snooze(1, MINUTE)
    held.pull(1, "bob")
    assert [type(event) for event in held.last[:2]] == [e.ItemWoken, e.ItemPulled]
    assert held.just(e.ItemWoken) == e.ItemWoken(1, 1, "taken", held.now_ms)
    assert held.item(1).operator_id == "bob"


def test_what_was_put_aside_stays_so_where_taking_is_refused(held):
    held.snooze(1, MINUTE)
    held.presence("bob", Presence.AWAY)
    with pytest.raises(Conflict):
        held.pull(1, "bob")
    assert held.item(1).state == "parked"


def test_a_transfer_is_taken_by_accepting_it_only(held):
    held.operator("eve", "sales")
    held.transfer(1, "sales")
    held.decline("eve")
    for operator_id, words in (("ann", "take the transfer back"), ("eve", "accepting its offer")):
        with pytest.raises(Conflict, match=words):
            held.do(c.PullItem(work_item_id=2, operator_id=operator_id))


@pytest.mark.parametrize("command", [c.PullItem, c.ForceItem])
def test_there_is_nothing_to_give_and_nobody_to_get_it(queued, command):
    with pytest.raises(NotFound):
        queued.do(command(work_item_id=9, operator_id="ann"))
    with pytest.raises(NotFound):
        queued.do(command(work_item_id=1, operator_id="nobody"))


def test_what_is_taken_is_measured_like_any_other_work():
    world = _two(with_queue("support.first", answer_ms=MINUTE))
    world.write()
    world.decline("ann")
    world.decline("bob")
    world.pull(1, "bob")
    world.run(MINUTE)
    assert world.events(e.ItemReturned)[0].reason == "unanswered"


# ---- force
def test_a_supervisor_gives_waiting_work(queued):
    queued.force(1, "bob")
    assert queued.just(e.ItemForced) == e.ItemForced(1, 1, "bob", "mail", queued.now_ms, "sue")
    assert queued.item(1).operator_id == queued.matter(1).owner_id == "bob"
    assert queued.just(e.StageChanged).stage == "in_progress"
    assert _units(queued) == [0, 1]


def test_the_back_off_of_who_is_given_work_does_not_count(queued):
    assert "ann" in queued.item(1).backoff
    queued.force(1, "ann")
    assert queued.item(1).operator_id == "ann"
    queued.run(BACKOFF_MS)
    assert queued.item(1).operator_id == "ann"


def test_giving_work_revokes_the_offer_of_the_other_without_blame(world):
    world.write()
    world.force(1, "bob")
    assert world.just(e.OfferRevoked) == e.OfferRevoked(1, 1, 1, "ann", "forced", world.now_ms)
    ann = world.state.operators["ann"]
    assert (ann.rona_count, ann.offered_units, ann.offer_ids, world.item(1).backoff) == (0, 0, [], {})
    assert world.item(1).operator_id == "bob"


def test_who_loses_an_offer_to_another_gets_the_next():
    world = World(changed(offers_max=1))
    world.operator("ann")
    world.write()
    second = world.write()
    world.operator("bob", capacity=1)
    assert world.offered("bob") == [second]
    world.decline("bob")
    third = world.write()
    assert world.offered("bob") == [third]
    world.decline("bob")
    world.force(1, "bob")
    assert world.offered("ann") == [second]


def test_giving_work_to_whom_it_is_offered_spares_the_accept(world):
    world.write()
    world.force(1, "ann")
    assert world.just(e.OfferRevoked).reason == "forced"
    assert world.item(1).operator_id == "ann"
    assert _units(world) == [1, 0]


def test_an_offer_that_fills_the_capacity_leaves_room_for_itself():
    world = World(with_channel("phone", exclusive=True, items_max=1))
    world.operator("ann", capacity=5)
    world.call()
    world.force(1, "ann")
    assert world.item(1).operator_id == "ann"


def test_who_is_in_wrap_up_is_not_given_what_is_offered_to_them(world):
    world.held()
    world.presence("bob", Presence.AWAY)
    world.write()
    world.hang_up(1)
    assert world.offered("ann") == [2]
    with pytest.raises(Conflict, match="wrap_up"):
        world.force(2, "ann")
    world.accept("ann")


def test_what_is_offered_and_does_not_fit_any_more_is_not_forced():
    """The chat has gone on meanwhile."""
    world = World(with_channel("chat", idle_ms=SECOND))
    world.operator("ann", capacity=5)
    world.write(channel="chat", session="s")
    world.accept()
    world.reply(1)
    world.run(SECOND)
    world.call()
    world.write(channel="chat", session="s")
    with pytest.raises(Conflict, match="capacity"):
        world.force(2, "ann")
    world.accept()


def test_who_is_given_work_must_be_able(queued):
    queued.operator("cem", "sales")
    with pytest.raises(Conflict, match="department"):
        queued.force(1, "cem")


@pytest.mark.parametrize("presence", NOT_AVAILABLE)
def test_who_is_given_work_must_be_available(queued, presence):
    queued.presence("bob", presence)
    with pytest.raises(Conflict, match=f"presence:{presence}"):
        queued.force(1, "bob")


def test_who_is_given_work_must_have_room(world):
    world.operator("bob", capacity=1)
    world.presence("ann", Presence.AWAY)
    world.write()
    world.accept("bob")
    world.presence("ann", Presence.AVAILABLE)
    offered = world.write()
    with pytest.raises(Conflict, match="capacity"):
        world.force(offered, "bob")
    assert world.offered("ann") == [offered]


def test_what_somebody_has_is_moved_and_not_given(held):
    with pytest.raises(Conflict, match="move it instead"):
        held.force(1, "bob")
    held.hang_up(1)
    with pytest.raises(Conflict, match="move it instead"):
        held.force(1, "bob")


def test_a_transfer_is_not_given_by_force(held):
    held.operator("eve", "sales")
    held.transfer(1, "sales")
    with pytest.raises(Conflict, match="transfer"):
        held.do(c.ForceItem(work_item_id=2, operator_id="eve", by="sue"))


def test_what_was_put_aside_may_be_given(held):
    held.snooze(1, MINUTE)
    held.force(1, "bob")
    assert held.just(e.ItemWoken).cause == "taken"
    assert held.item(1).operator_id == "bob"
    assert held.matter(1).last_operator_id == "ann"


# ---- reassign
def test_one_event_moves_held_work_and_the_load(held):
    held.wait(SECOND).reassign(1, "bob")
    assert held.last == [e.ItemReassigned(1, 1, "ann", "bob", held.now_ms, "sue")]
    assert held.item(1).operator_id == held.matter(1).owner_id == "bob"
    assert held.matter(1).last_operator_id == "ann"
    assert held.item(1).assigned_ms == held.now_ms
    assert _units(held) == [0, 1]


def test_the_previous_owner_has_no_write_access_after_the_move(held):
    held.reassign(1, "bob")
    with pytest.raises(Forbidden):
        held.reply(1, "ann")
    held.reply(1, "bob")


def test_who_lost_work_by_a_move_gets_the_next():
    world = _two(capacity=1)
    world.held()
    world.write()
    world.decline("bob")
    assert world.item(2).state == "queued"
    world.reassign(1, "bob")
    assert world.offered("ann") == [2]


def test_work_is_not_moved_to_who_has_it(held):
    with pytest.raises(Conflict, match="already"):
        held.reassign(1, "ann")


def test_work_is_not_moved_to_who_cannot_have_it(held):
    held.operator("cem", "sales")
    with pytest.raises(Conflict, match="department"):
        held.reassign(1, "cem")
    held.presence("bob", Presence.AWAY)
    with pytest.raises(Conflict, match="presence:away"):
        held.reassign(1, "bob")
    with pytest.raises(NotFound):
        held.reassign(1, "nobody")


def test_work_is_moved_in_its_owners_name_only(held):
    for operator_id in ("bob", ""):
        with pytest.raises(Conflict, match="look again"):
            held.do(c.ReassignItem(work_item_id=1, operator_id=operator_id, to_operator_id="bob"))


def test_what_nobody_has_is_not_moved_but_given(queued):
    with pytest.raises(Conflict, match="give it instead"):
        queued.do(c.ReassignItem(work_item_id=1, operator_id="", to_operator_id="bob"))


def test_a_running_contact_is_not_moved(world):
    world.call()
    world.accept("ann")
    with pytest.raises(Conflict, match="running contact"):
        world.reassign(1, "bob")
    world.contact(InteractionKind.CONTACT_CONNECTED)
    with pytest.raises(Conflict, match="running contact"):
        world.reassign(1, "bob")


def test_what_is_transferred_or_written_up_is_not_moved(held):
    held.operator("eve", "sales")
    handoff_id = held.transfer(1, "sales")
    with pytest.raises(Conflict, match="transfer"):
        held.reassign(1, "bob")
    held.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    held.hang_up(1)
    with pytest.raises(Conflict, match="only assigned"):
        held.reassign(1, "bob")


def test_work_may_be_moved_by_who_is_not_there_any_more(held):
    held.presence("ann", Presence.OFFLINE)
    held.reassign(1, "bob")
    assert held.item(1).operator_id == "bob"


def test_the_time_to_answer_begins_anew_with_who_gets_the_work():
    world = _two(with_queue("support.first", answer_ms=MINUTE))
    world.held()
    world.run(MINUTE - 1)
    world.reassign(1, "bob")
    world.run(MINUTE - 1)
    assert world.item(1).operator_id == "bob"
    world.run(1)
    assert world.events(e.ItemReturned)[0].operator_id == "bob"


# ---- requeue
def test_waiting_work_goes_to_another_queue_at_its_age(queued):
    age_ms = queued.item(1).enqueued_ms
    queued.wait(5 * SECOND).requeue(1, "sales.orders")
    moved = queued.just(e.ItemMoved)
    assert moved == e.ItemMoved(
        1, 1, "support.first", "sales.orders", "sales", age_ms, (), (), "requeue", queued.now_ms, "misplaced", "sue"
    )
    item = queued.item(1)
    assert (item.queue_id, item.department_id, item.enqueued_ms, item.rank_ms) == (
        "sales.orders",
        "sales",
        age_ms,
        age_ms,
    )
    assert queued.last == [moved]


def test_the_matter_goes_with_its_work(queued):
    queued.requeue(1, "sales.orders")
    matter = queued.matter(1)
    assert (matter.queue_id, matter.department_id) == ("sales.orders", "sales")


def test_moved_work_is_offered_to_who_serves_its_new_queue(queued):
    queued.operator("eve", "sales")
    queued.requeue(1, "sales.orders")
    assert queued.offered("eve") == [1]
    assert queued.just(e.OfferMade).decision.policy == "least_loaded"


def test_the_requirements_are_those_of_the_new_queue_and_its_own():
    world = World()
    world.write("support.expert", requirements=[Requirement("french", 2), Requirement("money", 3)])
    world.requeue(1, "billing.money")
    assert world.item(1).requirements == (Requirement("french", 2), Requirement("money", 3))
    world.requeue(1, "support.expert")
    assert world.item(1).requirements == (Requirement("french", 2), Requirement("money", 3), Requirement("tech", 5))


def test_the_relaxation_of_the_former_queue_is_forgotten():
    steps = (Relaxation(SECOND, drop=("french",), departments=("sales",), operators=("eve",)),)
    world = World(with_queue("support.first", relaxations=steps))
    world.write(requirements=[Requirement("french")])
    world.run(SECOND)
    assert world.item(1).requirements == ()
    world.requeue(1, "billing.rest")
    item = world.item(1)
    assert item.requirements == (Requirement("french"),)
    assert (item.departments, item.operators, item.relaxed, item.relax_due_ms) == ((), (), 0, 0)
    world.run(MINUTE)
    assert len(world.events(e.ItemRelaxed)) == 1


def test_the_relaxation_of_the_new_queue_counts_from_the_arrival_in_the_first():
    world = World(with_queue("support.first", relaxations=(Relaxation(MINUTE, drop=("french",)),)))
    world.write("billing.rest", requirements=[Requirement("french")])
    world.run(MINUTE - 1)
    world.requeue(1, "support.first")
    assert world.item(1).requirements == (Requirement("french"),)
    world.run(1)
    assert world.item(1).requirements == ()


def test_moved_work_keeps_its_place_before_later_work():
    world = World()
    first = world.write("billing.rest")
    world.wait(SECOND).write()
    world.requeue(first, "support.first")
    world.operator("ann", capacity=1)
    assert world.offered() == [first]


def test_moving_offered_work_revokes_the_offer_without_blame(world):
    world.write()
    world.requeue(1, "sales.orders")
    assert world.just(e.OfferRevoked) == e.OfferRevoked(1, 1, 1, "ann", "requeued", world.now_ms)
    assert world.state.operators["ann"].rona_count == 0
    assert world.item(1).state == "queued"


def test_moving_held_work_returns_and_moves_it(held):
    held.do(c.RequeueItem(work_item_id=1, queue_id="sales.orders", operator_id="ann", reason="orders", by="sue"))
    assert held.last == [
        e.ItemReturned(1, 1, "ann", "orders", held.now_ms, held.now_ms + BACKOFF_MS, "sue"),
        held.just(e.ItemMoved),
    ]
    assert held.just(e.ItemMoved).reason == "orders"
    assert held.matter(1).owner_id == ""
    assert _units(held) == [0, 0]


def test_moving_held_work_without_a_reason_names_the_move(held):
    held.do(c.RequeueItem(work_item_id=1, queue_id="sales.orders", operator_id="ann"))
    assert held.just(e.ItemReturned).reason == "requeued"


def test_held_work_may_go_back_into_its_own_queue(held):
    held.requeue(1, "support.first")
    assert not held.events(e.ItemMoved)
    assert held.offered("bob") == [1]
    assert "ann" in held.item(1).backoff


def test_moving_what_was_put_aside_wakes_it_for_everybody(held):
    held.operator("eve", "sales")
    held.snooze(1, MINUTE)
    held.requeue(1, "sales.orders")
    assert held.just(e.ItemWoken) == e.ItemWoken(1, 1, "taken", held.now_ms)
    assert held.offered("eve") == [1]
    held.run(MINUTE)
    assert len(held.events(e.ItemWoken)) == 1


def test_moving_what_is_kept_for_somebody_ends_that_for_good():
    world = _two(capacity=1)
    world.held()
    world.snooze(1, MINUTE)
    world.held()
    world.run(MINUTE)
    assert world.item(1).held_for == "ann"
    world.requeue(1, "billing.rest")
    assert (world.item(1).held_for, world.item(1).hold_until_ms) == ("", 0)
    assert world.state.deadlines[Concern.WAITING].live == {}
    world.run(10 * MINUTE)
    assert not world.events(e.HoldEnded)


def test_work_is_not_moved_to_where_it_waits_or_to_nowhere(queued):
    with pytest.raises(Conflict, match="already"):
        queued.requeue(1, "support.first")
    with pytest.raises(InvalidInput, match="no queue") as caught:
        queued.requeue(1, "support.tea")
    assert caught.value.path == "queue"
    with pytest.raises(NotFound):
        queued.do(c.RequeueItem(work_item_id=9, queue_id="sales.orders"))


@pytest.mark.parametrize("operator_id", ["", "bob"])
def test_who_moves_work_must_know_who_has_it(held, operator_id):
    with pytest.raises(Conflict, match="look again"):
        held.do(c.RequeueItem(work_item_id=1, queue_id="sales.orders", operator_id=operator_id))


def test_who_moves_waiting_work_must_know_that_nobody_has_it(queued):
    with pytest.raises(Conflict, match="look again"):
        queued.do(c.RequeueItem(work_item_id=1, queue_id="sales.orders", operator_id="ann"))


def test_neither_side_of_a_transfer_is_moved(held):
    held.operator("eve", "sales")
    held.transfer(1, "sales")
    with pytest.raises(Conflict, match="transfer"):
        held.do(c.RequeueItem(work_item_id=1, queue_id="billing.rest", operator_id="ann"))
    with pytest.raises(Conflict, match="transfer"):
        held.do(c.RequeueItem(work_item_id=2, queue_id="billing.rest"))
    assert held.offered("eve") == [1]


def test_a_running_contact_is_not_put_into_another_queue(world):
    world.call()
    world.accept("ann")
    with pytest.raises(Conflict, match="running contact"):
        world.requeue(1, "sales.orders")


def test_what_is_written_up_is_not_put_into_another_queue(held):
    held.hang_up(1)
    with pytest.raises(Conflict, match="only assigned"):
        held.requeue(1, "sales.orders")


def test_a_call_that_waits_may_be_put_into_another_queue(world):
    world.operator("eve", "sales")
    world.call()
    world.requeue(1, "sales.orders")
    assert world.offered("eve") == [1]
    world.accept("eve")
    assert world.item(1).operator_id == "eve"


def test_the_clock_goes_on_as_it_was_promised(queued):
    (before,) = queued.matter(1).clocks
    due_ms = before.due_ms
    queued.requeue(1, "sales.orders")
    (after,) = queued.matter(1).clocks
    assert after.due_ms == due_ms


def test_the_answer_is_due_by_the_rule_of_the_new_queue():
    world = _two(with_queue("sales.orders", answer_ms=MINUTE))
    world.operator("eve", "sales")
    world.held()
    world.requeue(1, "sales.orders")
    world.accept("eve")
    assert world.item(1).answer_due_ms == world.now_ms + MINUTE
