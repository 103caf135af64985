"""The demo's company as a document that tests change, and what is asked of every refusal."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omniroute import config, demo, plugins
from omniroute.errors import ConfigError

COMPANY = Path(demo.__file__).parent / "company.toml"
NOW_MS = 1_800_000_000_000
Change = Callable[[dict[str, Any]], None]


class Sticky:
    """A policy that waits for the previous operator, as far as the configuration looks at it."""

    name, terms, sticky = "clinging", (), True


def _registry() -> plugins.Registry:
    found = plugins.load()
    return found._replace(policies={**found.policies, "clinging": Sticky()})  # type: ignore[dict-item]


REGISTRY = _registry()


def company() -> dict[str, Any]:
    return tomllib.loads(COMPANY.read_text(encoding="utf-8"))


def check(document: dict[str, Any]) -> config.Config:
    parsed = config.parse(document)
    config.check(parsed, REGISTRY)
    return parsed


def change(*path: str, to: Any) -> Change:
    """Set what stands at a path, or take it out with None."""

    def apply(document: dict[str, Any]) -> None:
        for part in path[:-1]:
            document = document.setdefault(part, {})
        if to is None:
            del document[path[-1]]
        else:
            document[path[-1]] = to

    return apply


def queue(name: str, **keys: Any) -> Change:
    """Set keys of ``department.queue``."""
    department, _, key = name.partition(".")

    def apply(document: dict[str, Any]) -> None:
        document["departments"][department]["queues"].setdefault(key, {}).update(keys)

    return apply


def changed(*changes: Change) -> config.Config:
    """The company with changes, checked."""
    document = company()
    for one in changes:
        one(document)
    return check(document)


def refused(path: str, message: str, *changes: Change) -> None:
    """The company with changes is refused, at that path, with words that say how to mend it."""
    with pytest.raises(ConfigError) as wrong:
        changed(*changes)
    assert wrong.value.path == path
    assert message in str(wrong.value)
    assert str(wrong.value).startswith(path)
