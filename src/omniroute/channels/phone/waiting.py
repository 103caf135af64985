"""A telephone system asks how long a caller still waits, so that it can say so to them.

What lives here: one signed question and its answer. The signature is that of an event (`sign`), over the path as it
was sent in place of a body, so that nobody else learns which calls there are.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from omniroute.channels.contract import ChannelContext
from omniroute.channels.phone.intake import refusal
from omniroute.channels.phone.options import PhoneOptions
from omniroute.errors import OmniRouteError
from omniroute.signatures import key_of, verify


class WaitingAnswer(msgspec.Struct, frozen=True):
    """``position`` 0: the call does not wait (any more). ``percent`` 0: there is no estimate."""

    position: int = 0
    low_s: int = 0
    high_s: int = 0
    percent: int = 0
    staffed: bool = True


class WaitingQuestion:
    """``GET calls/{call_id}/waiting`` of one instance."""

    def __init__(self, options: PhoneOptions, context: ChannelContext) -> None:
        self._options = options
        self._context = context
        self._key = key_of(options.secret)

    async def endpoint(self, request: Request) -> Response:
        """Answer the owner of the secret; a call that nobody knows does not wait."""
        try:
            self._check(request)
            found = await self._context.waiting(request.path_params["call_id"])
        except OmniRouteError as error:
            return refusal(error).response()
        answer = msgspec.convert(found, WaitingAnswer, from_attributes=True) if found else WaitingAnswer()
        headers = {"cache-control": "no-store"}
        return Response(msgspec.json.encode(answer), headers=headers, media_type="application/json")

    def _check(self, request: Request) -> None:
        path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        now_s = self._context.now_ms() // 1000
        verify(self._key, request.headers, path, now_s=now_s, tolerance_s=self._options.tolerance_s)
