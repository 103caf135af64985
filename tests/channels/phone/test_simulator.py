"""The simulator over a real WebSocket: its calls take the same path as those of a stranger."""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.phone.rig import Engine, event, make_instance, order, running, signed
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from omniroute.channels.phone.calls import TRANSITIONS, Call, CallState
from omniroute.channels.phone.events import CallEventType
from omniroute.channels.phone.plugin import PhoneInstance
from omniroute.channels.phone.simulator import CALLS_MAX, POST_ATTEMPTS_MAX
from omniroute.channels.phone.simulator_page import FILES, STATIC
from omniroute.errors import Busy, JournalFull

NUMBERS = ["+493023125000", "+493023125001"]
PLACE = {"type": "call", "from": "+49 30 23125 014", "name": "Jonas Weber", "to": NUMBERS[1]}


class Telephone:
    """A page without a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def say(self, frame: Any) -> None:
        await self._socket.send(frame if isinstance(frame, str) else msgspec.json.encode(frame).decode())

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next frame of that type; others are skipped."""
        with anyio.fail_after(10):
            while True:
                frame: dict[str, Any] = msgspec.json.decode(await self._socket.recv())
                if frame["type"] == kind:
                    return frame

    async def call_becomes(self, state: str) -> dict[str, str]:
        while True:
            call: dict[str, str] = (await self.hear("call"))["call"]
            if call["state"] == state:
                return call

    async def placed(self) -> str:
        """Place a call and wait until the engine has it."""
        await self.say(PLACE)
        call_id: str = (await self.hear("event"))["call_id"]
        return call_id


@contextlib.asynccontextmanager
async def telephone(base: str, **kwargs: Any) -> AsyncIterator[Telephone]:
    address = base.replace("http", "ws") + "/channels/phone/simulator/ws"
    async with connect(address, proxy=None, **kwargs) as socket:
        phone = Telephone(socket)
        await phone.hear("hello")
        yield phone


def simulator(engine: Engine) -> PhoneInstance:
    return make_instance(engine, simulator=True, numbers=NUMBERS)


async def test_a_call_is_answered_by_the_connect_order_and_ended_by_the_caller() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await instance.send(order(call_id=call_id))
        assert (await phone.hear("order"))["order"] == "connect"
        assert (await phone.call_becomes("connected"))["operator"] == "Maria Berg"
        await phone.say({"type": "hang_up", "call_id": call_id})
        assert (await phone.call_becomes("ended"))["ended_by"] == "caller"
        offered, answered, ended = await engine.interactions(3)
    assert [i.kind for i in (offered, answered, ended)] == ["contact_started", "contact_connected", "contact_ended"]
    assert {i.session_key for i in (offered, answered, ended)} == {call_id}
    assert (offered.sender.address, offered.sender.name, offered.account) == (
        "+493023125014",
        "Jonas Weber",
        NUMBERS[1],
    )
    assert answered.operator == "maria"


async def test_an_operator_who_does_not_pick_up_is_reported_and_the_next_one_is_rung() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await phone.say({"type": "miss", "call_id": call_id})
        assert (await phone.hear("call"))["call"]["unanswered"] is True
        await instance.send(order(call_id=call_id))
        rung = await phone.call_becomes("ringing")
        assert (rung["rung"], rung["operator"]) == ("Maria Berg", "")
        assert (await phone.hear("event"))["event"] == "not_connected"
        again = await phone.call_becomes("ringing")
        assert (again["rung"], again["unanswered"]) == ("", False)
        await instance.send(order(call_id=call_id, key="k2", operator_id="ivan", operator_name="Ivan"))
        assert (await phone.call_becomes("connected"))["operator"] == "Ivan"
        _, missed, answered = await engine.interactions(3)
    assert (missed.kind, missed.operator, missed.fields["reason"]) == ("contact_not_connected", "maria", "no_answer")
    assert (answered.kind, answered.operator) == ("contact_connected", "ivan")


class Ringing(Engine):
    """A ring lasts until somebody stops it."""

    async def sleep(self, duration_ms: int) -> None:
        await anyio.sleep_forever()


