"""Who gets what next, in which order, and the reasons that are recorded."""

from __future__ import annotations

import pytest
from tests.core.world import CONFIG, MINUTE, POLICIES, SECOND, World, changed, with_queue

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.ranking import CANDIDATES_MAX, NAMED_MAX
from omniroute.core.rules import Requirement


def test_first_in_first_out_within_equal_rank():
    world = World()
    first, second, third = (world.wait(1).write() for _ in range(3))
    world.operator(capacity=1)
    served = []
    for _ in range(3):
        served += world.offered()
        world.accept()
        world.complete(served[-1])
    assert served == [first, second, third]


def test_work_of_one_moment_goes_in_order_of_arrival():
    world = World()
    first = world.write()
    world.write()
    world.operator(capacity=1)
    assert world.offered() == [first]


def test_one_step_of_priority_is_worth_so_much_waiting():
    world = World()
    world.write()
    urgent = world.wait(59 * SECOND).write(priority=1)
    world.operator(capacity=1)
    assert world.offered() == [urgent]


def test_nobody_starves_behind_priority():
    world = World()
    old = world.write()
    world.wait(61 * SECOND).write(priority=1)
    world.operator(capacity=1)
    assert world.offered() == [old]


def test_the_queue_gives_its_priority_where_nobody_says_better():
    world = World()
    assert world.item(world.write("sales.orders")).priority == 2
    assert world.item(world.write("sales.orders", priority=0)).priority == 0


def test_rank_goes_over_all_queues_of_an_operator():
    world = World()
    world.write("support.first")
    world.write("sales.orders", priority=1)
    world.operator("ann", "support", "sales", capacity=1)
    assert world.just(e.OfferMade).conversation_id == 2


def test_a_level_that_is_too_low_excludes():
    world = World()
    world.operator(tech=4)
    world.write("support.expert")
    assert world.offered() == []
    world.operator(tech=5)
    assert world.offered() == [1]


def test_requirements_of_queue_and_matter_add_up():
    world = World()
    world.operator("ann", tech=5)
    world.operator("bob", tech=5, french=2)
    world.write("support.expert", requirements=[Requirement("french", 2)])
    assert world.offered("bob") == [1]


def test_longest_idle_is_first_and_a_burst_spreads():
    world = World()
    for name in ("ann", "bob", "cem"):
        world.wait(1).operator(name)
    given = [world.wait(1).write() and world.just(e.OfferMade).operator_id for _ in range(4)]
    assert given == ["ann", "bob", "cem", "ann"]


def test_ties_go_to_the_smaller_operator_id():
    world = World()
    for name in ("cem", "bob", "ann"):
        world.operator(name)
    world.write()
    assert world.just(e.OfferMade).operator_id == "ann"


def test_least_loaded_looks_at_the_share_of_the_capacity():
    world = World()
    world.operator("ann", "sales", capacity=2)
    world.operator("bob", "sales", capacity=10)
    given = []
    for _ in range(3):
        world.wait(1).write("sales.orders")
        given.append(world.just(e.OfferMade).operator_id)
    assert given == ["ann", "bob", "bob"]


def test_capacity_is_kept_by_offers_and_by_work():
    world = World()
    world.operator(capacity=3)
    world.write(channel="chat")
    world.accept()
    world.write(channel="chat")
    assert world.offered() == []
    assert world.item(2).state == "queued"
    world.write(channel="mail")
    assert world.offered() == [3]


def test_what_fits_does_not_wait_behind_what_does_not():
    world = World()
    world.call()
    mail = world.wait(1).write()
    world.operator(capacity=4)
    assert world.offered() == [mail]


def test_no_more_offers_at_once_than_can_be_read():
    world = World()
    world.operator(capacity=10)
    for _ in range(5):
        world.write()
    assert len(world.offered()) == CONFIG.offers_max == 3


def test_an_accepted_offer_makes_room_for_the_next():
    world = World()
    world.operator(capacity=10)
    for _ in range(4):
        world.write()
    world.do(c.AcceptOffer(offer_id=1, operator_id="ann"))
    assert world.offered() == [2, 3, 4]


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.DRAINING, Presence.OFFLINE])
def test_only_the_available_get_something(presence):
    world = World()
    world.operator(presence=presence)
    world.write()
    assert world.offered() == []
    world.presence("ann", Presence.AVAILABLE)
    assert world.offered() == [1]


def test_wrap_up_blocks_every_queue():
    world = World()
    world.operator("ann", "support", "sales", capacity=10)
    world.held()
    world.hang_up(1)
    world.write("sales.orders")
    assert world.offered() == []
    world.complete(1)
    assert world.offered() == [2]


def test_items_that_are_woken_together_are_served_in_order_of_rank():
    """Ann leaves with offers in the wrong order; the one place beside her goes to the oldest."""
    world = World()
    world.operator("ann", capacity=10)
    old = world.write()
    new = world.write(priority=9)
    world.operator("bob", capacity=1)
    world.presence("ann", Presence.AWAY)
    assert world.offered("bob") == [new]
    assert world.item(old).state == "queued"


