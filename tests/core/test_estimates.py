"""What a waiting customer is told: position, an interval, how it moves, and how often it is right."""

from __future__ import annotations

import math
import os
import random

import pytest
from tests.core.centre import Centre, rule, skills
from tests.core.simulated import Simulation, Stream, coverage
from tests.core.world import MINUTE, SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.estimates import PERCENT, Estimate, estimate, position
from omniroute.core.handling import FULL_HISTORY, HISTORY_MAX, expected_ms, observations
from omniroute.core.model import Presence, WorkItem
from omniroute.core.state import State

LONG = int(os.environ.get("OMNIROUTE_LONG", "1"))
B = "support.b"


def busy(world: Centre, *names: str, queues=("support.first",), **fields) -> None:
    """Operators with a letter each and no room for more."""
    for name in names:
        world.join(name, capacity=1, queues=queues, **fields)
        world.keep(name, queues[0])


def told(world: Centre, item: WorkItem) -> Estimate:
    guess = estimate(world.state, item)
    assert guess is not None
    return guess


# ---- position
def test_the_position_counts_what_stands_before_it_in_its_queue():
    world = Centre(rule(), rule(B))
    first, other = world.send(), world.send(B)
    second = world.wait(1).send(require=skills(tech=1))
    third = world.wait(1).send()
    urgent = world.wait(1).send(priority=3)
    assert [position(world.state, item) for item in (first, second, third, urgent, other)] == [2, 3, 4, 1, 1]


def test_what_does_not_wait_has_neither_position_nor_estimate():
    world = Centre(rule())
    world.join("ann")
    item = world.send()
    assert (position(world.state, item), estimate(world.state, item)) == (0, None)
    world.take(item)
    assert (position(world.state, item), estimate(world.state, item)) == (0, None)


# ---- the interval
def test_nobody_there_gives_no_interval():
    world = Centre(rule())
    busy(world, "bob", tech=2)
    world.presence("bob", Presence.AWAY)
    item = world.send(require=skills(tech=2))
    assert estimate(world.state, item) is None
    busy(world, "ann", tech=1)
    assert estimate(world.state, item) is None
    world.presence("bob", Presence.AVAILABLE)
    assert told(world, item).servers == 1
    world.presence("bob", Presence.AWAY)
    assert estimate(world.state, item) is None


def test_who_is_off_the_channel_serves_nobody_on_it():
    world = Centre(rule())
    busy(world, "ann")
    item = world.send()
    world.on_channel("ann", "mail", Presence.AWAY)
    assert estimate(world.state, item) is None


def test_who_declined_is_counted_for_they_may_have_it_again():
    world = Centre(rule())
    world.join("ann")
    item = world.send()
    world.refuse(item)
    assert told(world, item).servers == 1


def test_the_interval_has_two_ends_around_the_mean():
    world = Centre(rule(handling_ms=MINUTE))
    busy(world, "ann", "bob")
    items = [world.send() for _ in range(10)]
    for place, item in enumerate(items, 1):
        guess = told(world, item)
        assert 0 <= guess.low_ms < place * MINUTE / 2 < guess.high_ms
        assert (guess.position, guess.ahead, guess.servers, guess.percent) == (place, place - 1, 2, PERCENT)


def test_the_interval_grows_with_the_position():
    world = Centre(rule())
    busy(world, "ann")
    guesses = [told(world, item) for item in [world.send() for _ in range(12)]]
    assert all(
        one.low_ms < other.low_ms and one.high_ms < other.high_ms
        for one, other in zip(guesses, guesses[1:], strict=False)  # noqa: RUF007
    )


