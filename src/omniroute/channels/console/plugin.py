"""The console channel: JSON lines over a local socket. Read this one first; every channel has these four parts.

1. `ConsoleOptions`: what can be configured. Unknown keys are refused at start.
2. `ConsoleChannel`: stateless and pure. It says what the channel can do, and what a received line *means*.
3. `ConsoleInstance`: talks to the outside. It receives, acknowledges and sends; it does not interpret.
4. `omniroute_channels`: the hook that registers the channel.

A line in is ``{"from": "anna", "name": "Anna", "text": "Hello", "id": "1"}`` (`wire.Line` has all keys). Try it::

    $ socat READLINE UNIX-CONNECT:console.sock
    {"from": "anna", "text": "Hello", "id": "1"}
    {"ok":true,"raw_id":1,"id":"1"}
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import anyio
import msgspec
from anyio.abc import ByteStream, Listener, SocketAttribute

from omniroute.channels.console.wire import Accepted, LineBuffer, Refused, Reply, decode_line
from omniroute.channels.contract import (
    Capabilities,
    Channel,
    ChannelContext,
    Delivery,
    Health,
    Identity,
    Interaction,
    RawInput,
    Receipt,
)
from omniroute.errors import (
    Busy,
    ConfigError,
    DeliveryDeferred,
    DeliveryRefused,
    InvalidInput,
    OmniRouteError,
    TooLarge,
)
from omniroute.hookspecs import hookimpl

LINE_BYTES_MAX = 65_536
CONNECTIONS_MAX = 64
SENDERS_MAX = 10_000
WRITE_SECONDS_MAX = 5
SOCKET_MODE = 0o600


class ConsoleOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to listen: one of the two. Nobody is asked for a password, so only this machine may reach it.

    Attributes:
        socket: path of a Unix socket; only our own user may connect.
        listen: ``127.0.0.1:0`` or ``[::1]:7000``; port 0 takes any free one.
    """

    socket: str = ""
    listen: str = ""

    def __post_init__(self) -> None:
        if bool(self.socket) == bool(self.listen):
            raise ValueError("give one of socket and listen")
        if self.listen and not ipaddress.ip_address(self.address()[0]).is_loopback:
            raise ValueError("listen must be a loopback address")

    def address(self) -> tuple[str, int]:
        """Host and port of ``listen``. Raises `ValueError` where it is none."""
        parts = urlsplit(f"//{self.listen}")
        return parts.hostname or "", parts.port or 0


class ConsoleChannel:
    """The kind ``console``. One object serves all instances, so it keeps nothing."""

    name = "console"
    capabilities = Capabilities(cost_units=1, icon="chat")
    options_type: type[msgspec.Struct] = ConsoleOptions

    def dedup_key(self, raw: RawInput) -> str:
        """Sender and id: two people may both send a line "1". Empty lets the engine hash the bytes."""
        try:
            line = decode_line(raw.data)
        except InvalidInput:
            return ""
        return msgspec.json.encode([line.sender, line.id]).decode() if line.id else ""

    def normalize(self, raw: RawInput) -> tuple[Interaction, ...]:
        line = decode_line(raw.data)
        interaction = Interaction(
            sender=Identity("visitor", line.sender, line.name),
            occurred_ms=raw.received_ms,
            account=raw.account,
            text=line.text,
            provider_id=line.id,
            answers_to=(line.answers,) if line.answers else (),
        )
        return (interaction,)

    def open_instance(self, options: Any, context: ChannelContext) -> ConsoleInstance:
        return ConsoleInstance(options, context)


