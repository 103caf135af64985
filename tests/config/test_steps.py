"""Relaxation and overflow: each string is one rule, with every name in it checked."""

from __future__ import annotations

import pytest
from tests.config.company import NOW_MS, REGISTRY, change, changed, company, queue, refused

from omniroute import config
from omniroute.config.queues import queue_rules
from omniroute.core.rules import Overflow, OverflowCause, QueueRule, Relaxation, Requirement
from omniroute.errors import ConfigError

BILLING = "departments.support.queues.billing"


def billing(*changes) -> QueueRule:
    core = config.core_config(changed(*changes), REGISTRY, NOW_MS)
    return next(rule for rule in core.queues if rule.queue_id == "support.billing")


def test_every_kind_of_step():
    relax = [
        "after 30s drop russian",
        "after 60s billing>=3",
        "after 90s add department sales",
        " after  90s  add queue sales.shop ",
        "after 2m add operator ines",
        "after 2m billing >= 1",
        "after 5m drop all",
    ]
    assert billing(queue("support.billing", relax=relax)).relaxations == (
        Relaxation(30_000, drop=("russian",)),
        Relaxation(60_000, lower=(Requirement("billing", 3),)),
        Relaxation(90_000, departments=("sales",), queues=("sales.shop",)),
        Relaxation(120_000, lower=(Requirement("billing", 1),), operators=("ines",)),
        Relaxation(300_000, drop=("*",)),
    )


@pytest.mark.parametrize(
    ("relax", "place", "message"),
    [
        (["drop billing"], 0, 'write it like "after 30s drop spanish"'),
        (["after 30s"], 0, 'write it like "after 30s drop spanish"'),
        (["after 30s billing"], 0, "is not a step"),
        (["after 30s drop billing now"], 0, "is not a step"),
        (["after soon drop billing"], 0, "length of time"),
        (["after -5s drop billing"], 0, "length of time"),
        (["after 0s drop billing"], 0, "a step needs some time"),
        (["after 9999d drop billing"], 0, "too long"),
        (["after 30s drop billing", "after 20s drop all"], 1, "put the steps in order"),
        (["after 30s drop biling"], 0, "there is no skill 'biling'; did you mean 'billing'?"),
        (["after 30s biling>=3"], 0, "did you mean 'billing'?"),
        (["after 30s billing>=0"], 0, "levels 1 to 10"),
        (["after 30s billing>=11"], 0, "levels 1 to 10"),
        (["after 30s billing>=-1"], 0, "levels 1 to 10"),
        (["after 30s add department sels"], 0, "did you mean 'sales'?"),
        (["after 30s add queue shop"], 0, "there is no queue 'shop'"),
        (["after 30s drop all", "after 30s add operator inez"], 1, "did you mean 'ines'?"),
        (["after 30s add operator admin"], 0, "there is no operator 'admin'"),
        (["after 30s add departmnt sales"], 0, "did you mean 'department'?"),
    ],
)
def test_a_wrong_step_is_refused(relax, place, message):
    refused(f"{BILLING}.relax[{place}]", message, queue("support.billing", relax=relax))


def test_a_skill_that_only_another_queue_or_a_language_requires_is_known():
    relax = ["after 30s drop welding", "after 30s drop russian"]
    nobody = change("operators", to={})
    rule = billing(
        nobody, queue("support.billing", relax=relax, prefers=[]), queue("sales.trade", requires=["welding >= 3"])
    )
    assert rule.relaxations == (Relaxation(30_000, drop=("welding", "russian")),)


def test_people_who_are_managed_elsewhere_can_be_added():
    document = company()
    document["operators"] = {"root": {"name": "Root", "departments": [], "role": "admin"}}
    document["departments"]["support"]["queues"]["billing"]["relax"] = ["after 1m add operator somebody"]
    rules = queue_rules(config.parse(document), REGISTRY)
    assert rules[1].relaxations == (Relaxation(60_000, operators=("somebody",)),)
    document["departments"]["support"]["queues"]["billing"]["relax"] = ["after 1m add operator Somebody!"]
    with pytest.raises(ConfigError, match="small letters"):
        queue_rules(config.parse(document), REGISTRY)


def test_every_kind_of_overflow_in_its_order():
    overflow = [
        "wait 5m to sales.shop",
        "length 50 to sales.shop",
        "estimate 10m to callback",
        "unstaffed to voicemail",
        " closed  to  mail ",
    ]
    assert billing(queue("support.billing", calendar="workshop", overflow=overflow)).overflows == (
        Overflow(OverflowCause.WAIT, 300_000, "sales.shop"),
        Overflow(OverflowCause.LENGTH, 50, "sales.shop"),
        Overflow(OverflowCause.ESTIMATE, 600_000, outcome="callback"),
        Overflow(OverflowCause.UNSTAFFED, outcome="voicemail"),
        Overflow(OverflowCause.CLOSED, outcome="mail"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sales.shop", 'write it like "wait 5m to sales.shop"'),
        ("wait 5m", "is not an overflow"),
        ("wait 5m to", "is not an overflow"),
        ("wait to sales.shop", 'needs a length of time; write it like "wait 5m to mail"'),
        ("wait 0s to sales.shop", "needs some time"),
        ("wait -5m to sales.shop", "length of time"),
        ("estimate 0s to mail", "needs some time"),
        ("estimate 99999d to mail", "too long"),
        ("length to mail", "needs a number of items"),
        ("length 5m to mail", 'write it like "length 50 to mail"'),
        ("length 0 to mail", "between 1 and 100000"),
        ("length -1 to mail", "between 1 and 100000"),
        ("length 999999999 to mail", "between 1 and 100000"),
        ("unstaffed 5m to mail", 'write "unstaffed to mail"'),
        ("close to mail", "there is no cause 'close'; did you mean 'closed'?"),
        ("wait 5m to sales.shp", "did you mean 'sales.shop'?"),
        ("wait 5m to voicemial", "did you mean 'voicemail'?"),
        ("wait 5m to support.billing", "cannot overflow to itself"),
        ("closed to mail", "without a calendar it never closes"),
    ],
)
def test_a_wrong_overflow_is_refused(text, message):
    refused(f"{BILLING}.overflow[1]", message, queue("support.billing", overflow=["unstaffed to mail", text]))
