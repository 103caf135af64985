"""What a queue cannot serve in time goes elsewhere, at the exact moment, once, and keeps its age."""

from __future__ import annotations

import pytest
from tests.core.centre import HOUR, Centre, after, overflow, rule, skills
from tests.core.world import MAIL, MINUTE, PHONE, SECOND, START_MS

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core import machine
from omniroute.core import overflow as overflowing
from omniroute.core.deadlines import Concern
from omniroute.core.effects import effect_of
from omniroute.core.model import Presence, WorkItem
from omniroute.core.rules import Calendar, ChannelRule, Overflow
from omniroute.core.state import State
from omniroute.core.timing import OVERFLOWS_MAX

B = "support.b"
DAY = Calendar(
    "day", ((START_MS - HOUR, START_MS + HOUR), (START_MS + 9 * HOUR, START_MS + 17 * HOUR)), START_MS + 90 * HOUR
)
NIGHT = Calendar(
    "night", ((START_MS - 9 * HOUR, START_MS - HOUR), (START_MS + HOUR, START_MS + 9 * HOUR)), START_MS + 90 * HOUR
)


def centre(*overflows, second=(), **fields) -> Centre:
    """``support.first`` with these rules, and ``support.b`` with the others; both are served by nobody yet."""
    return Centre(
        rule(overflows=overflows, **fields),
        rule(B, overflows=second),
        rule("sales.orders"),
        calendars=(DAY, NIGHT),
    )


def moves(world: Centre) -> list[tuple[str, str, str]]:
    return [(one.from_queue_id, one.queue_id, one.cause) for one in world.events(e.ItemMoved)]


def elsewhere(world: Centre) -> None:
    """Somebody who serves the second queue only."""
    world.join("zoe", queues=(B,))


# ---- by wait
@pytest.mark.parametrize(("early_ms", "moved"), [(1, False), (0, True)])
def test_the_limit_of_waiting_is_exact(early_ms, moved):
    world = centre(overflow("wait", B, limit=30 * SECOND))
    item = world.send()
    world.run(30 * SECOND - early_ms)
    assert (item.queue_id == B) is moved
    assert moves(world) == [("support.first", B, "overflow:wait")] * moved


def test_who_waits_is_offered_where_it_has_gone_and_keeps_its_age():
    world = centre(overflow("wait", B, limit=30 * SECOND))
    old = world.send()
    elsewhere(world)
    world.put("zoe", queues=(B,), capacity=1)
    young = world.run(20 * SECOND).send(B)
    assert world.whose(young) == "zoe"
    world.run(10 * SECOND)
    assert (old.queue_id, old.rank_ms, old.enqueued_ms) == (B, START_MS, START_MS)
    third = world.send(B)
    world.finish(world.take(young))
    assert (world.whose(old), world.whose(third)) == ("zoe", "")


def test_the_matter_goes_with_its_item():
    world = Centre(rule(overflows=(overflow("wait", "sales.orders", limit=SECOND),)), rule("sales.orders"))
    item = world.send()
    world.run(SECOND)
    matter = world.matter(item.conversation_id)
    assert (matter.queue_id, matter.department_id, item.department_id) == ("sales.orders", "sales", "sales")


def test_the_target_asks_for_its_own_requirements_and_those_of_the_item():
    world = Centre(
        rule(overflows=(overflow("wait", B, limit=SECOND),), requirements=skills(tech=5), preferred=skills(french=1)),
        rule(B, requirements=skills(money=2, german=3), preferred=skills(dutch=1)),
    )
    item = world.send(require=skills(german=7, tech=6))
    assert item.requirements == skills(german=7, tech=6)
    world.run(SECOND)
    assert item.requirements == skills(german=7, money=2, tech=6)
    assert item.preferred == skills(dutch=1)


def test_who_is_offered_at_the_limit_stays_and_is_looked_at_when_it_comes_back():
    world = centre(overflow("wait", B, limit=10 * SECOND), offer_ms=30 * SECOND)
    world.join("ann", queues=("support.first",))
    item = world.send()
    world.run(10 * SECOND)
    assert [one.work_item_id for one in world.events(e.OverflowPassed)] == [item.work_item_id]
    assert (item.queue_id, world.whose(item), item.overflow_due_ms) == ("support.first", "ann", 0)
    world.run(5 * SECOND)
    world.refuse(item)
    world.run(0)
    assert moves(world) == [("support.first", B, "overflow:wait")]


