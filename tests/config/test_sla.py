"""SLA policies: what the file says is what the core gets; what nobody could mean, or keep, is refused with its path."""

from __future__ import annotations

from typing import Any

import pytest
from tests.config.company import NOW_MS, REGISTRY, Change, change, changed, company, queue, refused

from omniroute import config
from omniroute.core.rules import Escalation, Relaxation, Requirement, SlaRule, Target
from omniroute.errors import ConfigError

HOUR = 3_600_000
NIGHT = {"timezone": "UTC", "hours": {"mon": ["09:00-10:00"]}}
"""An hour a week: in 801 days of the calendar, 114 of them."""


def promises(*policies: dict[str, Any]) -> Change:
    """Nothing is promised but this."""
    return change("sla", to=[{"name": f"policy{place}", **one} for place, one in enumerate(policies)])


def escalate(**keys: Any) -> Change:
    """One policy with one escalation."""
    return promises({"resolution": "4h", "escalate": [{"at": "80%", **keys}]})


def rules(*changes: Change) -> tuple[SlaRule, ...]:
    return config.core_config(changed(*changes), REGISTRY, NOW_MS).slas


def rule(**keys: Any) -> SlaRule:
    (found,) = rules(promises(keys))
    return found


def escalation(**keys: Any) -> Escalation:
    ((found,),) = (one.escalations for one in rules(escalate(**keys)))
    return found


# ---- what a right file gives


def test_without_policies_nothing_but_the_queues_promises():
    assert rules(change("sla", to=[])) == ()


def test_every_key_arrives():
    policy = {
        "name": "gold",
        "queues": ["sales.trade"],
        "departments": ["delivery"],
        "kinds": ["complaint"],
        "channels": ["mail", "web"],
        "tiers": ["gold"],
        "priority": [-1, 3],
        "first_response": "1s",
        "next_response": "2s",
        "resolution": "3s",
        "answer": "4s",
        "handoff": "5s",
        "department": "6s",
        "calendar": "workshop",
        "pauses": ["part"],
        "escalate": [{"at": "50%", "notify": ["owner"]}],
    }
    assert rules(promises(policy)) == (
        SlaRule(
            "gold",
            (
                (Target.FIRST_RESPONSE, 1000),
                (Target.NEXT_RESPONSE, 2000),
                (Target.RESOLUTION, 3000),
                (Target.ANSWER, 4000),
                (Target.HANDOFF, 5000),
                (Target.DEPARTMENT, 6000),
            ),
            ("sales.trade", "delivery.orders", "delivery.returns"),
            ("complaint",),
            ("mail", "web"),
            ("gold",),
            -1,
            3,
            "workshop",
            pauses=("part",),
            escalations=(Escalation(50, notify=("owner",)),),
        ),
    )


def test_what_the_file_leaves_out_holds_for_all():
    assert rule(resolution="4h") == SlaRule("policy0", ((Target.RESOLUTION, 4 * HOUR),))


def test_the_order_of_the_file_is_the_order_of_choice():
    assert [one.sla_id for one in rules(promises({"answer": "1m"}, {"answer": "2m"}))] == ["policy0", "policy1"]


def test_real_time_is_taken_without_a_calendar():
    assert rule(answer="1m", real_time=True).real_time


def test_nothing_stops_a_clock_if_the_file_says_so():
    assert rule(resolution="4h", pauses=[]).pauses == ()


def test_a_department_means_its_queues_each_once():
    both = rule(answer="1m", departments=["sales"], queues=["sales.trade"])
    assert both.queues == ("sales.trade", "sales.shop")


def test_every_kind_of_escalation_arrives():
    assert escalation(
        of=["resolution"],
        notify=["owner", "supervisor", "helga"],
        priority=2,
        require=["billing>=5"],
        drop=["russian"],
        lower=["trade>=1"],
        open_to=["sales"],
        move="sales.shop",
        offer_to=["ines", "helga"],
    ) == Escalation(
        80,
        (Target.RESOLUTION,),
        ("owner", "supervisor", "helga"),
        2,
        (Requirement("billing", 5),),
        Relaxation(0, drop=("russian",), lower=(Requirement("trade", 1),), departments=("sales",)),
        "sales.shop",
        ("ines", "helga"),
    )


