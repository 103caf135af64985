"""One running mail account.

What lives here: `EmailInstance`, which binds the SMTP server and the relay to the engine's context. The rule it keeps:
a letter is answered with 250 only after ``context.receive`` has returned for every mailbox that it went to.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from typing import Any

from omniroute.channels.contract import ChannelContext, Delivery, Health, RawInput, Receipt
from omniroute.channels.email.compose import compose
from omniroute.channels.email.headers import ascii_domain, canonical_address
from omniroute.channels.email.options import EmailOptions, split_listen
from omniroute.channels.email.relay import Relay
from omniroute.channels.email.smtp import SmtpServer
from omniroute.channels.email.smtp_session import TOO_LARGE, Mail, SmtpLimits
from omniroute.errors import Busy, DeliveryRefused, JournalFull, OmniRouteError, TooLarge


class EmailInstance:
    """Receives and sends for one configured account. ``port`` is the one it listens on, 0 before."""

    def __init__(self, options: EmailOptions, context: ChannelContext) -> None:
        self._options = options
        self._context = context
        self._addresses = frozenset(options.addresses)
        self._hostname = ascii_domain(options.sender)
        self._relay = Relay(options, self._hostname)
        self._server: SmtpServer | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port if self._server else 0

    async def serve(self, *, started: Callable[[], None]) -> None:
        options = self._options
        self._relay = Relay(options, self._hostname)
        limits = SmtpLimits(
            message_bytes_max=options.message_bytes_max,
            connections_max=options.connections_max,
            recipients_max=options.recipients_max,
            command_timeout_s=options.command_timeout_s,
            session_timeout_s=options.session_timeout_s,
        )
        self._server = SmtpServer(self, limits, self._hostname, _tls(options))
        host, port = split_listen(options.listen)

        def listening() -> None:
            self._context.set_health(Health("up"))
            started()

        try:
            await self._server.serve(host, port, listening)
        except OSError:
            self._context.set_health(Health("down", "cannot listen"))
            raise
        finally:
            await self._relay.close()

    def mailbox(self, address: str) -> str:
        """Part of `Intake`: one of ours, with or without a ``+token``."""
        canonical = canonical_address(address)
        if canonical in self._addresses:
            return canonical
        local, _, domain = canonical.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        return plain if plain in self._addresses else ""

    async def take(self, mail: Mail) -> str:
        """Part of `Intake`: one raw input for each mailbox, all durable before 250.

        If one of several fails, the sender repeats the whole; deduplication makes that harmless.
        """
        try:
            for mailbox, address in mail.recipients:
                meta = {
                    "mail_from": mail.mail_from,
                    "rcpt_to": address,
                    "remote": mail.remote,
                    "helo": mail.helo,
                }
                raw = RawInput(
                    instance=self._context.instance,
                    account=mailbox,
                    received_ms=self._context.now_ms(),
                    data=mail.data,
                    meta=meta,
                )
                await self._context.receive(raw)
        except Busy:
            return "451 4.3.2 too busy; try again shortly"
        except TooLarge:
            return TOO_LARGE
        except JournalFull:
            return "452 4.3.1 no space; try again later"
        except OmniRouteError as error:
            self._context.log.warning("mail not taken", code=error.code)
            return "451 4.3.0 not possible at present; try again later"
        return "250 2.0.0 accepted"

    async def send(self, delivery: Delivery) -> Receipt:
        """Send a reply or a notice. To be diverted is no news to who wrote a letter: nothing is sent by itself."""
        if delivery.order == "divert":
            return Receipt(detail="nothing sent: a letter is answered by letter, only later")
        if delivery.order not in {"reply", "notice"}:
            raise DeliveryRefused("a mail account can only send replies and notices")
        sender = delivery.account if delivery.account in self._addresses else self._options.sender
        message_id, data = compose(
            delivery,
            sender=sender,
            sender_name=self._options.sender_name,
            secret=self._options.key(self._context.instance),
        )
        to = delivery.to.address if delivery.to else ""
        detail = await self._relay.send(sender, to, data)
        return Receipt(provider_id=message_id, detail=detail)

    def routes(self) -> Sequence[Any]:
        return ()


def _tls(options: EmailOptions) -> ssl.SSLContext | None:
    if not options.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context
