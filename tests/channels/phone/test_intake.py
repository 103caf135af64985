"""`intake`, over a real server: what is acknowledged, what is refused, and in which order."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import structlog.testing
from tests.channels.phone.rig import (
    NOW_MS,
    SECRET,
    Engine,
    event,
    headers_without,
    make_instance,
    running,
    signed,
    wall_clock_engine,
)

from omniroute.channels.contract import Identity
from omniroute.channels.phone.intake import Intake
from omniroute.channels.phone.options import PhoneOptions
from omniroute.channels.phone.plugin import PhoneChannel
from omniroute.errors import Busy, JournalError, JournalFull

PATH = "/channels/phone/events"
GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "call-events.md"


async def post(base: str, body: Any, **kwargs: Any) -> httpx2.Response:
    headers, data = signed(body, **kwargs)
    async with httpx2.AsyncClient(base_url=base) as client:
        return await client.post(PATH, content=data, headers=headers)


async def test_accepted_only_after_it_is_durable() -> None:
    engine = Engine()
    engine.hold()
    answers: list[httpx2.Response] = []
    async with running(make_instance(engine)) as base, anyio.create_task_group() as group:

        async def send() -> None:
            answers.append(await post(base, event()))

        group.start_soon(send)
        with anyio.fail_after(10):
            await engine.entered.wait()
        assert answers == []
        engine.release()
        (interaction,) = await engine.interactions(1)
    assert (answers[0].status_code, answers[0].json()) == (200, {"status": "accepted"})
    assert interaction.sender == Identity("tel", "+493023125014")


async def test_a_repeated_event_is_accepted_and_has_no_effect() -> None:
    engine = Engine()
    async with running(make_instance(engine)) as base:
        assert (await post(base, event(), message_id="m1")).status_code == 200
        assert (await post(base, event(), message_id="m2")).status_code == 200
        assert (await post(base, event(event_id="e2"), message_id="m2")).status_code == 200
    assert len(engine.received) == 2


async def test_forged_missing_and_stale_are_refused_and_logged_without_content() -> None:
    engine = Engine()
    headers, data = signed(event())
    stale = signed(event(), now_ms=NOW_MS - 301_000)
    early = signed(event(), now_ms=NOW_MS + 301_000)
    forged = signed(event(), key=b"another key that is wrong")
    attempts = [stale, early, forged, (headers, data.replace(b"offered", b"ended")), ({}, data)]
    attempts += [(headers_without(headers, name), data) for name in headers]
    with structlog.testing.capture_logs() as logs:
        async with running(make_instance(engine)) as base, httpx2.AsyncClient(base_url=base) as client:
            answers = [await client.post(PATH, content=body, headers=given) for given, body in attempts]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert answers[0].json()["code"] == "unauthenticated"
    assert engine.received == []
    assert len(logs) == len(attempts)
    assert {line["log_level"] for line in logs} == {"warning"}
    assert not re.search(r"23125|c1|demo-call", str(logs))


async def test_a_mistake_in_the_body_names_its_path() -> None:
    engine = Engine()
    async with running(make_instance(engine)) as base:
        answer = await post(base, event(colour="red"))
    assert answer.status_code == 422
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "the event does not have the documented shape at $.colour",
        "code": "invalid_input",
        "path": "$.colour",
    }
    assert engine.received == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_too_large_is_refused_whether_declared_or_not(chunked: bool) -> None:
    engine = Engine()
    body = b"x" * 16_385

    async def chunks() -> Any:
        yield body[:9_000]
        yield body[9_000:]

    async with running(make_instance(engine)) as base, httpx2.AsyncClient(base_url=base) as client:
        answer = await client.post(PATH, content=chunks() if chunked else body)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [(Busy(retry_after_s=7), 429, "7"), (JournalFull("no space"), 507, "30"), (JournalError("broken"), 503, "30")],
)
async def test_what_could_not_be_taken_is_not_acknowledged(error: Exception, status: int, retry_after: str) -> None:
    engine = Engine()
    engine.error = error
    async with running(make_instance(engine)) as base:
        refused = await post(base, event())
        engine.error = None
        assert (await post(base, event())).status_code == 200
    assert (refused.status_code, refused.headers["retry-after"]) == (status, retry_after)
    assert len(engine.received) == 1


async def test_another_method_is_told_which_one() -> None:
    async with running(make_instance(Engine())) as base, httpx2.AsyncClient(base_url=base) as client:
        answers = [await client.request(method, PATH) for method in ("GET", "PUT", "DELETE")]
    assert [(answer.status_code, answer.headers["allow"]) for answer in answers] == [(405, "POST")] * 3


@pytest.mark.parametrize(
    ("called", "account"),
    [
        ("+49 30 23125-001", "+493023125001"),
        ("030 23125001", "+493023125001"),
        ("+4940999", "+493023125000"),
        ("", "+493023125000"),
        ("600", "600"),
    ],
)
async def test_the_account_is_the_number_that_was_called(called: str, account: str) -> None:
    engine = Engine()
    options = PhoneOptions(secret=SECRET, numbers=["+49 30 23125-000", "+493023125001", "600"], default_country="49")
    answer = await Intake(options, engine).accept(*signed(event(to=called)))
    assert answer.status == 200
    assert engine.received[0].account == account


async def test_without_numbers_of_ours_the_called_one_is_the_account() -> None:
    engine = Engine()
    await Intake(PhoneOptions(secret=SECRET), engine).accept(*signed(event(to="+49 40 99999")))
    assert engine.received[0].account == "+494099999"


@pytest.mark.skipif(not all(map(shutil.which, ("curl", "openssl"))), reason="the recipe needs curl and openssl")
@pytest.mark.parametrize("secret", [SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
async def test_the_recipe_of_the_guide_works(secret: str) -> None:
    """The bash block of the how-to, run as it stands there, against a real server."""
    (script,) = re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    engine = wall_clock_engine()
    instance = PhoneChannel().open_instance(PhoneOptions(secret=secret), engine)
    async with running(instance) as base:
        env = {"BASE": base, "INSTANCE": "phone", "SECRET": secret, "PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1"}
        with anyio.fail_after(15):
            done = await anyio.run_process(["bash", "-c", script], env=env, check=False, stderr=sys.stderr.fileno())
    assert done.stdout.decode().split() == ['{"status":"accepted"}'] * 2
    offered, abandoned = await engine.interactions(2)
    assert (offered.kind, abandoned.kind) == ("contact_started", "contact_abandoned")
    assert offered.session_key == abandoned.session_key
