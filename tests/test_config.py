"""The configuration: what is wrong is named by its path, with the nearest right name, before anything starts."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omniroute import config, demo, plugins
from omniroute.core.model import Requirement
from omniroute.errors import ConfigError

COMPANY = Path(demo.__file__).parent / "company.toml"
REGISTRY = plugins.load()


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(tomllib.loads(COMPANY.read_text(encoding="utf-8")))


def check(document: dict[str, Any]) -> config.Config:
    parsed = config.parse(document)
    config.check(parsed, REGISTRY)
    return parsed


def test_the_example_is_right(document):
    parsed = check(document)
    core = config.core_config(parsed, REGISTRY)
    billing = next(queue for queue in core.queues if queue.queue_id == "support.billing")
    assert (billing.requirements, billing.offer_ms, billing.priority) == ((Requirement("billing", 5),), 30_000, 1)
    assert {rule.instance for rule in core.channels} == set(document["channels"])
    assert "admin" not in {operator.operator_id for operator in config.operators(parsed)}


def change(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def apply(document: dict[str, Any]) -> None:
        for part in path[:-1]:
            document = document[part]
        if to is None:
            del document[path[-1]]
        else:
            document[path[-1]] = to

    return apply


TRADE = ("departments", "sales", "queues", "trade")
WRONG = [
    (change("chanels", to={}), "", "unknown key `chanels`; did you mean `channels`?"),
    (change("server", "prot", to=1), "server", "did you mean `port`?"),
    (change("server", "port", to="80"), "server.port", "Expected `int`, got `str`"),
    (change("server", "port", to=70_000), "server.port", "between 0 and 65535"),
    (change("server", "session_hours", to=0), "server.session_hours", "at least 1"),
    (change(*TRADE, "ofer", to="3s"), "departments.sales.queues.trade", "did you mean `offer`?"),
    (change(*TRADE, "offer", to="soon"), "departments.sales.queues.trade.offer", 'write it like "20s"'),
    (change(*TRADE, "offer", to="0s"), "departments.sales.queues.trade.offer", "needs some time"),
    (change(*TRADE, "offer", to=3), "departments.sales.queues.trade.offer", "Expected `str`, got `int`"),
    (
        change(*TRADE, "policy", to="longest_idel"),
        "departments.sales.queues.trade.policy",
        "did you mean 'longest_idle'?",
    ),
    (change(*TRADE, "requires", to=["trade>=11"]), "departments.sales.queues.trade.requires", "levels 1 to 10"),
    (change(*TRADE, "requires", to=["x", 3]), "departments.sales.queues.trade.requires[1]", "Expected `str`"),
    (
        change("departments", "sales", "default_queue", to="shp"),
        "departments.sales.default_queue",
        "did you mean 'sales.shop'?",
    ),
    (
        change("departments", "Sales!", to={"title": "x", "default_queue": "q", "queues": {}}),
        "departments.Sales!",
        "small letters",
    ),
    (change("departments", to={}), "", "at least one department"),
    (change("channels", "mail", "kind", to="emial"), "channels.mail.kind", "did you mean 'email'?"),
    (
        change("channels", "mail", "queue", to="support.generl"),
        "channels.mail.queue",
        "did you mean 'support.general'?",
    ),
    (change("channels", "mail", "queue", to=None), "channels.mail", "missing required field `queue`"),
    (change("channels", "mail", "cost", to=-1), "channels.mail.cost", "not negative"),
    (change("channels", "mail", "options", "adresses", to=[]), "channels.mail.options", "did you mean `addresses`?"),
    (change("channels", "mail", "options", "listen", to="x"), "channels.mail.options", "127.0.0.1:8025"),
    (change("channels", "phone", "options", "secret", to="short"), "channels.phone.options", "at least 16 bytes"),
    (
        change("channels", "mail", "queues_by_account", to={"a@x": "moon.x"}),
        "channels.mail.queues_by_account",
        "no queue",
    ),
    (change("operators", "mira", "role", to="god"), "operators.mira.role", "operator, supervisor or admin"),
    (change("operators", "mira", "departments", to=["sals"]), "operators.mira.departments", "did you mean 'sales'?"),
    (change("operators", "mira", "skills", "trade", to=11), "operators.mira.skills.trade", "between 1 and 10"),
    (change("operators", "mira", "skills", "trade", to="x"), "operators.mira.skills.trade", "Expected `int`"),
    (change("operators", "mira", "capacity", to=0), "operators.mira.capacity", "at least one unit"),
    (change("routing", "offers_max", to=0), "routing.offers_max", "at least 1"),
    (change("routing", "priority_weight", to="x"), "routing.priority_weight", "length of time"),
]


@pytest.mark.parametrize(
    ("apply", "path", "message"), WRONG, ids=[f"{path}-{n}" for n, (_, path, _) in enumerate(WRONG)]
)
def test_the_path_of_the_mistake_and_the_nearest_right_name(document, apply, path, message):
    apply(document)
    with pytest.raises(ConfigError) as wrong:
        check(document)
    assert wrong.value.path == path
    assert message in str(wrong.value)
    assert str(wrong.value).startswith(path)


@pytest.mark.parametrize("content", [b"x = ", b"\xff\xfe", b"x = 1\nx = 2"])
def test_what_is_not_toml_is_said_so(tmp_path, content):
    path = tmp_path / "omniroute.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not TOML"):
        config.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        config.read(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "length_ms"), [("1ms", 1), ("20s", 20_000), (" 5m ", 300_000), ("4h", 14_400_000), ("1d", 86_400_000)]
)
def test_lengths_of_time(text, length_ms):
    assert config.length_ms(text, "x") == length_ms


@pytest.mark.parametrize("text", ["", "5", "5 m", "-5m", "5min", "1.5h", "٣s", "9" * 20 + "s"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(ConfigError):
        config.length_ms(text, "x")


def test_a_secret_that_the_file_does_not_give_comes_from_the_installation(document):
    section = config.parse(document).channels["web"]
    one, other = (config.channel_options("web", section, REGISTRY, secret) for secret in ("a", "b"))
    assert one.secret != other.secret
    assert len(one.secret) == 64
    assert one.secret == config.channel_options("web", section, REGISTRY, "a").secret
    assert one.secret not in repr(one)


@pytest.mark.parametrize(
    ("options", "path"),
    [({"origins": ["self", "shop.example"]}, "origins[1]"), ({"secret": "short"}, "secret")],
)
def test_options_check_themselves(document, options, path):
    document["channels"]["web"]["options"] |= options
    with pytest.raises(ConfigError) as wrong:
        check(document)
    assert wrong.value.path == f"channels.web.options.{path}"
    assert str(wrong.value).count(f"options.{path}") == str(wrong.value).count(": ") == 1
