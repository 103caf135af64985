"""Effects: derived from events, each with an id of its own."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.world import World, with_channel

from omniroute.core import effects
from omniroute.core import events as e
from omniroute.core.effects import REALTIME_LIFETIME_MS, effect_of
from omniroute.core.model import InteractionKind


def _effects(world: World) -> list:
    return [effect for _, event in world.log if (effect := effect_of(event)) is not None]


def test_a_reply_is_an_order_that_never_expires():
    world = World()
    world.operator()
    world.held()
    world.reply(1)
    (effect,) = _effects(world)
    assert (effect.order, effect.channel, effect.interaction_id, effect.expires_ms) == ("reply", "mail", 2, 0)


def test_a_call_is_connected_and_parted_and_both_expire():
    world = World()
    world.operator()
    world.call()
    world.accept()
    world.contact(InteractionKind.CONTACT_CONNECTED)
    world.hang_up(1)
    connect, part = _effects(world)
    assert (connect.order, part.order) == ("connect", "part")
    assert connect.operator_id == part.operator_id == "ann"
    assert connect.expires_ms == connect.at_ms + REALTIME_LIFETIME_MS


@pytest.mark.parametrize(("connect_ms", "lives_ms"), [(10_000, 10_000), (60_000, REALTIME_LIFETIME_MS)])
def test_an_order_to_connect_does_not_outlive_the_time_for_it(connect_ms, lives_ms):
    world = World(with_channel("phone", connect_ms=connect_ms))
    world.operator()
    world.call()
    world.accept()
    (effect,) = _effects(world)
    assert effect.expires_ms == effect.at_ms + lives_ms


def test_a_transferred_call_is_connected_to_the_new_operator():
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    world.transfer(1, "sales")
    world.accept("bob")
    assert [(effect.order, effect.operator_id) for effect in _effects(world)] == [
        ("connect", "ann"),
        ("connect", "bob"),
    ]


def test_ids_are_unique_and_grow_over_everything():
    world = World()
    world.operator(capacity=50)
    for number in range(4):
        world.call(f"call-{number}")
        world.accept()
        world.reply(number + 1)
        world.hang_up(number + 1)
        world.complete(number + 1)
    ids = [effect.effect_id for effect in _effects(world)]
    assert ids == list(range(1, 13))


def test_the_same_events_give_the_same_effects():
    world = World()
    world.operator()
    world.call()
    world.accept()
    assert _effects(world) == _effects(world)


def test_most_events_ask_nothing_of_the_world():
    assert effect_of(e.RawRegistered(1)) is None
    assert effect_of(e.OfferAccepted(1, 1, "ann", 1, "mail", 1)) is None


def test_taking_work_out_of_turn_connects_as_well():
    pulled = e.ItemPulled(1, 2, "ann", "phone", 1_000, 7)
    forced = e.ItemForced(1, 2, "bob", "phone", 1_000, "boss", 8)
    for event, operator_id in ((pulled, "ann"), (forced, "bob")):
        effect = effect_of(event)
        assert (effect.order, effect.operator_id, effect.conversation_id) == ("connect", operator_id, 2)
    assert effect_of(e.ItemPulled(1, 2, "ann", "mail", 1_000)) is None


def test_connecting_is_useless_once_somebody_else_may_have_the_work():
    accepted = e.OfferAccepted(1, 1, "ann", 1, "phone", 1_000, 7, 21_000)
    assert effect_of(accepted).expires_ms == 21_000
    slow = e.OfferAccepted(1, 1, "ann", 1, "phone", 1_000, 7, 91_000)
    assert effect_of(slow).expires_ms == 1_000 + REALTIME_LIFETIME_MS


def test_a_diversion_tells_the_customer_its_outcome_and_expires():
    effect = effect_of(e.ItemDiverted(1, 2, "callback", "overflow:wait", "phone", 1_000, 7))
    assert (effect.order, effect.outcome, effect.channel, effect.operator_id) == ("divert", "callback", "phone", "")
    assert effect.expires_ms == 1_000 + REALTIME_LIFETIME_MS


class Escalated(e.Event, tag="test.escalated", frozen=True):
    """Stands for every event that calls a webhook."""

    conversation_id: int
    name: str
    percent: int
    at_ms: int
    next_ms: int
    notify: tuple[str, ...] = ()
    webhook: str = ""
    effect_id: int = 0


def test_an_event_that_names_a_webhook_calls_it_with_its_plain_facts():
    event = Escalated(3, "first_response", 80, 1_000, 2_000, ("ann",), "crm", 7)
    effect = effects._of_webhook(event)
    assert (effect.effect_id, effect.order, effect.channel) == (7, "webhook", "webhook:crm")
    assert (effect.conversation_id, effect.at_ms, effect.expires_ms) == (3, 1_000, 0)
    assert effect.event == "test.escalated"
    assert effect.facts == {"conversation_id": 3, "name": "first_response", "percent": 80}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(effect), type=effects.Effect) == effect


def test_an_event_without_a_webhook_calls_nobody():
    assert effects._of_webhook(Escalated(3, "first_response", 80, 1_000, 2_000, ("ann",))) is None
