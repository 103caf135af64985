"""Every condition alone: a case in which it holds, and one in which it does not."""

from __future__ import annotations

import pytest
from tests.engine.classify.world import HOUR_MS, INSTANCES, MONDAY_MS, classifier, interaction, state

from omniroute.classifiers.contract import CustomerFacts
from omniroute.core.model import InteractionKind


def holds(when, *, instance="mail", received_ms=MONDAY_MS, customer=None, **facts):
    found = classifier({"when": when}).classify(
        instance, interaction(**facts), state(), received_ms=received_ms, customer=customer or CustomerFacts()
    )
    return found.tags == ("yes",)


CASES = [
    ({"channel": ["mail", "web"]}, {}, {"instance": "phone"}),
    ({"account": ["BILLING@*"]}, {"account": "billing@lumen.example"}, {"account": "sales@lumen.example"}),
    ({"account": ["*"]}, {}, None),
    ({"address": ["*@example.org"]}, {}, {"address": "kim@example.com"}),
    ({"address": ["+49*"]}, {"by": "tel", "address": "+493023"}, {"by": "tel", "address": "+333023"}),
    ({"language": ["ru", "DE"]}, {"language": "de"}, {"language": ""}),
    ({"language": ["pt"]}, {"language": "pt-BR"}, {"language": "ptx"}),
    ({"language": ["pt-BR"]}, {"language": "pt-br"}, {"language": "pt"}),
    ({"subject": ["invoice"]}, {"subject": "The invoice"}, {"text": "The invoice"}),
    ({"text": ["refund"]}, {"subject": "Refund!"}, {"subject": "Lamp", "text": "refunded", "quoted": "refund"}),
    ({"text": ["refund"]}, {"text": "a refund"}, {}),
    ({"text": ["lamp broken"]}, {"text": "lamp, broken"}, {"subject": "lamp", "text": "broken"}),
    ({"kind": ["complaint"]}, {"fields": {"kind": "complaint"}}, {}),
    ({"kind": ["order"]}, {"instance": "web"}, {"instance": "web", "fields": {"kind": "question"}}),
    ({"contact": True}, {"kind": InteractionKind.CONTACT_STARTED}, {}),
    ({"contact": False}, {}, {"kind": InteractionKind.CONTACT_ABANDONED}),
    ({"automatic": True}, {"automatic": True}, {}),
    ({"automatic": False}, {}, {"automatic": True}),
    ({"field": {"product": ["lamp*"]}}, {"fields": {"product": "Lamp 7"}}, {"fields": {"product": "chair"}}),
    ({"field": {"product": ["*"]}}, {"fields": {"product": ""}}, {"fields": {"other": "lamp"}}),
    ({"field": {"a": ["x"], "b": ["y"]}}, {"fields": {"a": "x", "b": "y"}}, {"fields": {"a": "x"}}),
    ({"customer": {"known": True}}, {"customer": CustomerFacts(known=True)}, {}),
    ({"customer": {"known": False}}, {}, {"customer": CustomerFacts(known=True)}),
    ({"customer": {"earlier_min": 2}}, {"customer": CustomerFacts(True, 2)}, {"customer": CustomerFacts(True, 1)}),
    (
        {"customer": {"open_matters_min": 1}},
        {"customer": CustomerFacts(True, 3, 1)},
        {"customer": CustomerFacts(True, 3, 0)},
    ),
    (
        {"channel": ["mail"], "text": ["lamp"]},
        {"text": "lamp"},
        {"text": "lamp", "instance": "web"},
    ),
]


@pytest.mark.parametrize(("when", "yes", "no"), CASES, ids=[str(when) for when, _, _ in CASES])
def test_a_condition_holds_and_does_not(when, yes, no):
    assert holds(when, **yes)
    assert no is None or not holds(when, **no)


UTC, BERLIN, NEW_YORK = {"timezone": "UTC"}, {"timezone": "Europe/Berlin"}, {"timezone": "America/New_York"}
TIMES = [
    ({"hours": {"calendar": "office", "open": True}}, [9, 16.99], [8.99, 17, 0]),
    ({"hours": {"calendar": "office", "open": False}}, [8.99, 17, 0], [9, 16.99]),
    ({"hours": {"calendar": "office", "open": True}}, [24 * 8, 24 * 100], [24 * 5]),
    ({"time": ["09:00-17:00"], **UTC}, [9, 16.99], [8.99, 17]),
    ({"time": ["22:00-06:00"], **UTC}, [22, 23.99, 0, 5.99], [6, 12, 21.99]),
    ({"time": ["00:00-24:00"], **UTC}, [0, 12, 23.99], []),
    ({"time": ["20:00-24:00"], **UTC}, [20, 23.99], [0, 19.99]),
    ({"time": ["08:00-09:00", "18:00-19:00"], **UTC}, [8.5, 18.5], [12]),
    ({"time": ["10:00-11:00"], **BERLIN}, [9, 9.99], [10]),
    ({"days": ["mon", "Tue"], **UTC}, [0, 47.99], [-0.01, 48]),
    ({"days": ["sun"], **NEW_YORK}, [0, 4.99], [5]),
    ({"days": ["sat"], "time": ["22:00-06:00"], **UTC}, [5 * 24 + 2, 5 * 24 + 23], [4 * 24 + 23, 6 * 24 + 2]),
    ({"time": ["10:00-18:00"], "hours": {"calendar": "office", "open": True}}, [9, 16.5], [8, 17.5]),
]


@pytest.mark.parametrize(("when", "yes", "no"), TIMES, ids=[str(when) for when, _, _ in TIMES])
def test_a_moment_is_within_and_is_not(when, yes, no):
    assert all(holds(when, received_ms=MONDAY_MS + int(hour * HOUR_MS)) for hour in yes)
    assert not any(holds(when, received_ms=MONDAY_MS + int(hour * HOUR_MS)) for hour in no)


@pytest.mark.parametrize(("day", "hour"), [(0, 9), (120, 8)])
def test_the_time_of_day_follows_daylight_saving(day, hour):
    """Berlin, ten in the morning: nine in November, eight in the summer after."""
    moment = MONDAY_MS + (24 * (day and day + 90) + hour) * HOUR_MS
    assert holds({"time": ["10:00-10:01"], **BERLIN}, received_ms=moment)


def test_a_calendar_that_is_gone_says_that_it_is_open():
    one = classifier({"when": {"hours": {"calendar": "office", "open": True}}})
    bare = state()
    bare.config = type(bare.config)(bare.config.departments, bare.config.queues, bare.config.channels)
    assert one.classify("mail", interaction(), bare, received_ms=MONDAY_MS).tags == ("yes",)


def test_instances_are_the_ones_of_the_world():
    assert all(holds({"channel": [name]}, instance=name) for name in INSTANCES)