def test_held_work_does_not_overflow_and_does_when_it_is_given_back_late():
    world = centre(overflow("wait", B, limit=10 * SECOND))
    world.join("ann", queues=("support.first",))
    item = world.take(world.send())
    world.run(MINUTE)
    assert (moves(world), world.events(e.OverflowPassed)) == ([], [])
    world.give_back(item)
    world.run(0)
    assert item.queue_id == B


def test_the_earlier_of_two_limits_counts_and_the_order_of_the_rules_decides_when_both_hold():
    world = Centre(
        rule(overflows=(overflow("wait", B, limit=20 * SECOND), overflow("wait", "support.c", limit=10 * SECOND))),
        rule(B),
        rule("support.c"),
    )
    first = world.send()
    world.run(10 * SECOND)
    second = world.send()
    world.wait(20 * SECOND).fire(Concern.WAITING)
    assert (first.queue_id, second.queue_id) == ("support.c", B)


def test_limits_chain_over_several_queues_by_the_whole_wait():
    world = Centre(
        rule(overflows=(overflow("wait", B, limit=10 * SECOND),)),
        rule(B, overflows=(overflow("wait", "support.c", limit=15 * SECOND),)),
        rule("support.c", overflows=(overflow("wait", outcome="mail", limit=5 * SECOND),)),
    )
    item = world.send()
    world.run(10 * SECOND)
    assert item.queue_id == B
    world.run(5 * SECOND)
    assert (item.queue_id, item.outcome) == ("support.c", "mail")
    assert [at_ms - START_MS for at_ms, one in world.log if isinstance(one, e.ItemMoved)] == [10_000, 15_000]


# ---- by length
def test_the_length_counts_those_who_wait_before_the_one_who_comes():
    world = centre(overflow("length", B, limit=2))
    items = [world.wait(1).send() for _ in range(4)]
    assert [item.queue_id for item in items] == ["support.first", "support.first", B, B]
    assert moves(world) == [("support.first", B, "overflow:length")] * 2


def test_what_is_offered_at_once_does_not_overflow_and_is_not_counted():
    world = centre(overflow("length", B, limit=0))
    world.join("ann", capacity=2)
    items = [world.send() for _ in range(3)]
    assert [(item.queue_id, world.whose(item)) for item in items] == [
        ("support.first", "ann"),
        ("support.first", "ann"),
        (B, ""),
    ]


def test_the_length_counts_on_arrival_only():
    world = centre(overflow("length", B, limit=1), backoff_ms=0)
    world.join("ann", capacity=1)
    held = world.take(world.send())
    waits = world.send()
    world.presence("ann", Presence.AWAY)
    world.give_back(held)
    assert {held.queue_id, waits.queue_id} == {"support.first"}


# ---- by estimate
@pytest.mark.parametrize(("handling_ms", "moved"), [(MINUTE, False), (100 * MINUTE, True)])
def test_a_long_estimate_overflows_on_arrival(handling_ms, moved):
    world = centre(overflow("estimate", B, limit=10 * MINUTE), handling_ms=handling_ms)
    world.join("ann", capacity=1, queues=("support.first",))
    world.keep("ann")
    assert (world.send().queue_id == B) is moved


def test_without_anybody_there_is_no_estimate_and_nothing_overflows_by_it():
    world = centre(overflow("estimate", B, limit=0))
    assert world.send().queue_id == "support.first"


def test_an_estimate_of_work_that_takes_no_time_is_no_failure():
    world = centre(overflow("estimate", B, limit=MINUTE))
    world.join("ann", capacity=1, queues=("support.first",))
    for _ in range(10):
        world.finish(world.take(world.send()))
    world.keep("ann")
    assert world.send().queue_id == "support.first"


# ---- unstaffed
def test_nobody_there_overflows_on_arrival():
    world = centre(overflow("unstaffed", B))
    world.join("ann", queues=("support.first",))
    world.presence("ann", Presence.AWAY)
    item = world.send()
    assert (item.queue_id, world.just(e.ItemMoved).cause) == (B, "overflow:unstaffed")


