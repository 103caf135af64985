"""Batches: collecting for a window, and who is looked at when it closes."""

from __future__ import annotations

import pytest
from tests.core.centre import Centre, rule, skills
from tests.core.world import SECOND

from omniroute.core import batches, machine
from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import Presence, QueueRule
from omniroute.core.state import State

WINDOW_MS = 2 * SECOND


def collecting(**fields: object) -> QueueRule:
    return rule(policy="optimal", batch_ms=WINDOW_MS, **fields)


def test_a_window_closes_exactly_at_its_deadline():
    world = Centre(collecting())
    world.join("ann")
    item = world.send()
    world.run(WINDOW_MS - 1)
    assert world.whose(item) == ""
    world.run(1)
    assert (world.whose(item), world.just(e.OfferMade).decision.trigger) == ("ann", "batch")


def test_nothing_is_collected_for_nobody():
    world = Centre(collecting())
    world.send()
    assert world.state.batches == {}
    world.join("ann")
    assert world.state.batches == {"support.first": world.now_ms + WINDOW_MS}


def test_automatic_accepts_follow_the_batch():
    world = Centre(collecting(auto_accept=True))
    world.join("ann")
    items = [world.send(), world.send()]
    world.run(2 * WINDOW_MS)
    assert [item.operator_id for item in items] == ["ann", "ann"]
    assert all(one.auto for one in world.events(e.OfferAccepted))


def test_a_queue_that_no_longer_collects_serves_at_once_and_forgets_the_window():
    world = Centre(collecting())
    world.join("ann")
    item = world.send()
    world.use(rule())
    assert world.whose(item) == "ann"
    world.run(WINDOW_MS)
    assert world.state.batches == {}


@pytest.mark.parametrize("among", [3, 5])
def test_whoever_alone_can_have_an_item_is_looked_at_however_many_there_are(monkeypatch, among):
    """Else the item would wait as long as there is newer work for the others."""
    monkeypatch.setattr(batches, "OPERATORS_MAX", 3)
    world = Centre(collecting())
    for number in range(among):
        world.join(f"o{number}")
    world.join("zoe", tech=5)
    item = world.send(require=skills(tech=5))
    world.send()
    world.run(WINDOW_MS)
    assert world.whose(item) == "zoe"


def test_the_bound_on_people_holds(monkeypatch):
    monkeypatch.setattr(batches, "OPERATORS_MAX", 3)
    world = Centre(collecting())
    for number in range(5):
        world.join(f"o{number}")
    items = [world.send() for _ in range(3)]
    world.run(WINDOW_MS)
    assert world.events(e.OfferMade)[0].decision.candidates[0].terms == (3, 3)
    assert all(world.whose(item) for item in items)


def test_windows_open_in_the_same_order_after_a_snapshot():
    """The lane of letters is older than that of chats; a snapshot knows only what waits."""
    world = Centre(collecting(), rule("support.b", policy="optimal", batch_ms=WINDOW_MS))
    world.to_queue(world.send(), "support.b")
    first = world.state.items[1]
    world.put("ann")
    world.presence("ann", Presence.AVAILABLE)
    world.run(WINDOW_MS)
    world.finish(world.take(first))
    world.presence("ann", Presence.AWAY)
    world.send("support.b", channel="chat")
    world.send()
    twin = State.decode(world.state.encode())
    command = c.SetPresence(operator_id="ann", presence=Presence.AVAILABLE)
    events = world.do(command)
    assert machine.handle(twin, command, world.now_ms, world.policies) == events
    assert [one.queue_id for one in events if isinstance(one, e.BatchOpened)] == ["support.b", "support.first"]
