"""One running web chat: its routes, its open sockets, and what goes out to them.

What lives here: the `Instance` of the contract. The socket itself is in ``socket``, the files in ``assets``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anyio
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from omniroute.channels.contract import ChannelContext, Delivery, Health, Receipt
from omniroute.channels.webchat.assets import asset_routes
from omniroute.channels.webchat.frames import Entry
from omniroute.channels.webchat.hub import Hub
from omniroute.channels.webchat.options import WebchatOptions
from omniroute.channels.webchat.socket import CLOSE_S, FLUSH_S, ChatSocket, Site
from omniroute.channels.webchat.tokens import Tokens
from omniroute.channels.webchat.waiting import WaitingRoom
from omniroute.errors import DeliveryRefused

SERVICE_RESTART = 1012


class WebchatInstance:
    """The chat of one shop."""

    def __init__(self, options: WebchatOptions, context: ChannelContext) -> None:
        self._options = options
        self._context = context
        self._hub = Hub(options.sockets_max)
        tokens = Tokens(options.secret, context.instance, options.token_days)
        self._waiting = WaitingRoom(context, self._hub)
        self._site = Site(options, context, tokens, self._hub, self._waiting)

    async def serve(self, *, started: Callable[[], None]) -> None:
        """Take sockets until cancelled, then tell every page to come again."""
        self._hub.open()
        self._context.set_health(Health("up"))
        started()
        try:
            await self._waiting.serve()
        finally:
            with anyio.CancelScope(shield=True, deadline=anyio.current_time() + FLUSH_S + CLOSE_S):
                await self._hub.close(SERVICE_RESTART, "restart")

    async def send(self, delivery: Delivery) -> Receipt:
        """Show a line on all open pages of the visitor; where there is none it waits in the thread.

        The engine's thread holds it before this is called: what is not shown now is shown at resume.
        """
        if delivery.order not in {"reply", "notice", "divert"}:
            raise DeliveryRefused(f"web chat cannot carry out the order {delivery.order!r}")
        visitor = delivery.session_key or (delivery.to.address if delivery.to else "")
        if not visitor:
            raise DeliveryRefused("the reply names no visitor")
        pages = self._hub.show(
            visitor,
            Entry(
                interaction_id=delivery.interaction_id,
                author="system" if delivery.order == "divert" else "operator",
                text=delivery.text,
                at_ms=delivery.at_ms,
                name=delivery.operator_name,
                reference=delivery.reference,
                outcome=delivery.outcome,
                key=delivery.key if delivery.outcome else "",
            ),
        )
        return Receipt(detail="shown" if pages else "stored")

    def routes(self) -> Sequence[Any]:
        """The widget's files and its socket."""
        return (*asset_routes(), WebSocketRoute("/ws", self._chat))

    async def _chat(self, websocket: WebSocket) -> None:
        headers = websocket.headers
        if not self._options.allows(headers.get("origin", ""), headers.get("host", "")):
            await websocket.close()  # before accepting it is 403: nothing of the visitor has been read yet
        elif not self._hub.has_room:
            await _deny_for_now(websocket)
        else:
            await ChatSocket(websocket, self._site).run()


async def _deny_for_now(websocket: WebSocket) -> None:
    """Refuse before accepting, in a manner that says "come again" where the server can."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(Response(status_code=503))
    else:
        await websocket.close()
