"""The files that browsers load: the widget, its style, and a shop page that shows it.

What lives here: reading them once and answering with the right headers. The widget is loaded by pages of
other origins, so its files are public, and say so.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Awaitable, Callable
from importlib import resources

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CACHE_S = 300
"""So long a page may run the former widget after an upgrade; the protocol changes by addition only."""

_WIDGET_HEADERS = {
    "cache-control": f"public, max-age={CACHE_S}, stale-while-revalidate=86400",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}
_DEMO_HEADERS = {
    "cache-control": "no-cache",
    # As strict as a shop can be: the demo proves that the widget needs nothing more.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "referrer-policy": "same-origin",
}
_COMMON_HEADERS = {"x-content-type-options": "nosniff"}


class Asset(msgspec.Struct, frozen=True):
    """One file of ours under its public name."""

    file: str
    content_type: str
    headers: dict[str, str]


ASSETS = {
    "/widget.js": Asset("widget.js", "text/javascript; charset=utf-8", _WIDGET_HEADERS),
    "/widget.css": Asset("widget.css", "text/css; charset=utf-8", _WIDGET_HEADERS),
    "/demo": Asset("demo.html", "text/html; charset=utf-8", _DEMO_HEADERS),
    "/demo.css": Asset("demo.css", "text/css; charset=utf-8", {"cache-control": "no-cache"}),
}


def asset_routes() -> tuple[Route, ...]:
    """A route for each file."""
    return tuple(Route(path, _endpoint(asset), methods=["GET"]) for path, asset in ASSETS.items())


def _endpoint(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        body, etag = await anyio.to_thread.run_sync(_load, asset.file)
        headers = {**_COMMON_HEADERS, **asset.headers, "etag": etag}
        if etag in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=asset.content_type, headers=headers)

    return answer


@functools.cache
def _load(file: str) -> tuple[bytes, str]:
    body = resources.files(__package__).joinpath("static", file).read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