def test_a_step_that_frees_many_keeps_the_order_for_everybody():
    """Ann may have only the young one, for which bob ranks first; bob gets the old one all the same."""
    config = changed(offers_max=1)
    world = World(config)
    world.operator("bob", "support", "sales", capacity=2)
    world.operator("ann", "sales", capacity=2)
    world.write("sales.late")
    world.write("sales.late")
    old = world.wait(1).write("support.first")
    young = world.wait(1).write("sales.late")
    world.do(c.ApplyConfig(config=changed(offers_max=2)))
    assert {offer.conversation_id: offer.operator_id for offer in world.last if isinstance(offer, e.OfferMade)} == {
        old: "bob",
        young: "ann",
    }


# ---- reasons
def test_the_decision_has_candidates_in_order_and_counts_the_excluded():
    world = World()
    world.operator("ann")
    world.wait(5).operator("bob")
    world.operator("cem", presence=Presence.AWAY)
    world.operator("dan", "sales")
    world.operator("eve", capacity=1)
    world.write()  # for ann
    world.write()  # for bob or eve
    decision = world.wait(1).write() and world.just(e.OfferMade).decision
    assert decision.policy == "longest_idle"
    assert decision.terms == ("idle_since_ms",)
    order = [(candidate.terms, candidate.operator_id) for candidate in decision.candidates]
    assert order == sorted(order)
    assert {name for _, name in order} >= {"ann", "bob"}
    assert decision.excluded["presence:away"] == decision.excluded["department"] == 1
    assert ("cem", "presence:away") in decision.named


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda world: world.operator("ann", "sales"), "department"),
        (lambda world: world.operator("ann", tech=4), "skill:tech>=5"),
        (lambda world: world.operator("ann", tech=5, presence=Presence.DRAINING), "presence:draining"),
        (lambda world: (world.operator("ann", tech=5), world.held(), world.hang_up(1)), "wrap_up"),
        (lambda world: (world.operator("ann", tech=5), *(world.write() for _ in range(3))), "offers_pending"),
        (lambda world: (world.operator("ann", tech=5, capacity=1), world.held()), "capacity"),
    ],
)
def test_every_exclusion_has_its_name(prepare, reason):
    world = World()
    prepare(world)
    world.operator("zoe", tech=9)
    world.write("support.expert")
    decision = world.just(e.OfferMade).decision
    assert decision.excluded == {reason: 1}
    able = not reason.startswith(("department", "skill"))
    assert decision.named == ((("ann", reason),) if able else ())


def test_back_off_is_named_as_well():
    world = World()
    world.operator("ann")
    world.write()
    world.decline()
    world.operator("bob")
    made = [event for event in world.log if isinstance(event[1], e.OfferMade)][-1][1]
    assert made.operator_id == "bob"
    assert made.decision.excluded == {"backoff": 1}


def test_explanations_are_bounded():
    world = World()
    for number in range(20):
        world.operator(f"free{number:02}")
        world.operator(f"gone{number:02}", presence=Presence.AWAY)
    world.write()
    decision = world.just(e.OfferMade).decision
    assert len(decision.candidates) == CANDIDATES_MAX
    assert len(decision.named) == NAMED_MAX
    assert decision.excluded == {"presence:away": 20}


def test_the_trigger_tells_who_came_last():
    world = World()
    world.write()
    world.operator()
    assert world.events(e.OfferMade)[-1].decision.trigger == "operator"
    world.write()
    assert world.just(e.OfferMade).decision.trigger == "item"


# ---- policies that break
class _Bad:
    name = "longest_idle"
    terms = ("one",)

    def __init__(self, key: object) -> None:
        self._key = key

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        if isinstance(self._key, Exception):
            raise self._key
        return self._key  # type: ignore[return-value]


@pytest.mark.parametrize(
    "key", [ValueError("broken"), None, ("a",), (1, 2), (), (2**70,), (-(2**63),), (float("nan"),), ZeroDivisionError()]
)
def test_a_policy_that_breaks_is_replaced_and_named(key):
    world = World(policies={"longest_idle": _Bad(key)})
    world.operator("bob")
    world.wait(1).operator("ann")
    world.write()
    made = world.just(e.OfferMade)
    assert made.operator_id == "bob"
    assert made.decision.failed_policy == "longest_idle"
    assert made.decision.terms == ("idle_since_ms",)


def test_a_policy_that_is_gone_is_replaced():
    world = World()
    world.operator("ann", "billing")
    world.write("billing.rest")
    assert world.just(e.OfferMade).decision.policy == "longest_idle"


def test_a_broken_policy_of_one_queue_leaves_the_others_alone():
    world = World()
    world.operator("ann", "billing", "support", money=1)
    world.write("billing.money")
    assert world.just(e.OfferMade).decision.failed_policy == "broken"
    world.write("support.first")
    assert world.just(e.OfferMade).decision.failed_policy == ""


def test_replay_needs_no_policy():
    world = World()
    world.operator()
    world.held()
    assert POLICIES
    assert world.replayed().encode() == world.state.encode()


def test_the_deadline_of_an_offer_is_that_of_the_queue():
    world = World(with_queue("support.first", offer_ms=MINUTE))
    world.operator()
    world.write()
    assert world.offer().deadline_ms == world.now_ms + MINUTE