def test_the_interval_shrinks_with_more_servers():
    world = Centre(rule())
    names = [f"op{number}" for number in range(6)]
    busy(world, *names)
    for name in names:
        world.presence(name, Presence.AWAY)
    item, highs, lows = [world.send() for _ in range(3)][-1], [], []
    for name in names:
        world.presence(name, Presence.AVAILABLE)
        highs.append(told(world, item).high_ms)
        lows.append(told(world, item).low_ms)
    assert highs == sorted(set(highs), reverse=True)
    assert lows == sorted(set(lows), reverse=True)


def test_operators_with_several_items_finish_more_often():
    highs = []
    for capacity in (1, 3):
        world = Centre(rule())
        world.join("ann", capacity=capacity)
        for _ in range(capacity):
            world.keep("ann")
        highs.append(told(world, world.send()).high_ms)
    assert highs[1] < highs[0] / 2


def test_expected_handling_times_of_what_is_held_count():
    world = Centre(rule(handling_ms=10 * MINUTE), rule(B, handling_ms=MINUTE))
    world.join("ann", capacity=1)
    world.keep("ann", B)
    item = world.send()
    quick = told(world, item)
    other = Centre(rule(handling_ms=10 * MINUTE), rule(B, handling_ms=MINUTE))
    other.join("ann", capacity=1)
    other.keep("ann")
    assert told(other, other.send()).high_ms > 5 * quick.high_ms


# ---- shared operators
def shared(alone: int, both: int, others: int, mine: int, theirs: int) -> Estimate:
    """``mine`` wait before the item and ``theirs`` in the other queue, for so many operators."""
    world = Centre(rule(), rule(B))
    for count, prefix, queues in (
        (alone, "a", ("support.first",)),
        (both, "s", ("support.first", B)),
        (others, "o", (B,)),
    ):
        busy(world, *(f"{prefix}{number}" for number in range(count)), queues=queues)
    for count, queue_id in ((theirs, B), (mine, "support.first")):
        for _ in range(count):
            world.send(queue_id)
    return told(world, world.wait(1).send())


def test_work_of_another_queue_for_the_same_people_stands_before_it():
    assert shared(2, 0, 0, 3, 0).ahead == 3
    assert shared(0, 2, 0, 3, 4).ahead == 7


def test_work_of_another_queue_for_other_people_does_not():
    assert shared(2, 0, 2, 3, 9) == shared(2, 0, 0, 3, 0)


def test_other_work_that_its_own_people_can_do_in_time_leaves_the_shared_free():
    assert shared(2, 2, 2, 8, 1) == shared(2, 2, 2, 8, 0)


def test_other_work_beyond_that_takes_the_shared_in_part():
    none, some, much = (shared(2, 2, 2, 8, theirs).high_ms for theirs in (0, 8, 12))
    assert none < some < much


def test_other_work_can_take_no_more_than_the_shared():
    """Two of four remain, however much waits elsewhere."""
    assert shared(2, 2, 2, 8, 60).high_ms == shared(2, 0, 2, 8, 0).high_ms


def test_the_same_centre_from_a_snapshot_says_the_same():
    world = Centre(rule(), rule(B))
    busy(world, "s1", "s2", queues=("support.first", B))
    busy(world, "o1", queues=(B,))
    for number in range(6):
        world.send(B, require=skills(tech=number + 1))
        world.send(B)
    item = world.send()
    again = State.decode(world.state.encode())
    assert estimate(again, again.items[item.work_item_id]) == estimate(world.state, item)


# ---- expected handling time
def handled(world: Centre, length_ms: int, queue_id: str = "support.first") -> None:
    item = world.take(world.send(queue_id))
    world.run(length_ms)
    world.finish(item)


