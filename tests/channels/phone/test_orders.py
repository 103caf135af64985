"""`plugin` and `control`: orders to a telephone system that is a real server."""

from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.channels.phone.rig import KEY, NOW_MS, SECRET, Engine, make_instance, order, running, served

from omniroute.channels.contract import Capabilities
from omniroute.channels.phone.options import PhoneOptions
from omniroute.channels.phone.plugin import PhoneChannel, PhoneInstance, omniroute_channels
from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.signatures import verify


class TelephoneSystem:
    """Keeps the orders it got, with a checked signature, and answers what it is told to."""

    def __init__(self, status: int = 202) -> None:
        self.status = status
        self.orders: list[tuple[str, Any]] = []
        self.app = Starlette(routes=[Route("/orders", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        body = await request.body()
        message_id = verify(KEY, request.headers, body, now_s=NOW_MS // 1000, tolerance_s=0)
        self.orders.append((message_id, msgspec.json.decode(body)))
        return Response(status_code=self.status, headers={"location": "/orders"})


async def sent(system: TelephoneSystem, *deliveries: Any, engine: Engine | None = None) -> list[Any]:
    async with served(system.app) as control:
        instance = make_instance(engine or Engine(), control_url=f"{control}/orders")
        async with running(instance):
            return [await instance.send(delivery) for delivery in deliveries]


async def test_connect_and_part_are_signed_and_carry_the_key() -> None:
    system = TelephoneSystem()
    receipts = await sent(system, order(), order("part", key="k2"), order("part", key="k2"))
    assert [message_id for message_id, _ in system.orders] == ["k1", "k2", "k2"]
    assert system.orders[0][1] == {
        "order": "connect",
        "call_id": "c1",
        "operator_id": "maria",
        "reference": "K7QX-2M4P",
        "key": "k1",
    }
    assert receipts[0].detail == "the telephone system answered 202"


async def test_divert_says_what_the_caller_is_told() -> None:
    system = TelephoneSystem()
    await sent(system, order("divert", operator_id="", outcome="callback"))
    ((message_id, body),) = system.orders
    assert message_id == "k1"
    assert (body["order"], body["call_id"], body["outcome"]) == ("divert", "c1", "callback")


@pytest.mark.parametrize("status", [500, 503, 408, 425, 429])
async def test_what_may_pass_is_tried_again_and_seen_in_the_health(status: int) -> None:
    engine = Engine()
    with pytest.raises(BaseExceptionGroup) as caught:
        await sent(TelephoneSystem(status), order(), engine=engine)
    assert caught.group_contains(DeliveryDeferred)
    assert [health.state for health in engine.health] == ["up", "degraded"]


@pytest.mark.parametrize("status", [400, 401, 404, 307])
async def test_a_refusal_is_final_and_redirects_are_not_followed(status: int) -> None:
    system = TelephoneSystem(status)
    with pytest.raises(BaseExceptionGroup) as caught:
        await sent(system, order())
    assert caught.group_contains(DeliveryRefused)
    assert len(system.orders) == 1


async def test_nobody_there_is_tried_again() -> None:
    instance = make_instance(Engine(), control_url="http://127.0.0.1:1/orders")
    async with running(instance):
        with pytest.raises(DeliveryDeferred):
            await instance.send(order())


async def test_before_start_is_tried_again() -> None:
    with pytest.raises(DeliveryDeferred):
        await make_instance(Engine(), control_url="http://127.0.0.1:1/orders").send(order())
    with pytest.raises(DeliveryDeferred):
        await make_instance(Engine(), simulator=True).send(order())


async def test_text_and_orders_without_anybody_to_carry_them_out_are_refused() -> None:
    engine = Engine()
    instance = make_instance(engine)
    async with running(instance):
        with pytest.raises(DeliveryRefused, match="cannot carry text"):
            await instance.send(order("reply", text="hello"))
        with pytest.raises(DeliveryRefused, match="control_url"):
            await instance.send(order())
    assert engine.health[0].state == "degraded"


async def test_the_simulators_calls_stay_out_of_the_real_telephone_system() -> None:
    system = TelephoneSystem()
    async with served(system.app) as control:
        instance = make_instance(Engine(), control_url=f"{control}/orders", simulator=True)
        async with running(instance):
            await instance.send(order(call_id="sim-1"))
            await instance.send(order(call_id="real"))
    assert [body["call_id"] for _, body in system.orders] == ["real"]


def test_it_registers_one_channel_with_its_capabilities() -> None:
    (channel,) = omniroute_channels()
    assert channel.name == "phone"
    assert channel.capabilities == Capabilities(realtime=True, session=True, connects=True, cost_units=10, icon="phone")


def test_opening_does_no_io() -> None:
    instance = PhoneChannel().open_instance(PhoneOptions(secret=SECRET), Engine())
    assert isinstance(instance, PhoneInstance)
    assert [route.path for route in instance.routes()] == ["/events", "/calls/{call_id:path}/waiting"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"secret": "short"},
        {"secret": "whsec_!!!"},
        {"secret": SECRET, "control_url": "ftp://pbx"},
        {"secret": SECRET, "control_url": "pbx"},
        {"secret": SECRET, "default_country": "DE"},
        {"secret": SECRET, "tolerance_s": 0},
        {"secret": SECRET, "colour": "red"},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(options, PhoneOptions)
    assert SECRET not in str(caught.value)


def test_the_secret_hides_itself() -> None:
    options = PhoneOptions(secret=SECRET, control_url="http://user:hunter2@pbx/")
    assert SECRET not in f"{options!r} {options}"
    assert "hunter2" not in repr(options)
