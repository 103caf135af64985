"""Names, requirements, and the nearest right name."""

from __future__ import annotations

import pytest

from omniroute.config import requirement
from omniroute.config.names import near
from omniroute.core.rules import Requirement
from omniroute.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("billing", Requirement("billing", 1)),
        (" billing >= 5 ", Requirement("billing", 5)),
        ("русский>=10", Requirement("русский", 10)),
    ],
)
def test_requirements(text, wanted):
    assert requirement(text, "x") == wanted


@pytest.mark.parametrize(
    "text", ["", "a b", "billing>5", "billing>=", "billing>=0", "billing>=11", "billing>=-1", "billing>=100", ">=3"]
)
def test_what_is_no_requirement(text):
    with pytest.raises(ConfigError, match='write it like "billing>=5"'):
        requirement(text, "x")


def test_every_skill_is_not_a_skill():
    with pytest.raises(ConfigError, match="give this one another name"):
        requirement("all>=3", "x")


def test_without_a_near_name_all_are_shown():
    assert near("zebra", ["b", "a"]) == "; there are: a, b"
    assert near("offfer", ["offer", "title"]) == "; did you mean 'offer'?"
    assert near("x", []) == "; there are none"


def test_of_many_names_the_first_are_shown():
    names = [f"name{number:03}" for number in range(600)]
    assert near("zebra", names) == f"; there are: {', '.join(names[:40])}, …"
