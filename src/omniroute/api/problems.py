"""Errors as problem details (RFC 9457): what the public sees leaks nothing."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from omniroute import errors

STATUS: dict[type[errors.OmniRouteError], int] = {
    errors.InvalidInput: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Forbidden: 403,
    errors.Unauthenticated: 401,
    errors.TooLarge: 413,
    errors.Busy: 429,
    errors.JournalFull: 507,
    errors.JournalError: 503,
    errors.CallerError: 400,
}


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The body of an error. ``code`` is stable; ``path`` names the field at fault."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    path: str = ""


def status_of(error: errors.OmniRouteError) -> int:
    """The HTTP status of an error: that of its nearest class in the table."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(error: errors.OmniRouteError) -> Response:
    """The answer for an error."""
    status = status_of(error)
    body = Problem(
        type="about:blank",
        title=error.code.replace("_", " ").capitalize(),
        status=status,
        detail=str(error),
        code=error.code,
        path=getattr(error, "path", "") or "",
    )
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.Busy):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")
