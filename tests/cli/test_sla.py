"""`omniroute sla`: calculations by a calendar of the file, with their explanation; a file of lines and standard input."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from tests.cli.test_cli import run

FILE = """
[departments.support]
title = "Support"
default_queue = "general"
[departments.support.queues.general]
[channels.box]
kind = "visit"
queue = "support.general"
[calendars.office]
timezone = "Europe/Berlin"
hours = { mon = ["09:00-12:00", "13:00-17:00"], tue = ["09:00-17:00"] }
closed = ["2026-12-22"]
breaks = { "2026-12-28" = ["09:30-10:00"] }
holidays = ["DE"]
[calendars.round_the_clock]
timezone = "UTC"
always_open = true
"""
LINE = {"op": "elapsed", "calendar": {"always_open": True}, "start": "2026-01-01T00:00Z", "end": "2026-01-01T00:01Z"}


@pytest.fixture
def sla(monkeypatch, capsys, tmp_path):
    path = tmp_path / "omniroute.toml"
    path.write_text(FILE, encoding="utf-8")

    def call(verb: str, *arguments: object) -> tuple[int, str, str]:
        configuration = [] if verb == "batch" else ["--config", path]
        return run(monkeypatch, capsys, "sla", verb, *configuration, *arguments)

    return call


def test_due(sla):
    code, out, _ = sla("due", "--calendar", "office", "--start", "2026-12-21T15:00Z", "--duration", "90m")
    assert (code, out) == (0, "2026-12-28T08:30:00Z\n"), "the half hour ends where the break begins"


def test_due_explains_itself(sla):
    arguments = ("--start", "2026-12-21T15:00Z", "--duration", "2h", "--pause", "2026-12-28T09:15Z/2026-12-28T09:25Z")
    code, out, _ = sla("due", "--calendar", "office", *arguments, "--explain")
    assert code == 0
    assert out.splitlines() == [
        "2026-12-28T09:40:00Z",
        "2026-12-21T15:00:00Z  2026-12-21T16:00:00Z  counted      open",
        "2026-12-21T16:00:00Z  2026-12-21T23:00:00Z  not counted  after closing",
        "2026-12-21T23:00:00Z  2026-12-22T23:00:00Z  not counted  holiday",
        "2026-12-22T23:00:00Z  2026-12-24T23:00:00Z  not counted  no hours on this day",
        "2026-12-24T23:00:00Z  2026-12-25T23:00:00Z  not counted  holiday: Christmas Day",
        "2026-12-25T23:00:00Z  2026-12-26T23:00:00Z  not counted  holiday: Second Day of Christmas",
        "2026-12-26T23:00:00Z  2026-12-27T23:00:00Z  not counted  no hours on this day",
        "2026-12-27T23:00:00Z  2026-12-28T08:00:00Z  not counted  before opening",
        "2026-12-28T08:00:00Z  2026-12-28T08:30:00Z  counted      open",
        "2026-12-28T08:30:00Z  2026-12-28T09:00:00Z  not counted  break",
        "2026-12-28T09:00:00Z  2026-12-28T09:15:00Z  counted      open",
        "2026-12-28T09:15:00Z  2026-12-28T09:25:00Z  not counted  pause",
        "2026-12-28T09:25:00Z  2026-12-28T09:40:00Z  counted      open",
    ]


def test_elapsed(sla):
    span = ("--start", "2026-01-05T08:00:00.250Z", "--end", "2026-01-05T09:00Z")
    assert sla("elapsed", "--calendar", "office", *span)[:2] == (0, "3599.75\n")
    pauses = ("--pause", "2026-01-05T08:30Z/2026-01-05T08:45Z", "--pause", "2026-01-05T08:40Z/2026-01-05T08:50Z")
    code, out, _ = sla("elapsed", "--calendar", "round_the_clock", *span, *pauses, "--explain")
    assert (code, out.splitlines()[0]) == (0, "2399.75")
    assert out.splitlines()[2] == "2026-01-05T08:30:00Z  2026-01-05T08:50:00Z  not counted  pause"


@pytest.mark.parametrize(
    ("calendar", "at", "said"),
    [
        ("office", "2026-01-05T10:00+01:00", "open until 2026-01-05T11:00:00Z"),
        ("office", "2026-01-05T12:30+01:00", "closed until 2026-01-05T12:00:00Z"),
        ("round_the_clock", "2026-01-05T12:30+01:00", "open for 50 years at least"),
    ],
)
def test_open(sla, calendar, at, said):
    assert sla("open", "--calendar", calendar, "--at", at)[:2] == (0, f"{said}\n")


def test_open_now(sla):
    assert sla("open", "--calendar", "round_the_clock")[:2] == (0, "open for 50 years at least\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("due", "--calendar", "ofice", "--start", "2026-01-05", "--duration", "4h"), "it has office, round_the_clock"),
        (("due", "--calendar", "office", "--start", "monday", "--duration", "4h"), "--start: 'monday' is no instant"),
        (
            ("due", "--calendar", "office", "--start", "2026-01-05", "--duration", "4"),
            "--duration: '4' is not a length",
        ),
        (("elapsed", "--calendar", "office", "--start", "2026-01-05", "--end", "2026-01-04"), "the end is before"),
        (
            ("due", "--calendar", "office", "--start", "2026-01-05", "--duration", "4h", "--pause", "2026-01-05"),
            "--pause is written FROM/TO",
        ),
        (("batch", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(sla, arguments, complaint):
    code, out, err = sla(*arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


def test_a_file_of_lines(sla, tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(json.dumps({"id": one, **LINE}) for one in ("a", "b")), encoding="utf-8")
    assert sla("batch", path)[:2] == (0, '{"id":"a","elapsed_s":60}\n{"id":"b","elapsed_s":60}\n')
    path.write_text(json.dumps({"id": "a", **LINE}) + "\nnonsense\n", encoding="utf-8")
    code, out, _ = sla("batch", path)
    assert code == 1
    assert out.startswith('{"id":"a","elapsed_s":60}\n{"id":null,"error":')


def test_standard_input(sla, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps({"id": 1, **LINE}).encode())))
    assert sla("batch", "-")[:2] == (0, '{"id":1,"elapsed_s":60}\n')


def test_check_warns_of_a_calendar_that_does_not_open_again(monkeypatch, capsys, tmp_path):
    path = tmp_path / "omniroute.toml"
    past = '[calendars.fair]\ntimezone = "UTC"\nopen = { "2020-01-01" = ["09:00-10:00"] }\n'
    path.write_text(FILE + past, encoding="utf-8")
    code, out, _ = run(monkeypatch, capsys, "check", "--config", path)
    assert code == 0
    (warning,) = (line for line in out.splitlines() if "calendars." in line)
    assert warning.startswith("warning: calendars.fair: it does not open within the next 800 days")
