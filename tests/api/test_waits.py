"""Why work waits: counts, what nobody has, what changes next."""

from __future__ import annotations

from tests.core.world import CONFIG, MINUTE, SECOND, World, with_queue

from omniroute.api import waits
from omniroute.core.model import ItemState, Presence
from omniroute.core.rules import Relaxation, Requirement

LABELS = {"sales": "Sales", "bob": "Bob"}
STEPS = (
    Relaxation(25 * SECOND, drop=("spanish", "polish"), lower=(Requirement("tech", 3), Requirement("money", 1))),
    Relaxation(60 * SECOND, departments=("sales", "support"), operators=("bob",)),
    Relaxation(90 * SECOND, drop=("*",)),
)


def called(name: str) -> str:
    return LABELS.get(name, name)


def scene(*requirements: Requirement) -> tuple[World, object]:
    world = World(with_queue("support.expert", CONFIG, relaxations=STEPS))
    world.operator("ann", "support", tech=9, presence=Presence.AWAY)
    world.operator("eve", "support", tech=2)
    world.operator("bob", "sales", spanish=9)
    return world, world.item(world.write("support.expert", requirements=requirements))


def test_reasons_are_counted():
    world, item = scene()
    view = waits.waiting(world.state, item, called)
    assert view.counts == {"presence:away": 1, "skill:tech>=5": 1, "department": 1}
    assert (view.nobody_has, view.nobody_can) == ([], False)
    assert waits.short_text(view) == "1 without tech>=5, 1 away"


def test_who_is_kept_free_is_said():
    world, item = scene()
    item.reserved_by = "eve"
    said = waits.whole_text(waits.waiting(world.state, item, called), called, world.now_ms)
    assert "; eve is kept free for it" in said


def test_what_nobody_has_is_said_first():
    world, item = scene(Requirement("polish", 2))
    view = waits.waiting(world.state, item, called)
    assert view.nobody_has == ["polish>=2"]
    assert waits.short_text(view).startswith("nobody has polish>=2, ")
    world, item = scene(Requirement("spanish", 9))  # somebody has it, but in another department
    view = waits.waiting(world.state, item, called)
    assert (view.nobody_has, view.nobody_can) == ([], True)
    assert waits.short_text(view) == "nobody could have it at any hour, 2 without spanish>=9"


def test_the_next_step_is_what_changes_for_this_item():
    world, item = scene(Requirement("spanish", 9))

    def said() -> str:
        return waits.whole_text(waits.waiting(world.state, item, called), called, world.now_ms)

    assert said().endswith("; requirement spanish falls away, tech>=3 is enough in 25 s")
    world.run(30 * SECOND)
    assert said().endswith("; it opens to Sales, Bob in 30 s")
    world.run(31 * SECOND)
    assert said().endswith("; requirement tech falls away in 29 s")
    item.requirements = ()
    assert ";" not in said()  # the last step would change nothing
    item.requirements = (Requirement("tech", 3),)
    world.run(60 * SECOND)
    assert item.relax_due_ms == 0
    assert item.state is ItemState.OFFERED  # to eve, who lacks nothing any more


def test_for_whom_it_is_kept_is_said():
    world, item = scene()
    world.state.waiting.remove(item)
    item.held_for, item.hold_until_ms, item.relax_due_ms = "bob", world.now_ms + MINUTE, 0
    world.state.waiting.add(item)
    view = waits.waiting(world.state, item, called)
    assert waits.whole_text(view, called, world.now_ms).endswith("; kept for Bob for 1 min more")


def test_nobody_at_all_is_said():
    world = World()
    view = waits.waiting(world.state, world.item(world.write()), called)
    assert waits.short_text(view) == "nobody works in this department"
    assert waits.is_waiting(world.item(1))
