"""The closed loop: stages and fields of a kind, what the customer is told, and when a matter is really done."""

from __future__ import annotations

import pytest
from tests.core.centre import Centre, rule
from tests.core.world import MINUTE, SECOND, START_MS

from omniroute.core import commands as c
from omniroute.core import events as e
from omniroute.core.deadlines import Concern
from omniroute.core.model import InteractionKind, Presence, WorkItem
from omniroute.core.notices import DAY_MS
from omniroute.core.progress import FIELDS_MAX
from omniroute.core.rules import ChannelRule, KindRule, SlaRule, Stage, StageRule, Target
from omniroute.errors import Conflict, InvalidInput

HOUR = 60 * MINUTE
MAIL = ChannelRule("mail", 1, tells=True)
CHAT = ChannelRule("chat", 2, realtime=True, session=True, tells=True)
PHONE = ChannelRule("phone", 5, realtime=True, session=True, connects=True)
REPAIR = KindRule(
    "question",
    (
        StageRule("new", Stage.RECEIVED, ("looking",)),
        StageRule("looking", Stage.IN_PROGRESS, ("asked", "workshop", "solved"), on_reply="asked"),
        StageRule("asked", Stage.IN_PROGRESS, ("looking", "solved"), waits="customer", on_message="looking"),
        StageRule(
            "workshop", Stage.IN_PROGRESS, ("looking", "refunded"), waits="part", needs=("part",), notice="parts"
        ),
        StageRule("solved", Stage.DONE),
        StageRule("refunded", Stage.DONE, needs=("amount",)),
    ),
    ("received", "in_progress", "done", "reopened"),
    confirm_ms=HOUR,
)


@pytest.fixture
def world() -> Centre:
    """Ann, and a kind of matter with a course of its own; an end is promised within an hour of our time."""
    promise = SlaRule("all", ((Target.RESOLUTION, HOUR),))
    world = Centre(rule(), channels=(MAIL, CHAT, PHONE), kinds=(REPAIR,), slas=(promise,), notices_max=6)
    world.join("ann", capacity=50)
    return world


def taken(world: Centre, channel: str = "mail") -> WorkItem:
    return world.take(world.send(channel=channel))


def to(world: Centre, stage_id: str, number: int = 1) -> list[e.Event]:
    return world.do(c.ChangeStage(conversation_id=number, operator_id="ann", stage_id=stage_id))


def fill(world: Centre, *names: str) -> None:
    world.do(c.SetFields(conversation_id=1, operator_id="ann", filled=names))


def finish(world: Centre, item: WorkItem, stage_id: str = "") -> list[e.Event]:
    return world.do(
        c.CompleteItem(work_item_id=item.work_item_id, operator_id="ann", disposition="solved", stage_id=stage_id)
    )


def told(world: Centre) -> list[str]:
    return [one.notice for one in world.events(e.NoticeSent)]


# ---- stages
def test_a_matter_goes_from_stage_to_stage(world):
    taken(world)
    to(world, "asked")
    assert (world.matter(1).stage, world.matter(1).stage_id) == ("in_progress", "asked")
    assert world.just(e.StageEntered).was == "looking"
    assert to(world, "asked") == []


@pytest.mark.parametrize(
    ("stage_id", "error", "words"),
    [
        ("nowhere", InvalidInput, "there is no stage nowhere"),
        ("new", Conflict, "from looking it goes on to: asked, workshop, solved"),
        ("solved", Conflict, "done by finishing its work"),
        ("workshop", Conflict, "fill in first: part"),
    ],
)
def test_where_it_cannot_go_is_said(world, stage_id, error, words):
    taken(world)
    with pytest.raises(error, match=words):
        to(world, stage_id)


def test_an_answer_and_a_message_carry_it_on(world):
    item = taken(world)
    world.reply(1)
    assert world.matter(1).stage_id == "asked"
    world.write(conversation_id=1)
    assert world.matter(1).stage_id == "looking"
    assert item.state == "assigned"


