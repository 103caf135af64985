"""The people of the file."""

from __future__ import annotations

import pytest
from tests.config.company import change, changed, refused

from omniroute import config
from omniroute.core.commands import PutOperator

MIRA = ("operators", "mira")


def put(login: str, **keys) -> PutOperator:
    parsed = changed(*(change("operators", login, key, to=value) for key, value in keys.items()))
    return next(command for command in config.operators(parsed) if command.operator_id == login)


def test_every_key_arrives():
    command = put("mira", skills={"trade": 2}, capacity=7, queues=["sales.trade", "support.billing"], weight=100)
    assert command == PutOperator(
        operator_id="mira",
        departments=("sales", "support"),
        skills={"trade": 2},
        capacity_units=7,
        queues=("sales.trade", "support.billing"),
        weight=100,
    )


def test_without_queues_and_weight_the_defaults_of_the_core_hold():
    command = put("jean")
    assert (command.queues, command.weight) == ((), 10)


def test_admins_do_not_work():
    assert "admin" not in {command.operator_id for command in config.operators(changed())}
    assert "helga" in {command.operator_id for command in config.operators(changed())}


@pytest.mark.parametrize(
    ("key", "value", "path", "message"),
    [
        ("role", "god", "role", "operator, supervisor or admin"),
        ("departments", ["support", "sals"], "departments[1]", "did you mean 'sales'?"),
        ("queues", ["sales.trad"], "queues[0]", "did you mean 'sales.trade'?"),
        ("queues", ["sales.trade", "delivery.orders"], "queues[1]", "add 'delivery' to `departments`"),
        ("skills", {"trade": 11}, "skills.trade", "a level is between 1 and 10"),
        ("skills", {"trade": 0}, "skills.trade", "a level is between 1 and 10"),
        ("skills", {"two words": 3}, "skills.two words", "letters, digits"),
        ("skills", {"all": 3}, "skills.all", "give this one another name"),
        ("capacity", 0, "capacity", "at least one unit"),
        ("capacity", 10**20, "capacity", "capacity is between 1 and 1000"),
        ("weight", 0, "weight", "a weight is between 1 and 100"),
        ("weight", 101, "weight", "a weight is between 1 and 100"),
        ("weight", -10, "weight", "a weight is between 1 and 100"),
    ],
)
def test_what_cannot_be_meant_is_refused(key, value, path, message):
    refused(f"operators.mira.{path}", message, change(*MIRA, key, to=value))
