"""Policies about skills: the best for the work, or whoever can do least else."""

from __future__ import annotations

from tests.policies.order import order, person, work

from omniroute.policies.least_skilled import LeastSkilled
from omniroute.policies.most_skilled import MostSkilled

EXPERT = person("expert", skills={"tech": 9, "money": 9})
BEGINNER = person("beginner", skills={"tech": 3}, idle_ms=9)
ACCOUNTANT = person("accountant", skills={"money": 10, "tech": 2}, idle_ms=9)


def test_most_skilled_takes_whoever_is_best_at_what_is_required():
    assert order(MostSkilled(), BEGINNER, EXPERT, wanted=work(requires="tech")) == ["expert", "beginner"]


def test_most_skilled_counts_what_is_preferred_as_much():
    wanted = work(requires="tech", prefers="money")
    assert order(MostSkilled(), BEGINNER, EXPERT, ACCOUNTANT, wanted=wanted) == ["expert", "accountant", "beginner"]


def test_most_skilled_does_not_look_at_other_skills():
    wanted = work(requires="tech")
    assert order(MostSkilled(), EXPERT, BEGINNER, ACCOUNTANT, wanted=wanted) == ["expert", "beginner", "accountant"]


def test_most_skilled_counts_a_skill_once():
    assert MostSkilled().skill_weights(work(requires="tech>=2 tech>=5", prefers="tech>=7")) == {"tech": 1}


def test_most_skilled_orders_nothing_where_nothing_is_asked_for():
    assert MostSkilled().skill_weights(work()) == {}


def test_least_skilled_keeps_specialists_free():
    assert order(LeastSkilled(), EXPERT, ACCOUNTANT, BEGINNER) == ["beginner", "accountant", "expert"]


def test_least_skilled_counts_all_levels():
    assert LeastSkilled().standing(EXPERT) == (18,)
    assert LeastSkilled().standing(person("new")) == (0,)
