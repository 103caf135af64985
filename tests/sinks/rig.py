"""A receiver of webhooks on a free port, an independent check of signatures, and names that resolve as told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.channels.phone.rig import served

SECRET_BYTES = b"a secret of thirty-two bytes, ok"
SECRET = "whsec_" + base64.b64encode(SECRET_BYTES).decode()


class Call(NamedTuple):
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    def is_genuine(self, secret: bytes = SECRET_BYTES) -> bool:
        """By the text of the specification, without our own code."""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        made = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
        return hmac.compare_digest(self.headers["webhook-signature"], f"v1,{made}")


class Receiver:
    """Answers with ``answers`` one after the other, then with 204; ``calls`` are the requests."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []
        self.gate = anyio.Event()
        self.gate.set()
        self.url = ""

    async def take(self, request: Request) -> Response:
        self.calls.append(Call(dict(request.headers), await request.body()))
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else Response(status_code=204)


@asynccontextmanager
async def receiving(*answers: Response) -> AsyncIterator[Receiver]:
    receiver = Receiver(*answers)
    app = Starlette(routes=[Route("/hooks", receiver.take, methods=["GET", "POST"])])
    async with served(app) as base:
        receiver.url = f"{base}/hooks"
        yield receiver


def resolver(*answers: list[str]) -> Callable[[str, int], Any]:
    """A name server that gives one answer after the other, the last one for ever."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve
