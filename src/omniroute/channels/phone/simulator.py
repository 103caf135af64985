"""A small telephone system for demonstrations and tests, on the other side of the same signed interface.

It plays both ends that OmniRoute does not: the caller (from a page, `simulator_page`) and the switch. Its
events are signed and go through `intake.Intake.accept` like those of a stranger; orders come from
`Instance.send` and are carried out by `Simulator.serve`, so that sending never waits for the engine to take
the event that follows from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectSendStream

from omniroute.channels.contract import ChannelContext, Delivery
from omniroute.channels.phone.calls import CALL_ID_PREFIX, Bell, Call, CallState
from omniroute.channels.phone.events import CallEvent, CallEventType
from omniroute.channels.phone.intake import Answer
from omniroute.errors import DeliveryDeferred
from omniroute.signatures import signed_headers

CALLS_MAX = 100
ORDERS_MAX = 100
POST_ATTEMPTS_MAX = 5
RING_MS = 1_500
"""So long an operator's telephone rings before somebody picks it up, or gives up."""

_LATER = frozenset({429, 503, 507})

Accept = Callable[[Mapping[str, str], bytes], Awaitable[Answer]]


class Page(Protocol):
    """Whoever placed a call and watches it."""

    def show(self, frame: dict[str, Any]) -> None:
        """Take a frame; never waits."""
        ...


