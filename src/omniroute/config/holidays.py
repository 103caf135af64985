"""Public holidays, from the data of the package ``holidays`` (the extra of that name).

What lives here: a country, or a part of one, to its days with their names. The package may be missing, so it is loaded
by name, and only where a calendar asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from omniroute.config.names import check_known
from omniroute.errors import ConfigError

_PACKAGE = "holidays"


def public(names: Sequence[str], path: str) -> tuple[list[Any], str]:
    """The holidays of each name, and the data that they come from; of any year that is asked. Raises `ConfigError`."""
    if not names:
        return [], ""
    package = _package(path)
    found = [_of(package, name, f"{path}[{place}]") for place, name in enumerate(names)]
    return found, f"{_PACKAGE} {package.__version__}"


def _of(package: Any, name: str, path: str) -> Any:
    country, dash, part = name.partition("-")
    parts = check_known("country", country, _countries(), path) and _countries()[country]
    if dash:
        check_known(f"part of {country}", part, parts, path)
    return package.country_holidays(country, subdiv=part or None)


@cache
def _countries() -> dict[str, list[str]]:
    """The countries by their codes, each with its parts."""
    return dict(import_module(f"{_PACKAGE}.utils").list_supported_countries(include_aliases=False))


def _package(path: str) -> Any:
    try:
        return import_module(_PACKAGE)
    except ImportError as failure:
        raise ConfigError(
            "public holidays need the extra `holidays`: pip install 'omniroute[holidays]'", path
        ) from failure
