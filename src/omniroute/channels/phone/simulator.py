"""A small telephone system for demonstrations and tests, on the other side of the same signed interface.

It plays both ends that OmniRoute does not: the caller (from a page, `simulator_page`) and the switch. Its
events are signed and go through `intake.Intake.accept` like those of a stranger; orders come from
`Instance.send` and are carried out by `Simulator.serve`, so that sending never waits for the engine to take
the event that follows from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectSendStream

from omniroute.channels.contract import ChannelContext, Delivery
from omniroute.channels.phone.calls import CALL_ID_PREFIX, Call, CallState
from omniroute.channels.phone.events import CallEvent, CallEventType
from omniroute.channels.phone.intake import Answer
from omniroute.channels.phone.sign import signed_headers
from omniroute.errors import DeliveryDeferred

CALLS_MAX = 100
ORDERS_MAX = 100
POST_ATTEMPTS_MAX = 5

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
            self._orders = send
            started()
            async for delivery in receive:
                await self._carry_out(delivery)

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
        """The caller ends the call; strangers' calls are out of reach."""
        call, owner = self._calls.get(call_id, (None, None))
        if call is None or owner is not page:
            return
        async with call.lock:
            kind = CallEventType.ENDED if call.state is CallState.CONNECTED else CallEventType.ABANDONED
            await self._advance(call, page, kind, ended_by="caller")

    async def leave(self, page: Page) -> None:
        """The page is gone, and so is the caller."""
        for call_id in [call_id for call_id, (_, owner) in self._calls.items() if owner is page]:
            await self.hang_up(page, call_id)
            self._calls.pop(call_id, None)

    async def _carry_out(self, delivery: Delivery) -> None:
        call, page = self._calls.get(delivery.session_key, (None, None))
        if call is None or page is None:
            await self._tell_gone(delivery)
            return
        page.show(
            {
                "type": "order",
                "order": delivery.order,
                "call_id": call.call_id,
                "at_ms": self._context.now_ms(),
            }
        )
        async with call.lock:
            if delivery.order == "connect":
                await self._connect(call, page, delivery)
            else:
                await self._advance(call, page, CallEventType.ENDED, ended_by="operator")

    async def _connect(self, call: Call, page: Page, delivery: Delivery) -> None:
        """The operator's telephone is picked up at once: accepting the offer was the picking up."""
        await self._advance(
            call,
            page,
            CallEventType.ANSWERED,
            # an order that comes twice is one event; the next operator's order is another
            event_id=f"{call.call_id}:answered:{delivery.key}",
            operator=delivery.operator_id,
            shown_operator=delivery.operator_name or delivery.operator_id,
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
        operator: str = "",
        shown_operator: str = "",
        ended_by: str = "",
    ) -> None:
        """Post the event that follows, and only then believe it."""
        if not call.allows(kind):
            return
        if await self._post(call, page, kind, event_id=event_id, operator=operator):
            call.apply(kind)
            call.operator = shown_operator or call.operator
            call.ended_by = ended_by
        if call.over:
            self._forget(call)
        page.show({"type": "call", "call": call.view()})

    def _forget(self, call: Call) -> None:
        self._calls.pop(call.call_id, None)

    async def _post(
        self, call: Call, page: Page | None, kind: CallEventType, *, event_id: str = "", operator: str = ""
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
            operator=operator,
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
