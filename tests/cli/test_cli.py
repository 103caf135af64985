"""The program: a verb does its job or says in one line what is wrong, with exit code 2."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from omniroute import cli, config, demo
from omniroute.api import views as v
from omniroute.channels.contract import Health
from omniroute.cli import loop
from omniroute.cli.demo import _introduce
from omniroute.cli.diagrams import draw
from omniroute.cli.explain import written
from omniroute.core.transitions import LIFECYCLES
from omniroute.journal.sqlite import SqliteJournal

COMPANY = Path(demo.__file__).parent / "company.toml"
PROGRAM = Path(sys.executable).with_name("omniroute")
LETTER = b"From: Kim <kim@example.org>\r\nSubject: Lamp\r\nMessage-ID: <1@example.org>\r\n\r\nIt flickers.\r\n"


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    """As from the command line: exit code, standard output, standard error."""
    monkeypatch.setattr("sys.argv", ["omniroute", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def program(monkeypatch, capsys):
    return lambda *arguments: run(monkeypatch, capsys, *arguments)


def test_check_says_what_it_has_read(program):
    code, out, _ = program("check", "--config", COMPANY)
    assert (code, out) == (0, f"{COMPANY}: right (4 departments, 7 queues, 4 channels)\n")


def test_check_names_the_path_and_the_nearest_right_name(program, tmp_path):
    path = tmp_path / "omniroute.toml"
    path.write_text(COMPANY.read_text(encoding="utf-8").replace("wrap_up =", "wrap_upp =", 1), encoding="utf-8")
    code, out, err = program("check", "--config", path)
    assert (code, out) == (2, "")
    assert err == "omniroute: departments.support.queues.general: unknown key `wrap_upp`; did you mean `wrap_up`?\n"


def test_check_refuses_a_promise_that_its_calendar_cannot_meet(program, tmp_path):
    """Only it and the start of the daemon know what day it is."""
    shut = """
[calendars.shut]
timezone = "UTC"
open = { "2024-01-01" = ["09:00-10:00"] }

