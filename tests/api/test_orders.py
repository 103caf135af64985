"""Orders over the API: their lines and totals, and the way in for the system that carries them out."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.rig import COMPANY, REGISTRY, Office, office

from omniroute import config, plugins
from omniroute.core import events as e
from omniroute.errors import ConfigError, DeliveryDeferred
from omniroute.sinks.orders import OrderChange

ORDER = {
    "lines": True,
    "stages": [
        {"name": "requested", "phase": "received", "next": ["placed", "cancelled"]},
        {
            "name": "placed",
            "phase": "in_progress",
            "next": ["shipped", "cancelled"],
            "tasks": [{"queue": "sales.shop", "due": "2h", "title": "Pick"}],
            "on_tasks": "shipped",
            "on_delay": "delayed",
        },
        {"name": "delayed", "phase": "in_progress", "next": ["placed", "cancelled"]},
        {"name": "shipped", "phase": "in_progress", "next": ["delivered"]},
        {"name": "delivered", "phase": "done"},
        {"name": "cancelled", "phase": "done"},
    ],
}
SHOP: dict[str, Any] = {**COMPANY, "kinds": {"question": ORDER}}
LAMP = {"sku": "L-1", "text": "Lamp", "quantity": 3, "unit_minor": 1999}


async def order(one: Office, who: str, reference: str) -> dict[str, Any]:
    found: dict[str, Any] = (await one.right(who, "GET", f"/conversations/{reference}"))["order"]
    return found


async def test_the_lines_of_an_order_have_an_exact_total():
    async with office(SHOP) as one:
        reference, _ = await one.matter_of("ann")
        assert (await order(one, "ann", reference))["lines"] == []
        body = {"currency": "EUR", "lines": [LAMP, {"text": "Reduction", "quantity": 1, "unit_minor": -500}]}
        await one.right("ann", "PUT", f"/conversations/{reference}/order", body)
        found = await order(one, "ann", reference)
        assert (found["total_minor"], found["total"], found["digits"]) == (5497, "54.97 EUR", 2)
        assert [line["total_minor"] for line in found["lines"]] == [5997, -500]


async def test_lines_that_cannot_be_are_refused_with_their_place_and_change_nothing():
    async with office(SHOP) as one:
        reference, _ = await one.matter_of("ann")
        body = {"currency": "EUR", "lines": [LAMP, {**LAMP, "quantity": 0}]}
        answer = await one.call("ann", "PUT", f"/conversations/{reference}/order", body)
        assert answer.status_code == 422
        assert "lines[1].quantity" in answer.text
        assert (await order(one, "ann", reference))["currency"] == ""


async def test_a_matter_without_lines_has_no_order():
    async with office() as one:
        reference, _ = await one.matter_of("ann")
        assert await order(one, "ann", reference) is None


async def test_entering_a_stage_creates_its_tasks_and_the_order_says_how_far_they_are():
    async with office(SHOP) as one:
        reference, _ = await one.matter_of("ann")
        found = await order(one, "ann", reference)
        assert (found["tasks_done"], found["tasks_open"], found["tasks_late"]) == (0, 1, 0)
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert [(part["kind"], part["summary"]) for part in view["parts"]] == [("task", "Pick")]


async def test_a_late_task_asks_the_owner_to_offer_alternatives():
    async with office(SHOP) as one:
        reference, _ = await one.matter_of("ann")
        await one.wait(2 * 3_600_000 + 1)
        assert "order_delayed" in {notice["kind"] for notice in (await one.desk("ann"))["notices"]}
        assert (await order(one, "ann", reference))["tasks_late"] == 1


async def test_an_order_system_says_where_an_order_stands():
    async with office(SHOP) as one:
        reference, _ = await one.matter_of("ann")
        await one.right("root", "POST", f"/orders/{reference}/stage", {"stage": "shipped"})
        (matter,) = one.state.conversations.values()
        assert matter.stage_id == "shipped"
        answer = await one.call("root", "POST", f"/orders/{reference}/stage", {"stage": "placed"})
        assert answer.status_code == 409


# ---- the way out


class Erp:
    """An order system that remembers, and fails as often as it is told to."""

    name = "erp"

    def __init__(self) -> None:
        self.told: list[OrderChange] = []
        self.failures = 0

    async def changed(self, order: OrderChange) -> None:
        if self.failures:
            self.failures -= 1
            raise DeliveryDeferred("it rests")
        self.told.append(order)


def connected() -> tuple[Erp, plugins.Registry, dict[str, Any]]:
    erp = Erp()
    registry = REGISTRY._replace(order_systems={"erp": erp})
    return erp, registry, {**COMPANY, "kinds": {"question": {**ORDER, "order_system": "erp"}}}


async def test_an_order_system_is_told_of_stages_and_lines_in_order():
    erp, registry, company = connected()
    async with office(company, registry=registry) as one:
        reference, _ = await one.matter_of("ann")
        await one.right("ann", "PUT", f"/conversations/{reference}/order", {"currency": "EUR", "lines": [LAMP]})
        await one.right("root", "POST", f"/orders/{reference}/stage", {"stage": "shipped"})
        await one.wait(1_000)
        assert [(order.what, order.stage) for order in erp.told] == [
            ("stage", "placed"),
            ("lines", "placed"),
            ("stage", "shipped"),
        ]
        assert {order.reference for order in erp.told} == {reference}
        assert (erp.told[-1].currency, erp.told[-1].total_minor) == ("EUR", 5997)
        assert erp.told[-1].lines[0].text == "Lamp"


async def test_a_system_that_rests_is_told_later_under_the_same_key():
    erp, registry, company = connected()
    erp.failures = 1
    async with office(company, registry=registry) as one:
        await one.matter_of("ann")
        await one.wait(1_000)
        assert not erp.told
        await one.wait(3_000)
        assert [(order.what, order.key) for order in erp.told] == [
            ("stage", f"e{one.events(e.OrderChanged)[0].effect_id}")
        ]


def test_a_system_that_no_plugin_brings_is_refused():
    _, _, company = connected()
    with pytest.raises(ConfigError, match="no order system 'erp'"):
        config.core_config(config.parse(company), REGISTRY, 0)
