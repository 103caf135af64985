"""Live: a real server, real sockets."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, suppress

import anyio
import pytest
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from tests.channels.fakes import FakeContext
from tests.channels.webchat.support import SECRET, Page, line, options, reply, running
from websockets.exceptions import ConnectionClosed, InvalidStatus

from omniroute.channels.contract import Delivery, RawInput, ThreadEntry, Waiting
from omniroute.channels.webchat import socket as chat_socket
from omniroute.channels.webchat.frames import Entry
from omniroute.channels.webchat.hub import VISITOR_SOCKETS_MAX, Hub
from omniroute.channels.webchat.plugin import WebchatChannel
from omniroute.channels.webchat.socket import SEND_QUEUE_FRAMES_MAX, ChatSocket, Site
from omniroute.channels.webchat.tokens import Tokens
from omniroute.channels.webchat.waiting import WaitingRoom
from omniroute.errors import Busy, DeliveryRefused, InvalidInput, JournalFull


async def closed(page: Page) -> int:
    """Read on until the server closes: a client that reads nothing does not see the close, either."""
    with anyio.fail_after(20), suppress(ConnectionClosed):
        async for _ in page.connection:
            pass
    assert page.connection.close_code is not None
    return page.connection.close_code


async def test_a_new_visitor_is_welcomed() -> None:
    async with running(FakeContext("shop"), greeting="Good day") as shop, shop.page() as page:
        welcome = await page.hello()
        assert welcome["type"] == "welcome"
        assert (welcome["site"], welcome["greeting"], welcome["entries"]) == ("Lumen & Holz", "Good day", [])
        assert welcome["fresh"] is True
        assert len(welcome["visitor"]) == 32
        assert SECRET not in str(welcome)


async def test_ack_comes_only_after_the_message_is_durable() -> None:
    context = FakeContext("shop")
    async with running(context) as shop, shop.page() as page:
        welcome = await page.hello(name="Marta", email="m@example.org")
        context.hold()
        await page.say(type="message", id="m1", text="Where is my lamp?")
        await context.entered.wait()
        assert context.received == []
        answer: list[dict[str, object]] = []

        async def listen() -> None:
            answer.append(await page.hear())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            assert answer == []
            context.release()
        assert answer == [{"type": "ack", "id": "m1"}]
        (raw,) = context.received
        assert raw.meta == {"visitor": welcome["visitor"]}
        (interaction,) = WebchatChannel().normalize(raw)
        assert interaction.text == "Where is my lamp?"
        assert interaction.sender.name == "Marta"
        assert interaction.fields == {"email": "m@example.org"}


async def test_a_repeated_message_is_acknowledged_under_the_same_key() -> None:
    context = FakeContext("shop")
    async with running(context) as shop:
        async with shop.page() as page:
            token = (await page.hello())["token"]
            await page.say(type="message", id="m1", text="Hello")
            assert await page.hear() == {"type": "ack", "id": "m1"}
        async with shop.page() as page:
            assert "fresh" not in await page.hello(token=token)
            await page.say(type="message", id="m1", text="Hello")
            assert await page.hear() == {"type": "ack", "id": "m1"}
    assert len({WebchatChannel().dedup_key(raw) for raw in context.received}) == 1


async def test_resume_brings_what_was_missed() -> None:
    context = FakeContext("shop")
    async with running(context) as shop:
        async with shop.page() as page:
            welcome = await page.hello()
            assert (await shop.instance.send(reply(welcome["visitor"], 7, "One"))).detail == "shown"
            entry = await page.hear()
            assert (entry["type"], entry["interaction_id"], entry["text"]) == ("entry", 7, "One")
            assert (entry["name"], entry["reference"]) == ("Ines Vogel", "4KX7-9MTD")
            await page.connection.close()
            await page.connection.wait_closed()
        context.thread_entries = [
            line(6, "customer", provider_id="m1", name="Marta"),
            line(7),
            line(8, provider_id="ours"),
        ]
        async with shop.page() as page:
            again = await page.hello(token=welcome["token"], after=7)
            assert again["visitor"] == welcome["visitor"]
            assert [e["interaction_id"] for e in again["entries"]] == [8]
            assert "client_id" not in again["entries"][0]
            assert again["reference"] == "4KX7-9MTD"
        async with shop.page() as page:
            whole = await page.hello(token=welcome["token"])
            assert [e.get("client_id") for e in whole["entries"]] == ["m1", None, None]
    assert (welcome["visitor"], 7) in context.thread_calls


async def test_a_reply_without_an_open_page_is_stored() -> None:
    async with running(FakeContext("shop")) as shop:
        assert (await shop.instance.send(reply("nobody", 7))).detail == "stored"


@pytest.mark.parametrize("changes", [{"order": "connect"}, {"session_key": "", "to": None}])
async def test_what_a_chat_cannot_deliver_is_refused_for_good(changes: dict[str, object]) -> None:
    async with running(FakeContext("shop")) as shop:
        with pytest.raises(DeliveryRefused):
            await shop.instance.send(reply("v", 7, **changes))


async def test_replies_reach_all_pages_of_their_visitor_and_no_other() -> None:
    async with running(FakeContext("shop")) as shop, shop.page() as one, shop.page() as two, shop.page() as other:
        welcome = await one.hello()
        await two.hello(token=welcome["token"])
        await other.hello()
        await shop.instance.send(reply(welcome["visitor"], 7))
        assert (await one.hear())["interaction_id"] == 7
        assert (await two.hear())["interaction_id"] == 7
        await other.say(type="ping")
        assert await other.hear() == {"type": "pong"}


def diverted(visitor: str, outcome: str = "callback") -> Delivery:
    changes = {"key": "e5", "order": "divert", "outcome": outcome, "text": "", "operator_name": ""}
    return reply(visitor, 0, **changes)


async def test_a_diverted_visitor_is_told_at_once_and_again_after_a_reload() -> None:
    context = FakeContext("shop")
    async with running(context) as shop:
        async with shop.page() as page:
            welcome = await page.hello()
            assert (await shop.instance.send(diverted(welcome["visitor"]))).detail == "shown"
            entry = await page.hear()
            assert (entry["author"], entry["outcome"], entry["key"]) == ("system", "callback", "e5")
        told = line(6, "system", name="", text="", outcome="callback", key="e5")
        context.thread_entries = [line(6, "customer", provider_id="m1"), told]
        async with shop.page() as page:
            (_, again) = (await page.hello(token=welcome["token"]))["entries"]
            assert (again["author"], again["outcome"], again["key"]) == ("system", "callback", "e5")
            assert again["interaction_id"] == 6


async def test_a_diversion_during_resume_is_shown_once() -> None:
    context = SlowThread()
    context.thread_entries = [line(6, "system", outcome="mail", key="e5")]
    visitor = Tokens(SECRET, "shop", 90).admit("", b"v" * 16, context.now_ms())
    async with running(context) as shop, shop.page() as page:
        await page.say(type="hello", token=visitor.token)
        await context.reading.wait()
        await shop.instance.send(diverted(visitor.id, "mail"))
        context.go_on.set()
        assert len((await page.hear())["entries"]) == 1
        await page.say(type="ping")
        assert await page.hear() == {"type": "pong"}


class Queue(FakeContext):
    """Every message puts its visitor into the line; ``watched`` are the watches that were begun."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.watched: list[tuple[str, int]] = []
        self.left = anyio.Event()

    async def receive(self, raw: RawInput) -> int:
        raw_id = await super().receive(raw)
        if raw.meta["visitor"] not in self.line:
            self.stand(raw.meta["visitor"], Waiting(3, 240, 540, 80))
        return raw_id

    async def watch_waiting(self, session_key: str, raw_id: int = 0) -> AsyncGenerator[Waiting, None]:
        self.watched.append((session_key, raw_id))
        try:
            async with aclosing(super().watch_waiting(session_key, raw_id)) as values:
                async for value in values:
                    yield value
        finally:
            self.left.set()


