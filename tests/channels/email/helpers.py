"""What the mail tests share: reading the corpus, running an instance, a raw SMTP client, a scripted relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
from tests.channels.fakes import FakeContext

from omniroute.channels.contract import Delivery, Identity, Interaction, RawInput
from omniroute.channels.email.instance import EmailInstance
from omniroute.channels.email.options import EmailOptions
from omniroute.channels.email.plugin import EmailChannel

CORPUS = Path(__file__).parent / "corpus"
SUPPORT = "support@shop.example"
SALES = "sales@shop.example"


def raw(data: bytes, **meta: str) -> RawInput:
    return RawInput(instance="mail", account=SUPPORT, received_ms=1_000, data=data, meta=meta)


def letter(name: str) -> bytes:
    return (CORPUS / f"{name}.eml").read_bytes()


def read(name: str, **meta: str) -> Interaction:
    return read_bytes(letter(name), **meta)


def read_bytes(data: bytes, **meta: str) -> Interaction:
    (interaction,) = EmailChannel().normalize(raw(data, **meta))
    return interaction


def delivery(**changes: Any) -> Delivery:
    fields: dict[str, Any] = {
        "key": "reply-7-1",
        "order": "reply",
        "instance": "mail",
        "conversation_id": 1,
        "interaction_id": 2,
        "reference": "KX7-31",
        "to": Identity("email", "anna@example.com", "Anna"),
        "account": SUPPORT,
        "subject": "My parcel",
        "text": "Hello Anna,\n\nit is on its way.\n",
        "answers_to": ("<m1@example.com>", "<m2@example.com>"),
        "at_ms": 1_762_173_296_000,
    }
    return Delivery(**(fields | changes))


def make(context: FakeContext | None = None, **options: Any) -> tuple[EmailInstance, FakeContext]:
    context = context or FakeContext("mail")
    configured = {"addresses": [SUPPORT, SALES], "listen": "127.0.0.1:0", "secret": "s", **options}
    return EmailInstance(EmailOptions(**configured), context), context


@asynccontextmanager
async def background(serve: Callable[..., Any]) -> AsyncIterator[anyio.CancelScope]:
    """Run ``serve(started)`` until the block ends; yields once it has started."""
    async with anyio.create_task_group() as tasks:
        ready = anyio.Event()
        tasks.start_soon(serve, ready.set)
        with anyio.fail_after(5):
            await ready.wait()
        yield tasks.cancel_scope
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def running(
    context: FakeContext | None = None, **options: Any
) -> AsyncIterator[tuple[EmailInstance, FakeContext]]:
    instance, context = make(context, **options)

    async def serve(started: Callable[[], None]) -> None:
        await instance.serve(started=started)

    async with background(serve):
        yield instance, context


class Client:
    """A raw SMTP client: sends exactly the bytes that it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> str:
        """One answer, all of its lines."""
        lines: list[str] = []
        with anyio.fail_after(5):
            while True:
                line = (await self.reader.readline()).decode()
                lines.append(line.rstrip())
                if not line or line[3:4] != "-":
                    return "\n".join(lines)

    async def ask(self, data: bytes) -> str:
        await self.send(data)
        return await self.answer()

    async def closed(self) -> bool:
        """Whether the server has hung up (waits for it)."""
        with anyio.fail_after(5):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def envelope(self, *to: str) -> None:
        """Everything up to 354."""
        assert (await self.ask(b"EHLO client.example\r\n")).startswith("250")
        assert (await self.ask(b"MAIL FROM:<anna@example.com>\r\n")).startswith("250")
        for address in to or (SUPPORT,):
            assert (await self.ask(f"RCPT TO:<{address}>\r\n".encode())).startswith("250")
        assert (await self.ask(b"DATA\r\n")).startswith("354")


@asynccontextmanager
async def connected(port: int, greeting: str = "220") -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = Client(reader, writer)
    try:
        assert (await client.answer()).startswith(greeting)
        yield client
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def scripted_relay(answers: dict[str, str]) -> AsyncIterator[tuple[int, list[str]]]:
    """A relay that answers a command (``greeting``, ``MAIL``, ``.`` …) as told; an empty answer hangs up."""
    commands: list[str] = []
    writers: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        in_data = False

        async def say(command: str, default: str) -> bool:
            text = answers.get(command, default)
            if text:
                writer.write(text.encode() + b"\r\n")
                await writer.drain()
            else:
                writer.close()
            return bool(text)

        if not await say("greeting", "220 relay"):
            return
        while line := (await reader.readline()).decode():
            command = line.strip() if in_data else line.split()[0].upper()
            if in_data and command != ".":
                continue
            commands.append(command)
            in_data = False
            if not await say(command, {"DATA": "354 go", "QUIT": "221 bye"}.get(command, "250 fine")):
                return
            in_data = command == "DATA" and answers.get("DATA", "354").startswith("354")
            if command == "QUIT":
                return

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], commands
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
