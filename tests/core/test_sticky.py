"""Work is kept for its previous operator as long as that makes sense, and no longer."""

from __future__ import annotations

import pytest
from tests.core.centre import Centre, after, rule, skills
from tests.core.world import MINUTE, SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.eligibility import why_not
from omniroute.core.model import Presence
from omniroute.core.state import State


def centre(*more, policy: str = "sticky+least_loaded", sticky_s: int = 60, **fields) -> Centre:
    """Ann is busy, bob is free."""
    world = Centre(rule(policy=policy, sticky_ms=sticky_s * SECOND, **fields), *more, rule("sales.orders"))
    world.join("ann", "support", "sales", capacity=1)
    world.keep("ann", "sales.orders")
    world.join("bob")
    return world


def frees(world: Centre, operator_id: str = "ann") -> None:
    (item_id,) = world.state.operators[operator_id].item_ids
    world.finish(world.state.items[item_id])


def test_work_is_kept_for_the_previous_operator_who_is_there_and_busy():
    world = centre()
    item = world.send(previous="ann")
    assert (item.held_for, item.hold_until_ms, world.whose(item)) == ("ann", world.now_ms + MINUTE, "")
    world.run(MINUTE - 1)
    assert world.whose(item) == ""
    frees(world)
    assert world.whose(item) == "ann"
    assert (world.just(e.OfferMade).decision.excluded, world.events(e.HoldEnded)) == ({"sticky_hold": 1}, [])


def test_it_goes_to_them_at_once_if_they_are_free_whoever_else_ranks_first():
    world = centre()
    frees(world)
    world.keep("ann", "sales.orders")
    world.put("ann", "support", "sales", capacity=4)
    item = world.send(previous="ann")
    assert world.whose(item) == "ann"


def test_at_the_limit_everybody_may_have_it():
    world = centre()
    item = world.send(previous="ann")
    world.run(MINUTE)
    assert (world.whose(item), item.held_for, item.hold_until_ms) == ("bob", "", 0)
    assert len(world.events(e.HoldEnded)) == 1


def test_the_one_who_wrote_last_in_the_matter_is_the_previous_operator():
    """A matter that goes on: nobody has to tell the core who had it."""
    world = centre(backoff_ms=0)
    frees(world)
    item = world.send(previous="ann")
    world.take(item)
    world.finish(item)
    record = world.just(e.ConversationResolved).record
    world.keep("ann", "sales.orders")
    world.write(conversation_id=record.conversation_id, record=record)
    again = world.item(record.conversation_id)
    assert again.held_for == "ann"


def _away(world: Centre) -> None:
    world.presence("ann", Presence.AWAY)


def _draining(world: Centre) -> None:
    world.presence("ann", Presence.DRAINING)


def _off_the_channel(world: Centre) -> None:
    world.on_channel("ann", "mail", Presence.AWAY)


def _of_another_department(world: Centre) -> None:
    world.put("ann", "sales", capacity=1)


def _bound_to_other_queues(world: Centre) -> None:
    world.put("ann", "support", "sales", queues=("sales.orders",), capacity=1)


LEAVING = [_away, _draining, _off_the_channel, _of_another_department, _bound_to_other_queues]


@pytest.mark.parametrize("leave", LEAVING)
def test_nothing_is_kept_for_who_is_not_there_or_not_able(leave):
    world = centre()
    leave(world)
    item = world.send(previous="ann")
    assert (item.held_for, world.whose(item)) == ("", "bob")


@pytest.mark.parametrize("leave", LEAVING)
def test_the_hold_ends_at_once_when_they_leave(leave):
    world = centre()
    item = world.send(previous="ann")
    assert item.held_for == "ann"
    leave(world)
    assert (item.held_for, item.hold_until_ms, world.whose(item)) == ("", 0, "bob")


def test_the_hold_ends_with_the_lease():
    world = centre(sticky_s=600)
    world.do(c.ConnectOperator(operator_id="ann"))
    item = world.send(previous="ann")
    world.do(c.DisconnectOperator(operator_id="ann"))
    world.run(29 * SECOND)
    assert item.held_for == "ann"
    world.run(SECOND)
    assert world.whose(item) == "bob"


@pytest.mark.parametrize(
    "change",
    [
        lambda world: world.on_channel("ann", "chat", Presence.AWAY),
        lambda world: world.put("ann", "support", "sales", capacity=1, tech=3),
        lambda world: world.put("ann", "support", "sales", capacity=1, weight=50),
        lambda world: world.presence("bob", Presence.AWAY),
    ],
)
def test_what_changes_nothing_for_the_item_ends_no_hold(change):
    world = centre()
    item = world.send(previous="ann")
    change(world)
    assert item.held_for == "ann"
    frees(world)
    assert world.whose(item) == "ann"


def test_a_skill_that_is_lost_ends_the_hold():
    world = centre()
    world.put("ann", "support", "sales", capacity=1, tech=5)
    world.put("bob", tech=5)
    item = world.send(previous="ann", require=skills(tech=5))
    assert item.held_for == "ann"
    world.put("ann", "support", "sales", capacity=1, tech=4)
    assert world.whose(item) == "bob"


