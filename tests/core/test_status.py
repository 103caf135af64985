"""Questions for a status: answered once, nobody's work, and no change of the matter."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.world import World

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.effects import effect_of
from omniroute.core.references import parse
from omniroute.errors import Conflict, InvalidInput


@pytest.fixture
def world() -> World:
    """Ann holds matter 1."""
    world = World()
    world.operator("ann", "support")
    world.held()
    return world


def received(world: World) -> int:
    world.do(c.ReceiveRaw(channel="mail"))
    return world.state.counters.raw


def test_one_s_own_matter_is_answered_and_not_touched(world):
    raw_id = received(world)
    before = msgspec.msgpack.encode(world.state.conversations[1])
    events = world.do(c.AnswerStatus(raw_id=raw_id, channel="mail", conversation_id=1))
    asked, answered, registered = events
    assert isinstance(asked, e.StatusAsked)
    assert isinstance(answered, e.StatusAnswered)
    assert registered == e.RawRegistered(raw_id)
    assert (asked.conversation_id, answered.conversation_id) == (1, 1)
    assert answered.interaction_id == asked.interaction_id + 1 == world.state.counters.interaction
    assert msgspec.msgpack.encode(world.state.conversations[1]) == before
    assert raw_id not in world.state.pending_raws


def test_what_is_not_one_s_own_leaves_no_line(world):
    items = len(world.state.items)
    answered, registered = world.do(c.AnswerStatus(raw_id=received(world), channel="mail"))
    assert isinstance(answered, e.StatusAnswered)
    assert answered.conversation_id == 0
    assert isinstance(registered, e.RawRegistered)
    assert len(world.state.items) == items


def test_an_automatic_question_is_registered_and_not_answered(world):
    raw_id = received(world)
    assert world.do(c.AnswerStatus(raw_id=raw_id, channel="mail", answer=False)) == [e.RawRegistered(raw_id)]


def test_the_same_input_is_answered_once(world):
    raw_id = received(world)
    world.do(c.AnswerStatus(raw_id=raw_id, channel="mail", conversation_id=1))
    with pytest.raises(Conflict):
        world.do(c.AnswerStatus(raw_id=raw_id, channel="mail", conversation_id=1))


@pytest.mark.parametrize("wrong", [{"channel": "nowhere"}, {"conversation_id": 99}, {"conversation_id": -1}])
def test_what_cannot_be_is_refused(world, wrong):
    command = {"raw_id": received(world), "channel": "mail"} | wrong
    with pytest.raises(InvalidInput):
        world.do(c.AnswerStatus(**command))


def test_notices_are_effects_and_a_code_ages(world):
    (_, answered, _) = world.do(c.AnswerStatus(raw_id=received(world), channel="mail", conversation_id=1))
    (sent,) = world.do(c.SendStatusCode(conversation_id=1, channel="mail", lifetime_ms=600_000))
    first, second = effect_of(answered), effect_of(sent)
    assert first is not None
    assert second is not None
    assert (first.order, first.expires_ms, first.interaction_id) == ("notice", 0, answered.interaction_id)
    assert (second.order, second.expires_ms) == ("notice", sent.at_ms + 600_000)
    assert second.effect_id == first.effect_id + 1


@pytest.mark.parametrize(("number", "lifetime_ms"), [(0, 1), (1, 0)])
def test_a_code_is_for_a_matter_and_a_time(world, number, lifetime_ms):
    with pytest.raises(InvalidInput):
        world.do(c.SendStatusCode(conversation_id=number, channel="mail", lifetime_ms=lifetime_ms))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("4KX7-9MTD", "4KX7-9MTD"),
        ("4kx7 9mtd", "4KX7-9MTD"),
        ("4КХ7-9МТD", "4KX7-9MTD"),
        ("аене-кмрт", "AEHE-KMPT"),
        ("асху-рнтк", "ACXY-PHTK"),
        ("4ЖX7-9MTD", None),
    ],
)
def test_references_may_be_typed_on_a_russian_layout(written, meant):
    assert parse(written) == meant
