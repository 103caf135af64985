"""Handing letters to the relay.

What lives here: a few kept connections and the translation of SMTP answers into `DeliveryDeferred` and
`DeliveryRefused`. Messages of these errors hold no address and no content. Composing is in `compose`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import anyio
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from omniroute.channels.email.options import EmailOptions
from omniroute.errors import DeliveryDeferred, DeliveryError, DeliveryRefused

IDLE_MAX = 4
"""Kept connections. More at once are opened and closed again."""
CLOSE_TIMEOUT_S = 2.0


class Relay:
    """Sends through the relay of one instance; connections are reused when they still live."""

    def __init__(self, options: EmailOptions, hostname: str) -> None:
        self._options = options
        self._hostname = hostname
        self._idle: list[SMTP] = []
        self._closed = False

    async def send(self, sender: str, recipient: str, data: bytes) -> str:
        """Deliver one letter; returns the reply code class of the relay.

        Raises:
            DeliveryDeferred: not now.
            DeliveryRefused: not ever.
        """
        if not self._options.relay_host:
            raise DeliveryRefused("no relay is configured")
        mail_options = () if sender.isascii() and recipient.isascii() else ("SMTPUTF8",)
        client, reused = self._take()
        try:
            try:
                await self._attempt(client, sender, recipient, data, mail_options)
            except SMTPServerDisconnected:
                if not reused:
                    raise
                client.close()  # the relay hung up while the connection was idle: that says nothing of this letter
                client, _ = self._new()
                await self._attempt(client, sender, recipient, data, mail_options)
        except (SMTPException, OSError, ValueError) as error:
            await self._discard(client)
            raise translate(error) from error
        except BaseException:
            client.close()  # cancelled in the middle of a dialogue
            raise
        await self._give_back(client)
        return "accepted by the relay"

    async def close(self) -> None:
        """Say good-bye to the relay; nothing is kept any more."""
        self._closed = True
        while self._idle:
            await self._discard(self._idle.pop())

    async def _attempt(
        self, client: SMTP, sender: str, recipient: str, data: bytes, mail_options: tuple[str, ...]
    ) -> None:
        if not client.is_connected:
            await client.connect()
        await client.sendmail(sender, [recipient], data, mail_options=mail_options)

    def _take(self) -> tuple[SMTP, bool]:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client, True
            client.close()
        return self._new()

    def _new(self) -> tuple[SMTP, bool]:
        options = self._options
        return SMTP(
            hostname=options.relay_host,
            port=options.relay_port,
            use_tls=options.relay_tls == "tls",
            start_tls=options.relay_tls == "starttls",
            username=options.relay_user or None,
            password=options.relay_password or None,
            local_hostname=self._hostname,
            timeout=options.relay_timeout_s,
        ), False

    async def _give_back(self, client: SMTP) -> None:
        if not self._closed and client.is_connected and len(self._idle) < IDLE_MAX:
            self._idle.append(client)
        else:
            await self._discard(client)

    async def _discard(self, client: SMTP) -> None:
        with anyio.move_on_after(CLOSE_TIMEOUT_S, shield=True), suppress(SMTPException, OSError):
            if client.is_connected:
                await client.quit()
        client.close()
        await asyncio.sleep(0)  # lets the transport see its end


def translate(error: Exception) -> DeliveryError:
    """What a failed attempt means for the outbox. Wrong credentials can be mended, so they defer."""
    if isinstance(error, SMTPRecipientsRefused):
        worst = max((refused.code for refused in error.recipients), default=450)
        return _by_code(worst, "the recipient")
    if isinstance(error, SMTPConnectError):
        return DeliveryDeferred("the relay cannot be reached")
    if isinstance(error, SMTPAuthenticationError | SMTPHeloError):
        return DeliveryDeferred(f"the relay does not let us in ({error.code})")
    if isinstance(error, SMTPResponseException):
        return _by_code(error.code, "the letter")
    if isinstance(error, SMTPNotSupported):
        return DeliveryRefused("the relay does not support international addresses or the size")
    if isinstance(error, SMTPException | OSError):
        return DeliveryDeferred("the relay cannot be reached")
    return DeliveryRefused("the letter cannot be sent to this address")


def _by_code(code: int, what: str) -> DeliveryError:
    if code >= 500:
        return DeliveryRefused(f"the relay refused {what} ({code})")
    return DeliveryDeferred(f"the relay put {what} off ({code})")
