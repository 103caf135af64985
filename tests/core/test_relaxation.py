"""What an item asks for widens with its waiting: each step at its exact moment, once, and never narrower."""

from __future__ import annotations

import pytest
from msgspec import structs
from tests.core.centre import Centre, after, rule, skills
from tests.core.world import SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import Presence, WorkItem
from omniroute.core.rules import Relaxation, Requirement
from omniroute.core.state import State


def centre(*steps: Relaxation, **fields: object) -> Centre:
    """One queue with these steps; two others, of another department."""
    return Centre(
        rule(relaxations=steps, requirements=skills(billing=5, spanish=3), **fields),
        rule("sales.orders"),
        rule("sales.late"),
    )


def asked(item: WorkItem) -> dict[str, int]:
    return {one.skill: one.level for one in item.requirements}


def test_a_step_takes_effect_at_its_exact_moment():
    world = centre(after(30, drop=("spanish",)))
    world.join("ann", billing=5)
    item = world.send()
    world.run(30 * SECOND - 1)
    assert (world.whose(item), item.relaxed) == ("", 0)
    world.run(1)
    assert (world.whose(item), asked(item), item.relaxed) == ("ann", {"billing": 5}, 1)
    relaxed = world.events(e.ItemRelaxed)
    assert [(one.step, one.at_ms - item.enqueued_ms) for one in relaxed] == [(1, 30 * SECOND)]


def test_no_step_is_taken_early_whoever_asks():
    world = centre(after(30, drop=("spanish",)))
    item = world.send()
    world.wait(30 * SECOND - 1)
    assert world.fire(Concern.WAITING) == []
    assert (item.relaxed, item.relax_due_ms) == (0, item.enqueued_ms + 30 * SECOND)


def test_lower_lowers_and_never_raises():
    world = centre(after(1, lower=skills(billing=3, spanish=9, french=2)))
    item = world.send()
    world.run(SECOND)
    assert asked(item) == {"billing": 3, "spanish": 3}


@pytest.mark.parametrize(("level", "served"), [(2, False), (3, True)])
def test_a_lowered_level_is_still_a_level(level, served):
    world = centre(after(1, drop=("spanish",), lower=skills(billing=3)))
    world.join("ann", billing=level)
    item = world.send()
    world.run(SECOND)
    assert (world.whose(item) == "ann") is served


def test_dropping_what_is_not_asked_for_changes_nothing():
    world = centre(after(1, drop=("french",)))
    item = world.send()
    world.run(SECOND)
    assert asked(item) == {"billing": 5, "spanish": 3}
    assert item.relaxed == 1


def test_the_star_drops_whatever_is_required_also_by_the_item_itself():
    world = centre(after(1, drop=("*",), lower=skills(billing=2)))
    world.join("ann")
    item = world.send(require=skills(french=9))
    assert asked(item) == {"billing": 5, "french": 9, "spanish": 3}
    world.run(SECOND)
    assert (asked(item), world.whose(item)) == ({}, "ann")


def test_what_the_item_itself_requires_is_dropped_by_name_as_well():
    world = centre(after(1, drop=("french", "spanish")))
    item = world.send(require=skills(french=9))
    world.run(SECOND)
    assert asked(item) == {"billing": 5}
    assert item.own == skills(french=9)


@pytest.mark.parametrize(
    ("step", "served"),
    [
        (after(1, departments=("sales",)), {"all", "bound", "late"}),
        (after(1, queues=("sales.orders",)), {"all", "bound"}),
        (after(1, operators=("late", "nobody")), {"late"}),
        (after(1, queues=("no.queue",), departments=("no",)), set()),
        (after(1, queues=("sales.late",), operators=("bound",)), {"all", "bound", "late"}),
    ],
)
def test_a_step_adds_a_department_a_queue_or_a_person(step, served):
    for name in ("all", "bound", "late", "poor"):
        world = centre(step)
        queues = {"bound": ("sales.orders",), "late": ("sales.late",)}.get(name, ())
        levels = {} if name == "poor" else {"billing": 5, "spanish": 3}
        world.join(name, "sales", queues=queues, **levels)
        item = world.send()
        assert world.whose(item) == ""
        world.run(SECOND)
        assert (world.whose(item) == name) is (name in served), (name, item)