[[sla]]
name = "late"
calendar = "shut"
resolution = "1h"
"""
    path = tmp_path / "omniroute.toml"
    path.write_text(COMPANY.read_text(encoding="utf-8") + shut, encoding="utf-8")
    code, out, err = program("check", "--config", path)
    assert (code, out) == (2, "")
    assert re.match(r"omniroute: sla\[\d\]\.resolution: calendar 'shut' opens for 0 h in the next 80\d days,", err)


def test_check_warns_of_what_nobody_can_serve(program, tmp_path):
    path = tmp_path / "omniroute.toml"
    path.write_text(COMPANY.read_text(encoding="utf-8").replace('["trade>=3"]', '["trade>=9"]'), encoding="utf-8")
    code, out, err = program("check", "--config", path)
    assert (code, err) == (0, "")
    right, warning = out.splitlines()
    assert right == f"{path}: right (4 departments, 7 queues, 4 channels)"
    assert warning.startswith(
        "warning: departments.sales.queues.trade.requires: nobody who serves this queue has trade>=9;"
    )


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("capacity = 12", "capacity = 0", "operators.jean.capacity: an operator needs at least one unit of capacity"),
        (
            "after 2m drop russian",
            "after 2m drop rusian",
            "departments.support.queues.general.relax[0]: there is no skill 'rusian'; did you mean 'russian'?",
        ),
        (
            'wrap_up = "5m"',
            'wrap_up = "-5m"',
            (
                "departments.sales.queues.trade.wrap_up: '-5m' is not a length of time; "
                'write it like "20s", "5m" or "4h"'
            ),
        ),
        (
            'lease = "30s"',
            'lease = "-1s"',
            'routing.lease: \'-1s\' is not a length of time; write it like "20s", "5m" or "4h"',
        ),
        (
            "[departments.sales.queues.shop]",
            '[departments.sales.queues.shop]\noverflow = ["wait 1m to sales.trade"]',
            (
                "departments.sales.queues.shop.overflow[0]: overflow goes round in a circle: "
                "sales.shop → sales.trade → sales.shop; take one of these rules out"
            ),
        ),
        (
            '"sticky", "longest_idle"',
            '"stiky", "longest_idle"',
            "departments.support.queues.billing.policy[0]: there is no policy 'stiky'; did you mean 'sticky'?",
        ),
        (
            'interrupts = ["mail"]',
            'interrupts = ["phone"]',
            "channels.phone.interrupts[0]: a channel cannot interrupt itself; name another",
        ),
    ],
)
def test_check_says_in_one_line_where_and_how_to_mend_it(tmp_path, right, wrong, message):
    path = tmp_path / "omniroute.toml"
    text = COMPANY.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    done = subprocess.run(
        [PROGRAM, "check", "--config", path], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"omniroute: {message}\n")


def test_check_warns_of_a_requirement_that_nobody_meets_and_finds_the_file_right(tmp_path):
    path = tmp_path / "omniroute.toml"
    text = COMPANY.read_text(encoding="utf-8")
    text = text.replace('["trade>=3"]', '["latin>=3"]').replace(
        '{ ru = "russian" }', '{ ru = "russian", la = "latin" }'
    )
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [PROGRAM, "check", "--config", path], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        (
            "warning: departments.sales.queues.trade.requires: nobody who serves this queue has latin>=3; "
            "nothing relaxes it: give somebody the skill, or add a step to `relax`"
        ),
        (
            "warning: routing.language_skills.la: nobody in the file has latin>=1; "
            "give somebody the skill, or let `relax` drop it in the queue"
        ),
    ]


@pytest.mark.parametrize("verb", ["check", "serve"])
def test_a_missing_file_is_one_line(program, tmp_path, verb):
    code, _, err = program(verb, "--config", tmp_path / "nowhere.toml")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "cannot be read" in err


def test_normalize_prints_json_lines(program, tmp_path):
    path = tmp_path / "letter.eml"
    path.write_bytes(LETTER)
    code, out, _ = program(
        "normalize", "email", path, "--account", "service@shop.example", "--meta", "mail_from=kim@example.org"
    )
    (line,) = out.splitlines()
    found = json.loads(line)
    assert code == 0
    assert (found["subject"], found["text"], found["account"]) == ("Lamp", "It flickers.", "service@shop.example")
    assert found["sender"]["address"] == "kim@example.org"


def test_normalize_shows_attachments_as_base64(program, tmp_path):
    path = tmp_path / "letter.eml"
    head = b"From: kim@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    path.write_bytes(head + b"Content-Disposition: attachment; filename=a.bin\r\n\r\n\x00\xff\r\n--b--\r\n")
    _, out, _ = program("normalize", "email", path)
    assert json.loads(out)["attachments"][0]["name"] == "a.bin"


INVOICE = LETTER.replace(b"Lamp", b"Invoice 7")


@pytest.mark.parametrize(
    ("channel", "letter", "at", "expected"),
    [
        ("email", INVOICE, "2026-11-25T10:00+01:00", ("support.billing", "invoices", ["invoice"])),
        ("mail", INVOICE, "2026-11-28T23:30Z", ("support.billing", "weekend + invoices", ["weekend", "invoice"])),
        ("mail", LETTER, "2026-11-29", ("support.general", "weekend + default", ["weekend"])),
    ],
)
def test_normalize_shows_where_it_would_go(program, tmp_path, channel, letter, at, expected):
    path = tmp_path / "letter.eml"
    path.write_bytes(letter)
    code, out, _ = program("normalize", channel, path, "--config", COMPANY, "--at", at)
    first, second = map(json.loads, out.splitlines())
    assert code == 0
    assert first["sender"]["address"] == "kim@example.org"
    found = second["classification"]
    assert (found["queue_id"], found["rule"], found["tags"]) == expected


def test_normalize_uses_the_default_of_the_account_and_the_moment_of_now(program, tmp_path):
    path = tmp_path / "letter.eml"
    path.write_bytes(LETTER)
    _, out, _ = program("normalize", "mail", path, "--account", "sales@lumen.example", "--config", COMPANY)
    found = json.loads(out.splitlines()[1])["classification"]
    assert (found["queue_id"], found["department_id"]) == ("sales.shop", "sales")
    assert found["rule"] in {"default", "weekend + default"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mial", "FILE"), "the configuration has no channel 'mial'; it has desk, mail, phone, web"),
        (("mail", "FILE", "--at", "tomorrow"), "--at is written like"),
    ],
)
def test_normalize_with_a_configuration_says_what_is_wrong(program, tmp_path, arguments, message):
    path = tmp_path / "letter.eml"
    path.write_bytes(LETTER)
    code, out, err = program(
        "normalize", *(path if part == "FILE" else part for part in arguments), "--config", COMPANY
    )
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("telegraph", "FILE"), "there is no channel 'telegraph'"),
        (("email", "nowhere.eml"), "nowhere.eml cannot be read"),
        (("email", "FILE"), "the sender cannot be read"),
        (("phone", "FILE"), "not JSON"),
        (("webchat", "FILE"), "cannot be read"),
        (("visit", "FILE"), "cannot be read"),
    ],
)
def test_normalize_says_what_is_wrong(program, tmp_path, arguments, message):
    path = tmp_path / "broken"
    path.write_bytes(b"\xff nonsense")
    code, out, err = program("normalize", *(path if part == "FILE" else part for part in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_diagrams_are_drawn_from_the_tables(program):
    code, out, _ = program("diagrams")
    assert (code, out) == (0, draw())
    for name, table in LIFECYCLES.items():
        assert f"## {name.capitalize()}" in out
        for tag, pairs in table.items():
            for source, target in pairs.items():
                assert f"{source} --> {target}: {tag}" in out


def test_explain_says_that_no_daemon_answers(program, monkeypatch):
    monkeypatch.setenv("OMNIROUTE_PASSWORD", "x")
    code, _, err = program("explain", "4KX7-9MTD", "--url", "http://127.0.0.1:9")
    assert code == 2
    assert "no daemon answers" in err


class Stranger(BaseHTTPRequestHandler):
    """Something that is no OmniRoute: it answers everything with a page."""

    def do_POST(self) -> None:
        self.send_response(200 if self.path.startswith("/kind/") else 501)
        self.send_header("content-length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize("path", ["", "/", "/kind"])
def test_explain_says_that_it_has_asked_somebody_else(program, monkeypatch, path):
    monkeypatch.setenv("OMNIROUTE_PASSWORD", "x")
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        code, out, err = program("explain", "4KX7-9MTD", "--url", f"http://127.0.0.1:{server.server_port}{path}")
        thread.join()
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "is no OmniRoute" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--url", "http://[::1"), "no daemon answers"),
        (("--url", "nonsense"), "no daemon answers"),
        (("--password-file", "/nowhere/at/all"), "cannot be read"),
        (("--password-file", "/"), "cannot be read"),
    ],
)
def test_explain_says_in_one_line_what_is_wrong_with_the_call(program, monkeypatch, arguments, message):
    monkeypatch.setenv("OMNIROUTE_PASSWORD", "x")
    code, out, err = program("explain", "4KX7-9MTD", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert message in err


def test_help_names_every_verb(program):
    code, out, _ = program("--help")
    assert code == 0
    assert set(re.findall(r"^  (\w+)  ", out, re.MULTILINE)) >= {
        "check",
        "demo",
        "diagrams",
        "explain",
        "normalize",
        "serve",
    }
    assert program("--version")[1].startswith("omniroute, version ")


def test_an_unknown_verb_is_refused(program):
    assert program("srve")[0] == 2


def test_check_wants_a_folder_for_the_journal(program, tmp_path):
    path = tmp_path / "omniroute.toml"
    text = COMPANY.read_text(encoding="utf-8")
    path.write_text(
        text.replace("[journal]\n", f'[journal]\npath = "{tmp_path}/nowhere/omniroute.db"\n#', 1), encoding="utf-8"
    )
    code, _, err = program("check", "--config", path)
    assert (code, err) == (2, f"omniroute: journal.path: there is no folder {tmp_path}/nowhere\n")


def test_an_unknown_channel_is_told_the_known_ones(program, tmp_path):
    _, _, err = program("normalize", "nope", tmp_path)
    assert "there are console, email, phone, visit, webchat" in err


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_demo_whose_mailbox_port_is_taken_is_one_line(program, tmp_path, taken):
    (tmp_path / "demo.db").write_text("another demo's")
    code, _, err = program(
        "demo", "--fresh", "--data", tmp_path, "--port", 0, "--smtp-port", 0, "--mailbox-port", taken
    )
    assert (code, err) == (
        2,
        f"omniroute: mailbox port: cannot listen on 127.0.0.1:{taken}: the port is taken; does another demo run?\n",
    )
    assert (tmp_path / "demo.db").exists()


def test_a_demo_whose_port_is_taken_is_one_line(program, tmp_path, taken):
    code, _, err = program("demo", "--data", tmp_path, "--port", taken, "--smtp-port", 0, "--mailbox-port", 0)
    assert code == 2
    assert err.startswith(f"omniroute: server: cannot listen on 127.0.0.1:{taken}: ")
    assert len(err.splitlines()) == 1


def test_a_demo_whose_journal_is_in_use_is_one_line(program, tmp_path):
    journal = SqliteJournal(str(tmp_path / "demo.db"))
    with start_blocking_portal() as portal:
        portal.call(journal.open, "another demo")
        try:
            code, _, err = program("demo", "--data", tmp_path, "--port", 0, "--smtp-port", 0, "--mailbox-port", 0)
        finally:
            portal.call(journal.close)
    assert code == 2
    assert len(err.splitlines()) == 1


def test_the_demo_says_which_channel_is_down(capsys):
    def runner(state: str, detail: str = "") -> SimpleNamespace:
        return SimpleNamespace(health=Health(state, detail))

    runners = {"mail": runner("down", "port 25 is taken"), "web": runner("up"), "phone": runner("degraded")}
    engine = SimpleNamespace(supervisor=SimpleNamespace(runners=runners))
    _introduce(config.read(COMPANY), SimpleNamespace(engine=engine, url="http://x"), "127.0.0.1:25")
    said = capsys.readouterr().out
    assert "mail in     down: port 25 is taken" in said
    assert "chat        http://x/channels/web/demo" in said
    assert "smtp://" not in said


@pytest.mark.parametrize("installed", [True, False])
def test_uvloop_is_used_where_it_is_installed(monkeypatch, installed):
    used = []
    monkeypatch.setattr(loop, "find_spec", lambda name: name if installed else None)
    monkeypatch.setattr(anyio, "run", lambda *args, **options: used.append((args, options)))
    loop.run(test_uvloop_is_used_where_it_is_installed, 1)
    assert used == [((test_uvloop_is_used_where_it_is_installed, 1), {"backend_options": {"use_uvloop": installed}})]


def decision(**more: object) -> v.DecisionView:
    return v.DecisionView(
        at_ms=1_000_000_000,
        work_item_id=1,
        queue="support.general",
        policy="sticky+longest_idle",
        chosen="Ines",
        outcome="declined",
        sentence="Ines came first of 41.",
        terms=["load_permille", "idle_since_ms"],
        candidates=[v.CandidateView(operator="Ines", terms=[200, 999_460_000])],
        excluded={"presence:away": 12},
        **more,  # type: ignore[arg-type]
    )


def test_explain_tells_everything_in_order_of_time():
    view = v.ExplanationView(
        reference="4KX7-9MTD",
        decisions=[
            decision(
                eligible=41,
                waited_ms=80_000,
                expected_ms=300_000,
                named=[v.ExcludedView(operator="Tunde", reason="capacity")],
            )
        ],
        waiting_reason="2 away; requirement spanish falls away in 25 s",
        steps=[v.StepView(at_ms=999_990_000, kind="work_item.moved.requeue", text="Moved to Sales, Orders")],
        about=v.AboutView(
            operator="Tunde",
            decisions=[
                v.AboutDecisionView(
                    offer_id=1, at_ms=1_000_000_000, chosen="Ines", place=2, terms=[], reason="idle for 2 min"
                )
            ],
            now="without room",
        ),
    )
    assert written(view) == [
        "4KX7-9MTD",
        "1970-01-12 13:46:30 UTC  Moved to Sales, Orders",
        "1970-01-12 13:46:40 UTC  offered to Ines  (sticky, then longest idle; declined)",
        "  Ines came first of 41.",
        "  It had waited 1 min 20 s; handling it was expected to take 5 min.",
        "  1. Ines: load 20 %, idle 9 min",
        "  and 40 more",
        "  -  Tunde: without room",
        "still waits: 2 away; requirement spanish falls away in 25 s",
        "about Tunde:",
        "  1970-01-12 13:46:40 UTC  to Ines: place 2, idle for 2 min",
        "  now: without room",
    ]


def test_explain_says_that_there_is_nothing_to_say():
    view = v.ExplanationView(reference="4KX7-9MTD", decisions=[], waiting_reason="")
    assert written(view) == ["4KX7-9MTD", "nothing has been decided about it"]
    view.about = v.AboutView(operator="Tunde", decisions=[], now="")
    assert written(view)[2:] == ["about Tunde:", "  no decision, and nothing waits"]
