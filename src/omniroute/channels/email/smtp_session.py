"""One SMTP connection: the dialogue, its limits and its deadlines, around ``aiosmtpd``.

What lives here: the protocol, and what it needs of its server. Who accepts what is behind `Intake`; nothing here knows
the engine.

Beyond ``aiosmtpd``: reading of letters that does not hold the loop up, absolute deadlines per command and session,
limits of connections and of what is drained after a limit was passed, enhanced status codes, no AUTH, and a stop that
lets a letter finish.
"""

from __future__ import annotations

import asyncio
import collections
import ssl
from typing import Any, Protocol

import msgspec
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

BUFFER_BYTES = 64 * 1024
"""What is read ahead of one connection (the stream stops at twice that). Lines of a letter may be longer: RFC 5321 says
1,000, real senders of HTML do not care, and refusing them loses mail."""
COMMAND_BYTES_MAX = 512
CALLS_MAX = {"*": 1_000_000, "EHLO": 10, "HELO": 10, "NOOP": 100, "VRFY": 10, "HELP": 10, "EXPN": 10}
ABORT_AFTER_S = 2.0
"""A peer that does not read our last words is cut off."""

TOO_LARGE = "552 5.3.4 the message is over the size limit"
TOO_MUCH = "452 4.3.1 too much mail is under way; try again shortly"

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SmtpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Every limit of the server."""

    message_bytes_max: int = 25 * 1024 * 1024
    letters_bytes_max: int = 256 * 1024 * 1024
    """Of all letters that are under way, on all connections."""
    connections_max: int = 500
    recipients_max: int = 50
    command_timeout_s: float = 300.0
    session_timeout_s: float = 1800.0


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A received letter with its envelope; ``recipients`` are (mailbox, address as given) pairs."""

    data: bytes
    mail_from: str
    recipients: tuple[tuple[str, str], ...]
    remote: str
    helo: str


class Intake(Protocol):
    """Who decides what is accepted."""

    def mailbox(self, address: str) -> str:
        """The mailbox that the address reaches, or empty: not here."""
        ...

    async def take(self, mail: Mail) -> str:
        """Take a letter over and return the answer; 250 means that it cannot be lost any more."""
        ...


class Server(Protocol):
    """What a connection needs of its server."""

    intake: Intake
    limits: SmtpLimits
    hostname: str
    tls: ssl.SSLContext | None
    stopping: bool
    letters_bytes: int
    """Of the letters that are under way."""
    sessions: set[Connection]