def test_steps_add_up():
    world = centre(
        after(1, drop=("spanish",), departments=("sales",)),
        after(2, lower=skills(billing=1), operators=("zoe",)),
        after(3, drop=("billing",), queues=("sales.late",)),
    )
    item = world.send()
    world.run(2 * SECOND)
    assert (item.requirements, item.departments, item.operators, item.queues, item.relaxed) == (
        (Requirement("billing", 1),),
        ("sales",),
        ("zoe",),
        (),
        2,
    )
    world.run(SECOND)
    assert (item.requirements, item.departments, item.operators, item.queues, item.relaxed) == (
        (),
        ("sales",),
        ("zoe",),
        ("sales.late",),
        3,
    )
    assert item.relax_due_ms == 0
    assert [one.step for one in world.events(e.ItemRelaxed)] == [1, 2, 3]


def test_several_steps_that_are_due_at_once_are_taken_one_after_the_other():
    world = centre(after(1, drop=("spanish",)), after(1, lower=skills(billing=2)), after(2, drop=("*",)))
    item = world.send()
    world.wait(60 * SECOND)
    for step in (1, 2, 3):
        world.fire(Concern.WAITING)
        assert item.relaxed == step
    assert world.fire(Concern.WAITING) == []


def test_a_step_at_no_time_is_taken_at_once():
    world = centre(after(0, drop=("*",)))
    world.join("ann")
    item = world.send()
    assert world.whose(item) == ""
    world.run(0)
    assert world.whose(item) == "ann"


def test_a_step_comes_while_the_item_is_offered_and_counts_when_it_comes_back():
    world = centre(after(10, drop=("spanish",)), offer_ms=20 * SECOND)
    world.join("ann", billing=5, spanish=3)
    item = world.send()
    world.run(10 * SECOND)
    assert (item.state, item.relaxed, world.whose(item)) == ("offered", 1, "ann")
    world.join("bob", billing=5)
    world.refuse(item)
    assert (world.whose(item), asked(item)) == ("bob", {"billing": 5})


def test_a_declined_item_keeps_its_step_and_its_age():
    world = centre(after(10, drop=("spanish",)), after(40, drop=("billing",)))
    world.join("ann", billing=5)
    item = world.send()
    world.run(15 * SECOND)
    world.refuse(item)
    assert (item.state, item.relaxed, asked(item)) == ("queued", 1, {"billing": 5})
    assert item.relax_due_ms == item.enqueued_ms + 40 * SECOND
    assert item.rank_ms == item.enqueued_ms
    world.run(25 * SECOND)
    assert item.relaxed == 2


def test_a_returned_item_keeps_its_step_and_goes_on_where_it_was():
    world = centre(after(10, drop=("spanish",)), after(40, drop=("billing",)), backoff_ms=0)
    world.join("ann", billing=5)
    item = world.send()
    world.run(10 * SECOND)
    world.take(item)
    assert item.relax_due_ms == 0
    world.run(60 * SECOND)
    assert item.relaxed == 1
    world.presence("ann", Presence.AWAY)
    world.give_back(item)
    assert item.relax_due_ms == item.enqueued_ms + 40 * SECOND
    world.run(0)
    assert (item.relaxed, asked(item)) == (2, {})