async def test_the_ringing_ends_with_the_button_the_next_order_or_the_caller() -> None:
    engine = Ringing()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await instance.send(order(call_id=call_id))
        await instance.send(order(call_id=call_id))  # the same order again is the same ringing
        assert (await phone.hear("call"))["call"]["rung"] == "Maria Berg"
        await phone.say({"type": "miss", "call_id": call_id})
        assert (await phone.hear("event"))["event"] == "not_connected"
        await instance.send(order(call_id=call_id, key="k2", operator_id="ivan", operator_name="Ivan"))
        await instance.send(order(call_id=call_id, key="k3", operator_id="olga", operator_name="Olga"))
        while (await phone.hear("call"))["call"]["rung"] != "Olga":
            pass
        await phone.say({"type": "hang_up", "call_id": call_id})
        assert (await phone.call_becomes("abandoned"))["rung"] == ""
        kinds = [str(i.kind) for i in await engine.interactions(3)]
    assert kinds == ["contact_started", "contact_not_connected", "contact_abandoned"]


async def test_a_diverted_caller_hears_it_and_leaves_a_message() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await phone.say({"type": "voicemail", "call_id": call_id, "text": "too early"})
        await phone.say("?")
        await phone.hear("error")  # so the frame before it has been dealt with
        await instance.send(order("divert", call_id, operator_id="", outcome="voicemail"))
        assert (await phone.hear("order"))["outcome"] == "voicemail"
        assert (await phone.call_becomes("diverted"))["outcome"] == "voicemail"
        await phone.say({"type": "voicemail", "call_id": call_id, "text": "It is Jonas, please call."})
        await phone.call_becomes("ended")
        _, said, ended = await engine.interactions(3)
    assert (said.kind, said.text, said.session_key) == ("message", "It is Jonas, please call.", call_id)
    assert ended.kind == "contact_ended"


async def test_a_diverted_caller_may_still_be_connected_and_one_who_talks_is_not_diverted() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await instance.send(order("divert", call_id, operator_id="", outcome="callback"))
        await phone.call_becomes("diverted")
        await instance.send(order(call_id=call_id, key="k2"))
        await phone.call_becomes("connected")
        await instance.send(order("divert", call_id, key="k3", operator_id="", outcome="mail"))
        assert (await phone.hear("call"))["call"]["state"] == "connected"
        await phone.say({"type": "voicemail", "call_id": call_id, "text": "no"})
        await phone.say({"type": "hang_up", "call_id": call_id})
        await phone.call_becomes("ended")
        kinds = [str(i.kind) for i in await engine.interactions(3)]
    assert kinds == ["contact_started", "contact_connected", "contact_ended"]


async def test_hanging_up_before_the_answer_abandons() -> None:
    engine = Engine()
    async with running(simulator(engine)) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await phone.say({"type": "hang_up", "call_id": call_id})
        await phone.call_becomes("abandoned")
    assert [i.kind for i in await engine.interactions(2)] == ["contact_started", "contact_abandoned"]


async def test_the_operator_ends_the_call() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        await instance.send(order(call_id=call_id))
        await phone.call_becomes("connected")
        await instance.send(order("part", call_id, key="k2"))
        assert (await phone.call_becomes("ended"))["ended_by"] == "operator"
    assert [i.kind for i in await engine.interactions(3)][-1] == "contact_ended"


async def test_an_order_that_comes_twice_is_one_event_and_the_next_operators_is_another() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        for key, operator in (("k1", "maria"), ("k1", "maria"), ("k2", "ivan")):
            await instance.send(order(call_id=call_id, key=key, operator_id=operator, operator_name=operator))
            await phone.call_becomes("connected")
        assert [i.operator for i in await engine.interactions(3)] == ["", "maria", "ivan"]


async def test_a_page_that_goes_away_hangs_up_its_calls_only() -> None:
    engine = Engine()
    async with running(simulator(engine)) as base, telephone(base) as stays:
        kept = await stays.placed()
        async with telephone(base) as leaves:
            left = [await leaves.placed(), await leaves.placed()]
            await leaves.say({"type": "hang_up", "call_id": kept})
        interactions = await engine.interactions(5)
    gone = [i.session_key for i in interactions if i.kind == "contact_abandoned"]
    assert sorted(gone) == sorted(left)


async def test_an_order_for_a_call_that_is_forgotten_says_that_the_caller_is_gone() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance):
        await instance.send(order("part", "sim-gone"))
        await instance.send(order("connect", "not-ours"))
        await instance.send(order("connect", "sim-gone"))
        (interaction,) = await engine.interactions(1)
    assert (interaction.kind, interaction.session_key) == ("contact_abandoned", "sim-gone")


