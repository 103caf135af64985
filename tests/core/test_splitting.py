"""Splitting: messages of one matter become another of the same customer; each counts in exactly one."""

from __future__ import annotations

import pytest
from tests.core.world import MINUTE, SECOND, World, reference

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import splitting
from omniroute.core.model import InteractionKind, ItemState
from omniroute.core.permissions import Actor, Role, authorize
from omniroute.core.state import State
from omniroute.errors import Conflict, Forbidden, InvalidInput, NotFound

NEW = reference(90)


@pytest.fixture
def world() -> World:
    return World()


def wrote(world: World, times: int = 3) -> int:
    """A matter of ann's with so many messages."""
    world.operator("ann")
    number = world.write()
    world.accept()
    for _ in range(times - 1):
        world.wait(10 * SECOND)
        world.write(conversation_id=number, customer_id=1)
    return number


def split(world: World, number: int, *moved: int, **wanted: str) -> int:
    values = {"operator_id": "ann", "reference": NEW, **wanted}
    world.do(c.SplitConversation(conversation_id=number, interaction_ids=moved, **values))
    return world.just(e.ConversationSplit).into_id


def same(world: World) -> None:
    assert world.replayed().encode() == world.state.encode()
    assert State.decode(world.state.encode()).by_reference == world.state.by_reference


def test_the_new_matter_has_what_was_moved_and_waits_like_a_new_one(world):
    old = wrote(world)
    world.reply(old)
    new = split(world, old, 2, 3)
    first, second = world.matter(old), world.matter(new)
    assert (first.message_count, first.interaction_count, first.answered) == (1, 2, True)
    assert (second.message_count, second.interaction_count, second.answered) == (2, 2, False)
    assert (second.customer_id, second.channel, second.queue_id) == (first.customer_id, "mail", first.queue_id)
    assert world.state.by_reference == {reference(1): old, NEW: new}
    (clock,) = second.clocks
    assert (clock.name, clock.started_ms) == ("first_response", world.state.now_ms)
    assert world.item(new).enqueued_ms == world.state.now_ms
    assert (first.owner_id, world.item(old).state) == ("ann", ItemState.ASSIGNED)
    same(world)


def test_another_queue_and_kind(world):
    old = wrote(world)
    matter = world.matter(split(world, old, 1, queue_id="sales.orders", kind="order"))
    assert (matter.queue_id, matter.department_id, matter.kind) == ("sales.orders", "sales", "order")
    same(world)


def test_the_session_stays_with_the_old_matter(world):
    world.operator("ann")
    old = world.write(channel="chat", session="v1")
    world.accept()
    world.write(channel="chat", session="v1")
    split(world, old, 1)
    assert world.state.by_session == {("chat", "v1"): old}
    assert world.write(channel="chat", session="v1") == old
    same(world)


def test_what_was_split_off_can_be_merged_back(world):
    old = wrote(world)
    new = split(world, old, 3)
    world.do(c.MergeConversations(conversation_id=new, into_id=old, operator_id="ann"))
    assert world.matter(old).message_count == 3
    same(world)


def test_what_cannot_be_split_off(world, monkeypatch):
    old = wrote(world)
    for moved, wanted, error in (
        ((1, 2, 3), {}, Conflict),
        ((), {}, InvalidInput),
        ((1, 1), {}, InvalidInput),
        ((0,), {}, InvalidInput),
        ((99,), {}, InvalidInput),
        ((1,), {"reference": reference(1)}, Conflict),
        ((1,), {"queue_id": "none"}, InvalidInput),
    ):
        with pytest.raises(error):
            split(world, old, *moved, **wanted)
    with pytest.raises(NotFound):
        split(world, 99, 1)
    monkeypatch.setattr(splitting, "MESSAGES_MAX", 1)
    with pytest.raises(InvalidInput, match="between 1 and 1"):
        split(world, old, 1, 2)
    assert world.matter(old).message_count == 3


def test_a_running_contact_is_not_split(world):
    world.operator("ann")
    call = world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    with pytest.raises(Conflict, match="running contact"):
        split(world, call, 1)


def test_who_may(world):
    old = wrote(world)
    world.operator("bob")

    def may(role: Role, who: str, department: str, as_who: str = "") -> None:
        command = c.SplitConversation(
            conversation_id=old, interaction_ids=(1,), operator_id=as_who or who, reference=NEW
        )
        authorize(world.state, Actor(role, who, (department,)), command)

    may(Role.OPERATOR, "ann", "support")
    may(Role.SUPERVISOR, "sue", "support")
    for role, who, department, as_who in (
        (Role.OPERATOR, "bob", "support", ""),
        (Role.SUPERVISOR, "sam", "sales", ""),
        (Role.OPERATOR, "bob", "support", "ann"),
        (Role.OPERATOR, "", "support", ""),
    ):
        with pytest.raises(Forbidden):
            may(role, who, department, as_who)


def test_work_that_ends_by_a_merge_is_no_handling_time(world):
    old = wrote(world)
    world.wait(10 * MINUTE)
    new = split(world, old, 3)
    world.do(c.MergeConversations(conversation_id=old, into_id=new, operator_id="ann"))
    assert not world.state.handling
