"""`check_classifier` finds every breach of the contract, and lets good classifiers pass."""

from __future__ import annotations

import itertools
import time

import pytest

from omniroute.core.commands import Classification
from omniroute.core.rules import Requirement
from omniroute.testing import classifier as checking
from omniroute.testing.classifier import check_classifier, generated_facts

SUPPORT = Classification("support")


class Good:
    name: object = "mine"

    def classify(self, facts):
        return SUPPORT if "invoice" in facts.interaction.text[:100] else None


def _with(make):
    class Changed(Good):
        def classify(self, facts):
            return make(facts)

    return Changed()


_calls = itertools.count()


def _changing(facts):
    facts.interaction.fields["x"] = "y"


def _raising(facts):
    raise ZeroDivisionError


BREACHES = {
    "needs a name": type("Nameless", (Good,), {"name": ""})(),
    "raised": _with(_raising),
    "a Classification or None": _with(lambda facts: "support"),
    "wrong type": _with(lambda facts: Classification("support", priority="high")),
    "wrong type.*object": _with(lambda facts: Classification("support", kind=object())),
    "names a department": _with(lambda facts: Classification("")),
    "between -10 and 10": _with(lambda facts: Classification("support", priority=11)),
    "at most 20 tags": _with(lambda facts: Classification("support", tags=("",))),
    "changed the facts": _with(_changing),
    "another answer": _with(lambda facts: Classification("support", priority=next(_calls) % 7)),
}


@pytest.mark.parametrize("message", BREACHES)
def test_a_breach_is_named(message):
    with pytest.raises(AssertionError, match=message):
        check_classifier(BREACHES[message])


def test_a_slow_one_is_named(monkeypatch):
    seconds = itertools.count()
    monkeypatch.setattr(time, "thread_time", lambda: next(seconds))
    with pytest.raises(AssertionError, match="took more than"):
        check_classifier(Good())


def test_good_ones_pass():
    check_classifier(Good())
    check_classifier(_with(lambda facts: Classification("sales", requirements=(Requirement("x", 2),), tags=("a",))))


def test_the_facts_are_the_same_every_time_and_of_every_kind():
    facts = generated_facts()
    assert facts == generated_facts()
    assert {one.customer.known for one in facts} == {True, False}
    assert max(len(one.interaction.text) for one in facts) == 20_000


def test_the_authors_own_facts_are_asked():
    asked = []
    own = generated_facts()[0]
    check_classifier(_with(asked.append), own)
    assert asked[0] is own
    assert len(asked) == 2 * (checking.FACTS + 1)
