"""An SMTP server on our own event loop.

What lives here: listening, and a stop that lets letters finish. The dialogue is in `smtp_session`; who accepts what is
behind its `Intake`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable

import anyio

from omniroute.channels.email.smtp_session import Connection, Intake, SmtpLimits

DRAIN_S = 2.0
"""How long a stop waits for letters that are under way."""
BACKLOG = 256


class SmtpServer:
    """Listens until cancelled. ``port`` is the real one once it listens."""

    def __init__(self, intake: Intake, limits: SmtpLimits, hostname: str, tls: ssl.SSLContext | None = None) -> None:
        self.intake = intake
        self.limits = limits
        self.hostname = hostname
        self.tls = tls
        self.port = 0
        self.stopping = False
        self.sessions: set[Connection] = set()
        self.letters_bytes = 0

    async def serve(self, host: str, port: int, started: Callable[[], None]) -> None:
        """Run until cancelled.

        Raises:
            OSError: the address is taken or not ours.
        """
        # The library logs addresses and contents.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: Connection(self), host, port, backlog=BACKLOG)
        except OSError as error:
            why = "the port is taken" if error.errno == errno.EADDRINUSE else (error.strerror or "not possible")
            raise OSError(error.errno, f"cannot listen for mail on {host}:{port}: {why}") from error
        self.port = server.sockets[0].getsockname()[1]
        self.stopping = False
        try:
            started()
            await anyio.sleep_forever()
        finally:
            self.stopping = True
            server.close()
            with anyio.CancelScope(shield=True):
                await self._drain()

    async def _drain(self) -> None:
        """Letters under way get `DRAIN_S`; then everything is cut."""
        tasks = [task for session in self.sessions if (task := session.task) is not None]
        for session in list(self.sessions):
            session.finish()
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN_S)
        for session in list(self.sessions):
            session.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
