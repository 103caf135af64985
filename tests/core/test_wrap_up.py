"""What follows a contact: nothing, time for writing up beside new work, or time before it; and more of that time."""

from __future__ import annotations

import pytest
from tests.core.world import MINUTE, SECOND, World, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind
from omniroute.core.rules import WrapUp
from omniroute.core.work import EXTENSIONS_MAX
from omniroute.errors import Conflict, Forbidden

QUEUE = "support.first"
LENGTH_MS = 60 * SECOND
HANDOFF_MS = 120 * SECOND


def centre(mode: WrapUp, length_ms: int = LENGTH_MS) -> World:
    """Ann serves a queue of that mode; what she holds first is answered."""
    world = World(with_queue(QUEUE, wrap_up=mode, wrap_up_ms=length_ms))
    world.operator("ann")
    world.held()
    world.reply(1)
    return world


def none() -> World:
    return centre(WrapUp.NONE, 0)


def extend(world: World, operator_id: str = "ann") -> list[e.Event]:
    return world.do(c.ExtendWrapUp(work_item_id=1, operator_id=operator_id))


# ---- none


def test_without_wrap_up_the_work_is_closed_at_once_and_the_matter_done():
    world = none()
    world.hang_up(1)
    assert world.state.deadlines[Concern.WRAP_UPS].next_ms() == world.now_ms
    world.run(0)
    assert world.events(e.ItemClosed)[-1].cause == "wrap_up_expired"
    assert world.events(e.ConversationResolved)[-1].disposition == ""
    assert world.state.items == world.state.conversations == {}
    assert world.state.operators["ann"].load_units == 0


def test_without_wrap_up_nobody_is_kept_from_new_work_for_a_moment():
    world = none()
    world.hang_up(1)
    assert world.item(1).state == "wrap_up"
    other = world.write()
    assert world.offered() == [other]


def test_without_wrap_up_a_call_frees_its_operator_when_it_ends():
    world = World(with_queue(QUEUE, wrap_up=WrapUp.NONE, wrap_up_ms=0))
    world.operator("ann", capacity=5)
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    waiting = world.write()
    assert world.offered() == []  # the call takes all
    world.contact(InteractionKind.CONTACT_ENDED)
    world.run(0)
    assert world.offered() == [waiting]
    assert list(world.state.conversations) == [waiting]


def test_without_wrap_up_a_message_that_nobody_answered_is_new_work():
    world = none()
    world.write(conversation_id=1)
    world.hang_up(1)
    world.run(0)
    assert list(world.state.items) == [2]
    assert world.offered() == [1]
    assert world.matter(1).stage == "in_progress"


def test_without_wrap_up_a_message_at_the_moment_of_the_end_is_new_work():
    world = none()
    world.hang_up(1)
    world.write(conversation_id=1)
    world.run(0)
    assert list(world.state.items) == [2]
    assert world.offered() == [1]


# ---- optional


def test_optional_wrap_up_leaves_room_for_new_work():
    world = centre(WrapUp.OPTIONAL)
    world.hang_up(1)
    other = world.write()
    assert world.offered() == [other]
    world.accept()
    assert world.item(1).state == "wrap_up"


def test_optional_wrap_up_holds_its_units():
    world = World(with_queue(QUEUE, wrap_up=WrapUp.OPTIONAL))
    world.operator("ann", capacity=1)
    world.held()
    world.reply(1)
    world.hang_up(1)
    other = world.write()
    assert world.offered() == []
    world.run(LENGTH_MS)
    assert world.offered() == [other]


def test_optional_wrap_up_is_over_when_its_time_is():
    world = centre(WrapUp.OPTIONAL)
    world.hang_up(1)
    world.write()
    world.accept()
    world.run(LENGTH_MS - 1)
    assert world.item(1).state == "wrap_up"
    world.run(1)
    assert world.events(e.ItemClosed)[-1].cause == "wrap_up_expired"
    assert list(world.state.conversations) == [2]


# ---- forced


def test_forced_wrap_up_comes_before_new_work():
    world = centre(WrapUp.FORCED)
    world.hang_up(1)
    waiting = world.write()
    world.run(LENGTH_MS - 1)
    assert world.offered() == []
    world.run(1)
    assert world.offered() == [waiting]


def test_forced_wrap_up_keeps_from_work_of_a_queue_where_it_is_optional():
    config = with_queue("sales.orders", with_queue(QUEUE, wrap_up=WrapUp.FORCED), wrap_up=WrapUp.OPTIONAL)
    world = World(config)
    world.operator("ann", "support", "sales")
    world.held()
    world.held(queue_id="sales.orders")
    world.hang_up(2)
    world.hang_up(1)
    world.write("sales.orders")
    assert world.offered() == []
    world.complete(1)
    assert world.offered() == [3]


