"""The transfer: the sender is released only when somebody has really taken it."""

from __future__ import annotations

import pytest
from tests.core.centre import Centre, rule
from tests.core.world import MINUTE, SECOND, World, changed

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, WorkItem
from omniroute.core.rules import Requirement
from omniroute.errors import Conflict, Forbidden, InvalidInput

HANDOFF_MS = 120 * SECOND


@pytest.fixture
def world() -> World:
    """Ann of support holds the matter, bob is in sales."""
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    return world


def _target(world: World):
    return world.state.items[2]


def test_the_sender_keeps_the_matter_until_somebody_accepts(world):
    world.transfer(1, "sales")
    assert world.matter(1).owner_id == "ann"
    assert world.offered("bob") == [1]
    world.reply(1, "ann")


def test_acceptance_moves_owner_queue_and_history_in_one_event(world):
    world.transfer(1, "sales")
    world.accept("bob")
    matter = world.matter(1)
    assert (matter.owner_id, matter.department_id, matter.queue_id, matter.hops) == ("bob", "sales", "sales.orders", 1)
    assert matter.item_ids == [2]
    assert matter.last_operator_id == "ann"
    assert world.state.operators["ann"].load_units == 0
    assert len([event for event in world.last if not isinstance(event, e.StageChanged)]) == 1


def test_the_sender_has_no_write_access_afterwards(world):
    world.transfer(1, "sales")
    world.accept("bob")
    with pytest.raises(Forbidden):
        world.reply(1, "ann")


def test_the_released_sender_gets_the_next(world):
    world.operator("ann", capacity=1)
    world.transfer(1, "sales")
    waiting = world.write()
    assert world.offered("ann") == []
    world.accept("bob")
    assert world.offered("ann") == [waiting]


def test_a_declined_transfer_stays_with_the_sender_and_waits_for_another(world):
    world.transfer(1, "sales")
    world.decline("bob")
    assert world.matter(1).owner_id == "ann"
    world.operator("cem", "sales")
    assert world.offered("cem") == [1]


def test_nobody_took_it_in_time(world):
    world.transfer(1, "support", "support.expert")
    world.run(HANDOFF_MS - 1)
    assert world.state.handoffs
    world.run(1)
    returned = world.events(e.HandoffReturned)[-1]
    assert (returned.from_operator_id, returned.reason, returned.at_ms) == ("ann", "timeout", world.now_ms)
    assert world.item(1).work_item_id == 1
    assert world.item(1).handoff_id == 0


def test_a_transfer_that_times_out_takes_the_live_offer_back(world):
    world.transfer(1, "sales", "sales.orders")
    world.wait(HANDOFF_MS).fire(Concern.HANDOFFS)
    assert world.just(e.OfferRevoked).reason == "handoff"
    assert world.offered("bob") == []


def test_the_sender_can_take_it_back(world):
    handoff_id = world.transfer(1, "sales")
    world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    assert world.offered("bob") == []
    assert world.item(1).operator_id == "ann"


def test_only_the_sender_can_take_it_back(world):
    handoff_id = world.transfer(1, "sales")
    with pytest.raises(Forbidden):
        world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="bob"))


def test_what_was_accepted_cannot_be_taken_back(world):
    handoff_id = world.transfer(1, "sales")
    world.accept("bob")
    with pytest.raises(Conflict):
        world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))


def test_the_target_keeps_the_age_and_takes_the_requirements_of_its_queue(world):
    world.wait(5 * SECOND).transfer(1, "billing")
    source, target = world.state.items[1], _target(world)
    assert target.rank_ms == source.rank_ms
    assert [str(requirement) for requirement in target.requirements] == ["money>=1"]


def test_the_target_keeps_what_the_matter_itself_requires(world):
    world.operator("eve", "support", **{"lang.fr": 3})
    matter_id = world.write(requirements=[Requirement("lang.fr", 2)])
    world.accept("eve")
    world.operator("cem", "sales", **{"lang.fr": 1})
    world.operator("dan", "sales", **{"lang.fr": 2})
    world.do(c.PutOperator(operator_id="bob", departments=(), skills={}, capacity_units=1))
    world.transfer(matter_id, "sales")
    target = world.state.items[world.just(e.HandoffRequested).target_item_id]
    assert [str(requirement) for requirement in target.own] == ["lang.fr>=2"]
    assert (world.offered("cem"), world.offered("dan")) == ([], [matter_id])


def test_the_requirements_of_the_queue_and_of_the_matter_are_joined(world):
    world.operator("eve", "support", **{"lang.fr": 3, "money": 1})
    matter_id = world.write(requirements=[Requirement("lang.fr", 2), Requirement("money")])
    world.accept("eve")
    world.transfer(matter_id, "billing", "billing.money")
    target = world.state.items[world.just(e.HandoffRequested).target_item_id]
    assert [str(requirement) for requirement in target.requirements] == ["lang.fr>=2", "money>=1"]


