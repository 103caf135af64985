"""What channels bring in: numbered once, registered once, and always somebody's work."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.world import CONFIG, MINUTE, World, changed, reference

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import InteractionKind
from omniroute.core.rules import Requirement
from omniroute.errors import Conflict, InvalidInput


def _register(world: World, raw_id: int, **fields: object) -> list[e.Event]:
    values: dict[str, object] = {
        "raw_id": raw_id,
        "channel": "mail",
        "kind": InteractionKind.MESSAGE,
        "classification": c.Classification("support"),
        "reference": reference(77),
    }
    return world.do(c.RegisterInteraction(**{**values, **fields}))


def _closed(world: World):
    """The record of a matter that is done."""
    world.operator()
    conversation_id = world.held()
    world.complete(conversation_id)
    return world.just(e.ConversationResolved).record


def test_raw_input_is_numbered_and_pending():
    world = World()
    assert [world.raw(), world.raw()] == [1, 2]
    assert list(world.state.pending_raws) == [1, 2]


def test_a_repeated_input_has_no_effect():
    world = World()
    world.raw()
    assert world.do(c.ReceiveRaw(channel="mail", known_raw_id=1)) == []


def test_an_unknown_channel_is_refused():
    with pytest.raises(InvalidInput, match="no channel"):
        World().do(c.ReceiveRaw(channel="pigeon"))


def test_what_cannot_be_read_is_quarantined_once():
    world = World()
    raw_id = world.raw()
    world.do(c.QuarantineRaw(raw_id=raw_id, reason="not MIME"))
    assert world.state.pending_raws == {}
    assert world.do(c.QuarantineRaw(raw_id=raw_id, reason="not MIME")) == []


def test_registration_opens_a_matter_and_queues_work():
    world = World()
    conversation_id = world.write()
    matter = world.matter(conversation_id)
    assert (matter.stage, matter.queue_id, matter.interaction_count) == ("received", "support.first", 1)
    assert world.item(conversation_id).state == "queued"
    assert world.state.pending_raws == {}


def test_input_is_registered_once():
    world = World()
    raw_id = world.raw()
    _register(world, raw_id)
    with pytest.raises(Conflict, match="registered already"):
        _register(world, raw_id, reference=reference(78))


def test_one_input_may_hold_several_interactions():
    world = World()
    raw_id = world.raw()
    _register(world, raw_id, last=False)
    assert list(world.state.pending_raws) == [raw_id]
    _register(world, raw_id, conversation_id=1, reference=reference(78))
    assert world.state.pending_raws == {}
    assert world.matter(1).interaction_count == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"channel": "pigeon"}, "no channel"),
        ({"classification": c.Classification("kitchen")}, "no department"),
        ({"classification": c.Classification("support", "sales.orders")}, "no queue"),
        ({"classification": c.Classification("support", "support.none")}, "no queue"),
    ],
)
def test_a_place_that_is_not_there_is_refused(fields, message):
    world = World()
    with pytest.raises(InvalidInput, match=message):
        _register(world, world.raw(), **fields)


def test_a_reference_is_given_once():
    world = World()
    _register(world, world.raw())
    with pytest.raises(Conflict, match="taken"):
        _register(world, world.raw())


def test_a_customer_is_created_unless_known():
    world = World()
    _register(world, world.raw(), customer_id=7)
    assert not any(isinstance(event, e.CustomerCreated) for event in world.last)
    world.write()
    assert world.just(e.CustomerCreated).customer_id == 1


def test_messages_of_one_session_are_one_matter_and_one_item():
    world = World()
    assert world.write(channel="chat", session="s") == world.write(channel="chat", session="s")
    assert len(world.state.items) == 1


def test_sessions_of_two_channels_are_two_matters():
    world = World()
    assert world.write(channel="chat", session="s") != world.write(channel="mail", session="s")


def test_a_message_of_a_known_matter_joins_it():
    world = World()
    first = world.write()
    assert world.write(conversation_id=first) == first
    assert world.matter(first).interaction_count == 2


def test_a_matter_that_was_done_goes_on_with_its_record():
    world = World()
    record = _closed(world)
    assert world.wait(MINUTE).write(conversation_id=1, record=record) == 1
    matter = world.matter(1)
    assert (matter.stage, matter.reference, matter.interaction_count) == ("in_progress", record.reference, 2)
    assert (matter.opened_ms, matter.last_operator_id, matter.owner_id) == (record.opened_ms, "ann", "")
    assert world.offered() == [1]


def test_reopening_starts_a_clock_anew():
    world = World()
    record = _closed(world)
    assert record.clocks[0].state == "met"
    world.wait(MINUTE).write(conversation_id=1, record=record)
    assert world.matter(1).clocks[0].started_ms == world.now_ms


def test_the_second_who_reopens_simply_joins():
    world = World()
    record = _closed(world)
    world.write(conversation_id=1, record=record)
    assert world.write(conversation_id=1, record=record) == 1
    assert len(world.events(e.ConversationReopened)) == 1


def test_a_record_of_another_matter_is_refused():
    world = World()
    record = _closed(world)
    with pytest.raises(InvalidInput, match="record"):
        world.write(conversation_id=2, record=record)


def test_a_record_that_is_not_done_is_refused():
    world = World()
    record = msgspec.structs.replace(_closed(world), stage="received")
    with pytest.raises(InvalidInput, match="record"):
        world.write(conversation_id=1, record=record)


@pytest.mark.parametrize("gone", [{"queues": CONFIG.queues[1:]}, {"channels": CONFIG.channels[1:]}])
def test_a_record_whose_queue_or_channel_is_gone_becomes_a_new_matter(gone):
    world = World()
    record = _closed(world)
    world.do(c.ApplyConfig(config=changed(**gone)))
    assert world.write("support.expert", "chat", conversation_id=1, record=record) == 2


def test_a_late_event_of_a_matter_that_is_done_only_joins_the_thread():
    world = World()
    record = _closed(world)
    world.write(kind=InteractionKind.CONTACT_ENDED, channel="phone", conversation_id=1, record=record)
    assert world.just(e.InteractionReceived).conversation_id == 1
    assert world.state.conversations == {}


def test_a_session_that_has_a_new_matter_stays_with_it_when_the_old_one_goes_on():
    world = World()
    world.operator()
    world.write(channel="chat", session="s")
    world.accept()
    world.complete(1)
    record = world.just(e.ConversationResolved).record
    new = world.write(channel="chat", session="s")
    world.write(channel="mail", conversation_id=1, record=record)
    assert world.matter(1).session_key == ""
    assert world.write(channel="chat", session="s") == new


def test_a_message_asks_for_an_answer_again():
    world = World()
    world.operator()
    world.held()
    world.reply(1)
    assert world.matter(1).answered
    world.write(conversation_id=1)
    assert not world.matter(1).answered


@pytest.mark.parametrize("level", [-1, 0, 11])
@pytest.mark.parametrize("wish", ["requirements", "preferred"])
def test_a_level_that_nobody_can_have_is_refused(wish, level):
    world = World()
    raw_id = world.raw()
    wanted = c.Classification("support", **{wish: (Requirement("tech", level),)})
    with pytest.raises(InvalidInput, match="level"):
        world.do(
            c.RegisterInteraction(
                raw_id=raw_id,
                channel="mail",
                kind=InteractionKind.MESSAGE,
                classification=wanted,
                reference=reference(1),
            )
        )
