"""Tasks of a stage: created by entering it, and what follows when they are done or late."""

from __future__ import annotations

import msgspec
import pytest
from tests.core.world import CONFIG, MINUTE, World

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import stages
from omniroute.core.deadlines import Concern
from omniroute.core.model import HandoffKind, Presence
from omniroute.core.rules import Calendar, KindRule, Stage, StageRule, StageTask
from omniroute.core.stages import Progress
from omniroute.errors import Conflict, InvalidInput

PICK, INVOICE = StageTask("sales.orders", 5 * MINUTE, "Pick"), StageTask("sales.late", 0, "Invoice")
ORDER = KindRule(
    "question",
    (
        StageRule("requested", Stage.RECEIVED, ("placed", "done")),
        StageRule("placed", Stage.IN_PROGRESS, ("packing", "done")),
        StageRule(
            "packing",
            Stage.IN_PROGRESS,
            ("placed", "shipped", "done"),
            tasks=(PICK, INVOICE),
            on_tasks="shipped",
            on_delay="delayed",
        ),
        StageRule("delayed", Stage.IN_PROGRESS, ("packing", "done")),
        StageRule("shipped", Stage.IN_PROGRESS, ("done",)),
        StageRule("done", Stage.DONE),
    ),
)


def with_kind(kind: KindRule) -> World:
    return World(msgspec.structs.replace(CONFIG, kinds=(kind,)))


@pytest.fixture
def world() -> World:
    """Ann of support holds an order, bob is in sales."""
    world = with_kind(ORDER)
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    return world


def enter(world: World, stage_id: str) -> list[e.Event]:
    return world.do(c.ChangeStage(conversation_id=1, operator_id="ann", stage_id=stage_id))


def asked(world: World) -> list[e.HandoffRequested]:
    return world.events(e.HandoffRequested)


def accept_all(world: World) -> None:
    for offer_id in list(world.state.operators["bob"].offer_ids):
        world.do(c.AcceptOffer(offer_id=offer_id, operator_id="bob"))


def answer(world: World, title: str) -> list[e.Event]:
    """Bob has done the task of that title."""
    accept_all(world)
    handoff = next(one for one in world.state.handoffs.values() if one.title == title)
    return world.do(
        c.CompleteItem(work_item_id=handoff.target_item_id, operator_id="bob", disposition="solved", note=True)
    )


def progress(world: World) -> Progress:
    return stages.progress(world.state, world.matter(1))


def wait(world: World, ms: int) -> list[e.Event]:
    return world.wait(ms).fire(Concern.HANDOFFS)


def test_entering_a_stage_asks_for_each_of_its_tasks_from_the_owner(world):
    enter(world, "packing")
    pick, invoice = asked(world)
    assert {one.kind for one in (pick, invoice)} == {HandoffKind.TASK}
    assert {one.from_operator_id for one in (pick, invoice)} == {"ann"}
    assert [(one.to_queue_id, one.title, one.stage_id) for one in (pick, invoice)] == [
        ("sales.orders", "Pick", "packing"),
        ("sales.late", "Invoice", "packing"),
    ]
    assert (pick.due_ms, invoice.due_ms) == (world.now_ms + 5 * MINUTE, 0)
    assert progress(world) == (0, 2, 0)
    assert world.matter(1).owner_id == "ann"


def test_the_matter_goes_on_by_itself_when_the_last_task_is_answered(world):
    enter(world, "packing")
    answer(world, "Pick")
    assert (world.matter(1).stage_id, progress(world)) == ("packing", (1, 1, 0))
    answer(world, "Invoice")
    assert world.just(e.StageEntered).cause == "tasks"
    assert (world.matter(1).stage_id, progress(world)) == ("shipped", (2, 0, 0))


def test_a_late_task_brings_the_stage_of_delay_and_is_told(world):
    enter(world, "packing")
    wait(world, 5 * MINUTE)
    assert world.just(e.HandoffOverdue).from_operator_id == "ann"
    assert world.just(e.StageEntered).cause == "delay"
    assert (world.matter(1).stage_id, progress(world)) == ("delayed", (0, 2, 1))


def test_from_the_delay_it_goes_on_when_the_tasks_are_answered_after_all(world):
    enter(world, "packing")
    accept_all(world)
    wait(world, 5 * MINUTE)
    answer(world, "Pick")
    answer(world, "Invoice")
    assert world.matter(1).stage_id == "shipped"


def test_a_task_of_a_stage_that_was_left_is_late_without_a_change_of_stage(world):
    enter(world, "packing")
    enter(world, "placed")
    accept_all(world)
    wait(world, 5 * MINUTE)
    assert (world.matter(1).stage_id, progress(world).late) == ("placed", 1)
    answer(world, "Pick")
    answer(world, "Invoice")
    assert world.matter(1).stage_id == "placed"


