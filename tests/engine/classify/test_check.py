"""What rules cannot mean is refused with its path, before anything starts."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.engine.classify.world import KNOWN, rules

from omniroute import config, demo, plugins
from omniroute.core.intake import TAGS_MAX
from omniroute.engine.classify import ClassifyRule, compile_rules
from omniroute.engine.classify.sections import RULES_MAX, VALUES_MAX
from omniroute.engine.history import MATTERS_MAX
from omniroute.errors import ConfigError

ANY = {"contact": False}
UTC = {"timezone": "UTC"}
WHEN = [
    ({}, "", "needs a condition"),
    ({"channel": [], "customer": {}, "hours": {}}, "", "needs a condition"),
    ({"channel": ["mail", "wep"]}, "channel[1]", "no channel 'wep'; did you mean 'web'?"),
    ({"account": [" "]}, "account[0]", "nothing in it"),
    ({"address": ["x"] * (VALUES_MAX + 1)}, "address", "at most 100"),
    ({"language": ["russian!"]}, "language[0]", "write it like ru"),
    ({"hours": {"calendar": "ofice", "open": True}}, "hours.calendar", "did you mean 'office'?"),
    ({"hours": {"open": True}}, "hours.calendar", "no calendar ''; there are office"),
    ({"hours": {"calendar": "office"}}, "hours.open", "true or false"),
    ({"time": ["09:00-17:00"]}, "timezone", "need a time zone"),
    ({"days": ["mon"]}, "timezone", "need a time zone"),
    ({"days": ["mon", "someday"], **UTC}, "days[1]", "mon, tue"),
    ({"days": ["mon"], "timezone": "Europe/Berlni"}, "timezone", "did you mean 'Europe/Berlin'?"),
    ({"days": ["mon"], "timezone": "../../x"}, "timezone", "no time zone"),
    ({"days": ["mon"], "timezone": "/"}, "timezone", "no time zone"),
    ({"timezone": "UTC"}, "timezone", "without time or days"),
    ({"customer": {"earlier_min": MATTERS_MAX + 1}}, "customer.earlier_min", "between 0 and 100"),
    ({"customer": {"open_matters_min": -1}}, "customer.open_matters_min", "between 0 and 100"),
    ({"subject": ["?!"]}, "subject[0]", "no word"),
    ({"text": ["refund", "*"]}, "text[1]", "no word"),
    ({"kind": [""]}, "kind[0]", "nothing in it"),
    ({"field": {"product": []}}, "field.product", "nothing in it"),
    ({"field": {"product": [""]}}, "field.product[0]", "nothing in it"),
    *[
        ({"time": ["09:00-10:00", text], **UTC}, "time[1]", 'write it like "09:00-17:30"')
        for text in ("9-17", "09:00", "09:00-24:01", "24:00-01:00", "10:60-11:00", "09:00-09:00", "٠٩:٠٠-١٠:٠٠")
    ],
]
THEN: list[tuple[dict[str, Any], str, str]] = [
    ({}, "", "says something"),
    ({"go_on": True}, "", "says something"),
    ({"queue": "support.biling"}, ".queue", "did you mean 'support.billing'?"),
    ({"department": "suport"}, ".department", "did you mean 'support'?"),
    ({"department": "support", "queue": "support.billing"}, ".department", "one of the two"),
    ({"kind": "x" * 65}, ".kind", "at most 64"),
    ({"priority": 11}, ".priority", "between -10 and 10"),
    ({"priority": -11}, ".priority", "between -10 and 10"),
    ({"tags": ["x"] * (TAGS_MAX + 1)}, ".tags", "at most 20"),
    ({"tags": ["x", "y" * 65]}, ".tags[1]", "1 to 64"),
    ({"tags": [" "]}, ".tags[0]", "1 to 64"),
    ({"requires": ["billing>=11"]}, ".requires[0]", "levels 1 to 10"),
    ({"prefers": ["a", "b c"]}, ".prefers[1]", "write it like"),
    ({"language": "x y"}, ".language", "write it like ru"),
]


def refusal(*documents: dict[str, Any]) -> ConfigError:
    with pytest.raises(ConfigError) as wrong:
        rules({"when": ANY}, *documents)
    return wrong.value


@pytest.mark.parametrize(("when", "path", "message"), WHEN, ids=[f"{path}-{n}" for n, (_, path, _) in enumerate(WHEN)])
def test_a_wrong_condition_is_refused(when, path, message):
    wrong = refusal({"when": when})
    assert wrong.path == f"classify[1].when.{path}".rstrip(".")
    assert message in str(wrong)


@pytest.mark.parametrize(("then", "path", "message"), THEN, ids=[f"{path}-{n}" for n, (_, path, _) in enumerate(THEN)])
def test_a_wrong_consequence_is_refused(then, path, message):
    wrong = refusal({"when": ANY, "then": then})
    assert wrong.path == f"classify[1].then{path}"
    assert message in str(wrong)


@pytest.mark.parametrize("name", ["default", "stated", "rule 1", "x" * 65, " ", "a\nb"])
def test_a_name_is_its_own_and_can_be_read(name):
    assert refusal({"name": name, "when": ANY}).path == "classify[1].name"


def test_rules_have_a_limit():
    section = msgspec.convert({"when": ANY, "then": {"tags": ["x"]}}, ClassifyRule)
    assert len(compile_rules([section] * RULES_MAX, KNOWN)) == RULES_MAX
    with pytest.raises(ConfigError, match="at most 200 rules"):
        compile_rules([section] * (RULES_MAX + 1), KNOWN)


# ---- in the file
COMPANY = tomllib.loads((Path(demo.__file__).parent / "company.toml").read_text(encoding="utf-8"))
REGISTRY = plugins.load()
FILE = [
    ({"when": {"chanel": ["mail"]}}, "classify[3].when", "did you mean `channel`?"),
    ({"when": ANY, "the": {}}, "classify[3]", "did you mean `then`?"),
    ({"when": {"customer": {"knwon": True}}}, "classify[3].when.customer", "did you mean `known`?"),
    ({"when": {"hours": {"opn": True}}}, "classify[3].when.hours", "did you mean `open`?"),
    ({"when": ANY, "then": {"tag": ["x"]}}, "classify[3].then", "did you mean `tags`?"),
    ({"then": {"tags": ["x"]}, "when": {"text": ["a", 3]}}, "classify[3].when.text[1]", "Expected `str`"),
    ({"when": {"channel": ["male"]}}, "classify[3].when.channel[0]", "did you mean 'mail'?"),
    ({"when": ANY, "then": {"queue": "sales.shp"}}, "classify[3].then.queue", "did you mean 'sales.shop'?"),
    ({"name": "stated", "when": ANY}, "classify[3].name", "is taken"),
    ({"when": ANY, "then": {"requires": ["x>=0"]}}, "classify[3].then.requires[0]", "levels 1 to 10"),
]


@pytest.mark.parametrize(("rule", "path", "message"), FILE, ids=[path for _, path, _ in FILE])
def test_check_names_the_path_and_the_nearest_right_name(rule, path, message):
    document = copy.deepcopy(COMPANY)
    document["classify"].append({"then": {"tags": ["x"]}} | rule)
    with pytest.raises(ConfigError) as wrong:
        config.check(config.parse(document), REGISTRY)
    assert wrong.value.path == path
    assert message in str(wrong.value)