def test_what_a_machine_writes_is_no_answer_of_the_customer(world):
    taken(world)
    world.reply(1)
    world.write(conversation_id=1, automatic=True)
    assert world.matter(1).stage_id == "asked"


def test_it_ends_where_its_stage_leads(world):
    item = taken(world)
    fill(world, "part")
    to(world, "workshop")
    with pytest.raises(Conflict, match="from workshop it ends in refunded"):
        finish(world, item, "solved")
    with pytest.raises(Conflict, match="fill in first: amount"):
        finish(world, item)
    fill(world, "amount", "part")
    finish(world, item)
    assert world.just(e.ConversationResolved).record.stage_id == "refunded"


# ---- clocks
def test_waiting_for_somebody_else_is_not_our_time(world):
    taken(world)
    world.wait(10 * MINUTE)
    to(world, "asked")
    assert world.just(e.ClockPaused).waits_for == "customer"
    world.run(5 * HOUR)
    assert not world.events(e.ClockEnded)
    world.write(conversation_id=1)
    assert world.just(e.ClockResumed).due_ms == world.now_ms + 50 * MINUTE
    fill(world, "part")
    to(world, "workshop")
    world.wait(HOUR)
    to(world, "looking")
    world.run(50 * MINUTE - 1)
    assert not world.events(e.ClockEnded)
    world.run(1)
    assert world.events(e.ClockEnded)[0].outcome == "breached"


def test_pauses_survive_another_promise(world):
    taken(world)
    to(world, "asked")
    world.wait(2 * HOUR).write(conversation_id=1)
    promise = SlaRule("all", ((Target.RESOLUTION, 2 * HOUR),))
    world.use(rule(), channels=(MAIL, CHAT, PHONE), kinds=(REPAIR,), slas=(promise,))
    world.fire(Concern.CLOCKS)
    assert world.just(e.ClockRetargeted).due_ms == START_MS + 4 * HOUR


# ---- notices
def test_the_customer_is_told_at_each_stage(world):
    item = taken(world)
    fill(world, "part", "amount")
    to(world, "workshop")
    finish(world, item)
    assert told(world) == ["received", "in_progress", "parts", "done"]


def test_whoever_waits_at_the_other_end_sees_it_begin(world):
    finish(world, taken(world, "chat"))
    assert told(world) == ["done"]


def test_no_text_can_be_sent_into_a_call(world):
    taken(world, "phone")
    assert told(world) == []


@pytest.mark.parametrize("who", ["automatic", "unverified"])
def test_nobody_is_told_who_must_not_be(world, who):
    world.write(**{who: True})
    assert told(world) == []
    world.write(conversation_id=1)
    assert not world.matter(1).quiet


def test_a_customer_gets_so_many_a_day(world):
    for _ in range(9):
        world.write(customer_id=1)
    assert len(told(world)) == 6
    world.wait(DAY_MS).write(customer_id=1)
    assert len(told(world)) == 7
    assert world.state.told == {1: 1}


# ---- is it done?
def test_silence_confirms_after_its_time(world):
    finish(world, taken(world))
    assert world.just(e.ConfirmationAsked).due_ms == world.now_ms + HOUR
    world.run(HOUR - 1)
    assert not world.events(e.MatterConfirmed)
    world.run(1)
    assert world.events(e.MatterConfirmed)[0].cause == "silence"
    assert not world.state.closings


def test_the_customer_confirms_and_rates_once(world):
    finish(world, taken(world))
    for expected in (1, 0):
        assert len(world.do(c.ConfirmMatter(conversation_id=1, resolution=1))) == expected
    world.do(c.RateMatter(conversation_id=1, resolution=1, score=4))
    with pytest.raises(Conflict, match="rated already"):
        world.do(c.RateMatter(conversation_id=1, resolution=1, score=5))
    world.run(HOUR)
    assert [one.cause for one in world.events(e.MatterConfirmed)] == ["customer"]


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_has_bounds(world, score):
    finish(world, taken(world))
    with pytest.raises(InvalidInput):
        world.do(c.RateMatter(conversation_id=1, resolution=1, score=score))


