"""`omniroute sla batch`: every random case equals brute force; the form of lines, and what is wrong with some."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from benchmarks.calendars import oracle

from omniroute.cli.batch import run


def asked(question: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    run([json.dumps(question).encode()], out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("zone", oracle.ZONES)
def test_a_year_of_random_cases_equals_brute_force(zone):
    for question in oracle.questions(zone, seed=1, number=20):
        assert asked(question) == oracle.answer(question), json.dumps(question)
    oracle.forget()
