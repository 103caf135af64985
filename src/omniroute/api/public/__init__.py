"""The pages for customers: where a matter stands, and what the links in our letters are for. They need no script.

What lives here: the pages under ``/status`` (``status``), ``/confirm``, ``/rate`` and ``/reopen`` (``acts``), what they
have in common (``desk``), their limits (``limits``), their words (``words``) and their markup (``markup``, ``page``).
Whoever has a link or a code may know or do the one thing that it is for; nobody is signed in, and there are no cookies.
"""

from __future__ import annotations

from starlette.routing import Route

from omniroute.api.public.acts import ActPages
from omniroute.api.public.closing import Closing
from omniroute.api.public.desk import Public
from omniroute.api.public.status import StatusPages
from omniroute.engine.engine import Engine


def routes(engine: Engine, company: str, closing: Closing | None = None) -> list[Route]:
    """All of the pages; those that act are there where somebody carries out what they are for."""
    public = Public(engine, company)
    status = StatusPages(public)
    return [*status.routes(), *(ActPages(public, status, closing).routes() if closing else ())]
