"""Rules in order, then plugins, then the default; and there is always a queue."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.classify.world import INSTANCES, PLACEMENTS, QUEUES, classifier, interaction, state

from omniroute.channels.contract import Interaction
from omniroute.classifiers.contract import CustomerFacts, Facts
from omniroute.classifiers.stated import Stated
from omniroute.core.commands import Classification
from omniroute.core.intake import PRIORITY_MAX, TAGS_MAX, valid_tags
from omniroute.core.model import InteractionKind
from omniroute.core.rules import Requirement
from omniroute.engine.classify import Classifier
from omniroute.engine.classify.classifier import RULE_CHARS_MAX

ANY = {"contact": False}


def place(one: Classifier, instance: str = "mail", **facts: Any) -> Classification:
    return one.classify(instance, interaction(**facts), state())


class Plugin:
    """Answers what it is told to, or raises it; remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[Facts] = []

    def classify(self, facts: Facts) -> Any:
        self.asked.append(facts)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


# ---- the default
@pytest.mark.parametrize(
    ("instance", "facts", "expected"),
    [
        ("mail", {}, ("support.general", "question")),
        ("mail", {"account": "Billing@lumen.example"}, ("support.billing", "question")),
        ("web", {}, ("sales.shop", "order")),
        ("web", {"fields": {"kind": "complaint"}}, ("sales.shop", "complaint")),
    ],
)
def test_without_rules_the_account_and_the_channel_decide(instance, facts, expected):
    found = place(classifier(), instance, **facts)
    assert (found.queue_id, found.kind) == expected
    assert (found.rule, found.tags, found.priority) == ("default", (), None)
    assert found.department_id == QUEUES[found.queue_id]


def test_the_language_adds_its_skill():
    one = classifier(skills={"ru": "russian"})
    assert place(one, language="ru").requirements == (Requirement("russian"),)
    assert place(one, language="de").requirements == ()


# ---- rules
FULL = {
    "queue": "sales.trade",
    "kind": "offer",
    "priority": -3,
    "tags": ["big", "big", "new"],
    "requires": ["trade>=5", "trade>=3", "english"],
    "prefers": ["german>=7"],
    "language": "ru",
}


def test_a_rule_gives_everything():
    one = classifier({"name": "trade", "when": ANY, "then": FULL}, skills={"ru": "russian"})
    assert place(one) == Classification(
        "sales",
        "sales.trade",
        "offer",
        -3,
        (Requirement("english"), Requirement("russian"), Requirement("trade", 5)),
        "ru",
        (Requirement("german", 7),),
        ("big", "new"),
        "trade",
    )


def test_what_a_rule_leaves_open_is_the_defaults():
    found = place(classifier({"when": ANY}), "web", language="de")
    assert (found.queue_id, found.kind, found.priority, found.language) == ("sales.shop", "order", None, "de")
    assert (found.tags, found.rule) == (("yes",), "rule 1")


def test_a_department_is_its_default_queue():
    assert place(classifier({"when": ANY, "then": {"department": "sales"}})).queue_id == "sales.shop"


def test_the_first_match_ends_it():
    one = classifier(
        {"when": {"text": ["chair"]}, "then": {"queue": "sales.shop"}},
        {"when": {"text": ["lamp"]}, "then": {"queue": "sales.trade"}},
        {"when": ANY, "then": {"queue": "support.billing"}},
    )
    assert [place(one, text=text).rule for text in ("chair lamp", "lamp", "")] == ["rule 1", "rule 2", "rule 3"]


def test_a_rule_of_the_language_holds_over_the_skill_at_its_level():
    one = classifier({"when": ANY, "then": {"requires": ["russian>=6"]}}, skills={"ru": "russian"})
    assert place(one, language="ru").requirements == (Requirement("russian", 6),)


def test_rules_that_go_on_add_up_and_what_was_said_first_stays():
    one = classifier(
        {"name": "a", "when": ANY, "then": {"tags": ["x"], "priority": 2, "requires": ["s>=3"], "go_on": True}},
        {"name": "b", "when": {"text": ["nothing"]}, "then": {"tags": ["z"], "go_on": True}},
        {"name": "c", "when": ANY, "then": {"tags": ["y", "x"], "priority": 5, "kind": "k", "requires": ["s>=7"]}},
        {"name": "d", "when": ANY, "then": {"queue": "sales.trade"}},
    )
    found = place(one)
    assert (found.tags, found.priority, found.kind, found.queue_id) == (("x", "y"), 2, "k", "support.general")
    assert (found.requirements, found.rule) == ((Requirement("s", 7),), "a + c")


