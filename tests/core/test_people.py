"""Configuration and operators."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, SECOND, World, changed, with_channel, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import Presence
from omniroute.core.rules import Overflow, OverflowCause, Relaxation, Requirement
from omniroute.errors import Conflict, InvalidInput, NotFound


def _put(world: World, **fields: object) -> list[e.Event]:
    values: dict[str, object] = {
        "operator_id": "ann", "departments": ("support",), "skills": {}, "capacity_units": 10,
    }  # fmt: skip
    return world.do(c.PutOperator(**{**values, **fields}))


def test_the_same_configuration_again_is_no_event():
    assert World().do(c.ApplyConfig(config=CONFIG)) == []


def test_a_new_configuration_lets_work_be_offered():
    world = World(changed(offers_max=1))
    world.operator()
    world.write()
    world.write()
    world.do(c.ApplyConfig(config=changed(offers_max=2)))
    assert world.offered() == [1, 2]


@pytest.mark.parametrize("change", [{"queues": CONFIG.queues[1:]}, {"channels": CONFIG.channels[1:]}])
def test_open_work_keeps_its_queue_and_channel(change):
    world = World()
    world.write()
    with pytest.raises(Conflict, match="open work"):
        world.do(c.ApplyConfig(config=changed(**change)))


def test_running_deadlines_are_as_they_were_promised():
    world = World()
    world.operator()
    world.write()
    world.do(c.ApplyConfig(config=with_queue("support.first", offer_ms=1)))
    assert world.offer().deadline_ms == world.now_ms + 20 * SECOND


def test_a_new_configuration_arms_what_waits_anew():
    world = World()
    world.write(requirements=[Requirement("french")])
    world.wait(SECOND)
    steps = (Relaxation(5 * SECOND, drop=("french",)),)
    world.do(c.ApplyConfig(config=with_queue("support.first", relaxations=steps)))
    assert world.item(1).relax_due_ms == world.item(1).enqueued_ms + 5 * SECOND
    world.run(4 * SECOND)
    assert world.item(1).requirements == ()


def test_what_is_due_by_the_new_configuration_takes_effect_at_once():
    world = World()
    world.write()
    world.wait(MINUTE)
    rule = Overflow(OverflowCause.WAIT, 10 * SECOND, "sales.orders")
    world.do(c.ApplyConfig(config=with_queue("support.first", overflows=(rule,))))
    world.run(0)
    assert world.item(1).queue_id == "sales.orders"


def test_a_rule_that_is_gone_is_not_due_any_more():
    rule = Overflow(OverflowCause.WAIT, 10 * SECOND, "sales.orders")
    world = World(with_queue("support.first", overflows=(rule,), relaxations=(Relaxation(SECOND, drop=("french",)),)))
    world.write(requirements=[Requirement("french")])
    world.do(c.ApplyConfig(config=CONFIG))
    assert world.state.deadlines[Concern.WAITING].next_ms() is None
    world.run(MINUTE)
    assert world.item(1).queue_id == "support.first"


def test_what_is_offered_is_armed_anew_as_well():
    world = World()
    world.operator(french=1)
    world.write(requirements=[Requirement("french")])
    steps = (Relaxation(5 * SECOND, drop=("french",)),)
    world.do(c.ApplyConfig(config=with_queue("support.first", relaxations=steps)))
    world.run(5 * SECOND)
    assert world.item(1).requirements == ()
    assert world.offered() == [1]


def test_what_is_held_is_armed_when_it_waits_again():
    world = World()
    world.operator()
    world.held()
    steps = (Relaxation(5 * SECOND, drop=("french",)),)
    world.do(c.ApplyConfig(config=with_queue("support.first", relaxations=steps)))
    assert world.item(1).relax_due_ms == 0
    world.release(1)
    assert world.item(1).relax_due_ms == world.item(1).enqueued_ms + 5 * SECOND


def test_a_queue_that_goes_to_another_department_takes_its_offers_along():
    world = World()
    world.operator("ann", "support")
    world.operator("eve", "sales")
    world.write()
    world.do(c.ApplyConfig(config=with_queue("support.first", department_id="sales")))
    revoked = world.just(e.OfferRevoked)
    assert (revoked.operator_id, revoked.reason) == ("ann", "unable")
    assert world.offered("eve") == [1]
    assert world.state.operators["ann"].rona_count == 0


def test_held_work_stays_when_its_queue_goes_to_another_department():
    world = World()
    world.operator("ann", "support")
    world.held()
    world.do(c.ApplyConfig(config=with_queue("support.first", department_id="sales")))
    assert world.item(1).operator_id == "ann"


def test_work_that_is_put_aside_keeps_its_queue():
    world = World()
    world.operator()
    world.held()
    world.snooze(1, MINUTE)
    with pytest.raises(Conflict, match="open work"):
        world.do(c.ApplyConfig(config=changed(queues=CONFIG.queues[1:])))


def test_a_smaller_maximum_leaves_held_work_and_gives_nothing_new_until_it_fits():
    world = World()
    world.operator()
    world.held(channel="chat")
    world.held(channel="chat")
    world.do(c.ApplyConfig(config=with_channel("chat", items_max=1)))
    waiting = world.write(channel="chat")
    world.complete(1)
    assert world.offered() == []
    world.complete(2)
    assert world.offered() == [waiting]


def test_a_longer_lease_holds_from_the_next_lost_connection_on():
    world = World()
    world.operator()
    world.connect()
    world.disconnect()
    until_ms = world.state.operators["ann"].lease_until_ms
    world.do(c.ApplyConfig(config=changed(lease_ms=MINUTE)))
    assert world.state.operators["ann"].lease_until_ms == until_ms
    world.connect()
    world.disconnect()
    assert world.just(e.LeaseStarted).until_ms == world.now_ms + MINUTE


def test_a_new_operator_is_offline():
    world = World()
    _put(world)
    assert world.state.operators["ann"].presence is Presence.OFFLINE


def test_the_same_operator_again_is_no_event():
    world = World()
    _put(world)
    assert _put(world) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"operator_id": ""}, "operator_id"),
        ({"capacity_units": 0}, "capacity_units"),
        ({"skills": {"tech": 0}}, "skills.tech"),
        ({"skills": {"tech": 11}}, "skills.tech"),
        ({"departments": ("kitchen",)}, "departments"),
        ({"queues": ("support.tea",)}, "queues"),
        ({"queues": ("sales.orders",)}, "queues"),
        ({"weight": 0}, "weight"),
        ({"weight": 101}, "weight"),
    ],
)
def test_an_operator_that_cannot_be(fields, path):
    with pytest.raises(InvalidInput) as caught:
        _put(World(), **fields)
    assert caught.value.path == path


def test_an_operator_has_queues_and_a_weight():
    world = World()
    _put(world, departments=("support", "sales"), queues=("sales.late",), weight=100)
    assert world.just(e.OperatorPut) == e.OperatorPut("ann", ("support", "sales"), {}, 10, ("sales.late",), 100)
    ann = world.state.operators["ann"]
    assert (ann.queues, ann.weight) == (("sales.late",), 100)
    assert _put(world, departments=("support", "sales"), queues=("sales.late",), weight=100) == []


def test_who_is_bound_to_queues_gets_work_of_these_only():
    world = World()
    _put(world, departments=("support", "sales"), queues=("sales.late",))
    world.presence("ann", Presence.AVAILABLE)
    world.write("support.first")
    world.write("sales.orders")
    late = world.write("sales.late")
    assert world.offered() == [late]
    with pytest.raises(Conflict, match="department"):
        world.pull(1)


def test_who_is_not_bound_any_more_gets_the_work_of_the_department():
    world = World()
    _put(world, departments=("sales",), queues=("sales.late",))
    world.presence("ann", Presence.AVAILABLE)
    orders = world.write("sales.orders")
    assert world.offered() == []
    _put(world, departments=("sales",))
    assert world.offered() == [orders]


def test_who_is_bound_to_other_queues_loses_the_offer():
    world = World()
    world.operator("ann", "sales")
    world.write("sales.orders")
    _put(world, departments=("sales",), queues=("sales.late",))
    assert world.just(e.OfferRevoked).reason == "unable"
    assert world.item(1).state == "queued"


def test_another_weight_takes_no_offer_back():
    world = World()
    world.operator()
    world.write()
    _put(world, weight=50)
    assert world.last == [world.just(e.OperatorPut)]
    assert world.offered() == [1]


def test_a_newcomer_begins_with_the_share_of_the_others():
    world = World()
    world.operator("ann")
    for _ in range(3):
        world.write()
    assert world.state.shares["support.first"] > 0
    _put(world, operator_id="bob")
    assert world.state.operators["bob"].passes == world.state.shares["support.first"]


def test_who_changes_the_department_begins_with_the_share_of_the_new_one():
    world = World()
    world.operator("ann")
    for _ in range(3):
        world.write()
    _put(world, operator_id="bob", departments=("sales",))
    assert world.state.operators["bob"].passes == 0
    _put(world, operator_id="bob", departments=("support",))
    assert world.state.operators["bob"].passes == world.state.shares["support.first"]


def test_a_new_skill_lets_work_be_offered():
    world = World()
    world.operator()
    world.write("support.expert")
    _put(world, skills={"tech": 5})
    assert world.offered() == [1]


@pytest.mark.parametrize("fields", [{"departments": ("sales",)}, {"skills": {"tech": 4}}])
def test_who_is_no_longer_able_loses_the_offer(fields):
    world = World()
    world.operator(tech=5)
    world.write("support.expert")
    _put(world, **{"skills": {"tech": 5}, **fields})
    assert world.just(e.OfferRevoked).reason == "unable"


def test_less_capacity_takes_the_newest_offers_back():
    world = World()
    world.operator()
    first, second = world.write(), world.wait(1).write()
    _put(world, capacity_units=1)
    assert world.just(e.OfferRevoked).conversation_id == second
    assert world.offered() == [first]


def test_less_capacity_leaves_held_work_and_gives_nothing_new_until_it_fits():
    world = World()
    world.operator()
    world.held()
    world.held()
    _put(world, capacity_units=1)
    waiting = world.write()
    world.complete(1)
    assert world.offered() == []
    world.complete(2)
    assert world.offered() == [waiting]


def test_held_work_stays_with_who_changes_department():
    world = World()
    world.operator()
    world.held()
    _put(world, departments=("sales",))
    assert world.item(1).operator_id == "ann"


def test_an_unknown_operator_has_no_presence():
    with pytest.raises(NotFound):
        World().presence("nobody", Presence.AVAILABLE)


def test_the_same_presence_again_is_no_event():
    world = World()
    world.operator()
    assert world.presence("ann", Presence.AVAILABLE) == []


def test_who_comes_goes_to_the_end_of_the_line():
    world = World()
    world.operator("ann")
    world.wait(1).operator("bob")
    world.wait(1).presence("ann", Presence.AWAY)
    world.wait(1).presence("ann", Presence.AVAILABLE)
    world.write()
    assert world.just(e.OfferMade).operator_id == "bob"


def test_a_new_reason_is_not_a_new_arrival():
    world = World()
    idle_ms = world.operator().idle_since_ms
    world.wait(1).presence("ann", Presence.AVAILABLE, "back office")
    assert world.state.operators["ann"].idle_since_ms == idle_ms


def test_time_never_goes_back():
    world = World()
    at_ms = world.now_ms
    world.wait(-5 * SECOND).write()
    assert world.just(e.InteractionReceived).at_ms == world.state.now_ms == at_ms


def test_an_unknown_concern_is_refused():
    with pytest.raises(InvalidInput):
        World().do(c.FireDue(concern="tea"))


def test_keeping_changes_nothing():
    assert World().do(c.Keep()) == []


def test_a_configuration_takes_back_what_does_not_fit_any_more_the_newest_first():
    world = World()
    world.operator("ann")
    kept = world.write()
    world.write()
    world.do(c.ApplyConfig(config=with_channel("mail", items_max=1)))
    assert (world.just(e.OfferRevoked).reason, world.offered()) == ("unable", [kept])
