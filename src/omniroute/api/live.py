"""The live socket of a screen: the desk after every change, and which threads have changed.

What lives here: ``WS /api/v1/events``. The first change is told at once, what follows within a moment in one go at its
end; but what an operator has to act on (an offer, work that was given to them) reaches them at once. A screen that is
too slow is closed and reads anew when it comes back.
"""

from __future__ import annotations

import anyio
import anyio.abc
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.websockets import WebSocket, WebSocketDisconnect

from omniroute.api.accounts import actor_of
from omniroute.api.call import Services, same_origin, token_of
from omniroute.api.desks import OpenDesks
from omniroute.api.screens import Screens
from omniroute.core import events as e
from omniroute.core.permissions import Actor, may_read
from omniroute.engine.feed import Committed
from omniroute.engine.projection import conversation_of
from omniroute.errors import JournalError, Unauthenticated

HELLO_TIMEOUT_S = 10
SEND_TIMEOUT_S = 15
WINDOW_S = 0.15
"""What changes within this time of a frame is told together, after it."""
FRAME_CHARS_MAX = 4096
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
SESSION_ENDED, TOO_SLOW, POLICY = 4401, 1013, 1008
URGENT = (
    e.OfferMade,
    e.OfferAccepted,
    e.HandoffAccepted,
    e.OfferDeclined,
    e.OfferExpired,
    e.OfferRevoked,
    e.ItemConnected,
    e.ConnectFailed,
    e.ItemPulled,
    e.ItemForced,
    e.ItemReassigned,
)
"""What its operator is told at once."""


class Hello(msgspec.Struct, tag_field="type", tag="hello", forbid_unknown_fields=True):
    """First frame of a program."""

    token: str


class Ping(msgspec.Struct, tag_field="type", tag="ping", forbid_unknown_fields=True):
    """Are you there?"""


class _Owed:
    """What a screen has not been told yet."""

    def __init__(self) -> None:
        self.desk = False
        self.matters: dict[int, None] = {}
        self.some, self.urgent = anyio.Event(), anyio.Event()

    def add(self, commit: Committed | None, operator_id: str) -> None:
        """Count a commit in; None: some were left out."""
        events = commit.events if commit else ()
        if commit is None or any(not isinstance(event, e.RawReceived) for event in events):
            self.desk = True
            self.some.set()
        self.matters.update(dict.fromkeys(filter(None, map(conversation_of, events))))
        if any(isinstance(event, URGENT) and event.operator_id == operator_id for event in events):
            self.ring()

    def ring(self) -> None:
        """It cannot wait."""
        self.some.set()
        self.urgent.set()

    def take(self) -> tuple[bool, list[int]]:
        """Whether the desk has changed, and which matters have; from now on nothing is owed."""
        desk, matters = self.desk, list(self.matters)
        self.desk, self.matters = False, {}
        self.some, self.urgent = anyio.Event(), anyio.Event()
        return desk, matters


class Live:
    """Sockets over one engine."""

    def __init__(self, services: Services, screens: Screens, desks: OpenDesks) -> None:
        self._services = services
        self._screens = screens
        self._desks = desks

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
        async with self._desks.opened(actor.operator_id):
            await self._serve(socket, actor, token)

    async def _hello(self, socket: WebSocket) -> str:
        with anyio.fail_after(HELLO_TIMEOUT_S):
            return msgspec.json.decode(await _receive(socket), type=Hello).token

    async def _serve(self, socket: WebSocket, actor: Actor, token: str) -> None:
        writer = self._services.engine.writer
        owed = _Owed()
        with writer.feed.listen() as commits, self._services.accounts.listen(token, owed.ring):
            async with anyio.create_task_group() as group:
                group.start_soon(self._collect, actor, commits, owed)
                group.start_soon(self._push, socket, actor, token, owed, group)
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

    async def _collect(self, actor: Actor, commits: MemoryObjectReceiveStream[Committed | None], owed: _Owed) -> None:
        async for commit in commits:
            owed.add(commit, actor.operator_id)

    async def _push(self, socket: WebSocket, actor: Actor, token: str, owed: _Owed, group: anyio.abc.TaskGroup) -> None:
        try:
            await self._push_desk(socket, actor)
            while True:
                await owed.some.wait()
                self._services.accounts.by_token(token)
                await self._tell(socket, actor, *owed.take())
                with anyio.move_on_after(WINDOW_S):
                    await owed.urgent.wait()
        except Unauthenticated:
            await socket.close(SESSION_ENDED, "the session has ended")
        except (TimeoutError, JournalError):
            await socket.close(TOO_SLOW)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the other side has gone; the listening half ends as well
        group.cancel_scope.cancel()

    async def _tell(self, socket: WebSocket, actor: Actor, desk: bool, matters: list[int]) -> None:
        if desk:
            await self._push_desk(socket, actor)
        for number in matters:
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
