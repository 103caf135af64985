"""The telephone page of the simulator: its files, and the WebSocket behind it.

The page sends ``{"type": "call", "from": …, "name": …, "to": …}`` and, with a ``call_id``, ``hang_up``,
``miss`` (the operator who is rung does not pick up) and ``voicemail`` with a ``text``. It gets ``hello`` (our
numbers), ``call`` (how one of its calls stands), ``event`` (what was posted, with the answer), ``order`` (what
OmniRoute wants) and ``error``. A page that goes away hangs up.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from omniroute.channels.phone.simulator import Simulator

STATIC = Path(__file__).parent / "static"
FILES = frozenset({"simulator.css", "simulator.js", "texts.js"})
FRAMES_MAX = 256
FRAME_CHARS_MAX = 2_048
PAGES_MAX = 32
LEAVE_SECONDS_MAX = 5

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}

Shown = Annotated[str, msgspec.Meta(max_length=64)]


class PlaceCall(msgspec.Struct, tag="call", forbid_unknown_fields=True):
    """The button "Call"."""

    caller: Shown = msgspec.field(name="from", default="")
    name: Shown = ""
    to: Shown = ""


class HangUp(msgspec.Struct, tag="hang_up", forbid_unknown_fields=True):
    """The button "Hang up"."""

    call_id: Shown


class Miss(msgspec.Struct, tag="miss", forbid_unknown_fields=True):
    """The button "Operator does not pick up"."""

    call_id: Shown


class Voicemail(msgspec.Struct, tag="voicemail", forbid_unknown_fields=True):
    """What the caller says after the tone."""

    call_id: Shown
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


Frame = PlaceCall | HangUp | Miss | Voicemail


class _Page:
    """One open page. Too slow a page loses its connection, never anybody's time."""

    def __init__(self, frames: MemoryObjectSendStream[str], scope: anyio.CancelScope) -> None:
        self._frames = frames
        self._scope = scope

    def show(self, frame: dict[str, Any]) -> None:
        try:
            self._frames.send_nowait(msgspec.json.encode(frame).decode())
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._scope.cancel()  # it left or does not read: its calls are hung up with it


class SimulatorPage:
    """The routes of the simulator, relative to the mount of the instance."""

    def __init__(self, simulator: Simulator, numbers: Sequence[str]) -> None:
        self._simulator = simulator
        self._numbers = list(numbers)
        self._open = 0

    def routes(self) -> tuple[BaseRoute, ...]:
        """The page, its files and its WebSocket."""
        return (
            Route("/simulator", _page, methods=["GET"]),
            Route("/simulator/static/{name}", _file, methods=["GET"]),
            WebSocketRoute("/simulator/ws", self._socket),
        )

    async def _socket(self, websocket: WebSocket) -> None:
        if not _is_same_origin(websocket) or self._open >= PAGES_MAX:
            await websocket.close(1008)
            return
        await websocket.accept()
        self._open += 1
        try:
            await self._converse(websocket)
        finally:
            self._open -= 1

    async def _converse(self, websocket: WebSocket) -> None:
        """One task reads, one writes; whichever ends first ends both, and then the caller hangs up."""
        send, receive = anyio.create_memory_object_stream[str](FRAMES_MAX)
        with send, receive:
            async with anyio.create_task_group() as group:
                page = _Page(send, group.cancel_scope)
                page.show({"type": "hello", "numbers": self._numbers})
                group.start_soon(_write, websocket, receive)
                try:
                    await self._read(websocket, page)
                    group.cancel_scope.cancel()
                finally:
                    with anyio.move_on_after(LEAVE_SECONDS_MAX, shield=True):
                        await self._simulator.leave(page)

    async def _read(self, websocket: WebSocket, page: _Page) -> None:
        async for text in websocket.iter_text():
            try:
                if len(text) > FRAME_CHARS_MAX:
                    raise msgspec.ValidationError("too long")
                frame = msgspec.json.decode(text, type=Frame)
            except (msgspec.DecodeError, UnicodeError):
                page.show({"type": "error", "code": "invalid_input"})
                continue
            await self._handle(page, frame)

    async def _handle(self, page: _Page, frame: Frame) -> None:
        if isinstance(frame, PlaceCall):
            await self._simulator.place(page, frame.caller, frame.name, frame.to)
        elif isinstance(frame, Voicemail):
            await self._simulator.leave_message(page, frame.call_id, frame.text)
        elif isinstance(frame, Miss):
            await self._simulator.miss(page, frame.call_id)
        else:
            await self._simulator.hang_up(page, frame.call_id)


async def _write(websocket: WebSocket, frames: MemoryObjectReceiveStream[str]) -> None:
    async for frame in frames:
        try:
            await websocket.send_text(frame)
        except WebSocketDisconnect:
            return  # the reader sees it as well and ends the page


async def _page(_request: Request) -> Response:
    return FileResponse(STATIC / "simulator.html", headers=HEADERS)


async def _file(request: Request) -> Response:
    """Only files named here: nothing that comes in a path reaches the file system."""
    name = request.path_params["name"]
    if name not in FILES:
        raise HTTPException(404)
    return FileResponse(STATIC / name, headers=HEADERS)


def _is_same_origin(websocket: WebSocket) -> bool:
    """A browser names the page's origin; another site's page must not place calls here."""
    origin = websocket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == websocket.headers.get("host")
