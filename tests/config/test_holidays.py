"""Public holidays: those of the package, by country and part; without it, or unknown ones, a refusal with the path."""

from __future__ import annotations

import sys
from datetime import date

import pytest
from tests.config.company import changed, refused
from tests.config.test_hours import calendar

from omniroute.config.hours import opening_hours

WEEK = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def hours(**keys: object):
    return opening_hours(changed(calendar(hours=WEEK, **keys)).calendars["office"], "x")


def test_a_country_and_a_part_of_it():
    both = hours(holidays=["DE", "FR"])
    bavaria = hours(holidays=["DE-BY"])
    epiphany, bastille, unity = date(2027, 1, 6), date(2027, 7, 14), date(2027, 10, 3)
    assert [both.holiday(day) is not None for day in (epiphany, bastille, unity)] == [False, True, True]
    assert [bavaria.holiday(day) is not None for day in (epiphany, bastille, unity)] == [True, False, True]
    assert hours(holidays=["US"]).holiday(date(2031, 7, 4)) == "Independence Day", "any year that is asked"
    assert not bavaria.windows(epiphany)


def test_names_are_english_whatever_the_machine_speaks(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "de_DE")
    assert hours(holidays=["DE"]).holiday(date(2027, 12, 25)) == "Christmas Day"


def test_years_without_data_have_none():
    """The package warns of them, which would be an error here."""
    india = hours(holidays=["IN"])
    assert india.holiday(date(2027, 8, 15)) is not None
    assert india.holiday(date(1850, 8, 15)) is india.holiday(date(2350, 8, 15)) is None


def test_a_day_with_hours_of_its_own_is_open():
    found = hours(holidays=["US"], open={"2027-07-04": ["10:00-11:00"]})
    assert found.holiday(date(2027, 7, 4)) is None
    assert len(found.windows(date(2027, 7, 4))) == 1


def test_the_version_of_the_data_is_named():
    assert hours(holidays=["US"]).data.startswith("holidays ")
    assert hours().data == ""


def test_unknown_ones_are_refused():
    refused("calendars.office.holidays[1]", "there is no country 'XX'", calendar(holidays=["DE", "XX"]))
    refused("calendars.office.holidays[0]", "there is no part of DE 'ZZ'", calendar(holidays=["DE-ZZ"]))
    refused("calendars.office.holidays[0]", "there is no part of DE ''", calendar(holidays=["DE-"]))


@pytest.mark.parametrize(("package", "keys"), [("holidays", {"holidays": ["DE"]}), ("icalendar", {"ical": ["x.ics"]})])
def test_without_the_package_it_says_what_to_install(monkeypatch, package, keys):
    monkeypatch.setitem(sys.modules, package, None)
    (key,) = keys
    path = f"calendars.office.{key}" + ("[0]" if key == "ical" else "")
    refused(path, f"pip install 'omniroute[{package}]'", calendar(**keys))
