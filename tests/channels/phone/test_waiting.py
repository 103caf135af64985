"""`waiting`, over a real server: a telephone system asks how long its caller waits."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.channels.phone.rig import KEY, NOW_MS, Engine, headers_without, make_instance, running

from omniroute.channels.contract import Waiting
from omniroute.signatures import signed_headers

PATH = "/channels/phone/calls/c1/waiting"
NOT_WAITING = {"position": 0, "low_s": 0, "high_s": 0, "percent": 0, "staffed": True}


def signed_path(path: str, now_ms: int = NOW_MS) -> dict[str, str]:
    return signed_headers(KEY, "q1", now_ms // 1000, path.encode())


async def ask(engine: Engine, path: str, headers: dict[str, str]) -> httpx2.Response:
    async with running(make_instance(engine)) as base, httpx2.AsyncClient(base_url=base) as client:
        return await client.get(path, headers=headers)


async def test_a_signed_question_is_answered_with_place_and_estimate() -> None:
    engine = Engine()
    engine.stand("c1", Waiting(3, 240, 540, 80))
    answer = await ask(engine, PATH, signed_path(PATH))
    assert answer.json() == {"position": 3, "low_s": 240, "high_s": 540, "percent": 80, "staffed": True}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("call_id", ["c1", "unknown", "a%2Fb", "%D0%B7"])
async def test_a_call_that_does_not_wait_has_no_place(call_id: str) -> None:
    path = f"/channels/phone/calls/{call_id}/waiting"
    assert (await ask(Engine(), path, signed_path(path))).json() == NOT_WAITING


async def test_a_call_id_may_hold_anything() -> None:
    engine = Engine()
    engine.stand("trunk/1 a", Waiting(2, staffed=False))
    path = "/channels/phone/calls/trunk%2F1%20a/waiting"
    answer: dict[str, Any] = (await ask(engine, path, signed_path(path))).json()
    assert (answer["position"], answer["staffed"]) == (2, False)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        headers_without(signed_path(PATH), "webhook-signature"),
        signed_path("/channels/phone/calls/c2/waiting"),
        signed_path(""),
        signed_path(PATH, NOW_MS - 301_000),
    ],
)
async def test_who_cannot_prove_themselves_learns_nothing(headers: dict[str, str]) -> None:
    engine = Engine()
    engine.stand("c1", Waiting(3))
    answer = await ask(engine, PATH, headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Webhook-Signature")
    assert "position" not in answer.text