@pytest.mark.parametrize("previous", ["nobody", "", "bob"])
def test_the_unknown_and_the_free_are_served_in_the_usual_way(previous):
    world = centre()
    item = world.send(previous=previous)
    assert world.whose(item) == "bob"


@pytest.mark.parametrize(("policy", "sticky_s"), [("least_loaded", 60), ("sticky+least_loaded", 0), ("gone", 60)])
def test_a_queue_that_is_not_sticky_keeps_nothing(policy, sticky_s):
    world = centre(policy=policy, sticky_s=sticky_s)
    assert world.whose(world.send(previous="ann")) == "bob"


def test_who_lacks_a_required_skill_gets_nothing_kept():
    world = centre()
    world.put("bob", tech=3)
    item = world.send(previous="ann", require=skills(tech=1))
    assert world.whose(item) == "bob"


def test_a_decline_ends_the_hold():
    world = centre()
    item = world.send(previous="ann")
    frees(world)
    assert world.whose(item) == "ann"
    world.refuse(item)
    assert (item.held_for, world.whose(item)) == ("", "bob")
    assert world.state.deadlines[Concern.WAITING].live == {}


def test_an_offer_that_runs_out_ends_the_hold():
    world = centre(sticky_s=600)
    item = world.send(previous="ann")
    frees(world)
    world.run(20 * SECOND)
    assert (item.held_for, world.whose(item)) == ("", "bob")


def test_a_limit_that_passes_during_the_offer_takes_nothing_away():
    world = centre(sticky_s=10)
    item = world.send(previous="ann")
    world.run(5 * SECOND)
    frees(world)
    world.run(6 * SECOND)
    assert (world.whose(item), item.held_for) == ("ann", "")
    world.take(item)
    assert item.operator_id == "ann"


def test_a_move_ends_the_hold():
    world = centre(rule("support.b"))
    item = world.send(previous="ann")
    world.to_queue(item, "support.b")
    assert (item.held_for, world.whose(item)) == ("", "bob")
    world.run(2 * MINUTE)
    assert world.events(e.HoldEnded) == []


def test_younger_work_does_not_wait_behind_what_is_kept_for_somebody_else():
    world = centre()
    kept = world.send(previous="ann")
    young = world.wait(1).send()
    assert (world.whose(kept), world.whose(young)) == ("", "bob")
    assert why_not(world.state, world.state.operators["bob"], kept) == "sticky_hold"


def test_older_work_goes_first_to_the_one_for_whom_something_is_kept():
    world = centre()
    world.presence("bob", Presence.AWAY)
    old = world.send()
    kept = world.wait(1).send(previous="ann")
    frees(world)
    assert (world.whose(old), world.whose(kept)) == ("ann", "")


def test_what_is_kept_goes_before_older_work_that_they_cannot_have():
    world = centre()
    world.presence("bob", Presence.AWAY)
    world.send(require=skills(tech=1))
    kept = world.wait(1).send(previous="ann")
    frees(world)
    assert world.whose(kept) == "ann"


def test_relaxation_goes_on_during_a_hold_and_opens_it_to_nobody_else():
    world = centre(relaxations=(after(10, drop=("*",)),), requirements=skills(tech=1))
    world.put("ann", "support", "sales", capacity=1, tech=1)
    item = world.send(previous="ann")
    world.run(10 * SECOND)
    assert (item.relaxed, item.requirements, world.whose(item)) == (1, (), "")
    world.run(50 * SECOND)
    assert world.whose(item) == "bob"


def test_work_that_was_kept_can_be_given_to_somebody_else_by_hand():
    world = centre()
    item = world.send(previous="ann")
    world.do(c.PullItem(work_item_id=item.work_item_id, operator_id="bob"))
    assert (item.operator_id, item.held_for, item.hold_until_ms) == ("bob", "", 0)
    assert world.state.deadlines[Concern.WAITING].live == {}


def test_a_hold_survives_a_snapshot():
    world = centre()
    item = world.send(previous="ann")
    world.run(30 * SECOND)
    world.state = State.decode(world.state.encode())
    item = world.state.items[item.work_item_id]
    world.run(30 * SECOND - 1)
    assert world.whose(item) == ""
    world.run(1)
    assert world.whose(item) == "bob"
    assert world.replayed().encode() == world.state.encode()


def test_what_was_put_aside_is_kept_for_who_did_so_only_if_they_can_have_it():
    for levels, held_for in (({"tech": 1}, "ann"), ({}, "")):
        world = Centre(rule(requirements=skills(tech=1)))
        world.join("ann", tech=1)
        item = world.take(world.send())
        world.do(c.SnoozeItem(work_item_id=item.work_item_id, operator_id="ann", until_ms=world.now_ms + MINUTE))
        world.join("bob", tech=1)
        world.put("ann", **levels)
        world.run(MINUTE)
        assert world.events(e.ItemWoken)[0].held_for == held_for
        assert world.whose(item) == (held_for or "bob")