def test_not_content_opens_it_again_for_the_same_operator(world):
    finish(world, taken(world))
    record = world.just(e.ConversationResolved).record
    world.join("bob")
    world.presence("ann", Presence.AWAY)
    world.presence("ann", Presence.AVAILABLE)
    world.do(c.ReopenMatter(record=record, resolution=1))
    assert world.just(e.ItemQueued).held_for == "ann"
    assert world.just(e.NoticeSent).notice == "reopened"
    assert world.do(c.ReopenMatter(record=record, resolution=1)) == []


def test_a_link_of_an_earlier_resolution_means_nothing(world):
    finish(world, taken(world))
    record = world.just(e.ConversationResolved).record
    world.do(c.ReopenMatter(record=record, resolution=1))
    item = next(iter(world.state.items.values()))
    finish(world, world.take(item))
    again = world.just(e.ConversationResolved).record
    assert again.resolution == 2
    for command in (
        c.ConfirmMatter(conversation_id=1, resolution=1),
        c.RateMatter(conversation_id=1, resolution=1, score=5),
        c.ReopenMatter(record=again, resolution=1),
    ):
        with pytest.raises(Conflict, match="this question is over"):
            world.do(command)


def test_writing_opens_it_again_and_ends_the_question(world):
    finish(world, taken(world))
    record = world.just(e.ConversationResolved).record
    world.wait(SECOND).write(conversation_id=1, record=record)
    assert not world.state.closings
    assert world.matter(1).stage == "in_progress"


def test_no_machine_opens_what_is_done(world):
    finish(world, taken(world))
    record = world.just(e.ConversationResolved).record
    world.write(conversation_id=1, record=record, automatic=True)
    assert 1 not in world.state.conversations
    assert world.state.closings[1].resolution == 1


def test_a_caller_who_left_is_not_asked(world):
    world.send(channel="phone", session="c1")
    world.contact(InteractionKind.CONTACT_ABANDONED, "c1")
    assert not world.events(e.ConfirmationAsked)


# ---- fields that customers bring along
def test_what_a_customer_brings_along_is_filled_in(world):
    item = world.send(fields=("part",))
    assert world.just(e.FieldsSet).by == ""
    world.take(item)
    to(world, "workshop")
    assert (world.matter(1).stage_id, world.matter(1).fields) == ("workshop", ("part",))


def test_it_takes_nothing_out(world):
    taken(world)
    fill(world, "amount")
    world.write(conversation_id=1, fields=("part",))
    assert world.matter(1).fields == ("amount", "part")
    world.write(conversation_id=1, fields=("part",))
    assert len(world.events(e.FieldsSet)) == 2


def test_it_is_filled_in_before_the_stage_follows_that_needs_it():
    asked = StageRule("asked", Stage.IN_PROGRESS, ("solved",), on_message="sent")
    sent = StageRule("sent", Stage.IN_PROGRESS, ("solved",), needs=("part",))
    stages = (StageRule("new", Stage.RECEIVED, ("asked",)), asked, sent, StageRule("solved", Stage.DONE))
    world = Centre(rule(), channels=(MAIL,), kinds=(KindRule("question", stages),))
    world.join("ann", capacity=50)
    taken(world)
    world.write(conversation_id=1)
    assert world.matter(1).stage_id != "sent"
    world.write(conversation_id=1, fields=("part",))
    assert world.matter(1).stage_id == "sent"


def test_there_is_an_end_to_what_is_brought_along(world):
    taken(world)
    fill(world, *(f"field-{number}" for number in range(FIELDS_MAX)))
    world.write(conversation_id=1, fields=("part",))
    assert len(world.matter(1).fields) == FIELDS_MAX
    with pytest.raises(InvalidInput, match="fields with names of 1 to 64"):
        world.write(conversation_id=1, fields=("",))
