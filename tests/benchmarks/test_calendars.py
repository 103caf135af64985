"""The benchmark of business time runs, finds nothing wrong, and would say so if a sum were wrong."""

from __future__ import annotations

import re

import pytest
from benchmarks.calendars import oracle

from benchmarks import calendars

FEW = ["--cases", "1", "--lines", "50"]


def test_it_runs_and_finds_every_case_right(capsys: pytest.CaptureFixture[str]):
    assert calendars.main(FEW) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "20 zones, 20 cases, 0 wrong"
    assert len([line for line in lines if re.search(r"lines/s, JSON alone [\d,]+, ratio [\d.]+$", line)]) == 2


def test_a_wrong_sum_is_told(monkeypatch, capsys):
    monkeypatch.setattr(oracle, "answer", lambda question: {"id": question["id"], "elapsed_s": -1})
    assert calendars.main(FEW) == 1
    assert "20 zones, 20 cases, 20 wrong" in capsys.readouterr().out
