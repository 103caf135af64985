"""The README says what is so: addresses, people, the matrix of channels, the verbs of dev.py."""

from __future__ import annotations

import importlib.util
import re

from tests.docs.pages import ROOT, read, section

from omniroute import __version__, config
from omniroute.cli.demo import COMPANY, PASSWORD, demo

README = read("README.md")


def test_the_two_commands_and_their_siblings_are_on_the_first_screen() -> None:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    first = README.split("## What to do in the demo")[0]
    verbs = re.findall(r"python3 dev\.py (\w+)", spec.loader.get_source("dev").split('"""')[1])  # type: ignore[union-attr]
    assert sorted(verbs) == sorted(set(re.findall(r"python3 dev\.py (\w+)", first)))


def test_the_demo_is_as_described() -> None:
    text = section("README.md", "What to do in the demo")
    company = config.read(COMPANY)
    defaults = {option.name: option.default for option in demo.params}
    assert PASSWORD in text
    assert all(f"`{login}`" in text for login in company.operators)
    assert all(address.split("@")[0] + "@" in text for address in company.channels["mail"].options["addresses"])
    assert f"http://127.0.0.1:{defaults['port']}/desk" in text
    assert f"smtp://127.0.0.1:{defaults['smtp_port']}" in text
    assert f"{defaults['data']}/" in text
    assert f"after {company.departments['support'].queues['general'].offer.rstrip('s')} seconds" in text
    assert company.routing.rona_limit == 2
    assert "two in a row" in text


def test_the_changelog_has_this_version() -> None:
    assert f"## [{__version__}]" in read("CHANGELOG.md")
