"""Channel instances: what the core gets of them, their options, and where their matters go."""

from __future__ import annotations

import pytest
from tests.config.company import NOW_MS, REGISTRY, change, changed, check, company, refused

from omniroute import config
from omniroute.core.rules import ChannelRule
from omniroute.errors import ConfigError


def channel(name: str, **keys) -> ChannelRule:
    parsed = changed(*(change("channels", name, key, to=value) for key, value in keys.items()))
    rules = config.core_config(parsed, REGISTRY, NOW_MS).channels
    return next(rule for rule in rules if rule.instance == name)


def test_every_key_arrives():
    rule = channel("web", cost=3, max_items=4, exclusive=True, interrupts=["mail", "desk"], idle="7m")
    interrupts = ("mail", "desk")
    kept = {"items_max": 4, "exclusive": True, "interrupts": interrupts, "idle_ms": 420_000, "tells": True}
    assert rule == ChannelRule("web", 3, realtime=True, session=True, **kept)


def test_without_a_cost_the_channels_own_holds():
    assert channel("mail", cost=0).cost_units == REGISTRY.channels["email"].capabilities.cost_units


@pytest.mark.parametrize(
    ("name", "connect", "connect_ms"),
    [("phone", "", 30_000), ("phone", "12s", 12_000), ("phone", "0s", 0), ("mail", "", 0), ("mail", "0s", 0)],
)
def test_only_what_connects_takes_time_to_connect(name, connect, connect_ms):
    assert channel(name, connect=connect).connect_ms == connect_ms


@pytest.mark.parametrize(
    ("name", "key", "value", "path", "message"),
    [
        ("mail", "kind", "emial", "kind", "did you mean 'email'?"),
        ("mail", "queue", "support.generl", "queue", "did you mean 'support.general'?"),
        ("mail", "queues_by_account", {"a@x.example": "moon.x"}, "queues_by_account.a@x.example", "no queue 'moon.x'"),
        ("mail", "cost", -1, "cost", "not negative"),
        ("mail", "cost", 10**20, "cost", "between 0 and 1000"),
        ("mail", "max_items", -1, "max_items", "between 0 and 1000"),
        ("mail", "max_items", 10**9, "max_items", "between 0 and 1000"),
        ("web", "idle", "-5m", "idle", "length of time"),
        ("web", "idle", "99999d", "idle", "too long"),
        ("phone", "connect", "soon", "connect", "length of time"),
        ("mail", "connect", "30s", "connect", "'email' connects nobody; take it out"),
        ("phone", "interrupts", ["mail", "mial"], "interrupts[1]", "did you mean 'mail'?"),
        ("phone", "interrupts", ["mail", "phone"], "interrupts[1]", "cannot interrupt itself"),
        ("mail", "interrupts", ["desk", "phone"], "interrupts[1]", "one another (mail → phone → mail)"),
    ],
)
def test_what_cannot_be_meant_is_refused(name, key, value, path, message):
    refused(f"channels.{name}.{path}", message, change("channels", name, key, to=value))


@pytest.mark.parametrize(
    ("name", "key", "value", "path", "message"),
    [
        ("mail", "adresses", [], "", "did you mean `addresses`?"),
        ("mail", "listen", "x", "", "127.0.0.1:8025"),
        ("phone", "secret", "short", "", "at least 16 bytes"),
        ("web", "origins", ["self", "shop.example"], ".origins[1]", "https://"),
        ("web", "secret", "short", ".secret", "at least 16"),
    ],
)
def test_options_are_checked_by_their_channel(name, key, value, path, message):
    refused(f"channels.{name}.options{path}", message, change("channels", name, "options", key, to=value))


def test_the_path_is_said_once():
    document = company()
    document["channels"]["web"]["options"]["secret"] = "short"
    with pytest.raises(ConfigError) as wrong:
        check(document)
    assert str(wrong.value).count("options.secret") == str(wrong.value).count(": ") == 1


def test_a_secret_that_the_file_does_not_give_comes_from_the_installation():
    section = changed().channels["web"]
    one, other = (config.channel_options("web", section, REGISTRY, secret) for secret in ("a", "b"))
    assert one.secret != other.secret
    assert len(one.secret) == 64
    assert one.secret == config.channel_options("web", section, REGISTRY, "a").secret
    assert one.secret not in repr(one)


def test_matters_go_by_account_whatever_its_letters():
    parsed = changed(change("channels", "mail", "queues_by_account", to={"Sales@Lumen.example": "sales.shop"}))
    placement = config.placements(parsed)["mail"]
    assert (placement.queue_id, placement.queue_by_account) == (
        "support.general",
        {"sales@lumen.example": "sales.shop"},
    )
