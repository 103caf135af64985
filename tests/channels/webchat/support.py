"""A web chat behind a real uvicorn on a free port, and a page that speaks to it."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from websockets.asyncio.client import ClientConnection, connect

from omniroute.channels.contract import ChannelContext, Delivery, Identity, ThreadEntry
from omniroute.channels.webchat.instance import WebchatInstance
from omniroute.channels.webchat.options import WebchatOptions
from omniroute.channels.webchat.plugin import WebchatChannel

SECRET = "a secret of the tests, long enough"


def options(**changes: Any) -> WebchatOptions:
    return WebchatOptions(**{"secret": SECRET, "site_name": "Lumen & Holz", **changes})


def reply(visitor: str, interaction_id: int, text: str = "Hello", **changes: Any) -> Delivery:
    fields: dict[str, Any] = {
        "key": f"k{interaction_id}", "order": "reply", "instance": "shop", "conversation_id": 1,
        "interaction_id": interaction_id, "reference": "4KX7-9MTD", "to": Identity("visitor", visitor),
        "session_key": visitor, "text": text, "operator_name": "Ines Vogel", "at_ms": 1_700_000_000_000,
    }  # fmt: skip
    return Delivery(**{**fields, **changes})


def line(interaction_id: int, author: str = "operator", **changes: Any) -> ThreadEntry:
    fields: dict[str, Any] = {
        "interaction_id": interaction_id, "reference": "4KX7-9MTD", "author": author, "name": "Ines Vogel",
        "text": f"line {interaction_id}", "at_ms": 1_700_000_000_000,
    }  # fmt: skip
    return ThreadEntry(**{**fields, **changes})


class Page:
    """One open page: sends frames, reads frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def hear(self) -> dict[str, Any]:
        with anyio.fail_after(20):
            frame: dict[str, Any] = json.loads(await self.connection.recv())
        return frame

    async def hello(self, **fields: Any) -> dict[str, Any]:
        await self.say(type="hello", **fields)
        return await self.hear()


@dataclass
class Shop:
    """The running server."""

    instance: WebchatInstance
    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.origin}/channels/shop"

    @asynccontextmanager
    async def page(self, origin: str | None = "") -> AsyncIterator[Page]:
        url = f"ws://127.0.0.1:{self.port}/channels/shop/ws"
        async with connect(url, origin=self.origin if origin == "" else origin, proxy=None) as connection:
            yield Page(connection)


def listening(port: int = 0) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(64)
    return sock


@asynccontextmanager
async def running(
    context: ChannelContext, extra: Sequence[BaseRoute] = (), port: int = 0, **changes: Any
) -> AsyncIterator[Shop]:
    """Serve one instance as the engine does; connections wait in the backlog until the server has started."""
    instance = WebchatChannel().open_instance(options(**changes), context)
    assert isinstance(instance, WebchatInstance)
    app = Starlette(routes=[Mount("/channels/shop", routes=list(instance.routes())), *extra])
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    async with AsyncExitStack() as stack:
        sock = stack.enter_context(listening(port))
        tasks = await stack.enter_async_context(anyio.create_task_group())
        up = anyio.Event()

        async def serve() -> None:
            await instance.serve(started=up.set)

        serving = anyio.CancelScope()

        async def serve_until_stopped() -> None:
            with serving:
                await serve()
            server.should_exit = True

        tasks.start_soon(serve_until_stopped)
        await up.wait()
        tasks.start_soon(server.serve, [sock])
        try:
            yield Shop(instance, sock.getsockname()[1])
        finally:
            serving.cancel()