async def test_a_busy_engine_is_asked_again_a_few_times_and_then_the_line_is_busy() -> None:
    engine = Engine()
    engine.error = Busy(retry_after_s=3)
    async with running(simulator(engine)) as base, telephone(base) as phone:
        await phone.say(PLACE)
        await phone.call_becomes("refused")
        assert engine.slept_ms == [3000] * POST_ATTEMPTS_MAX
        engine.error = None
        await phone.placed()
    assert (await engine.interactions(1))[0].kind == "contact_started"


async def test_an_event_that_is_not_taken_changes_nothing() -> None:
    engine = Engine()
    instance = simulator(engine)
    async with running(instance) as base, telephone(base) as phone:
        call_id = await phone.placed()
        engine.error = JournalFull("no space")
        await instance.send(order(call_id=call_id))
        while (await phone.hear("event"))["status"] == 507:
            if len(engine.slept_ms) > POST_ATTEMPTS_MAX:  # the ring and the pauses between the attempts
                break
        assert (await phone.call_becomes("ringing"))["operator"] == ""
        engine.error = None
        await instance.send(order(call_id=call_id))
        await phone.call_becomes("connected")


async def test_there_is_a_limit_to_calls() -> None:
    async with running(simulator(Engine())) as base, telephone(base) as phone:
        for _ in range(CALLS_MAX):
            await phone.placed()
        await phone.say(PLACE)
        await phone.call_becomes("refused")


async def test_frames_out_of_shape_are_answered_and_the_connection_stays() -> None:
    async with running(simulator(Engine())) as base, telephone(base) as phone:
        for frame in ("", "{", "[]", '{"type": "dance"}', PLACE | {"x": 1}, PLACE | {"name": "x" * 65}, " " * 3000):
            await phone.say(frame)
            assert (await phone.hear("error"))["code"] == "invalid_input"
        await phone.say({"type": "hang_up", "call_id": "sim-none"})
        await phone.placed()


async def test_a_page_of_another_site_may_not_call() -> None:
    async with running(simulator(Engine())) as base:
        with pytest.raises(InvalidStatus):
            async with telephone(base, origin="http://evil.example"):
                raise AssertionError("must not open")
        async with telephone(base, origin=base):
            pass


async def test_without_the_option_there_is_no_simulator() -> None:
    async with running(make_instance(Engine())) as base, httpx2.AsyncClient(base_url=base) as client:
        assert (await client.get("/channels/phone/simulator")).status_code == 404


async def test_the_page_has_a_strict_policy_and_no_inline_code() -> None:
    async with running(simulator(Engine())) as base, httpx2.AsyncClient(base_url=f"{base}/channels/phone/") as client:
        page = await client.get("simulator")
        files = [await client.get(f"simulator/static/{name}") for name in sorted(FILES)]
        stray = [await client.get(f"simulator/static/{name}") for name in ("simulator.html", "..%2fplugin.py", "x")]
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page.text)
    assert [file.status_code for file in files] == [200] * len(FILES)
    assert {file.headers["x-content-type-options"] for file in files} == {"nosniff"}
    assert [file.status_code for file in stray] == [404] * 3


async def test_strangers_events_still_need_a_signature() -> None:
    engine = Engine()
    headers, data = signed(event())
    async with running(simulator(engine)) as base, httpx2.AsyncClient(base_url=base) as client:
        assert (await client.post("/channels/phone/events", content=data)).status_code == 401
        assert (await client.post("/channels/phone/events", content=data, headers=headers)).status_code == 200


def test_both_languages_have_the_same_texts_and_the_page_uses_no_others() -> None:
    source = (STATIC / "texts.js").read_text()
    blocks = re.findall(r"^  (\w\w): \{\n(.*?)^  \},", source, re.DOTALL | re.MULTILINE)
    keys = {language: re.findall(r"^    (\w+):", block, re.MULTILINE) for language, block in blocks}
    assert keys["en"] == keys["ru"]
    used = re.findall(r'data-(?:text|label)="(\w+)"', (STATIC / "simulator.html").read_text())
    used += re.findall(r'\bt\("(\w+)"', (STATIC / "simulator.js").read_text())
    assert set(used) <= set(keys["en"])
    assert {state.value for state in CallState} <= set(keys["en"])


@given(st.sampled_from(list(CallState)), st.sampled_from(list(CallEventType)))
def test_what_the_table_does_not_allow_changes_nothing(state: CallState, kind: CallEventType) -> None:
    call = Call("sim-1", "", "", "", state=state)
    if call.allows(kind):
        call.apply(kind)
        assert call.state is TRANSITIONS[state, kind]
        assert not Call("x", "", "", "", state=state).over
    else:
        with pytest.raises(KeyError):
            call.apply(kind)
        assert call.state is state