class _Connection:
    """One client: a stream that only one task at a time may write to, and the names that were spoken under."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._lock = anyio.Lock()
        self.senders: set[str] = set()

    async def write(self, message: msgspec.Struct) -> bool:
        """Write a line; false when the client is gone. Half a line must not stay, so a slow client is cut off."""
        try:
            with anyio.fail_after(WRITE_SECONDS_MAX):
                async with self._lock:
                    await self._stream.send(msgspec.json.encode(message) + b"\n")
        except TimeoutError:
            await anyio.aclose_forcefully(self._stream)
            return False
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return False
        return True


class ConsoleInstance:
    """One listener and its connections. After a restart clients connect and speak again; nothing else is kept."""

    def __init__(self, options: ConsoleOptions, context: ChannelContext) -> None:
        self._options = options
        self._context = context
        self._connections: set[_Connection] = set()
        self.port = 0
        """Where the TCP listener listens, once `serve` has called ``started``."""

    async def serve(self, *, started: Callable[[], None]) -> None:
        async with await self._listen() as listener:
            if self._options.listen:
                self.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's, not Django's
            self._context.set_health(Health("up"))
            started()
            await listener.serve(self._talk)

    async def send(self, delivery: Delivery) -> Receipt:
        if delivery.order == "divert":
            return Receipt(detail="nothing to tell: whoever writes lines does not stand in a queue")
        if delivery.order not in {"reply", "notice"} or delivery.to is None:
            raise DeliveryRefused("the console carries replies and notices only")
        to = delivery.to.address
        reply = Reply(reply=delivery.text, reference=delivery.reference, key=delivery.key)
        written = [await connection.write(reply) for connection in list(self._connections) if to in connection.senders]
        if not any(written):
            raise DeliveryDeferred("nobody is connected under that name")
        return Receipt(provider_id=delivery.key)

    def routes(self) -> Sequence[Any]:
        return ()

    async def _listen(self) -> Listener[Any]:
        if self._options.listen:
            host, port = self._options.address()
            return await anyio.create_tcp_listener(local_host=host, local_port=port)
        await _remove_stale(anyio.Path(self._options.socket))
        return await anyio.create_unix_listener(self._options.socket, mode=SOCKET_MODE)

    async def _talk(self, stream: ByteStream) -> None:
        """Serve one client until it leaves; what goes wrong with it must not reach the others."""
        connection = _Connection(stream)
        async with stream:
            if len(self._connections) >= CONNECTIONS_MAX:
                await connection.write(Refused(error="too many connections"))
                return
            self._connections.add(connection)
            # a client that breaks off has heard all that it will hear
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                try:
                    await self._converse(connection, stream)
                finally:
                    self._connections.discard(connection)

    async def _converse(self, connection: _Connection, stream: ByteStream) -> None:
        buffer = LineBuffer(LINE_BYTES_MAX)
        async for data in stream:
            for line in buffer.feed(data):
                await connection.write(await self._take(connection, line))

    async def _take(self, connection: _Connection, line: bytes | None) -> Accepted | Refused:
        """Make a line durable, then answer: the order of these two is the promise of every channel."""
        try:
            if line is None:
                raise TooLarge(f"a line may have {LINE_BYTES_MAX} bytes")
            spoken = decode_line(line)
            if len(connection.senders) >= SENDERS_MAX and spoken.sender not in connection.senders:
                raise TooLarge(f"one connection may speak for {SENDERS_MAX} names")
            # before the engine knows the line, or a quick reply would find nobody
            connection.senders.add(spoken.sender)
            raw_id = await self._context.receive(self._raw(line))
        except OmniRouteError as error:
            return Refused(error=str(error), retry_after_s=error.retry_after_s if isinstance(error, Busy) else 0)
        return Accepted(raw_id=raw_id, id=spoken.id)

    def _raw(self, line: bytes) -> RawInput:
        instance = self._context.instance
        return RawInput(instance=instance, account=instance, received_ms=self._context.now_ms(), data=line)


async def _remove_stale(path: anyio.Path) -> None:
    """Take away the socket file of a process that was killed; never one that somebody listens on, never a file."""
    if not await path.exists():
        return
    if not await path.is_socket():
        raise ConfigError("exists and is not a socket", "socket")
    try:
        stream = await anyio.connect_unix(path)
    except ConnectionRefusedError:
        await path.unlink(missing_ok=True)
        return
    await stream.aclose()
    raise ConfigError("another process listens there", "socket")


@hookimpl
def omniroute_channels() -> Sequence[Channel]:
    """Register the channel; called once, at start."""
    return [ConsoleChannel()]