class Simulator:
    """The calls of one instance, and what happens to them."""

    def __init__(self, accept: Accept, key: bytes, context: ChannelContext) -> None:
        self._accept = accept
        self._key = key
        self._context = context
        self._calls: dict[str, tuple[Call, Page]] = {}
        self._orders: MemoryObjectSendStream[Delivery] | None = None

    async def serve(self, *, started: Callable[[], None]) -> None:
        """Carry orders out until cancelled."""
        send, receive = anyio.create_memory_object_stream[Delivery](ORDERS_MAX)
        with send, receive:
            async with anyio.create_task_group() as bells:
                self._orders = send
                started()
                async for delivery in receive:
                    await self._carry_out(delivery, bells)

    def publish(self, delivery: Delivery) -> None:
        """Take an order over. Raises `DeliveryDeferred` where too many wait or nobody carries them out."""
        if self._orders is None:
            raise DeliveryDeferred("the simulator has not started")
        try:
            self._orders.send_nowait(delivery)
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise DeliveryDeferred("the simulator takes no more orders now") from error

    async def place(self, page: Page, caller: str, name: str, to: str) -> None:
        """Somebody calls us; the page is shown how it goes."""
        call = Call(f"{CALL_ID_PREFIX}{secrets.token_hex(8)}", caller, name, to)
        if len(self._calls) >= CALLS_MAX:
            call.state = CallState.REFUSED
        else:
            self._calls[call.call_id] = call, page
            async with call.lock:
                page.show({"type": "call", "call": call.view()})
                if not await self._post(call, page, CallEventType.OFFERED):
                    call.state = CallState.REFUSED
                    self._forget(call)
        if call.over:
            page.show({"type": "call", "call": call.view()})

    async def hang_up(self, page: Page, call_id: str) -> None:
        """The caller ends the call."""
        call = self._own(page, call_id)
        if call is None:
            return
        async with call.lock:
            kind = CallEventType.ABANDONED if call.state is CallState.RINGING else CallEventType.ENDED
            await self._advance(call, page, kind, ended_by="caller")

    async def miss(self, page: Page, call_id: str) -> None:
        """The operator who is rung, or the next one, does not pick up; said again before the ringing, they do."""
        call = self._own(page, call_id)
        if call is None:
            return
        call.unanswered = call.bell is not None or not call.unanswered
        if call.bell is not None:
            call.bell.stop.cancel()
        page.show({"type": "call", "call": call.view()})

    async def leave_message(self, page: Page, call_id: str, text: str) -> None:
        """The caller speaks after the tone, and hangs up."""
        call = self._own(page, call_id)
        if call is None or call.outcome != "voicemail":
            return
        async with call.lock:
            await self._advance(call, page, CallEventType.VOICEMAIL, facts={"text": text})
            await self._advance(call, page, CallEventType.ENDED, ended_by="caller")

    def _own(self, page: Page, call_id: str) -> Call | None:
        """A call of that page; strangers' calls are out of reach."""
        call, owner = self._calls.get(call_id, (None, None))
        return call if owner is page else None

    async def leave(self, page: Page) -> None:
        """The page is gone, and so is the caller."""
        for call_id in [call_id for call_id, (_, owner) in self._calls.items() if owner is page]:
            await self.hang_up(page, call_id)
            self._calls.pop(call_id, None)

    async def _carry_out(self, delivery: Delivery, bells: TaskGroup) -> None:
        call, page = self._calls.get(delivery.session_key, (None, None))
        if call is None or page is None:
            await self._tell_gone(delivery)
            return
        page.show(
            {
                "type": "order",
                "order": delivery.order,
                "outcome": delivery.outcome,
                "call_id": call.call_id,
                "at_ms": self._context.now_ms(),
            }
        )
        if delivery.order == "connect":
            bell = Bell(delivery.key, delivery.operator_id, delivery.operator_name or delivery.operator_id)
            if call.ring(bell):
                bells.start_soon(self._ring, call, page, bell)
                page.show({"type": "call", "call": call.view()})
        elif delivery.order == "divert":
            call.divert(delivery.outcome)
            page.show({"type": "call", "call": call.view()})
        else:
            async with call.lock:
                await self._advance(call, page, CallEventType.ENDED, ended_by="operator")

    async def _ring(self, call: Call, page: Page, bell: Bell) -> None:
        """Ring the operator for a moment; nobody hangs up here, or rings somebody else, without stopping the bell."""
        with bell.stop:
            await self._context.sleep(RING_MS)
        async with call.lock:
            if call.bell is not bell:
                return
            missed, call.unanswered, call.bell = call.unanswered, False, None
            kind = CallEventType.NOT_CONNECTED if missed else CallEventType.ANSWERED
            await self._advance(
                call,
                page,
                kind,
                # an order that comes twice is one event; the next operator's order is another
                event_id=f"{call.call_id}:{kind}:{bell.key}",
                shown_operator="" if missed else bell.shown_operator,
                facts={"operator": bell.operator, "reason": "no_answer" if missed else ""},
            )

    async def _tell_gone(self, delivery: Delivery) -> None:
        """We forgot the call (a restart, or it ended): say so, or the operator would wait for ever."""
        if delivery.order == "connect" and delivery.session_key.startswith(CALL_ID_PREFIX):
            await self._post(Call(delivery.session_key, "", "", ""), None, CallEventType.ABANDONED)

    async def _advance(
        self,
        call: Call,
        page: Page,
        kind: CallEventType,
        *,
        event_id: str = "",
        shown_operator: str = "",
        ended_by: str = "",
        facts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Post the event that follows, and only then believe it."""
        if not call.allows(kind):
            return
        if await self._post(call, page, kind, event_id, facts):
            call.apply(kind)
            call.operator = shown_operator or call.operator
            call.ended_by = ended_by
        if call.over:
            self._forget(call)
        page.show({"type": "call", "call": call.view()})

    def _forget(self, call: Call) -> None:
        self._calls.pop(call.call_id, None)

    async def _post(
        self,
        call: Call,
        page: Page | None,
        kind: CallEventType,
        event_id: str = "",
        facts: Mapping[str, str] = MappingProxyType({}),
    ) -> bool:
        """Sign and hand in, as a telephone system does; "come again later" is obeyed a few times."""
        event = CallEvent(
            event_id=event_id or f"{call.call_id}:{kind}",
            call_id=call.call_id,
            type=kind,
            caller=call.caller,
            from_name=call.name,
            to=call.to,
            at_ms=self._context.now_ms(),
            **facts,
        )
        body = msgspec.json.encode(event)
        status = 0
        for _ in range(POST_ATTEMPTS_MAX):
            headers = signed_headers(self._key, event.event_id, self._context.now_ms() // 1000, body)
            answer = await self._accept(headers, body)
            status = answer.status
            if page is not None:
                page.show(_event_frame(event, status))
            if status not in _LATER:
                break
            await self._context.sleep(int(answer.headers.get("retry-after", "1")) * 1000)
        return status == 200


def _event_frame(event: CallEvent, status: int) -> dict[str, Any]:
    """For the log of the page: what was posted, and the answer."""
    return {
        "type": "event",
        "event": event.type,
        "call_id": event.call_id,
        "status": status,
        "at_ms": event.at_ms,
    }
