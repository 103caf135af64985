"""One chat socket: the thin I/O around ``protocol``.

What lives here: reading, writing, closing and their time limits. No decisions about frames. Times are limits
of the transport, so they run on the loop's clock and not on the engine's.

A reader and a writer run side by side with a bounded queue between whoever speaks and the wire, so one slow
page can hold up nobody else.
"""

from __future__ import annotations

import math
import secrets
import traceback
from dataclasses import dataclass

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.websockets import WebSocket, WebSocketDisconnect

from omniroute.channels.contract import ChannelContext, RawInput
from omniroute.channels.webchat.frames import (
    Ack,
    Entry,
    Hello,
    Problem,
    ServerFrame,
    Wait,
    Waiting,
    Welcome,
    encode,
    entry_of,
)
from omniroute.channels.webchat.hub import Hub
from omniroute.channels.webchat.normalize import ChatMessage, store
from omniroute.channels.webchat.options import WebchatOptions
from omniroute.channels.webchat.protocol import Action, ChatSession, End, Greet, Say, State, Take
from omniroute.channels.webchat.tokens import VISITOR_BYTES, Tokens
from omniroute.channels.webchat.waiting import WaitingRoom
from omniroute.errors import Busy, OmniRouteError

HELLO_S = 10
IDLE_S = 90
"""A page sends at least a ping every 30 seconds; three of them may be lost."""

FLUSH_S = 1
CLOSE_S = 2
SEND_QUEUE_FRAMES_MAX = 128
"""A page that is so far behind is cut off; it connects again and reads the thread."""

GONE = 1001
POLICY_VIOLATION = 1008
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013


@dataclass(frozen=True, slots=True)
class Site:
    """What all sockets of one instance share."""

    options: WebchatOptions
    context: ChannelContext
    tokens: Tokens
    hub: Hub
    waiting: WaitingRoom


