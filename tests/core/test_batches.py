"""Batches: a window that opens when something could be matched, closes exactly, and never leaves anybody unserved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from tests.core.centre import Centre, after, rule, skills
from tests.core.world import MINUTE, SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import invariants
from omniroute.core.batches import ITEMS_MAX, OPERATORS_MAX
from omniroute.core.deadlines import Concern
from omniroute.core.eligibility import why_not
from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.policy import Policy
from omniroute.core.state import State

WINDOW = 5 * SECOND
Pairs = Sequence[tuple[int, int]]


class Batch(Policy):
    """Matches as a test says; remembers what it was given."""

    name = "batch"
    batch = True

    def __init__(self, answer: Callable[[int, int, Sequence[Sequence[bool]]], object]) -> None:
        self._answer = answer
        self.given: list[tuple[list[int], list[str], list[list[bool]]]] = []

    def match(
        self,
        items: Sequence[WorkItem],
        operators: Sequence[Operator],
        eligible: Sequence[Sequence[bool]],
        now_ms: int,
    ) -> Pairs:
        self.given.append(
            ([item.work_item_id for item in items], [o.operator_id for o in operators], [list(row) for row in eligible])
        )
        return self._answer(len(items), len(operators), eligible)  # type: ignore[return-value]


def last_first(items: int, operators: int, eligible: Sequence[Sequence[bool]]) -> Pairs:
    """The last operators for the first items; not what the default would do."""
    free = list(range(operators))
    pairs = []
    for item in range(items):
        able = [one for one in free if eligible[item][one]]
        if able:
            free.remove(able[-1])
            pairs.append((item, able[-1]))
    return pairs


def centre(answer=last_first, *more, policy: str = "batch", **fields) -> Centre:
    fields = {"batch_ms": WINDOW, **fields}
    return Centre(rule(policy=policy, **fields), *more, policies={"batch": Batch(answer)})


def asked(world: Centre) -> list[tuple[list[int], list[str], list[list[bool]]]]:
    return world.policies["batch"].given  # type: ignore[union-attr]


# ---- the window
def test_a_window_opens_when_work_comes_that_somebody_could_have():
    world = centre()
    world.join("ann")
    item = world.send()
    opened = world.just(e.BatchOpened)
    assert (opened.queue_id, opened.due_ms, world.whose(item)) == ("support.first", world.now_ms + WINDOW, "")
    assert why_not(world.state, world.state.operators["ann"], item) == "batch_window"


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE])
def test_no_window_opens_as_long_as_nobody_could_have_anything(presence):
    world = centre()
    world.join("ann")
    world.presence("ann", presence)
    world.send()
    world.run(MINUTE)
    assert world.events(e.BatchOpened) == []
    world.presence("ann", Presence.AVAILABLE)
    assert world.just(e.BatchOpened).due_ms == world.now_ms + WINDOW


def test_the_window_is_not_prolonged_by_what_comes_meanwhile():
    world = centre()
    world.join("ann")
    world.send()
    due_ms = world.state.batches["support.first"]
    world.run(3 * SECOND)
    world.send()
    world.join("bob")
    assert (world.state.batches["support.first"], len(world.events(e.BatchOpened))) == (due_ms, 1)


def test_the_window_closes_exactly():
    world = centre()
    world.join("ann")
    item = world.send()
    world.wait(WINDOW - 1)
    assert world.fire(Concern.BATCHES) == []
    world.run(1)
    assert world.whose(item) == "ann"
    closed = world.events(e.BatchClosed)
    assert [(one.at_ms, one.items, one.waiting) for one in closed] == [(world.now_ms, 1, 1)]


@pytest.mark.parametrize("moment", ["back-off", "relaxation", "freed", "skill"])
def test_whatever_makes_a_match_possible_opens_a_window(moment):
    world = centre(requirements=skills(tech=5), relaxations=(after(120, drop=("tech",)),), backoff_ms=30 * SECOND)
    level = 5 if moment in {"back-off", "freed"} else 1
    world.join("ann", capacity=1, tech=level)
    if moment == "freed":
        held = world.keep("ann")
    item = world.send()
    if moment == "back-off":
        world.run(WINDOW)
        world.refuse(item)
        assert world.state.batches == {}
        world.run(30 * SECOND)
    elif moment == "relaxation":
        assert world.state.batches == {}
        world.run(120 * SECOND)
    elif moment == "freed":
        world.run(WINDOW)
        assert world.state.batches == {}
        world.finish(held)
    else:
        world.put("ann", capacity=1, tech=5)
    assert "support.first" in world.state.batches
    world.run(WINDOW)
    assert world.whose(item) == "ann"


def test_a_window_survives_a_snapshot():
    world = centre()
    world.join("ann")
    item = world.send()
    world.run(2 * SECOND)
    world.state = State.decode(world.state.encode())
    world.run(3 * SECOND)
    assert world.whose(world.state.items[item.work_item_id]) == "ann"
    assert world.replayed().encode() == world.state.encode()


def test_a_window_over_which_everything_went_closes_on_nothing():
    world = centre()
    world.join("ann")
    call = world.send(channel="phone", session="s")
    world.contact("contact_abandoned", "s")
    assert call.work_item_id not in world.state.items
    world.run(WINDOW)
    assert [(one.items, one.waiting) for one in world.events(e.BatchClosed)] == [(0, 0)]
    assert (asked(world), world.state.batches) == ([], {})


# ---- the match
def test_the_policy_gets_the_oldest_items_the_operators_and_who_may_have_what():
    world = centre()
    world.join("ann", tech=3)
    world.join("bob")
    world.join("cem", tech=9)
    world.presence("cem", Presence.AWAY)
    plain, hard, harder = world.send(), world.send(require=skills(tech=3)), world.send(require=skills(tech=4))
    old = world.send(priority=5)
    world.run(WINDOW)
    assert asked(world) == [
        (
            [old.work_item_id, plain.work_item_id, hard.work_item_id],
            ["ann", "bob"],
            [[True, True], [True, True], [True, False]],
        )
    ]
    assert [world.whose(item) for item in (old, plain, hard, harder)] == ["bob", "ann", "", ""]


def test_the_decision_tells_that_it_was_a_batch():
    world = centre()
    world.join("ann")
    world.join("cem")
    world.presence("cem", Presence.AWAY)
    world.send()
    world.run(WINDOW)
    decision = world.events(e.OfferMade)[0].decision
    assert (decision.policy, decision.trigger, decision.failed_policy) == ("batch", "batch", "")
    assert (decision.excluded, decision.named) == ({"presence:away": 1}, (("cem", "presence:away"),))
    assert (decision.eligible, decision.waited_ms) == (1, WINDOW)


def test_optimal_makes_more_pairs_than_one_after_the_other():
    """Ann alone can do the second one; longest idle would give her the first."""
    world = centre(policy="optimal")
    world.join("ann", tech=5)
    world.wait(1).join("bob")
    plain, hard = world.send(), world.send(require=skills(tech=5))
    world.run(WINDOW)
    assert (world.whose(plain), world.whose(hard)) == ("bob", "ann")


def test_optimal_serves_the_oldest_where_not_all_can_be_served():
    world = centre(policy="optimal")
    world.join("ann", capacity=1)
    items = [world.wait(1).send() for _ in range(3)]
    world.run(WINDOW)
    assert [world.whose(item) for item in items] == ["ann", "", ""]


def test_operators_with_room_for_several_get_one_in_each_window():
    world = centre(policy="optimal")
    world.join("ann", capacity=3)
    items = [world.wait(1).send() for _ in range(4)]
    world.run(4 * WINDOW)
    offered_ms = [one.offered_ms for one in world.state.offers.values()]
    assert [world.whose(item) for item in items] == ["ann", "ann", "ann", ""]
    assert [later - sooner for sooner, later in pairwise(offered_ms)] == [WINDOW, WINDOW]


def test_the_window_opens_again_as_long_as_something_can_be_matched_and_no_longer():
    world = centre(offer_ms=2 * MINUTE)
    world.join("ann", capacity=2)
    for _ in range(3):
        world.send()
    world.run(MINUTE - 1)
    assert len(world.events(e.BatchOpened)) == len(world.events(e.BatchClosed)) == 2
    assert world.state.batches == {}


def test_a_policy_that_pairs_nothing_though_it_could_is_replaced():
    world = centre(lambda *_: [])
    world.join("ann")
    item = world.send()
    world.run(WINDOW)
    assert (len(asked(world)), world.whose(item)) == (1, "ann")
    assert world.events(e.OfferMade)[-1].decision.failed_policy


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recounting everything after each of hundreds of steps would take long."""
    monkeypatch.setattr(invariants, "check", lambda state: None)
    monkeypatch.setattr(invariants, "witness", lambda before, events, at_ms: None)


