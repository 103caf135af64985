"""Work by hand over the API: taken, given, moved, put aside; presence by channel and for somebody; what screens show."""

from __future__ import annotations

from typing import Any

from tests.api.rig import COMPANY, OFFER_MS, PASSWORD, QUEUE, Office, office

from omniroute.core import events as e
from omniroute.testing.clock import START_MS

HOUR_MS = 3_600_000


async def declined(one: Office, who: str = "bob") -> tuple[str, int]:
    """A letter that waits because ``who`` did not want it: its reference and work item."""
    await one.available(who)
    await one.mail()
    (offer,) = (await one.desk(who))["offers"]
    await one.right(who, "POST", f"/offers/{offer['offer_id']}/decline", {})
    return offer["item"]["reference"], offer["item"]["work_item_id"]


async def view(one: Office, who: str, reference: str) -> Any:
    return await one.right(who, "GET", f"/conversations/{reference}")


async def steps(one: Office, reference: str) -> list[str]:
    explained = await one.right("root", "GET", f"/conversations/{reference}/explanation")
    return [step["text"] for step in explained["steps"]]


async def test_waiting_work_is_taken_out_of_turn():
    async with office() as one:
        reference, number = await declined(one)
        waiting = await view(one, "bob", reference)
        assert waiting["actions"] == ["note", "pull"]
        assert (waiting["item"]["position"], waiting["item"]["wait_percent"]) == (1, 80)  # a back-off passes
        assert waiting["waiting"]["counts"]["backoff"] == 1
        answer = await one.call("ann", "POST", f"/work-items/{number}/pull")
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "this operator cannot have it now (presence:offline)",
        )
        await one.right("bob", "POST", f"/work-items/{number}/pull")
        held = await view(one, "bob", reference)
        assert (held["owner"], held["item"]["position"], held["waiting"]) == ("Bob", 0, None)
        assert (await one.call("bob", "POST", f"/work-items/{number}/pull")).status_code == 409
        assert await steps(one, reference) == ["Bob picked it"]


async def test_who_waits_has_a_place_and_an_expected_wait():
    async with office() as one:
        await one.available("ann")
        for number in range(5):
            await one.mail(str(number), sender=f"k{number}@example.org")
        rows = (await one.desk("ann"))["waiting"]
        assert [(row["subject"], row["position"], row["wait_percent"]) for row in rows] == [("3", 0, 0), ("4", 0, 0)]
        item = (await view(one, "ann", rows[1]["reference"]))["item"]
        assert (item["position"], item["wait_percent"]) == (2, 80)
        assert 0 < item["wait_low_s"] < item["wait_high_s"]


async def test_a_supervisor_gives_and_moves_work():
    async with office() as one:
        reference, number = await declined(one)
        assert set((await view(one, "sue", reference))["actions"]) == {"note", "pull", "force", "requeue"}
        await one.right("sue", "POST", f"/work-items/{number}/force", {"operator": "bob"})
        (notice,) = [n for n in (await one.desk("bob"))["notices"] if n["kind"] == "item_forced"]
        assert (notice["detail"], notice["reference"]) == ("Sue", reference)
        assert set((await view(one, "sue", reference))["actions"]) == {"note", "reassign", "requeue"}
        answer = await one.call("sue", "POST", f"/work-items/{number}/reassign", {"operator": "ann"})
        assert answer.status_code == 409
        assert (await one.call("sue", "POST", f"/work-items/{number}/reassign", {"operator": "x"})).status_code == 404
        await one.available("ann")
        await one.right("sue", "POST", f"/work-items/{number}/reassign", {"operator": "ann"})
        assert (await view(one, "ann", reference))["owner"] == "Ann"
        for who in ("ann", "bob"):
            told = [n["detail"] for n in (await one.desk(who))["notices"] if n["kind"] == "item_reassigned"]
            assert told == ["Bob → Ann"]
        assert await steps(one, reference) == ["Sue gave it to Bob", "Sue moved it from Bob to Ann"]


async def test_an_offer_is_taken_back_when_the_work_is_given_to_somebody_else():
    async with office() as one:
        await one.available("bob")
        await one.mail()
        (offer,) = (await one.desk("bob"))["offers"]
        await one.available("ann")
        number = offer["item"]["work_item_id"]
        await one.right("root", "POST", f"/work-items/{number}/force", {"operator": "ann"})
        assert (await one.desk("bob"))["offers"] == []
        (forced,) = one.events(e.ItemForced)
        assert (forced.operator_id, forced.by) == ("ann", "root")


