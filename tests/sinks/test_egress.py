"""The one door out: judged addresses only, and limits, against a real server."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
from urllib.parse import urlsplit

import anyio
import pytest
from starlette.responses import RedirectResponse, Response
from tests.sinks.rig import receiving, resolver

from omniroute.errors import DeliveryDeferred, DeliveryRefused
from omniroute.sinks.egress import ANSWER_BYTES_MAX, Answer, Egress, resolve


async def post(egress: Egress, url: str, *, private: bool = True, timeout_s: float = 5) -> Answer:
    return await egress.post(url, b"{}", {"x-a": "b"}, allow_private=private, timeout_s=timeout_s)


def named(url: str, name: str = "hooks.example") -> str:
    return url.replace("127.0.0.1", name)


async def test_it_connects_to_the_judged_address_in_the_name_of_the_host():
    async with receiving() as receiver:
        answer = await post(Egress(resolver(["127.0.0.1"])), named(receiver.url))
        assert answer.status == 204
        (call,) = receiver.calls
        assert call.headers["host"] == f"hooks.example:{urlsplit(receiver.url).port}"
        assert (call.body, call.headers["x-a"]) == (b"{}", "b")


async def test_a_name_that_changes_its_mind_is_not_asked_again():
    """DNS rebinding: the first answer is judged, and it is the one that is called."""
    asked = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async with receiving() as receiver:
        assert (await post(Egress(rebinding), named(receiver.url))).status == 204
        assert asked == ["hooks.example"]
        with pytest.raises(DeliveryRefused):
            await post(Egress(rebinding), named(receiver.url))
        assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]]
)
async def test_one_forbidden_address_spoils_the_name(addresses):
    async with receiving() as receiver:
        with pytest.raises(DeliveryRefused) as refused:
            await post(Egress(resolver(addresses)), named(receiver.url), private=False)
        assert not receiver.calls
        assert not any(address in str(refused.value) for address in addresses)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "localhost", "[::ffff:7f00:1]"])
async def test_other_spellings_of_this_machine_are_seen_through(host):
    async with receiving() as receiver:
        with pytest.raises(DeliveryRefused):
            await post(Egress(resolve), named(receiver.url, host), private=False)
        assert not receiver.calls


async def test_a_redirect_is_an_answer_and_not_followed():
    async with receiving(RedirectResponse("http://169.254.169.254/latest")) as receiver:
        assert (await post(Egress(), receiver.url)).status == 307
        assert len(receiver.calls) == 1


async def test_no_cookie_comes_back():
    answer = Response(status_code=200)
    answer.set_cookie("a", "b")
    async with receiving(answer) as receiver:
        egress = Egress()
        for _ in range(2):
            await post(egress, receiver.url)
        assert "cookie" not in receiver.calls[1].headers


async def test_a_long_answer_is_cut():
    async with receiving(Response(b"a" * (ANSWER_BYTES_MAX * 4))) as receiver:
        answer = await post(Egress(), receiver.url)
        assert (answer.status, len(answer.body)) == (200, ANSWER_BYTES_MAX)


async def test_an_answer_that_does_not_come_is_not_waited_for():
    async with receiving() as receiver:
        receiver.gate = anyio.Event()
        with pytest.raises(DeliveryDeferred, match="in time"):
            await post(Egress(), receiver.url, timeout_s=0.2)
        receiver.gate.set()


async def test_nobody_there_is_deferred():
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.listeners[0].extra(anyio.abc.SocketAttribute.local_port)
    await listener.aclose()
    with pytest.raises(DeliveryDeferred, match="cannot be reached"):
        await post(Egress(), f"http://127.0.0.1:{port}/")


async def test_the_next_address_is_tried_where_one_takes_no_connection():
    async with receiving() as receiver:
        assert (await post(Egress(resolver(["127.0.0.2", "127.0.0.1"])), named(receiver.url))).status == 204


async def test_a_name_that_is_not_known_is_deferred():
    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(DeliveryDeferred, match="cannot be resolved"):
        await post(Egress(unknown), "https://hooks.example/")


async def test_what_is_no_http_is_deferred():
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

    async def babble(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"220 mail.example ESMTP\r\n")

    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, babble)
        port = listener.listeners[0].extra(anyio.abc.SocketAttribute.local_port)
        with pytest.raises(DeliveryDeferred, match="no HTTP"):
            await post(Egress(), f"http://127.0.0.1:{port}/")
        group.cancel_scope.cancel()


@pytest.fixture
def certificate(tmp_path):
    """For hooks.example, signed by itself."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    names = ["-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example"]
    subprocess.run([*command, *files, *names], check=True, capture_output=True)
    return tmp_path


async def secure(certificate, url: str) -> str:
    """One post over TLS to a server that has the certificate: the status, or why it was deferred."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate / "cert", certificate / "key")
    ours = ssl.create_default_context(cafile=str(certificate / "cert"))
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.listeners[0].extra(anyio.abc.SocketAttribute.local_port)

    async def answer(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            with contextlib.suppress(ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream):
                wrapped = await anyio.streams.tls.TLSStream.wrap(
                    stream, ssl_context=theirs, server_side=True, standard_compatible=False
                )
                await wrapped.receive()
                await wrapped.send(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")

    said = ""
    try:
        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, answer)
            said = str((await post(Egress(resolver(["127.0.0.1"]), ours), url.format(port=port))).status)
            group.cancel_scope.cancel()
    except* DeliveryDeferred as untrusted:
        said = str(untrusted.exceptions[0])
    return said


async def test_tls_is_checked_against_the_name_and_not_the_address(certificate):
    assert await secure(certificate, "https://hooks.example:{port}/") == "202"


async def test_a_certificate_for_another_name_is_not_trusted(certificate):
    assert await secure(certificate, "https://other.example:{port}/") == "the other side cannot be reached"
