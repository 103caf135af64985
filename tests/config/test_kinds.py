"""Kinds of matter in the file: their course, and every course that leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from tests.config.company import REGISTRY, change, check, company, refused

from omniroute import config
from omniroute.config.kinds import titles
from omniroute.core.rules import Stage, StageTask
from omniroute.core.stages import PLAIN

NOW_MS = 1_800_000_000_000


def stage(name: str, phase: str = "in_progress", **keys: Any) -> dict[str, Any]:
    return {"name": name, "phase": phase, **keys}


def course(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """new → looking ⇄ asked, both → solved."""
    plain = {
        "new": stage("new", "received", next=["looking"]),
        "looking": stage("looking", next=["asked", "solved"]),
        "asked": stage("asked", next=["looking", "solved"], waits="customer", on_message="looking"),
        "solved": stage("solved", "done"),
    }
    return [one | changes.get(name, {}) for name, one in plain.items()]


def test_a_kind_has_the_course_of_the_file():
    document = company()
    change("kinds", "repair", to={"title": "Repair", "confirm": "24h", "stages": course()})(document)
    (rule,) = [one for one in config.core_config(check(document), REGISTRY, NOW_MS).kinds if one.kind == "repair"]
    assert [one.stage_id for one in rule.stages] == ["new", "looking", "asked", "solved"]
    assert rule.stages[2].waits == "customer"
    assert rule.confirm_ms == 24 * 3_600_000


def test_the_kinds_that_the_file_does_not_define_have_the_plain_course():
    rules = {one.kind: one for one in config.core_config(check(company()), REGISTRY, NOW_MS).kinds}
    assert set(rules) >= {"question", "request", "complaint", "order"}
    assert rules["question"].stages == PLAIN.stages
    assert rules["question"].notices == ("received", "in_progress", "done", "reopened")
    assert {one.phase for one in PLAIN.stages} == set(Stage)


def test_words_for_people_by_language():
    document = company()
    named = course(looking={"title": "We are looking", "titles": {"ru": "Смотрим"}})
    change("kinds", "repair", to={"title": "Repair", "titles": {"ru": "Ремонт"}, "stages": named})(document)
    words = titles(check(document))
    assert words["en", "repair"] == "Repair"
    assert words["ru", "repair"] == "Ремонт"
    assert words["ru", "looking"] == "Смотрим"


def test_texts_can_be_sent_where_the_channel_says_so():
    rules = {one.instance: one for one in config.core_config(check(company()), REGISTRY, NOW_MS).channels}
    assert any(one.tells for one in rules.values())
    assert not any(one.tells for one in rules.values() if one.connects)


@pytest.mark.parametrize(
    ("where", "message", "stages"),
    [
        ("stages[1].next[0]", "there is no stage 'ask'; did you mean 'asked'?", course(looking={"next": ["ask"]})),
        ("stages[2].on_message", "there is no stage 'loking'", course(asked={"on_message": "loking"})),
        ("stages[2].waits", "there is no reason 'weather'", course(asked={"waits": "weather"})),
        ("stages[1].phase", "there is no phase 'doing'", course(looking={"phase": "doing"})),
        ("stages[1].needs[0]", "there is no field 'part'", course(looking={"needs": ["part"]})),
        ("stages[1].notice", "there is no template 'hello'", course(looking={"notice": "hello"})),
        ("stages[3].next", "goes on only by being opened again", course(solved={"next": ["looking"]})),
        ("stages[1].next[1]", "a matter does not go back", course(looking={"next": ["asked", "new", "solved"]})),
        ("stages[1].on_reply", "an operator finishes it", course(looking={"on_reply": "solved"})),
        ("stages", "no stage has the phase 'done'; add one", [stage("new", "received", next=["on"]), stage("on")]),
        ("stages[4].next", "no way leads to a stage that is done",
         [*course(looking={"next": ["asked", "solved", "stuck"]}), stage("stuck", next=["stuck"])]),
        ("stages[4]", "nothing leads to 'island'", [*course(), stage("island", next=["solved"])]),
        ("stages[4].name", "there is another stage 'asked'", [*course(), stage("asked", next=["solved"])]),
    ],
)  # fmt: skip
def test_a_course_that_leads_nowhere_is_refused(where, message, stages):
    refused(f"kinds.repair.{where}", message, change("kinds", "repair", to={"stages": stages}))


@pytest.mark.parametrize(
    ("where", "message", "kind"),
    [
        ("notices[0]", "there is no notice 'begun'", {"notices": ["begun"]}),
        ("confirm", "not a length of time", {"confirm": "soon"}),
        ("confirm_calendar", "there is no calendar 'moon'", {"confirm_calendar": "moon"}),
        ("fields.part.type", "there is no type 'thing'", {"fields": {"part": {"type": "thing"}}}),
        ("fields.part.choices", "a choice has its `choices`", {"fields": {"part": {"type": "choice"}}}),
        ("fields.part.choices[1]", "is there already", {"fields": {"part": {"type": "choice", "choices": ["a", "a"]}}}),
        ("fields.part.choices[0]", "no space around", {"fields": {"part": {"type": "choice", "choices": [" a"]}}}),
        ("fields", "at most 100 fields", {"fields": {f"f{number}": {} for number in range(101)}}),
    ],
)
def test_what_means_nothing_is_refused(where, message, kind):
    refused(f"kinds.repair.{where}", message, change("kinds", "repair", to=kind))


# ---- orders


def packing(**keys: Any) -> list[dict[str, Any]]:
    """The course, in which looking has a task."""
    tasks = [{"queue": "delivery.orders", "due": "4h", "title": "Pick"}]
    return course(looking={"tasks": tasks, "on_tasks": "asked", "on_delay": "asked"} | keys)


def test_a_stage_has_the_tasks_of_the_file():
    document = company()
    change("kinds", "order", to={"lines": True, "stages": packing()})(document)
    (rule,) = [one for one in config.core_config(check(document), REGISTRY, NOW_MS).kinds if one.kind == "order"]
    looking = rule.stages[1]
    assert looking.tasks == (StageTask("delivery.orders", 4 * 3_600_000, "Pick"),)
    assert (looking.on_tasks, looking.on_delay, rule.lines) == ("asked", "asked", True)


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        ({"tasks": [{"queue": "delivery.order"}]}, "tasks[0].queue", "did you mean"),
        ({"tasks": [{"queue": "delivery.orders", "due": "soon"}]}, "tasks[0].due", "soon"),
        ({"tasks": [{"queue": "delivery.orders"}] * 2, "on_delay": ""}, "tasks[1].title", "another title"),
        ({"tasks": []}, "on_tasks", "has no tasks"),
        ({"tasks": [{"queue": "delivery.orders"}]}, "on_delay", "ever late"),
        ({"on_tasks": "solved"}, "on_tasks", "done by itself"),
        ({"on_tasks": "new"}, "on_tasks", "does not go back"),
        ({"on_delay": "late"}, "on_delay", "no stage"),
    ],
)
def test_a_task_that_means_nothing_is_refused(keys, place, words):
    refused(f"kinds.order.stages[1].{place}", words, change("kinds", "order", to={"stages": packing(**keys)}))


def test_the_demo_has_an_order_with_all_that_may_become_of_it():
    rules = {one.kind: one for one in config.core_config(check(company()), REGISTRY, NOW_MS).kinds}
    names = {one.stage_id for one in rules["order"].stages}
    assert names >= {"requested", "placed", "confirmed", "fulfilment", "shipped", "delivered"}
    assert names >= {"delayed", "damaged", "returned", "refunded", "compensated", "cancelled"}
    assert {task.queue_id for one in rules["order"].stages for task in one.tasks} == {
        "warehouse.pick", "delivery.orders", "delivery.returns", "support.billing",
    }  # fmt: skip
