"""One call of the API: who calls, what was sent, and how a command is submitted in their name.

What lives here: the thin typed layer over starlette: endpoint table, body decoding, answers, idempotency keys.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import anyio
import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from omniroute.api.accounts import Accounts, actor_of
from omniroute.api.problems import problem
from omniroute.api.views import Done
from omniroute.config import Config
from omniroute.core.commands import Command
from omniroute.core.events import Event
from omniroute.core.permissions import Actor
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.engine import Engine
from omniroute.engine.mailbox import Contents, Prepare
from omniroute.errors import CallerError, Forbidden, InvalidInput, NotFound, OmniRouteError, TooLarge, Unauthenticated
from omniroute.journal.contract import Write

BODY_BYTES_MAX = 1024 * 1024
BODY_SECONDS_MAX = 30
COOKIE = "omniroute_session"
IDEMPOTENCY_KEY_CHARS_MAX = 64


_KEY = re.compile(r"(?:unknown|missing required) field `(.{1,128}?)`")


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

    async def submit(
        self,
        command: Command | Prepare,
        contents: Contents | None = None,
        *,
        settles: Callable[[Sequence[Event]], bool] = bool,
    ) -> int:
        """Carry a command out in the caller's name; returns the journal's number. Repeats have no second effect.

        ``settles``: whether these events are what the caller wanted, so that a repeat need not be tried again.
        """
        cell_key = self._idempotency_cell()
        if not cell_key:
            await self.engine.writer.submit(self.actor, command, contents)
            return self.engine.writer.committed_seq

        def prepare(state: State, cells: c.Cells) -> Command:
            if cells.raw(c.IDEMPOTENCY, cell_key):
                raise _Repeated
            return command if isinstance(command, Command) else command(state, cells)

        def keep(events: Sequence[Event]) -> Sequence[Write]:
            made = list(contents(events)) if contents and events else []
            if not settles(events):
                return made
            return [*made, c.put_number(c.IDEMPOTENCY, cell_key, self.engine.writer.clock.now_ms())]

        with contextlib.suppress(_Repeated):
            await self.engine.writer.submit(self.actor, prepare, keep)
        return await self.engine.writer.barrier()

    def is_repeated(self) -> bool:
        """Whether a command was carried out under this idempotency key already."""
        cell_key = self._idempotency_cell()
        return bool(cell_key) and self.engine.writer.cells.raw(c.IDEMPOTENCY, cell_key) is not None

    def _idempotency_cell(self) -> str:
        key = self.request.headers.get("idempotency-key", "")
        if len(key) > IDEMPOTENCY_KEY_CHARS_MAX:
            raise InvalidInput(f"an idempotency key has at most {IDEMPOTENCY_KEY_CHARS_MAX} characters")
        return c.joined_key(self.account.login, key) if key else ""


class _Repeated(CallerError):
    """Under this idempotency key something was done already."""


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
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:
        return False


async def read_body(request: Request) -> bytes:
    """The body, bounded in size and time."""
    chunks, size = [], 0
    try:
        with anyio.fail_after(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                size += len(chunk)
                if size > BODY_BYTES_MAX:
                    raise TooLarge("the body is too large")
                chunks.append(chunk)
    except (TimeoutError, ClientDisconnect) as failure:
        raise HTTPException(408, headers={"Connection": "close"}) from failure
    return b"".join(chunks)


def decode(data: bytes, kind: type[msgspec.Struct]) -> Any:
    """A JSON body as a Struct. Raises `InvalidInput` naming the field."""
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        text, _, path = str(failure).partition(" - at `$")
        key = _KEY.search(text)
        raise InvalidInput(text, ".".join(filter(None, (path.strip("`."), key[1] if key else "")))) from failure


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
        if name.endswith("_id") and isinstance(value, int) and not 0 < value < 2**53:
            raise NotFound("there is no such thing")
    call = Call(services, request, account, body)
    if endpoint.answer is Done and call.is_repeated():
        return _json(Done(seq=await services.engine.writer.barrier()), endpoint.status)
    result = await endpoint.handler(call)
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status_code=204)
    return _json(result, endpoint.status)


def _json(result: Any, status: int) -> Response:
    return Response(msgspec.json.encode(result), status, {"Cache-Control": "no-store"}, "application/json")