def test_drop_all_is_every_skill():
    assert escalation(drop=["all"]).widen == Relaxation(0, drop=("*",))


@pytest.mark.parametrize(("at", "percent"), [("1%", 1), ("80%", 80), ("80 %", 80), ("99%", 99), ("breach", 100)])
def test_a_moment_is_a_percentage_or_the_breach(at, percent):
    assert escalation(at=at, priority=1).percent == percent


def test_escalations_are_in_the_order_of_their_moments():
    steps = [{"at": at, "priority": 1} for at in ("breach", "80%", "50%")]
    assert [one.percent for one in rule(answer="1m", escalate=steps).escalations] == [50, 80, 100]


def test_one_moment_may_do_different_things_for_different_promises():
    steps = [{"at": "80%", "of": [target], "priority": 1} for target in ("answer", "resolution")]
    assert len(rule(answer="1m", resolution="1h", escalate=steps).escalations) == 2


def test_where_the_file_has_no_people_others_may_be_named():
    nobody = change("operators", to={"root": {"name": "Root", "departments": [], "role": "admin"}})
    document = company()
    nobody(document)
    escalate(notify=["supervisor", "somebody"], offer_to=["somebody"])(document)
    ((found,),) = (one.escalations for one in config.core_config(config.parse(document), REGISTRY, NOW_MS).slas)
    assert (found.notify, found.offer_to) == (("supervisor", "somebody"), ("somebody",))


# ---- what is refused


