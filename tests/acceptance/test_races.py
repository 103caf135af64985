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
from tests.acceptance.daemon import Daemon, letter, until

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
