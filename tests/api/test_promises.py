"""Promises over the API: how the clocks stand and why, another priority or tier, and who is told on the way to a breach."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from tests.api.rig import COMPANY, QUEUE, Office, office

from omniroute.core import events as e
from omniroute.testing.clock import START_MS

MINUTE, HOUR = 60_000, 3_600_000
GOLD = {"name": "gold", "tiers": ["gold"], "first_response": "2m", "resolution": "30m"}
URGENT = {"name": "urgent", "priority": [5, 10], "first_response": "1m", "resolution": "1h"}
ALL = {
    "name": "all",
    "first_response": "10m",
    "next_response": "20m",
    "resolution": "4h",
    "handoff": "3m",
    "department": "2h",
    "escalate": [
        {"at": "50%", "of": ["first_response"], "notify": ["supervisor", "owner"], "priority": 2},
        {"at": "breach", "of": ["first_response"], "notify": ["supervisor"]},
    ],
}


def company(*policies: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {**COMPANY, "sla": list(policies or (GOLD, URGENT, ALL)), **keys}


async def clocks(one: Office, who: str, reference: str) -> dict[str, Any]:
    """The clocks of a matter by their name."""
    view = await one.right(who, "GET", f"/conversations/{reference}")
    return {clock["name"]: clock for clock in view["clocks"]}


async def promises(one: Office, who: str, reference: str) -> dict[str, Any]:
    """The same with their reasons."""
    found = await one.right(who, "GET", f"/conversations/{reference}/promises")
    return {promise["clock"]["name"]: promise for promise in found}


def length_of(segments: list[Any], kind: str) -> int:
    return sum(one["to_ms"] - one["from_ms"] for one in segments if one["kind"] == kind)


async def notices(one: Office, who: str) -> list[tuple[str, str]]:
    found = (await one.desk(who))["notices"]
    return [(notice["kind"], notice["detail"]) for notice in found if notice["kind"].startswith("clock")]


async def waiting(one: Office, subject: str = "Lamp") -> str:
    """The reference of a letter that nobody is there for."""
    await one.mail(subject)
    return next(reversed(one.state.conversations.values())).reference


# ---- how they stand


async def test_every_promise_of_a_matter_is_shown_the_next_deadline_first():
    async with office(company()) as one:
        reference, _ = await one.matter_of("ann")
        await one.wait(MINUTE)
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert [(clock["name"], clock["due_ms"] - START_MS) for clock in view["clocks"]] == [
            ("first_response", 10 * MINUTE),
            ("department", 2 * HOUR),
            ("resolution", 4 * HOUR),
        ]
        assert {(clock["state"], clock["sla"]) for clock in view["clocks"]} == {("running", "all")}
        assert (view["priority"], view["tier"]) == (0, "")


async def test_the_row_shows_what_the_customer_waits_for_and_then_what_is_left():
    async with office(company()) as one:
        reference, _ = await one.matter_of("ann")
        (row,) = (await one.desk("ann"))["mine"]
        assert row["clock"]["name"] == "first_response"
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Turn it off and on."})
        (row,) = (await one.desk("ann"))["mine"]
        assert (row["clock"]["name"], row["clock"]["state"]) == ("resolution", "running")
        assert (await clocks(one, "ann", reference))["first_response"]["state"] == "met"


async def test_a_late_response_stays_in_sight_until_the_customer_is_answered():
    async with office(company()) as one:
        reference, _ = await one.matter_of("ann")
        await one.wait(10 * MINUTE)
        (row,) = (await one.desk("ann"))["mine"]
        assert (row["clock"]["name"], row["clock"]["state"]) == ("first_response", "breached")
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Sorry."})
        (row,) = (await one.desk("ann"))["mine"]
        assert (row["clock"]["name"], row["clock"]["state"]) == ("resolution", "running")


# ---- why


async def test_a_deadline_in_business_time_is_explained_part_by_part():
    opens = {"timezone": "UTC", "hours": {day: ["09:00-10:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}}
    policy = {"name": "office", "resolution": "90m", "first_response": "30m", "calendar": "office"}
    async with office(company(policy, calendars={"office": opens})) as one:
        reference = await waiting(one)
        found = (await promises(one, "ann", reference))["resolution"]
        assert (found["calendar"], found["clock"]["sla"], found["clock"]["length_ms"]) == (
            "office",
            "office",
            90 * MINUTE,
        )
        parts, clock = found["segments"], found["clock"]
        assert (parts[0]["from_ms"], parts[-1]["to_ms"]) == (clock["started_ms"], clock["due_ms"])
        assert all(before["to_ms"] == after["from_ms"] for before, after in pairwise(parts))
        assert length_of(parts, "open") == 90 * MINUTE
        assert {part["kind"] for part in parts} == {"open", "closed"}
        assert parts[-1]["to_ms"] % (24 * HOUR) == 9 * HOUR + 30 * MINUTE


async def test_what_has_ended_is_explained_up_to_its_end():
    async with office(company()) as one:
        reference, _ = await one.matter_of("ann")
        await one.wait(3 * MINUTE)
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "Soon."})
        found = (await promises(one, "ann", reference))["first_response"]
        assert (found["clock"]["state"], found["clock"]["counted_ms"], found["calendar"]) == ("met", 3 * MINUTE, "")
        assert found["segments"] == [{"from_ms": START_MS, "to_ms": START_MS + 3 * MINUTE, "kind": "open"}]


async def test_the_promise_of_a_queue_that_no_policy_makes_has_no_name():
    async with office() as one:
        reference = await waiting(one)
        found = await promises(one, "ann", reference)
        assert list(found) == ["first_response"]
        assert (found["first_response"]["clock"]["sla"], found["first_response"]["clock"]["length_ms"]) == (
            "",
            5 * MINUTE,
        )


async def test_promises_are_for_who_may_read_the_matter():
    async with office(company()) as one:
        reference = await waiting(one)
        path = f"/conversations/{reference}/promises"
        assert (await one.call("cem", "GET", path)).status_code == 404
        assert (await one.call("", "GET", path)).status_code == 401
        assert (await one.call("ann", "GET", "/conversations/0000-0000/promises")).status_code == 404
        assert len(await one.right("root", "GET", path)) == 3


# ---- another priority or tier


async def test_another_priority_moves_the_deadline_and_what_has_passed_stays():
    async with office(company()) as one:
        reference = await waiting(one)
        await one.wait(MINUTE // 2)
        await one.right("sue", "PUT", f"/conversations/{reference}/priority", {"priority": 5})
        found = await clocks(one, "ann", reference)
        assert {(name, found[name]["sla"], found[name]["due_ms"] - START_MS) for name in found} == {
            ("first_response", "urgent", MINUTE),
            ("resolution", "urgent", HOUR),
            ("department", "all", 2 * HOUR),
        }
        promises = await one.right("ann", "GET", f"/conversations/{reference}/promises")
        counted = {one["clock"]["name"]: one["clock"]["counted_ms"] for one in promises}
        assert counted["first_response"] == MINUTE // 2
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert (view["priority"], view["item"]["priority"]) == (5, 5)
        assert [entry["text"] for entry in view["entries"] if entry["kind"] == "system"][-1] == "Priority 5, by Sue"


async def test_another_tier_is_another_promise_and_both_can_be_given_at_once():
    async with office(company()) as one:
        reference = await waiting(one)
        await one.right("sue", "PUT", f"/conversations/{reference}/priority", {"priority": -3, "tier": "gold"})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert (view["priority"], view["tier"]) == (-3, "gold")
        assert {clock["sla"] for clock in view["clocks"] if clock["name"] != "department"} == {"gold"}
        await one.right("sue", "PUT", f"/conversations/{reference}/priority", {"tier": ""})
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        assert (view["priority"], view["tier"], {clock["sla"] for clock in view["clocks"]}) == (-3, "", {"all"})


async def test_a_more_urgent_matter_is_offered_first():
    async with office() as one:
        await waiting(one, "first")
        await one.mail("second", sender="lou@example.org")
        second = next(reversed(one.state.conversations.values())).reference
        await one.right("sue", "PUT", f"/conversations/{second}/priority", {"priority": 1})
        await one.available("ann")
        offers = (await one.desk("ann"))["offers"]
        assert [offer["item"]["subject"] for offer in offers][:1] == ["second"]


async def test_nothing_new_is_no_event():
    async with office(company()) as one:
        reference = await waiting(one)
        for body in ({}, {"priority": 0}, {"tier": ""}):
            await one.right("sue", "PUT", f"/conversations/{reference}/priority", body)
        assert one.events(e.MatterPrioritized, e.ClockRetargeted, e.ItemRanked) == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"priority": 11}, "priority"),
        ({"priority": -11}, "priority"),
        ({"priority": "high"}, "priority"),
        ({"tier": "g" * 65}, "tier"),
        ({"urgency": 1}, "urgency"),
    ],
)
async def test_a_wrong_priority_is_refused_and_changes_nothing(body, path):
    async with office(company()) as one:
        reference = await waiting(one)
        answer = await one.call("sue", "PUT", f"/conversations/{reference}/priority", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
        assert answer.json().get("path", "") == path
        assert one.events(e.MatterPrioritized) == []


async def test_the_owner_and_a_supervisor_of_the_department_say_how_urgent_it_is():
    async with office(company()) as one:
        reference, _ = await one.matter_of("ann")
        path = f"/conversations/{reference}/priority"
        for who, status in (("bob", 403), ("dan", 404), ("", 401)):
            assert (await one.call(who, "PUT", path, {"priority": 1})).status_code == status
        assert one.events(e.MatterPrioritized) == []
        for priority, who in enumerate(("ann", "sue", "root"), 1):
            await one.right(who, "PUT", path, {"priority": priority})
        assert [event.by for event in one.events(e.MatterPrioritized)] == ["ann", "sue", "root"]


async def test_a_matter_that_is_done_keeps_its_priority():
    async with office(company()) as one:
        reference, number = await one.matter_of("ann")
        await one.right("ann", "POST", f"/work-items/{number}/complete", {"disposition": "solved"})
        answer = await one.call("root", "PUT", f"/conversations/{reference}/priority", {"priority": 1})
        assert answer.status_code == 403
        found = await clocks(one, "ann", reference)
        assert {name: found[name]["state"] for name in found} == {
            "first_response": "met",
            "department": "met",
            "resolution": "met",
        }


# ---- who is told


async def test_supervisors_of_the_department_and_the_owner_are_told_on_the_way_to_a_breach():
    async with office(company()) as one:
        reference, _ = await one.matter_of("ann")
        await one.wait(5 * MINUTE - 1)
        assert await notices(one, "sue") == []
        await one.wait(1)
        for who in ("sue", "ann"):
            assert await notices(one, who) == [("clock_escalated", "first_response 50")]
        for who in ("bob", "dan", "cem"):
            assert await notices(one, who) == []
        (notice,) = (await one.desk("sue"))["notices"]
        assert (notice["reference"], notice["at_ms"]) == (reference, START_MS + 5 * MINUTE)
        await one.wait(5 * MINUTE)
        assert await notices(one, "sue") == [
            ("clock_escalated", "first_response 100"),
            ("clock_escalated", "first_response 50"),
        ]
        assert ("clock_breached", "first_response") in await notices(one, "ann")


async def test_an_escalation_is_in_the_thread_with_what_it_did():
    async with office(company()) as one:
        reference = await waiting(one)
        await one.wait(5 * MINUTE)
        view = await one.right("ann", "GET", f"/conversations/{reference}")
        texts = [entry["text"] for entry in view["entries"] if entry["kind"] == "system"]
        assert texts[-2:] == ["First response: 50 % of the time have passed", "Priority 2"]
        assert view["priority"] == 2


async def test_who_has_been_told_twice_hears_it_once():
    """A supervisor who holds the matter is its owner as well."""
    async with office(company()) as one:
        await one.matter_of("sue")
        await one.wait(5 * MINUTE)
        assert await notices(one, "sue") == [("clock_escalated", "first_response 50")]


async def test_a_breach_is_told_whoever_was_to_be_told_before_and_only_once_after_a_restart():
    first = company()
    async with office(first) as one:
        await one.matter_of("ann")
        await one.wait(10 * MINUTE)
        await one.wait(HOUR)
        told = [(event.name, event.percent) for event in one.events(e.ClockEscalated)]
        journal = one.journal
    async with office(first, type(journal)(journal.disk)) as again:
        await again.wait(HOUR)
        after = [(event.name, event.percent) for event in again.events(e.ClockEscalated)]
        assert told == after == [("first_response", 50), ("first_response", 100)]


async def test_a_promise_of_the_file_is_another_after_a_restart_and_what_has_passed_stays():
    async with office(company(ALL)) as one:
        reference = await waiting(one)
        await one.wait(MINUTE)
        journal = one.journal
    shorter = {**ALL, "resolution": "1h", "first_response": "8m"}
    async with office(company(shorter), type(journal)(journal.disk)) as again:
        await again.wait(1)
        found = await clocks(again, "ann", reference)
        assert {name: found[name]["due_ms"] - START_MS for name in found} == {
            "first_response": 8 * MINUTE,
            "department": 2 * HOUR,
            "resolution": HOUR,
        }
    queue = {**QUEUE, "first_response": "0s"}
    support = {"title": "Support", "default_queue": "general", "queues": {"general": queue}}
    none = {**COMPANY, "departments": {**COMPANY["departments"], "support": support}}
    async with office(none, type(journal)(journal.disk)) as last:
        await last.wait(1)
        found = await clocks(last, "ann", reference)
        assert {name: found[name]["sla"] for name in found} == dict.fromkeys(found, "all")
        assert found["resolution"]["due_ms"] - START_MS == HOUR
