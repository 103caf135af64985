"""The clock of the first response: it starts with the matter and ends exactly once."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, SECOND, World, changed

from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind
from omniroute.core.rules import Escalation, SlaRule, Target

TARGET_MS = 300 * SECOND


@pytest.fixture
def world() -> World:
    world = World()
    world.operator()
    return world


def test_the_clock_starts_with_the_matter(world):
    world.write()
    assert world.just(e.ClockStarted).due_ms == world.now_ms + TARGET_MS


def test_no_promise_no_clock(world):
    world.write("sales.orders")
    assert world.matter(1).clocks == []


@pytest.mark.parametrize(("after_ms", "outcome"), [(0, "met"), (TARGET_MS - 1, "met"), (TARGET_MS, "breached")])
def test_an_answer_in_time_meets_a_late_one_does_not(world, after_ms, outcome):
    world.held()
    world.wait(after_ms).reply(1)
    assert world.just(e.ClockEnded).outcome == outcome


def test_the_deadline_breaches(world):
    world.held()
    world.wait(TARGET_MS - 1).fire(Concern.CLOCKS)
    assert world.last == []
    world.wait(1).fire(Concern.CLOCKS)
    assert world.just(e.ClockEnded).outcome == "breached"


def test_a_clock_ends_once(world):
    world.held()
    world.reply(1)
    world.reply(1)
    world.run(TARGET_MS)
    world.complete(1)
    assert len(world.events(e.ClockEnded)) == 1


def test_resolving_meets_the_clock(world):
    world.held()
    world.complete(1)
    assert world.just(e.ClockEnded).outcome == "met"


def test_a_customer_who_leaves_cancels_it(world):
    world.call()
    world.contact(InteractionKind.CONTACT_ABANDONED)
    assert world.just(e.ClockEnded).outcome == "cancelled"


def test_what_is_overdue_is_breached_even_if_the_customer_leaves_before_the_timer(world):
    world.call()
    world.wait(TARGET_MS + 1).contact(InteractionKind.CONTACT_ABANDONED)
    assert world.just(e.ClockEnded).outcome == "breached"


def test_a_second_message_starts_no_second_clock(world):
    world.write()
    world.write(conversation_id=1)
    assert len(world.events(e.ClockStarted)) == 1


def test_being_connected_is_the_first_response(world):
    world.call()
    world.contact(InteractionKind.CONTACT_CONNECTED, operator_id="ann")
    assert world.just(e.ClockEnded).outcome == "met"


def test_moved_work_follows_the_promise_of_its_new_queue_and_what_has_passed_stays():
    slow = SlaRule("all", ((Target.RESOLUTION, 1_000 * SECOND),), escalations=(Escalation(75, notify=("owner",)),))
    quick = SlaRule("sales", ((Target.RESOLUTION, 200 * SECOND),), queues=("sales.orders",))
    world = World(changed(CONFIG, slas=(quick, slow)))
    world.operator()
    world.operator("cem", "sales")
    number = world.held()
    began_ms = world.now_ms
    world.wait(20 * SECOND).transfer(number, "sales", "sales.orders")
    world.accept("cem")
    (clock,) = [one for one in world.matter(number).clocks if one.name == "resolution"]
    assert (clock.sla_id, clock.due_ms) == ("sales", began_ms + 200 * SECOND)
    world.run(180 * SECOND)
    assert [one.outcome for one in world.events(e.ClockEnded) if one.name == "resolution"] == ["breached"]
    assert not world.events(e.ClockEscalated)
