"""Cold and warm, to a person, refused, returned to whoever has gone, and going to and fro."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.world import CHAT, MAIL, PHONE, SECOND, START_MS, World, changed

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import HandoffKind, InteractionKind, Presence
from omniroute.core.permissions import Actor, Role, authorize
from omniroute.errors import Conflict, Forbidden, InvalidInput

COLD, WARM = HandoffKind.COLD, HandoffKind.WARM
HANDOFF_MS = 120 * SECOND
CHAT_IDLE = msgspec.structs.replace(CHAT, idle_ms=30 * SECOND)


@pytest.fixture
def world() -> World:
    """Ann of support, who can hold one thing, holds the matter; bob and cem are in sales."""
    world = World()
    world.operator("ann", "support", capacity=1)
    world.operator("bob", "sales")
    world.operator("cem", "sales", presence=Presence.AWAY)
    world.held()
    return world


def hand(world: World, department: str = "sales", kind: HandoffKind = COLD, **more: object) -> int:
    """The owner of matter 1 hands it over; returns the handoff."""
    item = next(one for one in world.state.work_of(world.matter(1)) if one.operator_id)
    world.do(
        c.TransferItem(
            work_item_id=item.work_item_id, operator_id=item.operator_id, department_id=department, kind=kind, **more
        )
    )
    return world.state.counters.handoff


def test_a_cold_transfer_gives_the_load_back_at_once_and_nothing_else(world):
    waiting = world.write()
    assert world.offered("ann") == []
    hand(world)
    assert world.offered("ann") == [waiting]
    assert world.matter(1).owner_id == "ann"
    world.reply(1, "ann")


def test_a_warm_transfer_keeps_load_and_matter_until_it_is_accepted(world):
    waiting = world.write()
    hand(world, kind=WARM)
    assert world.offered("ann") == []
    assert world.state.operators["ann"].load_units == 1
    world.accept("bob")
    assert world.offered("ann") == [waiting]


def test_a_cold_transfer_that_comes_back_is_load_again_even_beyond_the_capacity(world):
    waiting = world.write()
    hand(world)
    world.accept("ann")
    world.run(HANDOFF_MS)
    assert world.state.operators["ann"].load_units == 2
    assert world.matter(waiting).owner_id == world.matter(1).owner_id == "ann"


def test_a_silent_chat_that_is_handed_over_is_load_again_when_the_customer_writes_to_its_sender():
    world = World(changed(channels=(MAIL, CHAT_IDLE, PHONE)))
    world.operator("ann", "support")
    world.write(channel="chat", session="s")
    world.accept("ann")
    world.reply(1, "ann")
    world.run(60 * SECOND)
    assert world.state.items[1].idle
    handoff_id = hand(world)
    world.write(channel="chat", session="s")
    assert world.state.operators["ann"].load_units == 0
    world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    assert world.state.operators["ann"].load_units == 2


def test_who_speaks_to_the_customer_has_no_room_for_another_call():
    world = World()
    world.operator("ann", "support", capacity=5)
    world.operator("bob", "sales", presence=Presence.AWAY)
    world.call()
    world.accept("ann")
    other = world.call("call-2")
    hand(world)
    assert world.offered("ann") == []
    assert world.state.operators["ann"].load_units == 5
    assert world.matter(other).owner_id == ""


def test_acceptance_of_a_cold_transfer_moves_the_matter(world):
    hand(world)
    world.accept("bob")
    assert (world.matter(1).owner_id, world.matter(1).department_id) == ("bob", "sales")
    assert world.state.operators["ann"].load_units == 0
    with pytest.raises(Forbidden):
        world.reply(1, "ann")


# ---- to a person


def test_a_person_alone_is_offered_what_was_sent_to_them(world):
    hand(world, "", to_operator_id="cem")
    assert world.offered("bob") == []
    world.presence("cem", Presence.AVAILABLE)
    assert world.offered("cem") == [1]
    assert world.state.handoffs[1].to_queue_id == "sales.orders"


def test_a_person_who_misses_the_offer_keeps_it_until_the_deadline(world):
    world.presence("cem", Presence.AVAILABLE)
    hand(world, "", to_operator_id="cem")
    world.run(20 * SECOND)
    assert world.offered("bob") == []
    world.run(30 * SECOND)
    assert world.offered("cem") == [1]
    world.run(HANDOFF_MS - 50 * SECOND)
    returned = world.events(e.HandoffReturned)[-1]
    assert (returned.reason, returned.at_ms) == ("timeout", START_MS + HANDOFF_MS)


def test_a_person_who_declines_sends_it_back_at_once(world):
    hand(world, "", to_operator_id="bob")
    world.decline("bob")
    returned = world.just(e.HandoffReturned)
    assert (returned.reason, returned.by, returned.from_operator_id) == ("declined", "bob", "ann")
    assert world.state.handoffs == {}


def test_a_person_who_takes_a_break_keeps_it_and_one_who_leaves_does_not(world):
    hand(world, "", to_operator_id="bob")
    world.presence("bob", Presence.AWAY)
    assert world.offered("cem") == []
    assert world.state.handoffs
    world.presence("cem", Presence.AVAILABLE)
    assert world.offered("cem") == []
    world.presence("bob", Presence.OFFLINE)
    assert world.just(e.HandoffReturned).reason == "left"


def test_a_person_who_is_no_longer_able_for_it_sends_it_back(world):
    hand(world, "", to_operator_id="bob")
    world.do(c.PutOperator(operator_id="bob", departments=("billing",), skills={}, capacity_units=3))
    assert world.just(e.HandoffReturned).reason == "unable"


def test_a_colleague_of_the_same_queue_can_have_it(world):
    world.operator("dan", "support")
    hand(world, "", to_operator_id="dan")
    world.accept("dan")
    assert (world.matter(1).owner_id, world.matter(1).hops) == ("dan", 1)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"to_operator_id": "nobody"}, "no such colleague"),
        ({"to_operator_id": "ann"}, "no such colleague"),
        ({"to_operator_id": "eve"}, "in no queue"),
        ({"to_operator_id": "bob", "department_id": "support"}, "in no queue"),
        ({"to_operator_id": "bob", "department_id": "sales", "queue_id": "sales.late"}, "in no queue"),
        ({"to_operator_id": "bob", "department_id": "sales", "queue_id": "no"}, "no such queue"),
        ({"department_id": "sales", "due_ms": 5}, "only a task"),
    ],
)
def test_a_person_or_a_time_that_cannot_be(world, more, message):
    world.operator("eve", "billing")  # whose queues require a skill, but for one
    world.do(
        c.PutOperator(
            operator_id="eve", departments=("billing",), skills={}, capacity_units=3, queues=("billing.money",)
        )
    )
    with pytest.raises(InvalidInput, match=message):
        world.do(c.TransferItem(work_item_id=1, operator_id="ann", **more))


# ---- refused


def test_a_supervisor_of_the_department_refuses_it_for_everybody(world):
    handoff_id = hand(world)
    world.do(c.DeclineHandoff(handoff_id=handoff_id, operator_id="sue"))
    assert world.just(e.HandoffReturned).by == "sue"
    assert world.offered("bob") == []
    with pytest.raises(Conflict):
        world.do(c.DeclineHandoff(handoff_id=handoff_id, operator_id="sue"))


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (Actor(Role.SUPERVISOR, "sue", ("sales",)), True),
        (Actor(Role.SUPERVISOR, "sue", ("support",)), False),
        (Actor(Role.OPERATOR, "sue", ("sales",)), False),
        (Actor(Role.ADMIN, "sue"), True),
    ],
)
def test_who_may_refuse_it_for_everybody(world, actor, may):
    command = c.DeclineHandoff(handoff_id=hand(world), operator_id="sue")
    if may:
        authorize(world.state, actor, command)
    else:
        with pytest.raises(Forbidden):
            authorize(world.state, actor, command)


def test_whom_it_was_sent_to_may_refuse_it(world):
    command = c.DeclineHandoff(handoff_id=hand(world, "", to_operator_id="cem"), operator_id="cem")
    authorize(world.state, Actor(Role.OPERATOR, "cem", ("sales",)), command)
    world.do(command)
    assert world.just(e.HandoffReturned).by == "cem"


# ---- whose sender has gone


@pytest.mark.parametrize("kind", [COLD, WARM])
def test_a_transfer_that_comes_back_to_a_sender_who_has_gone_waits_at_its_age(world, kind):
    rank_ms = world.state.items[1].rank_ms
    hand(world, kind=kind)
    world.presence("ann", Presence.OFFLINE)
    world.operator("dan", "support")
    world.run(HANDOFF_MS)
    assert world.offered("dan") == [1]
    assert world.state.items[1].rank_ms == rank_ms
    assert world.state.operators["ann"].load_units == 0


def _chat(kind: HandoffKind) -> World:
    """Ann hands a chat over and loses her connection for longer than is forgiven."""
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales", presence=Presence.AWAY)
    world.connect("ann")
    world.write(channel="chat", session="s")
    world.accept("ann")
    hand(world, kind=kind)
    world.disconnect("ann")
    world.run(30 * SECOND)
    return world


def test_a_cold_transfer_goes_on_when_its_sender_loses_the_connection():
    world = _chat(COLD)
    assert world.state.handoffs
    world.presence("bob", Presence.AVAILABLE)
    world.accept("bob")
    assert world.matter(1).owner_id == "bob"


def test_a_warm_transfer_ends_when_nobody_is_there_to_introduce_it():
    world = _chat(WARM)
    assert world.state.handoffs == {}
    assert world.item(1).state == "queued"


# ---- to and fro


def there_and_back(world: World) -> None:
    """From support to sales, and back to ann."""
    hand(world, "sales")
    world.accept("bob")
    hand(world, "support")
    world.accept("ann")


def test_the_third_pass_between_two_departments_is_refused_and_the_supervisors_are_told(world):
    there_and_back(world)
    hand(world, "sales")
    refused = world.just(e.HandoffRefused)
    assert (refused.reason, refused.from_department_id, refused.to_department_id) == ("ping_pong", "support", "sales")
    assert world.state.handoffs == {}
    assert world.matter(1).owner_id == "ann"


def test_a_third_department_may_still_have_it(world):
    there_and_back(world)
    hand(world, "billing")
    assert world.just(e.HandoffRequested).to_department_id == "billing"


def test_two_people_of_one_department_do_not_play_ping_pong_either(world):
    world.operator("dan", "support")
    for person in ("dan", "ann"):
        hand(world, "", to_operator_id=person)
        world.accept(person)
    hand(world, "", to_operator_id="dan")
    assert world.just(e.HandoffRefused).reason == "ping_pong"


def test_a_supervisor_may_send_it_again_all_the_same(world):
    there_and_back(world)
    hand(world, "sales", by="sue")
    world.accept("bob")
    assert world.matter(1).passes[-1].by == "sue"


def test_a_supervisor_may_send_it_beyond_the_hop_limit():
    world = World(changed(hops_max=1))
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    hand(world, "sales")
    world.accept("bob")
    hand(world, "support")
    assert world.just(e.HandoffRefused).reason == "hops"
    hand(world, "support", by="sue")
    world.accept("ann")
    assert (world.matter(1).owner_id, world.matter(1).hops) == ("ann", 2)


def test_a_matter_that_was_reopened_begins_its_way_anew(world):
    there_and_back(world)
    world.complete(1)
    world.write(conversation_id=1, record=world.just(e.ConversationResolved).record)
    assert (world.matter(1).passes, world.matter(1).hops) == ((), 0)


def test_an_old_request_reads_as_a_warm_transfer():
    event = e.HandoffRequested(1, 1, 1, 2, "ann", "support", "sales", "sales.orders", 5, 9)
    assert (event.kind, event.to_operator_id, event.lifted) == (WARM, "", False)


def test_a_call_that_ends_during_a_cold_transfer_goes_back_to_who_held_it():
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    hand(world)
    world.contact(InteractionKind.CONTACT_ENDED)
    assert world.just(e.HandoffReturned).reason == "contact_over"
    assert world.item(1).state == "wrap_up"