async def test_work_is_put_aside_and_comes_back_at_its_time():
    async with office() as one:
        reference, number = await one.matter_of("ann")
        until_ms = one.clock.now_ms() + HOUR_MS
        late = await one.call("ann", "POST", f"/work-items/{number}/snooze", {"until_ms": 5})
        assert (late.status_code, late.json()["path"]) == (422, "until_ms")
        await one.right("ann", "POST", f"/work-items/{number}/snooze", {"until_ms": until_ms})
        desk = await one.desk("ann")
        (row,) = desk["parked"]
        assert (row["reference"], row["parked_until_ms"], row["parked_by"], desk["mine"]) == (
            reference,
            until_ms,
            "Ann",
            [],
        )
        assert (await view(one, "ann", reference))["actions"] == ["note", "pull", "requeue"]
        assert (await one.desk("bob"))["parked"] == []
        await one.wait(HOUR_MS)
        desk = await one.desk("ann")
        assert (desk["parked"], [offer["item"]["reference"] for offer in desk["offers"]]) == ([], [reference])
        assert [(n["kind"], n["detail"]) for n in desk["notices"]] == [("item_woken", "due")]
        assert (await steps(one, reference))[0] == "Ann put it aside for 1 h"


async def test_who_is_away_when_it_comes_back_is_told_all_the_same():
    async with office() as one:
        _, number = await one.matter_of("ann")
        await one.right("sue", "POST", f"/work-items/{number}/snooze", {"until_ms": one.clock.now_ms() + HOUR_MS})
        await one.right("ann", "PUT", "/presence", {"presence": "away"})
        await one.wait(HOUR_MS)
        assert [n["kind"] for n in (await one.desk("ann"))["notices"]] == ["item_woken"]


async def test_who_put_it_aside_takes_it_back_or_moves_it():
    async with office() as one:
        reference, number = await one.matter_of("ann")
        body = {"until_ms": one.clock.now_ms() + HOUR_MS}
        await one.right("ann", "POST", f"/work-items/{number}/snooze", body)
        await one.right("ann", "POST", f"/work-items/{number}/pull")
        assert (await view(one, "ann", reference))["owner"] == "Ann"
        await one.right("ann", "POST", f"/work-items/{number}/snooze", body)
        assert (
            await one.call("bob", "POST", f"/work-items/{number}/requeue", {"queue": "sales.shop"})
        ).status_code == 403
        await one.right("ann", "POST", f"/work-items/{number}/requeue", {"queue": "sales.shop", "reason": "an order"})
        moved = await view(one, "cem", reference)
        assert (moved["item"]["department"], moved["item"]["state"]) == ("Sales", "queued")
        assert (await steps(one, reference))[-1] == "Moved to Sales, Shop, by Ann, an order"


async def test_held_work_is_moved_to_a_queue_that_exists():
    async with office() as one:
        reference, number = await one.matter_of("ann")
        answer = await one.call("ann", "POST", f"/work-items/{number}/requeue", {"queue": "sales.nowhere"})
        assert (answer.status_code, answer.json()["path"]) == (422, "queue")
        await one.right("sue", "POST", f"/work-items/{number}/requeue", {"queue": "sales.shop"})
        assert (await one.desk("ann"))["mine"] == []
        assert "Moved to Sales, Shop, by Sue" in await steps(one, reference)


async def test_presence_by_channel_and_for_somebody():
    async with office() as one:
        await one.available("ann")
        await one.right("ann", "PUT", "/presence", {"presence": "away", "channel": "mail"})
        assert (await one.desk("ann"))["me"]["channels"] == {"mail": "away"}
        await one.mail()
        (row,) = (await one.desk("ann"))["waiting"]
        assert "1 not available on this channel" in row["waiting_reason"]
        await one.right("sue", "PUT", "/operators/ann/presence", {"presence": "available", "channel": "mail"})
        assert (await one.desk("ann"))["me"]["channels"] == {}
        assert len((await one.desk("ann"))["offers"]) == 1
        await one.right("sue", "PUT", "/operators/ann/presence", {"presence": "away", "reason": "lunch"})
        changed = one.events(e.PresenceChanged)[-1]
        assert (changed.operator_id, changed.reason, changed.by) == ("ann", "lunch", "sue")
        answer = await one.call("root", "PUT", "/operators/nobody/presence", {"presence": "away"})
        assert answer.status_code == 404
        answer = await one.call("ann", "PUT", "/presence", {"presence": "away", "channel": "pigeon"})
        assert (answer.status_code, answer.json()["path"]) == (422, "channel")