@pytest.mark.parametrize(
    ("keys", "path", "message"),
    [
        ({}, "", "it promises nothing; add one of: first_response, next_response, resolution"),
        ({"answer": "1m", "name": "Gold"}, ".name", "small letters"),
        ({"answer": "soon"}, ".answer", 'write it like "20s"'),
        ({"answer": "0s"}, ".answer", "a promise needs some time"),
        ({"department": "4000d"}, ".department", 'too long; at most "3660d"'),
        ({"answer": "1m", "queues": ["sales.trde"]}, ".queues[0]", "did you mean 'sales.trade'?"),
        ({"answer": "1m", "queues": ["sales.trade", "trade"]}, ".queues[1]", "there is no queue 'trade'"),
        ({"answer": "1m", "departments": ["sels"]}, ".departments[0]", "did you mean 'sales'?"),
        ({"answer": "1m", "channels": ["mial"]}, ".channels[0]", "did you mean 'mail'?"),
        ({"answer": "1m", "calendar": "workshp"}, ".calendar", "did you mean 'workshop'?"),
        ({"answer": "1m", "calendar": "workshop", "real_time": True}, ".real_time", "take one of them out"),
        ({"answer": "1m", "pauses": ["custmer"]}, ".pauses[0]", "did you mean 'customer'?"),
        ({"answer": "1m", "priority": [3]}, ".priority", "the lowest and the highest priority, like [3, 10]"),
        ({"answer": "1m", "priority": [3, 2]}, ".priority", "the lowest and the highest priority"),
        ({"answer": "1m", "priority": [1, 2, 3]}, ".priority", "the lowest and the highest priority"),
        ({"answer": "1m", "priority": [0, 11]}, ".priority", "a priority is between -10 and 10"),
        ({"answer": "1m", "priority": [-11, 0]}, ".priority", "a priority is between -10 and 10"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(keys, path, message):
    refused(f"sla[1]{path}", message, promises({"answer": "1m"}, keys))


def test_two_policies_of_one_name_are_refused():
    twice = promises({"answer": "1m"}, {"name": "policy0", "answer": "2m"})
    refused("sla[1].name", "there is another policy 'policy0'; give one another name", twice)


@pytest.mark.parametrize(
    ("keys", "path", "message"),
    [
        ({}, "", "it does nothing; say whom to `notify`, or what to do"),
        ({"of": ["answer"]}, "", "it does nothing"),
        *[
            ({"at": at, "priority": 1}, ".at", 'write it like "80%", or "breach"')
            for at in ("", "80", "0%", "100%", "-5%", "8.5%", "%", "٨%", "soon", "9" * 5000 + "%")
        ],
        ({"of": ["answr"], "priority": 1}, ".of[0]", "did you mean 'answer'?"),
        ({"notify": ["owner", "inez"]}, ".notify[1]", "did you mean 'ines'?"),
        ({"notify": ["ownr"]}, ".notify[0]", "did you mean 'owner'?"),
        ({"notify": ["admin"]}, ".notify[0]", "there is no operator 'admin'"),
        ({"priority": -1}, ".priority", "a step of priority is between 0 and 20"),
        ({"priority": 21}, ".priority", "a step of priority is between 0 and 20"),
        ({"require": ["billing>=11"]}, ".require[0]", "levels 1 to 10"),
        ({"drop": ["russian", "rusian"]}, ".drop[1]", "did you mean 'russian'?"),
        ({"lower": ["billing"], "drop": ["x"]}, ".drop[0]", "there is no skill 'x'"),
        ({"lower": ["biling>=2"]}, ".lower[0]", "did you mean 'billing'?"),
        ({"lower": ["billing>=0"]}, ".lower[0]", "levels 1 to 10"),
        ({"open_to": ["sels"]}, ".open_to[0]", "did you mean 'sales'?"),
        ({"move": "sales.shp"}, ".move", "did you mean 'sales.shop'?"),
        ({"offer_to": ["owner"]}, ".offer_to[0]", "there is no operator 'owner'"),
        ({"offer_to": ["ines", "admin"]}, ".offer_to[1]", "there is no operator 'admin'"),
        ({"webhook": "crm"}, ".webhook", "there is no webhook 'crm'"),
    ],
)
def test_an_escalation_that_cannot_be_meant_is_refused(keys, path, message):
    refused(f"sla[0].escalate[0]{path}", message, escalate(**keys))


@pytest.mark.parametrize("of", [[], ["answer"]])
def test_the_same_moment_twice_for_one_promise_is_refused(of):
    steps = [{"at": "80%", "priority": 1}, {"at": "80%", "of": of, "notify": ["owner"]}]
    twice = promises({"answer": "1m", "resolution": "1h", "escalate": steps})
    refused("sla[0].escalate[1].at", "something is done already; write both into one table", twice)


def test_an_unknown_key_is_refused_with_the_nearest_right_one():
    refused("sla[0]", "unknown key `resolutoin`; did you mean `resolution`?", promises({"resolutoin": "4h"}))
    refused("sla[0].escalate[0]", "unknown key `notfy`; did you mean `notify`?", escalate(notfy=["owner"]))


# ---- what cannot be kept


def unkeepable(*changes: Change) -> ConfigError:
    rules = config.core_config(changed(change("calendars", "night", to=NIGHT), *changes), REGISTRY, NOW_MS)
    with pytest.raises(ConfigError) as wrong:
        config.check_promises(rules, NOW_MS)
    return wrong.value


def keepable(*changes: Change) -> None:
    rules = config.core_config(changed(change("calendars", "night", to=NIGHT), *changes), REGISTRY, NOW_MS)
    config.check_promises(rules, NOW_MS)


def test_a_promise_that_its_own_calendar_cannot_meet_is_refused():
    wrong = unkeepable(promises({"answer": "1m"}, {"calendar": "night", "answer": "1h", "resolution": "115h"}))
    assert wrong.path == "sla[1].resolution"
    assert "calendar 'night' opens for 114 h in the next 800 days, less than this; shorten it" in str(wrong)
    keepable(promises({"calendar": "night", "resolution": "114h"}))


def test_a_promise_in_a_queues_calendar_is_measured_by_every_queue_it_holds_for():
    slow = queue("delivery.returns", calendar="night")
    assert unkeepable(promises({"department": "115h"}), slow).path == "sla[0].department"
    assert unkeepable(promises({"department": "115h", "departments": ["delivery"]}), slow).path == "sla[0].department"
    keepable(promises({"department": "115h", "departments": ["sales"]}), slow)


def test_in_real_time_and_without_a_calendar_every_length_can_be_met():
    slow = queue("delivery.returns", calendar="night")
    keepable(promises({"resolution": "3660d", "real_time": True}), slow)
    keepable(promises({"resolution": "3660d", "queues": ["sales.shop"]}))


def test_a_queues_own_first_response_counts_in_its_calendar_and_has_to_fit_too():
    wrong = unkeepable(queue("delivery.returns", calendar="night", first_response="115h"))
    assert wrong.path == "departments.delivery.queues.returns.first_response"
    keepable(queue("delivery.returns", calendar="night", first_response="114h"))
