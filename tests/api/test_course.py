"""The course of a matter over the API: stages, fields with their types, and how it was taken."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.api.rig import COMPANY, office

from omniroute.core import events as e

COURSE: list[dict[str, Any]] = [
    {"name": "new", "phase": "received", "next": ["looking"]},
    {"name": "looking", "phase": "in_progress", "title": "We are looking", "next": ["workshop", "solved"]},
    {
        "name": "workshop",
        "phase": "in_progress",
        "next": ["refunded"],
        "waits": "part",
        "needs": ["part"],
        "titles": {"ru": "Мастерская"},
    },
    {"name": "solved", "phase": "done"},
    {"name": "refunded", "phase": "done", "needs": ["amount"]},
]
FIELDS = {
    "part": {"type": "choice", "choices": ["bulb", "cable"], "title": "Part"},
    "amount": {"type": "money"},
    "day": {"type": "date", "public": True},
    "length": {"type": "number"},
}


def repair(**changes: Any) -> dict[str, Any]:
    return COMPANY | {"kinds": {"question": {"notices": [], "stages": COURSE, "fields": FIELDS}}} | changes


async def test_a_matter_goes_its_course_to_its_own_end():
    async with office(company=repair()) as one:
        reference, item = await one.matter_of("ann", "lamp")
        path = f"/conversations/{reference}"
        view = (await one.right("ann", "GET", path))["progress"]
        assert (view["stage"], view["title"]) == ("looking", "We are looking")
        assert view["next"] == [{"stage": "workshop", "title": "", "titles": {"ru": "Мастерская"}, "missing": ["part"]}]
        assert (await one.call("ann", "POST", f"{path}/stage", {"stage": "workshop"})).status_code == 409
        await one.right("ann", "PUT", f"{path}/fields", {"fields": {"part": "bulb"}})
        await one.right("ann", "POST", f"{path}/stage", {"stage": "workshop"})
        view = (await one.right("ann", "GET", path))["progress"]
        assert (view["waits"], [end["stage"] for end in view["ends"]]) == ("part", ["refunded"])
        await one.right("ann", "PUT", f"{path}/fields", {"fields": {"amount": "12.50 EUR", "part": ""}})
        await one.right("ann", "POST", f"/work-items/{item}/complete", {"disposition": "solved", "stage": "refunded"})
        done = await one.right("ann", "GET", path)
        assert (done["stage"], done["progress"]["stage"], done["resolution"]) == ("done", "refunded", 1)
        assert {field["name"]: field["value"] for field in done["progress"]["fields"]} == {
            "part": "", "amount": "12.50 EUR", "day": "", "length": "",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("part", "wheel", 422),
        ("amount", "12.50", 422),
        ("amount", "much EUR", 422),
        ("day", "tomorrow", 422),
        ("day", "2026-02-30", 422),
        ("day", "2026-02-28", 200),
        ("length", "12.5", 200),
        ("length", "1e5", 422),
        ("nothing", "x", 404),
        ("part", "x" * 2_001, 422),
    ],
)
async def test_a_field_holds_what_its_type_says(name, value, status):
    async with office(company=repair()) as one:
        reference, _ = await one.matter_of("ann", "lamp")
        path = f"/conversations/{reference}/fields"
        assert (await one.call("ann", "PUT", path, {"fields": {name: value}})).status_code == status
        assert bool(one.events(e.FieldsSet)) == (status == 200)


async def test_of_two_who_fill_in_at_the_same_time_neither_undoes_the_other():
    async with office(company=repair()) as one:
        reference, _ = await one.matter_of("ann", "lamp")
        path = f"/conversations/{reference}"
        async with anyio.create_task_group() as group:
            for name, value in {"part": "bulb", "amount": "1 EUR", "length": "3"}.items():
                group.start_soon(one.right, "ann", "PUT", f"{path}/fields", {"fields": {name: value}})
        await one.right("sue", "PUT", f"{path}/fields", {"fields": {"day": "2026-02-28"}})
        view = (await one.right("ann", "GET", path))["progress"]
        assert {field["name"]: field["value"] for field in view["fields"]} == {
            "part": "bulb", "amount": "1 EUR", "day": "2026-02-28", "length": "3",
        }  # fmt: skip
        (matter,) = one.state.conversations.values()
        assert matter.fields == ("amount", "day", "length", "part")


async def test_a_customer_brings_fields_along():
    fields = {"to": {"type": "text"}, "cc": {"type": "money"}}
    async with office(company=repair(kinds={"question": {"notices": [], "fields": fields}})) as one:
        reference, _ = await one.matter_of("ann", "lamp")
        view = (await one.right("ann", "GET", f"/conversations/{reference}"))["progress"]
        assert [field["value"] for field in view["fields"]] == ["service@shop.example", ""]


async def test_a_desk_knows_our_kinds_and_those_of_the_file():
    kinds = {"question": {"notices": [], "title": "Query"}, "repair": {"titles": {"ru": "Ремонт"}}}
    async with office(company=repair(kinds=kinds)) as one:
        known = (await one.right("ann", "GET", "/desk"))["kinds"]
        assert [kind["kind"] for kind in known] == ["question", "request", "complaint", "order", "repair"]
        assert (known[0]["title"], known[1]["title"], known[4]["titles"]) == ("Query", "", {"ru": "Ремонт"})
