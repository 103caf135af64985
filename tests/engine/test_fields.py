"""Fields: what each may hold, and what customers bring along for them."""

from __future__ import annotations

import pytest
from tests.engine.rig import Rig, life

from omniroute.core import events as e
from omniroute.engine import cells as c
from omniroute.engine.fields import FieldRule, brought, checked
from omniroute.errors import InvalidInput

RULES = {
    "part": FieldRule("choice", ("bulb", "cable")),
    "day": FieldRule("date"),
    "length": FieldRule("number"),
    "price": FieldRule("money"),
    "note": FieldRule(),
}
RIGHT = {"part": "bulb", "day": "2026-12-24", "length": "-12.5", "price": "12.50 EUR", "note": "anything"}
WRONG = {"part": "wheel", "day": "20261224", "length": "1e5", "price": "12.50", "note": "x" * 2_001}


@pytest.mark.parametrize("name", RULES)
def test_a_field_holds_what_its_type_says_or_nothing(name):
    assert checked(RULES[name], RIGHT[name]) == RIGHT[name]
    assert checked(RULES[name], "") == ""
    with pytest.raises(InvalidInput):
        checked(RULES[name], WRONG[name])


def test_what_fits_is_brought_along_and_nothing_else():
    assert brought(RULES, {"part": " bulb ", "stranger": "x"}) == {"part": "bulb"}
    assert brought(RULES, RIGHT) == RIGHT
    assert brought(RULES, WRONG) == {}


def values(rig: Rig, number: int = 1) -> dict[str, str]:
    """What is filled in about a matter; the core knows the same names."""
    cell = c.read(rig.journal, c.FIELDS, c.number_key(number), c.FieldsCell)
    found = cell.values if cell else {}
    assert tuple(sorted(found)) == rig.state.conversations[number].fields
    return found


async def test_a_customer_fills_in_what_is_called_like_a_field():
    async with life(fields={"question": RULES}) as rig:
        await rig.receive(fields={"part": "bulb", "day": "tomorrow", "stranger": "x"})
        assert values(rig) == {"part": "bulb"}
        content = c.read(rig.journal, c.CONTENT, c.number_key(1), c.ContentCell)
        assert content.fields["day"] == "tomorrow"
        await rig.receive(fields={"part": "bulb"}, name="Kim")
        assert values(rig, 2) == {"part": "bulb"}


async def test_what_is_filled_in_is_not_overwritten():
    async with life(fields={"question": RULES}) as rig:
        await rig.receive("chat", session="s", fields={"part": "bulb"})
        await rig.receive("chat", session="s", fields={"part": "cable", "note": "blue"})
        assert values(rig) == {"part": "bulb", "note": "blue"}
        await rig.receive("chat", session="s", fields={"part": "cable"})
        assert len(rig.events(e.FieldsSet)) == 2


async def test_of_two_in_one_input_the_first_counts():
    async with life(fields={"question": RULES}) as rig:
        await rig.receive("chat", session="s", fields={"part": "bulb"}, times=2)
        assert values(rig) == {"part": "bulb"}
        assert len(rig.events(e.FieldsSet)) == 1


async def test_what_a_machine_writes_fills_nothing_in():
    async with life(fields={"question": RULES}) as rig:
        await rig.receive(fields={"part": "bulb"}, automatic=True)
        assert values(rig) == {}


async def test_the_fields_of_another_kind_stay_empty():
    async with life(fields={"order": RULES}) as rig:
        await rig.receive(fields={"part": "bulb"})
        assert values(rig) == {}
