"""The live socket: who may open it, what it says, and that no frame ends it."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import anyio
import pytest
from tests.api.rig import served
from tests.engine.rig import until
from websockets.exceptions import InvalidStatus

from omniroute.api import live
from omniroute.api.call import COOKIE
from omniroute.api.live import POLICY, SESSION_ENDED
from omniroute.core import events as e


async def test_after_hello_comes_the_desk_and_again_after_every_change():
    async with served() as one, one.socket("ann") as socket:
        frame = await socket.hear()
        assert (frame["type"], frame["desk"]["me"]["presence"]) == ("desk", "offline")
        await one.available("ann")
        assert (await socket.hear("desk"))["desk"]["me"]["presence"] == "available"
        await one.mail()
        while not (desk := (await socket.hear("desk"))["desk"])["offers"]:
            pass
        reference = desk["offers"][0]["item"]["reference"]
        assert (await socket.hear("conversation"))["reference"] == reference


async def test_nobody_hears_of_a_foreign_matter():
    async with served() as one, one.socket("fay") as socket:
        await socket.hear("desk")
        await one.mail()
        await one.available("fay")
        frame = await socket.hear()
        while not (frame["type"] == "desk" and frame["desk"]["me"]["presence"] == "available"):
            assert frame["type"] == "desk"
            assert frame["desk"]["waiting"] == []
            frame = await socket.hear()


async def test_an_admin_hears_of_threads_and_has_no_desk():
    async with served() as one, one.socket("root") as socket:
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"
        await one.mail()
        assert (await socket.hear())["type"] == "conversation"


async def test_a_browser_comes_by_cookie_from_our_own_page():
    async with served() as one:
        token = (await one.login("ann")).json()["token"]
        async with one.socket(cookie=f"{COOKIE}={token}", origin=one.daemon.url) as socket:
            assert (await socket.hear())["type"] == "desk"


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
async def test_a_foreign_page_with_our_cookie_is_refused(headers):
    async with served() as one:
        token = (await one.login("ann")).json()["token"]
        with pytest.raises(InvalidStatus) as refused:
            async with one.socket(cookie=f"{COOKIE}={token}", **headers):
                pass
        assert refused.value.response.status_code == 403
        assert POLICY


@pytest.mark.parametrize(
    "hello",
    [
        '{"type":"hello","token":"forged"}',
        '{"type":"ping"}',
        "nonsense",
        b"\xff\x00",
        "{}",
        '{"type":"hello","token":""}',
    ],
)
async def test_without_a_right_hello_the_socket_ends(hello):
    async with served() as one, one.socket() as socket:
        await socket.connection.send(hello)
        assert await socket.close_code() == SESSION_ENDED


async def test_who_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(live, "HELLO_TIMEOUT_S", 0.02)
    async with served() as one, one.socket() as socket:
        assert await socket.close_code() == SESSION_ENDED


BAD = [
    "nonsense", "[]", "{}", '{"type":"pong"}', '{"type":"ping","x":1}', '{"type":"ping"', b"\xff\xfe\x00", b"", "",
    '{"x":' + "[" * 4000, '{"type":"ping","x":"' + "x" * 100_000 + '"}', '{"type":"\\ud800"}', '{"type":1}',
]  # fmt: skip


@pytest.mark.parametrize("frame", BAD, ids=range(len(BAD)))
async def test_a_frame_out_of_schema_gets_a_typed_error_and_the_socket_stays(frame):
    async with served() as one, one.socket("ann") as socket:
        await socket.hear("desk")
        await socket.connection.send(frame)
        error = await socket.hear()
        assert (error["type"], error["code"]) == ("error", "invalid_input")
        assert len(json.dumps(error)) < 1000
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"


async def test_a_frame_over_the_limit_of_the_server_ends_the_socket_only():
    async with served() as one:
        async with one.socket("ann") as socket:
            await socket.hear("desk")
            await socket.connection.send("x" * (1024 * 1024 + 1))
            assert await socket.close_code() == 1009
        assert (await one.client.get("/health")).status_code == 200


async def test_logging_out_ends_the_socket():
    async with served() as one:
        token = (await one.login("ann")).json()["token"]
        async with one.socket(cookie=f"{COOKIE}={token}", origin=one.daemon.url) as socket:
            await socket.hear("desk")
            await one.client.post("/logout")
            assert await socket.close_code() == SESSION_ENDED


async def test_many_changes_within_a_moment_are_one_desk(monkeypatch):
    monkeypatch.setattr(live, "WINDOW_S", 0.3)
    async with served() as one, one.socket("ann") as socket:
        await socket.hear("desk")
        await one.mail("0", sender="k0@example.org")
        await socket.hear("desk")  # the first at once; for the rest there is time
        for number in range(1, 20):
            await one.mail(str(number), sender=f"k{number}@example.org")
        frames = [await socket.hear()]
        while frames[-1]["type"] != "desk" or frames[-1]["desk"]["waiting_count"] < 20:
            frames.append(await socket.hear())
        assert len([frame for frame in frames if frame["type"] == "desk"]) <= 2
        while len({frame["reference"] for frame in frames if frame["type"] == "conversation"}) < 20:
            frames.append(await socket.hear("conversation"))
        references = [frame["reference"] for frame in frames if frame["type"] == "conversation"]
        assert len(references) <= 21  # once each, but what was told before the moment


async def test_an_offer_and_its_end_do_not_wait(monkeypatch):
    monkeypatch.setattr(live, "WINDOW_S", 3600)
    async with served() as one:
        await one.available("ann")
        async with one.socket("ann") as mine, one.socket("bob") as other:
            await mine.hear("desk")
            await other.hear("desk")
            await one.mail()
            while not (desk := (await mine.hear("desk"))["desk"])["offers"]:
                pass
            offer_id = desk["offers"][0]["offer_id"]
            await one.right("ann", "POST", f"/offers/{offer_id}/decline", {"reason": "busy"})
            while (await mine.hear("desk"))["desk"]["offers"]:
                pass
            await other.hear("conversation")
            with pytest.raises(TimeoutError), anyio.fail_after(0.1):
                await other.connection.recv()


async def test_an_open_socket_is_an_open_desk_until_the_last_one_goes():
    async with served() as one:
        await one.available("ann")
        async with one.socket("ann") as first:
            await first.hear("desk")
            async with one.socket("ann") as second:
                await second.hear("desk")
            await one.right("ann", "GET", "/desk")
            assert one.events(e.LeaseStarted) == []
        await until(lambda: one.events(e.LeaseStarted))
        assert [event.operator_id for event in one.events(e.OperatorConnected)] == ["ann"]
        assert (await one.desk("ann"))["me"]["lease_until_ms"] == one.clock.now_ms() + 30_000
        await one.wait(30_000)
        await until(lambda: one.events(e.PresenceChanged)[-1].cause == "lease")
        desk = await one.desk("ann")
        assert desk["me"]["presence"] == "offline"
        assert [notice["kind"] for notice in desk["notices"]] == ["lease_lost"]


async def test_who_comes_back_in_time_has_lost_nothing():
    async with served() as one:
        await one.available("ann")
        async with one.socket("ann") as socket:
            await socket.hear("desk")
        await until(lambda: one.events(e.LeaseStarted))
        async with one.socket("ann") as socket:
            await socket.hear("desk")
            await one.wait(60_000)
            desk = await one.desk("ann")
            assert (desk["me"]["presence"], desk["me"]["lease_until_ms"]) == ("available", 0)


async def test_a_daemon_that_stops_is_nobodys_absence():
    async with AsyncExitStack() as stack:
        async with served() as one:
            socket = await stack.enter_async_context(one.socket("ann"))
            await socket.hear("desk")
        assert await socket.close_code() == 1012
        assert one.events(e.OperatorConnected)
        assert one.events(e.LeaseStarted) == []
