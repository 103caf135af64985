"""The HTTP application: API, live socket, screens, channel routes; and the headers that all answers get."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omniroute.api import metrics, public
from omniroute.api.call import Endpoint, Services, serve
from omniroute.api.desks import OpenDesks
from omniroute.api.live import Live
from omniroute.api.openapi import document
from omniroute.api.operations import Operations
from omniroute.api.problems import Problem
from omniroute.api.public.closing import Closing
from omniroute.api.screens import Screens
from omniroute.api.table import PREFIX, endpoints
from omniroute.api.threads import Threads
from omniroute.engine.supervisor import ChannelRunner

STATIC_MAX_AGE_S = 300
WEB = Path(__file__).resolve().parent.parent / "web"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    b"content-security-policy": CSP.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Adds the headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in HEADERS.items() if name not in present]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class ChannelMount:
    """The routes of a channel instance, over its restarts."""

    def __init__(self, runner: ChannelRunner) -> None:
        self._runner = runner
        self._of: object = None
        self._router = Router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._of is not self._runner.current:
            self._of = self._runner.current
            self._router = Router(list(self._runner.current.routes()))
        await self._router(scope, receive, send)


class _Static(StaticFiles):
    """Our own files: kept by browsers for a while, so that a screen that is offline still has its icons."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers.setdefault("Cache-Control", f"public, max-age={STATIC_MAX_AGE_S}")
        return answer


def application(
    services: Services,
    extra: Sequence[BaseRoute] = (),
    desks: OpenDesks | None = None,
    closing: Closing | None = None,
) -> ASGIApp:
    """Everything that the daemon serves over HTTP; ``desks`` counts who has a screen open.

    ``closing`` takes what customers answer about a resolution; without one the engine does.
    """
    screens = Screens(services.engine, services.config)
    table = endpoints(Operations(screens, Threads(screens)))
    live = Live(services, screens, desks or OpenDesks(services.engine.writer))
    description = msgspec.json.encode(document(table))

    async def openapi(_: Request) -> Response:
        return Response(description, media_type="application/json")

    served = Starlette(
        routes=[
            Route(f"{PREFIX}/openapi.json", openapi),
            WebSocketRoute(f"{PREFIX}/events", live.endpoint),
            *_api_routes(services, table),
            *_metrics(services),
            *_pages(),
            *public.routes(services.engine, services.config.company, closing or services.engine.answers),
            *extra,
            *(Mount(f"/channels/{name}", ChannelMount(r)) for name, r in services.engine.supervisor.runners.items()),
            Mount("/static", _Static(directory=WEB / "static")),
        ],
        exception_handlers={HTTPException: _http_problem, Exception: _bug_problem},
    )
    return SecurityHeaders(served)  # outermost, so that errors have them too


class _ApiRoute(Route):
    """A route that knows: an id with more digits than Python reads is nobody's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        try:
            return super().matches(scope)
        except ValueError:
            return Match.NONE, {}


def _api_routes(services: Services, table: Sequence[Endpoint]) -> list[_ApiRoute]:
    """One route a path, so that a wrong method gets 405 with Allow."""
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in table:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    return [
        _ApiRoute(PREFIX + path, _Methods(services, rows), methods=[r.method for r in rows])
        for path, rows in by_path.items()
    ]


class _Methods:
    """The endpoints of one path by method."""

    def __init__(self, services: Services, rows: Sequence[Endpoint]) -> None:
        self._by_method = {row.method: serve(services, row) for row in rows}
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        handler = self._by_method.get(request.method)
        if handler is None:
            raise HTTPException(405, headers={"Allow": ", ".join(self._by_method)})
        await (await handler(request))(scope, receive, send)


def _metrics(services: Services) -> list[Route]:
    """None where they are off: there is no such page then."""
    if services.config.server.metrics == "off":
        return []
    return [Route(metrics.PATH, metrics.scrape(services))]


def _pages() -> list[Route]:
    def page(name: str) -> Route:
        async def show(_: Request) -> Response:
            return FileResponse(WEB / "pages" / f"{name}.html", headers={"Cache-Control": "no-cache"})

        return Route(f"/{name}", show)

    async def root(_: Request) -> Response:
        return RedirectResponse("/desk")

    return [Route("/", root), page("desk"), page("login"), page("quarantine")]


async def _http_problem(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    detail = str(error.detail) if isinstance(error, HTTPException) else "an internal error"
    return _problem(status, detail, headers)


async def _bug_problem(_: Request, __: Exception) -> Response:
    return _problem(500, "an internal error; it has been logged", {})


def _problem(status: int, detail: str, headers: dict[str, str]) -> Response:
    body = Problem(type="about:blank", title=detail, status=status, detail=detail, code=f"http_{status}")
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")