@pytest.mark.usefixtures("unchecked")
def test_more_items_than_fit_into_a_batch_are_matched_in_the_next_ones():
    world = centre()
    items = [world.send() for _ in range(ITEMS_MAX + 5)]
    world.join("ann", capacity=1)
    world.join("bob", capacity=1)
    world.run(WINDOW)
    (numbers, names, _) = asked(world)[0]
    assert (numbers, names) == ([item.work_item_id for item in items[:ITEMS_MAX]], ["ann", "bob"])
    closed = world.events(e.BatchClosed)[0]
    assert (closed.items, closed.waiting) == (ITEMS_MAX, ITEMS_MAX + 5)


@pytest.mark.usefixtures("unchecked")
def test_of_more_operators_than_fit_everybody_whom_an_item_needs_is_among_them():
    world = centre()
    for number in range(OPERATORS_MAX + 3):
        world.join(f"op{number:03}")
    world.join("zoe", tech=5)
    hard, plain = world.send(require=skills(tech=5)), world.send()
    world.run(WINDOW)
    names = asked(world)[0][1]
    assert (len(names), names[-1]) == (OPERATORS_MAX, "zoe")
    assert world.whose(hard) == "zoe"
    assert world.whose(plain) not in {"", "zoe"}


# ---- policies that break
def _raise(*_: object) -> object:
    raise RuntimeError("no")


