"""Consults and tasks: asked of another department, while the matter stays where it is."""

from __future__ import annotations

import pytest
from tests.core.world import MINUTE, SECOND, START_MS, World

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import handoffs
from omniroute.core.deadlines import Concern
from omniroute.core.model import HandoffKind, InteractionKind, Presence, WorkItem
from omniroute.core.permissions import Actor, Role, authorize, may_read
from omniroute.errors import Conflict, Forbidden, InvalidInput

CONSULT, TASK = HandoffKind.CONSULT, HandoffKind.TASK
HANDOFF_MS = 120 * SECOND


@pytest.fixture
def world() -> World:
    """Ann of support holds the matter, bob is in sales."""
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.held()
    return world


def ask(world: World, kind: HandoffKind = CONSULT, department: str = "sales", due_ms: int = 0) -> int:
    """Ann asks; returns the handoff."""
    world.do(
        c.TransferItem(
            work_item_id=1,
            operator_id="ann",
            department_id=department,
            kind=kind,
            due_ms=due_ms or (world.now_ms + 5 * MINUTE if kind is TASK else 0),
        )
    )
    return world.just(e.HandoffRequested).handoff_id


def part(world: World) -> WorkItem:
    """The one part of matter 1."""
    (found,) = world.state.parts_of(world.matter(1))
    return found


def accept_all(world: World) -> None:
    """Bob takes whatever he is offered."""
    for offer_id in list(world.state.operators["bob"].offer_ids):
        world.do(c.AcceptOffer(offer_id=offer_id, operator_id="bob"))


def answer(world: World, operator_id: str = "bob", *, disposition: str = "solved", note: bool = True) -> list[e.Event]:
    return world.do(
        c.CompleteItem(
            work_item_id=part(world).work_item_id, operator_id=operator_id, disposition=disposition, note=note
        )
    )


@pytest.mark.parametrize("kind", [CONSULT, TASK])
def test_the_matter_stays_where_it_is_while_a_part_goes_away_and_comes_back(world, kind):
    ask(world, kind)
    world.accept("bob")
    matter = world.matter(1)
    assert (matter.owner_id, matter.queue_id, matter.hops) == ("ann", "support.first", 0)
    world.reply(1, "ann")
    answer(world)
    answered, note = world.just(e.HandoffAnswered), world.just(e.NoteAdded)
    assert (answered.from_operator_id, answered.operator_id) == ("ann", "bob")
    assert (answered.interaction_id, note.operator_id) == (note.interaction_id, "bob")
    assert answered.disposition == "solved"
    assert (matter.item_ids, world.state.handoffs, matter.owner_id) == ([1], {}, "ann")
    assert matter.last_operator_id == ""


def test_the_consulted_reads_and_writes_notes_but_does_not_answer_the_customer(world):
    ask(world)
    bob = Actor(Role.OPERATOR, "bob", ("sales",))
    note = c.AddNote(conversation_id=1, operator_id="bob")
    assert may_read(world.state, bob, world.matter(1))
    authorize(world.state, bob, note)  # who is offered it may speak to the sender first
    world.accept("bob")
    authorize(world.state, bob, note)
    with pytest.raises(Forbidden):
        world.reply(1, "bob")


def test_an_answer_is_words_and_a_task_also_needs_a_disposition(world):
    ask(world)
    world.accept("bob")
    with pytest.raises(InvalidInput, match="answer"):
        answer(world, note=False)
    answer(world, disposition="")
    ask(world, TASK)
    world.accept("bob")
    with pytest.raises(InvalidInput, match="disposition"):
        answer(world, disposition="")


def test_the_matter_is_not_done_while_a_part_is_open(world):
    ask(world)
    with pytest.raises(Conflict, match="are open"):
        world.complete(1)
    world.accept("bob")
    with pytest.raises(Conflict, match="are open"):
        world.complete(1)
    answer(world)
    world.complete(1)
    assert world.state.conversations == {}


@pytest.mark.parametrize("accepted", [False, True])
def test_the_matter_can_be_done_without_the_answer(world, accepted):
    ask(world)
    ask(world, TASK)
    if accepted:
        accept_all(world)
    world.do(c.CompleteItem(work_item_id=1, operator_id="ann", disposition="solved", cancel_parts=True))
    assert len(world.events(e.HandoffCancelled)) == 2
    assert (world.state.items, world.state.handoffs, world.state.conversations) == ({}, {}, {})
    assert world.state.operators["bob"].load_units == world.state.operators["bob"].offered_units == 0


def test_nobody_takes_a_question_in_time(world):
    world.presence("bob", Presence.AWAY)
    ask(world)
    world.run(HANDOFF_MS)
    assert world.events(e.HandoffReturned)[-1].reason == "timeout"
    assert world.item(1).operator_id == "ann"


def test_several_parts_at_once_and_a_transfer_beside_them(world):
    ask(world)
    ask(world, TASK)
    world.transfer(1, "billing", "billing.rest")
    world.operator("eve", "billing")
    world.accept("eve")
    assert world.matter(1).owner_id == "eve"
    assert len(world.state.parts_of(world.matter(1))) == 2
    accept_all(world)
    for item in world.state.parts_of(world.matter(1)):
        world.do(c.CompleteItem(work_item_id=item.work_item_id, operator_id="bob", disposition="solved", note=True))
    assert world.matter(1).owner_id == "eve"


