"""Reading: what is wrong is named by its path, with the nearest right name, before anything starts."""

from __future__ import annotations

import pytest
from tests.config.company import change, check, company, refused

from omniroute import config
from omniroute.config.reading import convert
from omniroute.config.sections import Section
from omniroute.errors import ConfigError

TRADE = ("departments", "sales", "queues", "trade")


def test_the_example_is_right():
    document = company()
    parsed = check(document)
    assert set(parsed.channels) == set(document["channels"])
    assert parsed.calendars["workshop"].timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("apply", "path", "message"),
    [
        (change("chanels", to={}), "", "unknown key `chanels`; did you mean `channels`?"),
        (change("server", "prot", to=1), "server", "did you mean `port`?"),
        (change("server", "port", to="80"), "server.port", "Expected `int`, got `str`"),
        (change(*TRADE, "ofer", to="3s"), "departments.sales.queues.trade", "did you mean `offer`?"),
        (change(*TRADE, "offer", to=3), "departments.sales.queues.trade.offer", "Expected `str`, got `int`"),
        (change(*TRADE, "policy", to=3), "departments.sales.queues.trade.policy", "got `int`"),
        (change(*TRADE, "policy", to=["x", 3]), "departments.sales.queues.trade.policy[1]", "got `int`"),
        (change(*TRADE, "requires", to=["x", 3]), "departments.sales.queues.trade.requires[1]", "Expected `str`"),
        (change(*TRADE, "auto_accept", to="yes"), "departments.sales.queues.trade.auto_accept", "Expected `bool`"),
        (change("channels", "mail", "queue", to=None), "channels.mail", "missing required field `queue`"),
        (change("operators", "mira", "skills", "trade", to="x"), "operators.mira.skills.trade", "Expected `int`"),
        (change("calendars", "c", to={}), "calendars.c", "missing required field `timezone`"),
        (
            change("calendars", "c", to={"timezone": "UTC", "open": {"2026-12-24": [3]}}),
            "calendars.c.open.2026-12-24[0]",
            "Expected `str`",
        ),
    ],
)
def test_the_path_of_the_mistake_and_the_nearest_right_name(apply, path, message):
    refused(path, message, apply)


class Inner(Section):
    queue: str


class Outer(Section):
    rules: list[Inner] = []
    tables: dict[str, list[Inner]] = {}


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"rules": [{"queue": "a"}, {"queue": "b", "quue": 1}]}, "x.rules[1]", "did you mean `queue`?"),
        ({"rules": [{"queue": "a"}, {"queue": 3}]}, "x.rules[1].queue", "Expected `str`"),
        ({"tables": {"one": [{"queue": "a"}], "two": [{}]}}, "x.tables.two[0]", "missing required field"),
        ({"tables": {"one": [], "two": [{"que": "a"}]}}, "x.tables.two[0]", "did you mean `queue`?"),
    ],
)
def test_lists_of_tables_are_named_by_their_place(value, path, message):
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")) as wrong:
        convert(value, Outer, "x")
    assert wrong.value.path == path


def test_a_list_of_tables_is_read():
    assert convert({"rules": [{"queue": "a"}]}, Outer, "x") == Outer(rules=[Inner(queue="a")])


@pytest.mark.parametrize("content", [b"x = ", b"\xff\xfe", b"x = 1\nx = 2"])
def test_what_is_not_toml_is_said_so(tmp_path, content):
    path = tmp_path / "omniroute.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not TOML"):
        config.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        config.read(tmp_path / "nowhere.toml")