def test_the_configured_time_stands_for_what_is_not_known_yet():
    world = Centre(rule(handling_ms=80 * SECOND), rule(B, handling_ms=7 * SECOND))
    world.join("ann")
    assert expected_ms(world.state, "support.first", "mail") == 80 * SECOND
    for count in range(1, FULL_HISTORY + 3):
        handled(world, 16 * SECOND)
        missing = max(0, FULL_HISTORY - count)
        expected = (missing * 80 + count * 16) * SECOND // (missing + count)
        assert expected_ms(world.state, "support.first", "mail") == expected
        assert len(observations(world.state, "support.first", "mail")) == max(FULL_HISTORY, count)
    assert expected_ms(world.state, "support.first", "mail") == 16 * SECOND
    assert expected_ms(world.state, B, "mail") == 7 * SECOND
    assert expected_ms(world.state, "support.first", "chat") == 80 * SECOND


def test_the_history_is_bounded_and_forgets_the_oldest():
    world = Centre(rule())
    world.join("ann")
    for number in range(HISTORY_MAX + 10):
        handled(world, number * SECOND)
    known = world.state.handling["support.first", "mail"]
    assert known.recent_ms == [number * SECOND for number in range(10, HISTORY_MAX + 10)]
    assert known.total_ms == sum(known.recent_ms)
    assert expected_ms(world.state, "support.first", "mail") == known.total_ms // HISTORY_MAX


def test_a_handling_time_goes_from_the_accept_to_the_end_with_wrap_up():
    world = Centre(rule(wrap_up_ms=MINUTE))
    world.join("ann")
    item = world.send()
    world.run(5 * SECOND)
    world.take(item)
    world.run(20 * SECOND)
    world.hang_up(item.conversation_id)
    world.run(10 * SECOND)
    world.finish(item)
    assert world.state.handling["support.first", "mail"].recent_ms == [30 * SECOND]


def test_a_call_that_was_abandoned_before_anybody_spoke_is_no_observation():
    world = Centre(
        rule(),
        channels=(
            type(Centre().state.channels["phone"])(
                "phone", 5, realtime=True, session=True, connects=True, connect_ms=MINUTE
            ),
        ),
    )
    world.join("ann")
    item = world.take(world.send(channel="phone", session="s"))
    assert item.state == "connecting"
    world.contact("contact_abandoned", "s")
    assert item.work_item_id not in world.state.items
    assert world.state.handling == {}


def test_returned_work_is_observed_by_its_last_operator_only():
    world = Centre(rule(backoff_ms=0))
    world.join("ann")
    item = world.take(world.send())
    world.run(MINUTE)
    world.give_back(item)
    world.take(item)
    world.run(5 * SECOND)
    world.finish(item)
    assert world.state.handling["support.first", "mail"].recent_ms == [5 * SECOND]


def test_the_decision_and_the_queueing_record_the_expected_time_of_that_moment():
    world = Centre(rule(handling_ms=80 * SECOND))
    world.join("ann")
    for _ in range(FULL_HISTORY):
        handled(world, 16 * SECOND)
    recorded = [one.expected_ms for one in world.events(e.ItemQueued)]
    assert recorded[:2] == [80 * SECOND, 72 * SECOND]
    assert recorded == [made.decision.expected_ms for made in world.events(e.OfferMade)]
    item = world.send()
    assert world.just(e.ItemQueued).expected_ms == world.just(e.OfferMade).decision.expected_ms == 16 * SECOND
    world.take(item)
    again = State.decode(world.state.encode())
    assert expected_ms(again, "support.first", "mail") == 16 * SECOND
    assert world.do(c.Keep()) == []


@pytest.mark.parametrize("handling_ms", [0, 1])
def test_work_that_takes_no_time_gives_a_short_wait_and_no_failure(handling_ms):
    world = Centre(rule(handling_ms=handling_ms))
    busy(world, "ann")
    assert told(world, world.send()).high_ms < SECOND


# ---- how often it is right
MEAN_MS = 3 * MINUTE


def exponential(chance: random.Random) -> float:
    return chance.expovariate(1 / MEAN_MS)


def long_exponential(chance: random.Random) -> float:
    return chance.expovariate(1 / (2 * MEAN_MS))