def test_going_on_to_the_end_leaves_the_place_to_the_default():
    found = place(classifier({"when": ANY, "then": {"tags": ["x"], "go_on": True}}))
    assert (found.tags, found.queue_id, found.rule) == (("x",), "support.general", "rule 1 + default")


def test_tags_and_names_have_a_limit_even_over_many_rules():
    many = [{"when": ANY, "then": {"tags": [f"{n}-{m}" for m in range(9)], "go_on": True}} for n in range(60)]
    found = place(classifier(*many))
    assert len(found.tags) == TAGS_MAX
    assert len(found.rule) == RULE_CHARS_MAX


def test_a_queue_that_is_gone_leaves_the_default():
    one = classifier({"when": ANY, "then": {"queue": "sales.trade", "tags": ["x"]}})
    smaller = state()
    del smaller.queues["sales.trade"]
    found = one.classify("mail", interaction(), smaller)
    assert (found.queue_id, found.tags) == ("support.general", ("x",))


# ---- plugins
def test_plugins_are_asked_by_name_and_the_first_answer_wins():
    quiet, first, second = Plugin(None), Plugin(Classification("sales", kind="offer")), Plugin(None)
    found = place(classifier(plugins={"c": second, "b": first, "a": quiet}))
    assert (found.queue_id, found.kind, found.rule) == ("sales.shop", "offer", "b")
    assert (len(quiet.asked), len(first.asked), len(second.asked)) == (1, 1, 0)


def test_a_rule_that_matches_asks_no_plugin():
    plugin = Plugin(Classification("sales"))
    assert place(classifier({"when": ANY}, plugins={"p": plugin})).queue_id == "support.general"
    assert not plugin.asked


@pytest.mark.parametrize(("then", "rule"), [({"tags": ["x"]}, "rule 1 + p"), ({"queue": "support.billing"}, "rule 1")])
def test_plugins_are_asked_after_rules_that_go_on_without_a_place(then, rule):
    plugin = Plugin(Classification("sales", tags=("y",), requirements=(Requirement("s", 2),)))
    found = place(classifier({"when": ANY, "then": {**then, "go_on": True}}, plugins={"p": plugin}))
    assert found.rule == rule
    assert bool(plugin.asked) == (found.queue_id == "sales.shop")
    if plugin.asked:
        assert (found.tags, found.requirements) == (("x", "y"), (Requirement("s", 2),))


def test_a_plugin_is_told_all_facts():
    plugin, one, customer = Plugin(None), interaction(text="hello", language="ru"), CustomerFacts(True, 4, 1)
    classifier(plugins={"p": plugin}).classify("web", one, state(), received_ms=7, customer=customer)
    (facts,) = plugin.asked
    assert (facts.instance, facts.interaction, facts.received_ms, facts.customer) == ("web", one, 7, customer)
    assert facts.default == Classification("sales", "sales.shop", "order", language="ru", rule="default")
    assert facts.queues == QUEUES


def test_a_form_that_names_a_department_is_followed():
    one = classifier(plugins={"stated": Stated()})
    assert place(one, account="billing@lumen.example", fields={"department": "sales"}).queue_id == "sales.shop"
    assert place(one, fields={"department": "nowhere"}).rule == "default"


