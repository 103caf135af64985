"""Configuration and operators."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, SECOND, World, changed, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import Presence
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
    ],
)
def test_an_operator_that_cannot_be(fields, path):
    with pytest.raises(InvalidInput) as caught:
        _put(World(), **fields)
    assert caught.value.path == path


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
