"""What the pages for customers have in common: who may try how often, in which language, and what a form has sent.

What lives here: `Public`, the frame of every request, and `Visit`, one request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from omniroute.api.call import read_body
from omniroute.api.problems import status_of as http_status
from omniroute.api.public import page as p
from omniroute.api.public.limits import Limit, address_key
from omniroute.api.public.markup import Html, tag
from omniroute.api.public.words import language_for, said
from omniroute.engine.engine import Engine
from omniroute.engine.links import Claims, Purpose
from omniroute.errors import Busy, Forbidden, InvalidInput, OmniRouteError, TooLarge

MINUTE_MS = 60_000
PAGES_PER_MINUTE_MAX = 120
"""Pages that one address may open in a minute, links that are wrong included."""
FORM_BYTES_MAX = 64 * 1024
FORM_FIELDS_MAX = 8

log = structlog.get_logger("omniroute.public")


class TooMany(Busy):
    """Whoever tries has tried too often."""


class Visit:
    """One request of somebody whom we do not know."""

    def __init__(self, request: Request, company: str, now_ms: int) -> None:
        self.company = company
        self.now_ms = now_ms
        self.who = address_key(request.client.host if request.client else "")
        self.query = request.query_params
        self.token = str(request.path_params.get("token", ""))
        self.method = request.method
        self.language = language_for(self.query.get("lang", ""), request.headers.get("accept-language", ""))
        self.sent: dict[str, str] = {}

    def say(self, key: str, **values: object) -> str:
        """A phrase in the language of the visit."""
        return said(self.language, key, **values)

    def path(self, path: str, **query: str) -> str:
        """An address of ours that keeps the language of the visit."""
        return f"{path}?{urlencode({**query, 'lang': self.language})}"

    def page(self, title: str, *content: Html, status: int = 200) -> Response:
        """A page in the language of the visit, which may be changed on it."""
        kept = {"reference": self.query["reference"]} if "reference" in self.query else {}
        return p.page(self.company, self.language, title, *content, status=status, kept=kept)

    def message(self, key: str, *content: Html, status: int = 200, **values: object) -> Response:
        """A page that only says something: ``KEY title`` and ``KEY``."""
        return self.page(
            self.say(f"{key} title"), *self.heading(f"{key} title", key, **values), *content, status=status
        )

    def heading(self, title: str, lead: str, **values: object) -> tuple[Html, Html]:
        """The first lines of a page."""
        return tag("h1", self.say(title)), tag("p", self.say(lead, **values), class_="sub")


Handler = Callable[[Visit], Awaitable[Response]]


class Public:
    """The frame of the pages; ``page`` makes a route of a handler."""

    def __init__(self, engine: Engine, company: str) -> None:
        self.engine = engine
        self.company = company
        self._pages = Limit(PAGES_PER_MINUTE_MAX, MINUTE_MS)

    def page(self, path: str, show: Handler, take: Handler | None = None) -> Route:
        """A page, and what takes its form. A GET only ever shows something: scanners of letters open links, too."""

        async def answer(request: Request) -> Response:
            visit = Visit(request, self.company, self.engine.writer.clock.now_ms())
            try:
                self.count(self._pages, visit.who, visit)
                if request.method != "POST" or take is None:
                    return await show(visit)
                visit.sent = await _form(request)
                return await take(visit)
            except OmniRouteError as error:
                return _sorry(visit, error)

        return Route(path, answer, methods=["GET", "POST"] if take else ["GET"])

    def count(self, limit: Limit, key: str, visit: Visit) -> None:
        """One more try. Raises `TooMany`."""
        if not limit.allows(key, visit.now_ms):
            raise TooMany("too many tries", limit.left_s(visit.now_ms))

    def claims(self, visit: Visit, purpose: Purpose) -> Claims | None:
        """What the link of a visit is for; None where it is not good, whyever."""
        return self.engine.links.read(visit.token, purpose, visit.now_ms)


def not_good(visit: Visit) -> Response:
    """The one answer for links that are wrong, over, or of something that is not there."""
    way_out = tag("a", visit.say("ask"), href=visit.path("/status"), class_="btn main")
    return visit.message("over", tag("p", way_out, class_="act"), status=404)


async def _form(request: Request) -> dict[str, str]:
    """What a form of ours has sent. Raises `InvalidInput`, `TooLarge`, or `Forbidden` where it was not ours.

    Our pages send no Referer, and so browsers send no Origin either; ``Sec-Fetch-Site`` says where a form stood.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form did not stand on our own page")
    data = await read_body(request)
    if len(data) > FORM_BYTES_MAX:
        raise TooLarge("the form is too large")
    try:
        return dict(parse_qsl(data.decode(), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS_MAX))
    except ValueError as failure:
        raise InvalidInput("this is no form of ours") from failure


def _sorry(visit: Visit, error: OmniRouteError) -> Response:
    """Why it did not work, as far as that is the visitor's business."""
    status = http_status(error)
    if isinstance(error, Busy):
        key, minutes = "many" if isinstance(error, TooMany) else "busy", -(-error.retry_after_s // 60)
        answer = visit.message(key, status=status, minutes=minutes)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    if status < 500:
        return visit.message("bad", status=status)
    log.warning("page_not_shown", code=error.code)
    return visit.message("busy", status=status)