THIRD = {"type": "waiting", "position": 3, "low_s": 240, "high_s": 540, "percent": 80}


async def test_after_the_first_message_a_visitor_hears_how_they_wait_until_they_are_served() -> None:
    context = Queue()
    async with running(context) as shop, shop.page() as page:
        visitor = (await page.hello())["visitor"]
        assert context.watched == []
        await page.say(type="message", id="m1", text="Hello")
        assert [await page.hear(), await page.hear()] == [{"type": "ack", "id": "m1"}, THIRD]
        assert context.watched == [(visitor, 1)]
        context.stand(visitor, Waiting(2, staffed=False))
        assert await page.hear() == {"type": "waiting", "position": 2, "staffed": False}
        context.stand(visitor, None)
        assert await page.hear() == {"type": "waiting", "position": 0}
        await page.say(type="message", id="m2", text="Another matter")
        assert [await page.hear(), await page.hear()] == [{"type": "ack", "id": "m2"}, THIRD]


async def test_all_pages_of_a_visitor_are_told_and_nobody_else() -> None:
    context = Queue()
    async with running(context) as shop, shop.page() as one, shop.page() as two, shop.page() as other:
        welcome = await one.hello()
        await two.hello(token=welcome["token"])
        await other.hello()
        await one.say(type="message", id="m1", text="Hello")
        assert [await one.hear(), await one.hear(), await two.hear()] == [{"type": "ack", "id": "m1"}, THIRD, THIRD]
        begun = len(context.watched)
        async with shop.page() as late:
            await late.hello(token=welcome["token"])
            assert await late.hear() == THIRD
        assert len(context.watched) == begun
        assert {visitor for visitor, _ in context.watched} == {welcome["visitor"]}
        await other.say(type="ping")
        assert await other.hear() == {"type": "pong"}


