"""Overload is a designed state: each way in says "come again" in its own manner, and open work goes on."""

from __future__ import annotations

import smtplib

import anyio
import pytest
from tests.api.rig import COMPANY, served
from tests.engine.rig import until

from omniroute.engine.mailbox import CAPACITY, Urgency
from omniroute.errors import Busy

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


async def test_what_is_open_is_served_longer_than_what_is_new(monkeypatch):
    async with served({**COMPANY, "channels": CHANNELS}) as one:
        from omniroute.channels.contract import RawInput

        def raw(visitor: str, number: int) -> RawInput:
            data = f'{{"id":"m{number}","text":"hello"}}'.encode()
            meta = {"visitor": visitor, "session": visitor}
            return RawInput(instance="web", account="web", received_ms=one.clock.now_ms(), data=data, meta=meta)

        await one.engine.intake.receive(raw("v1", 1))
        await until(lambda: one.state.conversations)
        fill(one, 0.6, monkeypatch)
        await one.engine.intake.receive(raw("v1", 2))
        with pytest.raises(Busy):
            await one.engine.intake.receive(raw("v2", 3))
