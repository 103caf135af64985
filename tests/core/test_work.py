"""Work in an operator's hands: answering, writing up, finishing, giving back."""

from __future__ import annotations

import pytest
from tests.core.world import SECOND, World, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind
from omniroute.errors import Conflict, Forbidden, InvalidInput, NotFound

WRAP_UP_MS = 60 * SECOND


@pytest.fixture
def world() -> World:
    world = World()
    world.operator("ann")
    return world


def test_only_the_owner_answers(world):
    world.held()
    world.reply(1, "ann")
    with pytest.raises(Forbidden):
        world.reply(1, "bob")


def test_nobody_does_not_own_what_nobody_owns():
    world = World()
    world.write()
    with pytest.raises(Forbidden):
        world.reply(1, "")
    with pytest.raises(Forbidden):
        world.do(c.CompleteItem(work_item_id=1, operator_id="", disposition="x"))


def test_an_answer_may_go_by_another_channel(world):
    world.held()
    world.do(c.SendReply(conversation_id=1, operator_id="ann", channel="chat"))
    assert world.just(e.ReplySent).channel == "chat"
    with pytest.raises(InvalidInput):
        world.do(c.SendReply(conversation_id=1, operator_id="ann", channel="pigeon"))


def test_a_note_is_numbered_in_the_thread(world):
    world.held()
    world.do(c.AddNote(conversation_id=1, operator_id="ann"))
    assert world.just(e.NoteAdded).interaction_id == 2
    assert world.matter(1).interaction_count == 2


def test_completion_needs_a_disposition(world):
    world.held()
    with pytest.raises(InvalidInput, match="disposition"):
        world.do(c.CompleteItem(work_item_id=1, operator_id="ann", disposition=""))


def test_completion_resolves_and_the_core_forgets(world):
    world.held()
    world.complete(1)
    record = world.just(e.ConversationResolved).record
    assert (record.stage, record.disposition, record.last_operator_id) == ("done", "solved", "ann")
    assert world.state.items == world.state.conversations == world.state.by_reference == {}
    assert world.state.operators["ann"].load_units == 0


def test_completion_gives_the_operator_the_next():
    world = World()
    world.operator(capacity=1)
    world.held()
    waiting = world.write()
    world.complete(1)
    assert world.offered() == [waiting]


def test_completing_a_running_call_parts_the_sides(world):
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    world.complete(1)
    assert world.just(e.WrapUpStarted).effect_id == 2
    assert world.just(e.ItemClosed).was == "wrap_up"


def test_wrap_up_ends_by_itself_and_the_matter_is_done(world):
    world.held()
    world.reply(1)
    world.hang_up(1)
    world.run(WRAP_UP_MS - 1)
    assert world.item(1).state == "wrap_up"
    world.run(1)
    assert world.events(e.ItemClosed)[-1].cause == "wrap_up_expired"
    assert world.events(e.ConversationResolved)[-1].disposition == ""


def test_wrap_up_without_a_length_waits_for_the_operator():
    world = World(with_queue("support.first", wrap_up_ms=0))
    world.operator()
    world.held()
    world.hang_up(1)
    assert world.state.deadlines[Concern.WRAP_UPS].next_ms() is None


def test_the_contact_can_be_ended_once(world):
    world.held()
    world.hang_up(1)
    with pytest.raises(Conflict):
        world.hang_up(1)


def test_what_is_given_back_keeps_its_age_and_goes_to_somebody_else(world):
    world.held()
    world.wait(SECOND).operator("bob")
    world.release(1)
    assert world.offered("bob") == [1]
    assert world.item(1).rank_ms == world.item(1).enqueued_ms == world.now_ms - SECOND
    assert world.matter(1).owner_id == ""


def test_what_is_given_back_comes_again_after_the_back_off(world):
    world.held()
    world.release(1)
    assert world.offered() == []
    world.run(30 * SECOND)
    assert world.offered() == [1]


def test_work_in_wrap_up_is_not_given_back(world):
    world.held()
    world.hang_up(1)
    with pytest.raises(Conflict):
        world.release(1)


def test_a_running_contact_is_not_given_back(world):
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    with pytest.raises(Conflict, match="running contact"):
        world.release(1)


def test_work_in_transfer_is_not_given_back(world):
    world.held()
    world.transfer(1, "billing")
    with pytest.raises(Conflict, match="transfer"):
        world.release(1)


def test_what_is_not_there_is_not_found(world):
    for command in (
        c.AddNote(conversation_id=9, operator_id="ann"),
        c.SendReply(conversation_id=9, operator_id="ann"),
        c.EndContact(work_item_id=9, operator_id="ann"),
        c.TransferItem(work_item_id=9, operator_id="ann", department_id="sales"),
    ):
        with pytest.raises(NotFound):
            world.do(command)


@pytest.mark.parametrize(("delivered", "kind"), [(True, e.DeliverySucceeded), (False, e.DeliveryDied)])
def test_the_end_of_an_effect_is_recorded(world, delivered, kind):
    world.do(c.RecordDelivery(effect_id=1, conversation_id=1, interaction_id=1, delivered=delivered))
    assert world.just(kind).effect_id == 1


def test_a_matter_is_not_left_open_with_nobody_working_on_it(world):
    world.held()
    with pytest.raises(Conflict, match="nobody else"):
        world.complete(1, resolve=False)
    assert world.item(1).operator_id == "ann"


def test_what_the_customer_wrote_during_wrap_up_is_new_work(world):
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_ENDED)
    world.write(conversation_id=1)
    world.run(60 * SECOND)
    assert list(world.state.items) == [2]
    assert world.matter(1).stage == "in_progress"


def test_a_message_that_nobody_has_seen_refuses_the_end(world):
    world.held()
    world.write(conversation_id=1)
    with pytest.raises(Conflict, match="written meanwhile"):
        world.do(c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved", messages_seen=1))
    world.do(c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved", messages_seen=2, note=True))
    assert world.events(e.NoteAdded)[-1].operator_id == "ann"
    assert not world.state.conversations
