"""Templates: named places in a text, and nothing else; no logic, no markup, no way to the machine.

What lives here: reading and checking a template, and filling it. A line with a place that has nothing to show is left
out, so that one template serves with a link and without.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import NamedTuple

PLACES = (
    "company", "reference", "kind", "stage", "promise", "status_url", "confirm_url", "rate_url", "reopen_url",
)  # fmt: skip
"""What may stand between braces."""
SHIPPED = ("en", "ru")
TEXT_CHARS_MAX = 10_000
STAGE = "stage"
"""The template of an own stage that has none of its own."""

_PLACE = re.compile(r"\{([^{}]*)\}")


class Template(NamedTuple):
    """What one notice says. ``subject`` empty: that of the matter."""

    text: str
    subject: str = ""


Templates = Mapping[tuple[str, str], Template]
"""By language and name."""


def shipped() -> dict[tuple[str, str], Template]:
    """The templates that come with us."""
    found: dict[tuple[str, str], Template] = {}
    for language in SHIPPED:
        data = resources.files(__package__).joinpath("shipped", f"{language}.toml").read_text("utf-8")
        for name, one in tomllib.loads(data).items():
            found[language, name] = Template(one["text"], one.get("subject", ""))
    return found


def strange_places(text: str) -> list[str]:
    """What stands between braces and means nothing, and braces that stand alone."""
    found = [f"{{{name}}}" for name in _PLACE.findall(text) if name not in PLACES]
    return found + [sign for sign in _PLACE.sub("", text) if sign in "{}"]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; lines whose places are empty are left out, and blank ones that this leaves."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_lines(text, values))).strip()


def _lines(text: str, values: Mapping[str, str]) -> Iterator[str]:
    for line in text.strip("\n").split("\n"):
        if all(values.get(name) for name in _PLACE.findall(line)):
            yield _PLACE.sub(lambda place: values[place.group(1)], line)


def chosen(templates: Templates, languages: tuple[str, ...], name: str) -> Template:
    """The first of the languages that has it; a stage without a template of its own has the general one."""
    for wanted in (name, STAGE):
        for language in (*languages, "en"):
            found = templates.get((language, wanted))
            if found is not None:
                return found
    raise LookupError(name)
