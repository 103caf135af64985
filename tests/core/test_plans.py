"""Every built-in policy through the core: who is first, why, and what happens where a policy breaks its contract."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.centre import BUILT_IN, Centre, rule, skills
from tests.core.world import CHAT, MAIL, MINUTE, PHONE, SECOND

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core.eligibility import why_not
from omniroute.core.model import Operator, Presence, WorkItem
from omniroute.core.policy import TERM_MAX, WEIGHT_MAX, Policy, RoutingPolicy, Wanted, Work
from omniroute.core.ranking import CANDIDATES_MAX, NAMED_MAX
from omniroute.core.roster import OPEN
from omniroute.core.rules import QueueRule, Requirement
from omniroute.core.state import State

SKILLS = ("french", "money", "tech")


class Weights(Policy):
    """Weights of both signs and of the greatest size."""

    name = "weights"

    def skill_weights(self, wanted: Wanted) -> Mapping[str, int]:
        return {"tech": WEIGHT_MAX, "french": -3, "money": -WEIGHT_MAX, "nobody_has": 5, "nothing": 0}


class Keyed:
    """The simple form: looks at the operator and at the item."""

    name = "keyed"
    terms = ("distance", "name")

    def operator_key(self, operator: Operator, item: WorkItem) -> tuple[int, ...]:
        asked = sum(one.level for one in (*item.requirements, *item.preferred))
        return abs(sum(operator.skills.values()) - asked), -len(operator.operator_id)


OWN: dict[str, RoutingPolicy] = {"weights": Weights(), "keyed": Keyed()}
POLICIES: dict[str, RoutingPolicy] = {**BUILT_IN, **OWN}
COMPOSED = (
    "longest_idle",
    "least_loaded",
    "round_robin",
    "most_skilled",
    "least_skilled",
    "weighted",
    "slack",
    "sticky+least_loaded",
    "most_skilled+least_loaded",
    "most_skilled+least_skilled+round_robin",
    "slack+weighted",
    "weights",
    "weights+most_skilled+least_loaded",
    "keyed",
    "keyed+least_loaded",
    "most_skilled+keyed+round_robin",
    "gone",
    "gone+least_loaded",
)


# ---- the oracle: sort everybody, each time anew
def parts_of(name: str) -> list[RoutingPolicy]:
    return [POLICIES.get(part, BUILT_IN["longest_idle"]) for part in name.split("+")]


def terms_of(name: str, operator: Operator, item: WorkItem) -> list[tuple[str, int]]:
    """What is compared, from the left: wishes, weights, keys, standings, idle time."""
    parts = parts_of(name)
    whole = [part for part in parts if isinstance(part, Policy)]
    found = []
    if item.preferred:
        missing = [one for one in item.preferred if operator.skills.get(one.skill, 0) < one.level]
        found.append(("preferred_missing", len(missing)))
    for part in whole:
        weights = {skill: weight for skill, weight in part.skill_weights(item).items() if weight}
        if weights:
            found.append(("minus_skill", -sum(w * operator.skills.get(skill, 0) for skill, w in weights.items())))
    for part in parts:
        if not isinstance(part, Policy):
            found += zip(part.terms, part.operator_key(operator, item), strict=True)
    for part in whole:
        found += zip(part.terms, part.standing(operator), strict=True)
    return [*found, ("idle_since_ms", operator.idle_since_ms)]


def check_against_everybody(state: State, event: e.OfferMade) -> None:
    """The decision is what asking every operator one by one gives."""
    item, decision = state.items[event.work_item_id], event.decision
    name = state.queues[item.queue_id].policy
    reasons = {one.operator_id: why_not(state, one, item) for one in state.operators.values()}
    ranked = sorted(
        (tuple(term for _, term in terms_of(name, operator, item)), operator.operator_id)
        for operator in state.operators.values()
        if not reasons[operator.operator_id]
    )
    assert [(one.terms, one.operator_id) for one in decision.candidates] == ranked[:CANDIDATES_MAX]
    assert event.operator_id == ranked[0][1]
    assert decision.eligible == len(ranked)
    assert decision.terms == tuple(term for term, _ in terms_of(name, state.operators[event.operator_id], item))
    assert decision.policy == "+".join(part.name for part in parts_of(name))
    assert decision.failed_policy == ""
    assert decision.excluded == Counter(reason for reason in reasons.values() if reason)
    able = [
        (operator_id, reason)
        for operator_id, reason in reasons.items()
        if reason and not reason.startswith(("department", "skill:", "sticky_hold", "backoff"))
    ]
    assert decision.named == tuple(able[:NAMED_MAX])


class Oracle(Centre):
    """Every offer is checked against the oracle, and a state from a snapshot has to decide the same."""

    def __init__(self, *rules: QueueRule, **fields: object) -> None:
        self.made: list[e.OfferMade] = []
        super().__init__(*rules, **fields)  # type: ignore[arg-type]

    def do(self, command: c.Command) -> list[e.Event]:
        again = State.decode(self.state.encode())
        self.last = machine.handle(self.state, command, self.now_ms, self.policies)
        assert machine.handle(again, command, self.now_ms, self.policies) == self.last, "a snapshot decides differently"
        for event in self.last:
            if isinstance(event, e.OfferMade) and event.decision.trigger in {"item", "operator"}:
                check_against_everybody(self.witness, event)
                self.made.append(event)
            machine.apply(self.witness, event, self.state.now_ms)
        return self.last


QUEUES = tuple(
    rule(
        f"support.q{number}",
        policy=name,
        sticky_ms=MINUTE,
        requirements=skills(tech=2) if number % 4 == 3 else (),
        preferred=skills(french=4) if number % 3 == 1 else (),
        auto_accept=number % 5 == 4,
    )
    for number, name in enumerate(COMPOSED)
)
LEVELS = st.integers(0, 10)
PUT = st.tuples(st.just("put"), st.integers(0, 9), st.integers(1, 12), st.lists(LEVELS, min_size=3, max_size=3))
SEND = st.tuples(
    st.just("send"),
    st.sampled_from(range(len(QUEUES))),
    st.sampled_from(("mail", "mail", "chat", "phone")),
    st.lists(st.tuples(st.sampled_from(SKILLS), st.integers(1, 6)), max_size=2),
    st.lists(st.tuples(st.sampled_from(SKILLS), st.integers(1, 10)), max_size=3),
)
OTHER = st.tuples(
    st.sampled_from(("take", "take", "refuse", "finish", "finish", "away", "back", "apart", "wait")), st.integers(0, 99)
)


def merged(pairs: Sequence[tuple[str, int]]) -> tuple[Requirement, ...]:
    return tuple(Requirement(skill, level) for skill, level in dict(pairs).items())


class Walk:
    """Steps as data become commands that fit."""

    def __init__(self) -> None:
        self.world = Oracle(*QUEUES, policies=OWN, offers_max=4)

    def put(self, number: int, capacity: int, levels: Sequence[int]) -> None:
        have = {skill: level for skill, level in zip(SKILLS, levels, strict=True) if level}
        self.world.put(f"op{'x' * (number % 3)}{number}", capacity=capacity, weight=1 + number * 7, **have)
        if capacity % 4:
            self.world.presence(f"op{'x' * (number % 3)}{number}", Presence.AVAILABLE)

    def send(self, queue: int, channel: str, require, prefer) -> None:
        self.world.wait(queue % 3)
        self.world.send(QUEUES[queue].queue_id, channel, require=merged(require), prefer=merged(prefer), previous="op0")

    def take(self, number: int) -> None:
        for offer in list(self.world.state.offers.values())[number % 4 :: 4]:
            self.world.take(self.world.state.items[offer.work_item_id])

    def refuse(self, number: int) -> None:
        for offer in list(self.world.state.offers.values())[number % 4 :: 4]:
            if offer.offer_id in self.world.state.offers:
                self.world.refuse(self.world.state.items[offer.work_item_id])

    def finish(self, number: int) -> None:
        for item in [one for one in self.world.state.items.values() if one.operator_id][number % 3 :: 3]:
            self.world.finish(item)

    def _operator(self, number: int) -> str:
        names = list(self.world.state.operators)
        return names[number % len(names)] if names else ""

    def away(self, number: int) -> None:
        if self._operator(number):
            self.world.presence(self._operator(number), Presence.AWAY)

    def back(self, number: int) -> None:
        if self._operator(number):
            self.world.presence(self._operator(number), Presence.AVAILABLE)

    def apart(self, number: int) -> None:
        if self._operator(number):
            presence = Presence.AVAILABLE if number % 3 else Presence.AWAY
            self.world.on_channel(self._operator(number), ("mail", "chat", "phone")[number % 3], presence)

    def wait(self, number: int) -> None:
        self.world.run(number * SECOND)


@settings(derandomize=True, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    st.lists(PUT, min_size=5, max_size=10),
    st.lists(st.one_of(SEND, SEND, OTHER, PUT), min_size=15, max_size=40),
)
def test_every_decision_is_what_asking_everybody_one_by_one_gives(people, steps):
    walk = Walk()
    for name, *arguments in (*people, *steps):
        getattr(walk, name)(*arguments)


def random_step(chance: random.Random) -> tuple:
    kind = chance.choice(("send", "send", "put", "other", "other"))
    if kind == "put":
        return "put", chance.randrange(10), chance.randint(1, 12), [chance.randint(0, 10) for _ in SKILLS]
    if kind == "send":
        require = [(chance.choice(SKILLS), chance.randint(1, 4)) for _ in range(chance.choice((0, 0, 1, 2)))]
        prefer = [(chance.choice(SKILLS), chance.randint(1, 10)) for _ in range(chance.choice((0, 0, 1, 2, 3)))]
        channel = chance.choice(("mail", "mail", "chat", "phone"))
        return "send", chance.randrange(len(QUEUES)), channel, require, prefer
    names = ("take", "take", "refuse", "finish", "finish", "away", "back", "back", "apart", "wait")
    return chance.choice(names), chance.randrange(100)


def test_long_walks_decide_as_asking_everybody_does():
    """With several candidates in most decisions, and with every policy: else it would prove little."""
    seen, several = Counter[str](), 0
    for seed in range(12):
        chance, walk = random.Random(seed), Walk()
        for number in range(10):
            walk.put(number, chance.randint(3, 12), [chance.randint(0, 10) for _ in SKILLS])
        for _ in range(120):
            name, *arguments = random_step(chance)
            getattr(walk, name)(*arguments)
        offers = walk.world.made
        seen.update(one.decision.policy for one in offers)
        several += sum(len(one.decision.candidates) > 1 for one in offers)
    assert several > 400
    assert len(seen) == len({"+".join(part.name for part in parts_of(name)) for name in COMPOSED})


@pytest.mark.parametrize("name", COMPOSED)
def test_the_three_best_of_many_are_found_by_every_policy(name):
    """80 operators: more than a chunk of the order, more than a window of bits."""
    world = Oracle(rule(policy=name, offer_ms=MINUTE), policies=OWN)
    for number in range(80):
        world.wait(number % 2)
        levels = {skill: number * (place + 3) % 11 for place, skill in enumerate(SKILLS)}
        world.join(f"op{number:03}", **{skill: level for skill, level in levels.items() if level})
    for number in range(25):
        channel = ("mail", "chat", "phone")[number % 3]
        require = skills(tech=number % 6 + 1) if number % 2 else ()
        world.wait(1).send(channel=channel, require=require, prefer=skills(french=5, money=3) if number % 3 else ())
    assert len(world.state.offers) == 25


# ---- single policies
def order_of(world: Centre, count: int, **fields) -> list[str]:
    """Who is offered one item after the other, each finished before the next."""
    given_to = []
    for _ in range(count):
        item = world.wait(SECOND).send(**fields)
        given_to.append(world.whose(item))
        world.finish(world.take(item))
    return given_to


def test_longest_idle_goes_round_by_idle_time():
    world = Centre(rule(policy="longest_idle"))
    for name in ("cem", "ann", "bob"):
        world.wait(1).join(name)
    assert order_of(world, 4) == ["cem", "ann", "bob", "cem"]


def test_least_loaded_counts_offers_that_nobody_has_answered():
    world = Centre(rule(policy="least_loaded"))
    world.join("ann", capacity=4)
    world.wait(1).join("bob", capacity=10)
    assert [world.whose(world.wait(1).send()) for _ in range(4)] == ["ann", "bob", "bob", "bob"]


def test_round_robin_asks_in_turn_whether_they_accept_or_not():
    world = Centre(rule(policy="round_robin", backoff_ms=0))
    for name in ("cem", "ann", "bob"):
        world.wait(1).join(name)
    item = world.send()
    assert world.whose(item) == "cem"
    world.refuse(item)
    assert world.whose(item) == "ann"
    world.refuse(item)
    assert world.whose(item) == "bob"
    world.finish(world.take(item))
    assert order_of(world, 4) == ["cem", "ann", "bob", "cem"]


def test_most_skilled_adds_the_levels_of_all_that_is_asked_for():
    world = Centre(rule(policy="most_skilled"))
    world.join("ann", tech=9, french=1)
    world.join("bob", tech=6, french=5)
    world.join("cem", tech=10, money=10)
    assert order_of(world, 2, require=skills(tech=1)) == ["cem", "cem"]
    assert order_of(world, 2, require=skills(tech=1, french=1)) == ["bob", "bob"]
    assert order_of(world, 1, require=skills(tech=1), prefer=skills(french=1)) == ["bob"]
    assert order_of(world, 1, require=skills(tech=1), prefer=skills(french=6)) == ["bob"]


def test_most_skilled_counts_a_skill_once_that_is_required_and_preferred():
    world = Centre(rule(policy="most_skilled"))
    world.join("ann", tech=5, french=9)
    world.join("bob", tech=7, french=6)
    assert order_of(world, 1, require=skills(tech=1, french=1), prefer=skills(tech=2)) == ["ann"]


def test_most_skilled_orders_nothing_where_nothing_is_asked_for():
    world = Centre(rule(policy="most_skilled"))
    world.join("bob")
    world.wait(1).join("ann", tech=10)
    item = world.send()
    assert world.whose(item) == "bob"
    assert world.just(e.OfferMade).decision.terms == ("idle_since_ms",)


def test_least_skilled_keeps_specialists_free():
    world = Centre(rule(policy="least_skilled"))
    world.join("all", tech=10, french=10, money=10)
    world.join("two", tech=3, french=3)
    world.join("one", tech=2)
    assert order_of(world, 1, require=skills(tech=1)) == ["one"]
    assert order_of(world, 1, require=skills(tech=3)) == ["two"]
    assert order_of(world, 1, require=skills(money=1)) == ["all"]


def test_weighted_offers_are_in_proportion_to_the_weights():
    """Of 1,000 offers everybody has their share, within two offers (stride scheduling is exact but for rounding)."""
    world = Centre(rule(policy="weighted"))
    weights = {"ann": 50, "bob": 25, "cem": 20, "dan": 4, "eve": 1}
    for name, weight in weights.items():
        world.join(name, weight=weight)
    had = Counter[str]()
    for _ in range(1_000):
        item = fast_send(world)
        had[world.whose(item)] += 1
        fast_finish(world, item)
    assert had.total() == 1_000
    for name, weight in weights.items():
        assert abs(had[name] - 10 * weight) <= 2, (name, had)


def test_a_newcomer_and_a_returner_get_their_share_and_not_everything():
    world = Centre(rule(policy="weighted"))
    world.join("ann")
    world.join("bob")
    world.join("far")
    world.presence("far", Presence.AWAY)
    for _ in range(60):
        fast_finish(world, fast_send(world))
    world.join("new")
    world.presence("far", Presence.AVAILABLE)
    had = Counter[str]()
    for _ in range(40):
        item = fast_send(world)
        had[world.whose(item)] += 1
        fast_finish(world, item)
    assert all(9 <= had[name] <= 11 for name in ("ann", "bob", "new", "far")), had


def test_who_returns_to_a_quiet_team_does_not_wait_for_a_busy_one():
    world = Centre(rule(policy="weighted"), rule("sales.orders", policy="weighted"))
    world.join("ann")
    world.join("bob")
    world.join("zoe", "sales")
    for _ in range(20):
        world.finish(world.take(world.send("sales.orders")))
    world.presence("ann", Presence.AWAY)
    world.presence("ann", Presence.AVAILABLE)
    had = Counter(world.whose(world.take(world.send())) for _ in range(6))
    assert had == {"ann": 3, "bob": 3}


def fast_send(world: Centre) -> WorkItem:
    """Without the checks of the world, which the other tests have."""
    number = world.state.counters.conversation + 1
    world._references += 1
    for command in (
        c.ReceiveRaw(channel="mail"),
        c.RegisterInteraction(
            raw_id=world.state.counters.raw + 1,
            channel="mail",
            kind="message",
            classification=c.Classification("support"),
            reference=f"R{number}",
        ),
    ):
        machine.handle(world.state, command, world.now_ms, world.policies)
    return world.state.items[world.state.counters.work_item]


def fast_finish(world: Centre, item: WorkItem) -> None:
    offer = world.state.offers[item.offer_id]
    for command in (
        c.AcceptOffer(offer_id=offer.offer_id, operator_id=offer.operator_id),
        c.CompleteItem(work_item_id=item.work_item_id, operator_id=offer.operator_id, disposition="solved"),
    ):
        machine.handle(world.state, command, world.now_ms, world.policies)


def test_slack_serves_first_what_must_be_begun_first():
    world = Centre(
        rule("support.slow", policy="slack", first_response_ms=40 * MINUTE, handling_ms=MINUTE),
        rule("support.fast", policy="slack", first_response_ms=10 * MINUTE, handling_ms=MINUTE),
        rule("support.none", policy="slack"),
    )
    slow = world.send("support.slow")
    none = world.wait(1).send("support.none")
    fast = world.wait(10 * MINUTE).send("support.fast")
    assert world.item(slow.conversation_id).rank_ms == slow.enqueued_ms + 39 * MINUTE
    assert none.rank_ms == none.enqueued_ms + 60 * MINUTE
    assert fast.rank_ms == fast.enqueued_ms + 9 * MINUTE
    world.join("ann", capacity=1)
    served = []
    for _ in range(3):
        served.append(world.take(world.state.items[world.offer().work_item_id]).work_item_id)
        world.finish(world.state.items[served[-1]])
    assert served == [fast.work_item_id, slow.work_item_id, none.work_item_id]


def test_the_second_policy_breaks_the_ties_of_the_first():
    world = Centre(rule(policy="least_skilled+least_loaded"))
    world.join("ann", tech=3)
    world.wait(1).join("bob", tech=3)
    world.wait(1).join("cem", tech=1, capacity=1)
    assert [world.whose(world.wait(1).send()) for _ in range(3)] == ["cem", "ann", "bob"]
    assert world.events(e.OfferMade)[-1].decision.terms == ("skill_sum", "load_permille", "idle_since_ms")
    assert world.events(e.OfferMade)[-1].decision.policy == "least_skilled+least_loaded"


@pytest.mark.parametrize("name", ["longest_idle", "least_loaded", "most_skilled", "keyed"])
def test_preferred_skills_rank_first_and_exclude_nobody(name):
    world = Centre(rule(policy=name, preferred=skills(french=5)), policies=OWN)
    world.join("ann", french=4)
    item = world.wait(1).send()
    assert world.whose(item) == "ann"
    world.wait(1).join("bob", french=5)
    other = world.wait(1).send()
    assert world.whose(other) == "bob"
    third = world.wait(1).send(prefer=skills(tech=1))
    assert world.whose(third) == "bob"
    decision = world.just(e.OfferMade).decision
    assert decision.terms[0] == "preferred_missing"
    assert [(one.operator_id, one.terms[0]) for one in decision.candidates] == [("bob", 1), ("ann", 2)]


def test_weights_of_both_signs_and_of_the_greatest_size_add_up():
    world = Centre(rule(policy="weights"), policies=OWN)
    world.join("ann", tech=10, money=10)
    world.join("bob", tech=1)
    world.join("cem", tech=1, french=1)
    item = world.wait(1).send()
    assert world.whose(item) == "bob"
    assert [(one.operator_id, one.terms[0]) for one in world.just(e.OfferMade).decision.candidates] == [
        ("bob", -1_000),
        ("cem", -997),
        ("ann", 0),
    ]


# ---- the order knows whoever can be given something, in whatever way they came to be open
def test_who_was_full_for_calls_is_in_the_order_for_letters():
    """A lane that nobody had asked for before: who was open in no other must not be overlooked."""
    world = Centre(rule(auto_accept=True))
    world.join("ann", capacity=4)
    world.wait(1).join("bob", capacity=4)
    for name in ("cem", "dan"):
        world.wait(1).join(name)
    world.wait(1).send(channel="phone")
    assert world.state.roster.lanes["phone", 5].bits[OPEN].bit_count() == 2
    world.send(channel="mail")
    assert [one.operator_id for one in world.just(e.OfferMade).decision.candidates] == ["ann", "bob", "dan"]


def test_a_new_lane_in_which_all_are_new_finds_them():
    world = Centre(rule())
    for name in ("ann", "bob", "cem", "dan"):
        world.wait(1).join(name, capacity=5 if name in {"cem", "dan"} else 4)
    world.send(channel="phone")
    world.send(channel="phone")
    item = world.send(channel="mail")
    assert world.whose(item) == "ann"


def test_the_end_of_an_idle_chat_moves_its_operator_in_the_order():
    chat = type(CHAT)("chat", 2, realtime=True, session=True, idle_ms=SECOND)
    world = Centre(rule(), channels=(MAIL, chat, PHONE))
    world.join("ann")
    item = world.take(world.send(channel="chat"))
    world.reply(item.conversation_id)
    world.run(2 * SECOND)
    assert item.idle
    world.join("bob")
    world.do(c.EndContact(work_item_id=item.work_item_id, operator_id="ann"))
    world.wait(SECOND).finish(item)
    assert world.whose(world.wait(SECOND).send()) == "bob"
    assert world.whose(world.wait(SECOND).send()) == "ann"


class Connected(Policy):
    """Looks at what only the lease changes."""

    name = "connected"
    terms = ("lease",)

    def standing(self, operator: Operator) -> tuple[int, ...]:
        return (operator.lease_until_ms,)


def test_a_standing_may_depend_on_whatever_an_event_says_of_the_operator():
    world = Centre(rule(policy="connected"), policies={"connected": Connected()})
    for name in ("ann", "bob"):
        world.wait(1).join(name)
        world.do(c.ConnectOperator(operator_id=name))
    assert order_of(world, 1) == ["ann"]
    world.do(c.DisconnectOperator(operator_id="bob"))
    assert order_of(world, 2) == ["ann", "ann"]


# ---- policies that break their contract
class Hostile(Policy):
    """Breaks wherever a test says so."""

    name = "hostile"
    terms = ("one",)

    def __init__(self, **answers: object) -> None:
        self._answers = answers

    def _give(self, method: str, proper: object):
        answer = self._answers.get(method, proper)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def standing(self, operator: Operator) -> tuple[int, ...]:
        return self._give("standing", (0,))

    def skill_weights(self, wanted: Wanted) -> Mapping[str, int]:
        return self._give("skill_weights", {})

    def rank_ms(self, work: Work) -> int:
        return self._give("rank_ms", work.enqueued_ms)


WRONG = [
    {"standing": ZeroDivisionError()},
    {"standing": None},
    {"standing": ()},
    {"standing": (1, 2)},
    {"standing": ("a",)},
    {"standing": (True,)},
    {"standing": (0.5,)},
    {"standing": (TERM_MAX + 1,)},
    {"standing": 7},
    {"skill_weights": KeyError("x")},
    {"skill_weights": None},
    {"skill_weights": ["tech"]},
    {"skill_weights": {"tech": WEIGHT_MAX + 1}},
    {"skill_weights": {"tech": -WEIGHT_MAX - 1}},
    {"skill_weights": {"tech": 1.0}},
    {"skill_weights": {"tech": "much"}},
]


@pytest.mark.parametrize("name", ["hostile", "least_loaded+hostile", "keyed+hostile"])
@pytest.mark.parametrize("answers", WRONG, ids=repr)
def test_a_policy_that_breaks_is_named_and_the_default_serves(answers, name):
    world = Centre(rule(policy=name), policies={**OWN, "hostile": Hostile(**answers)})
    world.join("bob")
    alone = world.wait(1).send()
    assert world.whose(alone) == "bob"
    assert world.just(e.OfferMade).decision.failed_policy == "hostile"
    world.finish(world.take(alone))
    world.wait(1).join("ann", tech=10)
    world.wait(1).join("cem", tech=1)
    item = world.wait(1).send()
    made = world.just(e.OfferMade)
    assert (made.operator_id, world.whose(item)) == ("bob", "bob")
    assert (made.decision.failed_policy, made.decision.policy) == ("hostile", "longest_idle")
    assert made.decision.terms == ("idle_since_ms",)
    assert [one.operator_id for one in made.decision.candidates] == ["bob", "ann", "cem"]


@pytest.mark.parametrize(
    "answer",
    [RuntimeError("no"), None, "soon", 1.5, True, 2**70, 0, TERM_MAX, Centre().now_ms + 3_600_001],
    ids=repr,
)
def test_a_place_that_a_policy_must_not_give_is_replaced_by_that_of_age_and_named(answer):
    world = Centre(rule(policy="hostile"), policies={"hostile": Hostile(rank_ms=answer)})
    item = world.send(priority=2)
    assert world.just(e.ItemQueued).failed_policy == "hostile"
    assert item.rank_ms == world.now_ms - 2 * world.state.config.priority_weight_ms


@pytest.mark.parametrize("away_ms", [-3_600_000, 0, 3_600_000])
def test_a_place_within_the_bound_is_kept(away_ms):
    world = Centre(rule(policy="hostile"), policies={"hostile": Hostile(rank_ms=Centre().now_ms + away_ms)})
    item = world.send()
    assert world.just(e.ItemQueued).failed_policy == ""
    assert item.rank_ms == world.now_ms + away_ms


def test_the_first_policy_of_a_composition_that_ranks_work_does_so():
    world = Centre(rule(policy="least_loaded+slack", first_response_ms=0))
    item = world.send()
    assert item.rank_ms == world.now_ms + 3_600_000


def test_a_policy_that_recovers_is_asked_again():
    hostile = Hostile(standing=ZeroDivisionError())
    world = Centre(rule(policy="hostile"), policies={"hostile": hostile})
    world.join("ann")
    world.join("bob")
    world.send()
    assert world.just(e.OfferMade).decision.failed_policy == "hostile"
    hostile._answers.clear()
    world.send()
    assert world.just(e.OfferMade).decision.failed_policy == ""


def test_a_policy_that_is_changed_under_its_name_counts_at_once():
    world = Centre(rule(policy="keyed"), policies=OWN)
    world.join("ann", tech=1)
    world.wait(1).join("bob")
    assert world.whose(world.wait(1).send()) == "bob"
    world.policies = {**BUILT_IN, "keyed": Connected()}
    world.send()
    assert world.just(e.OfferMade).decision.policy == "connected"


def test_no_policy_can_give_work_to_somebody_who_is_not_eligible():
    """However good they are: eligibility is not the policy's business."""
    world = Centre(rule(policy="weights"), policies=OWN)
    world.join("ann", tech=10)
    world.presence("ann", Presence.AWAY)
    world.join("bob", tech=1)
    item = world.send(require=skills(tech=1))
    assert world.whose(item) == "bob"
    world.refuse(item)
    assert world.whose(item) == ""
    assert world.state.operators["ann"].offer_ids == []
