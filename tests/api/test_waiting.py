"""How long it takes, asked through the real server: a visitor's page and a telephone system."""

from __future__ import annotations

import json
from typing import Any

import anyio
from tests.api.rig import COMPANY, PHONE, served
from tests.engine.rig import until
from websockets.asyncio.client import ClientConnection, connect

from omniroute.core import events as e
from omniroute.engine.waiting import WAITING_EVERY_MS
from omniroute.signatures import key_of, signed_headers

CHANNELS = {**COMPANY["channels"], "web": {"kind": "webchat", "queue": "support.general"}, "phone": PHONE}
KEY = key_of(PHONE["options"]["secret"])


async def hear(page: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of that type."""
    with anyio.fail_after(10):
        while (frame := json.loads(await page.recv()))["type"] != kind:
            pass
    return dict(frame)


async def test_a_visitor_hears_their_place_until_somebody_has_their_matter():
    async with served({**COMPANY, "channels": CHANNELS}) as one:
        url = one.daemon.url.replace("http", "ws") + "/channels/web/ws"
        async with (
            connect(url, origin=one.daemon.url, proxy=None) as first,
            connect(url, origin=one.daemon.url, proxy=None) as second,
        ):
            for place, page in enumerate((first, second), 1):
                await page.send('{"type": "hello"}')
                await page.send('{"type": "message", "id": "1", "text": "hello"}')
                assert await hear(page, "waiting") == {"type": "waiting", "position": place, "staffed": False}
            await one.right("ann", "PUT", "/presence", {"presence": "available"})
            one.clock.advance(WAITING_EVERY_MS)
            assert (await hear(first, "waiting"))["position"] == 1
            offer = min(one.state.offers.values(), key=lambda offer: offer.work_item_id)
            await one.right("ann", "POST", f"/offers/{offer.offer_id}/accept")
            one.clock.advance(WAITING_EVERY_MS)
            assert await hear(first, "waiting") == {"type": "waiting", "position": 0}


async def test_a_telephone_system_asks_for_its_caller():
    async with served({**COMPANY, "channels": CHANNELS}) as one:

        async def ask(path: str, key: bytes = KEY) -> Any:
            headers = signed_headers(key, "q", one.clock.now_ms() // 1000, path.encode())
            return await one.client.get(one.daemon.url + path, headers=headers)

        event = {"call_id": "a/1", "type": "offered", "from": "+493023125014", "at_ms": one.clock.now_ms()}
        body = json.dumps(event).encode()
        headers = signed_headers(KEY, "m1", one.clock.now_ms() // 1000, body)
        await one.client.post(f"{one.daemon.url}/channels/phone/events", content=body, headers=headers)
        await until(lambda: one.state.conversations)
        known = (await ask("/channels/phone/calls/a%2F1/waiting")).json()
        assert (known["position"], known["staffed"]) == (1, False)
        assert (await ask("/channels/phone/calls/another/waiting")).json()["position"] == 0
        assert (await ask("/channels/phone/calls/a%2F1/waiting", b"another secret of ours")).status_code == 401


async def test_a_call_that_nobody_picks_up_is_offered_to_the_next():
    async with served({**COMPANY, "channels": CHANNELS}) as one:
        for who in ("ann", "bob"):
            await one.right(who, "PUT", "/presence", {"presence": "available"})

        async def post(kind: str, **facts: str) -> None:
            event = {"event_id": kind, "call_id": "c1", "type": kind, "from": "+493023125014", "at_ms": 1, **facts}
            body = json.dumps(event).encode()
            headers = signed_headers(KEY, kind, one.clock.now_ms() // 1000, body)
            answer = await one.client.post(f"{one.daemon.url}/channels/phone/events", content=body, headers=headers)
            assert answer.status_code == 200

        await post("offered")
        await until(lambda: one.state.offers)
        (offer,) = one.state.offers.values()
        await one.right(offer.operator_id, "POST", f"/offers/{offer.offer_id}/accept")
        await post("not_connected", operator=offer.operator_id, reason="busy")
        await until(lambda: one.state.offers)
        (again,) = one.state.offers.values()
        assert {offer.operator_id, again.operator_id} == {"ann", "bob"}
        await one.right(again.operator_id, "POST", f"/offers/{again.offer_id}/accept")
        await post("answered", operator=again.operator_id)
        await until(lambda: one.events(e.ItemConnected))
