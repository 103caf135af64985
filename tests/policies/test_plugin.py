"""The built-in policies as a whole: registered like a stranger's, true to the contract, pure."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from omniroute import policies
from omniroute.policies.contract import Policy
from omniroute.policies.plugin import omniroute_policies
from omniroute.testing.policy import check_policy

PACKAGE = Path(policies.__file__).parent
ROOT = PACKAGE.parents[2]


def test_the_built_in_policies_are_registered_by_their_names():
    assert [policy.name for policy in omniroute_policies()] == [
        "longest_idle",
        "least_loaded",
        "round_robin",
        "most_skilled",
        "least_skilled",
        "sticky",
        "weighted",
        "slack",
        "optimal",
    ]


def test_each_stands_in_the_file_of_its_name():
    for policy in omniroute_policies():
        assert type(policy).__module__ == f"omniroute.policies.{policy.name}"


@pytest.mark.parametrize("policy", omniroute_policies(), ids=lambda policy: policy.name)
def test_the_contract_is_kept(policy):
    check_policy(policy)


def test_what_a_policy_is_not_about_is_left_to_the_base_class():
    about = {
        policy.name: {name for name in ("standing", "skill_weights", "rank_ms", "match") if name in vars(type(policy))}
        for policy in omniroute_policies()
    }
    assert about == {
        "longest_idle": set(),
        "least_loaded": {"standing"},
        "round_robin": {"standing"},
        "most_skilled": {"skill_weights"},
        "least_skilled": {"standing"},
        "sticky": set(),
        "weighted": {"standing"},
        "slack": {"rank_ms"},
        "optimal": {"match"},
    }
    flags = {
        policy.name: (policy.sticky, policy.batch) for policy in omniroute_policies() if isinstance(policy, Policy)
    }
    assert {name for name, (sticky, _) in flags.items() if sticky} == {"sticky"}
    assert {name for name, (_, batch) in flags.items() if batch} == {"optimal"}


def test_all_but_the_plugin_are_among_the_pure_modules():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (pure,) = (one["source_modules"] for one in contracts if one["name"].startswith("The core is pure"))
    modules = {f"omniroute.policies.{file.stem}" for file in PACKAGE.glob("*.py")}
    own = {"omniroute.policies.__init__", "omniroute.policies.plugin"}
    assert {one for one in pure if one.startswith("omniroute.policies.")} == modules - own


def test_only_the_assignment_may_load_scipy():
    loads = re.compile(r"^\s*(?:import|from) (?:scipy|numpy)|import_module", re.MULTILINE)
    assert [file.name for file in PACKAGE.glob("*.py") if loads.search(file.read_text())] == ["assignment.py"]
