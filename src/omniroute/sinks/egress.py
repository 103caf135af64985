"""The one door out for requests to addresses that a person has configured.

What lives here: resolve the name, judge every address it has, connect to a judged address and to no other (whoever
answers for the name may answer differently the next time), within limits of time and size. Redirects are not followed,
cookies and the environment's proxies do not exist here.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import anyio
import httpx2

from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.sinks.addresses import why_not

ANSWER_BYTES_MAX = 65_536
"""Bytes of an answer's body that are taken; then the connection is closed."""
ADDRESSES_MAX = 4
"""Addresses of one name that are tried."""

Resolve = Callable[[str, int], Awaitable[list[str]]]


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, each once, in the order of the system. Raises `OSError`."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Egress:
    """Posts to configured addresses; ``resolver`` and ``tls`` are what tests put in the place of the system's."""

    def __init__(self, resolver: Resolve = resolve, tls: ssl.SSLContext | None = None) -> None:
        self._resolve = resolver
        self._tls = tls or httpx2.create_ssl_context(trust_env=False)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool, timeout_s: float
    ) -> Answer:
        """Post, and give the answer, whatever its status.

        Raises:
            DeliveryDeferred: not resolved, not reached, too slow, or no HTTP.
            DeliveryRefused: it leads to an address that may not be called, or is none.
        """
        try:
            target = httpx2.URL(url)
        except httpx2.InvalidURL as wrong:
            raise DeliveryRefused("the address cannot be read") from wrong
        try:
            with anyio.fail_after(timeout_s):
                addresses = await self._judged(target, allow_private)
                return await self._first(target, addresses, body, headers)
        except TimeoutError as late:
            raise DeliveryDeferred("the other side did not answer in time") from late

    async def _judged(self, target: httpx2.URL, allow_private: bool) -> list[str]:
        """The addresses of the target; one that may not be called spoils all, for names that have both are traps."""
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            addresses = await self._resolve(target.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError) as unknown:
            raise DeliveryDeferred("the name cannot be resolved at present") from unknown
        for reason in filter(None, (why_not(one, allow_private=allow_private) for one in addresses)):
            raise DeliveryRefused(reason)
        return addresses[:ADDRESSES_MAX]

    async def _first(self, target: httpx2.URL, addresses: list[str], body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer of the first address that takes a connection."""
        for address in addresses:
            try:
                return await self._ask(target, address, body, headers)
            except httpx2.ConnectError:
                continue
            except (httpx2.RequestError, httpx2.InvalidURL) as failure:
                raise DeliveryDeferred("the connection broke, or the answer was no HTTP") from failure
        raise DeliveryDeferred("the other side cannot be reached")

    async def _ask(self, target: httpx2.URL, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Ask one address, in the name of the target: in ``Host``, and in TLS."""
        name = target.raw_host.decode("ascii")
        sent = {**headers, "host": target.netloc.decode("ascii"), "accept-encoding": "identity"}
        async with (
            httpx2.AsyncClient(verify=self._tls, timeout=None, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST",
                target.copy_with(host=address),
                content=body,
                headers=sent,
                extensions={"sni_hostname": name} if target.scheme == "https" else {},
            ) as answer,
        ):
            return Answer(answer.status_code, answer.headers, await _limited(answer))


async def _limited(answer: httpx2.Response) -> bytes:
    """The body as far as it is taken, as it came: nothing is unpacked."""
    taken = b""
    async for part in answer.aiter_raw():
        taken += part
        if len(taken) >= ANSWER_BYTES_MAX:
            break
    return taken[:ANSWER_BYTES_MAX]
