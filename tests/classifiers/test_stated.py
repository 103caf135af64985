"""The built-in classifier: a form that names a department is followed."""

from __future__ import annotations

import pytest

from omniroute.channels.contract import Identity, Interaction
from omniroute.classifiers.contract import Facts
from omniroute.classifiers.plugin import omniroute_classifiers
from omniroute.classifiers.stated import Stated
from omniroute.core.commands import Classification
from omniroute.testing.classifier import check_classifier


def facts(**fields: str) -> Facts:
    return Facts(
        instance="desk",
        interaction=Interaction(sender=Identity("name", "Kim"), fields=fields),
        received_ms=0,
        default=Classification("support", "support.general", "complaint", language="ru"),
        queues={"support.general": "support", "sales.shop": "sales"},
    )


def test_it_keeps_the_contract():
    for one in omniroute_classifiers():
        check_classifier(one)


def test_a_stated_department_is_followed_and_the_rest_stays():
    assert Stated().classify(facts(department="sales")) == Classification("sales", "", "complaint", language="ru")


@pytest.mark.parametrize("fields", [{}, {"department": ""}, {"department": "nowhere"}, {"department": "sales.shop"}])
def test_nothing_stated_is_nothing_said(fields):
    assert Stated().classify(facts(**fields)) is None
