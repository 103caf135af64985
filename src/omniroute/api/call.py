"""One call of the API: who calls, what was sent, and how a command is submitted in their name.

What lives here: the thin typed layer over starlette: endpoint table, body decoding, answers, idempotency keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from omniroute.api.accounts import Accounts, actor_of
from omniroute.api.problems import problem
from omniroute.config import Config
from omniroute.core.commands import Command, Keep
from omniroute.core.events import Event
from omniroute.core.permissions import Actor
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.engine import Engine
from omniroute.engine.mailbox import Contents
from omniroute.errors import Forbidden, InvalidInput, NotFound, OmniRouteError, TooLarge, Unauthenticated
from omniroute.journal.contract import Write

BODY_BYTES_MAX = 1024 * 1024
COOKIE = "omniroute_session"
IDEMPOTENCY_KEY_CHARS_MAX = 64


class Services(NamedTuple):
    """What endpoints may use."""

    engine: Engine
    accounts: Accounts
    config: Config


class Call:
    """A request by somebody known. ``body`` is decoded; ``numbers`` are the path's ids."""

    def __init__(self, services: Services, request: Request, account: c.AccountCell | None, body: Any) -> None:
        self.engine = services.engine
        self.services = services
        self.request = request
        self.body = body
        self._account = account

    @property
    def account(self) -> c.AccountCell:
        """Who calls."""
        if self._account is None:
            raise Unauthenticated("sign in first")
        return self._account

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return actor_of(self.account)

    @property
    def state(self) -> State:
        """The live state; call `Writer.barrier` before answering from it."""
        return self.engine.writer.state

    def text(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """A numeric part of the path."""
        return int(self.request.path_params[name])

    async def submit(self, command: Command, contents: Contents | None = None) -> int:
        """Carry a command out in the caller's name; returns the journal's number. Repeats have no second effect."""
        key = self.request.headers.get("idempotency-key", "")
        if len(key) > IDEMPOTENCY_KEY_CHARS_MAX:
            raise InvalidInput(f"an idempotency key has at most {IDEMPOTENCY_KEY_CHARS_MAX} characters")
        if not key:
            await self.engine.writer.submit(self.actor, command, contents)
            return self.engine.writer.committed_seq
        cell_key = c.joined_key(self.account.login, key)

        def prepare(_: State, cells: c.Cells) -> Command:
            return Keep() if cells.raw(c.IDEMPOTENCY, cell_key) else command

        def keep(events: Sequence[Event]) -> Sequence[Write]:
            if not events:
                return ()
            made = list(contents(events)) if contents else []
            return [*made, c.put_number(c.IDEMPOTENCY, cell_key, self.engine.writer.clock.now_ms())]

        await self.engine.writer.submit(self.actor, prepare, keep)
        return self.engine.writer.committed_seq


Handler = Callable[[Call], Awaitable[Any]]


class Endpoint(NamedTuple):
    """A row of the table from which routes and the OpenAPI document are made."""

    method: str
    path: str
    handler: Handler
    answer: Any = None
    body: type[msgspec.Struct] | None = None
    status: int = 200
    public: bool = False
    bytes_answer: bool = False


def token_of(request: Any) -> tuple[str, bool]:
    """The session token of a request or WebSocket, and whether it came as a cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip(), False
    return request.cookies.get(COOKIE, ""), True


def same_origin(request: Any) -> bool:
    """Whether a browser's request comes from our own pages; programs send no Origin."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


async def read_body(request: Request) -> bytes:
    """The body, bounded."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise TooLarge("the body is too large")
        chunks.append(chunk)
    return b"".join(chunks)


def decode(data: bytes, kind: type[msgspec.Struct]) -> Any:
    """A JSON body as a Struct. Raises `InvalidInput` naming the field."""
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        text, _, path = str(failure).partition(" - at `$")
        raise InvalidInput(text, path.strip("`.")) from failure


def serve(services: Services, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """A starlette endpoint for a row of the table."""

    async def answer(request: Request) -> Response:
        try:
            return await _answer(services, endpoint, request)
        except OmniRouteError as error:
            return problem(error)

    return answer


async def _answer(services: Services, endpoint: Endpoint, request: Request) -> Response:
    account = None
    if not endpoint.public:
        token, by_cookie = token_of(request)
        account = services.accounts.by_token(token)
        if by_cookie and request.method != "GET" and not same_origin(request):
            raise Forbidden("this request did not come from our own page")
    elif request.method != "GET" and not same_origin(request):
        raise Forbidden("this request did not come from our own page")
    body = decode(await read_body(request), endpoint.body) if endpoint.body else None
    for name, value in request.path_params.items():
        if name.endswith("_id") and not 0 < int(value) < 2**53:
            raise NotFound("there is no such thing")
    result = await endpoint.handler(Call(services, request, account, body))
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(result), endpoint.status, headers, "application/json")