def test_after_a_move_relaxation_begins_anew_by_the_whole_wait():
    world = Centre(
        rule("sales.orders", requirements=skills(money=4), relaxations=(after(10, drop=("*",), operators=("zoe",)),)),
        rule(
            "support.b",
            requirements=skills(tech=4),
            relaxations=(after(15, lower=skills(tech=2)), after(100, drop=("tech",))),
        ),
    )
    item = world.send("sales.orders", require=skills(french=2))
    world.run(20 * SECOND)
    assert (asked(item), item.operators, item.relaxed) == ({}, ("zoe",), 1)
    world.to_queue(item, "support.b")
    assert (asked(item), item.operators, item.relaxed) == ({"french": 2, "tech": 4}, (), 0)
    world.run(0)
    assert (asked(item), item.relaxed) == ({"french": 2, "tech": 2}, 1)
    assert item.relax_due_ms == item.enqueued_ms + 100 * SECOND


def test_steps_survive_a_snapshot():
    world = centre(after(10, drop=("spanish",), departments=("sales",)), after(20, drop=("billing",)))
    item = world.send()
    world.run(10 * SECOND)
    world.state = State.decode(world.state.encode())
    world.join("zoe", "sales")
    world.run(10 * SECOND)
    item = world.state.items[item.work_item_id]
    assert (item.relaxed, world.whose(item)) == (2, "zoe")
    assert world.replayed().encode() == world.state.encode()


def test_the_explanation_shows_how_far_it_was_relaxed_and_how_long_it_had_waited():
    world = centre(after(10, drop=("spanish",)), after(20, drop=("billing",)))
    world.send()
    world.run(25 * SECOND)
    world.join("ann")
    decision = world.events(e.OfferMade)[-1].decision
    assert (decision.relaxed, decision.waited_ms) == (2, 25 * SECOND)


def test_a_new_configuration_sets_the_steps_that_are_left():
    world = centre(after(10, drop=("spanish",)), after(20, drop=("billing",)))
    item = world.send()
    world.run(10 * SECOND)
    world.use(
        rule(relaxations=(after(10, drop=("spanish",)), after(50, drop=("billing",)))),
        rule("sales.orders"),
        rule("sales.late"),
    )
    assert (item.relaxed, item.relax_due_ms) == (1, item.enqueued_ms + 50 * SECOND)
    world.use(rule(), rule("sales.orders"), rule("sales.late"))
    assert (item.relaxed, item.relax_due_ms) == (1, 0)
    world.run(100 * SECOND)
    assert item.relaxed == 1


def test_finished_and_abandoned_work_takes_no_step():
    world = centre(after(10, drop=("*",)))
    world.join("ann", billing=9, spanish=9)
    world.take(world.send())
    world.presence("ann", Presence.AWAY)
    call = world.send(channel="phone", session="s")
    world.contact("contact_abandoned", "s")
    assert call.work_item_id not in world.state.items
    world.run(20 * SECOND)
    assert world.events(e.ItemRelaxed) == []
    assert world.state.deadlines[Concern.WAITING].live == {}


def test_who_is_offered_the_item_keeps_the_offer_over_every_step():
    world = centre(after(1, drop=("billing",)), after(2, operators=("zoe",)))
    world.join("ann", billing=5, spanish=3)
    item = world.send()
    world.run(5 * SECOND)
    assert (world.whose(item), item.relaxed) == ("ann", 2)
    world.take(item)
    assert item.operator_id == "ann"


def test_a_person_who_was_added_is_no_member_of_the_queue_for_other_work():
    world = centre(after(1, drop=("*",), operators=("zoe",)))
    world.join("zoe", "sales")
    old = world.send()
    world.run(SECOND)
    new = world.send()
    assert (world.whose(old), world.whose(new)) == ("zoe", "")
    assert world.do(c.Keep()) == []


def test_a_queue_that_was_added_and_is_gone_opens_the_work_to_nobody():
    """Also where the item's own queue belongs to another department by now."""
    step = after(5, queues=("billing.money",))
    world = Centre(rule(relaxations=(step,)), rule("support.b"), rule("billing.money"), rule("sales.orders"))
    item = world.send()
    world.run(5 * SECOND)
    world.use(structs.replace(rule(), department_id="sales"), rule("support.b"), rule("sales.orders"))
    world.join("ann")
    assert world.whose(item) == ""
    world.join("zoe", "sales")
    assert world.whose(item) == "zoe"