def test_who_is_writing_up_is_free_when_the_queue_does_not_force_it_any_more():
    world = centre(WrapUp.FORCED)
    world.hang_up(1)
    waiting = world.write()
    assert world.offered() == []
    world.do(c.ApplyConfig(config=with_queue(QUEUE, wrap_up=WrapUp.OPTIONAL)))
    assert world.offered() == [waiting]


# ---- more time


@pytest.mark.parametrize("mode", [WrapUp.OPTIONAL, WrapUp.FORCED])
def test_an_extension_adds_the_length_to_what_is_left(mode):
    world = centre(mode)
    world.hang_up(1)
    end_ms = world.now_ms + LENGTH_MS
    world.wait(20 * SECOND)
    extend(world)
    event = world.just(e.WrapUpExtended)
    assert (event.operator_id, event.at_ms, event.due_ms) == ("ann", world.now_ms, end_ms + LENGTH_MS)
    world.run(event.due_ms - world.now_ms - 1)
    assert world.item(1).state == "wrap_up"
    world.run(1)
    assert world.events(e.ItemClosed)[-1].cause == "wrap_up_expired"


def test_an_extension_of_time_that_is_over_counts_from_now():
    """The deadline has passed and has not taken effect yet, as after an outage."""
    world = centre(WrapUp.FORCED)
    world.hang_up(1)
    world.wait(LENGTH_MS + MINUTE)
    extend(world)
    assert world.just(e.WrapUpExtended).due_ms == world.now_ms + LENGTH_MS
    world.run(0)
    assert world.item(1).state == "wrap_up"


def test_writing_up_is_extended_a_few_times_and_no_more():
    world = centre(WrapUp.FORCED)
    world.hang_up(1)
    for _ in range(EXTENSIONS_MAX):
        extend(world)
    with pytest.raises(Conflict, match="3 times"):
        extend(world)
    assert world.item(1).wrap_up_due_ms == world.now_ms + (1 + EXTENSIONS_MAX) * LENGTH_MS


def test_only_writing_up_is_extended():
    world = centre(WrapUp.FORCED)
    with pytest.raises(Conflict, match="no time for writing up"):
        extend(world)


@pytest.mark.parametrize("length_ms", [0, LENGTH_MS])
def test_no_wrap_up_is_not_extended(length_ms):
    world = centre(WrapUp.NONE, length_ms)
    world.hang_up(1)
    with pytest.raises(Conflict, match="no time for writing up"):
        extend(world)


@pytest.mark.parametrize("mode", [WrapUp.OPTIONAL, WrapUp.FORCED])
def test_what_has_no_limit_is_not_extended(mode):
    world = centre(mode, 0)
    world.hang_up(1)
    with pytest.raises(Conflict, match="no time for writing up"):
        extend(world)


def test_what_waits_for_a_transfer_is_not_extended():
    world = centre(WrapUp.FORCED)
    world.hang_up(1)
    world.transfer(1, "billing")
    with pytest.raises(Conflict, match="no time for writing up"):
        extend(world)


def test_nobody_extends_what_somebody_else_writes_up():
    world = centre(WrapUp.FORCED)
    world.operator("bob")
    world.hang_up(1)
    with pytest.raises(Forbidden):
        extend(world, "bob")


# ---- a transfer that comes back


@pytest.mark.parametrize("mode", [WrapUp.OPTIONAL, WrapUp.FORCED])
def test_a_transfer_that_comes_back_begins_the_time_anew(mode):
    world = centre(mode)
    world.hang_up(1)
    world.wait(59 * SECOND).transfer(1, "billing", "billing.money")
    world.run(HANDOFF_MS)
    assert world.item(1).wrap_up_due_ms == world.now_ms + LENGTH_MS
    other = world.write()
    assert world.offered() == ([] if mode is WrapUp.FORCED else [other])
    extend(world)
    assert world.item(1).wrap_up_due_ms == world.now_ms + 2 * LENGTH_MS


def test_a_transfer_that_comes_back_to_where_there_is_no_wrap_up_ends_the_matter():
    world = none()
    world.hang_up(1)
    world.transfer(1, "billing", "billing.money")
    world.run(HANDOFF_MS - 1)
    assert world.held_item(1).state == "wrap_up"
    other = world.write()
    assert world.offered() == [other]
    world.run(1)
    assert world.events(e.HandoffReturned)
    assert world.events(e.ItemClosed)[-1].cause == "wrap_up_expired"
    assert list(world.state.conversations) == [other]
