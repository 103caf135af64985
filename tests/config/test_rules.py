"""The whole configuration of the core."""

from __future__ import annotations

import msgspec
import pytest
from tests.config.company import NOW_MS, REGISTRY, change, changed, refused

from omniroute import config
from omniroute.core.rules import CoreConfig, DepartmentRule, Overflow, OverflowCause, Relaxation, Requirement

DAY_MS = 86_400_000


def test_the_example_has_something_of_everything():
    core = config.core_config(changed(), REGISTRY, NOW_MS)
    queues = {rule.queue_id: rule for rule in core.queues}
    phone = next(rule for rule in core.channels if rule.instance == "phone")
    assert DepartmentRule("support", "support.general") in core.departments
    assert queues["support.billing"].requirements == (Requirement("billing", 5),)
    assert queues["support.billing"].preferred == (Requirement("german", 8),)
    assert Relaxation(180_000, departments=("support",)) in queues["delivery.returns"].relaxations
    assert Overflow(OverflowCause.CLOSED, outcome="mail") in queues["support.general"].overflows
    assert (phone.cost_units, phone.interrupts, phone.connect_ms) == (5, ("mail",), 30_000)


def test_the_examples_calendar_is_always_open():
    (calendar,) = config.core_config(changed(), REGISTRY, NOW_MS).calendars
    assert len(calendar.intervals) == 1
    assert calendar.intervals[0][0] <= NOW_MS - 7 * DAY_MS
    assert calendar.intervals[0][1] == calendar.until_ms >= NOW_MS + 800 * DAY_MS


def test_restarts_on_one_day_give_an_equal_configuration():
    midnight_ms, parsed = NOW_MS - NOW_MS % DAY_MS, changed()
    first, last, tomorrow = (config.core_config(parsed, REGISTRY, midnight_ms + ms) for ms in (0, DAY_MS - 1, DAY_MS))
    assert first == last != tomorrow


def test_it_is_read_back_from_the_journal_as_it_was():
    core = config.core_config(changed(), REGISTRY, NOW_MS)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(core), type=CoreConfig) == core


def test_every_key_of_routing_arrives():
    keys = {
        "rona_limit": 3,
        "offers_max": 4,
        "priority_weight": "2m",
        "hops_max": 5,
        "lease": "6s",
        "reserve": "8s",
        "return_hold": "7s",
    }
    core = config.core_config(changed(change("routing", to=keys)), REGISTRY, NOW_MS)
    assert (core.rona_limit, core.offers_max, core.priority_weight_ms, core.hops_max) == (3, 4, 120_000, 5)
    assert (core.lease_ms, core.return_ms, core.reserve_ms) == (6000, 7000, 8000)


def test_without_keys_of_routing_the_defaults_of_the_core_hold():
    core = config.core_config(changed(change("routing", to={})), REGISTRY, NOW_MS)
    assert (core.rona_limit, core.offers_max, core.notices_max) == (2, 3, 20)
    held = {"calendars": core.calendars, "slas": core.slas, "kinds": core.kinds}
    assert core == CoreConfig(core.departments, core.queues, core.channels, **held)


@pytest.mark.parametrize(
    ("apply", "path", "message"),
    [
        (change("server", "port", to=70_000), "server.port", "between 0 and 65535"),
        (change("server", "session_hours", to=0), "server.session_hours", "at least 1"),
        (change("server", "metrics", to="lopback"), "server.metrics", "did you mean 'loopback'?"),
        (change("server", "metrics", to=""), "server.metrics", "there are: loopback, off, open"),
        (change("departments", to={}), "", "at least one department"),
        (change("channels", to={}), "", "at least one department and one channel"),
        (change("departments", "sales", "default_queue", to="shp"), "departments.sales.default_queue", "'sales.shop'?"),
        (
            change("departments", "Sales!", to={"title": "x", "default_queue": "q", "queues": {}}),
            "departments.Sales!",
            "small letters",
        ),
        (change("routing", "offers_max", to=0), "routing.offers_max", "between 1 and 1000"),
        (change("routing", "rona_limit", to=-1), "routing.rona_limit", "between 1 and 1000"),
        (change("routing", "hops_max", to=10**20), "routing.hops_max", "between 1 and 1000"),
        (change("routing", "priority_weight", to="x"), "routing.priority_weight", "length of time"),
        (change("routing", "lease", to="-1s"), "routing.lease", "length of time"),
        (change("routing", "lease", to="0s"), "routing.lease", "needs some time"),
        (change("routing", "return_hold", to="99999d"), "routing.return_hold", "too long"),
        (change("routing", "language_skills", to={"de": "x y"}), "routing.language_skills.de", "letters, digits"),
        (change("calendars", "Works", to={"timezone": "UTC"}), "calendars.Works", "small letters"),
    ],
)
def test_what_cannot_be_meant_is_refused(apply, path, message):
    refused(path, message, apply)