def log_normal(variation: float):
    """Of the same mean; ``variation`` is the standard deviation by the mean."""
    spread = math.log(1 + variation * variation)
    return lambda chance: chance.lognormvariate(math.log(MEAN_MS) - spread / 2, math.sqrt(spread))


def one_queue(servers: int, load: float, law=exponential):
    return {f"op{number:02}": ("support.first",) for number in range(servers)}, [
        Stream("support.first", MEAN_MS / (servers * load), law)
    ]


def two_queues(alone: int, both: int, others: int, first: float, second: float, law=exponential):
    staff = {f"a{number}": ("support.first",) for number in range(alone)}
    staff |= {f"o{number}": (B,) for number in range(others)} | {
        f"s{number}": ("support.first", B) for number in range(both)
    }
    return staff, [Stream("support.first", MEAN_MS / first, exponential), Stream(B, MEAN_MS / second, law)]


SCENARIOS = {
    "one operator, 80 % load": one_queue(1, 0.80),
    "3 operators, 90 % load": one_queue(3, 0.90),
    "10 operators, 95 % load": one_queue(10, 0.95),
    "40 operators, 97 % load": one_queue(40, 0.97),
    "10 operators, log-normal with variation 0.5": one_queue(10, 0.95, log_normal(0.5)),
    "10 operators, log-normal with variation 1": one_queue(10, 0.95, log_normal(1)),
    "10 operators, log-normal with variation 1.5": one_queue(10, 0.95, log_normal(1.5)),
    "two queues, 4 and 4 operators and 3 shared": two_queues(4, 3, 4, 5.0, 5.2),
    "two queues, 6 and 2 operators and 2 shared": two_queues(6, 2, 2, 6.5, 2.8),
    "two queues, 3 and 3 and 4 shared, one takes twice as long": two_queues(3, 4, 3, 4.7, 4.7 / 2, long_exponential),
}
CUSTOMERS, WARM_UP = 3_000, 200
LEAST_PERCENT, MOST_PERCENT = 70, 90


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_interval_holds_in_about_eighty_percent_of_cases(name):
    """With ``-s`` it prints the table of docs/reference/waiting-times.md, which was made with ``OMNIROUTE_LONG=20``."""
    staff, streams = SCENARIOS[name]
    rules = [rule(queue_id, auto_accept=True, handling_ms=MEAN_MS) for queue_id in ("support.first", B)]
    runs = [Simulation(rules, staff, seed).run(streams, CUSTOMERS, WARM_UP) for seed in range(1, 1 + LONG)]
    found = coverage([one for told in runs for one in told])
    each = [coverage(told).inside for told in runs]
    print(
        f"\n| {name} | {found.waited:,} | {found.inside:.1f} % | {min(each):.0f}-{max(each):.0f} % "
        f"| {found.sooner:.1f} % | {found.later:.1f} % | {found.width:.2f} |"
    )
    assert found.waited > 1_000
    assert LEAST_PERCENT <= found.inside <= MOST_PERCENT
    assert found.later < 15, "who waits longer than was said is the one who minds"


def test_a_wrong_start_value_is_forgotten():
    """Configured as a tenth of the truth."""
    staff, streams = SCENARIOS["10 operators, 95 % load"]
    rules = [rule("support.first", auto_accept=True, handling_ms=MEAN_MS // 10), rule(B)]
    found = coverage(Simulation(rules, staff, seed=1).run(streams, CUSTOMERS, WARM_UP))
    assert LEAST_PERCENT <= found.inside <= MOST_PERCENT


def test_the_same_seed_tells_and_waits_the_same():
    staff, streams = SCENARIOS["two queues, 4 and 4 operators and 3 shared"]
    rules = [rule(queue_id, auto_accept=True, handling_ms=MEAN_MS) for queue_id in ("support.first", B)]
    once, again = (Simulation(rules, staff, seed=5).run(streams, 400, 0) for _ in range(2))
    assert once == again
    assert len(once) > 50