def test_somebody_who_is_there_and_busy_is_staff():
    world = centre(overflow("unstaffed", B))
    world.join("ann", capacity=1, queues=("support.first",))
    world.keep("ann")
    assert world.send().queue_id == "support.first"


def test_somebody_who_lacks_the_skill_is_no_staff_for_it():
    world = centre(overflow("unstaffed", B))
    world.join("ann", queues=("support.first",), tech=1)
    assert [world.send(require=skills(tech=level)).queue_id for level in (1, 2)] == ["support.first", B]


def _leaves(world: Centre) -> None:
    world.presence("ann", Presence.AWAY)


def _drains(world: Centre) -> None:
    world.presence("ann", Presence.DRAINING)


def _leaves_the_channel(world: Centre) -> None:
    world.on_channel("ann", "mail", Presence.AWAY)


def _loses_the_lease(world: Centre) -> None:
    world.do(c.ConnectOperator(operator_id="ann"))
    world.do(c.DisconnectOperator(operator_id="ann"))
    world.run(30 * SECOND)


def _does_not_answer(world: Centre) -> None:
    """Two offers in a row run out (``rona_limit``); ann has room for one item only beside what she holds."""
    world.put("ann", queues=("support.first",), capacity=2)
    world.send()
    world.run(20 * SECOND)
    world.run(40 * SECOND)


def _moves_to_other_work(world: Centre) -> None:
    world.put("ann", "sales", capacity=1)


@pytest.mark.parametrize(
    "leave", [_leaves, _drains, _leaves_the_channel, _loses_the_lease, _does_not_answer, _moves_to_other_work]
)
def test_when_the_last_one_leaves_what_waits_overflows(leave):
    world = centre(overflow("unstaffed", B))
    world.join("ann", capacity=1, queues=("support.first",))
    world.keep("ann")
    item = world.send()
    assert item.queue_id == "support.first"
    leave(world)
    assert item.queue_id == B
    assert {cause for _, _, cause in moves(world)} == {"overflow:unstaffed"}


SLICE, REST = 8, 5


@pytest.fixture
def _small_slices(monkeypatch):
    monkeypatch.setattr(overflowing, "UNSTAFFED_MAX", SLICE)


def _crowd(*overflows: Overflow, relaxations=(), late_ms: int = 0) -> Centre:
    """More wait, in two classes, than one step may move when the last one leaves."""
    world = centre(*(overflows or (overflow("unstaffed", B),)), relaxations=relaxations)
    world.join("ann", queues=("support.first",), capacity=1, tech=1)
    world.keep("ann")
    for number in range(SLICE + REST):
        world.send(require=skills(tech=1) if number % 2 else (), priority=number % 3)
    world.wait(late_ms).presence("ann", Presence.AWAY)
    return world


def _left(world: Centre) -> list[int]:
    """What has overflowed because nobody was there, in that order."""
    recorded = [one for _, one in world.log if isinstance(one, e.ItemMoved | e.ItemDiverted)]
    return [one.work_item_id for one in recorded if one.cause == "overflow:unstaffed"]


def _by_place(world: Centre, item_ids: list[int]) -> list[int]:
    return sorted(item_ids, key=lambda item_id: (world.state.items[item_id].rank_ms, item_id))


@pytest.mark.usefixtures("_small_slices")
@pytest.mark.parametrize("rule_of_queue", [overflow("unstaffed", B), overflow("unstaffed", outcome="callback")])
def test_when_the_last_one_leaves_a_crowd_it_overflows_in_slices(rule_of_queue):
    world = _crowd(rule_of_queue)
    everybody = [number for number, item in world.state.items.items() if item.state == "queued"]
    assert _left(world) == _by_place(world, everybody)[:SLICE]
    sizes = []
    while machine.next_deadline_ms(world.state, Concern.WAITING) == world.now_ms:
        before = len(_left(world))
        world.fire(Concern.WAITING, limit=3)
        sizes.append(len(_left(world)) - before)
    assert sizes == [3, 2]
    assert sorted(_left(world)) == everybody
    assert (world.events(e.OverflowPassed), world.state.deadlines[Concern.WAITING].live) == ([], {})
    assert world.replayed().encode() == world.state.encode()


@pytest.mark.usefixtures("_small_slices")
def test_nobody_else_waits_for_the_crowd():
    world = _crowd()
    world.join("sue", "sales")
    assert world.whose(world.send("sales.orders")) == "sue"
    assert len(_left(world)) == SLICE


