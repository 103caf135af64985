"""The program: a verb does its job or says in one line what is wrong, with exit code 2."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from omniroute import cli, demo
from omniroute.cli.diagrams import draw
from omniroute.core.transitions import LIFECYCLES

COMPANY = Path(demo.__file__).parent / "company.toml"
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
    assert (code, out) == (0, f"{COMPANY}: right (3 departments, 6 queues, 4 channels)\n")


def test_check_names_the_path_and_the_nearest_right_name(program, tmp_path):
    path = tmp_path / "omniroute.toml"
    path.write_text(COMPANY.read_text(encoding="utf-8").replace("wrap_up =", "wrap_upp =", 1), encoding="utf-8")
    code, out, err = program("check", "--config", path)
    assert (code, out) == (2, "")
    assert err == "omniroute: departments.support.queues.general: unknown key `wrap_upp`; did you mean `wrap_up`?\n"


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
