"""What the phone tests share: signed events, an engine that deduplicates, and real servers on a free port."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import anyio
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.channels.fakes import FakeContext

from omniroute.channels.contract import Delivery, Interaction, RawInput
from omniroute.channels.phone.options import PhoneOptions
from omniroute.channels.phone.plugin import PhoneChannel, PhoneInstance
from omniroute.signatures import key_of, signed_headers

SECRET = "demo-call-events-secret"
KEY = key_of(SECRET)
NOW_MS = 1_700_000_000_000


class Engine(FakeContext):
    """A `FakeContext` that deduplicates as the engine does: ``received`` holds only what had an effect."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        super().__init__("phone", now_ms)
        self._ids: dict[tuple[str, str], int] = {}

    async def receive(self, raw: RawInput) -> int:
        known = self._ids.get((raw.account, PhoneChannel().dedup_key(raw)))
        if known is not None:
            return known
        raw_id = await super().receive(raw)
        self._ids[raw.account, PhoneChannel().dedup_key(raw)] = raw_id
        return raw_id

    async def interactions(self, count: int) -> list[Interaction]:
        """Wait for so many inputs and read them as the engine would."""
        with anyio.fail_after(10):
            raws = await self.wait_received(count)
        return [interaction for raw in raws for interaction in PhoneChannel().normalize(raw)]


def wall_clock_engine() -> Engine:
    """For senders that are other processes and sign with the real time."""
    return Engine(int(time.time() * 1000))


def make_instance(engine: FakeContext, **options: Any) -> PhoneInstance:
    return PhoneChannel().open_instance(PhoneOptions(secret=SECRET, **options), engine)


def event(**changes: Any) -> dict[str, Any]:
    return {
        "event_id": "e1",
        "call_id": "c1",
        "type": "offered",
        "from": "+49 30 23125-014",
        "to": "+493023125000",
        "at_ms": NOW_MS - 5,
    } | changes


def signed(
    body: Any, *, message_id: str = "m1", now_ms: int = NOW_MS, key: bytes = KEY
) -> tuple[dict[str, str], bytes]:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return signed_headers(key, message_id, now_ms // 1000, data), data


def order(kind: str = "connect", call_id: str = "c1", **changes: Any) -> Delivery:
    return Delivery(
        **(
            {
                "key": "k1",
                "order": kind,
                "instance": "phone",
                "conversation_id": 1,
                "interaction_id": 0,
                "reference": "K7QX-2M4P",
                "session_key": call_id,
                "operator_id": "maria",
                "operator_name": "Maria Berg",
            }
            | changes
        )
    )


class _Server(uvicorn.Server):
    """Says when it is ready instead of being polled, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = anyio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """``http://127.0.0.1:PORT`` of a real server in this loop."""
    # the protocol is named because asyncio sets TCP_NODELAY only then; without it each answer may wait 40 ms
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=2
        )
        server = _Server(config)
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listener])
            with anyio.fail_after(10):
                await server.ready.wait()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True


@contextlib.asynccontextmanager
async def running(instance: PhoneInstance, extra_routes: Sequence[Any] = ()) -> AsyncIterator[str]:
    """The instance in service and mounted as the API mounts it; yields the base address."""
    app = Starlette(routes=[Mount("/channels/phone", routes=list(instance.routes())), *extra_routes])
    async with anyio.create_task_group() as group:
        started = anyio.Event()

        async def serve() -> None:
            await instance.serve(started=started.set)

        group.start_soon(serve)
        with anyio.fail_after(10):
            await started.wait()
        async with served(app) as base:
            yield base
        group.cancel_scope.cancel()


def headers_without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}