@pytest.mark.usefixtures("_small_slices")
def test_who_comes_back_in_time_keeps_the_rest_of_the_crowd():
    world = _crowd(overflow("unstaffed", B), overflow("wait", B, limit=HOUR))
    world.presence("ann", Presence.AVAILABLE)
    world.run(0)
    assert (len(_left(world)), len(world.events(e.OverflowPassed))) == (SLICE, REST)
    assert world.state.waiting.length("support.first") == REST
    world.run(HOUR)
    assert moves(world)[SLICE:] == [("support.first", B, "overflow:wait")] * REST


@pytest.mark.usefixtures("_small_slices")
def test_the_rest_of_a_crowd_overflows_after_a_restart_too():
    world = _crowd()
    world.state = State.decode(world.state.encode())
    world.run(0)
    assert len(_left(world)) == SLICE + REST


@pytest.mark.usefixtures("_small_slices")
def test_a_step_of_relaxation_takes_nobody_s_turn_in_a_crowd():
    world = _crowd(relaxations=(after(1),), late_ms=2 * SECOND)
    world.fire(Concern.WAITING, limit=1)
    assert (len(world.events(e.ItemRelaxed)), len(_left(world))) == (1, SLICE)
    world.run(0)
    assert len(_left(world)) == SLICE + REST


def test_what_was_offered_to_the_last_one_overflows_with_them():
    world = centre(overflow("unstaffed", B))
    world.join("ann", queues=("support.first",))
    item = world.send()
    assert world.whose(item) == "ann"
    elsewhere(world)
    world.presence("ann", Presence.AWAY)
    assert (item.queue_id, world.whose(item)) == (B, "zoe")


def test_as_long_as_somebody_is_left_nothing_overflows():
    world = centre(overflow("unstaffed", B))
    world.join("ann", queues=("support.first",), capacity=1)
    world.join("bob", queues=("support.first",), capacity=1)
    for name in ("ann", "bob"):
        world.keep(name)
    item = world.send()
    world.presence("ann", Presence.AWAY)
    assert item.queue_id == "support.first"
    world.presence("bob", Presence.AWAY)
    assert item.queue_id == B


def test_leaving_another_channel_leaves_the_queue_staffed():
    world = centre(overflow("unstaffed", B))
    world.join("ann", queues=("support.first",), capacity=1)
    world.keep("ann")
    item = world.send()
    world.on_channel("ann", "chat", Presence.AWAY)
    assert item.queue_id == "support.first"
    assert world.send(channel="chat").queue_id == B


def test_leaving_a_channel_while_writing_up_counts_at_once():
    """The reason why somebody gets nothing just now must not hide that they are not there for it at all."""
    world = Centre(rule(overflows=(overflow("unstaffed", B),), wrap_up_ms=MINUTE), rule(B))
    world.join("ann", queues=("support.first",))
    held = world.keep("ann")
    world.hang_up(held.conversation_id)
    chat = world.send(channel="chat")
    assert chat.queue_id == "support.first"
    world.on_channel("ann", "chat", Presence.AWAY)
    assert chat.queue_id == B


def test_somebody_in_back_off_is_there():
    world = centre(overflow("unstaffed", B))
    world.join("ann", queues=("support.first",))
    item = world.send()
    world.refuse(item)
    elsewhere(world)
    world.presence("zoe", Presence.AWAY)
    assert (item.queue_id, item.state) == ("support.first", "queued")
    world.run(30 * SECOND)
    assert world.whose(item) == "ann"


# ---- closed
def test_a_closed_queue_overflows_on_arrival_though_somebody_is_free():
    world = centre(overflow("closed", B), calendar_id="night")
    world.join("ann", queues=("support.first",))
    item = world.send()
    assert (item.queue_id, world.whose(item)) == (B, "")
    assert moves(world) == [("support.first", B, "overflow:closed")]


@pytest.mark.parametrize(("early_ms", "moved"), [(1, False), (0, True)])
def test_the_closing_instant_is_exact(early_ms, moved):
    world = centre(overflow("closed", B), calendar_id="day")
    item = world.send()
    world.run(HOUR - early_ms)
    assert (item.queue_id == B) is moved