BAD = {
    "raises": ZeroDivisionError("secret words"),
    "unknown department": Classification("moon"),
    "unknown queue": Classification("sales", "sales.moon"),
    "queue of another department": Classification("sales", "support.general"),
    "no classification": "sales",
    "wrong type": Classification("sales", priority="high"),
    "cannot be written": Classification("sales", kind=object()),
    "priority": Classification("sales", priority=PRIORITY_MAX + 1),
    "tags": Classification("sales", tags=("x",) * (TAGS_MAX + 1)),
    "empty tag": Classification("sales", tags=("",)),
    "level": Classification("sales", requirements=(Requirement("s", 11),)),
    "skill": Classification("sales", preferred=(Requirement("", 1),)),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_a_plugin_that_fails_leaves_the_default_and_is_named(answer):
    later = Plugin(Classification("sales"))
    with structlog.testing.capture_logs() as logged:
        found = place(classifier(plugins={"p": Plugin(answer), "q": later}))
    assert (found.queue_id, found.rule, found.tags) == ("support.general", "p failed", ())
    assert not later.asked
    assert logged
    assert "secret words" not in str(logged)


def test_each_kind_of_failure_is_logged_once():
    plugin = Plugin(ZeroDivisionError())
    one = classifier(plugins={"p": plugin})
    with structlog.testing.capture_logs() as logged:
        for plugin.answer in (ZeroDivisionError(), KeyError("a"), ZeroDivisionError(), KeyError("b"), None):
            place(one)
    assert [(line["classifier"], line["kind"]) for line in logged] == [("p", "ZeroDivisionError"), ("p", "KeyError")]


# ---- always an answer
WORDS = st.sampled_from(["lamp", "chair", "invoice*", "charged twice"])
WHENS = st.fixed_dictionaries(
    {"automatic": st.booleans()},
    optional={
        "channel": st.lists(st.sampled_from(INSTANCES), min_size=1, max_size=2),
        "account": st.lists(st.sampled_from(["*", "billing@*", "x"]), min_size=1, max_size=2),
        "language": st.just(["ru"]),
        "hours": st.fixed_dictionaries({"calendar": st.just("office"), "open": st.booleans()}),
        "days": st.just(["mon", "sat"]),
        "text": st.lists(WORDS, min_size=1, max_size=3),
        "subject": st.lists(WORDS, min_size=1, max_size=3),
        "contact": st.booleans(),
        "field": st.just({"product": ["lamp*"]}),
        "customer": st.fixed_dictionaries({"known": st.booleans(), "earlier_min": st.integers(0, 2)}),
    },
).map(lambda when: {**when, "timezone": "Europe/Berlin"} if "days" in when else when)
TAGS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4)
THENS = st.fixed_dictionaries(
    {"tags": TAGS, "go_on": st.booleans()},
    optional={
        "queue": st.sampled_from(list(QUEUES)),
        "kind": st.sampled_from(["order", "complaint"]),
        "priority": st.integers(-10, 10),
        "requires": st.just(["billing>=5"]),
        "language": st.just("ru"),
    },
)
TEXTS = st.sampled_from(["", "lamp", "an Invoice was charged twice", "chair\u0301 lamp", "x" * 30_000]) | st.text()
INTERACTIONS = st.builds(
    interaction,
    subject=TEXTS,
    text=TEXTS,
    kind=st.sampled_from(list(InteractionKind)),
    account=st.sampled_from(["", "billing@lumen.example"]),
    language=st.sampled_from(["", "ru"]),
    automatic=st.booleans(),
    fields=st.dictionaries(st.sampled_from(["product", "kind", "department"]), TEXTS),
)
ANSWERS = st.none() | st.sampled_from([*BAD.values(), Classification("sales"), Classification("sales", "sales.trade")])


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(
    st.lists(st.fixed_dictionaries({"when": WHENS, "then": THENS}), max_size=6),
    INTERACTIONS,
    st.sampled_from(INSTANCES),
    st.integers(0, 4 * 10**12),
    ANSWERS,
)
def test_there_is_always_a_classification_with_a_queue(documents, one: Interaction, instance, received_ms, answer):
    made = classifier(*documents, plugins={"p": Plugin(answer), "stated": Stated()}, skills={"ru": "russian"})
    customer = CustomerFacts(received_ms % 2 == 0, received_ms % 3)
    found = made.classify(instance, one, state(), received_ms=received_ms, customer=customer)
    assert found.department_id == QUEUES[found.queue_id]
    assert found.kind
    assert found.priority is None or abs(found.priority) <= PRIORITY_MAX
    assert valid_tags(found.tags)
    assert found.rule
    again = made.classify(instance, one, state(), received_ms=received_ms, customer=customer)
    assert again == found
    assert set(PLACEMENTS) == set(INSTANCES)
