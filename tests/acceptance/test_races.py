"""Two screens accept while the offer runs out: exactly one thing happens, and everybody is told the truth."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import anyio
import httpx2
import pytest
from tests.acceptance.daemon import PASSWORD, Daemon, letter, until

pytestmark = pytest.mark.daemon

RACES = int(os.environ.get("OMNIROUTE_RACES", "40"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_an_accept_while_the_offer_expires_has_one_winner(tmp_path: Path):
    with Daemon(tmp_path, offer="4s", backoff="1h") as daemon:
        await anyio.to_thread.run_sync(daemon.available, "ann", "bob")
        with daemon.smtp() as client:
            for number in range(RACES):
                client.send_message(letter(f"race-{number}x"))

        def offers() -> list[tuple[str, dict]]:
            return [(who, offer) for who in ("ann", "bob") for offer in daemon.offers(who)]

        first = until(lambda: len(found := offers()) == RACES and found)
        answers = await race(daemon, first)
        assert set(answers) <= {200, 409}
        matters = [offer["item"]["reference"] for _, offer in first]
        assert len(set(matters)) == RACES
        won = 0
        for reference in matters:
            decisions = daemon.call("root", "GET", f"/conversations/{reference}/explanation")["decisions"]
            outcomes = [decision["outcome"] for decision in decisions]
            assert outcomes.count("accepted") <= 1
            won += decisions[0]["outcome"] == "accepted"
            if decisions[0]["outcome"] != "accepted":
                assert decisions[0]["outcome"] == "expired"
                assert len({decision["chosen"] for decision in decisions}) == len(decisions)  # somebody else
        assert answers[200] == won
        assert answers[409] == 2 * RACES - won
        for who in ("ann", "bob"):
            desk = daemon.call(who, "GET", "/desk")
            assert desk["me"]["load_units"] == len(desk["mine"])


async def race(daemon: Daemon, offers: list[tuple[str, dict]]) -> Counter[int]:
    """Two accepts of each offer, close to its end: some before, some after."""
    answers: Counter[int] = Counter()
    dice = random.Random(7)
    headers = {who: {"authorization": f"Bearer {daemon.token(who)}"} for who in ("ann", "bob")}

    async def accept(who: str, offer: dict, at_ms: int) -> None:
        await anyio.sleep(max(0.0, at_ms / 1000 - time.time()))
        answer = await client.post(f"/api/v1/offers/{offer['offer_id']}/accept", headers=headers[who])
        answers[answer.status_code] += 1

    async with (
        httpx2.AsyncClient(base_url=daemon.url, timeout=20, verify=False) as client,
        anyio.create_task_group() as group,
    ):
        for who, offer in offers:
            at_ms = offer["deadline_ms"] + dice.randint(-120, 20)
            for _ in range(2):
                group.start_soon(accept, who, offer, at_ms)
    return answers


async def test_of_200_accepts_and_pulls_of_one_item_exactly_one_wins(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        await anyio.to_thread.run_sync(daemon.available, "ann", "bob")
        daemon.mail("wanted")
        who, offer = until(lambda: [(one, offer) for one in ("ann", "bob") for offer in daemon.offers(one)])[0]
        item = offer["item"]["work_item_id"]
        calls = [(("ann", "bob")[number % 2], f"/work-items/{item}/pull", None) for number in range(100)]
        calls += [(("ann", "bob")[number % 2], f"/offers/{offer['offer_id']}/accept", None) for number in range(100)]
        random.Random(7).shuffle(calls)
        assert await at_once(daemon, calls) == Counter({409: 199, 200: 1})
        desk = daemon.call(who, "GET", "/desk")  # whom it was offered to
        assert ([one["work_item_id"] for one in desk["mine"]], desk["me"]["load_units"]) == ([item], 1)


async def test_of_two_supervisors_who_give_one_item_to_two_people_at_once_one_is_told_that_it_is_gone(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        person = {"password": PASSWORD, "departments": ["support"], "role": "supervisor"}
        for login in ("sue", "sid"):
            daemon.call("root", "POST", "/operators", person | {"operator_id": login, "name": login.title()})
        await anyio.to_thread.run_sync(daemon.available, "ann", "bob")
        for number in range(10):
            daemon.mail(f"given-{number}")
        found = until(lambda: len(offers := [*daemon.offers("ann"), *daemon.offers("bob")]) == 10 and offers)
        for offer in found:
            item, reference = offer["item"]["work_item_id"], offer["item"]["reference"]
            path = f"/work-items/{item}/force"
            calls = [("sue", path, {"operator": "ann"}), ("sid", path, {"operator": "bob"})] * 5
            assert await at_once(daemon, calls) == Counter({409: 9, 200: 1})
            explained = daemon.call("root", "GET", f"/conversations/{reference}/explanation")
            assert [step["kind"] for step in explained["steps"]] == ["work_item.forced"]
            assert [one["outcome"] for one in explained["decisions"]] == ["revoked"]
            moved = [("sue", f"/work-items/{item}/reassign", {"operator": one}) for one in ("ann", "bob")] * 5
            answers = await at_once(daemon, moved)  # each move makes the pictures of the others old
            assert set(answers) <= {200, 409}
        desks = [daemon.call(who, "GET", "/desk") for who in ("ann", "bob")]
        assert sum(len(desk["mine"]) for desk in desks) == 10
        assert all(desk["me"]["load_units"] == len(desk["mine"]) for desk in desks)


async def at_once(daemon: Daemon, calls: list[tuple[str, str, object]]) -> Counter[int]:
    """All calls together; how they were answered."""
    answers: Counter[int] = Counter()
    headers = {who: {"authorization": f"Bearer {daemon.token(who)}"} for who in {who for who, _, _ in calls}}

    async def one(who: str, path: str, body: object) -> None:
        answer = await client.post(f"/api/v1{path}", headers=headers[who], json=body)
        answers[answer.status_code] += 1

    async with (
        httpx2.AsyncClient(base_url=daemon.url, timeout=20, verify=False) as client,
        anyio.create_task_group() as group,
    ):
        for call in calls:
            group.start_soon(one, *call)
    return answers
