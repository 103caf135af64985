"""Who may call what: every endpoint, every role, own and foreign department. Denied unless the matrix says otherwise.

The scene: *Own* is a letter that ann of support holds, *Other* is one that is offered to bob of support, *Declined* is
one that waits because bob did not want it, *Moving* is one that ann wants to hand over to sales, where it is offered to
cem, *Over* is one that ann writes up. Fay and dan work in delivery: strangers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.api.rig import COMPANY, Office, office

from omniroute.api.table import endpoints
from omniroute.testing.clock import START_MS

PEOPLE = ("", "ann", "bob", "cem", "fay", "sue", "dan", "root")
"""Nobody; owner; colleague; the department it moves to; stranger; supervisors at home and abroad; admin."""

OPEN = dict.fromkeys(PEOPLE, 200)
SIGNED_IN = {**OPEN, "": 401}
STAFF = {**SIGNED_IN, "root": 403}
READERS = {"": 401, "ann": 200, "bob": 200, "cem": 404, "fay": 404, "sue": 200, "dan": 404, "root": 200}
ADMIN = {**dict.fromkeys(PEOPLE, 403), "": 401, "root": 201}
CHIEFS = {"": 401, "ann": 403, "bob": 403, "cem": 403, "fay": 403, "sue": 200, "dan": 200, "root": 200}
OWNER_ONLY = {"": 401, "ann": 200, "bob": 403, "cem": 403, "fay": 403, "sue": 403, "dan": 403, "root": 403}
OWNER_OR_CHIEF = {"": 401, "ann": 200, "bob": 403, "cem": 404, "fay": 404, "sue": 200, "dan": 404, "root": 200}
CHIEF_ONLY = {"": 401, "ann": 403, "bob": 403, "cem": 404, "fay": 404, "sue": 200, "dan": 404, "root": 200}
PICKS = {"": 401, "ann": 409, "bob": 200, "cem": 404, "fay": 404, "sue": 409, "dan": 404, "root": 403}
"""Ann and sue are not available just now."""
BOBS_OFFER = {"": 401, "ann": 409, "bob": 200, "cem": 409, "fay": 409, "sue": 409, "dan": 409, "root": 403}

NO_ORDER = {who: 409 if status == 200 else status for who, status in OWNER_OR_CHIEF.items()}
"""A question has no order lines."""
PERSON = {"operator_id": "new", "name": "New", "password": "long enough", "departments": ["support"]}

# method, path → (path of the scene, body, status for each)
MATRIX: dict[tuple[str, str], tuple[str, Any, dict[str, int]]] = {
    ("POST", "/login"): ("/login", {"login": "ann", "password": COMPANY["operators"]["ann"]["password"]}, OPEN),
    ("POST", "/logout"): ("/logout", None, {**dict.fromkeys(PEOPLE, 204), "": 401}),
    ("GET", "/me"): ("/me", None, SIGNED_IN),
    ("GET", "/desk"): ("/desk", None, STAFF),
    ("PUT", "/presence"): ("/presence", {"presence": "available"}, STAFF),
    ("POST", "/offers/{offer_id:int}/accept"): ("/offers/{bobs}/accept", None, BOBS_OFFER),
    ("POST", "/offers/{offer_id:int}/decline"): ("/offers/{bobs}/decline", {}, BOBS_OFFER),
    ("GET", "/conversations"): ("/conversations?q=own", None, SIGNED_IN),
    ("POST", "/conversations"): (
        "/conversations",
        {"name": "Lou", "text": "hello"},
        {**dict.fromkeys(PEOPLE, 201), "": 401, "root": 403},
    ),
    ("GET", "/conversations/{reference}"): ("/conversations/{own}", None, READERS),
    ("POST", "/conversations/{reference}/replies"): (
        "/conversations/{own}/replies",
        {"text": "hello"},
        {"": 401, "ann": 201, "bob": 403, "cem": 404, "fay": 404, "sue": 403, "dan": 404, "root": 403},
    ),
    ("POST", "/conversations/{reference}/notes"): (
        "/conversations/{own}/notes",
        {"text": "hello"},
        {"": 401, "ann": 201, "bob": 201, "cem": 404, "fay": 404, "sue": 201, "dan": 404, "root": 403},
    ),
    ("GET", "/conversations/{reference}/promises"): ("/conversations/{own}/promises", None, READERS),
    ("POST", "/conversations/{reference}/stage"): (
        "/conversations/{own}/stage",
        {"stage": "waiting_customer"},
        OWNER_OR_CHIEF,
    ),
    ("PUT", "/conversations/{reference}/fields"): ("/conversations/{own}/fields", {"fields": {}}, OWNER_OR_CHIEF),
    ("PUT", "/conversations/{reference}/priority"): ("/conversations/{own}/priority", {"priority": 3}, OWNER_OR_CHIEF),
    ("PUT", "/conversations/{reference}/order"): (
        "/conversations/{own}/order",
        {"currency": "EUR", "lines": []},
        NO_ORDER,
    ),
    ("POST", "/orders/{reference}/stage"): (
        "/orders/{own}/stage",
        {"stage": "nowhere"},
        {**dict.fromkeys(PEOPLE, 403), "": 401, "root": 422},
    ),
    ("POST", "/conversations/{reference}/merge"): (
        "/conversations/{other}/merge",
        {"into": "{own}"},
        {"": 401, "ann": 200, "bob": 200, "cem": 404, "fay": 404, "sue": 200, "dan": 404, "root": 403},
    ),
    ("POST", "/conversations/{reference}/split"): (
        "/conversations/{own}/split",
        {"messages": [1]},
        {"": 401, "ann": 409, "bob": 403, "cem": 404, "fay": 404, "sue": 409, "dan": 404, "root": 403},
    ),
    ("GET", "/conversations/{reference}/explanation"): ("/conversations/{own}/explanation", None, READERS),
    ("GET", "/conversations/{reference}/attachments/{interaction_id:int}/{place:int}"): (
        "/conversations/{own}/attachments/1/0",
        None,
        READERS,
    ),
    ("GET", "/conversations/{reference}/html/{interaction_id:int}"): ("/conversations/{own}/html/1", None, READERS),
    ("POST", "/work-items/{work_item_id:int}/transfer"): (
        "/work-items/{own_item}/transfer",
        {"department": "delivery"},
        OWNER_OR_CHIEF,
    ),
    ("POST", "/handoffs/{handoff_id:int}/decline"): (
        "/handoffs/{handoff}/decline",
        {"reason": "not ours"},
        {"": 401, "ann": 403, "bob": 403, "cem": 403, "fay": 403, "sue": 403, "dan": 403, "root": 200},
    ),
    ("GET", "/departments/{department_id}/people"): (
        "/departments/sales/people",
        None,
        {"": 401, "ann": 200, "bob": 200, "cem": 200, "fay": 200, "sue": 200, "dan": 200, "root": 403},
    ),
    ("POST", "/work-items/{work_item_id:int}/end-contact"): ("/work-items/{own_item}/end-contact", None, OWNER_ONLY),
    ("POST", "/work-items/{work_item_id:int}/extend-wrap-up"): (
        "/work-items/{over_item}/extend-wrap-up",
        None,
        OWNER_OR_CHIEF,
    ),
    ("POST", "/work-items/{work_item_id:int}/complete"): (
        "/work-items/{own_item}/complete",
        {"disposition": "solved"},
        OWNER_OR_CHIEF,
    ),
    ("POST", "/work-items/{work_item_id:int}/release"): ("/work-items/{own_item}/release", {}, OWNER_OR_CHIEF),
    ("POST", "/work-items/{work_item_id:int}/pull"): ("/work-items/{declined_item}/pull", None, PICKS),
    ("POST", "/work-items/{work_item_id:int}/force"): (
        "/work-items/{declined_item}/force",
        {"operator": "bob"},
        CHIEF_ONLY,
    ),
    ("POST", "/work-items/{work_item_id:int}/reassign"): (
        "/work-items/{own_item}/reassign",
        {"operator": "bob"},
        CHIEF_ONLY,
    ),
    ("POST", "/work-items/{work_item_id:int}/snooze"): (
        "/work-items/{own_item}/snooze",
        {"until_ms": START_MS + 3_600_000},
        OWNER_OR_CHIEF,
    ),
    ("POST", "/work-items/{work_item_id:int}/requeue"): (
        "/work-items/{own_item}/requeue",
        {"queue": "sales.shop", "reason": "wrong door"},
        OWNER_OR_CHIEF,
    ),
    ("POST", "/handoffs/{handoff_id:int}/cancel"): ("/handoffs/{handoff}/cancel", None, OWNER_ONLY),
    ("GET", "/quarantine"): ("/quarantine", None, SIGNED_IN),
    ("GET", "/quarantine/{raw_id:int}/raw"): ("/quarantine/{broken}/raw", None, READERS),
    ("GET", "/dead-letters"): ("/dead-letters", None, CHIEFS),
    ("GET", "/channels"): ("/channels", None, SIGNED_IN),
    ("GET", "/queues"): ("/queues", None, SIGNED_IN),
    ("GET", "/operators"): ("/operators", None, SIGNED_IN),
    ("POST", "/operators"): ("/operators", PERSON, ADMIN),
    ("PUT", "/operators/{operator_id}/presence"): (
        "/operators/ann/presence",
        {"presence": "away", "reason": "lunch"},
        {"": 401, "ann": 200, "bob": 403, "cem": 403, "fay": 403, "sue": 200, "dan": 403, "root": 200},
    ),
    ("GET", "/health"): ("/health", None, OPEN),
    ("GET", "/ready"): ("/ready", None, OPEN),
}


@asynccontextmanager
async def scene() -> AsyncIterator[tuple[Office, dict[str, Any]]]:
    async with office() as one:
        own, own_item = await one.matter_of("ann", "own")
        _, moving_item = await one.matter_of("ann", "moving", "lou@example.org")
        _, over_item = await one.matter_of("ann", "over", "zoe@example.org")
        await one.right("ann", "POST", f"/work-items/{over_item}/end-contact")
        await one.right("ann", "PUT", "/presence", {"presence": "draining"})
        await one.available("bob", "cem")
        await one.mail("declined", sender="max@example.org")
        (declined,) = (await one.desk("bob"))["offers"]
        await one.right("bob", "POST", f"/offers/{declined['offer_id']}/decline", {})
        await one.mail("other")
        handoff = await one.right("ann", "POST", f"/work-items/{moving_item}/transfer", {"department": "sales"})
        assert handoff
        broken = await one.mail(data=b"no letter at all")
        (bobs,) = (await one.desk("bob"))["offers"]
        yield (
            one,
            {
                "own": own,
                "other": bobs["item"]["reference"],
                "own_item": own_item,
                "over_item": over_item,
                "declined_item": declined["item"]["work_item_id"],
                "bobs": bobs["offer_id"],
                "handoff": next(iter(one.state.handoffs)),
                "broken": broken,
            },
        )


def table() -> dict[tuple[str, str], Any]:
    from unittest.mock import MagicMock

    return {(row.method, row.path): row for row in endpoints(MagicMock())}


def test_every_endpoint_is_in_the_matrix():
    assert set(MATRIX) == set(table())
    assert all(set(expected) == set(PEOPLE) for _, _, expected in MATRIX.values())


def test_public_endpoints_are_few_and_named():
    assert {path for (_, path), row in table().items() if row.public} == {"/login", "/health", "/ready"}


def named(body: Any, names: dict[str, Any]) -> Any:
    """A body whose values name things of the scene."""
    if not isinstance(body, dict):
        return body
    return {key: value.format(**names) if isinstance(value, str) else value for key, value in body.items()}


@pytest.mark.parametrize("key", MATRIX, ids=" ".join)
async def test_the_matrix(key):
    """Those who are refused come first, and must have changed nothing; then whoever may, each in a scene of its own."""
    path, body, expected = MATRIX[key]
    changes = key[0] != "GET" and "{" in path
    async with scene() as (one, names):
        state = one.state.encode()
        refused = [who for who in PEOPLE if expected[who] >= 400]
        for who in refused:
            answer = await one.call(who, key[0], path.format(**names), named(body, names))
            assert answer.status_code == expected[who], (who, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
        assert one.state.encode() == state
        for who in (who for who in PEOPLE if expected[who] < 400 and not changes):
            answer = await one.call(who, key[0], path.format(**names), named(body, names))
            assert answer.status_code == expected[who], (who, answer.text)
    for who in (who for who in PEOPLE if expected[who] < 400 and changes):
        async with scene() as (one, names):
            answer = await one.call(who, key[0], path.format(**names), named(body, names))
            assert answer.status_code == expected[who], (who, answer.text)


@pytest.mark.parametrize("who", ["cem", "fay", "dan"])
async def test_lists_show_nothing_of_a_foreign_department(who):
    async with scene() as (one, names):
        assert await one.right(who, "GET", "/conversations?q=own") == []
        assert await one.right(who, "GET", f"/conversations?q={names['own']}") == []
        seen = await one.right(who, "GET", "/operators")
        assert {person["operator_id"] for person in seen} & {"ann", "bob"} == set()
        desk = await one.desk(who)
        assert names["own"] not in str(desk)


async def test_a_department_reads_what_is_offered_to_it_and_the_history_of_that_customer():
    async with scene() as (one, _):
        (offer,) = (await one.desk("cem"))["offers"]
        assert offer["item"]["subject"] == "moving"
        view = await one.right("cem", "GET", f"/conversations/{offer['item']['reference']}")
        assert view["customer"]["earlier"] == []
        await one.mail("later", sender="lou@example.org")
        view = await one.right("cem", "GET", f"/conversations/{offer['item']['reference']}")
        (later,) = view["customer"]["earlier"]
        assert (await one.call("cem", "GET", f"/conversations/{later['reference']}")).status_code == 200
