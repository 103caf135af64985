"""Queues: what the file says is what the core gets, and what cannot be meant is refused with its path."""

from __future__ import annotations

import pytest
from tests.config.company import NOW_MS, REGISTRY, change, changed, company, queue, refused

from omniroute import config
from omniroute.config import PRIORITY_MAX, PRIORITY_MIN
from omniroute.core.rules import QueueRule, Requirement, WrapUp

TRADE = "departments.sales.queues.trade"


def trade(**keys) -> QueueRule:
    core = config.core_config(changed(queue("sales.trade", **keys)), REGISTRY, NOW_MS)
    return next(rule for rule in core.queues if rule.queue_id == "sales.trade")


def test_every_key_arrives():
    rule = trade(
        policy=["least_loaded", "longest_idle"],
        offer="1s",
        backoff="2s",
        wrap_up="3s",
        wrap_up_mode="optional",
        first_response="4s",
        handoff="5s",
        priority=-3,
        requires=["trade>=3"],
        prefers=["french>=5", "english"],
        auto_accept=True,
        ageing="6s",
        batch_window="7s",
        handling="8s",
        overflow=[],
        calendar="workshop",
    )
    wanted, preferred = (Requirement("trade", 3),), (Requirement("french", 5), Requirement("english", 1))
    lengths = (1000, 2000, 3000, 4000, 5000)
    assert rule == QueueRule(
        *("sales.trade", "sales", "least_loaded+longest_idle", *lengths, -3, wanted),
        preferred=preferred,
        auto_accept=True,
        ageing_ms=6000,
        batch_ms=0,  # no batch policy
        handling_ms=8000,
        calendar_id="workshop",
        wrap_up=WrapUp.OPTIONAL,
    )


def test_what_the_file_leaves_out_is_what_the_core_takes_for_granted():
    document = company()
    document["departments"]["sales"]["queues"]["trade"] = {}
    core = config.core_config(config.parse(document), REGISTRY, NOW_MS)
    rule = next(rule for rule in core.queues if rule.queue_id == "sales.trade")
    assert rule == QueueRule("sales.trade", "sales", "longest_idle", 30_000, 60_000, 0, 0, 300_000)


@pytest.mark.parametrize("sticky", [None, "0s"])
def test_a_sticky_policy_waits_for_30_seconds_by_itself(sticky):
    keys = {"sticky": sticky} if sticky else {}
    assert trade(policy=["clinging", "least_loaded"], **keys).sticky_ms == 30_000
    assert trade(policy="clinging", **keys).sticky_ms == 30_000


def test_a_sticky_length_is_taken():
    assert trade(policy="clinging", sticky="5s").sticky_ms == 5000
    assert trade(policy="least_loaded", sticky="0s").sticky_ms == 0


@pytest.mark.parametrize("mode", WrapUp)
def test_a_mode_of_wrap_up_is_taken(mode):
    assert trade(wrap_up="0s", wrap_up_mode=str(mode)).wrap_up is mode


@pytest.mark.parametrize("priority", [PRIORITY_MIN, PRIORITY_MAX])
def test_the_bounds_of_priority_are_inside(priority):
    assert trade(priority=priority).priority == priority


@pytest.mark.parametrize(
    ("keys", "path", "message"),
    [
        ({"offer": "soon"}, "offer", 'write it like "20s"'),
        ({"offer": "0s"}, "offer", "an offer needs some time"),
        ({"handling": "0s"}, "handling", "handling needs some time"),
        ({"ageing": "-1h"}, "ageing", "length of time"),
        ({"batch_window": "99999d"}, "batch_window", "too long"),
        ({"priority": 11}, "priority", "a priority is between -10 and 10"),
        ({"priority": -11}, "priority", "a priority is between -10 and 10"),
        ({"policy": "longest_idel"}, "policy", "did you mean 'longest_idle'?"),
        ({"policy": ["clinging", "longest_idel"]}, "policy[1]", "did you mean 'longest_idle'?"),
        ({"policy": ["clinging", "clinging"]}, "policy[1]", "named twice"),
        ({"policy": []}, "policy", "at least one policy"),
        ({"sticky": "30s"}, "sticky", "to `policy`, or take it out"),
        ({"requires": ["trade>=11"]}, "requires[0]", "levels 1 to 10"),
        ({"prefers": ["french", "trade>=-1"]}, "prefers[1]", "levels 1 to 10"),
        ({"wrap_up_mode": "force"}, "wrap_up_mode", "there is no mode 'force'; did you mean 'forced'?"),
        ({"wrap_up_mode": "none", "wrap_up": "5s"}, "wrap_up_mode", 'say "optional" or "forced"'),
        ({"calendar": "workshp"}, "calendar", "there is no calendar 'workshp'; did you mean 'workshop'?"),
    ],
)
def test_what_cannot_be_meant_is_refused(keys, path, message):
    refused(f"{TRADE}.{path}", message, queue("sales.trade", **keys))


def test_the_name_of_a_queue_is_a_name():
    refused("departments.sales.queues.Trade", "small letters", queue("sales.Trade"))


def test_two_queues_of_one_name_are_refused():
    department = {"title": "x", "default_queue": "c", "queues": {"c": {}}}
    refused(
        "departments.sales.b.queues.c",
        "there is another queue 'sales.b.c'",
        queue("sales.b.c"),
        change("departments", "sales.b", to=department),
    )


def test_overflow_in_a_circle_is_refused_and_shown():
    refused(
        "departments.support.queues.general.overflow[1]",
        "in a circle: support.general → sales.shop → delivery.orders → support.general; take one",
        queue("support.general", overflow=["closed to mail", "wait 5m to sales.shop"]),
        queue("sales.shop", overflow=["length 50 to delivery.orders"]),
        queue("delivery.orders", overflow=["unstaffed to support.general"]),
    )
