"""Nobody starves: what is served after whom is bounded, whatever comes later, and nothing loses its age."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.centre import BUILT_IN, Centre, after, overflow, rule
from tests.core.world import MINUTE, SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.intake import PRIORITY_MAX
from omniroute.core.model import Presence, WorkItem

AGEING = 5 * MINUTE
WEIGHT = MINUTE
QUEUES = {
    "support.plain": rule("support.plain", policy="longest_idle", offer_ms=MINUTE, backoff_ms=9_000 * MINUTE),
    "support.slack": rule(
        "support.slack",
        policy="slack+least_loaded",
        ageing_ms=AGEING,
        backoff_ms=9_000 * MINUTE,
        first_response_ms=3 * MINUTE,
    ),
    "support.loose": rule("support.loose", policy="slack", ageing_ms=AGEING, backoff_ms=9_000 * MINUTE),
    "support.late": rule(
        "support.late", policy="slack", ageing_ms=AGEING, first_response_ms=90 * MINUTE, backoff_ms=9_000 * MINUTE
    ),
}
SETTINGS = settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
ARRIVALS = st.lists(
    st.tuples(
        st.integers(0, 12 * MINUTE),
        st.integers(-PRIORITY_MAX, PRIORITY_MAX),
        st.sampled_from(sorted(QUEUES)),
        st.sampled_from(("decline", "expire", "return", "move")),
    ),
    min_size=2,
    max_size=12,
)


def bound_ms(first: WorkItem, later: WorkItem) -> int:
    """What comes so much later than ``first`` goes after it (`omniroute.core.queueing`)."""
    slack = sum(
        AGEING for item in (first, later) if QUEUES.get(item.queue_id, QUEUES["support.plain"]).policy != "longest_idle"
    )
    return slack + WEIGHT * (later.priority - first.priority)


@SETTINGS
@given(ARRIVALS)
def test_nobody_who_comes_later_than_the_bound_is_served_before(arrivals):
    """All of it is offered to somebody first who does none of it; then one operator serves one after the other."""
    world = Centre(
        *QUEUES.values(), rule("support.again", backoff_ms=9_000 * MINUTE), priority_weight_ms=WEIGHT, rona_limit=99
    )
    items, fates = [], {}
    for between_ms, priority, queue_id, fate in arrivals:
        item = world.wait(between_ms).send(queue_id, priority=priority)
        items.append(item)
        fates[item.work_item_id] = fate
    world.join("bob", capacity=1)
    while world.state.operators["bob"].offer_ids:
        item = world.state.items[world.offer("bob").work_item_id]
        comes_back(world, item, fates[item.work_item_id])
    world.presence("bob", Presence.AWAY)
    world.join("ann", capacity=1)
    served = []
    for _ in items:
        item = world.state.items[world.offer().work_item_id]
        served.append(item)
        world.finish(world.take(item))
    for place, first in enumerate(items):
        for later in items[place + 1 :]:
            if later.enqueued_ms - first.enqueued_ms >= bound_ms(first, later):
                assert served.index(first) < served.index(later), (first, later)


def comes_back(world: Centre, item: WorkItem, fate: str) -> None:
    """Whoever is offered the item does not do it, and is not asked again."""
    if fate == "expire":
        world.run(world.state.offers[item.offer_id].deadline_ms - world.now_ms)
    elif fate == "return":
        world.give_back(world.take(item))
    else:
        world.refuse(item)
    if fate == "move" and item.queue_id.endswith("plain"):
        world.to_queue(item, "support.again")


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, 3 * MINUTE), st.integers(-PRIORITY_MAX, PRIORITY_MAX)), min_size=3, max_size=30)
)
def test_without_promises_the_order_is_exactly_age_less_the_worth_of_priority(arrivals):
    world = Centre(rule(), priority_weight_ms=WEIGHT)
    items = [world.wait(between_ms).send(priority=priority) for between_ms, priority in arrivals]
    world.join("ann", capacity=1)
    served = []
    for _ in items:
        item = world.state.items[world.offer().work_item_id]
        served.append(item)
        world.finish(world.take(item))
    assert served == sorted(items, key=lambda item: (item.enqueued_ms - WEIGHT * item.priority, item.work_item_id))


@pytest.mark.parametrize("policy", ["longest_idle", "slack"])
def test_an_endless_stream_of_urgent_work_delays_the_least_urgent_by_no_more_than_the_bound(policy):
    """Each minute something urgent comes and one item is served: without ageing the first would wait for ever."""
    world = Centre(rule(policy=policy, ageing_ms=AGEING, offer_ms=9 * MINUTE), priority_weight_ms=WEIGHT)
    first = world.send(priority=-PRIORITY_MAX)
    world.send(priority=PRIORITY_MAX)
    world.join("ann", capacity=1)
    limit_ms = 2 * PRIORITY_MAX * WEIGHT + (2 * AGEING if policy == "slack" else 0)
    while world.now_ms <= first.enqueued_ms + limit_ms + MINUTE:
        item = world.state.items[world.offer().work_item_id]
        if item is first:
            break
        world.wait(MINUTE).send(priority=PRIORITY_MAX)
        world.finish(world.take(item))
    assert world.whose(first) == "ann"
    assert world.now_ms - first.enqueued_ms >= 2 * PRIORITY_MAX * WEIGHT


# ---- what keeps its age
def declined(world: Centre, item: WorkItem) -> None:
    world.refuse(item)


def expired(world: Centre, item: WorkItem) -> None:
    world.run(20 * SECOND)


def withdrawn(world: Centre, item: WorkItem) -> None:
    world.presence("ann", Presence.AWAY)


def returned(world: Centre, item: WorkItem) -> None:
    world.give_back(world.take(item))


def moved(world: Centre, item: WorkItem) -> None:
    world.presence("ann", Presence.AWAY)
    world.to_queue(item, "support.b")


def moved_twice(world: Centre, item: WorkItem) -> None:
    moved(world, item)
    world.to_queue(item, "support.first")


def put_aside(world: Centre, item: WorkItem) -> None:
    world.take(item)
    world.do(c.SnoozeItem(work_item_id=item.work_item_id, operator_id="ann", until_ms=world.now_ms + 5 * SECOND))
    world.presence("ann", Presence.AWAY)
    world.run(5 * SECOND)


def unanswered(world: Centre, item: WorkItem) -> None:
    world.take(item)
    world.run(40 * SECOND)


def lost_with_the_lease(world: Centre, item: WorkItem) -> None:
    world.take(item)
    world.do(c.ConnectOperator(operator_id="ann"))
    world.do(c.DisconnectOperator(operator_id="ann"))
    world.run(30 * SECOND)


def overflowed(world: Centre, item: WorkItem) -> None:
    world.presence("ann", Presence.AWAY)
    world.run(5 * SECOND)
    assert item.queue_id == "support.b"


WAYS = [
    declined,
    expired,
    withdrawn,
    returned,
    moved,
    moved_twice,
    put_aside,
    unanswered,
    lost_with_the_lease,
    overflowed,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("policy", ["longest_idle", "slack"])
def test_what_comes_back_keeps_its_age_and_goes_before_younger_work(policy, way):
    limits = (overflow("wait", "support.b", limit=3 * SECOND),) if way is overflowed else ()
    world = Centre(
        rule(policy=policy, backoff_ms=10 * MINUTE, answer_ms=40 * SECOND, overflows=limits),
        rule("support.b", policy=policy, backoff_ms=10 * MINUTE),
    )
    world.join("ann", capacity=2)
    item = world.send(channel="chat")
    enqueued_ms, rank_ms = item.enqueued_ms, item.rank_ms
    way(world, item)
    assert (item.state, item.enqueued_ms, item.rank_ms) == ("queued", enqueued_ms, rank_ms)
    world.presence("ann", Presence.AWAY)
    younger = world.wait(SECOND).send(item.queue_id, channel="chat")
    world.join("bob", capacity=2)
    assert (world.whose(item), world.whose(younger)) == ("bob", "")


def test_a_transfer_has_the_age_of_the_work_that_is_transferred():
    world = Centre(rule(), rule("sales.orders"))
    world.join("ann")
    item = world.take(world.send())
    world.wait(MINUTE).send("sales.orders")
    world.transfer(item.conversation_id, "sales")
    world.join("zoe", "sales", capacity=1)
    assert world.state.items[world.offer("zoe").work_item_id].rank_ms == item.rank_ms


def test_relaxation_does_not_change_the_place():
    world = Centre(rule(relaxations=(after(5, drop=("*",)),)))
    item = world.send()
    world.run(10 * SECOND)
    assert (item.relaxed, item.rank_ms) == (1, item.enqueued_ms)


def test_while_there_is_capacity_nobody_waits_at_all():
    """Random work for people with room: the wait of everybody is 0 (work conserving, invariant 18)."""
    chance = random.Random(4)
    world = Centre(*QUEUES.values())
    for name in ("ann", "bob", "cem", "dan"):
        world.join(name, capacity=50)
    for _ in range(60):
        item = world.wait(chance.randrange(MINUTE)).send(
            chance.choice(sorted(QUEUES)), priority=chance.randint(-PRIORITY_MAX, PRIORITY_MAX)
        )
        world.finish(world.take(item))
    assert {made.decision.waited_ms for made in world.events(e.OfferMade)} == {0}


@pytest.mark.parametrize("priority", [PRIORITY_MAX + 1, -PRIORITY_MAX - 1])
def test_a_priority_that_would_break_the_bound_is_refused(priority):
    from omniroute.errors import InvalidInput

    world = Centre(rule())
    with pytest.raises(InvalidInput, match="priority"):
        world.send(priority=priority)
    assert world.state.items == {}


def test_the_documented_bound_is_that_of_every_policy():
    """A new built-in policy with an order of work of its own has to be in these tests."""
    from omniroute.core.policy import Policy

    own = {
        name for name, one in BUILT_IN.items() if isinstance(one, Policy) and type(one).rank_ms is not Policy.rank_ms
    }
    assert own == {"slack"}
