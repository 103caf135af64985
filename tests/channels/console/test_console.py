"""The console channel over real sockets."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from tests.channels.fakes import FakeContext

from omniroute.channels.console.plugin import (
    CONNECTIONS_MAX,
    LINE_BYTES_MAX,
    ConsoleChannel,
    ConsoleInstance,
    ConsoleOptions,
    omniroute_channels,
)
from omniroute.channels.contract import Delivery, Identity
from omniroute.errors import Busy, ConfigError, DeliveryDeferred, DeliveryRefused, JournalError

CHANNEL = ConsoleChannel()


class Client:
    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self.stream = stream
        self._lines = BufferedByteReceiveStream(stream)

    async def write(self, line: bytes | dict[str, Any]) -> None:
        await self.stream.send(line if isinstance(line, bytes) else msgspec.json.encode(line) + b"\n")

    async def read(self) -> Any:
        with anyio.fail_after(10):
            return msgspec.json.decode(await self._lines.receive_until(b"\n", 100_000))

    async def ask(self, line: bytes | dict[str, Any]) -> Any:
        await self.write(line)
        return await self.read()


Connect = Callable[[], Awaitable[Client]]


@contextlib.asynccontextmanager
async def running(instance: ConsoleInstance, path: Path | None = None) -> AsyncIterator[Connect]:
    """The instance in service; yields what connects to it. All clients are closed at the end."""
    async with anyio.create_task_group() as group, contextlib.AsyncExitStack() as clients:
        started = anyio.Event()

        async def serve() -> None:
            await instance.serve(started=started.set)

        async def connect() -> Client:
            stream = await (anyio.connect_unix(path) if path else anyio.connect_tcp("127.0.0.1", instance.port))
            return Client(await clients.enter_async_context(stream))

        group.start_soon(serve)
        with anyio.fail_after(10):
            await started.wait()
        yield connect
        group.cancel_scope.cancel()


def tcp(context: FakeContext) -> ConsoleInstance:
    return CHANNEL.open_instance(ConsoleOptions(listen="127.0.0.1:0"), context)


def reply(to: str = "anna", text: str = "Hello", order: str = "reply") -> Delivery:
    return Delivery(
        key="k1",
        order=order,
        instance="console",
        conversation_id=1,
        interaction_id=2,
        reference="K7QX-2M4P",
        to=Identity("visitor", to),
        text=text,
    )


async def test_a_line_is_acknowledged_only_when_it_is_durable() -> None:
    context = FakeContext("console")
    context.hold()
    async with running(tcp(context)) as connect:
        client = await connect()
        await client.write({"from": "anna", "name": "Anna", "text": "Привет", "id": "1", "answers": "k0"})
        with anyio.fail_after(10):
            await context.entered.wait()
        with pytest.raises(anyio.WouldBlock):
            _peek(client)
        context.release()
        assert await client.read() == {"ok": True, "raw_id": 1, "id": "1"}
    (interaction,) = CHANNEL.normalize(context.received[0])
    assert interaction.sender == Identity("visitor", "anna", "Anna")
    assert (interaction.text, interaction.provider_id, interaction.answers_to) == ("Привет", "1", ("k0",))
    assert interaction.occurred_ms == context.now_ms()


def _peek(client: Client) -> None:
    """Raises `anyio.WouldBlock` where nothing has been sent to the client so far."""
    with socket.socket(fileno=os.dup(client.stream.extra(anyio.abc.SocketAttribute.raw_socket).fileno())) as raw:
        try:
            raw.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            raise anyio.WouldBlock from None


async def test_bad_lines_are_answered_and_the_connection_stays() -> None:
    context = FakeContext("console")
    bad: list[bytes] = [
        b"hello\n",
        b"\n",
        b"[]\n",
        b'{"from": "anna"}\n',
        b'{"from": "", "text": "x"}\n',
        b'{"from": "anna", "text": "x", "colour": "red"}\n',
        b'{"from": "anna", "text": "\xff"}\n',
        b"x" * (LINE_BYTES_MAX + 1) + b"\n",
        b"x" * (3 * LINE_BYTES_MAX) + b"\n",
    ]
    async with running(tcp(context)) as connect:
        client = await connect()
        for line in bad:
            answer = await client.ask(line)
            assert answer["ok"] is False
            assert answer["error"]
            assert answer["retry_after_s"] == 0
        assert (await client.ask({"from": "anna", "text": "x"}))["ok"] is True
    assert len(context.received) == 1


@pytest.mark.parametrize(("error", "retry_after_s"), [(Busy(retry_after_s=7), 7), (JournalError("broken"), 0)])
async def test_what_was_not_taken_is_not_acknowledged(error: Exception, retry_after_s: int) -> None:
    context = FakeContext("console")
    context.error = error
    async with running(tcp(context)) as connect:
        client = await connect()
        answer = await client.ask({"from": "anna", "text": "x"})
        assert (answer["ok"], answer["retry_after_s"]) == (False, retry_after_s)
        context.error = None
        assert (await client.ask({"from": "anna", "text": "x"}))["ok"] is True


async def test_a_reply_goes_to_everybody_who_spoke_under_that_name() -> None:
    context = FakeContext("console")
    instance = tcp(context)
    async with running(instance) as connect:
        first, second, other = [await connect() for _ in range(3)]
        for client, name in ((first, "anna"), (second, "anna"), (other, "ivan")):
            await client.ask({"from": name, "text": "x"})
        receipt = await instance.send(reply(text="Добрый день"))
        assert receipt.provider_id == "k1"
        expected = {"reply": "Добрый день", "reference": "K7QX-2M4P", "key": "k1"}
        assert await first.read() == await second.read() == expected
        await first.stream.aclose()
        await second.stream.aclose()
        assert (await other.ask({"from": "ivan", "text": "y"}))["ok"] is True


async def test_a_reply_to_nobody_is_tried_again_later() -> None:
    instance = tcp(FakeContext("console"))
    async with running(instance) as connect:
        client = await connect()
        await client.ask({"from": "ivan", "text": "x"})
        with pytest.raises(DeliveryDeferred):
            await instance.send(reply("anna"))
        with pytest.raises(DeliveryRefused):
            await instance.send(reply("ivan", order="connect"))
        assert (await instance.send(reply("ivan", order="divert"))).detail


async def test_there_is_a_limit_to_connections() -> None:
    async with running(tcp(FakeContext("console"))) as connect:
        clients = [await connect() for _ in range(CONNECTIONS_MAX)]
        for client in clients:
            await client.ask({"from": "anna", "text": "x"})
        late = await connect()
        assert (await late.read())["error"] == "too many connections"


async def test_the_socket_file_is_for_our_own_user_and_a_stale_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "console.sock"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    assert path.is_socket()
    context = FakeContext("console")
    async with running(CHANNEL.open_instance(ConsoleOptions(socket=str(path)), context), path) as connect:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        client = await connect()
        assert (await client.ask({"from": "anna", "text": "x"}))["ok"] is True
        with pytest.raises(ConfigError, match="another process"):
            await CHANNEL.open_instance(ConsoleOptions(socket=str(path)), context).serve(started=lambda: None)
        assert (await client.ask({"from": "anna", "text": "y"}))["ok"] is True


async def test_what_is_not_a_socket_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    instance = CHANNEL.open_instance(ConsoleOptions(socket=str(path)), FakeContext("console"))
    with pytest.raises(ConfigError, match="not a socket"):
        await instance.serve(started=lambda: None)
    assert path.read_text() == "data"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"socket": "a", "listen": "127.0.0.1:0"},
        {"listen": "0.0.0.0:7000"},
        {"listen": "example.org:7000"},
        {"listen": "127.0.0.1:x"},
        {"listen": "[::]:0"},
        {"socket": "a", "x": 1},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, ConsoleOptions)


@pytest.mark.parametrize(("listen", "address"), [("127.0.0.1:7000", ("127.0.0.1", 7000)), ("[::1]:0", ("::1", 0))])
def test_addresses(listen: str, address: tuple[str, int]) -> None:
    assert ConsoleOptions(listen=listen).address() == address


def test_it_registers_one_channel() -> None:
    (channel,) = omniroute_channels()
    assert (channel.name, channel.capabilities.icon, channel.capabilities.cost_units) == ("console", "chat", 1)
    assert not channel.capabilities.realtime
    assert not channel.capabilities.session
