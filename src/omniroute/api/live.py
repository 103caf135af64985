"""The live socket of a screen: the desk after every change, and which threads have changed.

What lives here: ``WS /api/v1/events``. Several changes may be one frame; a screen that is too slow is closed and reads
anew when it comes back.
"""

from __future__ import annotations

import anyio
import anyio.abc
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.websockets import WebSocket, WebSocketDisconnect

from omniroute.api.accounts import actor_of
from omniroute.api.call import Services, same_origin, token_of
from omniroute.api.screens import Screens
from omniroute.core.events import RawReceived
from omniroute.core.permissions import Actor, may_read
from omniroute.engine.feed import Committed
from omniroute.engine.projection import conversation_of
from omniroute.errors import JournalError, Unauthenticated

HELLO_TIMEOUT_S = 10
SEND_TIMEOUT_S = 15
FRAME_CHARS_MAX = 4096
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
SESSION_ENDED, TOO_SLOW, POLICY = 4401, 1013, 1008


class Hello(msgspec.Struct, tag_field="type", tag="hello", forbid_unknown_fields=True):
    """First frame of a program."""

    token: str


class Ping(msgspec.Struct, tag_field="type", tag="ping", forbid_unknown_fields=True):
    """Are you there?"""


class Live:
    """Sockets over one engine."""

    def __init__(self, services: Services, screens: Screens) -> None:
        self._services = services
        self._screens = screens

    async def endpoint(self, socket: WebSocket) -> None:
        """One socket from its beginning to its end."""
        token, by_cookie = token_of(socket)
        if token and by_cookie and not same_origin(socket):
            await socket.close(POLICY)
            return
        await socket.accept()
        try:
            token = token or await self._hello(socket)
            actor = actor_of(self._services.accounts.by_token(token))
        except (Unauthenticated, TimeoutError, *UNREADABLE):
            await socket.close(SESSION_ENDED, "sign in first")
            return
        except WebSocketDisconnect:
            return
        await self._serve(socket, actor, token)

    async def _hello(self, socket: WebSocket) -> str:
        with anyio.fail_after(HELLO_TIMEOUT_S):
            return msgspec.json.decode(await _receive(socket), type=Hello).token

    async def _serve(self, socket: WebSocket, actor: Actor, token: str) -> None:
        writer = self._services.engine.writer
        with writer.feed.listen() as commits:
            async with anyio.create_task_group() as group:
                group.start_soon(self._push, socket, actor, token, commits, group)
                await self._listen(socket)
                group.cancel_scope.cancel()

    async def _listen(self, socket: WebSocket) -> None:
        """Answer pings; a frame out of schema gets a typed error and the socket stays."""
        while True:
            try:
                frame = await _receive(socket)
            except WebSocketDisconnect:
                return
            try:
                msgspec.json.decode(frame[:FRAME_CHARS_MAX], type=Ping | Hello)
                await self._send(socket, {"type": "pong"})
            except UNREADABLE as failure:
                problem = {"type": "error", "code": "invalid_input", "detail": str(failure)}
                await self._send(socket, problem)

    async def _push(
        self,
        socket: WebSocket,
        actor: Actor,
        token: str,
        commits: MemoryObjectReceiveStream[Committed | None],
        group: anyio.abc.TaskGroup,
    ) -> None:
        try:
            await self._push_desk(socket, actor)
            while True:
                news = [await commits.receive()]
                while commits.statistics().current_buffer_used:
                    news.append(commits.receive_nowait())
                self._services.accounts.by_token(token)
                await self._tell(socket, actor, news)
        except Unauthenticated:
            await socket.close(SESSION_ENDED, "the session has ended")
        except (TimeoutError, JournalError):
            await socket.close(TOO_SLOW)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the other side has gone; the listening half ends as well
        group.cancel_scope.cancel()

    async def _tell(self, socket: WebSocket, actor: Actor, news: list[Committed | None]) -> None:
        events = [event for commit in news if commit for event in commit.events]
        if None in news or any(not isinstance(event, RawReceived) for event in events):
            await self._push_desk(socket, actor)
        for number in dict.fromkeys(filter(None, map(conversation_of, events))):
            reference = self._readable(actor, number)
            if reference:
                await self._send(socket, {"type": "conversation", "reference": reference})

    def _readable(self, actor: Actor, conversation_id: int) -> str:
        state = self._screens.state
        cell = self._screens.matter(conversation_id)
        record = state.conversations.get(conversation_id) or (cell.record if cell else None)
        return record.reference if record is not None and may_read(state, actor, record) else ""

    async def _push_desk(self, socket: WebSocket, actor: Actor) -> None:
        if actor.operator_id not in self._screens.state.operators:
            return
        await self._services.engine.writer.barrier()
        desk = self._screens.desk(actor)
        await self._services.engine.writer.barrier()
        await self._send(socket, {"type": "desk", "desk": desk})

    async def _send(self, socket: WebSocket, frame: object) -> None:
        with anyio.fail_after(SEND_TIMEOUT_S):
            await socket.send_text(msgspec.json.encode(frame).decode())


async def _receive(socket: WebSocket) -> str | bytes:
    """The next frame, text or not. Raises `WebSocketDisconnect`."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    return text if text is not None else bytes(message.get("bytes") or b"")