def test_the_target_keeps_what_the_matter_itself_prefers(world):
    source = world.state.items[1]
    source.preferred = (Requirement("lang.fr"),)
    world.transfer(1, "billing")
    assert _target(world).preferred == (Requirement("lang.fr"),)


def test_the_sender_is_not_offered_the_own_transfer(world):
    world.operator("ann", "support", "sales")
    world.do(c.PutOperator(operator_id="bob", departments=(), skills={}, capacity_units=1))
    world.transfer(1, "sales")
    assert world.offered("ann") == []


def test_one_transfer_at_a_time(world):
    world.transfer(1, "billing")
    with pytest.raises(Conflict, match="under way"):
        world.do(c.TransferItem(work_item_id=1, operator_id="ann", department_id="sales"))


@pytest.mark.parametrize(
    ("department", "queue", "message"),
    [
        ("kitchen", "", "no such department"),
        ("sales", "support.first", "no such queue"),
        ("sales", "sales.none", "no such queue"),
        ("support", "", "already"),
        ("sales", "sales.late", "no transfers"),
    ],
)
def test_a_target_that_cannot_be(world, department, queue, message):
    with pytest.raises(InvalidInput, match=message):
        world.do(c.TransferItem(work_item_id=1, operator_id="ann", department_id=department, queue_id=queue))


def test_nobody_can_transfer_what_nobody_holds():
    world = World()
    world.write()
    with pytest.raises(Forbidden):
        world.do(c.TransferItem(work_item_id=1, operator_id="", department_id="sales"))


def test_hops_are_bounded():
    world = World(changed(hops_max=1))
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    world.transfer(1, "sales")
    world.accept("bob")
    world.do(c.TransferItem(work_item_id=2, operator_id="bob", department_id="support"))
    assert world.just(e.HandoffRefused).reason == "hops"
    assert not world.state.handoffs


def test_wrap_up_stands_still_while_a_transfer_is_under_way(world):
    world.hang_up(1)
    world.wait(59 * SECOND).transfer(1, "billing", "billing.money")
    other = world.write()
    assert world.offered("ann") == [other]
    world.run(HANDOFF_MS)
    assert world.state.items[1].wrap_up_due_ms == world.now_ms + 60 * SECOND


def test_a_transfer_out_of_wrap_up_frees_the_sender_at_once(world):
    world.hang_up(1)
    waiting = world.write()
    assert world.offered("ann") == []
    world.transfer(1, "billing")
    assert world.offered("ann") == [waiting]


def test_completing_takes_the_transfer_back(world):
    world.transfer(1, "sales")
    world.complete(1)
    assert world.state.items == world.state.handoffs == {}
    assert world.offered("bob") == []


def test_completing_without_resolving_is_refused_during_a_transfer(world):
    world.transfer(1, "sales")
    with pytest.raises(Conflict):
        world.complete(1, resolve=False)


def test_a_call_that_ends_during_a_transfer_goes_back_to_the_sender():
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    world.transfer(1, "sales")
    world.contact(InteractionKind.CONTACT_ENDED)
    assert world.just(e.HandoffReturned).reason == "contact_over"
    assert world.item(1).state == "wrap_up"
    assert world.matter(1).owner_id == "ann"


def test_a_transferred_call_is_connected_anew():
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    world.transfer(1, "sales")
    world.accept("bob")
    assert world.just(e.HandoffAccepted).effect_id == 2


@pytest.fixture
def automatic() -> tuple[Centre, WorkItem]:
    """Ann, alone, hands over to a queue that she serves herself and that accepts by itself."""
    world = Centre(rule(), rule("support.b", auto_accept=True, handoff_ms=MINUTE))
    world.join("ann")
    item = world.take(world.send())
    world.transfer(item.conversation_id, "support", "support.b")
    return world, item


@pytest.mark.parametrize("first", [Concern.OFFERS, Concern.HANDOFFS])
def test_at_its_deadline_a_transfer_returns_and_is_not_offered_to_its_sender(automatic, first):
    world, item = automatic
    world.wait(MINUTE).fire(first)
    for concern in Concern:
        world.fire(concern)
    assert [one.reason for one in world.events(e.HandoffReturned)] == ["timeout"]
    assert len(world.events(e.OfferMade)) == 1
    assert item.operator_id == "ann"


def test_an_automatic_accept_at_the_deadline_of_a_transfer_comes_too_late(automatic):
    world, item = automatic
    world.wait(MINUTE).join("zoe")
    assert world.events(e.HandoffAccepted) == []
    world.fire(Concern.HANDOFFS)
    assert (item.operator_id, item.handoff_id) == ("ann", 0)


def test_an_automatic_accept_before_the_deadline_of_a_transfer_is_in_time(automatic):
    world, _ = automatic
    world.wait(MINUTE - 1).join("zoe")
    assert world.just(e.HandoffAccepted).operator_id == "zoe"
