"""Findings: what a right file makes doubt, and what does not."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest
from tests.config.company import REGISTRY, changed

from omniroute import config
from omniroute.config import Finding
from omniroute.config.findings import _shown

OFFICE: dict[str, Any] = tomllib.loads("""
[departments.support]
title = "Support"
default_queue = "general"
[departments.support.queues.general]
[departments.sales]
title = "Sales"
default_queue = "shop"
[departments.sales.queues.shop]
[channels.mail]
kind = "email"
queue = "support.general"
options = { addresses = ["a@office.example"] }
[channels.phone]
kind = "phone"
queue = "support.general"
queues_by_account = { "+1" = "sales.shop" }
cost = 5
options = { secret = "sixteen-characters" }
[operators.ines]
name = "Ines"
departments = ["support"]
skills = { billing = 4, german = 9 }
[operators.jean]
name = "Jean"
departments = ["sales"]
skills = { billing = 7 }
""")
GENERAL = "departments.support.queues.general"


def found(general: dict[str, Any] | None = None, **operators: dict[str, Any]) -> list[Finding]:
    document = copy.deepcopy(OFFICE)
    document["departments"]["support"]["queues"]["general"] = general or {}
    for login, keys in operators.items():
        document["operators"][login] |= keys
    parsed = config.parse(document)
    config.check(parsed, REGISTRY)
    return config.findings(parsed, REGISTRY)


def test_the_example_makes_nobody_doubt():
    assert config.findings(changed(), REGISTRY) == []
    assert found() == []


@pytest.mark.parametrize(
    ("general", "text"),
    [
        ({}, "has billing>=5; nothing relaxes it: give somebody the skill, or add a step to `relax`"),
        ({"relax": ["after 60s billing>=4"]}, "has billing>=5; relaxation mends it after 1m"),
        ({"relax": ["after 60s billing>=5", "after 90s drop billing"]}, "relaxation mends it after 90s"),
        ({"relax": ["after 90s drop all"]}, "relaxation mends it after 90s"),
        ({"relax": ["after 90s add department sales"]}, "relaxation mends it after 90s"),
        ({"relax": ["after 90s add queue sales.shop"]}, "relaxation mends it after 90s"),
        ({"relax": ["after 90s add operator jean"]}, "relaxation mends it after 90s"),
        ({"relax": ["after 90s add operator ines", "after 2h drop german"]}, "nothing relaxes it"),
    ],
)
def test_a_requirement_that_nobody_meets(general, text):
    (finding,) = found({"requires": ["billing>=5"], **general})
    assert finding.path == f"{GENERAL}.requires"
    assert finding.text.startswith("nobody who serves this queue has billing>=5; ")
    assert text in finding.text


def test_one_person_must_meet_all_requirements():
    wanted = {"requires": ["billing>=4", "french"]}
    (finding,) = found(wanted, jean={"departments": ["support"], "skills": {"french": 9}})[:1]
    assert "has billing>=4 and french>=1;" in finding.text
    assert found(wanted, ines={"skills": {"billing": 4, "french": 1}}) == []


def test_queues_that_somebody_serves_alone_count():
    document = copy.deepcopy(OFFICE)
    document["departments"]["support"]["queues"]["other"] = {}
    document["operators"]["ines"]["queues"] = ["support.other"]
    assert config.findings(config.parse(document), REGISTRY) == [
        Finding(GENERAL, "nobody in the file serves this queue; add it to the `departments` or `queues` of somebody")
    ]
    document["departments"]["support"]["queues"]["general"]["relax"] = ["after 90s add queue support.other"]
    assert config.findings(config.parse(document), REGISTRY) == [
        Finding(GENERAL, "nobody in the file serves this queue; relaxation mends it after 90s")
    ]


def test_a_preference_that_nobody_meets():
    assert found({"prefers": ["german", "billing>=5"]}) == [
        Finding(f"{GENERAL}.prefers[1]", "nobody who serves this queue has billing>=5; it changes nothing")
    ]


def test_a_rule_or_a_language_that_asks_for_what_nobody_has():
    document = copy.deepcopy(OFFICE)
    document["classify"] = [
        {"when": {"subject": ["x"]}, "then": {"requires": ["billing>=7"]}},
        {"when": {"subject": ["y"]}, "then": {"requires": ["german", "billing >= 8"]}},
    ]
    document["routing"] = {"language_skills": {"de": "german", "fr": "french"}}
    assert config.findings(config.parse(document), REGISTRY) == [
        Finding(
            "classify[1].then.requires[1]",
            "nobody in the file has billing>=8; give somebody the skill, or let `relax` drop it in the queue",
        ),
        Finding(
            "routing.language_skills.fr",
            "nobody in the file has french>=1; give somebody the skill, or let `relax` drop it in the queue",
        ),
    ]


def test_room_for_less_than_one_item():
    assert found(ines={"capacity": 4}, jean={"capacity": 4}) == [
        Finding("operators.ines.capacity", "an item of channel 'phone' takes 5 units: ines with 4 never gets one"),
        Finding("operators.jean.capacity", "an item of channel 'phone' takes 5 units: jean with 4 never gets one"),
    ]
    assert found(ines={"capacity": 5}) == []


@pytest.mark.parametrize("role", ["admin", None])
def test_a_file_without_operators_is_told_once(role):
    document = copy.deepcopy(OFFICE)
    document["operators"] = {"root": {"name": "Root", "departments": [], "role": role}} if role else {}
    (finding,) = config.findings(config.parse(document), REGISTRY)
    assert finding.path == "operators"


@pytest.mark.parametrize(("ms", "text"), [(250, "250ms"), (90_000, "90s"), (120_000, "2m"), (7_200_000, "2h")])
def test_lengths_are_shown_as_the_file_writes_them(ms, text):
    assert _shown(ms) == text