class ChatSocket:
    """One open page of a visitor, from accept to close."""

    def __init__(self, websocket: WebSocket, site: Site) -> None:
        self._websocket = websocket
        self._site = site
        limits = site.options.message_chars_max, site.options.messages_per_minute_max
        self._session = ChatSession(*limits, site.context.now_ms())
        self._queue, self._waiting = anyio.create_memory_object_stream[str](SEND_QUEUE_FRAMES_MAX)
        self._visitor = ""
        self._welcomed = False
        self._early: list[Entry] = []
        self._ended = anyio.Event()
        self._written = anyio.Event()
        self._code = GONE
        self._reason = ""
        self._flush_s: float = FLUSH_S
        self._disconnected = False

    async def run(self) -> None:
        """Serve the page until either side ends."""
        self._site.hub.enter(self)
        try:
            await self._websocket.accept()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read)
                tasks.start_soon(self._write, self._waiting)
                await self._ended.wait()
                self._queue.close()
                with anyio.move_on_after(self._flush_s):
                    await self._written.wait()
                tasks.cancel_scope.cancel()
            await self._close()
        finally:
            self._queue.close()
            self._waiting.close()
            self._site.hub.leave(self._visitor, self)
            self._site.waiting.leave(self._visitor)

    def show(self, entry: Entry) -> None:
        """Pass an entry on, or keep it until the thread has been read."""
        if self._welcomed:
            self._say(entry)
        elif len(self._early) < SEND_QUEUE_FRAMES_MAX:
            self._early.append(entry)
        else:
            self.stop(TRY_AGAIN_LATER, "too slow")

    def tell(self, waiting: Waiting) -> None:
        """Say how the visitor waits; before the welcome nobody has asked."""
        if self._welcomed:
            self._say(waiting)

    def stop(self, code: int, reason: str) -> None:
        """Begin to close; the first reason stands."""
        if not self._ended.is_set():
            self._code, self._reason = code, reason
            self._ended.set()

    def _say(self, frame: ServerFrame) -> None:
        if self._ended.is_set():
            return
        try:
            self._queue.send_nowait(encode(frame))
        except anyio.WouldBlock:
            self._flush_s = 0  # nothing more goes through: the queue is full because the wire is
            self.stop(TRY_AGAIN_LATER, "too slow")

    async def _read(self) -> None:
        try:
            await self._serve_frames()
        except Exception as error:
            # A rendered traceback may show local variables, and there is what the visitor wrote.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{frame.name}:{frame.lineno}"
            self._site.context.log.error("chat socket failed", error=type(error).__name__, where=where)  # noqa: TRY400
            self.stop(INTERNAL_ERROR, "internal error")

    async def _serve_frames(self) -> None:
        hello_by = anyio.current_time() + HELLO_S
        while not self._ended.is_set():
            greeted = self._session.state is not State.GREETING
            event = None
            with anyio.CancelScope(deadline=anyio.current_time() + IDLE_S if greeted else hello_by):
                event = await self._websocket.receive()
            if event is None:
                self.stop(*((GONE, "idle") if greeted else (POLICY_VIOLATION, "no hello")))
            elif event["type"] == "websocket.disconnect":
                self._disconnected = True
                self.stop(GONE, "")
            else:
                text = event.get("text")
                data = text if text is not None else event.get("bytes", b"")
                await self._act(self._session.feed(data, self._site.context.now_ms()))

    async def _act(self, action: Action) -> None:
        if isinstance(action, Greet):
            await self._greet(action.hello)
        elif isinstance(action, Take):
            await self._take(action.message)
        elif isinstance(action, Say):
            self._say(action.frame)
        elif isinstance(action, End):
            self._say(action.frame)
            self.stop(action.code, action.frame.code)

    async def _greet(self, hello: Hello) -> None:
        """Subscribe first and read the thread then: what is sent in between waits, and is not shown twice."""
        site = self._site
        visitor = site.tokens.admit(hello.token, secrets.token_bytes(VISITOR_BYTES), site.context.now_ms())
        try:
            site.hub.join(visitor.id, self)
        except Busy as error:
            self._say(Problem("too_many_sockets", str(error)))
            self.stop(TRY_AGAIN_LATER, "too many pages")
            return
        self._visitor = visitor.id
        lines = [] if visitor.fresh else await site.context.thread(visitor.id, hello.after)
        welcome = Welcome(
            token=visitor.token,
            visitor=visitor.id,
            site=site.options.site_name,
            greeting=site.options.greeting,
            chars_max=site.options.message_chars_max,
            entries=[entry_of(line) for line in lines],
            reference=lines[-1].reference if lines else "",
            fresh=visitor.fresh,
        )
        self._say(welcome)
        self._welcomed = True
        shown = {(entry.interaction_id, "") if not entry.key else (0, entry.key) for entry in welcome.entries}
        for entry in self._early:
            if (entry.interaction_id, entry.key) not in shown:
                self._say(entry)
        self._early.clear()
        if not visitor.fresh:
            site.waiting.join(visitor.id, self)

    async def _take(self, message: ChatMessage) -> None:
        """Hand a message to the engine; acknowledge it only when the engine has it for ever."""
        context = self._site.context
        raw = RawInput(
            instance=context.instance,
            account=context.instance,
            received_ms=context.now_ms(),
            data=store(message),
            meta={"visitor": self._visitor},
            session_key=self._visitor,
        )
        try:
            raw_id = await context.receive(raw)
        except OmniRouteError as error:
            self._say(_refusal(error, message.id))
        else:
            self._say(Ack(message.id))
            self._site.waiting.watch(self._visitor, raw_id)

    async def _write(self, waiting: MemoryObjectReceiveStream[str]) -> None:
        try:
            async for text in waiting:
                await self._websocket.send_text(text)
        except WebSocketDisconnect:
            self._disconnected = True
            self.stop(GONE, "")
        self._written.set()

    async def _close(self) -> None:
        if self._disconnected:
            return
        with anyio.move_on_after(CLOSE_S):
            try:
                await self._websocket.close(self._code, self._reason)
            except (WebSocketDisconnect, RuntimeError) as error:
                # The page was faster: it closed while we were about to.
                self._site.context.log.debug("chat socket closed first by the page", error=type(error).__name__)


def _refusal(error: OmniRouteError, message_id: str) -> ServerFrame:
    """What may be repeated is asked for again; the rest is an error."""
    if isinstance(error, Busy):
        return Wait(id=message_id, retry_after_s=max(1, math.ceil(error.retry_after_s)))
    if error.retryable:
        return Wait(id=message_id, retry_after_s=Busy().retry_after_s)
    return Problem(error.code, str(error), message_id)
