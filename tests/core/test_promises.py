"""SLA policies: which promise holds, when its clock starts, stands still and ends, and what happens on the way."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.centre import Centre, rule
from tests.core.world import MINUTE, SECOND, START_MS

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, WorkItem
from omniroute.core.rules import Calendar, Escalation, Relaxation, Requirement, SlaRule, Target
from omniroute.core.state import State
from omniroute.core.targets import clock_of

HOUR = 60 * MINUTE
FIRST, SHOP, LATE = "support.first", "sales.shop", "support.late"
OFFICE = Calendar(
    "office",
    tuple((START_MS + at * HOUR, START_MS + (at + 1) * HOUR) for at in range(0, 1000, 2)),
    START_MS + 1000 * HOUR,
)
"""Open every other hour."""


def sla(*targets: tuple[str, int], name: str = "all", **fields: object) -> SlaRule:
    return SlaRule(name, tuple((Target(one), ms) for one, ms in targets), **fields)  # type: ignore[arg-type]


def centre(*slas: SlaRule, **fields: object) -> Centre:
    """Ann has all of it; the clocks are those of these policies."""
    rules = (rule(FIRST), rule(SHOP), rule(LATE, calendar_id="office"))
    world = Centre(*rules, slas=slas, calendars=(OFFICE,), **fields)
    world.join("ann", "support", "sales", capacity=20)
    return world


def clocks(world: Centre, number: int = 1) -> dict[str, str]:
    return {one.name: one.state.value for one in world.matter(number).clocks}


def outcomes(world: Centre, name: str) -> list[str]:
    return [one.outcome for one in world.events(e.ClockEnded) if one.name == name]


def held(world: Centre, queue_id: str = FIRST, **fields: object) -> WorkItem:
    return world.take(world.send(queue_id, **fields))  # type: ignore[arg-type]


# ---- which promise


def test_the_first_policy_that_fits_and_names_a_target_counts_for_it():
    world = centre(
        sla(("resolution", HOUR), name="shop", queues=(SHOP,)),
        sla(("resolution", 2 * HOUR), ("next_response", MINUTE), name="rest"),
    )
    world.send(SHOP)
    world.send(FIRST)
    assert [(one.sla_id, one.length_ms) for one in world.events(e.ClockStarted)] == [("shop", HOUR), ("rest", 2 * HOUR)]


@pytest.mark.parametrize(
    ("narrow", "fits"),
    [
        ({"queues": (SHOP,)}, False),
        ({"kinds": ("question",)}, True),
        ({"kinds": ("order",)}, False),
        ({"channels": ("mail",)}, True),
        ({"channels": ("chat",)}, False),
        ({"tiers": ("gold",)}, False),
        ({"priority_min": 1}, False),
        ({"priority_max": -1}, False),
    ],
)
def test_what_a_policy_names_must_fit(narrow, fits):
    world = centre(sla(("resolution", HOUR), **narrow))
    world.send()
    assert bool(clocks(world)) == fits


def test_the_promise_of_the_queue_stands_behind_all_policies():
    world = Centre(rule(FIRST, first_response_ms=MINUTE), slas=(sla(("first_response", HOUR), kinds=("order",)),))
    world.join("ann")
    world.send()
    assert world.just(e.ClockStarted).sla_id == ""
    assert world.just(e.ClockStarted).due_ms == world.now_ms + MINUTE


# ---- business time


def test_a_length_counts_in_the_calendar_of_the_queue():
    world = centre(sla(("resolution", 90 * MINUTE)))
    world.send(LATE)
    assert world.just(e.ClockStarted).due_ms == START_MS + 2 * HOUR + 30 * MINUTE


def test_an_own_calendar_goes_before_it_and_real_time_before_both():
    world = centre(sla(("resolution", 90 * MINUTE), calendar_id="office"))
    world.send(FIRST)
    assert world.just(e.ClockStarted).due_ms == START_MS + 2 * HOUR + 30 * MINUTE
    world = centre(sla(("resolution", 90 * MINUTE), real_time=True))
    world.send(LATE)
    assert world.just(e.ClockStarted).due_ms == START_MS + 90 * MINUTE


# ---- the course of each target


def test_one_clock_for_a_run_of_unanswered_messages():
    world = centre(sla(("next_response", MINUTE)))
    item = held(world)
    world.reply(item.conversation_id)
    assert not world.events(e.ClockStarted)
    for _ in range(3):
        world.write(conversation_id=item.conversation_id)
    assert len(world.events(e.ClockStarted)) == 1
    world.reply(item.conversation_id)
    assert outcomes(world, "next_response") == ["met"]
    world.write(conversation_id=item.conversation_id)
    world.run(2 * MINUTE)
    assert outcomes(world, "next_response") == ["met", "breached"]


def test_a_resolution_is_met_by_the_end_of_the_matter_and_begins_anew_with_the_next():
    world = centre(sla(("resolution", HOUR)))
    item = held(world)
    world.finish(item)
    assert outcomes(world, "resolution") == ["met"]
    record = world.just(e.ConversationResolved).record
    world.write(conversation_id=1, record=record)
    assert clocks(world) == {"resolution": "running"}


def test_a_caller_is_answered_when_the_sides_are_connected():
    world = centre(sla(("answer", 20 * SECOND)))
    world.send(channel="phone", session="c1")
    assert clocks(world) == {"answer": "running"}
    world.contact(InteractionKind.CONTACT_CONNECTED, "c1", "ann")
    assert outcomes(world, "answer") == ["met"]


def test_a_chat_is_answered_by_whoever_takes_it():
    world = centre(sla(("answer", 20 * SECOND)))
    item = world.send(channel="chat")
    world.take(item)
    assert outcomes(world, "answer") == ["met"]


def test_a_caller_who_leaves_was_promised_nothing_that_could_be_kept():
    world = centre(sla(("answer", 20 * SECOND), ("resolution", HOUR)))
    world.send(channel="phone", session="c1")
    world.contact(InteractionKind.CONTACT_ABANDONED, "c1")
    assert outcomes(world, "answer") == outcomes(world, "resolution") == ["cancelled"]


def test_a_department_has_its_own_time_for_its_part():
    world = centre(sla(("department", HOUR)))
    item = held(world)
    world.wait(10 * SECOND).to_queue(item, SHOP)
    assert outcomes(world, "department:1") == ["cancelled"]
    started = world.events(e.ClockStarted)[-1]
    assert (started.name, started.at_ms) == ("department:1", world.now_ms)
    world.run(30 * SECOND)  # the back-off of who gave it away
    world.finish(world.take(item))
    assert outcomes(world, "department:1") == ["cancelled", "met"]


# ---- changes


def test_another_priority_brings_another_promise_and_what_has_passed_stays():
    world = centre(sla(("resolution", 10 * MINUTE), name="urgent", priority_min=5), sla(("resolution", HOUR)))
    world.send()
    world.wait(4 * MINUTE).do(c.PrioritizeMatter(conversation_id=1, operator_id="", priority=5, by="sue"))
    changed = world.just(e.ClockRetargeted)
    assert (changed.sla_id, changed.due_ms) == ("urgent", START_MS + 10 * MINUTE)
    world.run(6 * MINUTE)
    assert outcomes(world, "resolution") == ["breached"]


def test_a_shorter_promise_that_has_passed_already_is_breached_at_once():
    world = centre(sla(("resolution", MINUTE), name="urgent", priority_min=5), sla(("resolution", HOUR)))
    world.send()
    world.wait(4 * MINUTE).do(c.PrioritizeMatter(conversation_id=1, operator_id="", priority=5, by="sue"))
    world.fire(Concern.CLOCKS)
    assert outcomes(world, "resolution") == ["breached"]


def test_a_configuration_reviews_every_matter_by_and_by():
    world = centre(sla(("resolution", HOUR)))
    for _ in range(5):
        world.send()
    world.use(rule(FIRST), rule(SHOP), rule(LATE), slas=(sla(("resolution", 2 * HOUR)),), calendars=(OFFICE,))
    assert not world.events(e.ClockRetargeted)
    world.fire(Concern.CLOCKS, limit=2)
    assert len(world.events(e.ClockRetargeted)) == len(world.events(e.ClocksReviewed)) == 2
    world.fire(Concern.CLOCKS)
    assert {one.due_ms for one in world.events(e.ClockRetargeted)} == {START_MS + 2 * HOUR}
    assert world.fire(Concern.CLOCKS) == []


def test_a_promise_that_nobody_makes_any_more_is_kept():
    world = centre(sla(("resolution", HOUR)))
    world.send()
    world.use(rule(FIRST), rule(SHOP), rule(LATE), calendars=(OFFICE,))
    world.run(2 * HOUR)
    assert outcomes(world, "resolution") == ["breached"]


def test_recorded_deadlines_are_not_computed_again_by_a_replay():
    """The calendar of a later configuration is not that of the deadline."""
    world = centre(sla(("resolution", 90 * MINUTE)))
    world.send(LATE)
    events = [msgspec.structs.replace(one, config=_without_calendar(one.config)) if isinstance(one, e.ConfigApplied)
              else one for _, one in world.log]  # fmt: skip
    state = State()
    for event in events:
        machine.apply(state, event, START_MS)
    clock = clock_of(state.conversations[1], "resolution")
    assert clock is not None
    assert clock.due_ms == START_MS + 2 * HOUR + 30 * MINUTE


def _without_calendar(config):
    return msgspec.structs.replace(config, calendars=(msgspec.structs.replace(OFFICE, intervals=()),))


# ---- escalation


def escalated(world: Centre) -> list[int]:
    return [one.percent for one in world.events(e.ClockEscalated)]


def test_each_step_comes_once_at_its_share_of_business_time():
    steps = (Escalation(50, notify=("supervisor",)), Escalation(100, notify=("ann", "owner")))
    world = centre(sla(("resolution", 90 * MINUTE), escalations=steps))
    held(world, LATE)
    world.run(45 * MINUTE - 1)
    assert escalated(world) == []
    world.run(1)
    assert escalated(world) == [50]
    assert world.events(e.ClockEscalated)[0].notify == ("department:support",)
    world.run(3 * HOUR)
    assert escalated(world) == [50, 100]
    assert world.events(e.ClockEscalated)[1].notify == ("ann",)
    assert outcomes(world, "resolution") == ["breached"]


def test_what_is_overdue_after_an_outage_comes_in_order():
    steps = (Escalation(50, notify=("ann",)), Escalation(80, notify=("ann",)), Escalation(100, notify=("ann",)))
    world = centre(sla(("resolution", HOUR), escalations=steps))
    world.send()
    world.wait(48 * HOUR).fire(Concern.CLOCKS)
    assert [type(one).__name__ for one in world.last] == [
        "ClockEscalated",
        "ClockEscalated",
        "ClockEnded",
        "ClockEscalated",
    ]
    assert escalated(world) == [50, 80, 100]


def test_a_matter_that_is_done_late_is_escalated_as_a_breach():
    world = centre(sla(("resolution", HOUR), escalations=(Escalation(100, notify=("owner",), webhook="crm"),)))
    item = held(world)
    world.wait(2 * HOUR).finish(item)
    assert outcomes(world, "resolution") == ["breached"]
    told = world.just(e.ClockEscalated)
    assert (told.percent, told.webhook) == (100, "crm")
    assert told.effect_id == world.state.counters.effect


def test_a_higher_priority_moves_waiting_work_ahead():
    world = centre(sla(("resolution", HOUR), kinds=("question",), escalations=(Escalation(50, priority=3),)))
    world.presence("ann", "away")
    first = world.send()
    world.run(30 * MINUTE)
    assert (first.priority, world.matter(1).priority) == (3, 3)
    assert first.rank_ms == first.enqueued_ms - 3 * world.state.config.priority_weight_ms


def test_requirements_widen_and_are_added():
    widen = Relaxation(0, drop=("french",), departments=("sales",))
    step = Escalation(50, require=(Requirement("tech", 3),), widen=widen)
    world = centre(sla(("resolution", HOUR), escalations=(step,)))
    item = world.send(require=(Requirement("french", 4),))
    world.run(30 * MINUTE)
    assert (item.requirements, item.departments) == ((Requirement("tech", 3),), ("sales",))


def test_waiting_work_moves_and_held_work_stays():
    world = centre(sla(("resolution", HOUR), escalations=(Escalation(50, queue_id=SHOP),)))
    kept = held(world)
    world.presence("ann", "away")
    waiting = world.send()
    world.run(30 * MINUTE)
    assert (kept.queue_id, waiting.queue_id) == (FIRST, SHOP)
    assert waiting.rank_ms == waiting.enqueued_ms


def test_it_is_offered_to_the_first_of_those_who_can_take_it():
    world = centre(sla(("resolution", HOUR), escalations=(Escalation(100, offer_to=("sue", "tom")),)))
    world.presence("ann", "away")
    for operator_id in ("sue", "tom"):
        world.join(operator_id, "sales")
    world.presence("sue", "away")
    item = world.send()
    world.run(HOUR)
    assert world.whose(item) == "tom"
    assert item.operators == ("sue", "tom")


def test_a_policy_that_lost_its_step_does_nothing_at_the_old_moment():
    world = centre(sla(("resolution", HOUR), escalations=(Escalation(50, priority=3),)))
    world.send()
    world.use(rule(FIRST), rule(SHOP), rule(LATE), slas=(sla(("resolution", HOUR)),), calendars=(OFFICE,))
    world.run(45 * MINUTE)
    assert escalated(world) == []
    world.run(HOUR)
    assert outcomes(world, "resolution") == ["breached"]


def test_a_clock_that_goes_on_before_its_review_goes_on_by_what_is_promised_now():
    world = centre(sla(("resolution", HOUR)))
    item = held(world)
    world.do(c.ChangeStage(conversation_id=1, operator_id=item.operator_id, stage_id="waiting_customer"))
    rules = (rule(FIRST), rule(SHOP), rule(LATE, calendar_id="office"))
    world.wait(MINUTE).use(*rules, slas=(sla(("resolution", 2 * HOUR)),), calendars=(OFFICE,))
    world.wait(MINUTE).write(conversation_id=1)
    kinds = [type(event) for event in world.last]
    assert kinds.index(e.ClockRetargeted) < kinds.index(e.ClockResumed)
    assert world.just(e.ClockResumed).due_ms == START_MS + 2 * HOUR + 2 * MINUTE
    assert e.ClocksReviewed in kinds


def test_a_breach_that_shows_when_work_is_taken_by_itself_is_escalated_too():
    """An offer that is accepted at once ends the clock while the step settles: that breach counts like any other."""
    world = Centre(
        rule(FIRST, auto_accept=True),
        slas=(sla(("answer", 20 * SECOND), escalations=(Escalation(100, notify=("sue",)),)),),
    )
    world.send(channel="chat")
    world.wait(30 * SECOND).join("ann")
    assert outcomes(world, "answer") == ["breached"]
    assert escalated(world) == [100]