async def test_a_page_that_comes_back_is_told_anew_and_nobody_watches_for_who_is_gone() -> None:
    context = Queue()
    async with running(context) as shop:
        async with shop.page() as page:
            welcome = await page.hello()
            await page.say(type="message", id="m1", text="Hello")
            assert [await page.hear(), await page.hear()][1] == THIRD
        with anyio.fail_after(20):
            await context.left.wait()
        async with shop.page() as page:
            await page.hello(token=welcome["token"])
            assert await page.hear() == THIRD


async def test_a_message_while_waiting_is_looked_at_when_the_waiting_is_over() -> None:
    context = Queue()
    async with running(context) as shop, shop.page() as page:
        visitor = (await page.hello())["visitor"]
        for name in ("m1", "m2"):
            await page.say(type="message", id=name, text="Hello")
            assert (await page.hear())["id"] == name
            if name == "m1":
                assert await page.hear() == THIRD
        context.stand(visitor, None)
        assert await page.hear() == {"type": "waiting", "position": 0}
        await page.say(type="ping")
        assert await page.hear() == {"type": "pong"}
        assert context.watched == [(visitor, 1), (visitor, 2)]


class SlowThread(FakeContext):
    """Reading the thread waits at a gate."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.reading = anyio.Event()
        self.go_on = anyio.Event()

    async def thread(self, session_key: str, after_interaction_id: int = 0) -> Sequence[ThreadEntry]:
        self.reading.set()
        await self.go_on.wait()
        return await super().thread(session_key, after_interaction_id)


async def test_a_reply_during_resume_is_shown_once_and_not_lost() -> None:
    context = SlowThread()
    context.thread_entries = [line(7)]
    visitor = Tokens(SECRET, "shop", 90).admit("", b"v" * 16, context.now_ms())
    async with running(context) as shop, shop.page() as page:
        await page.say(type="hello", token=visitor.token)
        await context.reading.wait()
        await shop.instance.send(reply(visitor.id, 7))
        await shop.instance.send(reply(visitor.id, 8))
        context.go_on.set()
        welcome = await page.hear()
        assert [e["interaction_id"] for e in welcome["entries"]] == [7]
        assert (await page.hear())["interaction_id"] == 8
        await page.say(type="ping")
        assert await page.hear() == {"type": "pong"}


async def test_a_forged_token_makes_a_new_visitor() -> None:
    context = FakeContext("shop")
    forged = Tokens("another secret", "shop", 90).issue("0" * 32, context.now_ms())
    async with running(context) as shop, shop.page() as page:
        welcome = await page.hello(token=forged)
        assert welcome["fresh"] is True
        assert welcome["visitor"] != "0" * 32
        assert welcome["token"] != forged
    assert context.thread_calls == []


async def test_a_bad_frame_is_answered_and_the_socket_stays() -> None:
    async with running(FakeContext("shop")) as shop, shop.page() as page:
        await page.connection.send(b"\xff\xfe")
        assert (await page.hear())["code"] == "invalid_input"
        await page.say(type="message", id="m1", text="too early")
        assert (await page.hear())["code"] == "unexpected"
        assert (await page.hello())["type"] == "welcome"


async def test_twenty_bad_frames_close_the_socket() -> None:
    async with running(FakeContext("shop")) as shop, shop.page() as page:
        for _ in range(20):
            await page.connection.send("?")
        assert await closed(page) == 1008


async def test_a_huge_frame_closes_the_socket() -> None:
    async with running(FakeContext("shop")) as shop, shop.page() as page:
        await page.connection.send("x" * 70_000)
        assert (await page.hear())["code"] == "too_large"
        assert await closed(page) == 1009


@pytest.mark.parametrize(
    ("error", "frame"),
    [
        (Busy(retry_after_s=7), {"type": "busy", "retry_after_s": 7, "id": "m1"}),
        (JournalFull("no space"), {"type": "busy", "retry_after_s": 5, "id": "m1"}),
        (InvalidInput("no"), {"type": "error", "code": "invalid_input", "detail": "no", "id": "m1"}),
    ],
)
async def test_what_was_not_taken_is_not_acknowledged(error: Exception, frame: dict[str, object]) -> None:
    context = FakeContext("shop")
    context.error = error
    async with running(context) as shop, shop.page() as page:
        await page.hello()
        await page.say(type="message", id="m1", text="Hello")
        assert await page.hear() == frame


async def test_a_failure_of_ours_closes_the_socket_and_leaks_nothing() -> None:
    context = FakeContext("shop")
    context.error = ZeroDivisionError("inner detail")
    with capture_logs() as logs:
        async with running(context) as shop, shop.page() as page:
            await page.hello()
            await page.say(type="message", id="m1", text="My secret lamp")
            assert await closed(page) == 1011
            assert "inner" not in str(page.connection.close_reason)
    (entry,) = [entry for entry in logs if entry["event"] == "chat socket failed"]
    assert entry["error"] == "ZeroDivisionError"
    assert "secret lamp" not in str(logs)
    assert "exc_info" not in entry


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_another_origin_is_refused_before_accept(origin: str | None, caplog: pytest.LogCaptureFixture) -> None:
    async with running(FakeContext("shop")) as shop:
        with pytest.raises(InvalidStatus) as caught:
            async with shop.page(origin):
                pass
    assert caught.value.response.status_code == 403
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_sockets_of_the_instance_are_bounded() -> None:
    async with running(FakeContext("shop"), sockets_max=1) as shop, shop.page() as page:
        await page.hello()
        with pytest.raises(InvalidStatus) as caught:
            async with shop.page():
                pass
    assert caught.value.response.status_code == 503


async def test_sockets_of_a_visitor_are_bounded() -> None:
    async with running(FakeContext("shop")) as shop, anyio.create_task_group() as tasks:
        token = ""
        done = anyio.Event()

        async def stay(*, task_status: anyio.abc.TaskStatus[str]) -> None:
            async with shop.page() as page:
                task_status.started((await page.hello(token=token))["token"])
                await done.wait()

        for _ in range(VISITOR_SOCKETS_MAX):
            token = await tasks.start(stay)
        async with shop.page() as page:
            assert (await page.hello(token=token))["code"] == "too_many_sockets"
            assert await closed(page) == 1013
        done.set()


async def test_who_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_socket, "HELLO_S", 0)
    async with running(FakeContext("shop")) as shop, shop.page() as page:
        assert await closed(page) == 1008


async def test_who_falls_silent_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_socket, "IDLE_S", 0)
    async with running(FakeContext("shop")) as shop, shop.page() as page:
        await page.hello()
        assert await closed(page) == 1001


async def test_a_stopping_instance_asks_pages_to_come_again() -> None:
    async with AsyncExitStack() as stack:
        async with running(FakeContext("shop")) as shop:
            page = await stack.enter_async_context(shop.page())
            await page.hello()
        assert await closed(page) == 1012


class StuckWire:
    """An ASGI server whose client reads no more after the accept."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.stuck = anyio.Event()
        self.inbox = ['{"type":"hello"}']

    async def receive(self) -> dict[str, object]:
        if not self.sent:
            return {"type": "websocket.connect"}
        if self.inbox:
            return {"type": "websocket.receive", "text": self.inbox.pop()}
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    async def send(self, message: dict[str, object]) -> None:
        if message["type"] == "websocket.send":
            self.stuck.set()
            await anyio.sleep_forever()
        self.sent.append(message)


async def test_a_page_that_reads_too_slowly_is_cut_off() -> None:
    context = FakeContext("shop")
    hub = Hub(10)
    site = Site(options(), context, Tokens(SECRET, "shop", 90), hub, WaitingRoom(context, hub))
    wire = StuckWire()
    scope = {"type": "websocket", "headers": [], "path": "/ws"}
    chat = ChatSocket(WebSocket(scope, wire.receive, wire.send), site)  # type: ignore[arg-type]
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(chat.run)
            await wire.stuck.wait()
            for number in range(SEND_QUEUE_FRAMES_MAX + 2):
                chat.show(Entry(number, "operator", "text", 0))
    assert wire.sent[-1] == {"type": "websocket.close", "code": 1013, "reason": "too slow"}
