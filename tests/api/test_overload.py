"""Overload is a designed state: each way in says "come again" in its own manner, and open work goes on."""

from __future__ import annotations

import json
import smtplib

import anyio
import pytest
from tests.api.rig import COMPANY, PHONE, served
from tests.engine.rig import until
from websockets.asyncio.client import ClientConnection, connect

from omniroute.engine.mailbox import CAPACITY, SHARE, Urgency
from omniroute.signatures import key_of, signed_headers

CHANNELS = {**COMPANY["channels"], "web": {"kind": "webchat", "queue": "support.general"}}


class Line(list):
    """As long as it says, though nothing is in it."""

    length = 0

    def __len__(self) -> int:
        return self.length


def fill(office, share: float, monkeypatch) -> None:
    """The mailbox looks so full to whoever asks for admission."""
    mailbox = office.engine.writer.mailbox
    admit = type(mailbox).admit

    def admit_when_full(self, urgency: Urgency) -> None:
        line, self._line = self._line, Line()
        self._line.length = int(CAPACITY * share)
        try:
            admit(self, urgency)
        finally:
            self._line = line

    monkeypatch.setattr(type(mailbox), "admit", admit_when_full)


async def test_new_mail_is_451_and_registering_is_429(monkeypatch):
    async with served() as one:
        await one.available("ann")
        fill(one, 0.6, monkeypatch)
        port = one.engine.supervisor.runners["mail"].current.port
        message = b"From: kim@example.org\r\nMessage-ID: <1@x>\r\n\r\nhello"

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=10) as client:
                client.sendmail("kim@example.org", ["service@shop.example"], message)

        with pytest.raises(smtplib.SMTPDataError) as refused:
            await anyio.to_thread.run_sync(send)
        assert refused.value.smtp_code == 451
        answer = await one.call("ann", "POST", "/conversations", {"name": "Lou", "text": "hello"})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["code"] == "busy"
        assert not one.state.conversations
        monkeypatch.undo()
        await anyio.to_thread.run_sync(send)
        await until(lambda: one.state.conversations)


async def test_people_go_on_working_until_the_last(monkeypatch):
    async with served() as one:
        reference, _ = await one.matter_of("ann")
        fill(one, 0.99, monkeypatch)
        await one.right("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        monkeypatch.undo()
        fill(one, 1.0, monkeypatch)
        answer = await one.call("ann", "POST", f"/conversations/{reference}/replies", {"text": "hello"})
        assert answer.status_code == 429


async def test_an_open_chat_is_served_longer_than_a_new_one(monkeypatch):
    async with served({**COMPANY, "channels": CHANNELS}) as one:
        url = one.daemon.url.replace("http", "ws") + "/channels/web/ws"
        async with (
            connect(url, origin=one.daemon.url, proxy=None) as known,
            connect(url, origin=one.daemon.url, proxy=None) as stranger,
        ):

            async def say(page: ClientConnection, **frame: str) -> str:
                await page.send(json.dumps(frame))
                with anyio.fail_after(10):
                    while (kind := json.loads(await page.recv())["type"]) == "waiting":
                        pass
                return str(kind)

            assert await say(known, type="hello") == "welcome"
            assert await say(stranger, type="hello") == "welcome"
            assert await say(known, type="message", id="1", text="hello") == "ack"
            await until(lambda: one.state.conversations)
            fill(one, SHARE[Urgency.NEW], monkeypatch)
            assert await say(known, type="message", id="2", text="again") == "ack"
            assert await say(stranger, type="message", id="1", text="hello") == "busy"
            monkeypatch.undo()
            fill(one, SHARE[Urgency.OPEN], monkeypatch)
            assert await say(known, type="message", id="3", text="again") == "busy"


async def test_an_open_call_is_served_longer_than_a_new_one(monkeypatch):
    async with served({**COMPANY, "channels": {**CHANNELS, "phone": PHONE}}) as one:
        key = key_of(PHONE["options"]["secret"])

        async def post(call_id: str, kind: str) -> int:
            event = {"event_id": f"{call_id}:{kind}", "call_id": call_id, "type": kind, "from": "+493023125014"}
            body = json.dumps(event | {"at_ms": one.clock.now_ms()}).encode()
            headers = signed_headers(key, event["event_id"], one.clock.now_ms() // 1000, body)
            answer = await one.client.post(f"{one.daemon.url}/channels/phone/events", content=body, headers=headers)
            return answer.status_code

        assert await post("call-1", "offered") == 200
        await until(lambda: one.state.conversations)
        fill(one, SHARE[Urgency.NEW], monkeypatch)
        assert await post("call-1", "abandoned") == 200
        assert await post("call-2", "offered") == 429
