"""The page of the policies against the code: which there are, their terms, the numbers of the formulas."""

from __future__ import annotations

import pytest
from tests.docs.pages import read, rows, section

from omniroute.policies import assignment, optimal
from omniroute.policies.contract import WEIGHT_MAX, Policy
from omniroute.policies.plugin import omniroute_policies

PAGE, HOW_TO = "docs/reference/policies.md", "docs/how-to/write-a-policy.md"
TABLE = {row[0].strip("`"): row for row in rows(read(PAGE))}


def test_every_policy_is_in_the_table() -> None:
    assert list(TABLE) == [policy.name for policy in omniroute_policies()]


@pytest.mark.parametrize("policy", omniroute_policies(), ids=lambda policy: policy.name)
def test_its_terms_are_those_of_the_code(policy: Policy) -> None:
    terms = TABLE[policy.name][2]
    assert all(f"`{term}`" in terms for term in policy.terms)
    assert ("none" in terms) == (not policy.terms)


def test_the_formula_of_optimal_has_the_weights_of_the_code() -> None:
    text = section(PAGE, "`optimal`")
    formula = f"{optimal.SURPLUS_COST} * surplus + {optimal.LOAD_COST} * load + {optimal.PREFERRED_COST} * missing"
    assert formula in text
    assert f"at most {assignment.BUILT_IN_SIDE_MAX} items" in text.replace("\n", " ")


def test_the_limit_of_weights_is_that_of_the_code() -> None:
    assert f"at most {WEIGHT_MAX}" in read(HOW_TO)


@pytest.mark.parametrize("name", [name for name, value in vars(Policy).items() if callable(value)])
def test_what_can_be_overridden_is_described(name: str) -> None:
    assert f"`{name}(" in read(HOW_TO)
