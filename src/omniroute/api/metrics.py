"""``GET /metrics`` for Prometheus: who may read it, and in which form it is written.

What lives here: the door. The numbers are those of `omniroute.engine.metrics`; they name queues, channels, policies and
classifiers, and nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

from omniroute.api.call import Services
from omniroute.api.problems import problem
from omniroute.engine.engine import Engine
from omniroute.errors import Forbidden, JournalFull, OmniRouteError

PATH = "/metrics"
TRIES_MAX = 3
"""A full disk may take back what was being read; then it is read anew."""
MARKS = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""Headers by which a proxy says that the request is somebody else's."""


def scrape(services: Services) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint, for whom ``[server] metrics`` says."""

    async def answer(request: Request) -> Response:
        try:
            if services.config.server.metrics != "open" and not is_near(request):
                raise Forbidden("metrics are for this machine alone")
            return await _text(services.engine, request.headers.get("accept", ""))
        except OmniRouteError as error:
            return problem(error)

    return answer


def is_near(request: Request) -> bool:
    """Whether it comes from this machine, as far as can be seen: a proxy that leaves no mark looks the same."""
    if request.client is None or any(mark in request.headers for mark in MARKS):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (inner or address).is_loopback


async def _text(engine: Engine, accept: str) -> Response:
    """All metrics, once what they show is committed. Raises `JournalFull` where the disk stays full."""
    encode, media_type = choose_encoder(accept)
    for _ in range(TRIES_MAX):
        text = encode(engine.metrics.registry)
        with suppress(JournalFull):
            await engine.writer.barrier()
            return Response(text, headers={"Cache-Control": "no-store"}, media_type=media_type)
    raise JournalFull("no space is left")
