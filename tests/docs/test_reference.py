"""The reference pages against the code: endpoints, commands, invariants, lifecycles, limits."""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import click
import msgspec
import pytest
from tests.docs.pages import ROOT, read, rows, section

from omniroute.api import bodies, views
from omniroute.api.call import Endpoint
from omniroute.api.table import endpoints
from omniroute.cli import program
from omniroute.core.capacity import PRESENCE_REASONS, absent, full
from omniroute.core.eligibility import unable, why_not
from omniroute.core.invariants import CONSEQUENCES, INVARIANTS, MOMENTS

API, CLI, INVARIANT_PAGE = "docs/reference/api.md", "docs/reference/cli.md", "docs/reference/invariants.md"


NAMED = ("closings", "links", "stages")
"""Invariants with a name instead of a number."""


class AnyOperations:
    """Stands for the handlers: the table alone is of interest."""

    def __getattr__(self, name: str) -> str:
        return name


TABLE: list[Endpoint] = endpoints(AnyOperations())  # type: ignore[arg-type]


def call_of(endpoint: Endpoint) -> str:
    return f"`{endpoint.method} {re.sub(r':int', '', endpoint.path)}`"


def described() -> dict[str, list[str]]:
    return {re.sub(r"\?q=TEXT", "", row[0]): row for row in rows(section(API, "Endpoints"))}


class TestApi:
    def test_the_endpoints_are_those_of_the_table(self) -> None:
        assert set(described()) == {call_of(endpoint) for endpoint in TABLE} | {"`GET /openapi.json`"}

    @pytest.mark.parametrize("endpoint", TABLE, ids=call_of)
    def test_bodies_and_answers_are_named(self, endpoint: Endpoint) -> None:
        _, body, answer, who = described()[call_of(endpoint)]
        if endpoint.body is None:
            assert not body
        else:
            assert f"`{endpoint.body.__name__}`" in body
            for field in msgspec.structs.fields(endpoint.body):
                assert re.search(rf"`{field.encode_name}`(\?| )?", body)
                assert field.required != (f"`{field.encode_name}`?" in body) or "(" in body
        for name in re.findall(r"\b[A-Z]\w+View\b|\bMe\b|\bDone\b|\bSession\b|\bRegistered\b", str(endpoint.answer)):
            assert f"`{name}`" in answer
        assert (str(endpoint.status) in answer) == (endpoint.status != 200)
        assert (who == "everybody") == endpoint.public

    def test_named_shapes_exist(self) -> None:
        for name in re.findall(r"`([A-Z][a-z]\w+(?:View|Body))`", read(API)):
            assert hasattr(views, name) or hasattr(bodies, name), name


def commands() -> dict[str, click.Command]:
    """Every command that does something, by its words: a group does nothing itself."""
    return {" ".join(words): command for words, command in leaves(program, ())}


def leaves(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*words, name))
        else:
            yield (*words, name), command


class TestCommandLine:
    def test_every_command_has_its_section(self) -> None:
        headings = re.findall(r"^## `omniroute ([a-z]+(?: [a-z]+)*)", read(CLI), re.MULTILINE)
        assert sorted(headings) == sorted(commands())

    @pytest.mark.parametrize("name", commands())
    def test_every_option_is_there_with_its_default(self, name: str) -> None:
        parameters = commands()[name].params
        arguments = [one.human_readable_name for one in parameters if isinstance(one, click.Argument)]
        text = section(CLI, " ".join([f"`omniroute {name}", *arguments]) + "`")
        table = {row[0].strip("`").split()[0]: row for row in rows(text)}
        options = [one for one in parameters if isinstance(one, click.Option)]
        assert sorted(table) == sorted(one.opts[0] for one in options)
        for option in options:
            if option.default not in (None, "", False) and isinstance(option.default, str | int):
                assert table[option.opts[0]][1] == f"`{option.default}`"
            if option.envvar:
                assert f"`{option.envvar}`" in table[option.opts[0]][2]


class TestInvariants:
    def numbers(self, heading: str) -> list[str]:
        return [row[0] for row in rows(section(INVARIANT_PAGE, heading))]

    def test_every_number_stands_once(self) -> None:
        places = ("Checked in the core after every step", "Kept elsewhere", "Not yet")
        found = [number for place in places for number in self.numbers(place)]
        assert sorted(found, key=lambda n: (not n.isdigit(), n.zfill(3))) == [*map(str, range(1, 33)), *NAMED]

    def test_those_of_the_core_are_those_of_the_code(self) -> None:
        checked = rows(section(INVARIANT_PAGE, "Checked in the core after every step"))
        named = {number: re.findall(r"`(\w+)`", functions) for number, _, functions in checked}
        in_code: dict[str, list[str]] = {}
        for numbers, function in [*INVARIANTS.items(), *MOMENTS.items(), *CONSEQUENCES.items()]:
            for number in expanded(numbers):
                in_code.setdefault(number, []).append(function.__name__)
        assert named == in_code

    def test_named_tests_exist(self) -> None:
        for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", read(INVARIANT_PAGE)):
            assert re.search(rf"def {name}\b", read(path)), f"there is no {name} in {path}"

    def test_the_exclusions_of_invariant_18_are_those_of_routing(self) -> None:
        source = "".join(map(inspect.getsource, (unable, absent, full, why_not)))
        reasons = set(re.findall(r"(?:return f?|else |or \()\"(\w+)", source)) | {"presence"}
        assert all(reason.startswith("presence:") for reason in PRESENCE_REASONS.values())
        (sentence,) = (row[1] for row in rows(read(INVARIANT_PAGE)) if row[0] == "18")
        assert set(re.findall(r"`(\w+)`", sentence)) == set(reasons)


def expanded(numbers: str) -> list[str]:
    """ "11, 13-15" as its numbers."""
    found: list[str] = []
    for part in numbers.split(", "):
        first, _, last = part.partition("-")
        found += map(str, range(int(first), int(last) + 1)) if last else [first]
    return found


LIMITS = [row for row in rows(section("docs/architecture.md", "Limits")) if row[0].startswith("`omniroute.")]


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row[0])
def test_limits_are_those_of_the_code(row: list[str]) -> None:
    module, _, name = row[0].strip("`").rpartition(".")
    value: Any = getattr(importlib.import_module(module), name)
    assert row[1] == str(value)


def test_every_module_that_the_layers_name_is_in_the_map() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    (line,) = re.findall(r"^`cli` → .*?\n\n", read("docs/architecture.md"), re.MULTILINE | re.DOTALL)
    plain = [layer.removeprefix("omniroute.") for layer in layers if ":" not in layer]
    assert [name for name in re.findall(r"`(\w+)`", line) if name != "journal"] == plain


def test_every_page_of_the_reference_is_linked_from_the_readme() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        if page.parent.name != "decisions":
            assert f"({page.relative_to(ROOT).as_posix()})" in read("README.md")
