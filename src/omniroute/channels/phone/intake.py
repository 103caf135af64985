"""Where call events come in: signed bytes → checked → durable → acknowledged.

`Intake.accept` is the one path for all events; the HTTP endpoint and the simulator both go through it.
Meaning is not made here (`events` does that later, on the engine's side).
"""

from __future__ import annotations

import http
from collections.abc import Mapping

import anyio
import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from omniroute.channels.contract import ChannelContext, RawInput
from omniroute.channels.phone.events import CallEvent, decode_event
from omniroute.channels.phone.numbers import normalize_number
from omniroute.channels.phone.options import PhoneOptions
from omniroute.errors import (
    Busy,
    InvalidInput,
    JournalError,
    JournalFull,
    OmniRouteError,
    TooLarge,
    Unauthenticated,
)
from omniroute.signatures import key_of, verify

BODY_SECONDS_MAX = 10
JOURNAL_RETRY_AFTER_S = 30

# The first match counts, so the special stands before the general.
_STATUSES: tuple[tuple[type[OmniRouteError], int], ...] = (
    (Unauthenticated, 401),
    (TooLarge, 413),
    (InvalidInput, 422),
    (Busy, 429),
    (JournalFull, 507),
    (JournalError, 503),
)


class Answer(msgspec.Struct, frozen=True):
    """What the sender of an event is told."""

    status: int
    payload: dict[str, str | int]
    headers: dict[str, str] = {}

    def response(self) -> Response:
        """As HTTP; errors are problem details (RFC 9457)."""
        media_type = "application/json" if self.status < 400 else "application/problem+json"
        return Response(msgspec.json.encode(self.payload), self.status, self.headers, media_type)


def refusal(error: OmniRouteError) -> Answer:
    """An error as an answer; one that is none of ours to tell is raised again."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 0)
    if not status:
        raise error
    payload: dict[str, str | int] = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": str(error),
        "code": error.code,
    }
    if isinstance(error, InvalidInput):
        payload["path"] = error.path
    return Answer(status, payload, _headers_of(error))


def _headers_of(error: OmniRouteError) -> dict[str, str]:
    """What the sender needs besides the body: when to come again, how to prove itself."""
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": "Webhook-Signature"}
    if isinstance(error, Busy):
        return {"retry-after": str(error.retry_after_s)}
    if isinstance(error, JournalError):
        return {"retry-after": str(JOURNAL_RETRY_AFTER_S)}
    return {}


class Intake:
    """Takes the events of one instance. Keeps no state: a repeated event is the engine's to recognise."""

    def __init__(self, options: PhoneOptions, context: ChannelContext) -> None:
        self._options = options
        self._context = context
        self._key = key_of(options.secret)
        self._numbers = [self._number(number) for number in options.numbers]

    async def endpoint(self, request: Request) -> Response:
        """``POST events``: reads no more than the limits allow, then `accept`."""
        try:
            with anyio.fail_after(BODY_SECONDS_MAX):
                body = await self._read(request)
        except TooLarge as error:
            return refusal(error).response()
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408, headers={"connection": "close"})
        return (await self.accept(request.headers, body)).response()

    async def accept(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Take one event; 200 means that it is durable. ``headers`` are looked up by lower-case name."""
        try:
            await self._take(headers, body)
        except OmniRouteError as error:
            if isinstance(error, Unauthenticated):
                self._context.log.warning("call event refused", reason=str(error))
            return refusal(error)
        return Answer(200, {"status": "accepted"})

    async def _take(self, headers: Mapping[str, str], body: bytes) -> None:
        now_ms = self._context.now_ms()
        tolerance_s = self._options.tolerance_s
        message_id = verify(self._key, headers, body, now_s=now_ms // 1000, tolerance_s=tolerance_s)
        event = decode_event(body)
        raw = RawInput(
            instance=self._context.instance,
            account=self._account(event),
            received_ms=now_ms,
            data=body,
            meta={"webhook_id": message_id, "default_country": self._options.default_country},
            session_key=event.call_id,
        )
        await self._context.receive(raw)

    async def _read(self, request: Request) -> bytes:
        """The body, given up as soon as it is over the limit, whatever its declared length."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._options.body_bytes_max:
                raise TooLarge(f"an event may have {self._options.body_bytes_max} bytes")
        return bytes(body)

    def _account(self, event: CallEvent) -> str:
        """Which of our numbers was called. Calls to none of them belong to the first."""
        called = self._number(event.to)
        if called in self._numbers or not self._numbers:
            return called
        return self._numbers[0]

    def _number(self, text: str) -> str:
        """Normalized where that can be; an internal number of ours stays as it is."""
        return normalize_number(text, self._options.default_country) or text.strip()