def test_the_opening_instant_is_open():
    world = centre(overflow("closed", B), calendar_id="night")
    world.wait(HOUR)
    assert world.send().queue_id == "support.first"


def test_what_was_offered_at_the_closing_instant_overflows_when_it_comes_back():
    world = centre(overflow("closed", B), calendar_id="day", offer_ms=20 * SECOND)
    world.join("ann", queues=("support.first",))
    world.run(HOUR - SECOND)
    item = world.send()
    world.run(10 * SECOND)
    assert (item.queue_id, item.state) == ("support.first", "offered")
    world.refuse(item)
    world.run(0)
    assert item.queue_id == B


def test_what_overflows_into_a_closed_queue_goes_on_at_once():
    world = Centre(
        rule(overflows=(overflow("length", B),)),
        rule(B, calendar_id="night", overflows=(overflow("closed", outcome="mail"),)),
        calendars=(DAY, NIGHT),
    )
    elsewhere(world)
    item = world.send()
    assert (item.queue_id, item.outcome, world.whose(item)) == (B, "mail", "zoe")
    assert [type(one) for one in world.last if isinstance(one, e.ItemMoved | e.ItemDiverted | e.OfferMade)] == [
        e.ItemMoved,
        e.ItemDiverted,
        e.OfferMade,
    ]


def test_a_queue_without_a_calendar_is_never_closed():
    world = centre(overflow("closed", B), calendar_id="unknown")
    item = world.send()
    world.run(30 * HOUR)
    assert item.queue_id == "support.first"


# ---- rules in order, and chains
def test_the_first_rule_that_holds_is_followed():
    world = Centre(
        rule(overflows=(overflow("length", B, limit=5), overflow("unstaffed", "support.c"), overflow("length", B))),
        rule(B),
        rule("support.c"),
    )
    assert world.send().queue_id == "support.c"


def test_overflow_on_arrival_goes_through_several_queues_in_one_step():
    world = Centre(
        rule(overflows=(overflow("unstaffed", B),)),
        rule(B, overflows=(overflow("length", "support.c"),)),
        rule("support.c", overflows=(overflow("unstaffed", "sales.orders"),)),
        rule("sales.orders"),
    )
    world.join("zoe", "sales")
    item = world.send()
    assert (item.queue_id, world.whose(item)) == ("sales.orders", "zoe")
    assert len(moves(world)) == 3


def test_rules_that_lead_in_a_circle_end_on_arrival():
    world = centre(overflow("unstaffed", B), second=(overflow("unstaffed", "support.first"),))
    item = world.send()
    assert (len(moves(world)), item.state) == (OVERFLOWS_MAX, "queued")
    world.join("ann")
    assert world.whose(item) == "ann"


@pytest.mark.parametrize("cause", ["wait", "closed"])
def test_rules_that_lead_in_a_circle_end_in_time_as_well(cause):
    world = Centre(
        rule(overflows=(overflow(cause, B, limit=SECOND),), calendar_id="day"),
        rule(B, overflows=(overflow(cause, "support.first", limit=SECOND),), calendar_id="day"),
        calendars=(DAY,),
    )
    item = world.send()
    world.run(2 * HOUR)
    assert len(moves(world)) == OVERFLOWS_MAX
    assert (item.state, item.overflow_due_ms) == ("queued", 0)


def test_somebody_who_chooses_a_queue_begins_the_count_anew():
    world = centre(overflow("unstaffed", B), second=(overflow("unstaffed", "support.first"),))
    item = world.send()
    world.to_queue(item, "sales.orders")
    assert item.overflowed == 0


@pytest.mark.parametrize("target", ["support.first", "no.queue"])
def test_a_rule_that_leads_nowhere_leaves_the_item_where_it_is(target):
    world = centre(overflow("unstaffed", target), overflow("wait", target, limit=SECOND))
    item = world.send()
    world.run(MINUTE)
    assert (item.queue_id, item.state, item.overflow_due_ms, moves(world)) == ("support.first", "queued", 0, [])