class _Handler:
    """The hooks of ``aiosmtpd``, shared by nobody: one for each connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._mailboxes: dict[str, str] = {}

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        kept = [line for line in responses if not line.startswith(("250-AUTH", "250 HELP"))]
        return [*kept, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if not _encodable(address) or not (address.isascii() or envelope.smtp_utf8):
            return "553 5.6.7 the address needs SMTPUTF8"
        self._mailboxes = {}
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if len(envelope.rcpt_tos) >= self._server.limits.recipients_max:
            return "452 4.5.3 too many recipients"
        mailbox = self._server.intake.mailbox(address) if _encodable(address) else ""
        if not mailbox:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        self._mailboxes.setdefault(mailbox, address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server
        mail_from = envelope.mail_from or ""
        mail = Mail(
            data=bytes(envelope.original_content or b""),
            mail_from="" if mail_from == "<>" else mail_from,
            recipients=tuple(self._mailboxes.items()),
            remote=str(session.peer[0]) if session.peer else "",
            helo=(session.host_name or "").encode("utf-8", "replace").decode()[:255],
        )
        return await self._server.intake.take(mail)

    async def handle_exception(self, error: Exception) -> str:
        _log.error("mail session failed", error=type(error).__name__)
        return "451 4.3.0 something went wrong here; try again later"


class Connection(SMTP):
    """One connection. Deadlines are absolute: traffic does not prolong them."""

    line_length_limit = BUFFER_BYTES

    def __init__(self, server: Server) -> None:
        limits = server.limits
        super().__init__(
            _Handler(server),
            data_size_limit=limits.message_bytes_max,
            enable_SMTPUTF8=True,
            hostname=server.hostname,
            ident="ESMTP",
            tls_context=server.tls,
            timeout=limits.command_timeout_s,
            command_call_limit=CALLS_MAX,
            loop=asyncio.get_running_loop(),
        )
        # The library keeps these limits in the class, where every EHLO of anybody raises them.
        self.command_size_limits = collections.defaultdict(lambda: COMMAND_BYTES_MAX)
        self._smtp_methods.pop("AUTH")
        self._server = server
        self._session_timer: asyncio.TimerHandle | None = None
        self._refused = False
        self._in_data = False
        self._data_bytes = 0
        self._held_bytes = 0

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What runs the commands of this connection."""
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        server = self._server
        if self not in server.sessions:  # else it is the same connection, now under TLS
            self._refused = server.stopping or len(server.sessions) >= server.limits.connections_max
            if self._refused:
                self.transport = transport
                self.hang_up("421 4.3.2 too many connections; try again later")
                return
            server.sessions.add(self)
            timeout_s = server.limits.session_timeout_s
            self._session_timer = self.loop.call_later(timeout_s, self._timeout_cb)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._session_timer is not None:
            self._session_timer.cancel()
        self._server.sessions.discard(self)
        if not self._refused:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._data_bytes += len(data)
        if self._in_data and self._data_bytes > 2 * self._server.limits.message_bytes_max + BUFFER_BYTES:
            self.hang_up(TOO_LARGE)
            return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._refused else super().eof_received()

    async def push(self, status: Any) -> None:
        if isinstance(status, str) and status.startswith("552 Error"):
            status = TOO_LARGE
        await super().push(status)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        envelope = self.envelope
        if await self.check_helo_needed() or envelope is None:
            return
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 need RCPT command")
            return
        self._in_data, self._data_bytes = True, 0
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            content, status = await self._read_data()
            if not status:
                envelope.content = envelope.original_content = content
                status = await self._call_handler_hook("DATA")
            self.envelope = self._create_envelope()
            await self.push(status)
        finally:
            self._in_data = False
            self._let_go()
        if self._server.stopping:
            self.finish()

    async def _read_data(self) -> tuple[bytes, str]:
        """The letter with its dots unstuffed, or why it is refused; it is read to its end all the same.

        The library reads line by line without ever giving way: 256 KiB of empty lines would hold the loop up for half
        a second. Only CR LF dot CR LF ends a letter; the CR LF of the DATA command itself may be the first of them.
        """
        reader, end = self._reader, b"\r\n.\r\n"
        reader._buffer[0:0] = b"\r\n"  # type: ignore[attr-defined]
        pieces: list[bytes] = []
        size, limit, complete, refusal = 0, self._server.limits.message_bytes_max + len(end), False, ""
        while not complete:
            try:
                piece = await reader.readuntil(end)
                complete = True
            except asyncio.LimitOverrunError as error:
                piece = await reader.read(error.consumed)
            size += len(piece)
            if size > limit:
                refusal = TOO_LARGE
            elif not refusal and not self._hold(len(piece)):
                refusal = TOO_MUCH
            pieces.append(piece)
            if refusal:
                pieces.clear()
                self._let_go()
        return b"".join(pieces)[: -len(end) + 2].replace(b"\r\n.", b"\r\n")[2:], refusal

    def _hold(self, size: int) -> bool:
        """Count bytes of a letter in; False: all letters together are over the limit, and they are not counted."""
        server = self._server
        if server.letters_bytes + size > server.limits.letters_bytes_max:
            return False
        server.letters_bytes += size
        self._held_bytes += size
        return True

    def _let_go(self) -> None:
        self._server.letters_bytes -= self._held_bytes
        self._held_bytes = 0

    async def _handle_client(self) -> None:
        try:
            await super()._handle_client()
        except Exception as error:  # the library's loop ends with whatever a vanished peer makes of its streams
            _log.info("mail session ended", error=type(error).__name__)
            self.abort()

    def _timeout_cb(self) -> None:
        self.hang_up("421 4.4.2 too slow; closing")

    def finish(self) -> None:
        """Say good-bye, unless a letter is under way: then it is said after that."""
        if not self._in_data:
            self.hang_up("421 4.3.2 shutting down; try again later")

    def hang_up(self, status: str) -> None:
        """Last words, then the end, whether the peer reads them or not."""
        transport: Any = self.transport
        if transport is not None and not transport.is_closing():
            transport.write(status.encode("ascii") + b"\r\n")
            transport.close()
            self.loop.call_later(ABORT_AFTER_S, transport.abort)

    def abort(self) -> None:
        """End it now."""
        transports: tuple[Any, ...] = (self.transport, self._original_transport)
        for transport in transports:
            if transport is not None:
                transport.abort()


def _encodable(address: str) -> bool:
    """Without lone surrogates, which stand for bytes that are no UTF-8."""
    return len(address) <= 320 and address.isprintable()