async def test_an_operator_has_queues_and_a_weight():
    person = {"operator_id": "ann", "name": "Ann", "password": PASSWORD, "departments": ["support"]}
    async with office() as one:
        named_twice = {**person, "departments": ["support", "support"]}
        await one.right("root", "POST", "/operators", {**named_twice, "operator_id": "bob", "name": "Bob"})
        answer = await one.call("root", "POST", "/operators", {**person, "queues": ["support.nowhere"]})
        assert (answer.status_code, answer.json()["path"]) == (422, "queues")
        await one.right("root", "POST", "/operators", {**person, "queues": ["support.general"], "weight": 30})
        (ann,) = [who for who in await one.right("bob", "GET", "/operators") if who["operator_id"] == "ann"]
        assert (ann["queues"], ann["weight"]) == (["support.general"], 30)
        await one.available("ann", "bob")
        (queue,) = next(d for d in await one.right("ann", "GET", "/queues") if d["name"] == "Support")["queues"]
        assert queue["operators_available"] == 2


async def test_who_transfers_is_told_how_the_queues_stand():
    queues = {
        "shop": {**QUEUE, "requires": ["spanish>=5"]},
        "late": {**QUEUE, "calendar": "office", "handoff": "0s"},
    }
    office_hours = {"timezone": "UTC", "hours": {"fri": ["09:00-17:00"]}}
    sales = {"title": "Sales", "default_queue": "shop", "queues": queues}
    company = {
        **COMPANY,
        "departments": {**COMPANY["departments"], "sales": sales},
        "calendars": {"office": office_hours},
    }
    async with office(company) as one:
        person = {"operator_id": "gil", "name": "Gil", "password": PASSWORD, "departments": ["sales"]}
        await one.right("root", "POST", "/operators", {**person, "skills": {"spanish": 5}})
        await one.available("cem")
        shop, late = await _sales(one)
        assert (shop["operators_available"], late["operators_available"]) == (0, 1)
        assert (shop["open"], shop["opens_ms"], shop["takes_transfers"]) == (True, 0, True)
        assert (late["open"], late["opens_ms"], late["takes_transfers"]) == (False, START_MS + HOUR_MS, False)
        await one.available("gil")
        shop, late = await _sales(one)
        assert (shop["operators_available"], late["operators_available"]) == (1, 2)


async def _sales(one: Office) -> tuple[dict[str, object], dict[str, object]]:
    """The queues of sales, as a colleague of support sees them."""
    found = next(each for each in await one.right("ann", "GET", "/queues") if each["name"] == "Sales")["queues"]
    by_id = {queue["queue_id"]: queue for queue in found}
    return by_id["sales.shop"], by_id["sales.late"]


async def test_relaxation_is_a_step_and_opens_the_work_to_read_and_take():
    queue = {
        **QUEUE,
        "requires": ["spanish>=9"],
        "relax": ["after 30s drop spanish", "after 30s add department sales"],
    }
    support = {"title": "Support", "default_queue": "general", "queues": {"general": queue}}
    async with office({**COMPANY, "departments": {**COMPANY["departments"], "support": support}}) as one:
        await one.mail()
        (row,) = (await one.desk("ann"))["waiting"]
        assert (await one.call("cem", "GET", f"/conversations/{row['reference']}")).status_code == 404
        waiting = (await view(one, "ann", row["reference"]))["item"]["waiting_reason"]
        assert waiting.endswith("; requirement spanish falls away, it opens to Sales in 30 s")
        await one.wait(30_000)
        assert [one["reference"] for one in (await one.desk("cem"))["waiting"]] == [row["reference"]]
        assert (await view(one, "cem", row["reference"]))["actions"] == ["note", "pull"]
        assert await steps(one, row["reference"]) == ["Waited long enough for step 1: needs no skill, open to Sales"]
        await one.available("cem")
        explained = await one.right("ann", "GET", f"/conversations/{row['reference']}/explanation")
        (decision,) = explained["decisions"]
        assert (decision["chosen"], decision["relaxed"], decision["eligible"], decision["waited_ms"]) == (
            "Cem",
            1,
            1,
            30_000,
        )
        assert decision["expected_ms"] > 0
        await one.wait(OFFER_MS)