# ---- outcomes
@pytest.mark.parametrize("outcome", ["voicemail", "callback", "mail"])
def test_an_outcome_is_an_effect_and_the_item_waits_on_as_later_work(outcome):
    world = centre(overflow("wait", outcome=outcome, limit=30 * SECOND))
    item = world.send(channel="phone")
    before = world.state.counters.effect
    world.run(30 * SECOND)
    told = world.events(e.ItemDiverted)
    assert [(one.work_item_id, one.outcome, one.cause, one.channel) for one in told] == [
        (item.work_item_id, outcome, "overflow:wait", "phone")
    ]
    effect = effect_of(told[0])
    assert effect is not None
    assert effect.effect_id == told[0].effect_id == before + 1 == world.state.counters.effect
    assert (item.state, item.outcome, item.queue_id, item.rank_ms) == ("queued", outcome, "support.first", START_MS)
    world.join("ann")
    assert world.whose(item) == "ann"


def test_who_hangs_up_after_being_told_is_not_lost():
    world = centre(overflow("wait", outcome="callback", limit=30 * SECOND))
    item = world.send(channel="phone", session="s")
    lost = world.send(channel="phone", session="t")
    world.do(c.RequeueItem(work_item_id=lost.work_item_id, queue_id=B))
    world.run(30 * SECOND)
    world.contact("contact_abandoned", "t")
    assert lost.work_item_id not in world.state.items
    world.contact("contact_abandoned", "s")
    assert item.state == "queued"
    world.join("ann")
    world.take(item)
    assert (item.state, item.operator_id) == ("assigned", "ann")
    world.finish(item)
    assert world.events(e.ConversationResolved)[-1].disposition == "solved"


def test_nobody_is_diverted_twice():
    world = centre(
        overflow("wait", outcome="mail", limit=SECOND),
        overflow("unstaffed", outcome="callback"),
        second=(overflow("wait", outcome="voicemail", limit=2 * SECOND), overflow("unstaffed", "support.first")),
    )
    item = world.send()
    world.run(MINUTE)
    world.to_queue(item, B)
    world.run(MINUTE)
    world.join("ann")
    world.refuse(item)
    world.presence("ann", Presence.AWAY)
    world.run(MINUTE)
    assert [one.outcome for one in world.events(e.ItemDiverted)] == ["callback"]
    assert (item.outcome, item.overflow_due_ms, item.queue_id) == ("callback", 0, B)


def test_a_target_can_divert_what_overflowed_to_it():
    world = centre(overflow("wait", B, limit=SECOND), second=(overflow("wait", outcome="mail", limit=3 * SECOND),))
    item = world.send()
    world.run(3 * SECOND)
    assert (item.queue_id, item.outcome) == (B, "mail")
    assert world.events(e.ItemDiverted)[0].at_ms == START_MS + 3 * SECOND


def test_an_outcome_does_not_stop_relaxation():
    world = centre(
        overflow("wait", outcome="mail", limit=SECOND), relaxations=(after(2, drop=("*",)),), requirements=skills(x=1)
    )
    world.join("ann")
    item = world.send()
    world.run(2 * SECOND)
    assert (item.outcome, world.whose(item)) == ("mail", "ann")


# ---- handoffs
def test_the_target_of_a_handoff_never_overflows():
    world = centre(
        overflow("wait", "sales.orders", limit=SECOND),
        overflow("unstaffed", "sales.orders"),
        overflow("length", "sales.orders"),
        overflow("closed", outcome="mail"),
        calendar_id="day",
    )
    world.join("zoe", "sales")
    item = world.keep("zoe", "sales.orders")
    world.transfer(item.conversation_id, "support", "support.first")
    target = world.state.items[world.events(e.HandoffRequested)[0].target_item_id]
    world.run(MINUTE)
    world.put("zoe", "sales", capacity=9)
    assert (target.state, target.queue_id, target.overflow_due_ms) == ("queued", "support.first", 0)
    assert (moves(world), world.events(e.ItemDiverted)) == ([], [])


def test_what_was_handed_over_and_comes_back_to_the_queue_overflows_like_other_work():
    world = centre(overflow("wait", B, limit=SECOND))
    world.join("zoe", "sales")
    world.join("ann", queues=("support.first",))
    item = world.keep("zoe", "sales.orders")
    world.transfer(item.conversation_id, "support", "support.first")
    target = world.state.items[world.events(e.HandoffRequested)[0].target_item_id]
    world.take(target)
    world.run(MINUTE)
    world.give_back(target)
    world.run(0)
    assert target.queue_id == B


