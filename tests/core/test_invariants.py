"""Each invariant finds a violation that was planted for it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from tests.core.world import MINUTE, START_MS, World, changed

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import invariants, machine
from omniroute.core.deadlines import Concern
from omniroute.core.invariants import InvariantViolation, everything
from omniroute.core.model import ClockState, Closing, ItemState, Offer, Presence
from omniroute.core.rules import KindRule, Requirement, SlaRule, Stage, StageRule, Target
from omniroute.core.state import State


def _world() -> World:
    """Matter 1 is held by ann and in transfer to sales; 2 is offered to ann; 3 waits in billing; 4 was answered."""
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales", presence=Presence.AWAY)
    world.held()
    world.transfer(1, "sales")
    world.held()
    world.reply(2)
    world.write()
    world.write("billing.money", "chat", session="s")
    return world


def _ann(state: State):
    return state.operators["ann"]


def _lose_from_the_queue(state: State) -> None:
    state.waiting.remove(next(item for item in state.items.values() if item.state is ItemState.QUEUED))


def _wait_twice(state: State) -> None:
    for item in [item for item in state.items.values() if item.state is ItemState.QUEUED]:
        state.waiting.add(item)


def _hold_what_is_queued(state: State) -> None:
    _ann(state).item_ids.append(4)


def _lose_an_offer(state: State) -> None:
    state.offers.clear()


def _change(path: Callable[[State], object], field: str, value: object) -> Callable[[State], None]:
    return lambda state: setattr(path(state), field, value)


def _clear_deadlines(concern: Concern) -> Callable[[State], None]:
    return lambda state: state.deadlines[concern].live.clear()


def _bob_comes_back(state: State) -> None:
    state.operators["bob"].presence = Presence.AVAILABLE


def _ann_leaves(state: State) -> None:
    _ann(state).presence = Presence.AWAY


def _work_is_left(state: State) -> None:
    """As if nothing had been matched when bob came back."""
    state.operators["bob"].presence = Presence.AVAILABLE
    state.roster.touch("bob")
    state.items[2].backoff.clear()
    state.deadlines[Concern.OFFERS].clear(("backoff", 2, "ann"))
    state.index_routing()


def _offer_with_who_left(state: State) -> None:
    _ann_leaves(state)
    state.roster.touch("ann")


def _idle_though_unanswered(state: State) -> None:
    state.load(state.items[1], -1)
    state.items[1].idle = True


def _nobody_has_to_answer(state: State) -> None:
    """Item 3 is assigned; as if its queue had begun to ask for an answer and nothing had followed."""
    rule = state.queues["support.first"]
    state.queues["support.first"] = msgspec.structs.replace(rule, answer_ms=5)
    state.conversations[2].answered = False


def _pushed_back(state: State) -> None:
    item = next(item for item in state.items.values() if item.state is ItemState.QUEUED)
    with state.rekeyed(item):
        item.rank_ms += 5
    item.rank_ms -= 5


def _two_owners(state: State) -> None:
    state.operators["bob"].item_ids.append(1)


def _offer_is_forgotten(state: State) -> None:
    state.items[4].offer_id = 99


def _offer_within_back_off(state: State) -> None:
    state.set_backoff(state.items[4], "ann", 1)


def _offer_above_the_skills(state: State) -> None:
    state.items[4].requirements = (Requirement("french"),)


def _offer_ends_at_once(state: State) -> None:
    offer: Offer = state.offers[3]
    offer.deadline_ms = offer.offered_ms
    state.deadlines[Concern.OFFERS].set(("offer", 3, ""), offer.deadline_ms)


def _too_much_offered(state: State) -> None:
    _ann(state).capacity_units = 2


def _lose_the_source(state: State) -> None:
    del state.handoffs[1]
    state.deadlines[Concern.HANDOFFS].clear(("handoff", 1, ""))


def _sender_was_released(state: State) -> None:
    state.handoffs[1].from_operator_id = "bob"


def _too_many_hops(state: State) -> None:
    state.conversations[1].hops = 99


def _item_forgets_the_handoff(state: State) -> None:
    state.items[1].handoff_id = 0


def _clock_without_deadline(state: State) -> None:
    (clock,) = state.conversations[1].clocks
    clock.state = ClockState.MET


def _clock_without_end(state: State) -> None:
    (clock,) = state.conversations[2].clocks
    clock.ended_ms = 0


def _promised_end_unmeasured(state: State) -> None:
    promise = SlaRule("all", ((Target.RESOLUTION, 1000),))
    state.config = msgspec.structs.replace(state.config, slas=(promise,))


def _asked_about_what_is_open(state: State) -> None:
    state.closings[2] = Closing(2, 1, START_MS, START_MS + MINUTE)
    state.deadlines[Concern.CLOSINGS].set(("closing", 2, ""), START_MS + MINUTE)


def _done_and_still_here(state: State) -> None:
    state.conversations[1].stage = Stage.DONE


def _waits_for_nobody(state: State) -> None:
    matter = state.conversations[3]
    _lose_offer_of(state, matter.item_ids[0])


def _lose_offer_of(state: State, item_id: int) -> None:
    state.end_offer(state.items[item_id].offer_id)
    state.forget_item(state.items[item_id])


def _queue_is_gone(state: State) -> None:
    state.conversations[2].queue_id = "billing.gone"


def _channel_is_gone(state: State) -> None:
    state.conversations[1].channel = "pigeon"


def _session_is_lost(state: State) -> None:
    state.by_session.clear()


def _reference_is_lost(state: State) -> None:
    state.by_reference.clear()


PLANTED: list[tuple[str, Callable[[State], None]]] = [
    ("7", _lose_from_the_queue),
    ("7", _wait_twice),
    ("7", _hold_what_is_queued),
    ("7", _lose_an_offer),
    ("8", _change(_ann, "load_units", 0)),
    ("8", _change(_ann, "offered_units", 0)),
    ("8", _clear_deadlines(Concern.OFFERS)),
    ("8", _clear_deadlines(Concern.HANDOFFS)),
    ("8", _session_is_lost),
    ("8", _reference_is_lost),
    ("8", _change(lambda state: state.items[1], "wrap_up_due_ms", 5)),
    ("9", _change(lambda state: state.items[1], "operator_id", "bob")),
    ("9", _change(lambda state: state.conversations[1], "owner_id", "")),
    ("9", _change(lambda state: state.conversations[4], "owner_id", "ann")),
    ("10", _idle_though_unanswered),
    ("16", _nobody_has_to_answer),
    ("8", _too_much_offered),
    ("11, 13", _offer_with_who_left),
    ("11, 13", _offer_is_forgotten),
    ("15", _offer_within_back_off),
    ("11, 13", _offer_above_the_skills),
    ("11, 13", _offer_ends_at_once),
    ("8", _ann_leaves),
    ("8", _bob_comes_back),
    ("18", _work_is_left),
    ("20-22", _lose_the_source),
    ("20-22", _sender_was_released),
    ("20-22", _item_forgets_the_handoff),
    ("20-22", _too_many_hops),
    ("23", _clock_without_end),
    ("23, 24", _promised_end_unmeasured),
    ("closings", _asked_about_what_is_open),
    ("links", _done_and_still_here),
    ("links", _waits_for_nobody),
    ("links", _queue_is_gone),
    ("links", _channel_is_gone),
]


def test_the_world_is_sound_before_anything_is_planted():
    world = _world()
    assert world.item(3).offer_id == 3
    invariants.check(world.state)


@pytest.mark.parametrize(("number", "plant"), PLANTED, ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_violation_is_found(number, plant):
    state = _world().state
    plant(state)
    with pytest.raises(InvariantViolation, match=rf"^invariant {number} "):
        invariants.check(state)


def test_every_invariant_has_a_planted_violation():
    assert {number for number, _ in PLANTED} | {"19"} == set(invariants.INVARIANTS)


def test_an_item_out_of_place_is_found():
    state = _world().state
    _pushed_back(state)
    assert list(invariants.INVARIANTS["19"](state, everything(state)))


def test_a_clock_and_its_deadline_are_compared_even_if_the_index_agrees():
    state = _world().state
    _clock_without_deadline(state)
    assert list(invariants.INVARIANTS["23"](state, everything(state)))


def test_two_holders_are_found():
    state = _world().state
    _two_owners(state)
    assert list(invariants.INVARIANTS["9"](state, everything(state)))


def test_handoffs_of_lost_items_are_found():
    state = _world().state
    del state.items[1]
    assert any("lost an item" in complaint for complaint in invariants.INVARIANTS["20-22"](state, everything(state)))


# ---- the closed loop, at the moment of an event
QUESTION = KindRule(
    "question",
    (
        StageRule("new", Stage.RECEIVED, ("looking", "solved")),
        StageRule("looking", Stage.IN_PROGRESS, ("workshop", "solved")),
        StageRule("workshop", Stage.IN_PROGRESS, ("looking",), needs=("part",)),
        StageRule("solved", Stage.DONE, needs=("amount",)),
    ),
    confirm_ms=5 * MINUTE,
)


def _loop() -> World:
    """Matter 1 was done and is asked about; 2 is held by ann, and its customer is told nothing."""
    world = World(changed(kinds=(QUESTION,)))
    world.operator("ann", "support")
    world.held()
    world.do(c.SetFields(conversation_id=1, operator_id="ann", filled=("amount",)))
    world.complete(1)
    world.run(2 * MINUTE)
    world.held()
    world.witness.conversations[2].quiet = True
    return world


def _entered(stage_id: str, was: str, cause: str = "operator") -> e.StageEntered:
    return e.StageEntered(2, stage_id, Stage.IN_PROGRESS, was, cause, START_MS)


def _resolved(world: World) -> e.ConversationResolved:
    record = msgspec.structs.replace(world.matter(2), stage=Stage.DONE, stage_id="solved", item_ids=[])
    return e.ConversationResolved(record, "solved", "ann", START_MS)


IN_THE_LOOP: list[tuple[str, str, Callable[[World], e.Event]]] = [
    ("stages", "without part", lambda _: _entered("workshop", "looking")),
    ("stages", "without part", lambda _: _entered("workshop", "looking", "reply")),
    ("stages", "without the stage itself", lambda _: _entered("moon", "looking", "message")),
    ("stages", "from workshop to solved", lambda _: _entered("solved", "workshop")),
    ("stages", "without amount", _resolved),
    ("29", "must not be", lambda _: e.NoticeSent(9, 2, 2, "mail", "done", 9, START_MS)),
    ("29", "tells nobody", lambda _: e.NoticeSent(9, 1, 1, "mail", "done", 9, START_MS)),
    ("closings", "asked twice", lambda _: e.ConfirmationAsked(1, 1, START_MS, START_MS + MINUTE)),
    ("closings", "not asked about 2", lambda _: e.MatterConfirmed(1, 2, "customer", START_MS)),
    ("closings", "not asked about 1", lambda _: e.MatterRated(2, 1, 5, START_MS)),
    ("closings", "counts as confirmed", lambda _: e.MatterConfirmed(1, 1, "silence", START_MS)),
    ("closings", "is over at", lambda _: e.ClosingEnded(1, 1, START_MS)),
]


@pytest.mark.parametrize(("number", "what", "make"), IN_THE_LOOP)
def test_an_event_that_should_not_be_is_found_at_its_moment(number, what, make):
    world = _loop()
    with pytest.raises(InvariantViolation, match=rf"^invariant {number} .*{what}"):
        invariants.witness(world.witness, [make(world)], world.now_ms)


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (e.MatterConfirmed(1, 1, "customer", START_MS), "was confirmed already"),
        (e.MatterRated(1, 1, 4, START_MS), "was rated already"),
    ],
)
def test_an_answer_counts_once(event, what):
    world = _loop()
    machine.apply(world.witness, event, world.now_ms)
    with pytest.raises(InvariantViolation, match=f"^invariant closings .*{what}"):
        invariants.witness(world.witness, [event], world.now_ms)
