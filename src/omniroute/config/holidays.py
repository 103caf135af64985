"""Public holidays, from the data of the package ``holidays`` (the extra of that name).

What lives here: a country, or a part of one, to its days with their names. The package may be missing, so it is loaded
by name, and only where a calendar asks for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

from omniroute.config.names import check_known
from omniroute.errors import ConfigError

_PACKAGE = "holidays"
_LANGUAGE = "en_US"
"""Of the names, where the package has them so; else those of the country, whatever the machine speaks."""


class PublicHolidays:
    """The holidays of a country or a part of it, made for a year when a day of it is asked about."""

    def __init__(self, package: Any, country: str, part: str) -> None:
        self._package, self._country, self._part = package, country, part
        self._years: dict[int, dict[date, str]] = {}

    def get(self, day: date, /) -> str | None:
        """The name of a day; None: it is no holiday."""
        days = self._years.get(day.year)
        if days is None:
            days = self._years[day.year] = self._of(day.year)
        return days.get(day)

    def _of(self, year: int) -> dict[date, str]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there are no data of that year: said in the documentation
            found = self._package.country_holidays(
                self._country, subdiv=self._part or None, years=year, expand=False, language=_LANGUAGE
            )
        return dict(found.items())


def public(names: Sequence[str], path: str) -> tuple[list[PublicHolidays], str]:
    """The holidays of each name, and the data that they come from; of any year that is asked. Raises `ConfigError`."""
    if not names:
        return [], ""
    package = _package(path)
    found = [_of(package, name, f"{path}[{place}]") for place, name in enumerate(names)]
    return found, f"{_PACKAGE} {package.__version__}"


def _of(package: Any, name: str, path: str) -> PublicHolidays:
    country, dash, part = name.partition("-")
    parts = check_known("country", country, _countries(), path) and _countries()[country]
    if dash:
        check_known(f"part of {country}", part, parts, path)
    return PublicHolidays(package, country, part)


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