# ---- beside other things
def test_deadlines_of_overflow_survive_a_snapshot():
    world = centre(overflow("wait", B, limit=30 * SECOND))
    item = world.send()
    world.run(10 * SECOND)
    world.state = State.decode(world.state.encode())
    world.run(20 * SECOND)
    assert world.state.items[item.work_item_id].queue_id == B
    assert world.replayed().encode() == world.state.encode()


def test_a_new_configuration_sets_the_limits_of_what_waits():
    world = centre(overflow("wait", B, limit=30 * SECOND))
    item = world.send()
    world.use(rule(overflows=(overflow("wait", B, limit=5 * SECOND),)), rule(B), rule("sales.orders"))
    world.run(5 * SECOND)
    assert item.queue_id == B


def test_work_that_ended_leaves_no_deadline():
    world = centre(overflow("wait", B, limit=30 * SECOND), overflow("closed", outcome="mail"), calendar_id="day")
    world.join("ann")
    world.finish(world.take(world.send()))
    assert world.state.deadlines[Concern.WAITING].live == {}


def test_overflow_goes_to_the_lane_of_its_channel():
    """The target may be served by people who have no room for this channel."""
    world = Centre(
        rule(overflows=(overflow("unstaffed", B),)),
        rule(B),
        channels=(MAIL, ChannelRule("chat", 4, session=True), PHONE),
    )
    world.join("zoe", queues=(B,), capacity=4)
    items: list[WorkItem] = [world.send(channel=channel) for channel in ("phone", "chat")]
    assert [(item.queue_id, world.whose(item)) for item in items] == [(B, ""), (B, "zoe")]


def test_the_earlier_of_a_limit_and_the_closing_instant_counts():
    for limit_ms, cause in ((HOUR // 2, "overflow:wait"), (2 * HOUR, "overflow:closed")):
        world = centre(overflow("wait", B, limit=limit_ms), overflow("closed", B), calendar_id="day")
        item = world.send()
        world.run(min(limit_ms, HOUR) - 1)
        assert item.queue_id == "support.first"
        world.run(1)
        assert moves(world) == [("support.first", B, cause)]


# ---- beside a reservation
@pytest.fixture
def kept() -> tuple[Centre, WorkItem, WorkItem]:
    """Ann, who is full, put something aside for an hour: it has come back and is kept for her."""
    world = centre(overflow("wait", B, limit=30 * SECOND))
    elsewhere(world)
    world.join("ann", capacity=1, queues=("support.first",))
    item = world.take(world.send())
    world.snooze(item.conversation_id, HOUR)
    other = world.take(world.send())
    world.run(HOUR)
    assert item.held_for == "ann"
    return world, item, other


def test_what_is_kept_for_somebody_does_not_overflow_by_its_wait(kept):
    world, item, other = kept
    world.run(59 * SECOND).finish(other)
    assert (world.whose(item), item.queue_id) == ("ann", "support.first")


def test_what_was_kept_in_vain_overflows(kept):
    world, item, _ = kept
    world.run(MINUTE)
    assert (world.whose(item), item.queue_id) == ("zoe", B)


def test_what_was_kept_in_vain_is_for_the_colleagues_before_it_overflows(kept):
    world, item, _ = kept
    world.join("amy", queues=("support.first",))
    world.run(MINUTE)
    assert (world.whose(item), item.queue_id) == ("amy", "support.first")


def test_who_leaves_what_was_kept_for_them_leaves_it_to_overflow_at_once(kept):
    world, item, _ = kept
    world.presence("ann", Presence.AWAY)
    world.run(0)
    assert item.queue_id == B


def test_a_closing_that_nobody_looked_at_in_time_leaves_the_later_moments():
    lunch = Calendar(
        "lunch",
        ((START_MS, START_MS + MINUTE), (START_MS + 2 * MINUTE, START_MS + 10 * MINUTE)),
        START_MS + 90 * HOUR,
    )
    rules = (overflow("closed", outcome="mail"), overflow("wait", B, limit=5 * MINUTE))
    world = Centre(rule(overflows=rules, calendar_id="lunch"), rule(B), calendars=(lunch,))
    item = world.send()
    world.wait(3 * MINUTE).fire(Concern.WAITING)
    assert (item.queue_id, item.outcome) == ("support.first", "")
    world.run(2 * MINUTE)
    assert item.queue_id == B