def test_who_has_the_matter_by_now_may_take_the_question_back(world):
    handoff_id = ask(world)
    world.transfer(1, "billing", "billing.rest")
    world.operator("eve", "billing")
    world.accept("eve")
    with pytest.raises(Forbidden):
        world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="bob"))
    world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="eve"))
    assert world.state.handoffs == {}


def test_a_question_that_is_taken_back_frees_who_worked_on_it(world):
    handoff_id = ask(world)
    world.accept("bob")
    world.do(c.CancelHandoff(handoff_id=handoff_id, operator_id="ann"))
    assert world.just(e.HandoffCancelled).operator_id == "bob"
    assert world.state.operators["bob"].item_ids == []


def test_a_part_of_a_part_is_not_given_away(world):
    ask(world)
    world.accept("bob")
    with pytest.raises(Conflict, match="part of"):
        world.do(c.TransferItem(work_item_id=2, operator_id="bob", department_id="billing"))


def test_a_matter_has_a_few_parts_at_most(world):
    for _ in range(handoffs.PARTS_MAX):
        ask(world)
    with pytest.raises(Conflict, match="are open"):
        ask(world)


# ---- tasks


def test_a_task_that_is_late_is_told_once_and_goes_on(world):
    ask(world, TASK, due_ms=world.now_ms + MINUTE)
    world.accept("bob")
    world.run(MINUTE - 1)
    assert world.events(e.HandoffOverdue) == []
    world.run(10 * MINUTE)
    (late,) = world.events(e.HandoffOverdue)
    assert (late.at_ms, late.from_operator_id, late.operator_id) == (START_MS + MINUTE, "ann", "bob")
    answer(world)
    assert world.just(e.HandoffAnswered)


def test_a_task_can_be_late_before_anybody_has_it(world):
    world.presence("bob", Presence.AWAY)
    ask(world, TASK, due_ms=world.now_ms + MINUTE)
    world.wait(MINUTE).fire(Concern.HANDOFFS)
    assert world.just(e.HandoffOverdue).operator_id == ""


@pytest.mark.parametrize("due_ms", [0, START_MS, START_MS + handoffs.TASK_MS_MAX + 1])
def test_a_task_is_due_at_a_time_to_come(world, due_ms):
    with pytest.raises(InvalidInput, match="due"):
        world.do(c.TransferItem(work_item_id=1, operator_id="ann", department_id="sales", kind=TASK, due_ms=due_ms))


# ---- what happens to the matter meanwhile


def test_a_part_that_is_given_back_waits_in_its_queue_and_nowhere_else(world):
    ask(world)
    world.accept("bob")
    world.operator("cem", "sales")
    world.do(c.ReleaseItem(work_item_id=2, operator_id="bob"))
    assert world.offered("cem") == [1]
    world.accept("cem")
    answer(world, "cem")
    assert world.just(e.HandoffAnswered).operator_id == "cem"


def test_a_part_moves_neither_the_queue_nor_the_contact(world):
    ask(world)
    world.accept("bob")
    world.do(c.RequeueItem(work_item_id=2, operator_id="bob", queue_id="sales.late"))
    assert world.matter(1).queue_id == "support.first"
    assert part(world).queue_id == "sales.late"


def _call() -> World:
    """Ann speaks to a caller and asks sales."""
    world = World()
    world.operator("ann", "support")
    world.operator("bob", "sales")
    world.call()
    world.accept("ann")
    world.contact(InteractionKind.CONTACT_CONNECTED, operator_id="ann")
    ask(world)
    return world


def test_who_is_consulted_about_a_call_is_not_connected_and_cannot_hang_up():
    world = _call()
    world.accept("bob")
    assert world.just(e.HandoffAccepted).effect_id == 0
    assert (part(world).cost_units, part(world).state) == (1, "assigned")
    with pytest.raises(Conflict, match="contact"):
        world.do(c.EndContact(work_item_id=2, operator_id="bob"))


def test_a_call_that_ends_leaves_the_question_open_and_the_answer_finds_somebody():
    world = _call()
    world.accept("bob")
    world.contact(InteractionKind.CONTACT_ENDED)
    assert world.state.items[1].state == "wrap_up"
    assert part(world).state == "assigned"
    world.run(61 * SECOND)  # the time for writing up is over
    assert world.state.work_of(world.matter(1)) == []
    answer(world)
    assert world.offered("ann") == [1]


def test_a_customer_who_writes_while_only_parts_are_open_finds_somebody():
    world = _call()
    world.accept("bob")
    world.contact(InteractionKind.CONTACT_ENDED)
    world.run(61 * SECOND)
    world.write(conversation_id=1)
    assert world.offered("ann") == [1]


def test_a_snapshot_keeps_the_deadlines_of_parts(world):
    ask(world, TASK)
    world.accept("bob")
    again = type(world.state).decode(world.state.encode())
    assert again.deadlines[Concern.HANDOFFS].live == world.state.deadlines[Concern.HANDOFFS].live
    assert ("task", 1, "") in again.deadlines[Concern.HANDOFFS].live