def test_entering_again_asks_again_for_what_is_not_open_any_more(world):
    enter(world, "packing")
    enter(world, "placed")
    answer(world, "Pick")
    enter(world, "packing")
    assert [one.title for one in asked(world)] == ["Pick", "Invoice", "Pick"]


def test_a_task_that_was_taken_back_leaves_the_next_stage_to_somebody(world):
    enter(world, "packing")
    pick = asked(world)[0]
    world.do(c.CancelHandoff(handoff_id=pick.handoff_id, operator_id="ann"))
    answer(world, "Invoice")
    assert (world.matter(1).stage_id, world.matter(1).undone) == ("packing", ("packing",))
    enter(world, "placed")
    enter(world, "packing")
    assert world.matter(1).undone == ()
    answer(world, "Pick")
    answer(world, "Invoice")
    assert world.matter(1).stage_id == "shipped"


def test_a_task_that_is_refused_leaves_the_next_stage_to_somebody(world):
    enter(world, "packing")
    world.do(c.DeclineHandoff(handoff_id=asked(world)[0].handoff_id, operator_id="bob"))
    answer(world, "Invoice")
    assert world.matter(1).stage_id == "packing"


def test_nobody_takes_a_task_and_it_waits_on(world):
    world.presence("bob", Presence.AWAY)
    enter(world, "packing")
    wait(world, 4 * MINUTE)
    assert progress(world) == (0, 2, 0)
    assert not world.events(e.HandoffReturned)


def test_the_owner_may_do_the_task_as_well(world):
    world.operator("ann", "support", "sales")
    world.presence("bob", Presence.AWAY)
    enter(world, "packing")
    offered = [
        world.state.items[world.state.offers[one].work_item_id] for one in world.state.operators["ann"].offer_ids
    ]
    assert {one.queue_id for one in offered} == {"sales.orders", "sales.late"}


def test_tasks_are_sent_in_nobodys_name_where_nobody_has_the_matter():
    world = with_kind(ORDER)
    world.operator("bob", "sales")
    world.write()
    enter(world, "placed")
    enter(world, "packing")
    assert {one.from_operator_id for one in asked(world)} == {""}
    answer(world, "Pick")
    answer(world, "Invoice")
    assert world.matter(1).stage_id == "shipped"


def test_the_first_stage_creates_its_tasks_when_the_matter_is_opened_and_not_when_it_goes_on():
    first = msgspec.structs.replace(ORDER.stages[0], tasks=(PICK,))
    world = with_kind(msgspec.structs.replace(ORDER, stages=(first, *ORDER.stages[1:])))
    world.write()
    assert [one.stage_id for one in asked(world)] == ["requested"]
    world.operator("ann", "support")
    world.write(conversation_id=1)
    assert len(asked(world)) == 1


def test_done_with_open_tasks_is_refused_unless_they_are_taken_back(world):
    enter(world, "packing")
    done = c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved", resolve=True)
    with pytest.raises(Conflict, match="2 questions or tasks"):
        world.do(done)
    world.do(msgspec.structs.replace(done, cancel_parts=True))
    assert not world.state.handoffs


def test_the_length_of_a_task_counts_in_the_time_of_its_queue():
    start_ms = World().now_ms
    hours = Calendar(
        "late",
        (
            (start_ms - MINUTE, start_ms),
            (start_ms + 60 * MINUTE, start_ms + 120 * MINUTE),
        ),
        start_ms + 10_000 * MINUTE,
    )
    queues = [
        msgspec.structs.replace(one, calendar_id="late") if one.queue_id == "sales.orders" else one
        for one in CONFIG.queues
    ]
    config = msgspec.structs.replace(CONFIG, kinds=(ORDER,), calendars=(hours,), queues=tuple(queues))
    world = World(config)
    world.operator("ann", "support")
    world.held()
    enter(world, "packing")
    assert asked(world)[0].due_ms == start_ms + 65 * MINUTE


def test_a_task_for_a_queue_that_there_is_not_is_refused():
    stage = StageRule("received", Stage.RECEIVED, ("done",), tasks=(StageTask("nowhere"),))
    rule = KindRule("question", (stage, *ORDER.stages[1:]))
    with pytest.raises(InvalidInput, match="nowhere"):
        with_kind(rule)


def test_a_late_task_of_a_matter_that_nobody_works_on_brings_it_back(world):
    """The time for writing up has ended the work on the matter itself; its delay needs somebody."""
    enter(world, "packing")
    world.reply(1)
    world.hang_up(1)
    world.run(2 * MINUTE)
    assert not world.state.work_of(world.matter(1))
    wait(world, 4 * MINUTE)
    assert world.matter(1).stage_id == "delayed"
    assert [one.queue_id for one in world.state.work_of(world.matter(1))] == ["support.first"]
