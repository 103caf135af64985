"""The explanation of a matter: decisions, steps, and why not somebody, as far as the record goes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tests.api.rig import COMPANY, QUEUE, office

from omniroute.api import explanations
from omniroute.core.events import Candidate, Decision, OfferMade
from omniroute.engine import cells as c

NAMES = {"ann": "Ann", "bob": "Bob"}
SCREENS: Any = SimpleNamespace(name=lambda who: NAMES.get(who, who))
AT = 1_000_000_000
TERMS = ("load_permille", "idle_since_ms")


def offer(**decision: Any) -> OfferMade:
    given = {
        "policy": "least_loaded",
        "trigger": "item",
        "terms": TERMS,
        "candidates": (Candidate("ann", (200, AT - 540_000)), Candidate("bob", (200, AT - 120_000))),
        "excluded": {},
    }
    return OfferMade(7, 1, 1, "ann", 1, AT, AT + 1, Decision(**(given | decision)))


def about(event: OfferMade, operator_id: str) -> Any:
    return explanations._about_decision(SCREENS, AT, event, operator_id)


def test_a_candidate_is_told_the_first_term_that_was_worse():
    found = about(offer(), "bob")
    assert (found.offer_id, found.chosen, found.place, found.terms) == (7, "Ann", 2, [200, AT - 120_000])
    assert found.reason == "idle for 2 min, Ann for 9 min"
    assert about(offer(), "ann").reason == "chosen"


def test_of_a_batch_nobody_is_told_that_they_were_worse():
    assert about(offer(trigger="batch"), "bob").reason == "the queue's work was matched together, not one by one"


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ({"named": (("eve", "capacity"),), "excluded": {"capacity": 1}}, "without room"),
        (
            {"eligible": 41, "excluded": {"presence:away": 12, "capacity": 5}, "named": (("x", "capacity"),)},
            "not among the best 2 of 41 eligible, or one of: 12 away, 4 without room",
        ),
        ({"eligible": 41}, "not among the best 2 of 41 eligible"),
        ({"excluded": {"presence:away": 12}}, "one of: 12 away"),
        ({"excluded": {"capacity": 1}, "named": (("x", "capacity"),)}, "not there yet, as far as was recorded"),
        ({"trigger": "channel"}, "the channel told us who had picked up"),
    ],
)
def test_who_is_not_recorded_is_told_the_bound_of_the_record(decision, reason):
    found = about(offer(**decision), "eve")
    assert (found.place, found.terms, found.reason) == (0, [], reason)


async def test_why_not_me_over_the_api():
    async with office() as one:
        await one.available("bob")
        one.clock.advance(60_000)
        await one.available("ann")
        one.clock.advance(120_000)
        await one.mail()
        (shown,) = (await one.desk("bob"))["offers"]
        path = f"/conversations/{shown['item']['reference']}/explanation?operator="
        view = await one.right("ann", "GET", f"{path}Ann")
        (found,) = view["about"]["decisions"]
        assert view["about"]["operator"] == "Ann"
        assert (found["place"], found["chosen"]) == (2, "Bob")
        assert found["reason"] == "idle for 2 min, Bob for 3 min"
        assert view["about"]["now"] == ""
        offline = await one.right("ann", "GET", f"{path}sue")
        assert offline["about"]["decisions"][0]["reason"] == "offline"
        assert (await one.right("ann", "GET", path))["about"] is None
        for who, name in [("ann", "nobody"), ("ann", "cem"), ("sue", "fay")]:
            answer = await one.call(who, "GET", f"{path}{name}")
            assert (answer.status_code, answer.json()["path"]) == (422, "operator")
        assert (await one.right("root", "GET", f"{path}cem"))["about"]["operator"] == "Cem"


async def test_why_it_waits_is_counted_and_what_nobody_has_is_said():
    queue = {**QUEUE, "requires": ["spanish>=9"]}
    departments = {**COMPANY["departments"]}
    departments["support"] = {"title": "Support", "default_queue": "general", "queues": {"general": queue}}
    async with office({**COMPANY, "departments": departments}) as one:
        await one.available("ann")
        await one.mail()
        (row,) = (await one.desk("ann"))["waiting"]
        assert row["waiting_reason"].startswith("nobody has spanish>=9, ")
        assert (row["position"], row["wait_percent"]) == (0, 0)
        view = await one.right("ann", "GET", f"/conversations/{row['reference']}/explanation?operator=ann")
        assert view["waiting_reason"].startswith("nobody has spanish>=9, ")
        (waiting,) = view["waiting"]
        assert (waiting["nobody_has"], waiting["nobody_can"]) == (["spanish>=9"], True)
        assert view["about"] == {
            "operator": "Ann",
            "decisions": [],
            "now": "without spanish>=9",
            "reasons": ["skill:spanish>=9"],
        }
        matter = await one.right("ann", "GET", f"/conversations/{row['reference']}")
        assert matter["actions"] == ["note", "pull"]
        matter = await one.right("sue", "GET", f"/conversations/{row['reference']}")
        assert matter["actions"] == ["note", "pull", "force", "requeue"]


async def test_people_in_notices_have_names():
    async with office() as one:
        cells = [("item_forced", "sue"), ("item_reassigned", "ann bob"), ("lease_lost", "")]
        for number, (kind, detail) in enumerate(cells, 1):
            cell = c.NoticeCell(kind, 0, detail, one.clock.now_ms())
            await one.engine.writer.write_cells([c.put(c.NOTICE, c.joined_key("ann", c.number_key(number)), cell)])
        notices = (await one.desk("ann"))["notices"]
        assert [(notice["kind"], notice["detail"]) for notice in notices] == [
            ("lease_lost", ""),
            ("item_reassigned", "Ann → Bob"),
            ("item_forced", "Sue"),
        ]


async def test_a_desk_shows_channels_presence_and_what_was_put_aside():
    async with office() as one:
        _, number = await one.matter_of("ann")
        desk = await one.desk("ann")
        assert [(row["instance"], row["title"]) for row in desk["channels"]] == [("mail", "Mail"), ("desk", "Desk")]
        assert desk["parked"] == []
        assert (desk["me"]["channels"], desk["me"]["queues"], desk["me"]["weight"]) == ({}, [], 10)
        item = one.state.items[number]
        mine = msgspec.structs.replace(item, parked_by="ann", parked_until_ms=5)
        assert one.daemon  # the row itself: a held item shows nothing of it, one that is put aside does
        screens = explanations.Screens(one.engine, one.daemon.services.config)
        assert screens.item(mine, "ann").parked_until_ms == 0
        mine.state = type(item.state).PARKED
        assert (screens.item(mine, "ann").parked_until_ms, screens.item(mine, "ann").parked_by) == (5, "Ann")