WRONG = {
    "raises": _raise,
    "none": lambda *_: None,
    "ineligible": lambda items, operators, eligible: [(2, 1), (0, 0)],
    "item twice": lambda *_: [(0, 0), (0, 1)],
    "operator twice": lambda *_: [(0, 0), (1, 0)],
    "beyond the items": lambda items, *_: [(items, 0)],
    "beyond the operators": lambda items, operators, *_: [(0, operators)],
    "below": lambda *_: [(-1, 0)],
    "below as well": lambda *_: [(0, -1)],
    "triples": lambda *_: [(0, 0, 0)],
    "words": lambda *_: [("0", "0")],
    "floats": lambda *_: [(0.0, 0)],
    "a number": lambda *_: 7,
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_a_batch_policy_that_breaks_is_named_and_the_default_serves_one_by_one(answer):
    world = centre(answer)
    world.join("ann", tech=5)
    world.wait(1).join("bob")
    items = [world.send(), world.send(), world.send(require=skills(tech=5))]
    world.run(WINDOW)
    assert [world.whose(item) for item in items] == ["ann", "bob", "ann"]
    for made in world.events(e.OfferMade):
        assert (made.decision.failed_policy, made.decision.policy) == ("batch", "longest_idle")
        assert made.decision.trigger == "batch"


@pytest.mark.parametrize("policy", ["least_loaded", "gone"])
def test_a_window_with_a_policy_that_matches_nothing_at_once_serves_by_default(policy):
    world = centre(policy=policy)
    world.join("ann")
    item = world.send()
    world.run(WINDOW)
    made = world.events(e.OfferMade)[0]
    assert world.whose(item) == "ann"
    assert made.decision.failed_policy == {"least_loaded": "least_loaded", "gone": "longest_idle"}[policy]


def test_a_batch_policy_is_found_in_a_composition():
    world = centre(policy="sticky+batch")
    world.join("ann")
    item = world.send()
    world.run(WINDOW)
    assert (world.whose(item), len(asked(world))) == ("ann", 1)
    assert world.events(e.OfferMade)[0].decision.policy == "sticky+batch"


# ---- beside other work
def test_other_work_takes_the_operator_meanwhile():
    world = centre(last_first, rule("support.b", offer_ms=2 * MINUTE))
    world.join("ann", capacity=1)
    item = world.send()
    other = world.wait(1).send("support.b")
    assert world.whose(other) == "ann"
    world.run(MINUTE)
    assert (world.whose(item), asked(world)) == ("", [])
    assert [(one.items, one.waiting) for one in world.events(e.BatchClosed)] == [(0, 1)]


def test_who_is_freed_gets_other_work_at_once_though_work_for_a_batch_is_older():
    world = centre(last_first, rule("support.b"))
    older = world.send()
    other = world.wait(1).send("support.b")
    world.join("ann", capacity=1)
    assert (world.whose(other), world.whose(older)) == ("ann", "")


def test_two_queues_have_a_window_each_and_share_their_operators():
    world = centre(last_first, rule("support.b", policy="optimal", batch_ms=2 * SECOND))
    world.join("ann", capacity=1)
    first, second = world.send(), world.send("support.b")
    assert set(world.state.batches) == {"support.first", "support.b"}
    world.run(WINDOW)
    assert (world.whose(second), world.whose(first)) == ("ann", "")


def test_work_of_a_batch_can_be_given_by_hand_during_the_window():
    world = centre()
    world.join("ann")
    item = world.send()
    world.do(c.PullItem(work_item_id=item.work_item_id, operator_id="ann"))
    world.run(WINDOW)
    assert (item.operator_id, asked(world)) == ("ann", [])


def test_work_that_is_accepted_by_itself_is_so_in_a_batch():
    world = centre(auto_accept=True)
    world.join("ann", capacity=2)
    items = [world.send(), world.send()]
    world.run(2 * WINDOW)
    assert [item.operator_id for item in items] == ["ann", "ann"]


def test_declined_work_of_a_batch_keeps_its_place():
    world = centre(backoff_ms=1)
    world.join("ann", capacity=1)
    item = world.send()
    young = world.wait(1).send()
    world.run(WINDOW)
    world.refuse(item)
    world.run(WINDOW + 1)
    assert (world.whose(item), world.whose(young)) == ("ann", "")


# ---- another configuration
def test_without_batches_what_was_collected_is_matched_at_once():
    world = centre()
    world.join("ann")
    item = world.send()
    world.use(rule())
    assert (world.whose(item), world.just(e.OfferMade).decision.trigger) == ("ann", "operator")
    world.run(MINUTE)
    assert ([one.items for one in world.events(e.BatchClosed)], world.state.batches) == ([0], {})


def test_after_the_open_window_of_a_queue_without_batches_nothing_opens():
    world = centre()
    world.join("ann")
    world.send()
    world.use(rule())
    world.run(MINUTE)
    world.send()
    assert len(world.events(e.BatchOpened)) == 1


def test_a_queue_that_begins_with_batches_collects_from_the_next_chance_on():
    world = Centre(rule(), policies={"batch": Batch(last_first)})
    world.join("ann", capacity=1)
    held = world.keep("ann")
    item = world.send()
    world.use(rule(policy="batch", batch_ms=WINDOW))
    assert world.state.batches == {}
    world.finish(held)
    world.run(WINDOW)
    assert (world.whose(item), len(asked(world))) == ("ann", 1)


def test_a_queue_that_is_gone_closes_its_window():
    world = centre(last_first, rule("support.b"))
    world.join("ann")
    item = world.send()
    world.to_queue(item, "support.b")
    world.use(rule("support.b"))
    world.run(MINUTE)
    assert (world.state.batches, [one.waiting for one in world.events(e.BatchClosed)]) == ({}, [0])
